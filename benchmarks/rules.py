"""Rules: what 700,000 names cost beside the model.

python benchmarks/rules.py [--data ../shared/data] [--megabytes 12]

The names are those of the gazetteers and random ones of two or three English words with capitals. One thread's seconds,
with and without them in turn, in one process; the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.lines import read_blocks
from fanlight.tagging.rules import Rules
from fanlight.tagging.stream import tag_lines
from tagging import write_english

COUNT = 700_000
ROUNDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--megabytes", type=int, default=12)
    arguments = parser.parse_args()
    rules = Rules(names(arguments.data))
    began = time.process_time()
    rules.extend_types(())
    print(f"the table of {COUNT} names is made in {time.process_time() - began:.1f} s\n")
    print("| | without, s | with, s | more | entities without | with |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_english(text, arguments.data / "raw-en", arguments.megabytes * 1_000_000)
        texts = text.read_text(encoding="utf-8").split("\n")
        for stages in (1, 2):
            compare(f"lines of JSON, passes: {stages}", lambda r, p=stages: lines(text, p, r), rules)
        tagger = load_tagger("en")
        compare("Tagger.pipe", lambda r: sum(len(d.entities) for d in tagger.pipe(texts, threads=1, rules=r)), rules)


def names(data: Path) -> dict[str, str]:
    """Return the gazetteers' names, and random ones."""
    members = {}
    for line in (data / "gazetteers" / "ko-names.tsv").read_text(encoding="utf-8").splitlines():
        members[line.split("\t")[0]] = "KO"
    for line in (data / "gazetteers" / "cities15000.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        columns = line.split("\t")
        members |= {name.strip(): "CITY" for name in (columns[0], *columns[-1].split(",")) if len(name.strip()) > 2}
    text = (data / "raw-en" / "reuters.txt").read_text(encoding="utf-8")
    words = sorted({word.title() for word in text.split() if word.isalpha()})
    rng = random.Random(1)
    while len(members) < COUNT:
        members[" ".join(rng.choices(words, k=rng.choice((2, 3))))] = "OTHER"
    return members


def lines(text: Path, stages: int, rules: Rules | None) -> int:
    """Tag a file as `fanlight tag` does; return the number of entities."""
    tagger = load_tagger("en", stages=stages, engine="compiled")
    assert tagger is not None
    outputs = tag_lines(read_blocks(str(text)), tagger, 0.0, rules, 1)
    return sum(out.count(b', "probability": ') for _, out in outputs)


def compare(name: str, once, rules: Rules) -> None:
    """Run with and without rules in turn."""
    rows = []
    for rules_or_none in [None, rules] * (ROUNDS + 1):
        began = time.process_time()
        count = once(rules_or_none)
        rows.append((time.process_time() - began, count))
    without, with_rules = rows[2::2], rows[3::2]  # the first round compiles
    slowdown = statistics.median(b / a - 1 for (a, _), (b, _) in zip(without, with_rules, strict=True))
    seconds = (min(s for s, _ in runs) for runs in (without, with_rules))
    times = " | ".join(f"{s:.2f}" for s in seconds)
    print(f"| {name} | {times} | {slowdown:.1%} | {without[0][1]} | {with_rules[0][1]} |", flush=True)


if __name__ == "__main__":
    main()
