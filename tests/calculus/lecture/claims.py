"""Every line of a derivation against the values of its pieces, and derivatives by central differences."""

import numpy as np

from fanlight.calculus import evaluate, symbol
from fanlight.calculus.expressions import remember, symbols_of
from fanlight.calculus.lecture.claims import Partial
from fanlight.calculus.numeric import central_differences


class Run:
    """Values of the pieces of a derivation at a point, and of its result when one of them is moved."""

    def __init__(self, d, point):
        self.d = d
        self.context = {**symbols_of(d.expression), **{p.name: p.symbol for p in d.pieces}}
        self.context |= {delta.name: symbols_of(_symbol_of(delta))[delta.name] for delta in d.deltas}
        self.values = self.later(dict(point))
        for delta in d.deltas:
            self.values[delta.name] = self.differences(delta.piece.name)

    def value(self, e, values):
        return evaluate(remember(e, self.context), {k: v for k, v in values.items() if k in self.context})

    def later(self, values, name=None):
        """Compute the pieces, but for one that is fixed."""
        values = dict(values)
        for piece in self.d.pieces:
            if piece.name != name:
                values[piece.name] = self.value(piece.expression, values)
        return values

    def differences(self, name):
        """Return the derivative of the result by a piece or an input."""

        def moved(v):
            return float(np.squeeze(self.later({**self.values, name: v}, name)[self.d.name]))

        return central_differences(moved, np.asarray(self.values[name], float), 1e-5)

    def jacobian(self, of, name, is_local):
        """Return the rows of derivatives of a piece by another one or an input, flat."""
        piece = next(p for p in self.d.pieces if p.name == of)
        rows = []
        for place in range(np.size(self.values[of])):

            def moved(v, place=place):
                values = {**self.values, name: v}
                for inner in self.d.pieces:  # a link goes through these in one step
                    if inner.is_inner and is_local:
                        values[inner.name] = self.value(inner.expression, values)
                after = self.value(piece.expression, values) if is_local else self.later(values, name)[of]
                return float(np.ravel(after)[place])

            rows.append(central_differences(moved, np.asarray(self.values[name], float), 1e-5).ravel())
        return np.stack(rows)


def _symbol_of(delta):
    return symbol(delta.name, delta.piece.shape)


def check_claims(d, point):
    """Assert every claim, and return how many there are."""
    run = Run(d, point)
    count = 0
    for left, right in d.claims():
        actual = run.value(right, run.values)
        if not isinstance(left, Partial):
            expected = run.value(left, run.values)
        elif left.is_jacobian:
            expected = run.jacobian(left.of, left.by, left.is_local).reshape(actual.shape)
        else:
            expected = run.differences(left.by)
        assert actual.shape == expected.shape, f"{d.expression} by {d.wrt}: {left} = {right}"
        size = max(1, np.abs(expected).max())
        np.testing.assert_allclose(
            actual, expected, rtol=1e-4, atol=1e-4 * size, err_msg=f"{d.expression} by {d.wrt}: {left} = {right}"
        )
        count += 1
    return count
