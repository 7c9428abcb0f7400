"""Diagnosis of a learner's gradient: whether it is right, and if not, why (lecture L20).

Formulas are compared by their values at random points with several sets of lengths, so that all right formulas are
accepted whatever their notation, and coincidences of lengths do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations
from typing import NamedTuple

import numpy as np

from fanlight.calculus.backpropagation import gradient
from fanlight.calculus.derivatives import hessian, jacobian, simplify, target_of
from fanlight.calculus.expressions import ASSUMPTIONS, Expression, context_of, remember, symbols_of, walk
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.alterations import denominators, relevant_nodes
from fanlight.calculus.lecture.learner_formulas import read_gradient
from fanlight.calculus.lecture.mistakes import Search, find_early_stop, find_mistake, find_other_gradient
from fanlight.calculus.lecture.relations import Pairs, find_relation
from fanlight.calculus.lecture.repairs import find_repair, find_wrong_sign, summands, terms_of
from fanlight.calculus.lecture.sampling import fits_fact, has_kinks, random_point, smooth_point, value_at, with_fact
from fanlight.calculus.lecture.trial import TOLERANCE, Array, Trial, close
from fanlight.calculus.lecture.wrong_rules import WRONG_PULLBACKS, rule_of
from fanlight.calculus.numeric import central_differences, evaluate, kinks_near
from fanlight.calculus.products import negate
from fanlight.calculus.shapes import ONE
from fanlight.calculus.text_writer import means_of
from fanlight.errors import CalculusError

__all__ = ["Verdict", "check", "random_point"]

_KINDS: dict[str, Callable[[Expression, Expression], Expression | Indexed]] = {
    "gradient": gradient,
    "jacobian": jacobian,
    "hessian": hessian,
}


@dataclass(frozen=True)
class Verdict:
    """The result of a check.

    Attributes
    ----------
    right : bool
    reasons : list of str
        The mistakes, the most specific first; empty for a right formula.
    expected : Expression
        The right formula.
    differs : list of (tuple of int, float, float)
        (entry, learner's value, right value) of up to three entries with the largest differences, at one point.
    """

    right: bool
    reasons: list[str]
    expected: Expression
    differs: list[tuple[tuple[int, ...], float, float]] = field(default_factory=list)

    def __str__(self) -> str:
        if self.right:
            return f"right: the gradient is {self.expected}"
        rows_of_text = [f"not right: {self.reasons[0]}", *(f"  {reason}" for reason in self.reasons[1:])]
        rows_of_text += [f"  entry {list(place)}: yours {a:.6g}, right {b:.6g}" for place, a, b in self.differs]
        return "\n".join(rows_of_text)


def check(
    expression: Expression, wrt: str | Expression, learner: Expression | str, seed: int = 0, kind: str = "gradient"
) -> Verdict:
    """Compare a learner's gradient with the right one.

    Parameters
    ----------
    expression : Expression
        A scalar; for a Jacobian a scalar or vector.
    wrt : name or symbol
    learner : Expression or str
        The learner's gradient, in the same symbols. A text may also have pieces such as ``z`` and error signals such as
        ``delta``, and products of shapes that do not fit are diagnosed.
    seed : int
        Seed of the random points.
    kind : str
        "gradient", "jacobian" or "hessian".

    Raises
    ------
    CalculusError
        The expression has no derivative in matrix notation, or the text cannot be parsed.

    Examples
    --------
    >>> from fanlight.calculus import parse
    >>> shapes = {"u": ("m", 1), "W": ("m", "n"), "x": ("n", 1)}
    >>> print(check(parse("u.T @ (W @ x)", shapes), "W", parse("x @ u.T", shapes)))
    not right: its shape is n × m, but W is m × n: it is the transpose of the right one
    """
    target = target_of(expression, wrt)
    if kind not in _KINDS:
        raise CalculusError(f"{kind!r} cannot be checked: only {', '.join(_KINDS)}")
    expected = _KINDS[kind](expression, target)
    if isinstance(expected, Indexed):
        raise CalculusError(f"{expected} has more than two indices: no formula in matrix notation is compared with it")
    try:
        formula = read_gradient(learner, expression, target) if isinstance(learner, str) else learner
        problem = None
    except CalculusError as error:
        formula, problem = expected, error
        if "fit" not in str(error) and "square" not in str(error):
            raise
    with means_of(expression):
        points = _points(expression, formula, seed)
        rights = [_confirm(expression, target, expected, kind, point) for point in points]
        trial = Trial(expression, target, expected, kind, points, rights)
        if problem is None:
            return _compare(trial, formula, str(learner))
        mended = find_repair(trial, str(learner), layout_first=True)
        if mended is None:
            raise problem
        return Verdict(False, [str(problem).split("\n")[0], mended], expected)


def _compare(trial: Trial, formula: Expression, text: str) -> Verdict:
    """Compare a formula with the right one at the points of a trial."""
    pairs = [(value_at(formula, point), right) for point, right in zip(trial.points, trial.rights, strict=True)]
    if all(a.shape == b.shape and close(a, b, s) for (a, b), s in zip(pairs, trial.scales, strict=True)):
        return Verdict(True, [], trial.expected)
    return _diagnosis(trial, formula, text, pairs)


def _points(expression: Expression, learner: Expression, seed: int) -> list[dict[str, Array]]:
    """Draw points with three sets of lengths, or eight if the derivative has jumps."""
    lengths = (3, 5, 4) + ((2, 3, 4, 3, 2) if has_kinks(expression) else ())
    return [smooth_point(expression, learner, seed + i, smallest) for i, smallest in enumerate(lengths)]


def _confirm(
    expression: Expression, target: Expression, expected: Expression, kind: str, point: dict[str, Array]
) -> Array:
    """Return the value of the derived formula, confirmed by central differences unless it is large or a Hessian."""
    derived = np.asarray(evaluate(expected, point))
    x = point[target.name]
    if x.size > 64 or kind == "hessian":
        return derived
    value = np.asarray(evaluate(expression, point))

    def entry(place: int, x: Array) -> float:
        return float(np.asarray(evaluate(expression, {**point, target.name: x})).ravel()[place])

    rows = [central_differences(partial(entry, i), x).ravel() for i in range(value.size)]
    numeric = np.array(rows).reshape(derived.shape)
    size = float(np.abs(numeric).max(initial=0))
    if not np.allclose(derived, numeric, rtol=1e-4, atol=1e-5 * size + 1e-9 * float(np.abs(value).max(initial=0))):
        kinks = kinks_near(expression, point)
        why = f"it has no derivative where it was tried: {', '.join(kinks)}" if kinks else "is it smooth there?"
        raise CalculusError(f"the gradient of {expression} by {target} could not be confirmed: {why}")
    return derived


def _diagnosis(trial: Trial, formula: Expression, text: str, pairs: Pairs) -> Verdict:
    """Return the verdict on a wrong formula, the most specific reason first."""
    relation = find_relation(formula, trial, pairs)
    reasons = [] if relation is None else [relation.reason]
    mine, right = max(pairs, key=_difference)
    differs: list[tuple[tuple[int, ...], float, float]] = []
    same_shape = all(a.shape == b.shape for a, b in pairs)
    vague = relation is None or not relation.is_whole
    if vague:
        details = _find_details(trial, formula, text, pairs)
        reasons = details or reasons if same_shape else reasons + details
    if same_shape and vague:
        wrong = np.abs(mine - right)
        limit = TOLERANCE * float(np.abs(right).max(initial=0))
        for place in np.argsort(-wrong, axis=None)[:3]:
            entry = tuple(int(i) for i in np.unravel_index(place, right.shape))
            if wrong[entry] > limit:
                differs.append((entry, float(mine[entry]), float(right[entry])))
        share = int((wrong > limit + TOLERANCE * np.abs(right)).sum())
        if not np.isfinite(mine).all():
            reasons = ["it has no finite value at the points tried"]
        elif right.size == 1:
            reasons.append(f"its value is {mine.item():.6g} where {right.item():.6g} is right")
        elif not any("depends on the values" in reason for reason in reasons):
            reasons.append(f"{share} of {right.size} entries differ, by up to {wrong.max(initial=0):.3g}")
    return Verdict(False, reasons, trial.expected, differs if len(reasons) == 1 and right.size > 1 else [])


def _difference(pair: tuple[Array, Array]) -> float:
    mine, right = pair
    return float(np.nan_to_num(np.abs(mine - right)).max(initial=0)) if mine.shape == right.shape else 0.0


def _find_details(trial: Trial, formula: Expression, text: str, pairs: Pairs) -> list[str]:
    """Search for an assumption, a rule or a part of the formula that explains the whole difference."""
    values = [mine for mine, _ in pairs]
    search = Search(trial.expression, trial.target, trial.points, values)
    reasons: list[str | None] = []
    same_shape = all(a.shape == b.shape for a, b in pairs)
    if same_shape:
        chain = find_mistake(search) if trial.kind == "gradient" else None
        if chain and chain.startswith("a factor is missing"):
            chain = find_wrong_sign(trial, text) or chain
        special = chain if chain and "path" not in chain else None
        special = special or _missing_assumption(formula, trial) or _antiderivative(formula, trial)
        if special:
            return [special]
        reasons = [_wrong_term(trial, pairs), chain]
    if not any(reasons):
        reasons = [(_equal_terms(trial, pairs) if same_shape else None) or _other_derivative(trial, values)]
    if not any(reasons):
        reasons = [find_repair(trial, text) or _different_term(trial, formula)]
    if not any(reasons) and trial.kind == "gradient":
        reasons = [(None if same_shape else find_early_stop(search)) or find_other_gradient(search)]
    if not any(reasons):
        reasons = [_rule_of_only_function(trial)]
    return [reason for reason in reasons if reason]


def _other_derivative(trial: Trial, values: list[Array]) -> str | None:
    """Return the reason for another derivative: of an inner vector, by another symbol, or the first for the second."""

    def is_derivative(kind: str, of: Expression, by: Expression, diagonal: bool = False) -> bool:
        try:
            other = _KINDS[kind](of, by)
            rights = [value_at(other, point) for point in trial.points] if isinstance(other, Expression) else []
        except CalculusError:  # no matrix notation, or a length that no symbol has
            return False
        rights = [np.diag(right.ravel()) for right in rights] if diagonal else rights
        return bool(rights) and all(map(_is_equal, values, rights))

    if trial.kind == "gradient" and all(value.ndim == 2 and 1 not in value.shape for value in values):
        inner = [n for n in relevant_nodes(trial.expression, trial.target) if n.arguments and ONE in n.shape]
        for node in inner if ONE in trial.target.shape else ():
            if is_derivative("jacobian", node, trial.target):
                return f"it is the Jacobian of {node} alone: the gradient by {node} is missing as a factor"
    slopes = (is_derivative("gradient", trial.expression, trial.target, diagonal) for diagonal in (False, True))
    if trial.kind == "hessian" and any(slopes):
        return "it is differentiated only once: the Hessian has the derivatives of the gradient"
    if trial.kind == "jacobian":
        for name, other in symbols_of(trial.expression).items():
            if (
                other is not trial.target
                and len(other.shape) != 1
                and is_derivative("jacobian", trial.expression, other)
            ):
                return f"it is the Jacobian by {name}, not by {trial.target}"
    return None


def _rule_of_only_function(trial: Trial) -> str | None:
    """Return the rule for the only function of vectors or matrices on the paths to the target, else None."""
    names = WRONG_PULLBACKS.keys() - {"tr"}
    nodes = [n for n in relevant_nodes(trial.expression, trial.target) if n.operation.name in names]
    squares = [n.arguments[0] for n in walk(trial.expression) if n.operation.name == "power"]
    nodes = [n for n in nodes if n.operation.name != "norm" or n not in squares]
    if len(nodes) != 1:
        return None
    (node,) = nodes
    return f"the rule here: {rule_of(WRONG_PULLBACKS[node.operation.name][0][0].partition(',')[0], node)}"


def _missing_assumption(learner: Expression, trial: Trial) -> str | None:
    """Return the undeclared assumption that would make the learner's formula right, else None."""
    rng = np.random.default_rng(3)
    classes = ("log", "softmax", "softmax_rows", "logsumexp", "logsumexp_rows", "sigmoid")
    has_classes = any(node.operation.name in classes for node in walk(trial.expression))
    divisors = denominators(trial.expression)
    for name, s in symbols_of(trial.expression).items():
        if s.parameters[2] or len(s.shape) == 1 or not all(np.isfinite(p[name]).all() for p in trial.points):
            continue
        for fact in ("sym", *(f for f in ASSUMPTIONS if f not in ("sym", "spd", "invertible"))):
            if s is trial.target and fact != "sym":  # the target is not a label
                continue
            # a label occurs in the formula, otherwise a factor is missing, and is not a divisor
            if fact in ("pm1", "bit") and (name not in symbols_of(learner) or s in divisors):
                continue
            if fact.startswith("onehot") and not has_classes:  # a weight is not one-hot
                continue
            if not all(fits_fact(p[name], fact) for p in trial.points):
                continue
            signed = fact in ("pm1", "bit")  # random signs at each point: labels are not always 1
            points = [
                {**p, name: with_fact(p[name] * (rng.choice([-1, 1], p[name].shape) if signed else 1), fact, rng)}
                for p in trial.points
                for _ in range(3)
            ]
            if all(_are_equal_at(learner, trial.expected, p) for p in points):
                if fact == "sym":
                    return f"it is right only where {name} is symmetric: for any {name} it is {trial.expected}"
                shown = {"onehot": "one-hot", "onehot_rows": "one-hot in each row", "pm1": "1 or -1", "bit": "0 or 1"}
                return f"right if {name} is {shown.get(fact, fact)}: --assume {name}={fact}"
    return _missing_symmetry(learner, trial, rng)


def _antiderivative(learner: Expression, trial: Trial) -> str | None:
    """Return the reason for a learner's antiderivative, else None."""
    e, target = trial.expression, trial.target
    if target.shape or e.shape or trial.kind != "gradient" or target.name not in symbols_of(learner):
        return None
    try:
        back = gradient(learner, target)
    except CalculusError:
        return None
    is_back = all(_are_equal_at(back, e, point) for point in trial.points)
    return f"it is not differentiated but integrated: its derivative is {e}" if is_back else None


def _missing_symmetry(learner: Expression, trial: Trial, rng: np.random.Generator) -> str | None:
    """Return the reason for a formula that is right only if several matrices are symmetric, else None."""
    names = [
        name
        for name, s in symbols_of(trial.expression).items()
        if s is not trial.target and not s.parameters[2] and all(fits_fact(p[name], "sym") for p in trial.points)
    ]
    points = [{**p, **{name: with_fact(p[name], "sym", rng) for name in names}} for p in trial.points]
    if len(names) < 2 or not all(_are_equal_at(learner, trial.expected, p) for p in points):
        return None
    return f"it is right only where {' and '.join(names)} are symmetric: for others it is {trial.expected}"


def _are_equal_at(a: Expression, b: Expression, point: Mapping[str, Array]) -> bool:
    mine, right = value_at(a, point), value_at(b, point)
    return mine.shape == right.shape and bool(np.isfinite(right).all()) and close(mine, right)


def _wrong_term(trial: Trial, pairs: Pairs) -> str | None:
    """Return the term of the right formula that is missing, has the wrong sign or is counted twice, else None."""
    fine = [t for t in _valued_terms(trial, trial.expected, terms_of) if t.values[0].shape == trial.rights[0].shape]
    for term in [*_valued_terms(trial, trial.expected, summands), *fine]:
        if _is_difference(term.values, pairs):
            return f"a term is missing: {term.text}"
        if _is_difference([2 * value for value in term.values], pairs):
            return f"the sign of a term is wrong: {term.text.removeprefix('minus ')}"
        if _is_difference([-value for value in term.values], pairs):
            return f"a term is counted twice: {term.text}"
    return None


def _equal_terms(trial: Trial, pairs: Pairs) -> str | None:
    """Return two terms mistaken as equal, as A.T @ B @ x and B.T @ A @ x, which are equal for symmetric A.T @ B."""
    for counted, absent in permutations(_valued_terms(trial, trial.expected, terms_of), 2):
        if _is_difference([b - a for a, b in zip(counted.values, absent.values, strict=True)], pairs):
            return f"two terms are not equal: {counted.text} stands twice, {absent.text} is missing"
    return None


def _different_term(trial: Trial, formula: Expression) -> str | None:
    """Return the only term of a learner's formula that differs from the right formula's terms, else None."""
    for split in (summands, terms_of):
        mine = _valued_terms(trial, formula, split)
        others = _valued_terms(trial, trial.expected, split)
        count = len(mine)
        for term in list(mine):
            equal = next((other for other in others if all(map(_is_equal, term.values, other.values))), None)
            if equal is not None:
                mine.remove(term)
                others.remove(equal)
        if len(mine) == len(others) == 1 < count:
            old, new = mine[0].text, others[0].text
            if old.startswith("minus ") and new.startswith("minus "):
                old, new = old.removeprefix("minus "), new.removeprefix("minus ")
            return f"a term is wrong: right with {new} in place of {old}"
    return None


class _ValuedTerm(NamedTuple):
    text: str  # with the prefix "minus" if negative
    values: list[Array]  # signed value at each point


def _valued_terms(
    trial: Trial, formula: Expression, split: Callable[[Expression], list[tuple[Expression, float]]]
) -> list[_ValuedTerm]:
    terms = []
    for term, sign in split(formula):
        simple = simplify(remember(term, context_of(trial.expected)))  # the symbols determine the length of ones(n, 1)
        is_negative = str(simple).startswith("-")
        text = str(negate(simple) if is_negative else simple)
        prefix = "minus " if is_negative == (sign > 0) else ""
        terms.append(_ValuedTerm(prefix + text, [sign * value_at(term, point) for point in trial.points]))
    return terms


def _is_equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and close(a, b)


def _is_difference(values: Sequence[Array], pairs: Pairs) -> bool:
    """Tell whether a learner's formula is right with these values added."""
    return all(close(a + value, b) for (a, b), value in zip(pairs, values, strict=True))
