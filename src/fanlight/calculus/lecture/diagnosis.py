"""Is a learner's gradient right, and if not, why (lecture L20).

Formulas are compared by value at random points, for two sets of dimensions, so that any way of writing the right thing
is right, and a coincidence of sizes deceives nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from fanlight.calculus.backpropagation import gradient
from fanlight.calculus.derivatives import hessian, jacobian, simplify, target_of
from fanlight.calculus.expressions import ASSUMPTIONS, Expression, context_of, remember, symbols_of, walk
from fanlight.calculus.indexed import Indexed
from fanlight.calculus.lecture.learner_formulas import read_gradient
from fanlight.calculus.lecture.mistakes import find_other_gradient, mistake
from fanlight.calculus.lecture.repairs import find_repair, terms_of
from fanlight.calculus.lecture.sampling import fits_fact, has_kinks, random_point, smooth_point, value_at, with_fact
from fanlight.calculus.lecture.trial import TOLERANCE, Array, Trial, close
from fanlight.calculus.lecture.wrong_rules import WRONG_PULLBACKS, rule_of
from fanlight.calculus.numeric import central_differences, evaluate, kinks_near
from fanlight.calculus.shapes import ONE, show
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
    """The answer to a learner.

    Attributes
    ----------
    right : bool
    reasons : list of str
        What is wrong, the most telling first; empty if nothing is.
    expected : Expression
        The gradient.
    differs : list of (tuple of int, float, float)
        (entry, given, right) where they differ most, at one of the points.
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
        The learner's gradient, in the same symbols; in a text pieces such as ``z`` and error signals such as ``delta``
        may stand too, and products whose shapes do not fit are diagnosed.
    seed : int
        Of the random points.
    kind : str
        "gradient", "jacobian" or "hessian".

    Raises
    ------
    CalculusError
        The expression has no gradient, or the text cannot be read.

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
        trial = Trial(expression, target, expected, kind, _points(expression, formula, seed))
        return _compare(trial, learner, formula, problem)


def _compare(trial: Trial, learner: Expression | str, formula: Expression, problem: CalculusError | None) -> Verdict:
    """Compare a formula, or the expected one where the learner's has a problem with shapes, at the trial's points."""
    rights = [_confirm(trial, point) for point in trial.points]
    if problem is not None:
        mended = find_repair(trial, str(learner), rights, layout_first=True)
        if mended is None:
            raise problem
        return Verdict(False, [str(problem).split("\n")[0], mended], trial.expected)
    pairs = [(value_at(formula, point), right) for point, right in zip(trial.points, rights, strict=True)]
    scales = trial.scales(rights)
    if all(a.shape == b.shape and close(a, b, s) for (a, b), s in zip(pairs, scales, strict=True)):
        return Verdict(True, [], trial.expected)
    return _diagnosis(trial, formula, str(learner), pairs)


def _points(expression: Expression, learner: Expression, seed: int) -> list[dict[str, Array]]:
    """Draw points for several lengths of the dimensions; more where the derivative jumps."""
    lengths = (3, 5, 4) + ((2, 3, 4, 3, 2) if has_kinks(expression) else ())
    return [smooth_point(expression, learner, seed + i, smallest) for i, smallest in enumerate(lengths)]


def _confirm(trial: Trial, point: dict[str, Array]) -> Array:
    """Return the derived gradient's value, after central differences have confirmed it."""
    derived = np.asarray(evaluate(trial.expected, point))
    x = point[trial.target.name]
    if x.size > 64 or trial.kind == "hessian":
        return derived
    value = np.asarray(evaluate(trial.expression, point))
    rows = [central_differences(partial(_entry, trial, point, i), x).ravel() for i in range(value.size)]
    numeric = np.array(rows).reshape(derived.shape)
    size = float(np.abs(numeric).max(initial=0))
    if not np.allclose(derived, numeric, rtol=1e-4, atol=1e-5 * size + 1e-9 * float(np.abs(value).max(initial=0))):
        kinks = kinks_near(trial.expression, point)
        why = f"it has no derivative where it was tried: {', '.join(kinks)}" if kinks else "is it smooth there?"
        raise CalculusError(f"the gradient of {trial.expression} by {trial.target} could not be confirmed: {why}")
    return derived


def _entry(trial: Trial, point: Mapping[str, Array], place: int, x: Array) -> float:
    """Return one entry of the value with another x."""
    return float(np.asarray(evaluate(trial.expression, {**point, trial.target.name: x})).ravel()[place])


