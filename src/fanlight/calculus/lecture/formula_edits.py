"""Single edits of a formula's text: transposes, orders, symbols, factors, signs, exponents.

The edit that corrects a learner's formula is the reason why the formula is wrong.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from fanlight.calculus.syntax import formula_text as _text
from fanlight.calculus.syntax import syntax_tree


class Edit(NamedTuple):
    """An edited formula.

    Attributes
    ----------
    text : str
        The formula after the edit.
    reason : str
        The mistake that the edit corrects.
    """

    text: str
    reason: str


class _Change(NamedTuple):
    place: int  # number of the node in `_nodes`
    node: ast.expr  # the replacement
    reason: str


def edits(
    text: str, symbols: Sequence[str], parts: Sequence[str], factors: Sequence[str], functions: Sequence[str]
) -> Iterator[Edit]:
    """Yield the formulas that differ in one place, by the kind of edit.

    Parameters
    ----------
    text : str
        The formula.
    symbols : sequence of str
        Replacements of names, calls and operations.
    parts : sequence of str
        Formulas as replacements of names.
    factors : sequence of str
        Formulas that are inserted as factors.
    functions : sequence of str
        Replacements of functions.
    """
    tree = syntax_tree(text)
    nodes = _nodes(tree)
    inner_first = list(enumerate(nodes))[::-1]
    yield from (_edit(tree, change) for change in _layout_changes(tree))
    yield from _sums(tree)
    for rule in (
        _grouping,
        _complements,
        _signs_of_terms,
        _signs,
        _factors_too_many,
        _terms_too_many,
        _powers,
        _numbers,
    ):
        for place, node in inner_first:
            yield from (_edit(tree, change) for change in rule(place, node))
    calls_first = sorted(inner_first, key=lambda item: not isinstance(item[1], ast.Call))
    for place, node in calls_first:
        yield from (_edit(tree, change) for change in _names(place, node, symbols, parts))
        yield from (_edit(tree, change) for change in _functions(place, node, functions))
        yield from (_edit(tree, change) for change in _missing_terms(place, node, symbols))
    for place, node in enumerate(nodes):
        yield from (_edit(tree, change) for change in _missing_factors(place, node, factors))


def replacements(text: str, parts: Sequence[str]) -> Iterator[Edit]:
    """Yield the formulas with another argument of a function, or two symbols exchanged."""
    tree = syntax_tree(text)
    yield from _wrong_arguments(tree, parts)
    yield from _exchanges(tree)


def layout_edits(text: str, most: int = 3) -> Iterator[Edit]:
    """Yield the formulas with one to `most` changes of transposes and products, fewest changes first."""
    tree = syntax_tree(text)
    changes = list(_layout_changes(tree))
    for count in range(1, most + 1):
        for group in combinations(changes, count):
            if len({c.place for c in group}) < count or (count > 2 and len(changes) > 16):
                continue
            shown = _text(_apply(tree, group))
            many = f"transposes or orders of factors are wrong: right with {shown}"
            yield Edit(shown, group[0].reason if count == 1 else many)


def _nodes(tree: ast.expr) -> list[ast.expr]:
    """Return the sub-expressions of a formula, without names of functions."""
    functions = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return [n for n in ast.walk(tree) if isinstance(n, ast.expr) and id(n) not in functions]


def _edit(tree: ast.expr, change: _Change) -> Edit:
    return Edit(_text(_apply(tree, [change])), change.reason)


def _apply(tree: ast.expr, changes: Sequence[_Change]) -> ast.expr:
    """Return the tree with nodes replaced."""
    nodes = _nodes(tree)
    return _Replacer({id(nodes[c.place]): c.node for c in changes}).replace(tree)


class _Replacer:
    """Replaces nodes of a tree, also inside nodes that are part of a replacement."""

    def __init__(self, replacements: dict[int, ast.expr]) -> None:
        self.replacements = replacements

    def replace(self, node: ast.expr) -> ast.expr:
        new = self.replacements.get(id(node))
        if new is None:
            return self._children(node)
        return self._children(new, outer=node)

    def _children(self, node: ast.expr, outer: ast.expr | None = None) -> ast.expr:
        result = copy.copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(result, name, self._child(value, outer))
            elif isinstance(value, list):
                setattr(result, name, [self._child(v, outer) if isinstance(v, ast.expr) else v for v in value])
        return result

    def _child(self, child: ast.expr, outer: ast.expr | None) -> ast.expr:
        # a replacement such as x.T has the replaced node x as a child, which must not be replaced again
        return self._children(child) if child is outer else self.replace(child)


def _layout_changes(tree: ast.expr) -> Iterator[_Change]:
    """Yield changes of transposes and products, innermost first, but no double transposes."""
    nodes = _nodes(tree)
    turned = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
    for place, node in list(enumerate(nodes))[::-1]:
        for change in _layout(place, node):
            if not (id(node) in turned and isinstance(change.node, ast.Attribute)):
                yield change


def _layout(place: int, node: ast.expr) -> Iterator[_Change]:
    """Yield changes of transposes, orders of factors, and kinds of products at a node."""
    match node:
        case ast.Attribute(value=value, attr="T"):
            yield _Change(place, value, f"a transpose too many: right with {_text(value)} in place of {_text(node)}")
        case ast.Name() | ast.Call() | ast.BinOp() | ast.Subscript():
            turned = ast.Attribute(node, "T", ast.Load())
            yield _Change(
                place, turned, f"a transpose is missing: right with {_text(turned)} in place of {_text(node)}"
            )
    match node:
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Mult() as op, right=right):
            swapped = ast.BinOp(right, ast.MatMult(), left)
            yield _Change(
                place,
                swapped,
                f"the order of the factors is wrong: right with {_text(swapped)} in place of {_text(node)}",
            )
            other = ast.BinOp(left, ast.Mult() if isinstance(op, ast.MatMult) else ast.MatMult(), right)
            kind = "an elementwise product" if isinstance(op, ast.MatMult) else "a matrix product"
            yield _Change(place, other, f"{kind} belongs here: right with {_text(other)} in place of {_text(node)}")
    match node:
        case ast.BinOp(left=ast.BinOp(left=a, op=ast.MatMult(), right=b), op=ast.MatMult(), right=c):
            other = ast.BinOp(a, ast.MatMult(), ast.BinOp(b, ast.Mult(), c))
            reason = f"an elementwise product belongs here: right with {_text(other)} in place of {_text(node)}"
            yield _Change(place, other, reason)


def _grouping(place: int, node: ast.expr) -> Iterator[_Change]:
    """Change the association of two products."""
    match node:
        case ast.BinOp(
            left=ast.BinOp(left=a, op=ast.MatMult(), right=b),
            op=ast.MatMult() as outer,
            right=ast.BinOp(left=c, op=ast.Mult() as inner, right=d),
        ):
            new = ast.BinOp(a, outer, ast.BinOp(ast.BinOp(b, outer, c), inner, d))
        case ast.BinOp(
            left=ast.BinOp(left=a, op=ast.MatMult() | ast.Mult() as inner, right=b),
            op=ast.MatMult() | ast.Mult() as outer,
            right=c,
        ):
            new = ast.BinOp(a, inner, ast.BinOp(b, outer, c))
        case ast.BinOp(
            left=a,
            op=ast.MatMult() | ast.Mult() as outer,
            right=ast.BinOp(left=b, op=ast.MatMult() | ast.Mult() as inner, right=c),
        ):
            new = ast.BinOp(ast.BinOp(a, outer, b), inner, c)
        case _:
            return
    yield _Change(place, new, f"the order of the products is wrong: right with {_text(new)} in place of {_text(node)}")


def _complements(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.Call(func=ast.Name(id="sigmoid"), args=[argument]) if _text(argument)[0] != "-":
            new = ast.BinOp(ast.Constant(1), ast.Sub(), node)
            yield _Change(place, new, f"a factor is wrong: right with {_text(new)} in place of {_text(node)}")


def argument_signs(text: str) -> Iterator[Edit]:
    """Yield the formulas with the argument of a function negated in all equal calls."""
    tree = syntax_tree(text)
    nodes = _nodes(tree)
    calls = {_text(n): n for n in nodes if isinstance(n, ast.Call) and len(n.args) == 1 and not n.keywords}
    for old, call in calls.items():
        match call.args[0]:
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                argument: ast.expr = ast.BinOp(right, ast.Sub(), left)
            case ast.UnaryOp(op=ast.USub(), operand=argument):
                pass
            case ast.BinOp(left=ast.UnaryOp(op=ast.USub(), operand=left), op=op, right=right):
                argument = ast.BinOp(left, op, right)
            case argument:
                argument = ast.UnaryOp(ast.USub(), argument)
        new = ast.Call(call.func, [argument], [])
        changes = [_Change(place, new, "") for place, node in enumerate(nodes) if _text(node) == old]
        yield Edit(_text(_apply(tree, changes)), f"a sign is wrong: right with {_text(new)} in place of {old}")


def _signs_of_terms(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            other = ast.BinOp(left, ast.Sub() if isinstance(op, ast.Add) else ast.Add(), right)
            yield _Change(place, other, f"a sign is wrong: right with {_text(other)} in place of {_text(node)}")
            if isinstance(op, ast.Sub):
                turned = ast.BinOp(right, ast.Sub(), left)
                yield _Change(place, turned, f"a sign is wrong: right with {_text(turned)} in place of {_text(node)}")


def _signs(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield _Change(place, operand, f"a sign is wrong: right with {_text(operand)} in place of {_text(node)}")
        case ast.Call() | ast.Name() | ast.BinOp(op=ast.Mult() | ast.Div() | ast.MatMult() | ast.Pow()):
            minus = ast.UnaryOp(ast.USub(), node)
            yield _Change(place, minus, f"a sign is wrong: right with {_text(minus)} in place of {_text(node)}")


def _terms_too_many(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            yield _Change(place, left, f"a term too many: right without {_text(right)} in {_text(node)}")
            yield _Change(place, right, f"a term too many: right without {_text(left)} in {_text(node)}")


def _factors_too_many(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.BinOp(left=left, op=ast.Mult() | ast.MatMult() | ast.Div() as op, right=right):
            division = "/ " if isinstance(op, ast.Div) else ""
            yield _Change(place, left, f"a factor too many: right without {division}{_text(right)}")
            if not division:
                yield _Change(place, right, f"a factor too many: right without {_text(left)}")
            else:
                product = ast.BinOp(left, ast.Mult(), right)
                yield _Change(place, product, f"a quotient should be a product: right with {_text(product)}")


def _sums(tree: ast.expr) -> Iterator[Edit]:
    """Yield sums of the formula and of its transpose: over all entries, columns or rows."""
    for name in ("sum", "column_sums", "row_sums"):
        for summed in (tree, ast.Attribute(tree, "T", ast.Load())):
            text = f"{name}({_text(summed)})"
            yield Edit(text, f"a sum is missing: right with {text}")


def _exchanges(tree: ast.expr) -> Iterator[Edit]:
    """Exchange two symbols or transposed symbols everywhere."""
    places: dict[str, list[int]] = {}
    for place, node in enumerate(_nodes(tree)):
        match node:
            case ast.Name() | ast.Attribute(value=ast.Name(), attr="T"):
                places.setdefault(_text(node), []).append(place)
    for a, b in combinations(places, 2):
        changes = [_Change(p, syntax_tree(new), "") for old, new in ((a, b), (b, a)) for p in places[old]]
        text = _text(_apply(tree, changes))
        yield Edit(text, f"{a} and {b} are exchanged: right with {text}")


def _wrong_arguments(tree: ast.expr, parts: Sequence[str]) -> Iterator[Edit]:
    """Replace the argument of a function, in one call or in all equal calls."""
    nodes = _nodes(tree)
    calls = {_text(n): n for n in nodes if isinstance(n, ast.Call) and len(n.args) == 1 and not n.keywords}
    for old, call in calls.items():
        for part in parts:
            new = syntax_tree(f"{_text(call.func)}({part})")
            changes = [_Change(place, new, "") for place, node in enumerate(nodes) if _text(node) == old]
            for group in ([change] for change in changes) if len(changes) > 1 else ():
                text = _text(_apply(tree, group))
                yield Edit(text, f"a wrong input: right with {text}")
            text = _text(_apply(tree, changes))
            yield Edit(text, f"a wrong input: right with {_text(new)} in place of {old}")


def _powers(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as p)):
            changed: list[ast.expr] = [base] if p == 2 else []
            changed += [ast.BinOp(base, ast.Pow(), ast.Constant(q)) for q in (p - 1, p + 1) if q != 1]
        case ast.Name() | ast.Call() | ast.BinOp():
            changed = [ast.BinOp(node, ast.Pow(), ast.Constant(p)) for p in (2, 3)]
        case _:
            return
    for new in changed:
        yield _Change(place, new, f"an exponent is wrong: right with {_text(new)} in place of {_text(node)}")


def _numbers(place: int, node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.Constant(value=int() | float() as value):
            for other in (value + 1, value - 1, 2 * value, -value, value / 2):
                shown = ast.Constant(int(other) if float(other).is_integer() else other)
                yield _Change(place, shown, f"a number is wrong: right with {_text(shown)} in place of {_text(node)}")


def _names(place: int, node: ast.expr, symbols: Sequence[str], parts: Sequence[str]) -> Iterator[_Change]:
    match node:
        case ast.BinOp(left=left, op=op, right=ast.Constant(value=1)):
            for text in parts:
                other = ast.BinOp(left, op, syntax_tree(text))
                yield _Change(place, other, f"a wrong input: right with {text} in place of 1")
    if not isinstance(node, (ast.Name, ast.Call, ast.BinOp)):
        return
    old = _text(node)
    for new in [*symbols, *parts] if isinstance(node, ast.Name) else symbols:
        if new != old:
            yield _Change(place, syntax_tree(new), f"a wrong input: right with {new} in place of {old}")


def _missing_terms(place: int, node: ast.expr, symbols: Sequence[str]) -> Iterator[_Change]:
    if not isinstance(node, (ast.Call, ast.BinOp)):
        return
    for name in symbols:
        for op in (ast.Add, ast.Sub):
            new = ast.BinOp(node, op(), syntax_tree(name))
            yield _Change(place, new, f"a term is missing: right with {_text(new)} in place of {_text(node)}")


def _functions(place: int, node: ast.expr, functions: Sequence[str]) -> Iterator[_Change]:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            yield _Change(
                place, argument, f"a function too many: right with {_text(argument)} in place of {_text(node)}"
            )
            rows, along, columns = name.partition("_")  # row_sums for column_sums
            turned = [{"row": "column", "column": "row"}[rows] + along + columns] if rows in ("row", "column") else []
            for other in [*turned, *functions, f"{name}'"]:
                if other != name:
                    new = syntax_tree(f"{other}({_text(argument)})")
                    yield _Change(place, new, f"a wrong function: right with {_text(new)} in place of {_text(node)}")
        case ast.Name() | ast.BinOp():
            for other in functions:
                new = syntax_tree(f"{other}({_text(node)})")
                yield _Change(place, new, f"a function is missing: right with {_text(new)} in place of {_text(node)}")


def _missing_factors(place: int, node: ast.expr, factors: Sequence[str]) -> Iterator[_Change]:
    if not isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Attribute, ast.UnaryOp, ast.Constant)):
        return
    for text in factors:
        factor = syntax_tree(text)
        turned = ast.Attribute(factor, "T", ast.Load())
        insertions: tuple[tuple[ast.expr, Callable[[], ast.operator], ast.expr, str], ...] = (
            (factor, ast.Mult, node, f"{text} *"),
            (turned, ast.MatMult, node, f"{_text(turned)} @"),
            (factor, ast.MatMult, node, f"{text} @"),
            (node, ast.MatMult, turned, f"@ {_text(turned)}"),
            (node, ast.MatMult, factor, f"@ {text}"),
            (node, ast.Div, factor, f"/ {text}"),
        )
        for left, op, right, shown in insertions:
            new = ast.BinOp(left, op(), right)
            reason = f"a factor is missing, {shown}: right with {_text(new)} in place of {_text(node)}"
            yield _Change(place, new, reason)
