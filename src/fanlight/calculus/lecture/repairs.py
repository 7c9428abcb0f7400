"""The single change of a learner's formula that makes it right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanlight.calculus.derivatives import simplify
from fanlight.calculus.expressions import Expression, context_of, remember, symbols_of, walk
from fanlight.calculus.language import functions
from fanlight.calculus.lecture.formula_edits import Edit, edits, layout_edits, replacements
from fanlight.calculus.lecture.learner_formulas import read_gradient
from fanlight.calculus.lecture.trial import Array, Trial
from fanlight.calculus.operations import TABLE
from fanlight.calculus.products import negate
from fanlight.errors import CalculusError


def find_repair(trial: Trial, text: str, rights: Sequence[Array], *, layout_first: bool = False) -> str | None:
    """Return what makes a formula right; `layout_first` where its shapes do not fit.

    Parameters
    ----------
    trial : Trial
    text : str
        The formula.
    rights : sequence of arrays
        The right values at the trial's points.
    layout_first : bool
        Transposes and orders of factors are tried before all else.
    """
    symbols, factors, names = _vocabulary(trial)
    generators = [edits(text, symbols, factors, names), layout_edits(text)]
    if layout_first:
        generators = [layout_edits(text, 2), generators[0]]
    generators.append(replacements(text, factors, _texts_of_terms(trial)))
    return next((reason for g in generators if (reason := _find_edit(trial, g, rights)) is not None), None)


def _texts_of_terms(trial: Trial) -> list[str]:
    """Return the terms of the right formula, added and taken away."""
    terms = [simplify(remember(term, context_of(trial.expected))) for term, _ in terms_of(trial.expected)]
    return [text for term in terms for text in (str(term), str(negate(term))) if len(text) < 60]


def _vocabulary(trial: Trial) -> tuple[list[str], list[str], list[str]]:
    """Return the symbols, the factors and the functions that may be missing in a formula."""
    symbols = [name for name, s in symbols_of(trial.expression).items() if len(s.shape) != 1]
    nodes = [node for node in walk(trial.expression) if len(str(node)) < 60]
    parts = dict.fromkeys(str(node) for node in nodes if node.arguments and node.operation.name != "transpose")
    slopes = [f"{n.operation.name}'({n.arguments[0]})" for n in nodes if n.operation.derivative is not None]
    lengths = sorted({k for s in context_of(trial.expression).values() for d in s.shape for k in d.letters})
    used = {node.operation.name for node in walk(trial.expression, trial.expected)} & set(functions())
    names = [name for name in sorted(used) if TABLE[name].derivative is not None or name.startswith("softmax")]
    taken = set(context_of(trial.expression))
    squares = [f"{name}**2" for name in symbols]
    factors = [*symbols, *parts, *slopes, *(k for k in lengths if k not in taken), *squares]
    return symbols, factors, [*names, "step", "inv"]


def _find_edit(trial: Trial, candidates: Iterator[Edit], rights: Sequence[Array]) -> str | None:
    """Return the reason of the first candidate that is right."""
    tried: set[str] = set()
    for candidate in candidates:
        if candidate.text in tried:
            continue
        if len(tried) > 2500:
            return None
        tried.add(candidate.text)
        try:
            formula = read_gradient(candidate.text, trial.expression, trial.target)
            if formula.shape == trial.expected.shape and trial.agrees(formula, rights):
                return candidate.reason
        except CalculusError:
            continue
    return None


def terms_of(expression: Expression, sign: float = 1.0) -> list[tuple[Expression, float]]:
    """Split a sum, also one under a product ((A + B) @ x is A @ x + B @ x)."""
    name, arguments = expression.operation.name, expression.arguments
    if name in ("add", "subtract"):
        return terms_of(arguments[0], sign) + terms_of(arguments[1], sign if name == "add" else -sign)
    if name == "negative":
        return terms_of(arguments[0], -sign)
    if name == "matmul":
        for side in (0, 1):
            split = terms_of(arguments[side])
            if len(split) > 1:
                pairs = [(t @ arguments[1] if side == 0 else arguments[0] @ t, s * sign) for t, s in split]
                return [inner for t, s in pairs for inner in terms_of(t, s)]
    if name == "multiply":
        for side in (0, 1):
            split = terms_of(arguments[side])
            if len(split) > 1 and arguments[side].shape == expression.shape:
                return [(t * arguments[1 - side], s * sign) for t, s in split]
    return [(expression, sign)]