def _diagnosis(trial: Trial, formula: Expression, text: str, pairs: list[tuple[Array, Array]]) -> Verdict:
    """Say why a formula is wrong, the most telling reason first."""
    reasons = list(_reasons(formula, trial, pairs))
    mine, right = max(pairs, key=_difference)
    differs: list[tuple[tuple[int, ...], float, float]] = []
    same_shape = all(a.shape == b.shape for a, b in pairs)
    vague = not reasons or "depends on the values" in reasons[0]
    if vague:
        reasons = _find_details(trial, formula, text, pairs) or reasons
    elif not same_shape and not reasons[0].endswith("the right one") and "Jacobian" not in reasons[0]:
        reasons += _find_details(trial, formula, text, pairs)
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


def _find_details(trial: Trial, formula: Expression, text: str, pairs: list[tuple[Array, Array]]) -> list[str]:
    """Search for an assumption, a rule or a part of the formula that is the whole difference."""
    rights = [right for _, right in pairs]
    same_shape = all(a.shape == b.shape for a, b in pairs)
    reasons: list[str] = []
    if same_shape:
        chain = None
        if trial.kind == "gradient":
            chain = mistake(trial.expression, trial.target, trial.points, [mine for mine, _ in pairs])
        if chain and "path" not in chain:
            return [chain]
        special = _assumption(formula, trial) or _integral(formula, trial)
        if special:
            return [special]
        term = _missing_term(formula, trial.expected, trial.points, pairs)
        reasons = [reason for reason in (term, chain) if reason]
    if not reasons:
        edited = find_repair(trial, text, rights)
        if not edited and trial.kind == "gradient":
            edited = find_other_gradient(trial.expression, trial.target, trial.points, [mine for mine, _ in pairs])
        edited = edited or _rule(trial.expression)
        reasons = [edited] if edited else []
    return reasons


def _rule(expression: Expression) -> str | None:
    """Return the rule of the function of a vector or matrix in an expression, if there is one such function."""
    nodes = [node for node in walk(expression) if node.operation.name in WRONG_PULLBACKS.keys() - {"tr"}]
    if len(nodes) != 1:
        return None
    (node,) = nodes
    return f"the rule here: {rule_of(WRONG_PULLBACKS[node.operation.name][0][0].partition(',')[0], node)}"


def _reasons(learner: Expression, trial: Trial, pairs: list[tuple[Array, Array]]) -> list[str]:
    """Say what is wrong in all entries alike: shape, layout, sign, factor."""

    def everywhere(relation: Callable[[Array, Array], bool]) -> bool:
        return all(relation(a, b) for a, b in pairs)

    target, right = trial.target, trial.expected.shape
    if any(a.shape != b.shape for a, b in pairs):
        start = f"its shape is {show(learner.shape)}, but {target} is {show(right)}"
        if trial.kind != "gradient":
            start = f"its shape is {show(learner.shape)}, but the {trial.kind} is {show(right)}"
        if everywhere(lambda a, b: a.ndim == 2 and a.T.shape == b.shape and close(a.T, b)):
            if trial.kind == "gradient" and target.shape and target.shape[1] == ONE:
                return [
                    f"{start}: it is right as a Jacobian (a row); the shape convention wants its transpose, a column"
                ]
            return [f"{start}: it is the transpose of the right one"]
        if everywhere(lambda a, b: a.ndim == 2 and a.T.shape == b.shape):
            return [f"{start}: a transpose would mend the shape, not the values"]
        if everywhere(_is_spread):
            return [f"{start}: repeated to that shape it is right"]
        return [start]
    if everywhere(lambda a, b: close(-a, b)):
        return ["the sign is wrong: it is minus the right one"]
    if everywhere(lambda a, b: a.ndim == 2 and a.shape[0] == a.shape[1] > 1 and close(a.T, b)):
        return ["it is the transpose of the right one"]
    ratios = [_ratio(a, b) for a, b in pairs]
    if all(r is not None for r in ratios):
        start_ratio = ratios[0] or 0.0
        if all(abs((r or 0.0) - start_ratio) < 1e-6 * max(1, abs(start_ratio)) for r in ratios):
            return [f"right up to a constant factor: multiply it by {start_ratio:.6g}"]
        if any(b.size > 1 for _, b in pairs):  # any two numbers have a ratio
            return ["right up to a factor that depends on the values: a scalar is missing or too many"]
    return []


