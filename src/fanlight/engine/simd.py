"""SIMD vectors as values in Numba kernels, so that sums stay in registers.

LLVM vectorises Numba's loops over arrays, but must assume that the arrays overlap and writes each sum back to memory.
The functions here are intrinsics on LLVM vectors. A width is passed as a tuple of that length, which is a compile-time
constant.

>>> from numba import njit
>>> @njit
... def doubled(a, out, width):
...     v = load(a, 0, width)
...     store(v + v, out, 0)
>>> import numpy as np
>>> out = np.zeros(4, np.float32)
>>> doubled(np.arange(4, dtype=np.float32), out, (0,) * 4)
>>> out.tolist()
[0.0, 2.0, 4.0, 6.0]
"""

# mypy: disallow-untyped-calls=False, warn-unused-ignores=False
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import extending, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model
from numpy.typing import DTypeLike, NDArray


def allocate_aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float32, zeros: bool = True) -> NDArray[Any]:
    """Return an array aligned to a cache line, so that no vector crosses two lines; filled with zeros if `zeros`."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    buffer = np.empty(size + 64, np.uint8)  # NumPy asks for large pages for large ones
    offset = -buffer.ctypes.data % 64
    array: NDArray[Any] = buffer[offset : offset + size].view(dtype).reshape(shape)
    if zeros:
        array[...] = 0
    return array


# with 16 registers of 256 bits, a tile of 6 by 16 sums is the largest that leaves registers for the factors
MANY_REGISTERS: bool = binding.get_host_cpu_features().get("avx512f", False)
_intrinsic: Callable[[Any], Any] = extending.intrinsic  # hides from mypy that callers omit the first parameter


class Vector(types.Type):
    """Numba's type of `count` floats."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype, self.count = dtype, count
        super().__init__(name=f"Vector({dtype}, {count})")


@register_model(Vector)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, type_: Vector) -> None:
        super().__init__(manager, type_, _llvm(type_))


def _llvm(type_: Vector) -> Any:
    return ir.VectorType(ir.FloatType() if type_.dtype == types.float32 else ir.DoubleType(), type_.count)


