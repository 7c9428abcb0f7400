"""Train small models of eleven configurations and print the SHA-256 of each file: a change of no behaviour changes none.

python tools/training_hashes.py > before.txt, the change, python tools/training_hashes.py | diff before.txt -
"""

from __future__ import annotations

import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from fanlight.training.settings import read_settings
from fanlight.training.train import train_model

TOWNS = Path(__file__).parents[1] / "tests" / "data" / "towns.conll"
SENTENCES_A_DOCUMENT = 5
SMALL: dict[str, Any] = {"epochs": 3, "hidden": 24, "rate": 0.01, "batch_tokens": 250}
STAGES = {"passes": 2, "folds": 2}
GAZETTEER = "Oslo\tcity\nAda Byron\tperson\nNew York\tcity\n"
PATTERNS = "re:\\d+\tNUMBER\nLisbon\tTOWN\n"

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "words": {},
    "words, two stages": STAGES,
    "words, margin loss, hardtanh": {"head": "logistic", "loss": "margin", "activation": "hardtanh", "radius": 1},
    "words, softmax, tanh, adagrad": {"head": "softmax", "activation": "tanh", "optimiser": "adagrad"},
    "words, logistic, sigmoid, sgd": {"head": "logistic", "activation": "sigmoid", "optimiser": "sgd", **STAGES},
    "words, names and patterns": {"gazetteer": True, "patterns": True, "context_width": 8},
    "words, vectors from a file, trained": {"vectors": True, "train_vectors": True, "decay": 0.01, "keep": 4},
    "words, vectors by product quantisation": {"vectors": True, "vector_parts": 2, "word_dropout": 0.1},
    "words, random vectors, two workers": {"random_vectors": 6, "workers": 2, "average_from": 1.0},
    "characters": {"unit": "character", "schedule": "cosine", "replacement_share": 1.0},
    "characters, names, two stages": {"unit": "character", "gazetteer": True, "context_width": 4, **STAGES},
}


def train(folder: Path, changes: dict[str, Any]) -> str:
    """Train one model in a folder with the corpora; return the SHA-256 of its file."""
    names = {"gazetteer": "gazetteers", "patterns": "patterns"}
    files = {setting: [folder / f"{key}.tsv"] for key, setting in names.items() if key in changes}
    vectors = folder / "vectors.txt" if "vectors" in changes else None
    settings = {key: value for key, value in changes.items() if key not in {*names, "vectors"}}
    out = folder / "model.fanlight"
    for _ in train_model(
        folder / "train.conll", folder / "dev.conll", out, vectors, read_settings(None, {**SMALL, **settings}), **files
    ):
        pass
    return sha256(out.read_bytes()).hexdigest()


def write_corpora(folder: Path) -> None:
    """Write a corpus in documents, a dev set, names, patterns and word vectors that are the same each time."""
    sentences = TOWNS.read_text(encoding="utf-8").strip().split("\n\n")
    runs = [sentences[i : i + SENTENCES_A_DOCUMENT] for i in range(0, len(sentences), SENTENCES_A_DOCUMENT)]
    text = "".join("-DOCSTART-\tO\n\n" + "\n\n".join(run) + "\n\n" for run in runs)
    (folder / "train.conll").write_text(text, encoding="utf-8")
    (folder / "dev.conll").write_text("\n\n".join(sentences[:20]) + "\n", encoding="utf-8")
    (folder / "gazetteer.tsv").write_text(GAZETTEER, encoding="utf-8")
    (folder / "patterns.tsv").write_text(PATTERNS, encoding="utf-8")
    rows_of_tokens = (line.split("\t") for sentence in sentences for line in sentence.split("\n"))
    words = sorted({row[0] for row in rows_of_tokens if len(row) > 1})  # a comment has no tag
    numbers = np.random.default_rng(1).normal(size=(len(words), 6))
    rows = (f"{word} {' '.join(f'{x:.4f}' for x in row)}\n" for word, row in zip(words, numbers, strict=True))
    (folder / "vectors.txt").write_text("".join(rows), encoding="utf-8")


def main() -> int:
    """Print a line a configuration."""
    with tempfile.TemporaryDirectory() as name:
        write_corpora(Path(name))
        for configuration, changes in CONFIGURATIONS.items():
            print(f"{train(Path(name), changes)}  {configuration}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
