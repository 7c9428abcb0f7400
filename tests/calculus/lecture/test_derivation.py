"""Derivations are the lecture's, their code runs, and a learner's gradient is told right from wrong with a reason."""

import json
import re

import numpy as np
import pytest

from fanlight.calculus import (
    CalculusError,
    check_gradient,
    derive,
    elementwise,
    evaluate,
    gradient,
    hessian,
    jacobian,
    parse,
)
from fanlight.calculus.compiler.numpy_source import numpy_source
from fanlight.calculus.compiler.operation_counts import count
from fanlight.calculus.inference import infer_shapes
from fanlight.calculus.lecture.diagnosis import check, random_point
from fanlight.calculus.lecture.graph import graph
from fanlight.calculus.lecture.latex import latex
from fanlight.calculus.lecture.mathml import mathml
from fanlight.calculus.lecture.views import html, latex_of, nudge, numpy_of
from fanlight.calculus.operations import TABLE

SHAPES = {
    "u": ("n", 1),
    "W": ("n", "m"),
    "x": ("m", 1),
    "b": ("n", 1),
    "U": ("k", "n"),
    "c": ("k", 1),
    "y": ("k", 1),
    "A": ("m", "m"),
}
LECTURE = parse("u.T @ f(W @ x + b)", SHAPES, generic=["f"])
KINDS = {"gradient": gradient, "jacobian": jacobian, "hessian": hessian}


def test_the_lectures_derivation_by_b():
    steps = derive(LECTURE, "b")
    assert [(p.name, str(p.expression)) for p in steps.pieces] == [("z", "W @ x + b"), ("h", "f(z)"), ("s", "u.T @ h")]
    assert [(k.upper, k.lower, str(k.jacobian)) for k in steps.path] == [
        ("s", "h", "u.T"), ("h", "z", "diag(f'(z))"), ("z", "b", "eye(n)"),
    ]  # fmt: skip
    shown = str(steps)
    for line in (
        "∂s/∂b = ∂s/∂h · ∂h/∂z · ∂z/∂b",
        "u.T @ diag(f'(z)) @ eye(n)",
        "δ = ∂s/∂z = u * f'(z)",
        "∂s/∂b = δ",
        "∂s/∂b = u * f'(W @ x + b)",
    ):
        assert line in shown


def test_the_lectures_derivation_by_W():
    shown = str(derive(LECTURE, "W"))
    assert "as a Jacobian ∂s/∂W is 1 × m*n; the step θ ← θ − α ∇ needs W's shape, n × m" in shown
    assert "z_i = Σ_j W_ij x_j + b_i: W_ij moves z_i alone, so ∂s/∂W_ij = δ_i x_j" in shown
    assert "δ @ x.T: (n × 1) (1 × m) = n × m" in shown
    assert "∂s/∂W = (u * f'(W @ x + b)) @ x.T" in shown


def test_a_value_used_twice_has_two_paths():
    steps = derive(parse("sum(tanh(x)) + x.T @ x", SHAPES), "x")
    assert steps.path is None
    assert "∂s/∂x = ∂⁺s/∂x + ∂s/∂h · ∂h/∂x" in str(steps)
    assert "∂s/∂x = 2 * x + 1 - tanh(x)**2" in str(steps)


def test_the_chain_of_jacobians_is_the_gradient():
    expression = parse("u.T @ tanh(W @ sigmoid(A @ x) + b)", SHAPES)
    steps = derive(expression, "x")
    point = random_point(expression, None, {}, 0)
    values = dict(point)
    for piece in steps.pieces:
        values[piece.name] = evaluate(piece.expression, values)
    product = np.eye(1)
    for link in steps.path:
        product = product @ np.atleast_2d(evaluate(link.jacobian, values))
    np.testing.assert_allclose(product.T, evaluate(steps.gradient, point), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "by", "shapes", "line"),
    [
        ("tr(kron(A, B) @ C)", "A", {"A": ("m", "m"), "B": ("n", "n"), "C": ("m*n", "m*n")},
         "∂s/∂A_ij = Σ_kl δ_h_(i,k)(j,l) B_kl"),
        ("norm(W.T @ W - eye(k))**2", "W", {"W": ("n", "k")}, "∂s/∂W_ij = Σ_l W_il (δ + δ.T)_jl"),
        ("sum(where(abs(r) > d, d * abs(r), r**2))", "r", {"r": ("n", 1), "d": ()},
         "none: every piece between is a function of r itself"),
        ("-log(sigmoid(w.T @ x))", "w", {"w": ("n", 1), "x": ("n", 1)}, "∂J/∂w = (ŷ - 1) * x.T   1 × n"),
        ("max(max(x, y), z)", "x", {"x": (), "y": (), "z": ()}, "∂J/∂x = step(h - z) * step(x - y)   1 × 1"),
        ("-sum(x)", "x", {"x": ("n", 1)}, "∂s/∂x = -ones(n, 1)   n × 1"),
    ],
)  # fmt: skip
def test_a_line_says_what_a_student_needs(text, by, shapes, line):
    lines = [re.sub(" {3,}", "   ", row.strip()) for row in str(derive(parse(text, shapes), by)).splitlines()]
    assert line in lines


