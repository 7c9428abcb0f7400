"""Shape inference: undeclared shapes, from the use of the symbols.

Upper-case names are matrices and lower-case letters columns, as in lectures; words such as ``lam`` are scalars unless
they are operands of ``@`` or ``.T``, or arguments of functions of vectors. In expressions without vectors and matrices,
lower-case letters are scalars. Dimensions that must be equal share a letter: n, m, k, … in order of occurrence.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from fanlight.calculus.rewritings import ALIASES
from fanlight.calculus.syntax import syntax_tree
from fanlight.errors import CalculusError

_NAMES = "nmkpqrlijN"
_TO_SCALAR = {
    "sum", "norm", "norm1", "tr", "trace", "det", "logdet", "logsumexp", "mean", "var", "std", "max", "min", "dot",
}  # fmt: skip
_OF_VECTORS = _TO_SCALAR | {
    "softmax", "log_softmax", "softmax_rows", "logsumexp_rows", "log_softmax_rows", "row_sums", "column_sums",
    "row_means", "column_means", "diag", "vstack", "hstack", "outer", "kron", "inv", "solve", "vec", "reshape", "rows",
    "bag", "matrix_power", "transpose",
}  # fmt: skip
_SQUARE = {"tr", "trace", "det", "logdet", "inv", "matrix_power"}
_OF_DIMENSIONS = {  # number of arguments before the dimensions
    "eye": 0, "ones": 0, "zeros": 0, "reshape": 1, "scatter_rows": 2, "onehot": 1, "onehot_rows": 1,
}  # fmt: skip
_WITHOUT_AXIS = {"sum", "mean", "logsumexp"}
_SCALAR: tuple[str, ...] = ()
Dimensions = tuple[str, ...]


def infer_shapes(
    text: str, declared: Mapping[str, Sequence[int | str]], *, prefer_vectors: bool = False
) -> dict[str, tuple[int | str, ...]]:
    """Return a shape for every symbol of an expression.

    Parameters
    ----------
    text : str
        The expression.
    declared : mapping
        Declared shapes; a shape of one dimension is a column, or row numbers if the symbol is used so.
    prefer_vectors : bool
        Whether lower-case letters are columns even in expressions without vectors and matrices.

    Raises
    ------
    CalculusError
        The text is not an expression, or has more free dimensions than there are letters.

    Examples
    --------
    >>> infer_shapes("u.T @ f(W @ x + b)", {})
    {'u': ('n', 1), 'W': ('n', 'm'), 'x': ('m', 1), 'b': ('n', 1)}
    >>> infer_shapes("x**3", {}), infer_shapes("softmax(z)", {})
    ({'x': ()}, {'z': ('n', 1)})
    """
    tree = syntax_tree(text)
    solver = _Inference(tree, declared, prefer_vectors)
    solver.shape(tree)
    return solver.with_names()


def guesses(text: str, declared: Mapping[str, Sequence[int | str]], *, prefer_vectors: bool = False) -> list[str]:
    """Return messages about shapes that the text does not determine, with the option that declares another.

    Examples
    --------
    >>> guesses("norm(x - y)**2", {"y": ("n", 1)}), guesses("softmax(z)", {})
    ([], ['z taken as a column: --shape z=n, or z= for a scalar'])
    """
    tree = syntax_tree(text)
    solver = _Inference(tree, declared, prefer_vectors)
    solver.shape(tree)
    sure = {d for name in solver.used_as_vectors | set(declared) for d in solver.symbols.get(name, ())}
    sure = {solver.find(d) for d in sure}
    messages = []
    for name, shape in solver.with_names().items():
        dimensions = [solver.find(d) for d in solver.symbols[name]]
        if name in declared or name in solver.used_as_vectors or name in solver.row_numbers:
            continue
        if name == "e" and re.search(r"\be\s*(\*\*|\^)", text):
            messages.append("e is a symbol here: the exponential function is written exp(x)")
        elif not shape:
            messages.append(f"{name} taken as a scalar: --shape {name}=n for a column")
        elif not any(d in sure for d in dimensions if d != "1"):
            size = ",".join(map(str, shape[:1] if shape[1] == 1 else shape))
            kind, otherwise = ("column", f", or {name}= for a scalar") if shape[1] == 1 else ("matrix", "")
            messages.append(f"{name} taken as a {kind}: --shape {name}={size}{otherwise}")
    return messages


class _Inference:
    """The dimensions of the symbols, and equalities of dimensions.

    A dimension is a number, a declared letter, a free dimension ``NAME:rows`` or ``NAME:columns``, or a sum or product
    of these joined by `` + `` or `` * ``.
    """

    def __init__(
        self, tree: ast.expr, declared: Mapping[str, Sequence[int | str]], prefer_vectors: bool = False
    ) -> None:
        self.equal: dict[str, str] = {}
        self.symbols: dict[str, Dimensions] = {}
        self.ranges: dict[str, str] = {}  # the length of each index of a sum
        nodes = list(ast.walk(tree))
        self.row_numbers = {
            a.id
            for n in nodes
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("rows", "bag")
            for a in n.args[1:]
            if isinstance(a, ast.Name)
        }
        self.indices = {n.id for part in _index_trees(tree) for n in ast.walk(part) if isinstance(n, ast.Name)}
        self.row_numbers |= self.indices & set(declared)
        self.used_as_vectors = {n.id for n in _operands(tree) if isinstance(n, ast.Name)}
        arguments = [a for call in _vector_calls(tree) for arg in call.args for a in _summands(arg)]
        self.arguments = {a.id for a in arguments if isinstance(a, ast.Name)}
        self.letters = {d for shape in declared.values() for d in shape if isinstance(d, str)} - set(declared)
        lengths = {n.id for part in _dimension_trees(tree) for n in ast.walk(part) if isinstance(n, ast.Name)}
        self.letters |= lengths - set(declared)
        names = [*_symbol_names(tree), *sorted(self.indices & set(declared))]
        vectors = prefer_vectors or bool(self.used_as_vectors or self.row_numbers) or any(map(len, declared.values()))
        vectors = vectors or any(isinstance(n, ast.Subscript) for n in nodes)
        vectors = vectors or any(name[0].isupper() for name in names) or any(_vector_calls(tree))
        for name in names:
            self._add(name, declared.get(name), vectors)

    def _add(self, name: str, declared: Sequence[int | str] | None, vectors: bool) -> None:
        if declared is not None:
            shape = tuple(str(d) for d in declared)
            self.symbols[name] = (*shape, "1") if len(shape) == 1 and name not in self.row_numbers else shape
        elif name in self.letters or ALIASES.get(name, name) == "pi":
            return
        elif name in self.row_numbers:
            self.symbols[name] = (f"{name}:rows",)
        elif name in ("n", "m", "N") and name not in self.used_as_vectors | self.arguments:
            self.symbols[name] = _SCALAR  # a number of examples or entries
        elif name[0].isupper():
            self.symbols[name] = (f"{name}:rows", f"{name}:columns")
        else:
            word = len(name) > 1 and name.isalpha() and name not in self.used_as_vectors | self.arguments
            self.symbols[name] = _SCALAR if word or not vectors else (f"{name}:rows", "1")

    def find(self, d: str) -> str:
        while d in self.equal:
            d = self.equal[d]
        return d

    def unify(self, a: str, b: str) -> None:
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if _is_free(a) and a not in b.split(" + "):
            self.equal[a] = b
        elif _is_free(b) and b not in a.split(" + "):
            self.equal[b] = a
        # `parse` reports fixed dimensions that differ

    def shape(self, tree: ast.expr) -> Dimensions:
        """Return the dimensions of a sub-expression, and record equalities."""
        match tree:
            case ast.Name(id=name):
                return self.symbols.get(name, _SCALAR)
            case ast.UnaryOp(operand=operand):
                return self.shape(operand)
            case ast.Attribute(value=value):
                return self.shape(value)[::-1]
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return self._product(self.shape(left), self.shape(right))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._broadcast(self.shape(left), self.shape(right))
            case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
                return self._broadcast(self.shape(left), self.shape(right))
            case ast.Subscript(value=value, slice=ast.Tuple(elts=[r, c])):
                return self._part(self.shape(value), (r, c))
            case ast.Subscript(value=value, slice=place):
                shape = self.shape(value)
                turned = len(shape) == 2 and self.find(shape[0]) == "1"
                return self._part(shape, (ast.Slice(), place) if turned else (place, ast.Slice()))
            case ast.GeneratorExp(elt=body, generators=loops):
                for loop in loops:
                    self._note_range(loop)
                return self.shape(body)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
                return self._call(ALIASES.get(name, name), arguments, bool(keywords))
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments):
                return self._call(name, [value, *arguments], bool(tree.keywords))
        return _SCALAR

    def _product(self, a: Dimensions, b: Dimensions) -> Dimensions:
        if len(a) != 2 or len(b) != 2:
            return a or b
        self.unify(a[1], b[0])
        return self._collapse((a[0], b[1]))

    def _broadcast(self, a: Dimensions, b: Dimensions) -> Dimensions:
        if len(a) != 2 or len(b) != 2:
            return a or b
        for p, q in zip(a, b, strict=True):
            if "1" not in (self.find(p), self.find(q)):
                self.unify(p, q)
        return tuple(q if self.find(p) == "1" else p for p, q in zip(a, b, strict=True))

    def _part(self, shape: Dimensions, bounds: tuple[ast.expr, ast.expr]) -> Dimensions:
        if len(shape) != 2:
            return shape
        sizes = []
        for d, part in zip(shape, bounds, strict=True):
            match part:
                case ast.Name(id=name) if name in self.ranges:
                    self.unify(d, self.ranges[name])
                    sizes.append("1")
                case ast.Name(id=name) if len(self.symbols.get(name, ())) == 1:
                    sizes.append(self.symbols[name][0])
                case ast.expr() if not isinstance(part, ast.Slice):
                    sizes.append("1")
                case ast.Slice(lower=None, upper=None):
                    sizes.append(d)
                case ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Name() | ast.Constant() as upper):
                    sizes.append(ast.unparse(upper))
                case ast.Slice(lower=ast.Constant(value=int() as a), upper=ast.Constant(value=int() as b)):
                    sizes.append(str(b - a))
                case _:
                    sizes.append(self._new_dimension())
        return self._collapse((sizes[0], sizes[1]))

    def _note_range(self, loop: ast.comprehension) -> None:
        """Record the length of an index of a sum."""
        match loop:
            case ast.comprehension(target=ast.Name(id=name), iter=ast.Call(args=[length])):
                self.ranges[name] = ast.unparse(length)

    def _new_dimension(self) -> str:
        return f"part:{len(self.equal)}"

    def _call(self, name: str, arguments: list[ast.expr], axis: bool) -> Dimensions:
        split = _OF_DIMENSIONS.get(name, len(arguments))
        shapes = [self.shape(a) for a in arguments[:split]]
        if split < len(arguments):
            sizes = [ast.unparse(a) for a in arguments[split:]]
            match name:
                case "onehot":
                    return (sizes[0], "1")
                case "onehot_rows":
                    return (shapes[0][0] if shapes[0] else "1", sizes[0])
                case "scatter_rows":
                    return (sizes[0], shapes[0][1]) if len(shapes[0]) == 2 else _SCALAR
            return self._collapse((sizes[0], sizes[-1]))
        if name in _SQUARE and shapes and len(shapes[0]) == 2:
            self.unify(*shapes[0])
        if name in ("dot", "solve", "maximum", "minimum", "max", "min", "where", "clip") and len(shapes) > 1:
            return self._call_of_several(name, shapes)
        if (name in _TO_SCALAR and not axis) or not shapes:
            return _SCALAR
        return self._matrix_function(name, shapes, axis)

    def _call_of_several(self, name: str, shapes: list[Dimensions]) -> Dimensions:
        if name == "solve":
            if len(shapes[0]) == 2:
                self.unify(*shapes[0])
            return self._product(shapes[0][::-1], shapes[1])
        result = shapes[0]
        for shape in shapes[1:]:
            result = self._broadcast(result, shape)
        return _SCALAR if name == "dot" else result

    def _matrix_function(self, name: str, shapes: list[Dimensions], axis: bool) -> Dimensions:
        shape = shapes[0]
        if name in ("rows", "bag") and len(shapes) > 1:
            return (shapes[1][0] if shapes[1] else "1", shape[1]) if len(shape) == 2 else _SCALAR
        if len(shape) != 2:
            return shape if name not in ("vstack", "hstack") else self._stack(name, shapes)
        match name:
            case "diag":
                if ":columns" in self.find(shape[1]):
                    self.unify(shape[1], shape[0])
                return (shape[0], shape[0]) if self.find(shape[1]) == "1" else (shape[0], "1")
            case "outer":
                return (shape[0], shapes[1][0]) if len(shapes) > 1 and shapes[1] else shape
            case "vstack" | "hstack":
                return self._stack(name, shapes)
            case "row_sums" | "row_means" | "logsumexp_rows":
                return self._collapse((shape[0], "1"))
            case "column_sums" | "column_means":
                return self._collapse(("1", shape[1]))
            case "transpose":
                return shape[::-1]
            case "vec":
                return (" * ".join(d for d in map(self.find, shape) if d != "1") or "1", "1")
        return (shape[0], "1") if axis and name in _WITHOUT_AXIS else shape

    def _stack(self, name: str, shapes: list[Dimensions]) -> Dimensions:
        full = [shape if len(shape) == 2 else ("1", "1") for shape in shapes]
        axis = 0 if name == "vstack" else 1
        for shape in full[1:]:
            self.unify(full[0][1 - axis], shape[1 - axis])
        length = " + ".join(self.find(shape[axis]) for shape in full)
        return (length, full[0][1]) if axis == 0 else (full[0][0], length)

    def _collapse(self, shape: tuple[str, str]) -> Dimensions:
        return _SCALAR if self.find(shape[0]) == self.find(shape[1]) == "1" else shape

    def with_names(self) -> dict[str, tuple[int | str, ...]]:
        """Return the shapes, with a letter for every free dimension."""
        free = [letter for letter in _NAMES if letter not in self.letters | self.indices | set(self.symbols)]
        letters: dict[str, str] = {}

        def name(d: str) -> int | str:
            d = self.find(d)
            if " * " in d:
                parts = [name(part) for part in d.split(" * ")]
                numbers = [part for part in parts if isinstance(part, int)]
                return math.prod(numbers) if len(numbers) == len(parts) else "*".join(map(str, parts))
            if " + " in d:
                parts = [name(part) for part in d.split(" + ")]
                numbers = [part for part in parts if isinstance(part, int)]
                return sum(numbers) if len(numbers) == len(parts) else " + ".join(map(str, parts))
            if not _is_free(d):
                return int(d) if d.isdigit() else d
            if d not in letters:
                if not free:
                    raise CalculusError("too many dimensions to name: declare the shapes")
                letters[d] = free.pop(0)
            return letters[d]

        return {symbol: tuple(name(d) for d in shape) for symbol, shape in self.symbols.items()}


def _is_free(d: str) -> bool:
    return ":" in d and " + " not in d and " * " not in d


def _operands(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the operands of @, .T and indexing; of sums of two symbols under @ and .T also the terms."""
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                yield from (*_summands(left), *_summands(right))
            case ast.Attribute(value=value, attr="T"):
                yield from _summands(value)
            case ast.Subscript(value=value):
                yield value


