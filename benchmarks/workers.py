"""Data-parallel training: F1 and time with several workers beside ordinary training, and what the averaging costs.

python benchmarks/workers.py [--data ../shared/data] [--sentences 3000] [--seeds 2] [--workers 1 2 4]

Trains on the first sentences of conll2003-en without vectors, one pass, and scores on the dev set. Then packs, averages
and unpacks the state of the network once by itself.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from measure import measured

import fanlight
from fanlight.corpus.readers import read_corpus
from fanlight.network.lexicon import Lexicon
from fanlight.text.sentences import tokenise_sentences
from fanlight.training.data_parallel import average_states, pack_state, restore_state, unpack_state
from fanlight.training.loop import Learner
from fanlight.training.preparation import prepare
from fanlight.training.settings import read_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--sentences", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--engine", default="local")
    parser.add_argument("--set", nargs="*", default=[])
    arguments = parser.parse_args()
    conll = arguments.data / "conll2003-en"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        sentences = (conll / "train.txt").read_text(encoding="utf-8").split("\n\n")[: arguments.sentences]
        (place / "train.txt").write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
        print("| workers | dev F1 | seconds |\n|---|---|---|")
        for workers in arguments.workers:
            rows = []
            for seed in range(1, arguments.seeds + 1):
                command = [sys.executable, "-m", "fanlight", "train", str(place / "train.txt")]
                command += ["--dev", str(conll / "dev.txt"), "--out", str(place / "m"), "--set", "passes=1"]
                command += [f"--set={item}" for item in arguments.set]
                command += ["--seed", str(seed), "--workers", str(workers)]
                command += ["--engine", arguments.engine] if workers > 1 else []
                seconds, _ = measured(command)
                rows.append((fanlight.evaluate(place / "m", conll / "dev.txt").f1, seconds))
            f1, seconds = zip(*rows, strict=True)
            print(f"| {workers} | {', '.join(f'{x:.2f}' for x in f1)} | {median(seconds):.1f} |", flush=True)
        corpus = read_corpus(place / "train.txt", tokenise_sentences)
        learner = Learner(prepare(corpus, None, Lexicon.empty(), read_settings(None, {"passes": 1})), 1)
    learner.optimiser.start_averaging()  # a state is larger with the means
    for count in (2, 4):
        began = time.perf_counter()
        state = pack_state(learner, (0.0, 1))
        packing = time.perf_counter()
        restore_state(learner, average_states([unpack_state(state)] * count, [1.0] * count))
        end = time.perf_counter()
        sizes = f"{len(state) / 1e6:.1f} MB to and from each worker"
        print(f"{sizes}; packing {packing - began:.3f} s, the mean of {count} and unpacking {end - packing:.3f} s")


if __name__ == "__main__":
    main()
