"""What is written is read back as the same expression, and a mistake is shown where it is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.calculus import CalculusError, Expression, check_gradient, evaluate, function, gradient, parse, symbol
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.lecture.diagnosis import random_point
from fanlight.calculus.rewritings import REFUSALS, REWRITINGS

SHAPES = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "t": ()}
leaves = st.sampled_from([symbol(name, shape) for name, shape in SHAPES.items() if name in "AB"])


def grown(inner):
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] / p[1]),
        pairs.map(lambda p: p[0] @ p[1]),
        inner.map(lambda e: -e),
        inner.map(lambda e: e.T),
        inner.map(lambda e: e**2),
        inner.map(lambda e: 2 * e),
        inner.map(lambda e: function("tanh")(e)),
        inner.map(lambda e: function("inv")(e)),
    )


@given(st.recursive(leaves, grown, max_leaves=12))
def test_what_is_written_reads_back_as_the_same_node(expression: Expression):
    assert parse(str(expression), SHAPES) is expression


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("A @ q", "unknown name 'q'", 4),
        ("A @ x + A[0:2, :]", "n × 1 and 2 × n do not fit: n rows against 2", 0),
        ("x @ A", "1 columns against n rows", 0),
        ("fog(x)", "unknown function 'fog'", 0),
        ("A +", "not an expression", None),
        ("tanh(A, B)", "wrong number of arguments", 0),
        ("tr(x)", "tr: n × 1 is not square", 0),
        ("__import__('os')", "not part of the language|unknown function", None),
        ("A.real", "not part of the language", None),
        ("[A for A in x]", "not part of the language", None),
        ("'A'", "only numbers", 0),
        ("x.t @ x", "a transpose is written x.T", 0),
        ("A ⋅ x", "an elementwise product is written", 2),
        ("(t > 0 and t < 1) * x", r"\(x > 0\) \* \(x < 1\)", 1),
        ("x // 2", "the operators are", 0),
        ("sum([x, y])", "vstack", 4),
        ("x / 0", "division by zero", 0),
    ],
)
def test_mistakes_are_shown_where_they_are(text, message, column):
    with pytest.raises(CalculusError, match=message) as caught:
        parse(text, SHAPES)
    *_, line, caret = str(caught.value).split("\n")
    assert line == f"  {text}"
    if column is not None:
        assert caret == " " * (column + 2) + "^"


@pytest.mark.parametrize("name", sorted(REWRITINGS))
def test_rewritings_have_the_gradient_that_differences_give(name):
    shapes = {"A": ("n", "n"), "X": ("n", "m"), "x": ("n", 1), "a": ("n", 1), "b": ("n", 1)}
    expression = parse(REWRITINGS[name].example.replace(", a)", ", 0.3)"), shapes)
    scalar = function("sum")(expression * expression)
    for wrt in symbols_of(scalar):
        point = random_point(scalar, None, {}, 3)
        if name in ("logit", "log1p"):
            point["x"] = np.clip(np.abs(point["x"]), 0.1, 0.9)
        assert check_gradient(scalar, wrt, point).error < 1e-6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("maximum(x, y)", np.maximum), ("minimum(x, y)", np.minimum), ("where(x > 0, x, y)", lambda x, y: np.where(x > 0, x, y)),
        ("where(x >= 0, x, y)", lambda x, y: np.where(x >= 0, x, y)), ("where(x < y, x, 2 * y)", lambda x, y: np.where(x < y, x, 2 * y)),
        ("clip(x, -0.5, 0.5)", lambda x, y: np.clip(x, -0.5, 0.5)), ("mean(x)", lambda x, y: x.mean()),
        ("var(x)", lambda x, y: x.var()), ("std(x)", lambda x, y: x.std()), ("max(x)", lambda x, y: x.max()),
        ("min(x)", lambda x, y: x.min()), ("x.sum() + y.mean()", lambda x, y: x.sum() + y.mean()),
        ("silu(x)", lambda x, y: x / (1 + np.exp(-x))), ("leaky_relu(x)", lambda x, y: np.where(x > 0, x, 0.01 * x)),
        ("leaky_relu(x, 0.2)", lambda x, y: np.where(x > 0, x, 0.2 * x)),
        ("elu(x)", lambda x, y: np.where(x > 0, x, np.exp(x) - 1)), ("outer(x, y)", lambda x, y: np.outer(x, y)),
        ("gelu(x)", lambda x, y: x * 0.5 * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))),
        ("dot(x, y)", lambda x, y: np.vdot(x, y)), ("vec(outer(x, y))", lambda x, y: np.outer(x, y).reshape(-1, 1, order="F")),
        ("reshape(outer(x, y), 1, n * n)", lambda x, y: np.outer(x, y).reshape(1, -1)),
        ("log_softmax(x)", lambda x, y: np.log(np.exp(x) / np.exp(x).sum())), ("np.tan(x)", lambda x, y: np.tan(x)),
        ("solve(outer(x, x) + eye(n), y)", lambda x, y: np.linalg.solve(np.outer(x, x) + np.eye(len(x)), y)),
        ("trace(matrix_power(outer(x, y), 2))", lambda x, y: np.vdot(x, y) ** 2),
        ("sum(outer(x, y), axis=1)", lambda x, y: np.outer(x, y).sum(1, keepdims=True)),
        ("mean(outer(x, y), axis=0)", lambda x, y: np.outer(x, y).mean(0, keepdims=True)),
        ("softmax(outer(x, y), axis=0)", lambda x, y: np.exp(np.outer(x, y)) / np.exp(np.outer(x, y)).sum(0)),
        ("tanh'(x)", lambda x, y: 1 - np.tanh(x) ** 2), ("relu'(x)", lambda x, y: (x > 0) * 1.0),
        ("silu''(x)", lambda x, y: (lambda s: s * (1 - s) * (2 + x * (1 - 2 * s)))(1 / (1 + np.exp(-x)))),
    ],
)  # fmt: skip
def test_what_people_write_has_the_value_that_numpy_gives(text, value):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 5, 1))
    expression = parse(text, SHAPES)
    np.testing.assert_allclose(evaluate(expression, {"x": x, "y": y}), value(x, y), rtol=1e-12, atol=1e-12)
    assert parse(str(expression), SHAPES) is expression


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x'", r"a transpose is written x\.T, a derivative f'\(z\)"),
        ("x^2", r"x\*\*2"),
        ("lambda * x", "write lam"),
        ("2x", r"2\*x"),
        ("A x", "the matrix product"),
        ("xᵀ @ y", r"x\.T"),
        ("tanhh(x)", "did you mean tanh.*known are abs, .*tanh"),
        ("Y + 1", "did you mean y.*known are A, B, n, t, x, y"),
        ("softmax'(x)", "only elementwise functions"),
        ("x[1, 2, 3]", r"two indices: X\[i, j\]"),
        ("t[1]", "has no entries"),
        ("x[::2]", "no step"),
        ("sum(x[i] for i in x)", r"sum\(x\[i\] for i in range\(n\)\)"),
        ("2**5000*x", "too large"),
        ("x**(10**400)", "too large"),
        ("1e400 * x", "too large"),
        ("x if t else y", "where"),
        ("t = x", "only the expression"),
        ("x == y", "of comparisons"),
        ("max()", r"write max\(a, b\)"),
        ("matrix_power(A, 99)", "from 1 to 16"),
        ("reshape(x, 2, 2)", "n entries, 2 × 2 has 4"),
        ("norm(x, axis=1)", "have an axis"),
        *((f"{name}(x)", f"{name} is not in the language: ") for name in sorted(REFUSALS)),
    ],
)
def test_what_is_refused_is_answered_with_what_to_write(text, message):
    with pytest.raises(CalculusError, match=message):
        parse(text, SHAPES)


def test_shapes_have_at_most_two_dimensions():
    with pytest.raises(CalculusError, match="x: 3 dimensions"):
        parse("x", {"x": ("n", "m", "k")})


def test_an_assumption_is_about_a_symbol():
    with pytest.raises(CalculusError, match="'q', which is no symbol"):
        parse("x", {"x": ()}, {"q": "positive"})


def test_names_of_pieces_stand_for_expressions():
    z = parse("A @ x", SHAPES)
    assert parse("tanh'(z)", SHAPES, definitions={"z": z}) is parse("tanh'(A @ x)", SHAPES)
    with pytest.raises(CalculusError, match="known are A, B, n, t, x, y, z"):
        parse("w", SHAPES, definitions={"z": z})


def test_equal_expressions_are_one_object():
    assert parse("A @ x + y", SHAPES) is parse("A@x+y", SHAPES)


def test_expressions_are_immutable():
    with pytest.raises(AttributeError):
        parse("A @ x", SHAPES).shape = ()


def test_a_derivative_that_is_read_before_its_function_is_the_derivative():
    shapes = {"x": ("n", 1)}
    slope = parse("sum(q''(x))", shapes, generic=["q"])
    value = parse("sum(q'(x))", shapes, generic=["q"])
    point = {"x": np.array([[0.3], [-1.2]])}
    assert check_gradient(value, "x", point).error < 1e-8
    assert evaluate(slope, point) == pytest.approx(check_gradient(value, "x", point).numeric.sum())


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("np.linalg.norm(x)", "norm(x)"),
        ("torch.nn.functional.softmax(x, dim=0)", "softmax_rows(x.T).T"),
        ("F.relu(A @ x)", "relu(A @ x)"),
        ("norm(A, 'fro')", "norm(A)"),
    ],
)
def test_libraries_names_are_read(text, same):
    assert parse(text, SHAPES) is parse(same, SHAPES)


@pytest.mark.parametrize("name", ["tr", "det", "inv", "logdet", "row_sums", "softmax_rows", "logsumexp_rows", "vstack"])
def test_a_scalar_is_a_matrix_of_one_row_and_column(name):
    expression = parse(f"{name}(x.T @ A @ x)", SHAPES)
    point = random_point(expression, None, {}, 0)
    of_matrix = parse(f"{name}(M)", {"M": (1, 1)})
    assert np.shape(evaluate(expression, point)) == ()
    assert np.isfinite(evaluate(gradient(expression, "x"), point)).all()
    assert of_matrix.shape in ((), (1, 1))
