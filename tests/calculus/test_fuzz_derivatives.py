"""Random gradients, Jacobians and Hessians are what central differences give; `tools/fuzz_derivatives.py` runs more."""

import dataclasses
import importlib.util
from pathlib import Path

import pytest

from fanlight.calculus.operations import TABLE

_PATH = Path(__file__).parents[2] / "tools" / "fuzz_derivatives.py"
_SPEC = importlib.util.spec_from_file_location("fuzz_derivatives", _PATH)
fuzz = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fuzz)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_derivatives_are_what_differences_give(seed):
    report = fuzz.run(seed, count=150, seconds=60)
    assert report.compared > 50
    assert not report.faults


def test_a_wrong_rule_is_caught(monkeypatch):
    wrong = dataclasses.replace(TABLE["softplus"], derivative=lambda x, y: y)
    monkeypatch.setitem(TABLE, "softplus", wrong)
    monkeypatch.setattr(fuzz, "cases", lambda seed, depth: iter([("sum(softplus(x * t))", {})]))
    assert fuzz.run(1, count=10, seconds=20).faults
