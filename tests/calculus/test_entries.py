"""Printed entries of derivatives of more than two indices: what is printed, read and computed, is the derivative."""

import re
from fractions import Fraction

import numpy as np
import pytest

from fanlight.calculus import CalculusError, evaluate, hessian, jacobian, parse
from fanlight.calculus.expressions import symbols_of
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.sampling import smooth_point
from fanlight.calculus.numeric import bind

from .grown import POINT, Grown


def split(text, separators):
    """Split a text where no parenthesis is open; return the pieces and the separators before them."""
    depth, pieces, signs = 0, [""], [""]
    place = 0
    while place < len(text):
        sign = next((s for s in separators if depth == 0 and text.startswith(s, place)), None)
        if sign:
            pieces.append("")
            signs.append(sign)
            place += len(sign)
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[place], 0)
        pieces[-1] += text[place]
        place += 1
    return list(zip(signs, pieces, strict=True))


def read_entries(derivative, point):
    """Compute what stands on the right of a printed entry, from the text alone."""
    symbols = symbols_of(derivative.numerator)
    _, lengths = bind(symbols, point)
    shapes = {n: [str(d) for d in s.shape] for n, s in symbols.items()}
    sizes = [axis.length.value(lengths) for axis in derivative.form.axes]
    letters = "ijklpqrs"[: len(sizes)]
    total = np.zeros(sizes)
    for sign, term in split(str(derivative).partition(" = ")[2], (" + ", " - ")):
        minus = sign == " - " or term.startswith("-")
        operands, number, size = [], 1.0, dict(zip(letters, sizes, strict=True))
        for _, factor in split(term.removeprefix("-"), (" ",)):
            if factor.startswith("Σ_") or re.fullmatch(r"\d+(/\d+)?", factor):
                number *= 1 if factor.startswith("Σ") else float(Fraction(factor))
                continue
            base, exponent = re.fullmatch(r"(.*?)(?:\^(-?[\d/]+))?", factor).groups()
            stem, _, places = (
                base.rpartition("_") if re.search(r"_[a-z]+$", base) and base not in shapes else (base, "", "")
            )
            if stem == "δ":
                value = np.eye(size[places[0]], size[places[1]])
            else:
                value = np.asarray(evaluate(parse(stem, shapes, None, ["f"]), point), float)
                value = value.reshape([n for n in value.shape if n > 1])
            value = value ** float(Fraction(exponent or 1))
            size |= dict(zip(places, value.shape, strict=True))
            operands += [value, [ord(c) - ord("a") for c in places]]
        ones = [np.ones(sizes), [ord(c) - ord("a") for c in letters]]
        total += (-number if minus else number) * np.einsum(*operands, *ones, ones[1])
    return total


@pytest.mark.parametrize(
    ("text", "shapes", "wrt", "right"),
    [
        ("norm(X - D @ A)**2 / 2", "X=m,n D=m,k A=k,n", "A", "(D.T @ D)_ik δ_jl"),
        ("norm(A @ X @ B - C)**2", "A=p,n X=n,m B=m,q C=p,q", "X", "2 (A.T @ A)_ik (B @ B.T)_jl"),
        ("sum(M * (R - U @ V.T)**2)", "M=m,n R=m,n U=m,k V=n,k", "U", "Σ_p 2 M_ip V_pj V_pl δ_ik"),
        ("v.T @ tanh(W @ h)", "v=m W=m,n h=n", "W", "-2 h_j h_l v_i δ_ik tanh(W @ h)_i (1 - tanh(W @ h)**2)_i"),
        (
            "tr(inv(X) @ A)", "X=n,n A=n,n", "X",
            "(inv(X) @ A @ inv(X))_jk inv(X)_li + (inv(X) @ A @ inv(X))_li inv(X)_jk",
        ),
        ("x.T @ inv(S) @ x", "x=n S=n,n", "S", None),
        ("dot(W @ x, W @ y) / (norm(W @ x) * norm(W @ y))", "W=m,n x=n y=n", "W", None),
        ("sum(exp(U @ V.T))", "U=m,k V=n,k", "U", None),
        ("sum(C * ((X - column_means(X)) / sqrt(column_means(X**2) + 1)))", "C=N,d X=N,d", "X", None),
        ("sum(softmax_rows(Q @ K.T) @ v)", "Q=n,d K=m,d v=m", "K", None),
        ("sum(gelu(W @ x))", "W=m,n x=n", "W", None),
    ],
)  # fmt: skip
def test_a_hessian_by_a_matrix_is_what_is_printed(text, shapes, wrt, right):
    sizes = dict(item.split("=") for item in shapes.split())
    expression = parse(text, {n: s.split(",") if "," in s else (s, 1) for n, s in sizes.items()})
    derivative = hessian(expression, wrt)
    assert right is None or str(derivative).partition(" = ")[2] == right
    point = smooth_point(expression, None, 1)
    np.testing.assert_allclose(read_entries(derivative, point), derivative.value(point), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_entries_of_random_expressions_read_back(seed):
    count = 0
    for expression in [*Grown(seed).draw("matrix", 12, 3), *Grown(seed).draw("scalar", 12, 3)]:
        for name, s in symbols_of(expression).items():
            try:
                derivative = hessian(expression, name) if not expression.shape else jacobian(expression, name)
                text = str(derivative)
            except CalculusError:
                continue
            if len(s.shape) == 1 or not isinstance(derivative, Indexed) or "δ_{" in text:
                continue
            expected = derivative.value(POINT)
            size = max(1, np.abs(expected).max())
            np.testing.assert_allclose(
                read_entries(derivative, POINT), expected, rtol=1e-7, atol=1e-9 * size, err_msg=text
            )
            count += 1
    assert count > 3