def _summands(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield a sub-expression and, if it is a sum or difference of two symbols, the symbols, which share its shape."""
    yield tree
    match tree:
        case ast.BinOp(left=ast.Name() as left, op=ast.Add() | ast.Sub(), right=ast.Name() as right):
            yield from (left, right)


def _vector_calls(tree: ast.expr) -> Iterator[ast.Call]:
    """Yield the calls of functions of vectors or matrices."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
                entrywise = name in ("max", "min") and len(arguments) > 1
                if ALIASES.get(name, name) in _OF_VECTORS and not entrywise:
                    yield node


def _dimension_trees(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the sub-expressions that are lengths: bounds of ranges and slices, and dimensions as arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.comprehension(iter=ast.Call(args=arguments)):
                yield from arguments
            case ast.Slice(lower=lower, upper=upper):
                yield from (bound for bound in (lower, upper) if bound is not None)
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in _OF_DIMENSIONS:
                yield from arguments[_OF_DIMENSIONS[name] :]


def _index_trees(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the sub-expressions that are indices: in brackets, of sums, and of onehot."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Tuple(elts=places)):
                yield from (place for place in places if not isinstance(place, ast.Slice))
            case ast.Subscript(slice=place) if not isinstance(place, ast.Slice):
                yield place
            case ast.comprehension(target=target):
                yield target
            case ast.Call(func=ast.Name(id="onehot"), args=[index, *_]):
                yield index


def _symbol_names(tree: ast.expr) -> list[str]:
    """Return the names of symbols, without functions, lengths and indices, in the order of the text."""
    excluded = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    excluded |= {id(n) for part in (*_dimension_trees(tree), *_index_trees(tree)) for n in ast.walk(part)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in excluded]
    return list(dict.fromkeys(n.id for n in sorted(names, key=lambda n: (n.lineno, n.col_offset))))
