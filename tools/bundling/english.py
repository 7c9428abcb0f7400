"""The training files of the English model, in columns, and its settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bundling.corpora import NUMBERS, Document, raw_paragraphs, read_documents
from bundling.english_sentences import exchanged, generated, labelled, pick
from bundling.silver import (
    Match,
    detokenised,
    is_doubtful,
    number_entities,
    spacy_entities,
    token_spans,
)
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.text.features import WORD_GROUPS
from fanlight.text.sentences import tokenise_sentences

SEED = 5
GENERATED = 12_000  # sentences
EXCHANGED = 4000  # sentences with other numbers
POPULATION, LARGE = 2, 500_000  # column of the list of cities, and of how many people a city is heard of
PLAIN_SHARE = 0.25  # of raw sentences without numbers
GOLD = ("conll", "ewt", "gmb", "wnut", "btc", "crossner")
SETTINGS: dict[str, Any] = {
    "vector_parts": 25,
    "hidden": 128,
    "rate": 0.001,  # at 0.003, which is better on more text of the same kind, names of other kinds were worse
    "batch_tokens": 250,
    "epochs": 5,
    "folds": 2,
    "features": {
        group.name: {"buckets": min(group.buckets, 16384), "dimension": group.dimension, "features": group.features}
        for group in WORD_GROUPS
    },
}


def gold_corpora(data: Path, cache: Path, is_free: bool = False) -> dict[str, list[Document]]:
    """Return the labelled corpora by name, the main one first, and CoNLL's dev part as "dev", all with their numbers.

    Parameters
    ----------
    data : path
    cache : path
        The folder that keeps silver labels.
    is_free : bool
        Without Reuters' texts, which are licensed for research.
    """
    corpora = {}
    for name in ("ewt", "gmb", "wnut", "btc", "crossner") if is_free else GOLD:
        documents = read_documents(data, name)
        corpora[name] = _with_times_as_evidence(documents) if name == "gmb" else _with_numbers(documents, cache)
    dev = read_corpus(data / "conll2003-en" / "dev.txt", tokenise_sentences).documents
    return {**corpora, "dev": _with_numbers(dev, cache)}


def other_corpora(
    data: Path, cache: Path, gold: Mapping[str, list[Document]], is_free: bool = False
) -> dict[str, list[Document]]:
    """Return raw texts with silver labels of numbers, and generated sentences; see `gold_corpora`."""
    rng = np.random.default_rng(SEED)
    main = next(iter(gold))
    raw = raw_documents(raw_paragraphs(data, is_free), cache, rng)
    pool = [
        [sentence]
        for documents in (raw, gold[main], gold["ewt"], gold["wnut"])
        for document in documents
        for sentence in document
        if _has_only_numbers(sentence)
    ]
    chosen = rng.permutation(len(pool))[:EXCHANGED].tolist()
    raw += [exchanged(pool[n], rng) for n in chosen]
    return {"raw": raw, "made": generated(GENERATED, names_of(data, [*gold[main], *gold["ewt"]]), rng)}


def write_corpora(folder: Path, corpora: Mapping[str, list[Document]]) -> tuple[Path, Path, list[Path]]:
    """Write corpora in columns; return the main training file, the dev file and the other training files."""
    places = {name: folder / f"{name}.txt" for name in corpora}
    for name, place in places.items():
        lines = [line for d in corpora[name] for line in ("-DOCSTART-\tO", "", *write_columns(d, "IOB2"))]
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    train, dev = places.pop(next(iter(corpora))), places.pop("dev")
    return train, dev, list(places.values())


def _has_only_numbers(sentence: Sentence) -> bool:
    return bool(sentence.spans) and all(type_ in NUMBERS for _, _, type_ in sentence.spans)


def _with_numbers(documents: Sequence[Document], cache: Path) -> list[Document]:
    """Return documents with silver labels of numbers where nothing else is labelled."""
    texts = [detokenised(sentence.tokens) for document in documents for sentence in document]
    other = iter(spacy_entities([text for text, _, _ in texts], cache))
    laid_out = iter(texts)
    return [[_add(s, next(laid_out), next(other)) for s in document] for document in documents]


def _with_times_as_evidence(documents: Sequence[Document]) -> list[Document]:
    """Return gmb's documents with labels of numbers; what the grammar leaves open its marks of times decide."""
    out = []
    for document in documents:
        out.append([])
        for sentence in document:
            text, token_starts, token_ends = detokenised(sentence.tokens)
            times = [
                (token_starts[s], token_ends[e - 1], t)
                for s, e, type_ in sentence.spans
                if type_ == "tim"
                for t in ("DATE", "TIME")
            ]
            names = replace(sentence, spans=tuple(span for span in sentence.spans if span[2] != "tim"))
            out[-1].append(_add(names, (text, token_starts, token_ends), times))
    return out


