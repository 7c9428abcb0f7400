"""The English corpora as documents of sentences with their labels; what each marks is said in `MEANINGS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.text.sentences import tokenise_sentences

Document = list[Sentence]
TITLES = frozenset(
    re.findall(
        r"\S+",
        "mr. mrs. ms. dr. mr mrs ms dr prof. prof professor sir president prime minister vice "
        "secretary general senator king queen pope "
        "chancellor foreign defense interior finance former state u.s. opposition leader candidate prince sheikh "
        "ayatollah judge lawmaker governor colonel major lieutenant ambassador spokesman spokeswoman chief",
    )
)
PERSONS = frozenset(["per", "PER", "person", "politician", "writer", "musicalartist", "scientist", "researcher"])
NUMBERS = ("DATE", "TIME", "MONEY", "PERCENT", "QUANTITY")
NAMES = ("PER", "LOC", "ORG", "MISC")
GMB_STEP = 3  # of gmb-en, five times as large as CoNLL, every third batch of sentences is used
DEV_FIFTH = 5  # every fifth dev sentence of crossner-en is for choosing

CONLL_TYPES = {  # crossner-en's fine types; those that may be one of two, or none, of ours
    "politician writer musicalartist scientist researcher person": "PER",
    "location country": "LOC",
    "organisation politicalparty band university": "ORG",
    "award event election book album song poem product misc programlang": "MISC",
    "magazine academicjournal conference": ["ORG", "MISC"],
    "astronomicalobject": ["LOC", "MISC"],
    "musicgenre literarygenre musicalinstrument chemicalcompound chemicalelement algorithm field task metrics": [],
    "protein enzyme discipline theory": [],
}
MEANINGS: dict[str, dict[str, Any]] = {  # a corpus with a share below 1 is shown in parts, another one each epoch
    "conll": {"unmarked": []},
    "gmb": {
        "types": {
            "geo": "LOC",
            "gpe": ["LOC", "MISC"],  # mostly nationalities, but countries as well
            "org": "ORG",
            "per": "PER",
            "art": "MISC",
            "eve": "MISC",
            "nat": "MISC",
        },
        "unmarked": ["MISC"],
        "share": 0.4,  # its labels are silver
    },
    "wnut": {
        "types": {
            "person": "PER",
            "location": "LOC",
            "corporation": "ORG",
            "group": ["ORG", "MISC"],
            "product": "MISC",
            "creative-work": "MISC",
        },
        "unmarked": ["MISC"],
    },
    "btc": {"unmarked": ["MISC"]},
    "ewt": {"unmarked": ["MISC"]},
    "crossner": {
        "types": {fine: type_ for names, type_ in CONLL_TYPES.items() for fine in names.split()},
        "unmarked": ["MISC"],
    },
    "raw": {"unmarked": list(NAMES), "share": 0.4},
    "made": {"unmarked": []},
}


def read_documents(data: Path, name: str) -> list[Document]:
    """Return the training documents of a corpus, handles and titles taken out of its names."""
    if name == "crossner":
        return crossner_documents(data, lambda n: n % DEV_FIFTH > 0)
    folder, length, convert = {
        "conll": ("conll2003-en", 0, _unchanged),
        "gmb": ("gmb-en", 20, without_titles),
        "wnut": ("wnut2017-en", 1, without_titles),
        "btc": ("btc-en", 1, without_handles),
        "ewt": ("ewt-en", 0, without_titles),
    }[name]
    corpus = read_corpus(data / folder / "train.txt", tokenise_sentences)
    documents = corpus.documents if not length else list(_batches(corpus.sentences, length))
    if name == "gmb":
        documents = documents[::GMB_STEP]
    return [[convert(sentence) for sentence in document] for document in documents]


def crossner_documents(data: Path, is_chosen: Callable[[int], bool]) -> list[Document]:
    """Return crossner-en's training sentences, and of its dev sentences those with chosen numbers; each a document."""
    documents = []
    for path in sorted((data / "crossner-en").glob("*-train.txt")):
        documents += [[s] for s in read_corpus(path, tokenise_sentences).sentences]
    return [[without_titles(s) for s in document] for document in documents + crossner_dev(data, is_chosen)]


def crossner_dev(data: Path, is_chosen: Callable[[int], bool]) -> list[Document]:
    """Return the dev sentences with chosen numbers, each a document."""
    documents = []
    for path in sorted((data / "crossner-en").glob("*-dev.txt")):
        sentences = read_corpus(path, tokenise_sentences).sentences
        documents += [[s] for n, s in enumerate(sentences) if is_chosen(n)]
    return documents


def raw_paragraphs(data: Path, is_free: bool = False) -> list[str]:
    """Return the paragraphs of MASC and, unless only free texts are wanted, every sixth of Reuters-21578."""
    paragraphs = []
    for name, step in (("masc.txt", 1), ("reuters.txt", 6))[: 1 if is_free else 2]:
        lines = (data / "raw-en" / name).read_text(encoding="utf-8", errors="replace").split("\n")
        groups = [[*group] for is_blank, group in groupby(lines, lambda line: not line.strip()) if not is_blank]
        paragraphs += [" ".join(" ".join(group).split()) for group in groups[::step]]
    return paragraphs


def without_handles(sentence: Sentence) -> Sentence:
    """Return a tweet without the labels of @handles, which are no names, and of titles."""
    tokens = sentence.tokens
    spans = [span for span in sentence.spans if not any(token.startswith("@") for token in tokens[span[0] : span[1]])]
    return without_titles(replace(sentence, spans=tuple(spans)))


def without_titles(sentence: Sentence) -> Sentence:
    """Return a sentence with titles taken off its persons' names; what is only a title is none."""
    return replace(sentence, spans=tuple(_shortened(sentence.tokens, sentence.spans)))


def _shortened(tokens: list[str], spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    for start, end, type_ in spans:
        begin = start
        while type_ in PERSONS and start < end and tokens[start].lower() in TITLES:
            start += 1
        if start == end and type_ != "per":  # "Prince" may be a name; gmb is silver
            start = begin
        if start < end:
            yield start, end, type_


def _unchanged(sentence: Sentence) -> Sentence:
    return sentence


def _batches(sentences: list[Sentence], length: int) -> Iterator[Document]:
    for place in range(0, len(sentences), length):
        yield sentences[place : place + length]
