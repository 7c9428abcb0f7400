"""Fuzzing of what reads files: no input may end in anything but a clean error.

pip install atheris; python tools/fuzz.py TARGET [-max_total_time=SECONDS] [FOLDER OF INPUTS]

Targets: the formats of `fanlight convert`, and vectors, gazetteer, rules, expression, model, formula, settings,
space, shards, labels, index, key. Valid inputs are made to begin with. Without atheris, `--replay FILE` runs one input.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp())
PLACE = str(FOLDER / "input")


TOWNS = Path(__file__).parents[1] / "tests" / "data" / "towns.conll"
TEXT = "Ann Lee 👍 of Acme\r\nlives in Oslo."
TEXTS = {  # valid inputs
    "brat": "T1\tPER 0 7\tAnn Lee\nT2\tORG 13 17;19 24\tAcme lives\n",
    "vectors": "Oslo 0.1 0.2\nParis 0.3 -1e-3\n",
    "gazetteer": "Oslo\ttowns\nAnn Lee\tpeople\n",
    "rules": "# mine\nAcme\tORG\nre:[A-Z]{2}-\\d+\tCODE\n",
    "expression": "(?i)\\b(jan|fe)[a-z]*? \\d{1,2}(a+)+$\nJan 1aa",
    "formula": "u.T @ tanh(W @ x + b) + sum(exp(a * y))",
    "settings": 'epochs = 3\n[corpora."a.txt"]\ntypes = { geo = "LOC", gpe = ["LOC", "MISC"] }\nshare = 0.5\n',
    "key": '{"[PER_1]": ["Ann Lee", "PER"]}',
    "space": "hidden = [8, 16]\nrate = {low = 0.003, high = 0.03, log = true}\n",
}


def discard_journals(place: str) -> None:
    """Remove what SQLite kept beside the input before."""
    for end in ("-wal", "-shm", "-journal"):
        Path(place + end).unlink(missing_ok=True)


def targets() -> dict[str, Callable[[str], object]]:
    from fanlight.apps.cli.mask import read_key
    from fanlight.apps.convert import FORMATS, read_records
    from fanlight.apps.entity_index import count_names, find
    from fanlight.apps.integrations.optuna import read_space
    from fanlight.apps.labelling import LabelStore
    from fanlight.apps.shards import MANIFEST, read_shards
    from fanlight.calculus import parse
    from fanlight.network.modelfile import load_model
    from fanlight.tagging.rules import read_rules
    from fanlight.text.automaton import compile_expression
    from fanlight.text.gazetteers import read_gazetteers
    from fanlight.text.vectors import read_vectors
    from fanlight.training.settings import read_settings

    def brat(place: str) -> None:
        Path(place + ".txt").write_text(TEXT, encoding="utf-8")
        os.replace(place, place + ".ann")
        read_records(place, "brat")

    def shards(place: str) -> None:
        os.replace(place, FOLDER / MANIFEST)
        list(read_shards(FOLDER))

    def labels(place: str) -> None:
        discard_journals(place)
        store = LabelStore(place)
        list(store.export())
        store.agreement()
        if (task := store.next("eve")) is not None:
            store.save("eve", task.id, [])
        store.undo("eve")

    def index(place: str) -> None:
        discard_journals(place)
        find(place, "near:Oslo type:LOC Os*")
        count_names(place, "Oslo")

    def formula(place: str) -> None:
        text = Path(place).read_bytes().decode(errors="replace")
        parse(text[:200], {name: () if name in "abc" else ("n", 1) for name in "abcxyz"})

    def expression(place: str) -> None:
        """Find the same as `re`, where that cannot take for ever: in few characters, without large counts."""
        pattern, _, text = Path(place).read_bytes().decode(errors="replace").partition("\n")
        pattern, text = pattern[:200], text[:10] or TEXT
        matches = list(compile_expression(pattern).find(text))
        if len(pattern) <= 40 and len(text) <= 10 and not re.search(r"\d\d", pattern):
            spans = [match.span() for match in re.finditer(pattern, text) if match.end() > match.start()]  # may warn
            assert matches == spans, (pattern, text)

    return {
        **{name: lambda place, name=name: read_records(place, name) for name in FORMATS},
        "brat": brat,
        "detected": read_records,
        "vectors": read_vectors,
        "gazetteer": lambda place: read_gazetteers([place], "word"),
        "rules": lambda place: read_rules(Path(place), "rules", "utf-8"),
        "expression": expression,
        "model": load_model,  # a checksum that is right is no trouble to make
        "formula": formula,
        "settings": read_settings,
        "space": read_space,
        "shards": shards,
        "labels": labels,
        "index": index,
        "key": lambda place: read_key(Path(place)),
    }


def seeds(name: str) -> Path:
    """Write valid inputs of a target to a folder."""
    import fanlight
    from fanlight.apps.convert import FORMATS, read_records, write_records
    from fanlight.apps.entity_index import index as fill
    from fanlight.apps.labelling import LabelStore
    from fanlight.apps.shards import Job, local, tag_shards

    folder = FOLDER / "seeds"
    folder.mkdir()
    records = read_records(str(TOWNS))[0][:3]
    for format in set(FORMATS) - {"brat"} if name == "detected" else {name} & set(FORMATS) - {"brat"}:
        write_records(records, str(folder / format), format)
    if name == "model":
        small = {"epochs": 1, "hidden": 2, "features": {"word": {"buckets": 64, "dimension": 2, "features": ["lower"]}}}
        (FOLDER / "rules").write_text(TEXTS["rules"], encoding="utf-8")
        fanlight.train(TOWNS, out=folder / "model", **small)
        fanlight.train(TOWNS, out=folder / "hinted", patterns=[FOLDER / "rules"], **small)
    if name == "shards":
        for _ in tag_shards([str(TOWNS)], Job(str(FOLDER / "out"), "en", {"": 0.0}, None), 1, local):
            pass
        (FOLDER / "out" / "manifest.jsonl").rename(folder / "manifest")
    if name == "labels":
        store = LabelStore(folder / "labels")
        store.add(["Oslo is old.", "It rained."], ["LOC"])
        store.save("ada", 1, [(0, 4, "LOC")])
        store.save("bob", 1, [])
    if name == "index":
        tag = fanlight.load("en").pipe
        (FOLDER / "texts").write_text("Ann lives in Oslo.\nOslo is near Bonn.\n")
        list(fill([FOLDER / "texts"], folder / "index", tag, lambda path: iter(Path(path).read_text().splitlines())))
    if name in TEXTS:
        (folder / "text").write_text(TEXTS[name], encoding="utf-8")
    return folder


def main() -> None:
    try:
        import atheris
    except ImportError:
        atheris = None
    source = Path(__file__).parents[1] / "src"
    kernels = [  # which atheris would make unfit for the compiler
        ".".join(path.relative_to(source).with_suffix("").parts)
        for path in source.rglob("*.py")
        if re.search(r"import .*\b(njit|kernel|inner)\b", path.read_text(encoding="utf-8"))
    ]
    with atheris.instrument_imports(["fanlight"], kernels) if atheris else nullcontext():
        fuzz_targets = targets()
    if len(sys.argv) < 2 or sys.argv[1] not in fuzz_targets:
        raise SystemExit(f"give a target: {', '.join(fuzz_targets)}")
    name = sys.argv.pop(1)
    from fanlight.errors import FanlightError

    def once(data: bytes) -> None:
        Path(PLACE).write_bytes(data)
        try:
            fuzz_targets[name](PLACE)
        except FanlightError as error:
            if "\n" in str(error) and name not in ("formula", "settings"):
                raise AssertionError(f"no single line: {error}") from None

    if "--replay" in sys.argv:
        once(Path(sys.argv[-1]).read_bytes())
        return
    if not any(Path(argument).is_dir() for argument in sys.argv[1:]):
        sys.argv.append(str(seeds(name)))
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
