"""Random well-shaped expressions: gradients against central differences and against HIPS autograd."""

import autograd
import autograd.numpy as anp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.calculus import compile, evaluate, function, gradient, jacobian, parse, simplify, symbol
from fanlight.calculus.numeric import central_differences

A, B, x, y, t = (
    symbol(n, s) for n, s in (("A", ("n", "n")), ("B", ("n", "n")), ("x", ("n", 1)), ("y", ("n", 1)), ("t", ()))
)
SHAPES = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "t": ()}
NAMES = ("tanh", "sigmoid", "softplus", "sin", "cos", "exp")
POINT = {n: np.random.default_rng(0).uniform(-0.6, 0.6, [3 if d == "n" else d for d in s]) for n, s in SHAPES.items()}

matrices = st.deferred(
    lambda: (
        st.sampled_from([A, B]) | st.builds(_matrix, st.integers(0, 6), matrices, matrices, columns, columns, scalars)
    )
)
columns = st.deferred(
    lambda: (
        st.sampled_from([x, y])
        | st.builds(_column, st.integers(0, 8), columns, columns, matrices, scalars, st.sampled_from(NAMES))
    )
)
scalars = st.deferred(
    lambda: (
        st.sampled_from([t, 2 * t])
        | st.builds(_scalar, st.integers(0, 8), columns, columns, matrices, scalars, st.sampled_from(NAMES))
    )
)


def f(name, *arguments):
    return function(name)(*arguments)


def _matrix(kind, P, Q, p, q, s):
    return (P @ Q, P + Q, P.T, p @ q.T, f("tanh", P) * Q, s * P, f("diag", p) - P)[kind]


def _column(kind, p, q, P, s, name):
    return (P @ p, p + q, p * q, f(name, p), s * p, P.T @ p - q, f("softmax", p), p / (2 + q * q), f("diag", P))[kind]


def _scalar(kind, p, q, P, s, name):
    return (
        p.T @ q, f("sum", p * q), f("logsumexp", p), f(name, s), p.T @ P @ q, f("tr", P), f("norm", p + 3), s * s, f("sum", P**2) + s,
    )[kind]  # fmt: skip


def sized(e, limit=60):
    from fanlight.calculus.expressions import walk

    return sum(1 for _ in walk(e)) <= limit


@settings(max_examples=400)
@given(scalars)
def test_gradients_of_random_expressions(e):
    if not sized(e):
        return
    value = float(evaluate(e, POINT))
    if not abs(value) < 1e3:
        return
    from fanlight.calculus.expressions import symbols_of

    for name in symbols_of(e):
        found = gradient(e, name)
        numeric = central_differences(lambda v, name=name: float(evaluate(e, {**POINT, name: v})), POINT[name], 1e-5)
        got = evaluate(found, POINT)
        assert got.shape == POINT[name].shape
        np.testing.assert_allclose(got, numeric, rtol=2e-4, atol=2e-5 * max(1, abs(value)))
        again = evaluate(parse(str(found), SHAPES), POINT)
        np.testing.assert_allclose(again, got, rtol=1e-9, atol=1e-12)


@settings(max_examples=200)
@given(scalars)
def test_gradients_equal_autograds(e):
    if not sized(e):
        return
    from fanlight.calculus.expressions import symbols_of

    names = list(symbols_of(e))
    if not names:
        return

    def value(*arrays):
        return _autograd(e, dict(zip(names, arrays, strict=True)))

    arrays = [POINT[n] for n in names]
    theirs = autograd.grad(value, tuple(range(len(names))))(*arrays)
    for name, right in zip(names, theirs, strict=True):
        np.testing.assert_allclose(
            evaluate(gradient(e, name), POINT), right, rtol=1e-8, atol=1e-10 * max(1, np.abs(right).max())
        )


@settings(max_examples=150)
@given(columns)
def test_jacobians_of_random_expressions(e):
    if not sized(e, 30):
        return
    from fanlight.calculus.expressions import symbols_of

    for name in set(symbols_of(e)) & {"x", "y", "t"}:
        found = evaluate(jacobian(e, name), POINT)
        size = POINT[name].size
        numeric = np.stack(
            [
                central_differences(
                    lambda v, i=i, name=name: float(evaluate(e, {**POINT, name: v})[i, 0]), POINT[name], 1e-5
                ).ravel()
                for i in range(3)
            ]
        )
        np.testing.assert_allclose(found.reshape(3, size), numeric, rtol=2e-4, atol=1e-4)


@settings(max_examples=200)
@given(scalars | columns | matrices)
def test_simplifying_changes_no_value(e):
    if not sized(e):
        return
    before, after = evaluate(e, POINT), evaluate(simplify(e), POINT)
    np.testing.assert_allclose(after, before, rtol=1e-8, atol=1e-10 * max(1, np.abs(before).max()))
    assert simplify(simplify(e)) is simplify(e)


@settings(max_examples=60)
@given(columns)
def test_plain_programs_equal_values(e):
    if sized(e):
        np.testing.assert_allclose(
            compile({"e": e}, np.float64, "numpy")(POINT)["e"], evaluate(e, POINT), rtol=1e-8, atol=1e-10
        )


def _autograd(e, arrays):
    """Evaluate with autograd's NumPy, which knows nothing of our rules."""
    if e.operation.name == "symbol":
        return arrays[e.name]
    if e.operation.name == "constant":
        return e.parameters[0]
    a = [_autograd(c, arrays) for c in e.arguments]
    match e.operation.name:
        case "add":
            return a[0] + a[1]
        case "subtract":
            return a[0] - a[1]
        case "multiply":
            return a[0] * a[1]
        case "divide":
            return a[0] / a[1]
        case "power":
            return a[0] ** a[1]
        case "negative":
            return -a[0]
        case "matmul":
            product = anp.dot(a[0], a[1]) if all(c.shape for c in e.arguments) else a[0] * a[1]
            return product if e.shape else anp.sum(product)
        case "transpose":
            return anp.transpose(a[0])
        case "sigmoid":
            return 1 / (1 + anp.exp(-a[0]))
        case "softplus":
            return anp.logaddexp(0, a[0])
        case "softmax":
            return anp.exp(a[0]) / anp.sum(anp.exp(a[0]))
        case "logsumexp":
            return anp.log(anp.sum(anp.exp(a[0])))
        case "norm":
            return anp.sqrt(anp.sum(a[0] ** 2))
        case "tr":
            return anp.trace(a[0])
        case "diag":
            vector = str(e.arguments[0].shape[1]) == "1"
            return anp.diag(a[0][:, 0]) if vector else anp.reshape(anp.diag(a[0]), (-1, 1))
    return getattr(anp, e.operation.name)(a[0])
