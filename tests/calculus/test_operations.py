"""Every entry of the table is checked by central differences; a new entry has to bring samples or be named here."""

import numpy as np
import pytest

from fanlight.calculus import CalculusError, Operation, evaluate, gradient, parse, register, symbol
from fanlight.calculus.expressions import eye, function, ones, zeros
from fanlight.calculus.gradient_check import check_gradient
from fanlight.calculus.operations import TABLE
from tests.calculus.samples import POINT, SAMPLES, STARTS, A, X, Y, Z, f

rng = np.random.default_rng(6)
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
