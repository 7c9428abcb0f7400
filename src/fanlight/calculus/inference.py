"""Shapes that nobody declared: found from how the symbols are used.

Capital letters are matrices and small ones columns, as lectures write them; small words such as ``lam`` are scalars,
and so are small letters where nothing is transposed or multiplied as a matrix. Dimensions that have to agree get one
letter, named n, m, k, … in the order they are met.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from fanlight.errors import CalculusError

_LETTERS = "nmkpqrlijN"
_TO_SCALAR = {"sum", "norm", "norm1", "tr", "det", "logdet", "logsumexp"}
_SCALAR: tuple[str, ...] = ()


def infer_shapes(text: str, declared: Mapping[str, Sequence[int | str]]) -> dict[str, tuple[int | str, ...]]:
    """Return a shape for every symbol of an expression.

    Parameters
    ----------
    text : str
        The expression.
    declared : mapping
        Shapes that are known.

    Raises
    ------
    CalculusError
        The text is no expression.

    Examples
    --------
    >>> infer_shapes("u.T @ f(W @ x + b)", {})
    {'u': ('n', 1), 'W': ('n', 'm'), 'x': ('m', 1), 'b': ('n', 1)}
    >>> infer_shapes("x**3", {})
    {'x': ()}
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return {name: tuple(shape) for name, shape in declared.items()}  # `parse` says what is wrong, and where
    found = _Inference(tree, declared)
    found.shape(tree)
    return found.named()


class _Inference:
    def __init__(self, tree: ast.expr, declared: Mapping[str, Sequence[int | str]]) -> None:
        nodes = list(ast.walk(tree))
        functions = {id(n.func) for n in nodes if isinstance(n, ast.Call)}
        of_matrices = any(
            (isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult)) or isinstance(n, ast.Attribute) for n in nodes
        )
        of_matrices = of_matrices or any(len(shape) for shape in declared.values())
        self.same: dict[str, str] = {}  # a dimension and one that it equals
        self.symbols: dict[str, tuple[str, ...]] = {}
        letters = {d for shape in declared.values() for d in shape if isinstance(d, str)}
        names = [n for n in nodes if isinstance(n, ast.Name) and id(n) not in functions]
        for name in sorted(names, key=lambda n: (n.lineno, n.col_offset)):
            known = declared.get(name.id)
            if known is not None:
                self.symbols[name.id] = tuple(str(d) for d in known)
            elif name.id in letters:
                continue
            elif name.id[0].isupper():
                self.symbols[name.id] = (f"{name.id}:rows", f"{name.id}:columns")
            else:
                word = len(name.id) > 1 and name.id.isalpha()
                self.symbols[name.id] = _SCALAR if word or not of_matrices else (f"{name.id}:rows", "1")
        self.letters = letters

    def find(self, d: str) -> str:
        while d in self.same:
            d = self.same[d]
        return d

    def unify(self, a: str, b: str) -> None:
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if ":" in a:
            self.same[a] = b
        elif ":" in b:
            self.same[b] = a
        # two fixed dimensions that differ: `parse` shows where they meet

    def shape(self, tree: ast.expr) -> tuple[str, ...]:
        """Return the dimensions of a part, noting which have to agree."""
        match tree:
            case ast.Name(id=name):
                return self.symbols.get(name, _SCALAR)
            case ast.UnaryOp(operand=operand):
                return self.shape(operand)
            case ast.Attribute(value=value):
                return self.shape(value)[::-1]
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                a, b = self.shape(left), self.shape(right)
                if not a or not b:
                    return a or b
                self.unify(a[1], b[0])
                return self.collapsed((a[0], b[1]))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                self.shape(right)
                return self.shape(left)
            case ast.BinOp(left=left, right=right):
                a, b = self.shape(left), self.shape(right)
                if not a or not b:
                    return a or b
                for p, q in zip(a, b, strict=True):
                    if "1" not in (self.find(p), self.find(q)):
                        self.unify(p, q)
                return tuple(q if self.find(p) == "1" else p for p, q in zip(a, b, strict=True))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                shapes = [self.shape(a) for a in arguments if name not in ("eye", "ones", "zeros")]
                return self.called(name, shapes)
        return _SCALAR

    def called(self, name: str, shapes: list[tuple[str, ...]]) -> tuple[str, ...]:
        if name in _TO_SCALAR or not shapes:
            if name in ("tr", "det", "logdet") and shapes and shapes[0]:
                self.unify(*shapes[0])
            return _SCALAR
        if name == "inv" and shapes[0]:
            self.unify(*shapes[0])
        if name == "diag" and shapes[0]:
            rows = shapes[0][0]
            return (rows, rows) if self.find(shapes[0][1]) == "1" else (rows, "1")
        return shapes[0]

    def collapsed(self, shape: tuple[str, str]) -> tuple[str, ...]:
        return _SCALAR if self.find(shape[0]) == self.find(shape[1]) == "1" else shape

    def named(self) -> dict[str, tuple[int | str, ...]]:
        free = [letter for letter in _LETTERS if letter not in self.letters and letter not in self.symbols]
        chosen: dict[str, str] = {}

        def name(d: str) -> int | str:
            d = self.find(d)
            if ":" not in d:
                return int(d) if d.isdigit() else d
            if d not in chosen:
                if not free:
                    raise CalculusError("too many dimensions to name: declare the shapes")
                chosen[d] = free.pop(0)
            return chosen[d]

        return {symbol: tuple(name(d) for d in shape) for symbol, shape in self.symbols.items()}
