"""Every entry of the table is checked by central differences; a new entry has to bring samples or be named here."""

import numpy as np
import pytest

from fanlight.calculus import CalculusError, Expression, Operation, evaluate, gradient, parse, register, symbol
from fanlight.calculus.expressions import eye, function, ones, zeros
from fanlight.calculus.gradient_check import check_gradient
from fanlight.calculus.operations import TABLE
from fanlight.network import losses  # noqa: F401 - registers the linear chain

rng = np.random.default_rng(5)
X, Y, S, T = (symbol(n, s) for n, s in (("X", (3, 4)), ("Y", (3, 4)), ("S", (3, 3)), ("T", (2, 2))))
R, C, K, V = (symbol(n, s) for n, s in (("R", (1, 4)), ("C", (3, 1)), ("K", ()), ("V", (4, 1))))
I, IDS, OFFSETS = symbol("I", (5,)), symbol("IDS", (6,)), symbol("OFFSETS", (4,))
UP5, UP3, A, Z = symbol("UP5", (5, 4)), symbol("UP3", (3, 4)), symbol("A", (4, 4)), symbol("Z", (5, 3))
STARTS = symbol("STARTS", (3,))
KRON = symbol("KRON", (6, 6))
POINT = {
    s.name: rng.uniform(0.3, 1.7, [int(str(d)) for d in s.shape]) for s in (X, Y, R, C, K, V, UP5, UP3, A, Z, KRON, T)
}
POINT |= {"S": rng.normal(size=(3, 3)) + 3 * np.eye(3), "I": np.array([0, 2, 2, 1, 0])}
POINT |= {"IDS": np.array([0, 1, 1, 2, 0, 2]), "OFFSETS": np.array([0, 2, 2, 6]), "STARTS": np.array([0, 2, 5])}


def f(name: str, *arguments: object) -> Expression:
    return function(name)(*arguments)


SAMPLES: dict[str, list[Expression]] = {
    **{name: [f(name, X, Y), f(name, X, R), f(name, C, X), f(name, K, X), f(name, X, K), f(name, R, C), f(name, K, K)]
       for name in ("add", "subtract", "multiply", "divide", "power", "maximum", "minimum")},
    **{name: [f(name, X)] for name in (
        "negative", "transpose", "tanh", "sigmoid", "relu", "hardtanh", "step", "softplus", "exp", "log", "sqrt", "abs",
        "sign", "sin", "cos", "tan", "sinh", "cosh", "erf", "max", "min", "largest", "sum", "row_sums", "column_sums", "logsumexp", "logsumexp_rows", "softmax", "softmax_rows",
        "norm", "norm1", "arctan", "relu'")},
    **{name: [f(name, f("sigmoid", X))] for name in ("arcsin", "arccos")},
    **{name: [f(name, S)] for name in ("tr", "det", "logdet", "inv")},
    "matmul": [f("matmul", X, V), f("matmul", R, V), f("matmul", S, X), f("matmul", C, R), f("matmul", K, X)],
    "diag": [f("diag", V), f("diag", S)],
    "kron": [f("kron", S, T)],
    "kron_left": [Expression.node(TABLE["kron_left"], (KRON, T), (S.shape[0], S.shape[1]))],
    "kron_right": [Expression.node(TABLE["kron_right"], (KRON, S), (T.shape[0], T.shape[1]))],
    "vstack": [f("vstack", X, R, Y)],
    "hstack": [f("hstack", C, X, S)],
    "reshape": [
        Expression.node(TABLE["reshape"], (X,), symbol("Q", (2, 6)).shape),
        Expression.node(TABLE["reshape"], (X,), symbol("Q", (12, 1)).shape),
    ],
    "slice": [X[1:3, 0:2], X[:, 1:2], X[0:1, 3:4]],
    "rows": [f("rows", X, I)],
    "scatter_rows": [Expression.node(TABLE["scatter_rows"], (UP5, I), (X.shape[0],))],
    "bag": [f("bag", X, IDS, OFFSETS)],
    "scatter_bag": [Expression.node(TABLE["scatter_bag"], (UP3, IDS, OFFSETS), (X.shape[0],))],
    "log_partition": [f("log_partition", Z, A, STARTS)],
}  # fmt: skip
WITHOUT_ARGUMENTS = {"onehot", "onehot_rows", "symbol", "constant", "length", "eye", "ones", "zeros"}
WITHOUT_PULLBACK = {"tag_marginals", "transition_marginals"}


