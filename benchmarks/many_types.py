"""Words a second of training and of tagging by the number of entity types, on synthetic text.

python benchmarks/many_types.py [--types 5 60 150] [--heads chain] [--passes 1] [--words 40000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import fanlight
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model

EPOCHS = 3
TAGGED = 400_000  # words, at least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--types", type=int, nargs="+", default=[5, 60, 150])
    parser.add_argument("--heads", nargs="+", default=["chain"])
    parser.add_argument("--passes", type=int, nargs="+", default=[1])
    parser.add_argument("--words", type=int, default=40_000, help="of training text")
    arguments = parser.parse_args()
    print("| types | head | passes | training, words/s | tagging, words/s |\n|---|---|---|---|---|")
    for types in arguments.types:
        sentences = write_sentences(types, arguments.words)
        for head in arguments.heads:
            for stages in arguments.passes:
                training, tagging = measure(sentences, head, stages)
                print(f"| {types} | {head} | {stages} | {training:,.0f} | {tagging:,.0f} |", flush=True)


def write_sentences(types: int, words: int, seed: int = 1) -> list[list[tuple[str, str]]]:
    """Return sentences of (word, tag): common words, and a name of one to three words in each."""
    rng = np.random.default_rng(seed)
    frequencies = 1 / np.arange(1, 5001)
    frequencies /= frequencies.sum()
    sentences, count = [], 0
    while count < words:
        length, type_ = int(rng.integers(8, 25)), int(rng.integers(types))
        rows = [(f"word{n}", "O") for n in rng.choice(5000, length, p=frequencies)]
        name = [f"Zor{type_:03}{'abcdefgh'[n]}" for n in rng.integers(0, 8, int(rng.integers(1, 4)))]
        place = int(rng.integers(length))
        rows[place:place] = [(part, f"{'I' if n else 'B'}-T{type_}") for n, part in enumerate(name)]
        sentences.append([*rows, (".", "O")])
        count += len(sentences[-1])
    return sentences


def measure(sentences: list[list[tuple[str, str]]], head: str, stages: int) -> tuple[float, float]:
    """Train on sentences, in documents of twenty; return words a second of the last epoch, and of tagging."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data.conll", Path(folder) / "m.fanlight"
        documents = [sentences[n : n + 20] for n in range(0, len(sentences), 20)]
        rows = ["\n\n".join("\n".join("\t".join(row) for row in s) for s in document) for document in documents]
        data.write_text("".join(f"-DOCSTART-\tO\n\n{document}\n\n" for document in rows), encoding="utf-8")
        settings = read_settings(None, {"epochs": EPOCHS, "head": head, "passes": stages, "folds": 2})
        *_, last = train_model(data, None, out, None, settings)
        tagger = fanlight.load(out)
    texts = [" ".join(" ".join(word for word, _ in s) for s in document) for document in documents]
    texts *= -(-TAGGED // sum(map(len, sentences)))
    block, engine = Block.of(texts), CompiledEngine(tagger.model)
    thresholds = np.zeros(len(tagger.types))
    engine.entities(block, thresholds)
    began = time.perf_counter()
    engine.entities(block, thresholds)
    return last.words_per_second, sum(len(text.split()) for text in texts) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
