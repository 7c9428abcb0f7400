"""What to label next: `fanlight next`'s choice against sentences drawn at random, for the same number of labels.

python benchmarks/labelling.py [--data ../shared/data/conll2003-en] [--first 200] [--each 200] [--rounds 4] [--seeds 3]

The gold labels play the annotator. Each round trains anew on all that is labelled so far, one pass, no word vectors.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np

import fanlight
from fanlight.api.selection import teaching_order
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Sentence
from fanlight.text.sentences import tokenise_sentences

POOL = 4000  # sentences to choose from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data/conll2003-en")
    for name, value in (("first", 200), ("each", 200), ("rounds", 4), ("seeds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.data / "train.txt", tokenise_sentences)
    dev = arguments.data / "dev.txt"
    sizes = [arguments.first + arguments.each * k for k in range(arguments.rounds + 1)]
    print(f"| sentences labelled | {' | '.join(map(str, sizes))} |\n|---|{'---|' * len(sizes)}")
    for name in ("next", "random"):
        rows = [scores(corpus.sentences, dev, name, seed, arguments) for seed in range(1, arguments.seeds + 1)]
        medians = (statistics.median(row[k] for row in rows) for k in range(len(sizes)))
        print(f"| {name} | {' | '.join(f'{m:.2f}' for m in medians)} |", flush=True)


def scores(sentences: list[Sentence], dev: Path, name: str, seed: int, arguments: argparse.Namespace) -> list[float]:
    rng = np.random.default_rng(seed)
    pool = [sentences[i] for i in rng.permutation(len(sentences))[:POOL].tolist()]
    labelled, unlabelled = pool[: arguments.first], pool[arguments.first :]
    f1_scores = []
    with tempfile.TemporaryDirectory() as folder:
        file, model = Path(folder) / "train.conll", Path(folder) / "model"
        for round_ in range(arguments.rounds + 1):
            file.write_text("\n".join(write_columns(labelled)) + "\n", encoding="utf-8")
            settings = {"passes": 1, "seed": seed, "epochs": 10, "rate": 0.003}
            tagger = fanlight.train(file, out=model, **settings)
            f1_scores.append(fanlight.evaluate(model, dev).f1)
            if round_ == arguments.rounds:
                break
            if name == "next":
                chosen = [i for i, _ in teaching_order(tagger, [s.text for s in unlabelled], arguments.each)]
            else:
                chosen = rng.permutation(len(unlabelled))[: arguments.each].tolist()
            labelled += [unlabelled[i] for i in chosen]
            unlabelled = [s for i, s in enumerate(unlabelled) if i not in set(chosen)]
    return f1_scores


if __name__ == "__main__":
    main()
