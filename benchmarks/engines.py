"""Shards: how fast local processes and Ray are beside the plain command on the same cores.

python benchmarks/engines.py [--data ../shared/data] [--megabytes 50]

The text is that of benchmarks/tagging.py. Each run is a process of its own. What it takes to start, measured by the
same command on one line, is also told, and the speed without it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from measure import measured

from tagging import write_english

FANLIGHT = [sys.executable, "-m", "fanlight", "tag", "--model", "en"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--megabytes", type=int, default=50)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        words = write_english(place / "text.txt", arguments.data / "raw-en", arguments.megabytes * 1_000_000)
        (place / "line.txt").write_text("Museums in Paris are amazing to see.\n")
        measured([*FANLIGHT, str(place / "text.txt"), "--out", str(place / "once")])  # compile, once
        print("| | seconds | of them to start | words/s | without the start | share of the plain command |")
        print("|---|---|---|---|---|---|")
        plain = 0.0
        for name, options in (("plain", []), ("local", ["--engine", "local"]), ("ray", ["--engine", "ray"])):
            start, total = (once(place / text, place / "out", options) for text in ("line.txt", "text.txt"))
            speed, steady = words / total, words / (total - start)
            plain = plain or steady
            row = f"{total:.1f} | {start:.1f} | {speed:,.0f} | {steady:,.0f} | {steady / plain:.0%}"
            print(f"| {name} | {row} |", flush=True)


def once(text: Path, out: Path, options: list[str]) -> float:
    """Tag a text; return seconds."""
    as_others = ["env", "RAY_worker_niceness=0"]  # 15 by default, so that whatever else runs would come first
    seconds, _ = measured([*as_others, *FANLIGHT, *options, str(text), "--out", str(out)])
    shutil.rmtree(out) if out.is_dir() else out.unlink()
    return seconds


if __name__ == "__main__":
    main()
