"""Random well-shaped expressions: gradients against central differences and against HIPS autograd."""

import random

import autograd
import autograd.numpy as anp
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from fanlight.calculus import compile, equal, evaluate, gradient, hessian, jacobian, parse, simplify
from fanlight.calculus.compiler.rewriting import simplify as rewritten
from fanlight.calculus.expressions import rebuilt, symbols_of
from fanlight.calculus.numeric import central_differences
from tests.calculus.grown import POINT, SEEDS, SHAPES, Grown


@given(SEEDS)
def test_gradients_of_random_expressions(seed):
    for e in Grown(seed).draw("scalar", 2, limit=30):
        size = max(1, abs(float(evaluate(e, POINT))))
        for name in symbols_of(e):
            actual = gradient(e, name)
            numeric = central_differences(
                lambda v, e=e, name=name: float(evaluate(e, {**POINT, name: v})), POINT[name], 1e-5
            )
            got = evaluate(actual, POINT)
            assert got.shape == POINT[name].shape
            np.testing.assert_allclose(got, numeric, rtol=2e-4, atol=2e-5 * size, err_msg=f"{e} by {name}")
            again = evaluate(parse(str(actual), SHAPES), POINT)
            np.testing.assert_allclose(again, got, rtol=1e-9, atol=1e-11 * size, err_msg=f"{e} by {name}, printed")


@given(SEEDS)
def test_gradients_equal_autograds(seed):
    for e in Grown(seed).draw("scalar", 2):
        names = list(symbols_of(e))

        def value(*arrays, e=e, names=names):
            return _autograd(e, dict(zip(names, arrays, strict=True)))

        theirs = autograd.grad(value, tuple(range(len(names))))(*(POINT[n] for n in names))
        for name, other in zip(names, theirs, strict=True):
            tolerance = 1e-10 * max(1, np.abs(other).max())
            np.testing.assert_allclose(
                evaluate(gradient(e, [name])[0], POINT), other, rtol=1e-8, atol=tolerance, err_msg=f"{e} by {name}"
            )


@given(SEEDS)
def test_jacobians_of_random_expressions(seed):
    for e in Grown(seed).draw("column", 2, limit=30):
        for name in set(symbols_of(e)) & {"x", "y", "t"}:
            actual = evaluate(jacobian(e, name), POINT)
            rows = [
                central_differences(
                    lambda v, i=i, e=e, name=name: float(evaluate(e, {**POINT, name: v})[i, 0]), POINT[name], 1e-5
                )
                for i in range(3)
            ]
            numeric = np.stack([row.ravel() for row in rows])
            np.testing.assert_allclose(
                actual.reshape(numeric.shape), numeric, rtol=2e-4, atol=1e-4, err_msg=f"{e} by {name}"
            )


@given(SEEDS)
def test_hessians_of_random_expressions(seed):
    for e in Grown(seed).draw("scalar", 2, depth=3, limit=25):
        for name in set(symbols_of(e)) & {"x", "y", "t"}:
            slope, place = gradient(e, name), POINT[name]
            rows = [
                central_differences(
                    lambda v, i=i, s=slope, name=name: float(np.ravel(evaluate(s, {**POINT, name: v}))[i]), place, 1e-5
                )
                for i in range(place.size)
            ]
            numeric = np.stack([row.ravel() for row in rows])
            actual = evaluate(hessian(e, name), POINT).reshape(numeric.shape)
            size = max(1, np.abs(numeric).max())
            np.testing.assert_allclose(actual, numeric, rtol=3e-4, atol=1e-4 * size, err_msg=f"{e} by {name}")


@given(SEEDS, st.sampled_from(["scalar", "column", "matrix"]))
def test_simplifying_changes_no_value(seed, kind):
    for e in Grown(seed).draw(kind):
        before, simple = evaluate(e, POINT), rewritten(e)
        tolerance = 1e-10 * max(1, np.abs(before).max())
        np.testing.assert_allclose(evaluate(simple, POINT), before, rtol=1e-8, atol=tolerance, err_msg=str(e))
        assert rewritten(simple) is simple


@given(SEEDS, st.sampled_from(["scalar", "column", "matrix"]))
def test_the_normal_form_changes_no_value(seed, kind):
    for e in Grown(seed).draw(kind, 2, limit=40):
        before, simple = evaluate(e, POINT), simplify(e)
        tolerance = 1e-9 * max(1, np.abs(before).max())
        np.testing.assert_allclose(evaluate(simple, POINT), before, rtol=1e-7, atol=tolerance, err_msg=str(e))


def shuffled(e, generator):
    """Exchange terms and factors, and write transposes the other way round, at random."""
    arguments = [shuffled(a, generator) for a in e.arguments]
    name = e.operation.name
    if name in ("add", "multiply") and generator.random() < 0.5:
        arguments = arguments[::-1]
    if name == "matmul" and all(a.shape for a in arguments) and generator.random() < 0.5:
        return (arguments[1].T @ arguments[0].T).T
    if name == "subtract" and generator.random() < 0.5:
        return -arguments[1] + arguments[0]
    return rebuilt(e, arguments) if arguments else e


@given(SEEDS, st.sampled_from(["scalar", "column", "matrix"]))
@example(20, "column")  # where the numbers of indices, the order of terms or of factors showed in what was written
@example(36, "scalar")
@example(116, "matrix")
@example(119, "scalar")
@example(151, "matrix")
def test_shuffled_terms_and_factors_have_one_normal_form(seed, kind):
    for e in Grown(seed).draw(kind, 2, limit=40):
        other = shuffled(e, random.Random(seed))
        assert equal(e, other), f"{e} and {other}"
        assert str(simplify(e)) == str(simplify(other))


def test_what_differs_has_different_normal_forms():
    for left, right in (
        ("A @ B", "B @ A"),
        ("x.T @ A @ y", "x.T @ A.T @ y"),
        ("tanh(x)", "sin(x)"),
        ("x * y", "x @ y.T"),
    ):
        assert not equal(parse(left, SHAPES), parse(right, SHAPES))


@given(SEEDS)
def test_plain_programs_equal_values(seed):
    for e in Grown(seed).draw("column"):
        out = compile({"e": e}, np.float64, "numpy")(POINT)["e"]
        np.testing.assert_allclose(out, evaluate(e, POINT), rtol=1e-8, atol=1e-10 * max(1, np.abs(out).max()))


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
