import os
import subprocess
import sys

import numpy as np
import pytest

from fanlight.calculus import CalculusError, batched, compile, evaluate, function, gradient, parse, symbol
from fanlight.calculus.numeric import value_of

SHAPES = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1), "b": ("m", 1), "U": ("k", "m"), "c": ("k", 1), "y": ("k", 1)}
LOSSES = {
    "score": ("sigmoid(u.T @ tanh(W @ x + b))", ["u", "W", "x", "b"]),
    "logistic": ("softplus(-(u.T @ hardtanh(W @ x + b)))", ["u", "W", "b"]),
    "softmax": ("logsumexp(U @ relu(W @ x + b) + c) - y.T @ (U @ relu(W @ x + b) + c)", ["U", "W", "b", "c"]),
}


def inputs(rng, examples, m=4, n=3, k=5):
    sizes = {"m": m, "n": n, "k": k}
    point = {name: rng.normal(size=[sizes.get(d, d) for d in shape]) for name, shape in SHAPES.items()}
    return point | {"x": rng.normal(size=(examples, n)), "y": np.eye(k)[rng.integers(0, k, examples)]}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(LOSSES))
def test_compiled_plain_and_evaluated_agree(name, dtype):
    text, wrt = LOSSES[name]
    over = {n: "N" for n in ("x", "y") if n in text.replace("tanh", "")}
    total = function("sum")(batched(parse(text, SHAPES), over))
    outputs = {"loss": total, **dict(zip(wrt, gradient(total, wrt), strict=True))}
    compiled, plain = compile(outputs, dtype), compile(outputs, dtype, "numpy")
    rng = np.random.default_rng(0)
    tolerance = 1e-10 if dtype is np.float64 else 2e-4
    for examples in (7, 1, 12, 7):  # buffers grow, shrink and are used again
        point = inputs(rng, examples)
        a, b = compiled(point), plain(point)
        for key, expression in outputs.items():
            assert a[key].dtype == b[key].dtype == dtype
            expected = evaluate(expression, point)
            np.testing.assert_allclose(a[key], expected, rtol=tolerance, atol=tolerance)
            np.testing.assert_allclose(b[key], expected, rtol=tolerance, atol=tolerance)


def test_tables_bags_and_stacks_agree():
    V, G = symbol("V", ("v", "d")), symbol("G", ("g", "e"))
    i, ids, offsets, row = symbol("i", ("N",)), symbol("ids", ("q",)), symbol("o", ("t + 1",)), symbol("r", ("t",))
    W = symbol("W", ("m", "d + e"))
    types = function("hstack")(function("rows")(V, row), function("bag")(G, ids, offsets))
    H = function("tanh")(function("rows")(types @ W.T, i) + function("rows")(types @ W.T, i) * 2)
    loss = function("sum")(function("softmax_rows")(H) * H) + function("sum")(function("logsumexp_rows")(H))
    wrt = ["V", "G", "W"]
    outputs = {"loss": loss, **dict(zip(wrt, gradient(loss, wrt), strict=True))}
    rng = np.random.default_rng(1)
    point = {"V": rng.normal(size=(6, 3)), "G": rng.normal(size=(5, 2)), "W": rng.normal(size=(4, 5))}
    point |= {
        "i": np.array([0, 2, 2, 1]),
        "ids": np.array([4, 4, 0, 1]),
        "o": np.array([0, 2, 2, 4]),
        "r": np.array([5, 0, 1]),
    }
    out = compile(outputs, np.float64)(point)
    for key, expression in outputs.items():
        np.testing.assert_allclose(out[key], evaluate(expression, point), atol=1e-12, err_msg=key)


def test_what_is_shared_is_computed_once(monkeypatch):
    s = parse("u.T @ tanh(W @ x + b)", SHAPES)
    gradients = gradient(s, ["W", "b", "x"])
    program = compile(dict(zip("Wbx", gradients, strict=True)), np.float64, "numpy")
    calls = []

    def counted(node, *rest):
        calls.append(node)
        return value_of(node, *rest)

    monkeypatch.setattr(sys.modules["fanlight.calculus.compile"], "value_of", counted)
    program({**inputs(np.random.default_rng(0), 1), "x": np.ones((3, 1))})
    assert len(calls) == len(set(calls))
    assert sum(node.operation.name == "tanh" for node in calls) == 1


def test_missing_and_misfitting_inputs_are_named():
    program = compile({"s": parse("W @ x", SHAPES)}, np.float64, "numpy")
    with pytest.raises(CalculusError, match="no value is given for x"):
        program({"W": np.ones((2, 3))})
    with pytest.raises(CalculusError, match=r"x has shape 4 × 1, which does not fit n × 1 with n = 3"):
        program({"W": np.ones((2, 3)), "x": np.ones((4, 1))})


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        "import numpy as np; from fanlight.calculus import compile, parse;"
        "p = compile({'y': parse('tanh(x) * 2', {'x': ('n', 1)})}, np.float64);"
        "print(p({'x': np.zeros((2, 1))})['y'].ravel().tolist())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XDG_CACHE_HOME": str(blocked)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[0.0, 0.0]"
