"""Shapes with symbolic dimensions.

A shape is ``()`` for a scalar, ``(rows, columns)`` for a matrix, and ``(N,)`` only for row numbers. A dimension is an
integer plus multiples of letters or of their products, such as ``m``, ``3d`` or ``m + n``. A 1x1 matrix is a scalar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanlight.errors import CalculusError

Monomial = tuple[str, ...]  # letters multiplied, in order; () is one


@dataclass(frozen=True)
class Dimension:
    """A length: a polynomial of letters with integer coefficients.

    Examples
    --------
    >>> str(dimension("3d") + dimension(2))
    '3*d + 2'
    >>> (dimension("3d") * dimension("n")).value({"d": 4, "n": 2})
    24
    """

    terms: tuple[tuple[Monomial, int], ...]

    @classmethod
    def of(cls, counts: Mapping[Monomial, int]) -> Dimension:
        """Return the dimension with a coefficient for each monomial."""
        return cls(tuple(sorted(((k, n) for k, n in counts.items() if n), key=lambda term: (-len(term[0]), term[0]))))

    @property
    def letters(self) -> set[str]:
        """The letters of the dimension."""
        return {letter for monomial, _ in self.terms for letter in monomial}

    @property
    def constant(self) -> int:
        """The constant term."""
        return dict(self.terms).get((), 0)

    def __add__(self, other: Dimension) -> Dimension:
        counts = dict(self.terms)
        for monomial, count in other.terms:
            counts[monomial] = counts.get(monomial, 0) + count
        return Dimension.of(counts)

    def __mul__(self, other: Dimension | int) -> Dimension:
        if isinstance(other, int):
            return Dimension.of({k: n * other for k, n in self.terms})
        counts: dict[Monomial, int] = {}
        for a, p in self.terms:
            for b, q in other.terms:
                monomial = tuple(sorted(a + b))
                counts[monomial] = counts.get(monomial, 0) + p * q
        return Dimension.of(counts)

    def __sub__(self, other: Dimension) -> Dimension:
        return self + other * -1

    def __str__(self) -> str:
        parts = []
        for monomial, n in sorted(self.terms, key=lambda term: term[1] < 0):
            product = "*".join(monomial)
            sign = {1: "", -1: "-"}.get(n, f"{n}*")
            parts.append(f"{sign}{product}" if product else str(n))
        return (" + ".join(parts) or "0").replace("+ -", "- ")

    def value(self, lengths: Mapping[str, int]) -> int:
        """Return the number, given the lengths of the letters.

        Raises
        ------
        CalculusError
            The length of a letter is missing.
        """
        try:
            return sum(n * math.prod(lengths[k] for k in monomial) for monomial, n in self.terms)
        except KeyError as missing:
            raise CalculusError(f"dimension {self}: the length of {missing} is not known from the inputs") from None


Shape = tuple[Dimension, ...]
ONE = Dimension.of({(): 1})


def dimension(value: int | str | Dimension) -> Dimension:
    """Parse a dimension: a number, a letter, a multiple such as ``"3d"``, or a sum of these."""
    if isinstance(value, Dimension):
        return value
    if isinstance(value, int):
        return Dimension.of({(): value})
    total = Dimension(())
    for part in value.split("+"):
        match = re.fullmatch(r"\s*(\d*)\s*\*?\s*([^\W\d]\w*(\s*\*\s*[^\W\d]\w*)*)?\s*", part)
        if not match or not part.strip():
            raise CalculusError(f"dimension {value!r}: write a number, a letter or a multiple such as 3d")
        letters = tuple(sorted(letter.strip() for letter in match[2].split("*"))) if match[2] else ()
        total = total + Dimension.of({letters: int(match[1] or 1)})
    return total


def shape_of(values: Sequence[int | str | Dimension]) -> Shape:
    """Parse the dimensions of a shape; 1x1 is a scalar."""
    shape = tuple(dimension(value) for value in values)
    return () if shape == (ONE, ONE) else shape


def show(shape: Sequence[object]) -> str:
    """Return a shape as text, such as "m × n"."""
    return "scalar" if not len(shape) else " × ".join(map(str, shape))


def broadcast(operation: str, a: Shape, b: Shape) -> Shape:
    """Return the shape of an elementwise result by NumPy's broadcasting.

    Raises
    ------
    CalculusError
        The shapes do not fit; the message names the dimension.
    """
    if a == b or b == ():
        return a
    if a == ():
        return b
    if len(a) != 2 or len(b) != 2:
        raise CalculusError(f"{operation}: {show(a)} and {show(b)} do not fit: row numbers take no arithmetic")
    result = []
    for name, p, q in zip(("rows", "columns"), a, b, strict=True):
        if p != q and ONE not in (p, q):
            raise CalculusError(f"{operation}: {show(a)} and {show(b)} do not fit: {p} {name} against {q}")
        result.append(q if p == ONE else p)
    return tuple(result)
