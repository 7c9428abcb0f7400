"""Compare gradients, Jacobians and Hessians of random expressions with central differences.

``python tools/fuzz_derivatives.py --seed 1 --count 1000 --seconds 120`` prints what differs, what is refused, and how
many derivatives were compared. Expressions have vectors, matrices, broadcasting, parts, rows by number, indices, sums
over an index, and assumptions; the derivatives are of scalars, vectors and matrices by scalars, vectors and matrices.
Each is also printed, read again, and compared.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from fanlight.calculus import (
    CalculusError,
    Expression,
    evaluate,
    gradient,
    hessian,
    jacobian,
    parse,
    substitute,
    symbol,
)
from fanlight.calculus.expressions import context_of, symbols_of, walk
from fanlight.calculus.lecture.sampling import random_point
from fanlight.calculus.numeric import kinks_near

SHAPES = {
    "A": ("n", "n"), "S": ("n", "n"), "M": ("n", "m"), "K": ("m", "n"), "x": ("n", 1), "y": ("n", 1), "w": ("m", 1),
    "q": (1, "n"), "t": (), "a": (), "i": (1,), "j": (1,), "l": ("N",),
}  # fmt: skip
LENGTHS = {"n": 3, "m": 2, "N": 4}
FACTS = {
    "S": ("sym", "spd", "invertible"), "A": ("sym", "invertible"), "x": ("positive",), "y": ("pm1", "bit", "onehot"),
    "a": ("bit", "pm1", "positive"), "M": ("onehot_rows", "positive"),
}  # fmt: skip
_ENTRYWISE = ("tanh", "sigmoid", "exp", "sin", "relu", "softplus", "abs", "cos", "erf", "silu", "f")
_LARGEST = 1e4
_STEP = 1e-5
_PATIENCE = 15  # seconds for an expression
Shape = tuple[str, ...]


class Fault(NamedTuple):
    """A derivative that is not what differences give."""

    text: str
    wrt: str
    kind: str
    facts: dict[str, str]
    reason: str


class Grower:
    """Random expressions in the language of `parse`, by the shape of their value."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def grow(self, shape: Shape, depth: int) -> str:
        """Return an expression of a shape; ``()`` is a scalar, ``("n", "1")`` a column."""
        if depth <= 0 or self.random.random() < 0.15:
            return self._leaf(shape)
        rules = [self._entrywise, self._arithmetic, self._arithmetic, self._broadcast, self._power]
        if not shape:
            rules += [self._reduction, self._reduction, self._reduction, self._product, self._entry, self._index_sum]
            rules += [self._numbered]
        elif "1" in shape:
            rules += [self._product, self._product, self._transposed, self._marginal, self._softmax, self._part]
        else:
            rules += [self._product, self._product, self._transposed, self._softmax, self._matrix]
        return self.random.choice(rules)(shape, depth - 1)

    def _leaf(self, shape: Shape) -> str:
        leaves = {
            (): ["t", "a", "2", "t", "x[i]", "A[i, j]"], ("n", "1"): ["x", "y", "q.T", "x"], ("1", "n"): ["q", "x.T"],
            ("m", "1"): ["w"], ("1", "m"): ["w.T"], ("n", "n"): ["A", "S", "A.T", "eye(n)"], ("n", "m"): ["M", "K.T"],
            ("m", "n"): ["K", "M.T"], ("m", "m"): ["K @ M", "M.T @ M"], ("N", "1"): ["rows(x, l)"],
            ("N", "n"): ["rows(A, l)"], ("N", "m"): ["rows(M, l)"],
            ("N", "N"): ["rows(A, l) @ rows(S, l).T", "rows(x, l) @ rows(y, l).T"],
        }  # fmt: skip
        options = leaves.get(shape) or [f"({leaf}).T" for leaf in leaves[shape[::-1]]]
        return self.random.choice(options)

    def _entrywise(self, shape: Shape, depth: int) -> str:
        return f"{self.random.choice(_ENTRYWISE)}({self.grow(shape, depth)})"

    def _arithmetic(self, shape: Shape, depth: int) -> str:
        sign = self.random.choice("+-*+-*/")
        right = self.grow(shape, depth)
        right = f"(2 + ({right})**2)" if sign == "/" else f"({right})"
        return f"(({self.grow(shape, depth)}) {sign} {right})"

    def _broadcast(self, shape: Shape, depth: int) -> str:
        options: list[Shape] = [()]
        if shape and "1" not in shape:
            options += [(shape[0], "1"), ("1", shape[1])]
        other = self.grow(self.random.choice(options), depth)
        pair = [f"({self.grow(shape, depth)})", f"({other})"]
        self.random.shuffle(pair)
        return f"({pair[0]} {self.random.choice('+-*')} {pair[1]})"

    def _power(self, shape: Shape, depth: int) -> str:
        base = self.grow(shape, depth)
        return self.random.choice([f"({base})**2", f"({base})**3", f"sqrt(1 + ({base})**2)", f"(1 + ({base})**2)**t"])

    def _reduction(self, shape: Shape, depth: int) -> str:
        inner = self.random.choice([("n", "1"), ("1", "n"), ("m", "1"), ("n", "n"), ("n", "m"), ("N", "n")])
        e = self.grow(inner, depth)
        square = self.grow(("n", "n"), depth)
        regular = f"({square}) @ ({square}).T + 2 * eye(n)"
        return self.random.choice(
            [f"sum({e})", f"sum({e})", f"norm({e})", f"logsumexp({e})", f"mean({e})", f"norm1({e})", f"tr({square})",
             f"logdet({regular})", f"log(det({regular}))", f"var({e})", f"max({e})", f"norm({e})**2",
             f"sum(inv({regular}))",
             f"tr(kron({self.grow(('n', 'm'), depth - 1)}, {self.grow(('m', 'n'), depth - 1)}))"]
        )  # fmt: skip

    def _numbered(self, shape: Shape, depth: int) -> str:
        """Return a sum over what is numbered by pairs of rows and columns."""
        a, b, c, d = (self.grow(("n", "m"), depth - 1) for _ in range(4))
        x, w, k = (self.grow(s, depth - 1) for s in (("n", "1"), ("m", "1"), ("m", "n")))
        return self.random.choice(
            [f"norm(vec({a}) - vec({b}))**2", f"vec({a}).T @ kron({k}, {b}) @ vec({k})", f"sum(tanh(kron({x}, {w})))",
             f"sum(reshape({a}, m, n) * ({k}))", f"sum(kron({a}, {b})**2)", f"sum(sin(vec({a})))",
             f"sum(kron({a}, {w}) @ ({w}))", f"vec({a}).T @ kron({w}, {x})", f"log(sum(exp(vec(({a}) * ({c})))))",
             f"sum(kron({a}, {b}) @ vec(({k}) @ ({d})) * vec(tanh(({a}) @ ({k}))))"]
        )  # fmt: skip

    def _product(self, shape: Shape, depth: int) -> str:
        inner = self.random.choice("nm")
        rows, columns = shape or ("1", "1")
        return f"({self.grow((rows, inner), depth)}) @ ({self.grow((inner, columns), depth)})"

    def _entry(self, shape: Shape, depth: int) -> str:
        return self.random.choice(
            [
                f"({self.grow(('n', '1'), depth)})[i]",
                f"({self.grow(('n', 'n'), depth)})[i, j]",
                f"({self.grow(('n', 'n'), depth)})[1, j]",
            ]
        )

    def _index_sum(self, shape: Shape, depth: int) -> str:
        return self.random.choice(
            [f"sum(x[k] * {self.grow((), depth)} for k in range(n))", "sum(tanh(A[k, :] @ x) for k in range(n))",
             f"sum({self.random.choice(_ENTRYWISE)}(x[k] - y[k]) * q[0, k] for k in range(n))"]
        )  # fmt: skip

    def _transposed(self, shape: Shape, depth: int) -> str:
        return f"({self.grow(shape[::-1], depth)}).T"

    def _softmax(self, shape: Shape, depth: int) -> str:
        e = self.grow(shape, depth)
        return self.random.choice([f"softmax({e})", f"softmax_rows({e})" if shape[1] != "1" else f"log_softmax({e})"])

    def _marginal(self, shape: Shape, depth: int) -> str:
        length = shape[0] if shape[1] == "1" else shape[1]
        other = self.random.choice("nm")
        if shape[1] == "1":
            e = self.grow((length, other), depth)
            square = f"diag({self.grow((length, length), depth)})"
            return self.random.choice([f"row_sums({e})", f"logsumexp_rows({e})", f"({e})[:, 1]", square])
        e = self.grow((other, length), depth)
        return self.random.choice([f"column_sums({e})", f"({e})[1, :]", f"({e})[0:1, :]"])

    def _part(self, shape: Shape, depth: int) -> str:
        if shape[1] != "1":
            return self._transposed(shape, depth)
        stack = f"vstack({self.grow(('m', '1'), depth)}, {self.grow((shape[0], '1'), depth)}, {self.grow((), depth)})"
        return f"{stack}[m:m + {shape[0]}, :]"

    def _matrix(self, shape: Shape, depth: int) -> str:
        rows, columns = shape
        options = [f"outer({self.grow((rows, '1'), depth)}, {self.grow((columns, '1'), depth)})"]
        if rows == columns:
            square = self.grow(shape, depth - 1)
            options += [f"diag({self.grow((rows, '1'), depth)})", f"inv(({square}) @ ({square}).T + 2 * eye({rows}))"]
        options += [f"hstack({self.grow((rows, '1'), depth)}, {self.grow(shape, depth)})[:, 1:1 + {columns}]"]
        return self.random.choice(options)