def _is_spread(a: Array, b: Array) -> bool:
    """Tell whether b is a, or its transpose, repeated along rows or columns."""
    shapes = [
        x for x in (a, a.T) if x.ndim <= b.ndim and all(m in (1, n) for m, n in zip(x.shape, b.shape, strict=False))
    ]
    return any(close(np.broadcast_to(x, b.shape), b) for x in shapes)


def _ratio(a: Array, b: Array) -> float | None:
    """Return r with r a = b, if there is one."""
    norm = float((a * a).sum())
    if not norm > 0:
        return None
    r = float((a * b).sum()) / norm
    return r if close(r * a, b) and abs(r) > 1e-9 else None


def _assumption(learner: Expression, trial: Trial) -> str | None:
    """Return the fact, which nobody has declared, that would make the learner's gradient right."""
    rng = np.random.default_rng(3)
    classes = ("log", "softmax", "softmax_rows", "logsumexp", "logsumexp_rows", "sigmoid")
    has_classes = any(node.operation.name in classes for node in walk(trial.expression))
    for name, s in symbols_of(trial.expression).items():
        if s.parameters[2] or len(s.shape) == 1 or not all(np.isfinite(p[name]).all() for p in trial.points):
            continue
        for fact in ("sym", *(f for f in ASSUMPTIONS if f not in ("sym", "spd", "invertible"))):
            if s is trial.target and fact != "sym":  # a variable is not a datum
                continue
            if fact in ("pm1", "bit") and name not in symbols_of(learner):  # a factor is missing
                continue
            if fact.startswith("onehot") and not has_classes:  # a weight is not one-hot
                continue
            if not all(fits_fact(p[name], fact) for p in trial.points):
                continue
            signed = fact in ("pm1", "bit")  # a sign of its own at each point: a label is not always 1
            points = [
                {**p, name: with_fact(p[name] * (rng.choice([-1, 1], p[name].shape) if signed else 1), fact, rng)}
                for p in trial.points
                for _ in range(3)
            ]
            if all(_agree(learner, trial.expected, p) for p in points):
                if fact == "sym":
                    return f"it is right only where {name} is symmetric: for any {name} it is {trial.expected}"
                shown = {"onehot": "one-hot", "onehot_rows": "one-hot in each row", "pm1": "1 or -1", "bit": "0 or 1"}
                return f"right if {name} is {shown.get(fact, fact)}: --assume {name}={fact}"
    return _symmetry(learner, trial, rng)


def _integral(learner: Expression, trial: Trial) -> str | None:
    """Say that a number has been integrated."""
    e, target = trial.expression, trial.target
    if target.shape or e.shape or trial.kind != "gradient" or target.name not in symbols_of(learner):
        return None
    try:
        back = gradient(learner, target)
    except CalculusError:
        return None
    is_back = all(_agree(back, e, point) for point in trial.points)
    return f"it is not differentiated but integrated: its derivative is {e}" if is_back else None


def _symmetry(learner: Expression, trial: Trial, rng: np.random.Generator) -> str | None:
    """Say that a gradient is right where several matrices are symmetric."""
    names = [
        name
        for name, s in symbols_of(trial.expression).items()
        if s is not trial.target and not s.parameters[2] and all(fits_fact(p[name], "sym") for p in trial.points)
    ]
    points = [{**p, **{name: with_fact(p[name], "sym", rng) for name in names}} for p in trial.points]
    if len(names) < 2 or not all(_agree(learner, trial.expected, p) for p in points):
        return None
    return f"it is right only where {' and '.join(names)} are symmetric: for others it is {trial.expected}"


def _agree(a: Expression, b: Expression, point: Mapping[str, Array]) -> bool:
    mine, right = value_at(a, point), value_at(b, point)
    return mine.shape == right.shape and bool(np.isfinite(right).all()) and close(mine, right)


def _missing_term(
    learner: Expression, expected: Expression, points: list[dict[str, Array]], pairs: list[tuple[Array, Array]]
) -> str | None:
    """Find a term of the right gradient whose absence (or sign) is the whole difference."""
    for term, sign in terms_of(expected):
        remember(term, context_of(expected))  # ones(n, 1) alone would not know its length
        parts = [sign * np.asarray(evaluate(term, p)) for p in points]
        if all(close(a + part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"a term is missing: {'' if sign > 0 else 'minus '}{simplify(term)}"
        if all(close(a + 2 * part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"the sign of a term is wrong: {term}"
        if all(close(a - part, b) for (a, b), part in zip(pairs, parts, strict=True)):
            return f"a term is counted twice: {term}"
    return None
