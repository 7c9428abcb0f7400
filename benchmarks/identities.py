"""Derivative identities: how many are right, parse back, and are as short as a person writes them.

``python benchmarks/identities.py FILE.json …`` prints a table; a file is a list of cases with ``expr``, ``shapes``,
``wrt``, ``kind``, ``expected`` and ``assume``. A form is short with at most 1.25 times the characters of ``expected``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from fanlight.calculus import CalculusError, evaluate, gradient, hessian, jacobian, parse
from fanlight.calculus.lecture.diagnosis import random_point

KINDS = {"gradient": gradient, "jacobian": jacobian, "hessian": hessian}


class Outcome(NamedTuple):
    """What the calculus makes of a case: the printed form, its length over the expected one's, and what is wrong."""

    printed: str
    ratio: float
    fault: str


def measure(case: dict) -> Outcome:
    """Derive a case, and compare the printed form's value with that of the expected form at two points."""
    facts = case.get("assume")
    try:
        expression = parse(case["expr"], case["shapes"], facts)
        expected = parse(case["expected"], case["shapes"], facts)
        printed = str(KINDS[case["kind"]](expression, case["wrt"]))
        again = parse(printed, case["shapes"], facts)
    except CalculusError as error:
        return Outcome("", np.inf, str(error))
    ratio = len(printed.replace(" ", "")) / len(case["expected"].replace(" ", ""))
    for smallest in (2, 4):
        point = random_point(expression, None, {}, smallest, smallest)
        value, right = evaluate(again, point), evaluate(expected, point)
        if case["kind"] != "gradient":
            right = np.reshape(right, value.shape) if right.size == value.size else right
        if value.shape != right.shape or not np.allclose(value, right, rtol=1e-8, atol=1e-8):
            return Outcome(printed, ratio, "another value")
    return Outcome(printed, ratio, "")


def main() -> None:
    """Print every case that is wrong or long, and the totals."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("files", nargs="+", type=Path)
    total = right = short = 0
    for path in reader.parse_args().files:
        for case in json.loads(path.read_text()):
            outcome = measure(case)
            total += 1
            right += not outcome.fault
            short += not outcome.fault and outcome.ratio <= 1.25
            if outcome.fault or outcome.ratio > 1.25:
                print(f"{case['id']:16} {outcome.ratio:5.2f}  {outcome.printed}")
                print(f"{'':16}  want  {case['expected']}  {outcome.fault}")
    print(f"{right} of {total} are right and parse back; {short} are at most 1.25 times as long as the expected form")


if __name__ == "__main__":
    main()