def test_every_entry_is_sampled() -> None:
    assert set(TABLE) - set(SAMPLES) == WITHOUT_ARGUMENTS | WITHOUT_PULLBACK | {
        n for n in TABLE if n.startswith("test_")
    }


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_pullback_agrees_with_central_differences(name: str) -> None:
    for sample in SAMPLES[name]:
        value = evaluate(sample, POINT)
        assert value.shape == tuple(int(str(d)) for d in sample.shape), f"{sample}: the shape rule is wrong"
        weights = symbol("weights", sample.shape) if sample.shape else symbol("weights", ())
        point = {**POINT, "weights": rng.normal(size=value.shape)}
        scalar = function("sum")(weights * sample)
        for argument in {a.name for a in sample.arguments if len(a.shape) != 1 and a.operation.name == "symbol"}:
            error = check_gradient(scalar, argument, point).error
            assert error < 1e-6, f"{sample} by {argument}: {error}"


def test_a_missing_rule_raises_and_is_named() -> None:
    with pytest.raises(CalculusError, match="tag_marginals has no pullback"):
        gradient(f("sum", f("tag_marginals", Z, A, STARTS)), "Z")


def test_independence_is_proved_before_zero_is_returned() -> None:
    assert str(gradient(f("sum", X) + f("sum", 0 * Y), "Y")) == "zeros(3, 4)"


def test_a_wrong_pullback_is_caught() -> None:
    if "test_wrong" not in TABLE:
        register(Operation("test_wrong", np.tanh, lambda s: s, lambda up, out, x: (up * out,)))
    error = check_gradient(f("sum", f("test_wrong", X)), "X", POINT).error
    assert error > 1e-3


def test_names_are_taken_once() -> None:
    with pytest.raises(CalculusError, match="exists already"):
        register(TABLE["tanh"])


def test_a_rule_reads_on_arrays_as_on_expressions() -> None:
    for name in ("matmul", "multiply", "softmax", "inv", "kron", "vstack", "slice", "row_sums", "reshape", "max"):
        sample = SAMPLES[name][0]
        arrays = [POINT[a.name] for a in sample.arguments]
        parameters = [int(str(p)) for p in sample.parameters]
        out = sample.operation.value(*arrays, *parameters)
        up = rng.normal(size=out.shape)
        by_arrays = sample.operation.pullback(up, out, *arrays, *parameters)
        upstream = symbol("upstream", sample.shape)
        by_expressions = sample.operation.pullback(upstream, sample, *sample.arguments, *sample.parameters)
        for a, b in zip(by_arrays, by_expressions, strict=True):
            np.testing.assert_allclose(a, evaluate(b, {**POINT, "upstream": up}), atol=1e-12)


def test_filled_matrices() -> None:
    assert evaluate(eye(2) + ones(2, 2) + zeros(2, 2), {}).tolist() == [[2, 1], [1, 2]]


def test_extreme_values_do_not_overflow() -> None:
    z = np.array([[-800.0], [0.0], [800.0]])
    shapes = {"z": ("n", 1), "s": ()}
    for text in ("softplus(z)", "sigmoid(z)", "softmax(z)", "logsumexp(z)"):
        assert np.isfinite(evaluate(parse(text, shapes), {"z": z})).all(), text
    for text, by in (("-log(sigmoid(s))", "s"), ("-sum(log(softmax(z)))", "z")):
        assert np.isfinite(evaluate(gradient(parse(text, shapes), by), {"z": z, "s": -800.0})).all(), text
