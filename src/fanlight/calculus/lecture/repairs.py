"""Search for the single edit that corrects a learner's formula."""

from __future__ import annotations

from collections.abc import Iterator

from fanlight.calculus.expressions import Expression, context_of, symbols_of, walk
from fanlight.calculus.language import functions
from fanlight.calculus.lecture.formula_edits import Edit, argument_signs, edits, layout_edits, replacements
from fanlight.calculus.lecture.learner_formulas import read_gradient
from fanlight.calculus.lecture.trial import Trial
from fanlight.calculus.operations import TABLE
from fanlight.errors import CalculusError


def find_repair(trial: Trial, text: str, *, layout_first: bool = False) -> str | None:
    """Return the reason of an edit that corrects a formula, else None.

    Parameters
    ----------
    trial : Trial
    text : str
        The formula.
    layout_first : bool
        Whether transposes and orders of factors are tried first, for formulas whose shapes do not fit.
    """
    symbols, parts, factors, names = _vocabulary(trial)
    generators = [edits(text, symbols, parts, factors, names), layout_edits(text)]
    if layout_first:
        generators = [layout_edits(text, 2), generators[0]]
    generators.append(replacements(text, [*symbols, *parts]))
    return next((reason for g in generators if (reason := _find_edit(trial, g)) is not None), None)


def find_wrong_sign(trial: Trial, text: str) -> str | None:
    """Return the reason of a function whose negated argument corrects a formula, else None."""
    return _find_edit(trial, argument_signs(text))


def _vocabulary(trial: Trial) -> tuple[list[str], list[str], list[str], list[str]]:
    """Return symbols, parts, factors and functions for edits of a formula (`edits`)."""
    symbols = [name for name, s in symbols_of(trial.expression).items() if len(s.shape) != 1]
    nodes = [node for node in walk(trial.expression) if len(str(node)) < 60]
    parts = dict.fromkeys(str(node) for node in nodes if node.arguments and node.operation.name != "transpose")
    slopes = [f"{n.operation.name}'({n.arguments[0]})" for n in nodes if n.operation.derivative is not None]
    lengths = sorted({k for s in context_of(trial.expression).values() for d in s.shape for k in d.letters})
    used = {node.operation.name for node in walk(trial.expression, trial.expected)} & set(functions())
    names = [name for name in sorted(used) if TABLE[name].derivative is not None or name.startswith("softmax")]
    taken = set(context_of(trial.expression))
    squares = [f"{name}**2" for name in symbols]
    numbers = [k for k in lengths if k not in taken]
    factors = [*symbols, *parts, *slopes, *numbers, *squares]
    if trial.kind != "gradient":  # factors such as p * (1 - p) of diag(p * (1 - p)), and outer products
        inner = [node for node in walk(trial.expected) if node.operation.name in ("multiply", "matmul")]
        factors += [str(node) for node in inner if len(str(node)) < 60]
    return symbols, [*parts, *numbers], factors, [*names, "step", "inv"]


def _find_edit(trial: Trial, candidates: Iterator[Edit]) -> str | None:
    """Return the reason of the first right candidate, else None; at most 2501 candidates are tried."""
    tried: set[str] = set()
    for candidate in candidates:
        if candidate.text in tried:
            continue
        if len(tried) > 2500:
            return None
        tried.add(candidate.text)
        try:
            formula = read_gradient(candidate.text, trial.expression, trial.target)
            if formula.shape in ((), trial.expected.shape) and trial.agrees(formula):
                repeated = "" if formula.shape == trial.expected.shape else ", for every entry"
                return candidate.reason + repeated
        except CalculusError:
            continue
    return None


def summands(expression: Expression, sign: float = 1.0) -> list[tuple[Expression, float]]:
    """Return the terms of a sum with their signs, also of a sum transposed or multiplied by a scalar."""
    name, arguments = expression.operation.name, expression.arguments
    if name in ("add", "subtract"):
        return summands(arguments[0], sign) + summands(arguments[1], sign if name == "add" else -sign)
    if name == "negative":
        return summands(arguments[0], -sign)
    if name in ("multiply", "divide", "transpose"):
        place = next((i for i, a in enumerate(arguments) if a.shape == expression.shape), 0)
        others = [a for i, a in enumerate(arguments) if i != place]
        split = summands(arguments[place], sign)
        if len(split) > 1 and not any(a.shape for a in others):
            return [(_with_argument(expression, place, term), s) for term, s in split]
    return [(expression, sign)]


def terms_of(expression: Expression, sign: float = 1.0) -> list[tuple[Expression, float]]:
    """Return the terms of a sum with their signs, with products multiplied out: (A + B) @ x is A @ x + B @ x."""
    split = summands(expression, sign)
    if len(split) > 1 or split[0][0] is not expression:
        return [inner for term, sign in split for inner in terms_of(term, sign)]
    arguments = expression.arguments
    if expression.operation.name not in ("matmul", "multiply"):
        return split
    for side in (0, 1):
        terms = terms_of(arguments[side])
        if len(terms) > 1 and (expression.operation.name == "matmul" or arguments[side].shape == expression.shape):
            pairs = [(_with_argument(expression, side, term), sign * s) for term, s in terms]
            return [inner for term, s in pairs for inner in terms_of(term, s)]
    return split


def _with_argument(expression: Expression, place: int, argument: Expression) -> Expression:
    """Return the node with another argument at a place."""
    arguments = [*expression.arguments[:place], argument, *expression.arguments[place + 1 :]]
    return Expression.node(expression.operation, arguments, expression.parameters)
