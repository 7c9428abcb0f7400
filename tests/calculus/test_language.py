import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.calculus import CalculusError, Expression, function, parse, symbol

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
    ],
)
def test_mistakes_are_shown_where_they_are(text, message, column):
    with pytest.raises(CalculusError, match=message) as caught:
        parse(text, SHAPES)
    *_, line, caret = str(caught.value).split("\n")
    assert line == f"  {text}"
    if column is not None:
        assert caret == " " * (column + 2) + "^"


def test_equal_expressions_are_one_object():
    assert parse("A @ x + y", SHAPES) is parse("A@x+y", SHAPES)


def test_expressions_are_immutable():
    with pytest.raises(AttributeError):
        parse("A @ x", SHAPES).shape = ()