def cases(seed: int, depth: int = 3) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield expressions and what is assumed of their symbols, without end."""
    grower = Grower(seed)
    shapes: list[Shape] = [(), (), (), ("n", "1"), ("n", "1"), ("1", "n"), ("n", "m"), ("n", "n"), ("N", "1")]
    while True:
        text = grower.grow(grower.random.choice(shapes), depth)
        chosen = {s: grower.random.choice(options) for s, options in FACTS.items() if grower.random.random() < 0.3}
        yield text, chosen


def differences(expression: Expression, wrt: str, point: dict) -> np.ndarray:
    """Return the derivative of every entry by every entry: shape of the value, then of the symbol, ones left out."""
    x = np.asarray(point[wrt], float)
    columns = []
    for place in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[place] = _STEP
        up, down = (np.asarray(evaluate(expression, {**point, wrt: x + s * nudge})) for s in (1, -1))
        columns.append((up - down) / (2 * _STEP))
    value = np.stack(columns, -1)
    return value.reshape([d for d in (*value.shape[:-1], *x.shape) if d != 1])


def value_of(derivative: object, point: dict) -> np.ndarray:
    """Evaluate a matrix expression or an indexed one."""
    value = evaluate(derivative, point) if isinstance(derivative, Expression) else derivative.value(point)
    return np.asarray(value)


def examine(text: str, facts: dict[str, str], seed: int, refusals: Counter) -> Iterator[Fault | None]:
    """Yield a fault or None for each derivative of an expression that could be compared."""
    names = {n: s for n, s in SHAPES.items() if n in names_in(text)}
    facts = {n: f for n, f in facts.items() if n in names}
    expression = parse(text, names, facts, ["f"])
    if sum(1 for _ in walk(expression)) > 60:
        return
    point = random_point(expression, None, LENGTHS, seed)
    with np.errstate(all="ignore"):
        value = np.asarray(evaluate(expression, point))
    if not np.isfinite(value).all() or np.abs(value).max(initial=0) > _LARGEST or kinks_near(expression, point):
        return
    for name, s in symbols_of(expression).items():
        if len(s.shape) == 1:
            continue
        kinds = ["jacobian", *(["gradient", "hessian"] if not expression.shape else [])]
        for kind in kinds:
            yield from _compare(text, expression, name, kind, point, facts, refusals)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]\w*", text))


def _compare(
    text: str, expression: Expression, name: str, kind: str, point: dict, facts: dict[str, str], refusals: Counter
) -> Iterator[Fault | None]:
    derive = {"jacobian": jacobian, "gradient": gradient, "hessian": hessian}[kind]
    try:
        derivative = derive(expression, name)
    except CalculusError as error:
        refusals[f"{kind}: {str(error)[:90]}"] += 1
        return
    except TimeoutError:
        raise
    except Exception as error:  # whatever is no answer is a fault
        yield Fault(text, name, kind, facts, f"{type(error).__name__}: {error}")
        return
    base = gradient(_without_facts(expression), name) if kind == "hessian" else expression
    right = differences(base, name, point)
    if not np.isfinite(right).all() or np.abs(right).max(initial=0) > _LARGEST:
        return
    got = value_of(derivative, point)
    if np.abs(got).max(initial=0) > _LARGEST:  # cos(exp(10)): a step of the differences is a turn of the cosine
        return
    margin = 2e-4 * max(1.0, float(np.abs(right).max(initial=0)))
    if got.size != right.size or not np.allclose(got.reshape(right.shape), right, rtol=2e-4, atol=margin):
        yield Fault(text, name, kind, facts, f"{derivative} is {got.ravel()[:9]}, differences give {right.ravel()[:9]}")
        return
    if isinstance(derivative, Expression):
        symbols = {n: [str(d) for d in s.shape] for n, s in context_of(derivative).items()}
        try:
            again = value_of(parse(str(derivative), symbols, facts_of(derivative), ["f"]), point)
        except CalculusError as error:
            yield Fault(text, name, kind, facts, f"{derivative} does not read back: {error}")
            return
        if again.shape != got.shape or not np.allclose(again, got, rtol=1e-7, atol=1e-7 * margin):
            yield Fault(text, name, kind, facts, f"{derivative} reads back as another value")
            return
    yield None


def _without_facts(e: Expression) -> Expression:
    """Return an expression of which nothing is assumed: what is assumed holds where a derivative is evaluated."""
    return substitute(e, {name: symbol(name, s.shape) for name, s in symbols_of(e).items()})


def facts_of(e: Expression) -> dict[str, str]:
    """Return what is assumed of the symbols of an expression."""
    return {s.name: s.parameters[2] for s in context_of(e).values() if s.parameters[2]}


def raise_timeout(*_: object) -> None:
    raise TimeoutError


class Report(NamedTuple):
    """How many derivatives were compared, which differ, why others were refused, and the slowest expressions."""

    compared: int
    faults: list[Fault]
    refusals: Counter
    slow: list[tuple[float, str]]


def run(seed: int, count: int, seconds: float, depth: int = 3) -> Report:
    """Compare until `count` derivatives or `seconds` have passed."""
    compared, faults, refusals, slow = 0, list[Fault](), Counter[str](), []
    start = time.monotonic()
    signal.signal(signal.SIGALRM, raise_timeout)
    for number, (text, facts) in enumerate(cases(seed, depth)):
        if compared >= count or time.monotonic() - start > seconds:
            break
        begin = time.monotonic()
        signal.alarm(_PATIENCE)
        try:
            for outcome in examine(text, facts, seed + number, refusals):
                compared += 1
                if outcome is not None:
                    faults.append(outcome)
        except np.linalg.LinAlgError:
            continue
        except CalculusError as error:
            refusals[f"parse: {str(error).splitlines()[0][:90]}"] += 1
        except TimeoutError:
            refusals[f"longer than {_PATIENCE} s: {text}"] += 1
        finally:
            signal.alarm(0)
        slow.append((time.monotonic() - begin, text))
    return Report(compared, faults, refusals, sorted(slow)[-3:])


def main() -> None:
    """Run, and exit with status 1 if something differs."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--count", type=int, default=1000)
    reader.add_argument("--seconds", type=float, default=120)
    reader.add_argument("--depth", type=int, default=3)
    arguments = reader.parse_args()
    compared, faults, refusals, slow = run(arguments.seed, arguments.count, arguments.seconds, arguments.depth)
    for fault in faults:
        print(f"{fault.kind} of {fault.text} by {fault.wrt} {fault.facts or ''}\n    {fault.reason}")
    for reason, number in refusals.most_common(20):
        print(f"refused {number:5}  {reason}")
    for duration, text in slow:
        print(f"slowest {duration:5.1f} s  {text}")
    print(f"{compared} derivatives compared, {len(faults)} differ, {refusals.total()} refused")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