def _add(sentence: Sentence, laid_out: tuple[str, list[int], list[int]], other: Sequence[Match]) -> Sentence:
    text, token_starts, token_ends = laid_out
    spans = list(sentence.spans)
    for start, end, type_ in token_spans(number_entities(text, other), token_starts, token_ends):
        if all(end <= s or e <= start for s, e, _ in spans):
            spans.append((start, end, type_))
    return replace(sentence, spans=tuple(sorted(spans)))


def raw_documents(paragraphs: Sequence[str], cache: Path, rng: np.random.Generator) -> list[Document]:
    """Return paragraphs of plain text with silver labels of numbers, without sentences that are in doubt."""
    documents = []
    for text, other in zip(paragraphs, spacy_entities(paragraphs, cache), strict=True):
        entities = number_entities(text, other)
        marked = [(start, end, "?") for start, end, type_ in other if is_doubtful(entities, (start, end, type_))]
        document = []
        for sentence in labelled(text, [*entities, *marked]):
            is_clear = not any(type_ == "?" for _, _, type_ in sentence.spans)
            if is_clear and (sentence.spans or rng.random() < PLAIN_SHARE):
                document.append(sentence)
        if document:
            documents.append(document)
    return documents


def names_of(data: Path, documents: Sequence[Document]) -> dict[str, list[str]]:
    """Return names to fill sentences with, by slot: of lists of the world's, of the corpora, and made of both."""
    rng = np.random.default_rng(SEED)
    lines = (data / "gazetteers" / "cities15000.tsv").read_text(encoding="utf-8").split("\n")
    countries = json.loads((data / "gazetteers" / "countries.json").read_text(encoding="utf-8"))
    cities = [line.split("\t")[0] for line in lines if line]
    large = [line.split("\t")[0] for line in lines if line and int(line.split("\t")[POPULATION]) > LARGE]
    places = cities + large * 5 + [country["name"] for country in countries.values()] * 10
    persons = [person.split(" ", 1) for person in _names_in(documents, "PER") if person.count(" ") == 1]
    given_names = [*_listed("english_given_names.txt"), *(person[0] for person in persons)]
    surnames = [*_listed("english_surnames.txt") * 3, *(person[1] for person in persons)]
    listed = _listed("english_organisations.txt", "\n")
    firms = [_firm(rng, surnames, places) for _ in range(5000)]
    crossed = [f"{pick(rng, given_names)} {pick(rng, surnames)}" for _ in range(20_000)]
    names = {"PER": crossed, "GIVEN": _listed("english_given_names.txt"), "SURNAME": surnames, "LOC": places}
    names["ORG"] = [*listed * 30, *firms, *_names_in(documents, "ORG")]
    names["ORG-STOP"] = [firm for firm in firms if firm.endswith(".")]
    for tag, sources in {"PER": (surnames, crossed), "LOC": (large, places), "ORG": (listed,)}.items():
        words = (re.sub(r"\W", "", name) for source in sources for name in source[:8000])
        names[f"TAG-{tag}"] = [f"#{name}" for name in words if name]
    return names


def _listed(name: str, separator: str | None = None) -> list[str]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
    return text.split(separator)


def _names_in(documents: Sequence[Document], type_: str) -> list[str]:
    """Return the names of a type in corpora, each once; persons in title case."""
    names = {
        " ".join(sentence.tokens[s:e])
        for document in documents
        for sentence in document
        for s, e, marked in sentence.spans
        if marked == type_
    }
    return sorted({name.title() for name in names} if type_ == "PER" else names)


def _firm(rng: np.random.Generator, surnames: Sequence[str], places: Sequence[str]) -> str:
    """Return the name of a firm or an institution that nobody has heard of."""
    name, other, place = pick(rng, surnames), pick(rng, surnames), pick(rng, places)
    forms = [
        f"{name} Inc.", f"{name} Ltd.", f"{name} Corp.", f"{name} Co.", f"{name} & {other}", f"{name} & Sons", f"{name} Group",
        f"{name} Foundation", f"{name} Institute", f"{name} Bank", f"{name} Technologies", f"{name} GmbH", f"{name} Airlines",
        f"{place} University", f"University of {place}", f"Bank of {place}", f"{place} City Council",
        f"{place} Hospital", f"{place} United", f"{place} Electric Co.", f"{place} Telecom Ltd.", f"{place} Chamber of Commerce",
    ]  # fmt: skip
    return pick(rng, forms)