def test_operations_are_counted_as_they_run():
    program = count([parse("tanh(W @ x + b)", SHAPES)])
    assert (str(program.multiplications), str(program.additions), str(program.functions)) == ("m*n", "m*n", "n")
    steps = derive(LECTURE, "W")
    sizes = {"m": 5, "n": 3}
    shared, alone = steps.with_sharing, steps.without_sharing
    assert shared.multiplications.value(sizes) < alone.multiplications.value(sizes)
    assert str(shared.functions) == "n"
    assert str(alone.functions) == "3*n"


def test_numpy_views_run_on_their_own():
    expression = parse("-y.T @ log(softmax(U @ relu(W @ x + b) + c))", SHAPES, {"y": "onehot"})
    steps = derive(expression, "W")
    scope = {}
    exec(numpy_of(steps), scope)
    point = random_point(expression, None, {}, 0)
    out = scope["program"](**{name: point[name] for name in "yUWxbc"})
    np.testing.assert_allclose(out["J"], evaluate(expression, point))
    np.testing.assert_allclose(out["grad_W"], evaluate(steps.gradient, point))
    with pytest.raises(CalculusError, match="f has no NumPy form"):
        numpy_of(derive(LECTURE, "b"))


def test_html_and_latex_views():
    steps = derive(LECTURE, "W")
    assert "<script" not in html(steps)
    assert r"= {\delta}_{i} {x}_{j}</annotation>" in html(steps)
    assert r"\frac{\partial s}{\partial h} &= u^{\top}" in latex_of(steps)
    assert r"\delta" in latex_of(steps)


def test_the_nudge_of_the_lecture():
    steps = derive(parse("x**3", {"x": ()}), "x")
    assert "the gradient is 3\n" in nudge(steps, {"x": 1})
    assert "= 1.03" in nudge(steps, {"x": 1})
    assert "the gradient is 48\n" in nudge(steps, {"x": 4})
    assert "64.4812" in nudge(steps, {"x": 4})
    assert "64.48" in nudge(steps, {"x": 4})
    vector = nudge(derive(parse("x.T @ x", SHAPES), "x"), {"x": [1.0, 2.0]})
    assert "in all 6" in vector


def test_shapes_are_found_from_use():
    assert infer_shapes("u.T @ f(W @ x + b)", {}) == {"u": ("n", 1), "W": ("n", "m"), "x": ("m", 1), "b": ("n", 1)}
    assert infer_shapes("x**3 + t", {}) == {"x": (), "t": ()}
    assert infer_shapes("x.T @ A @ x", {}) == {"x": ("n", 1), "A": ("n", "n")}
    assert infer_shapes("W @ x", {"W": (2, "d")})["x"] == ("d", 1)
    assert infer_shapes("lam * sum(W**2) + x.T @ x", {})["lam"] == ()


@pytest.mark.parametrize(
    ("expression", "wrt", "mine", "answer"),
    [
        ("u.T @ tanh(W @ x + b)", "W", "(u * (1 - tanh(W @ x + b)**2)) @ x.T", "right"),
        ("u.T @ tanh(W @ x + b)", "W", "x @ (u * (1 - tanh(W @ x + b)**2)).T", "it is the transpose of the right one"),
        ("u.T @ tanh(W @ x + b)", "b", "u.T * (1 - tanh(W @ x + b)**2).T", "right as a Jacobian (a row)"),
        ("u.T @ tanh(W @ x + b)", "b", "-(u * (1 - tanh(W @ x + b)**2))", "the sign is wrong"),
        ("u.T @ tanh(W @ x + b)", "b", "u * tanh(W @ x + b)", "entries differ"),
        ("u.T @ tanh(W @ x + b)", "W", "u", "its shape is n × 1, but W is n × m"),
        ("u.T @ tanh(W @ x + b)", "b", "u.T", "a transpose would mend the shape, not the values"),
        ("x.T @ x", "x", "x", "multiply it by 2"),
        ("x.T @ A @ x", "x", "A @ x", "a term is missing: A.T @ x"),
        ("x.T @ A @ x", "x", "2 * A @ x", "it is right only where A is symmetric: for any A it is (A + A.T) @ x"),
        ("x.T @ A @ x - sum(x)", "x", "(A + A.T) @ x + ones(m, 1)", "the sign of a term is wrong"),
        ("sigmoid(x.T @ x)", "x", "2 * x", "a factor is missing: sigmoid'(x.T @ x)"),
        ("tr(A @ A)", "A", "2 * A", "it is the transpose of the right one"),
    ],
)
def test_a_learners_gradient_is_diagnosed(expression, wrt, mine, answer):
    verdict = check(parse(expression, SHAPES), wrt, parse(mine, SHAPES))
    assert verdict.right == (answer == "right")
    assert answer in str(verdict)