@_intrinsic
def load(typingctx: Any, array: Any, place: Any, width: Any) -> Any:
    """Return `width` numbers of a contiguous array, from the flat index `place` on."""
    vector = Vector(array.dtype, len(width))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, sig.args[0], args[0], args[1], kind=_llvm(vector))
        return builder.load(pointer, align=vector.dtype.bitwidth // 8)

    return vector(array, types.intp, width), generate


@_intrinsic
def store(typingctx: Any, vector: Any, array: Any, place: Any) -> Any:
    """Write a vector to a contiguous array, from the flat index `place` on."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, sig.args[1], args[1], args[2], kind=_llvm(vector))
        builder.store(args[0], pointer, align=vector.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(vector, array, types.intp), generate


@_intrinsic
def store_rounded(typingctx: Any, vector: Any, array: Any, place: Any) -> Any:
    """Write a vector to an array of integers, from `place` on, rounded half to even."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = _llvm(vector)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind]), f"llvm.rint.v{vector.count}f{vector.dtype.bitwidth}"
        )
        integers = ir.VectorType(ir.IntType(array.dtype.bitwidth), vector.count)
        pointer = _pointer(context, builder, sig.args[1], args[1], args[2], kind=integers)
        rounded = builder.fptosi(builder.call(function, [args[0]]), integers)
        builder.store(rounded, pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(vector, array, types.intp), generate


@_intrinsic
def prefetch(typingctx: Any, array: Any, place: Any) -> Any:
    """Prefetch the cache line of one number of a contiguous array into the level-2 cache."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        pointer = _pointer(context, builder, sig.args[0], args[0], args[1], kind=ir.IntType(8))
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, *(ir.Constant(number, n) for n in (0, 2, 1))])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@_intrinsic
def splat(typingctx: Any, number: Any, width: Any) -> Any:
    """Return a vector of `width` copies of a number."""
    vector = Vector(number, len(width))

    return vector(number, width), lambda context, builder, sig, args: _repeat(builder, args[0], _llvm(vector))


@_intrinsic
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a * b + c, fused where the machine has the instruction."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = _llvm(a)
        name = f"llvm.fmuladd.v{a.count}f{a.dtype.bitwidth}"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
        return builder.call(function, args)

    return a(a, b, c), generate


@_intrinsic
def add_row(typingctx: Any, sums: Any, array: Any, place: Any, scale: Any) -> Any:
    """Return sums plus a row of a contiguous array from `place` on: floats, or integers times `scale`."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind, number = _llvm(sums), array.dtype
        stored = kind if number == sums.dtype else ir.VectorType(ir.IntType(number.bitwidth), sums.count)
        row = builder.load(_pointer(context, builder, array, args[1], args[2], kind=stored), align=number.bitwidth // 8)
        if stored is kind:
            return builder.fadd(args[0], row)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fmuladd.v{sums.count}f{sums.dtype.bitwidth}"
        )
        return builder.call(function, [builder.sitofp(row, kind), _repeat(builder, args[3], kind), args[0]])

    return sums(sums, array, types.intp, sums.dtype), generate


@_intrinsic
def larger(typingctx: Any, a: Any, b: Any) -> Any:
    """Return the elementwise maximum."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return a(a, b), generate


@_intrinsic
def total(typingctx: Any, a: Any) -> Any:
    """Return the sum of a vector's elements, by pairwise summation."""
    return a.dtype(a), lambda context, builder, sig, args: _reduce(builder, args[0], builder.fadd)


@_intrinsic
def largest(typingctx: Any, a: Any) -> Any:
    """Return the maximum of a vector's elements."""

    def greater(builder: Any) -> Callable[[Any, Any], Any]:
        return lambda x, y: builder.select(builder.fcmp_ordered(">", x, y), x, y)

    return a.dtype(a), lambda context, builder, sig, args: _reduce(builder, args[0], greater(builder))


@_intrinsic
def tile(typingctx: Any, rows: Any, width: Any, a: Any, i: Any, lda: Any, b: Any, j: Any, depth: Any, c: Any, k: Any,
         ldc: Any) -> Any:  # fmt: skip
    """Add a (rows, depth) @ b (depth, width) to a tile of c (rows, width), with the sums in registers.

    The tile begins at flat index k of c, with row stride `ldc`; a begins at i, with row stride `lda`; b is contiguous
    from j on. Each sum runs in the order of depth, so that its bits do not depend on the tile.
    """
    number, lane_count = a.dtype, 16 if len(width) % 16 == 0 else 8
    kind = ir.VectorType(ir.FloatType() if number == types.float32 else ir.DoubleType(), lane_count)
    R, parts = len(rows), len(width) // lane_count

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        _, _, a, i, lda, b, j, depth, c, k, ldc = args
        constant = lambda n: ir.Constant(i.type, n)  # noqa: E731
        at = lambda array, which, place: _pointer(context, builder, sig.args[which], array, place, kind=kind)  # noqa: E731
        size, sums = (
            number.bitwidth // 8,
            [[cgutils.alloca_once(builder, kind) for _ in range(parts)] for _ in range(R)],
        )
        places = [
            [builder.add(builder.add(k, builder.mul(ldc, constant(r))), constant(lane_count * p)) for p in range(parts)]
            for r in range(R)
        ]
        for r in range(R):
            for p in range(parts):
                builder.store(builder.load(at(c, 8, places[r][p]), align=size), sums[r][p])
        data = context.make_array(sig.args[2])(context, builder, a).data
        row_pointers = [builder.gep(data, [builder.add(i, builder.mul(lda, constant(r)))]) for r in range(R)]
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fmuladd.v{lane_count}f{number.bitwidth}"
        )
        with cgutils.for_range(builder, depth) as loop:
            row = builder.add(j, builder.mul(loop.index, constant(lane_count * parts)))
            columns = [
                builder.load(at(b, 5, builder.add(row, constant(lane_count * p))), align=size) for p in range(parts)
            ]
            for r in range(R):
                x = _repeat(builder, builder.load(builder.gep(row_pointers[r], [loop.index])), kind)
                for p in range(parts):
                    builder.store(builder.call(function, [x, columns[p], builder.load(sums[r][p])]), sums[r][p])
        for r in range(R):
            for p in range(parts):
                builder.store(builder.load(sums[r][p]), at(c, 8, places[r][p]), align=size)
        return context.get_dummy_value()

    n = types.intp
    return types.void(rows, width, a, n, n, b, n, n, c, n, n), generate


def _repeat(builder: Any, number: Any, kind: Any) -> Any:
    """Return a vector of a type `kind` whose elements are all `number`."""
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), mask)


def _reduce(builder: Any, vector: Any, join: Callable[[Any, Any], Any]) -> Any:
    count = vector.type.count
    index = ir.IntType(32)
    while count > 1 and count % 2 == 0:
        count //= 2
        low, high = (
            builder.shuffle_vector(
                vector, vector, ir.Constant(ir.VectorType(index, count), list(range(begin, begin + count)))
            )
            for begin in (0, count)
        )
        vector = join(low, high)
    total = builder.extract_element(vector, ir.Constant(index, 0))
    for i in range(1, count):
        total = join(total, builder.extract_element(vector, ir.Constant(index, i)))
    return total


def _pointer(context: Any, builder: Any, type_: Any, array: Any, place: Any, *, kind: Any) -> Any:
    data = context.make_array(type_)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), kind.as_pointer())


def _operator(symbol: Any, method: str) -> None:
    @infer_global(symbol)
    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and isinstance(args[0], Vector) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(symbol, Vector, Vector)  # type: ignore[untyped-decorator]
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, method)(*args)


for _symbol, _method in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operator(_symbol, _method)
