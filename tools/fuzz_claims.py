"""Evaluate every equality of the derivations of random expressions, derivatives by central differences.

``python tools/fuzz_claims.py --seed 1 --seconds 120`` prints what is false and how many derivations were examined. The
expressions are those of `fuzz_derivatives`, and those of the tests.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "tools")]

import fuzz_derivatives as fuzz  # noqa: E402
from tests.calculus.grown import POINT, Grown  # noqa: E402
from tests.calculus.lecture.claims import check_claims  # noqa: E402

from fanlight.calculus import CalculusError, Expression, derive, evaluate, parse  # noqa: E402
from fanlight.calculus.expressions import symbols_of, walk  # noqa: E402
from fanlight.calculus.lecture.sampling import random_point  # noqa: E402
from fanlight.calculus.numeric import kinks_near  # noqa: E402

_LARGEST, _NODES, _PATIENCE = 1e3, 40, 20


def cases(seed: int) -> Iterator[tuple[Expression, dict]]:
    """Yield scalars and points without end."""
    grower, number = fuzz.Grower(seed), random.Random(seed)
    while True:
        for e in Grown(number.randrange(2**32)).draw("scalar", 1, depth=3, limit=24):
            yield e, POINT
        text = grower.grow((), 3)
        names = {n: s for n, s in fuzz.SHAPES.items() if n in fuzz.names_in(text)}
        facts = {n: number.choice(f) for n, f in fuzz.FACTS.items() if n in names and number.random() < 0.3}
        try:
            e = parse(text, names, facts, ["f"])
            point = random_point(e, None, fuzz.LENGTHS, number.randrange(2**32))
            values = [evaluate(node, point) for node in walk(e)]
        except (CalculusError, np.linalg.LinAlgError):  # a length that no symbol has
            continue
        # where a piece is large, a small step of it is lost in rounding: differences say nothing
        small = all(np.isfinite(value).all() and np.abs(value).max(initial=0) < _LARGEST for value in values)
        if small and len(values) <= _NODES and not kinks_near(e, point):
            yield e, point


def main() -> None:
    """Run, and exit with status 1 if a claim is false."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--seconds", type=float, default=120)
    arguments = reader.parse_args()
    derivations = claims = wrong = slow = 0
    end = time.monotonic() + arguments.seconds
    signal.signal(signal.SIGALRM, fuzz.raise_timeout)
    for e, point in cases(arguments.seed):
        if time.monotonic() > end:
            break
        for name, symbol in symbols_of(e).items():
            if len(symbol.shape) == 1:
                continue
            signal.alarm(_PATIENCE)
            try:
                claims += check_claims(derive(e, name), point)
                derivations += 1
            except TimeoutError:
                slow += 1
            except np.linalg.LinAlgError:
                continue
            except CalculusError as error:
                if "does not reach" not in str(error):
                    print(f"refused: {e} by {name}: {error}")
            except AssertionError as error:
                derivations, wrong = derivations + 1, wrong + 1
                print(f"false: {e} by {name}\n    {' '.join(str(error).split())[:500]}")
            finally:
                signal.alarm(0)
    print(
        f"{derivations} derivations with {claims} claims, {wrong} with a false one; {slow} took more than {_PATIENCE} s"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
