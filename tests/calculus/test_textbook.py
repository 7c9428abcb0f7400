"""Derivatives as The Matrix Cookbook, Boyd & Vandenberghe, CS229 and CS224N have them: right, and as short."""

import importlib.util
from pathlib import Path

import pytest

_PATH = Path(__file__).parents[2] / "benchmarks" / "identities.py"
_SPEC = importlib.util.spec_from_file_location("identities", _PATH)
identities = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identities)
LINES = (Path(__file__).parent / "textbook_identities.txt").read_text(encoding="utf-8").splitlines()


def read(line):
    kind, text, wrt, shapes, facts, expected = (part.strip() for part in line.split("|"))
    pairs = [part.split("=") for part in shapes.split()]
    return {
        "kind": kind,
        "expr": text,
        "wrt": wrt,
        "expected": expected,
        "shapes": {n: tuple(int(d) if d.isdigit() else d for d in v.split(",") if d) for n, v in pairs},
        "assume": dict(fact.split(":") for fact in facts.split()),
    }


@pytest.mark.parametrize("line", [line for line in LINES if line and not line.startswith("#")])
def test_it_is_right_and_as_short_as_the_book(line):
    outcome = identities.measure(read(line))
    assert not outcome.fault
    assert outcome.ratio <= 1.25, outcome.printed


def test_another_value_would_be_seen():
    case = read("gradient | x.T @ A @ x | x | x=n,1 A=n,n | | A @ x")
    assert identities.measure(case).fault == "another value"
