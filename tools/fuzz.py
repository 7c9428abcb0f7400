"""Fuzzing of what reads files: no input may end in anything but a clean error.

pip install atheris; python tools/fuzz.py TARGET [-max_total_time=SECONDS]

Targets: the formats of `fanlight convert`, and vectors, gazetteer, rules, model, formula, settings, shards. Without
atheris, `--replay FILE` runs one input.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from fanlight.errors import FanlightError

FOLDER = Path(tempfile.mkdtemp())
PLACE = str(FOLDER / "input")


def targets() -> dict[str, Callable[[str], object]]:
    from fanlight.apps.convert import FORMATS, read_records
    from fanlight.apps.shards import MANIFEST, read_shards
    from fanlight.calculus import parse
    from fanlight.network.modelfile import load_model
    from fanlight.tagging.rules import read_rules
    from fanlight.text.gazetteers import read_gazetteers
    from fanlight.text.vectors import read_vectors
    from fanlight.training.settings import read_settings

    def shards(place: str) -> None:
        os.replace(place, FOLDER / MANIFEST)
        list(read_shards(FOLDER))

    def formula(place: str) -> None:
        text = Path(place).read_bytes().decode(errors="replace")
        parse(text[:200], {name: () if name in "abc" else ("n", 1) for name in "abcxyz"})

    return {
        **{name: lambda place, name=name: read_records(place, name) for name in FORMATS},
        "detected": read_records,
        "vectors": read_vectors,
        "gazetteer": lambda place: read_gazetteers([place], "word"),
        "rules": lambda place: read_rules(Path(place), "rules", "utf-8"),
        "model": lambda place: load_model(place, True),
        "formula": formula,
        "settings": read_settings,
        "shards": shards,
    }


def main() -> None:
    known = targets()
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        raise SystemExit(f"give a target: {', '.join(known)}")
    name = sys.argv.pop(1)

    def once(data: bytes) -> None:
        Path(PLACE).write_bytes(data)
        try:
            known[name](PLACE)
        except FanlightError as error:
            assert "\n" not in str(error)[:-1] or name in ("formula", "settings"), f"no single line: {error}"

    if "--replay" in sys.argv:
        once(Path(sys.argv[-1]).read_bytes())
        return
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
