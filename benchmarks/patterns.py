r"""Patterns as features: dev F1 with and without them, on the first sentences of klue-ko.

python benchmarks/patterns.py [--data ../shared/data] [--sentences 3000] [--seeds 2]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

import fanlight

PATTERNS = """\
re:\\d+(년|월|일|세기|년대)( ?\\d+(월|일))*\tdate
re:\\d+(시|분|초|시간)( ?\\d+(분|초))*\ttime
re:\\d[\\d,.]*(여|만|억|천|백|조)*( ?(명|개|원|달러|%|회|위|번|점|세|살|대|편|km|m|kg))\tquantity
re:\\d[\\d,.]*\tnumber
re:(한|두|세|네|다섯|여섯|첫|몇) ?(명|개|번|번째|달|시간|살|가지|곳)\tcount
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--sentences", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    train = next((arguments.data / "klue-ko").glob("train.*"))
    dev = train.with_name(train.name.replace("train", "dev"))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        blank = "\n" if train.suffix == ".jsonl" else "\n\n"
        sentences = train.read_text(encoding="utf-8").split(blank)[: arguments.sentences]
        (place / train.name).write_text(blank.join(sentences) + "\n", encoding="utf-8")
        (place / "patterns.tsv").write_text(PATTERNS, encoding="utf-8")
        for seed, patterns in itertools.product(range(1, arguments.seeds + 1), ([], [place / "patterns.tsv"])):
            fanlight.train(place / train.name, dev, place / "m", patterns=patterns, seed=seed)
            scores = fanlight.evaluate(place / "m", dev)
            types = ", ".join(f"{name} {counts.f1:.2f}" for name, counts in scores.types.items())
            print(f"seed {seed}, {'with' if patterns else 'without'}: {scores.f1:.2f} ({types})", flush=True)


if __name__ == "__main__":
    main()
