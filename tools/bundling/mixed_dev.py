"""The mixed dev set: texts of several kinds, and how a model does on them.

Texts are tagged as a user's would be; tokens of corpora are laid out as running text before. PER, LOC and ORG are
compared, and on ieer-en numbers too: a duration counts as DATE or TIME. NIST marks no words such as "today" and "last
week" there (none of the 48 in the dev files), ours are DATE: a second row of numbers leaves these out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bundling.corpora import DEV_FIFTH, MEANINGS, NUMBERS, crossner_dev, without_handles
from bundling.english_numbers import DEICTIC
from bundling.silver import detokenised
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.entities.reliability import reliability
from fanlight.network.modelfile import Model
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.calibration import fit_temperature
from fanlight.training.dev_scoring import scale_scores

CALIBRATED = 700  # entities of each part
NAMES = ("PER", "LOC", "ORG")
RELATIVE_LEFT_OUT = "IEER dev, numbers without “today”"
WNUT = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}
Span = tuple[int, int, str]
Find = Callable[[list[str]], Iterable[list[tuple[Span, float]]]]


class Part(NamedTuple):
    """Texts with their gold spans of the types that are compared; entities that are `left_out` are not counted."""

    texts: list[str]
    gold: list[list[Span]]
    types: tuple[str, ...]
    left_out: Callable[[str], bool] = lambda text: False


class Score(NamedTuple):
    """Per cents; the calibration error is that of the entities found."""

    precision: float
    recall: float
    f1: float
    calibration_error: float


def parts_of(data: Path) -> dict[str, Part]:
    """Return the parts of the mixed dev set."""
    fine = {k: v for k, v in MEANINGS["crossner"]["types"].items() if isinstance(v, str)}
    btc = [[without_handles(s)] for s in _sentences(data / "btc-en" / "dev.txt")]
    return {
        "CoNLL-03 dev": _part(read_corpus(data / "conll2003-en" / "dev.txt", tokenise_sentences).documents, {}),
        "PUD": _part(read_corpus(data / "pud-en" / "dev.txt", tokenise_sentences).documents, {}),
        "BTC dev": _part(btc, {}),
        "WNUT-17 dev": _part([[s] for s in _sentences(data / "wnut2017-en" / "dev.txt")], WNUT),
        "CrossNER, a fifth": _part(crossner_dev(data, lambda n: n % DEV_FIFTH == 0), fine),
        "IEER dev, names": _ieer(data / "ieer-en" / "dev.jsonl", NAMES),
        "IEER dev, numbers": _ieer(data / "ieer-en" / "dev.jsonl", NUMBERS),
        RELATIVE_LEFT_OUT: _ieer(data / "ieer-en" / "dev.jsonl", NUMBERS)._replace(left_out=is_relative),
    }


def _sentences(path: Path) -> list[Sentence]:
    return read_corpus(path, tokenise_sentences).sentences


def _part(documents: Iterable[Sequence[Sentence]], names: dict[str, str]) -> Part:
    texts, gold = [], []
    for document in documents:
        text, spans = "", []
        for sentence in document:
            line, token_starts, token_ends = detokenised(sentence.tokens)
            for s, e, type_ in sentence.spans:
                if (type_ := names.get(type_, "" if names else type_)) in NAMES:
                    spans.append((len(text) + token_starts[s], len(text) + token_ends[e - 1], type_))
            text += line + "\n"
        texts.append(text)
        gold.append(spans)
    return Part(texts, gold, NAMES)


def _ieer(path: Path, types: tuple[str, ...]) -> Part:
    """Return NIST's texts; a duration may be either of two types."""
    texts, gold = [], []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            record = json.loads(line)
            texts.append(record["text"])
            gold.append([(s["start"], s["end"], s["label"]) for s in record["spans"]])
    wanted = {*types, "DURATION"} if "DATE" in types else set(types)
    return Part(texts, [[span for span in spans if span[2] in wanted] for spans in gold], types)


def is_relative(text: str) -> bool:
    """Tell whether a text is a date or time that depends on when it is said.

    Examples
    --------
    >>> is_relative("last week"), is_relative("last fall"), is_relative("last week of May")
    (True, False, False)
    """
    words = " ".join(text.split())
    return any((start, end) == (0, len(words)) for start, end, _ in DEICTIC.matches(words))


def find_with_model(tagger: Tagger) -> Find:
    """Return what tags texts with one of our models."""

    def find(texts: list[str]) -> Iterator[list[tuple[Span, float]]]:
        for document in tagger.pipe(texts):
            yield [((e.start, e.end, e.type), e.probability) for e in document.entities]

    return find


def score(part: Part, find: Find) -> Score:
    """Compare what is found with the gold spans."""
    sure, right = judged(part, find)
    hits, gold_count = int(right.sum()), sum(map(len, part.gold))
    precision, recall = 100 * hits / max(1, len(right)), 100 * hits / max(1, gold_count)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    error = float("nan") if np.isnan(sure).any() or not len(sure) else reliability(sure, right).error
    return Score(precision, recall, f1, error)


def judged(part: Part, find: Find) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the probability of each entity of the part's types, and whether the gold spans have it."""
    sure, right = [], []
    for text, gold, entities in zip(part.texts, part.gold, find(part.texts), strict=True):
        wanted = set(gold)
        for (start, end, type_), probability in entities:
            if type_ in part.types and not part.left_out(text[start:end]):
                is_duration = type_ in ("DATE", "TIME") and (start, end, "DURATION") in wanted
                right.append((start, end, type_) in wanted or is_duration)
                sure.append(probability)
    return np.array(sure, np.float64), np.array(right, np.bool_)


def calibrated(model: Model, parts: Sequence[Part]) -> tuple[Model, float]:
    """Divide a model's scores by the temperature that all parts ask for, each with equally many entities at most."""
    rng = np.random.default_rng(0)
    right = [judged(part, find_with_model(Tagger(model, "compiled")))[1] for part in parts]
    chosen = [np.sort(rng.permutation(len(row))[:CALIBRATED]) for row in right]

    def probabilities(temperature: float) -> NDArray[np.float64]:
        tagger = Tagger(replace(model, parameters=scale_scores(model.parameters, temperature)), "compiled")
        sure = [judged(part, find_with_model(tagger))[0] for part in parts]
        return np.concatenate([row[rows] for row, rows in zip(sure, chosen, strict=True)])

    temperature = fit_temperature(
        probabilities, np.concatenate([row[rows] for row, rows in zip(right, chosen, strict=True)])
    )
    return replace(model, parameters=scale_scores(model.parameters, temperature)), temperature
