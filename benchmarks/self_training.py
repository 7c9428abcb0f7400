"""What raw text gives: dev F1 without it (the first labeller) and with it, for training sets of several sizes.

python benchmarks/self_training.py TRAIN DEV RAW [--vectors glove.vec] [--sizes 100 300 1000] [--seeds 1 2 3]

TRAIN and DEV are columns of words. A size is the first so many sentences of TRAIN, 0 all of them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.settings import read_settings
from fanlight.training.train import train_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 300, 1000])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    arguments = parser.parse_args()
    print("| sentences | seed | without | with | gain | seconds |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for size in arguments.sizes:
            train = Path(name) / f"first-{size}.txt"
            write_beginning(arguments.train, train, size)
            for seed in arguments.seeds:
                began, best = time.perf_counter(), dict[str, float]()
                settings = read_settings(None, {"seed": seed})
                out = Path(name) / "m"
                for epoch in train_model(train, arguments.dev, out, arguments.vectors, settings, raw=[arguments.raw]):
                    if epoch.dev is not None:
                        best[epoch.stage] = max(best.get(epoch.stage, 0.0), epoch.dev.f1)
                without = best.get("labeller 1, second pass", best.get("labeller 1", 0.0))
                learned = best.get("second pass", best.get("", without))  # as without it where the networks never agree
                row = f"{without:.2f} | {learned:.2f} | {learned - without:+.2f} | {time.perf_counter() - began:.0f}"
                print(f"| {size:,} | {seed} | {row} |", flush=True)


def write_beginning(source: Path, out: Path, size: int) -> None:
    """Write the first sentences of a labelled file in their documents; all of them for size 0."""
    corpus = read_corpus(source, tokenise_sentences)
    remaining, rows = size or len(corpus.sentences), []
    for document in corpus.documents:
        sentences = list(islice(document, remaining))
        remaining -= len(sentences)
        if sentences and corpus.documents_marked:
            rows += ["-DOCSTART-\tO", ""]
        rows += write_columns(sentences)
    out.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
