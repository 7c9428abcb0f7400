"""Compiled programs, plain steps and the interpreter give the same values, and counts are those of what runs."""

import os
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pytest

from fanlight.calculus import CalculusError, compile, evaluate, function, gradient, parse, symbol, vectorise
from fanlight.calculus.compiler.operation_counts import count
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
    total = function("sum")(vectorise(parse(text, SHAPES), over))
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


def test_small_programs_run_as_a_whole_and_agree_with_their_steps():
    total = function("sum")(vectorise(parse("sigmoid(u.T @ tanh(W @ x + b))", SHAPES), {"x": "N"})) + parse(
        "(u.T @ b) / 2", SHAPES
    )
    outputs = {"loss": total, **dict(zip("uWbx", gradient(total, list("uWbx")), strict=True))}
    program = compile(outputs, np.float64)
    plan = program.plan
    assert plan.function({"m": 4, "n": 3, "N": 2}) is plan.run_compiled
    assert plan.function({"m": 100, "n": 250, "N": 1}) is plan.run_steps
    point = inputs(np.random.default_rng(0), 2)
    point = {n: point[n] for n in program.symbols}
    results = {k: np.array(v) for k, v in program(point).items()}
    steps = plan.run_steps(*point.values(), *plan.frame({"m": 4, "n": 3, "N": 2}))
    for key, expression in outputs.items():
        assert results[key].shape == steps[key].shape
        np.testing.assert_allclose(results[key], steps[key], atol=1e-13)
        np.testing.assert_allclose(results[key], evaluate(expression, point), atol=1e-13)


@pytest.mark.parametrize("examples", [1, 2, 64, 65])
def test_products_of_any_shape_agree_with_their_values(examples):
    x, W = symbol("x", ("N", "n")), symbol("W", ("m", "n"))
    program = compile({"y": x @ W.T, "g": (x @ W.T).T @ x}, np.float64)
    rng = np.random.default_rng(0)
    point = {"x": rng.normal(size=(examples, 80)), "W": rng.normal(size=(90, 80))}
    out = program(point)
    np.testing.assert_allclose(out["y"], point["x"] @ point["W"].T, atol=1e-11)
    np.testing.assert_allclose(out["g"], point["W"] @ point["x"].T @ point["x"], atol=1e-10)


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

    def counted(node, *arguments):
        calls.append(node)
        return value_of(node, *arguments)

    monkeypatch.setattr(sys.modules["fanlight.calculus.compiler.program"], "value_of", counted)
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


class Counted(float):
    """A number that counts what is done with it; adding to the zero that a sum starts from is no operation."""

    done: ClassVar[dict[str, int]] = {}

    @classmethod
    def result(cls, kind, value):
        cls.done[kind] = cls.done.get(kind, 0) + 1
        return cls(value)

    def __add__(self, other):
        return self.result("additions", float(self) + float(other))

    def __radd__(self, other):
        return self if type(other) is float else self.result("additions", float(other) + float(self))

    def __sub__(self, other):
        return self.result("additions", float(self) - float(other))

    def __neg__(self):
        return self.result("additions", -float(self))

    def __mul__(self, other):
        return self.result("multiplications", float(self) * float(other))

    def __truediv__(self, other):
        return self.result("multiplications", float(self) / float(other))


def counted_run(program, point):
    """Run a program's own steps and loops on numbers that count."""

    def product(a, b, out):
        for r, c in np.ndindex(out.shape):
            out[r, c] = sum((a[r, k] * b[k, c] for k in range(1, a.shape[1])), a[r, 0] * b[0, c])

    def inner(a, b):
        out = np.empty((1, 1), object)
        product(a, b, out)
        return out[0, 0]

    def evaluated(function):
        return lambda x: Counted.result("functions", function(float(x)))

    def entrywise(x, out):
        out[:] = np.vectorize(evaluated(np.tanh), otypes=[object])(x)

    plan = program.plan
    scope = {
        "product": product,
        "inner": inner,
        "tanh": entrywise,
        "real": Counted,
        "asreal": Counted,
        "zero": 0.0,
        "one": Counted(1),
    }
    scope |= {"sigmoid": evaluated(lambda x: 1 / (1 + np.exp(-x))), "abs": evaluated(abs), "np": None}
    for kernel in plan.writer.kernels.values():
        exec(kernel.source.replace("NAME", kernel.name), scope)
    arrays = {n: np.vectorize(Counted, otypes=[object])(np.asarray(a, float)) for n, a in point.items()}
    symbols = {n: program.symbols[n] for n in arrays}
    lengths = {str(d): length for n, s in symbols.items() for d, length in zip(s.shape, arrays[n].shape, strict=True)}
    frame = [what.astype(object) if isinstance(what, np.ndarray) else what for what in plan.frame(lengths)]
    Counted.done = {}
    scope |= {f"in_{n}": a for n, a in arrays.items()}
    scope |= {name: value for (name, _), value in zip(plan.writer.frame, frame, strict=True)}
    for _, lines in plan.writer.steps:
        for line in lines:
            exec(line, scope)
    return {name: eval(variable, scope) for name, variable in plan.results.items()}, lengths


@pytest.mark.parametrize(
    ("text", "wrt", "over"),
    [
        ("u.T @ tanh(W @ x + b)", "uWbx", None),
        ("sigmoid(u.T @ tanh(W @ x + b))", "uWbx", "x"),
        ("sum((W @ x + b - u)**2)", "Wx", None),
        ("-(u.T @ (W @ x)) / (b.T @ b)", "Wb", None),
    ],
)
def test_the_counts_are_those_of_the_program_that_runs(text, wrt, over):
    expression = parse(text, SHAPES)
    if over:
        expression = function("sum")(vectorise(expression, {over: "N"}))
    outputs = {"value": expression, **dict(zip(wrt, gradient(expression, list(wrt)), strict=True))}
    program = compile(outputs, np.float64)
    rng = np.random.default_rng(0)
    sizes = {"m": 3, "n": 4, "N": 5, "1": 1}
    point = {name: rng.normal(size=[sizes[str(d)] for d in s.shape]) for name, s in program.symbols.items()}
    out, lengths = counted_run(program, point)
    for name, value in out.items():
        np.testing.assert_allclose(np.asarray(value, float), evaluate(outputs[name], point), atol=1e-12)
    for kind in ("multiplications", "additions", "functions"):
        assert Counted.done.get(kind, 0) == getattr(program.operations, kind).value(lengths), kind
    assert program.operations == count(list(outputs.values()))
