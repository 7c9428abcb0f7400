"""Dev scores and training times with default settings, as a user would get them.

python benchmarks/accuracy.py [--data ../shared/data] [--vectors glove.vec] [--only NAME ...] [--seeds 1 2 3]

Each run is `fanlight train` in a process of its own, with the OpenBLAS settings of the environment removed; vectors
are read once before, so that the times are with the parsed file cached.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KOREAN_NAMES = ["--gazetteer", "gazetteers/ko-names.tsv"]
RUNS: dict[str, tuple[str, bool, list[str]]] = {  # training file, whether vectors are given, options
    "conll2003-en": ("conll2003-en/train.txt", True, []),
    "conll2003-en, one pass": ("conll2003-en/train.txt", True, ["--set", "passes=1"]),
    "conll2003-en, no vectors": ("conll2003-en/train.txt", False, []),
    "klue-ko": ("klue-ko/train.tsv", False, []),
    "klue-ko, names": ("klue-ko/train.tsv", False, KOREAN_NAMES),
    "wnut2017-en": ("wnut2017-en/train.txt", True, []),
    "gmb-en": ("gmb-en/train.txt", True, []),
    "kmou-ko": ("kmou-ko/train.jsonl", False, []),
}
SPELLED = ("conll2003-en",)  # measured in other spellings too


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--only", nargs="*", choices=list(RUNS), default=list(RUNS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[1])
    arguments = parser.parse_args()
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    print("| data | dev F1 (median) | lowest – highest | seeds | seconds (median) | model, MB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            train, with_vectors, options = RUNS[name]
            if with_vectors and arguments.vectors is None:
                continue
            f1, seconds = [], []
            spelled: dict[str, list[float]] = {"lower": [], "upper": []}
            out = Path(folder) / "m.fanlight"
            for seed in arguments.seeds:
                source = arguments.data / train
                dev = str(source).replace("train.", "dev.")
                command = [sys.executable, "-m", "fanlight", "train", str(source), "--dev", dev, "--out", str(out)]
                command += ["--seed", str(seed)]
                command += [str(arguments.data / o) if o.startswith("gazetteers/") else o for o in options]
                command += ["--vectors", str(arguments.vectors)] if with_vectors else []
                if with_vectors and not seconds:
                    subprocess.run([sys.executable, "-c", READ, str(arguments.vectors)], check=True, env=environment)
                began = time.perf_counter()
                subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - began)
                f1.append(score(out, Path(dev), environment))
                if name in SPELLED:
                    for spelling, scores in spelled.items():
                        scores.append(score(out, written(Path(dev), spelling, Path(folder)), environment))
            size = out.stat().st_size / 1e6
            row(name, f1, f"{statistics.median(seconds):.0f} | {size:.1f}")
            for spelling, scores in spelled.items():
                if scores:
                    row(f"the same models, dev in {spelling} case", scores, "|")


def row(name: str, f1: list[float], columns: str) -> None:
    print(
        f"| {name} | {statistics.median(f1):.2f} | {min(f1):.2f} – {max(f1):.2f} | {len(f1)} | {columns} |", flush=True
    )


def score(model: Path, dev: Path, environment: dict[str, str]) -> float:
    command = [sys.executable, "-m", "fanlight", "evaluate", str(model), str(dev), "--format", "json"]
    scored = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
    return float(json.loads(scored.stdout)["f1"])


def written(dev: Path, spelling: str, folder: Path) -> Path:
    """Write a column file with its words, all but the marks of documents, in lower or upper case."""
    lines = []
    for line in dev.read_text(encoding="utf-8").split("\n"):
        word, space, columns = line.partition(" ")
        lines.append(line if word == "-DOCSTART-" else getattr(word, spelling)() + space + columns)
    place = folder / f"{spelling}.txt"
    place.write_text("\n".join(lines), encoding="utf-8")
    return place


READ = "import sys; from fanlight.text.vectors import read_vectors; read_vectors(sys.argv[1])"

if __name__ == "__main__":
    main()
