"""Entries of the operations table: functions of matrices, slices, stacks, and gathers of rows.

References
----------
Petersen & Pedersen, The Matrix Cookbook, chapter 2; Magnus & Neudecker 1999.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fanlight.calculus.operations import TABLE, F, Operation, Rule, Value, apply, column_shape, of_matrix, register
from fanlight.calculus.shapes import ONE, Dimension, Shape, shape_of, show
from fanlight.errors import CalculusError


def _square(name: str) -> Callable[[Shape], Shape]:
    def rule(shape: Shape) -> Shape:
        if shape and (len(shape) != 2 or shape[0] != shape[1]):
            raise CalculusError(f"{name}: {show(shape)} is not square")
        return shape

    return rule


def _to_scalar(rule: Callable[[Shape], Shape]) -> Callable[[Shape], Shape]:
    def shape(argument: Shape) -> Shape:
        rule(argument)
        return ()

    return shape


# ------------------------------------------------------------------------------------------------ matrices


def _diag(x: Value) -> Value:
    if x.ndim == 0:
        return x
    return np.diagflat(x) if x.shape[1] == 1 else np.diag(x).reshape(-1, 1)


def _diag_shape(shape: Shape) -> Shape:
    if shape == ():
        return ()
    if len(shape) == 2 and shape[1] == ONE:
        return (shape[0], shape[0])
    return column_shape(_square("diag")(shape))


def _reshape_shape(shape: Shape, r: Dimension, c: Dimension) -> Shape:
    entries = shape[0] * shape[1] if shape else ONE
    if entries != r * c:
        raise CalculusError(f"reshape: {show(shape)} has {entries} entries, {r} × {c} has {r * c}")
    return shape_of((r, c))


def _reshape_back(up: Value, x: Value) -> Value:
    """Return the upstream gradient in the shape of the reshaped argument."""
    if not len(x.shape):
        return F.sum(up)
    if not len(up.shape):
        return up * x.node(TABLE["ones"], (), tuple(x.shape)) if hasattr(x, "node") else np.reshape(up, x.shape)
    return apply("reshape", up, parameters=tuple(x.shape))


def _kron_shape(a: Shape, b: Shape) -> Shape:
    if a == () or b == ():
        return a or b
    return shape_of([p * q for p, q in zip(a, b, strict=True)])


def _stack_shape(name: str, axis: int) -> Rule:
    def rule(*shapes: Shape) -> Shape:
        full = [shape or (ONE, ONE) for shape in shapes]
        other = full[0][1 - axis]
        for shape in full:
            if len(shape) != 2 or shape[1 - axis] != other:
                raise CalculusError(f"{name}: {show(full[0])} and {show(shape)} do not fit")
        length = sum((shape[axis] for shape in full[1:]), full[0][axis])
        return shape_of((length, other) if axis == 0 else (other, length))

    return rule


def _stack_pullback(axis: int) -> Rule:
    def pullback(up: Value, out: Value, *parts: Value) -> tuple[Value, ...]:
        if not len(up.shape):
            return (up,)
        start: Any = Dimension(()) if hasattr(up, "node") else 0
        gradients = []
        for part in parts:
            size = part.shape[axis] if len(part.shape) else (ONE if hasattr(up, "node") else 1)
            place = (start, start + size)
            gradients.append(part_of(up, rows=place) if axis == 0 else part_of(up, columns=place))
            start = start + size
        return tuple(gradients)

    return pullback


def _slice(x: Value, r0: int, r1: int, c0: int, c1: int) -> Value:
    return x[r0:r1, c0:c1]


def part_of(x: Value, rows: tuple[Any, Any] | None = None, columns: tuple[Any, Any] | None = None) -> Value:
    """Return ``x[r0:r1, c0:c1]``."""
    zero = Dimension(()) if hasattr(x, "node") else 0
    bounds = (*(rows or (zero, x.shape[0])), *(columns or (zero, x.shape[1])))
    return apply("slice", x, parameters=bounds)


def _slice_pullback(up: Value, out: Value, x: Value, *bounds: Value) -> tuple[Value]:
    r0, r1, c0, c1 = bounds

    def zeros(r: Value, c: Value) -> Value:
        return x.node(TABLE["zeros"], (), (r, c)) if hasattr(x, "node") else np.zeros((r, c), x.dtype)

    def is_empty(d: Value) -> bool:
        return not d.terms if isinstance(d, Dimension) else d == 0

    height = r1 - r0
    sides = [zeros(height, n) if not is_empty(n) else None for n in (c0, x.shape[1] - c1)]
    row = [p for p in (sides[0], up, sides[1]) if p is not None]
    up = row[0] if len(row) == 1 else F.hstack(*row)
    ends = [zeros(n, x.shape[1]) if not is_empty(n) else None for n in (r0, x.shape[0] - r1)]
    column = [p for p in (ends[0], up, ends[1]) if p is not None]
    return (column[0] if len(column) == 1 else F.vstack(*column),)


def _eye_like(x: Value) -> Value:
    if hasattr(x, "node"):
        return x.node(TABLE["eye"], (), (x.shape[0],)) if x.shape else 1
    return np.eye(len(x), dtype=x.dtype) if x.ndim else 1


# adjoints of kron: kron_left(G, B)[i, j] is the sum over block (i, j) of G of its product with B; kron_right likewise
# for the right factor. The factor's shape is a parameter, because a product of dimensions does not determine it.


def _kron_left(up: Value, b: Value, m: int, n: int) -> Value:
    p, q = np.shape(b) or (1, 1)
    return np.einsum("iajb,ab->ij", up.reshape(m, p, n, q), b.reshape(p, q))


def _kron_right(up: Value, a: Value, p: int, q: int) -> Value:
    m, n = np.shape(a) or (1, 1)
    return np.einsum("iajb,ij->ab", up.reshape(m, p, n, q), a.reshape(m, n))


def _kron_adjoint(name: str, up: Value, factor: Value, other: Value) -> Value:
    if not len(other.shape):
        return F.sum(up * factor)
    if not len(factor.shape):
        return up * factor
    return apply(name, up, factor, parameters=tuple(other.shape))


def _kron_adjoint_shape(g: Shape, factor: Shape, rows: Dimension, columns: Dimension) -> Shape:
    lengths = [n * m for n, m in zip((rows, columns), factor or (ONE, ONE), strict=True)]
    if list(g or (ONE, ONE)) != lengths:
        raise CalculusError(f"kron: {show(g)} is not the product's shape, {show(shape_of(lengths))}")
    return shape_of((rows, columns))


for entry in (
    Operation("tr", of_matrix(np.trace), _to_scalar(_square("tr")), lambda up, out, x: (up * _eye_like(x),)),
    Operation("det", of_matrix(np.linalg.det), _to_scalar(_square("det")), lambda up, out, x: (up * out * F.inv(x).T,)),
    Operation(
        "logdet",
        of_matrix(lambda x: np.linalg.slogdet(x)[1]),
        _to_scalar(_square("logdet")),
        lambda up, out, x: (up * F.inv(x).T,),
    ),
    Operation("inv", of_matrix(np.linalg.inv), _square("inv"), lambda up, out, x: (-(out.T @ up @ out.T),)),
    Operation("diag", _diag, _diag_shape, lambda up, out, x: (F.diag(up),)),
    Operation(
        "kron",
        np.kron,
        _kron_shape,
        lambda up, out, a, b: (_kron_adjoint("kron_left", up, b, a), _kron_adjoint("kron_right", up, a, b)),
    ),
    Operation(
        "kron_left",
        _kron_left,
        _kron_adjoint_shape,
        lambda up, out, g, b, m, n: (F.kron(up, b), apply("kron_right", g, up, parameters=tuple(b.shape))),
    ),
    Operation(
        "kron_right",
        _kron_right,
        _kron_adjoint_shape,
        lambda up, out, g, a, p, q: (F.kron(a, up), apply("kron_left", g, up, parameters=tuple(a.shape))),
    ),
    Operation(
        "vstack",
        lambda *a: np.concatenate([np.reshape(x, (1, 1)) if np.ndim(x) == 0 else x for x in a]),
        _stack_shape("vstack", 0),
        _stack_pullback(0),
    ),
    Operation(
        "hstack",
        lambda *a: np.concatenate([np.reshape(x, (1, 1)) if np.ndim(x) == 0 else x for x in a], 1),
        _stack_shape("hstack", 1),
        _stack_pullback(1),
    ),
    Operation(
        "reshape",
        lambda x, r, c: np.reshape(x, (r, c)),
        _reshape_shape,
        lambda up, out, x, r, c: (_reshape_back(up, x),),
    ),
    Operation("slice", _slice, lambda x, r0, r1, c0, c1: shape_of((r1 - r0, c1 - c0)), _slice_pullback),
    Operation("eye", lambda n: np.eye(n), lambda n: shape_of((n, n)), lambda up, out, n: ()),
    Operation("ones", lambda r, c: np.ones((r, c)), lambda r, c: shape_of((r, c)), lambda up, out, r, c: ()),
    Operation("zeros", lambda r, c: np.zeros((r, c)), lambda r, c: shape_of((r, c)), lambda up, out, r, c: ()),
):
    register(entry)


# ------------------------------------------------------------------------------------------------ tables of rows


def _rows_shape(table: Shape, index: Shape) -> Shape:
    if len(index) != 1 or len(table) != 2:
        raise CalculusError(f"rows: needs a matrix and row numbers, not {show(table)} and {show(index)}")
    return shape_of((index[0], table[1]))


def _onehot_shape(index: Shape, length: Dimension) -> Shape:
    if index not in ((), (ONE,)):
        raise CalculusError(f"onehot: needs the number of one entry, not {show(index)}")
    return shape_of((length, ONE))


def _onehot_rows_shape(index: Shape, length: Dimension) -> Shape:
    if len(index) != 1:
        raise CalculusError(f"onehot_rows: needs row numbers, not {show(index)}")
    return shape_of((index[0], length))


def _scatter_rows(up: Value, index: Value, count: int) -> Value:
    out = np.zeros((count, up.shape[1]), up.dtype)
    np.add.at(out, index, up)
    return out


def _bag_shape(table: Shape, ids: Shape, offsets: Shape) -> Shape:
    if len(ids) != 1 or len(offsets) != 1 or len(table) != 2:
        raise CalculusError(
            f"bag: needs a matrix and two vectors of numbers, not {show(table)}, {show(ids)}, {show(offsets)}"
        )
    return shape_of((offsets[0] - ONE, table[1]))


def _bag(table: Value, ids: Value, offsets: Value) -> Value:
    sums = np.zeros((len(ids) + 1, table.shape[1]), np.float64)
    np.cumsum(table[ids], axis=0, dtype=np.float64, out=sums[1:])
    return (sums[offsets[1:]] - sums[offsets[:-1]]).astype(table.dtype)


def _scatter_bag(up: Value, ids: Value, offsets: Value, count: int) -> Value:
    return _scatter_rows(up[np.repeat(np.arange(len(up)), np.diff(offsets))], ids, count)


for entry in (
    Operation(
        "rows",
        lambda table, index: table[index],
        _rows_shape,
        lambda up, out, table, index: (apply("scatter_rows", up, index, parameters=(table.shape[0],)), None),
    ),
    Operation(
        "onehot",
        lambda index, n: np.eye(n)[int(index.item())].reshape(-1, 1),
        _onehot_shape,
        lambda up, out, index, n: (None,),
    ),
    Operation("onehot_rows", lambda index, n: np.eye(n)[index], _onehot_rows_shape, lambda up, out, index, n: (None,)),
    Operation(
        "scatter_rows",
        _scatter_rows,
        lambda up, index, count: shape_of((count, up[1])),
        lambda up, out, g, index, count: (F.rows(up, index), None),
    ),
    Operation(
        "bag",
        _bag,
        _bag_shape,
        lambda up, out, table, ids, offsets: (
            apply("scatter_bag", up, ids, offsets, parameters=(table.shape[0],)),
            None,
            None,
        ),
    ),
    Operation(
        "scatter_bag",
        _scatter_bag,
        lambda up, ids, offsets, count: shape_of((count, up[1])),
        lambda up, out, g, ids, offsets, count: (F.bag(up, ids, offsets), None, None),
    ),
):
    register(entry)