def test_the_graph_holds_every_number():
    expression = parse("u.T @ tanh(W @ x + b) + x.T @ x", SHAPES)
    point = random_point(expression, None, {}, 3)
    drawn = graph(expression, point)
    for node in drawn.nodes:
        if node.label in point:
            np.testing.assert_allclose(node.upstream, evaluate(gradient(expression, node.label), point), atol=1e-12)
    x = next(i for i, n in enumerate(drawn.nodes) if n.label == "x")
    back = [e.downstream for e in drawn.edges if e.source == x]
    assert len(back) == 3, "x is used three times"
    np.testing.assert_allclose(sum(np.reshape(b, drawn.nodes[x].upstream.shape) for b in back), drawn.nodes[x].upstream)
    roles = graph(parse("(x + y) * relu(y)", {"x": (), "y": ()}), {"x": 1.0, "y": 2.0}).nodes
    assert {n.label: n.role for n in roles if n.role} == {"+": "distributes", "relu": "routes", "*": "switches"}
    assert drawn.svg().count("<rect") == len(drawn.nodes)
    assert drawn.mermaid().count("-->") == len(drawn.edges)
    assert drawn.graphviz().startswith("digraph")
    tanh = next(n for n in drawn.nodes if n.label == "tanh")
    assert tanh.local == "1 - y**2"


def test_functions_of_ones_own_are_checked_at_once():
    @elementwise(derivative=lambda x, y: y / x * (1 + x))
    def test_xexp(x):
        return x * np.exp(x)

    total = parse("sum(test_xexp(x))", SHAPES)
    assert check_gradient(total, "x", {"x": np.array([[0.5], [2.0]])}).error < 1e-8
    with pytest.raises(
        CalculusError, match=r"test_bad: at -2.1 the derivative given is 1, but differences of the value give -4.2"
    ):

        @elementwise(derivative=lambda x, y: 1 + 0 * x)
        def test_bad(x):
            return x * x

    assert "test_bad" not in TABLE


@pytest.mark.data
@pytest.mark.parametrize("name", ["identities.json", "identities-2.json"])
def test_the_shared_identities_are_right_and_short(data, name):
    from benchmarks.identities import measure

    outcomes = [measure(case) for case in json.loads((data.parent / name).read_text())]
    assert [o for o in outcomes if o.fault] == []
    assert sum(o.ratio <= 1.25 for o in outcomes) >= 0.95 * len(outcomes)


@pytest.mark.data
def test_the_shared_identities_typeset_and_print_as_numpy(data):
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("path")
    for case in json.loads((data.parent / "identities.json").read_text()):
        expression = parse(case["expr"], case["shapes"], case.get("assume"))
        actual = KINDS[case["kind"]](expression, case["wrt"])
        for shown in (expression, actual):
            parser.parse(f"${latex(shown)}$")
            mathml(latex(shown))
        scope = {}
        exec(numpy_source({"value": expression}), scope)
        point = random_point(expression, None, {}, 1)
        np.testing.assert_allclose(
            scope["program"](**{k: v for k, v in point.items() if re.search(rf"\b{k}\b", str(expression))})["value"],
            evaluate(expression, point),
            rtol=1e-9,
        )


def test_kinks_are_avoided_in_a_learners_check_and_named_in_ours():
    e = parse("sum(relu(hardtanh(W @ x)))", SHAPES)
    assert check(e, "x", gradient(e, "x")).right
    W, x = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0], [0.5]])
    actual = check_gradient(e, "x", {"W": W, "x": x})
    assert actual.kinks == ["hardtanh at W @ x = 1", "relu at hardtanh(W @ x) = 0"]
    assert actual.error > 0.1  # differences across a kink mean nothing: that is why it is named
    assert check_gradient(e, "x", {"W": W, "x": x + 0.2}).kinks == []


def test_a_nudge_in_a_direction():
    d = derive(parse("x.T @ x", SHAPES), "x")
    shown = nudge(d, {"x": [1.0, 2.0]}, 0.01, [1.0, -1.0])
    assert "along the direction -2" in shown
    assert "x + 0.01 · [ 1., -1.]: s = 4.9802, and 5 + -2 · 0.01 = 4.98" in shown
    with pytest.raises(CalculusError, match="the direction is 3 × 1, but x is 2 × 1"):
        nudge(d, {"x": [1.0, 2.0]}, 0.01, [1.0, 0.0, 0.0])
