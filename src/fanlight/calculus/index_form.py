"""The normal form in index notation: sums of coefficients times indexed factors.

``(W @ x + b)_i`` is ``W_ij x_j + b_i``: indices that are not free are summed over, and a term without a free index is
constant along it. Matrix, outer, elementwise and diagonal products, traces, transposes and broadcasting have the same
notation, so equal expressions become equal sums.

References
----------
Laue, Mitterreiter, Giesen 2020, A simple and efficient tensor calculus.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, NamedTuple

from fanlight.calculus.shapes import Dimension

_LIMIT_OF_ORDERS = 720  # most orders of indistinguishable summed indices that are tried for a term's smallest name
_numbers = itertools.count()


class Index(NamedTuple):
    """An index with a unique number, and the number of its values."""

    number: int
    length: Dimension

    def __hash__(self) -> int:
        return self.number


def new_index(length: Dimension) -> Index:
    """Return a new index with a given number of values."""
    return Index(next(_numbers), length)


class Factor(NamedTuple):
    """``atom[indices] ** exponent``, entry by entry."""

    atom: Atom
    indices: tuple[Index, ...]
    exponent: Fraction = Fraction(1)

    def with_names(self, names: Mapping[Index, Index]) -> Factor:
        """Return the factor with indices replaced by `names`."""
        return self._replace(indices=tuple(names.get(i, i) for i in self.indices))


class Term(NamedTuple):
    """A coefficient times factors; indices that are not axes of the form are summed over."""

    coefficient: Fraction
    factors: tuple[Factor, ...]

    @property
    def indices(self) -> set[Index]:
        """All indices of the factors."""
        return {i for factor in self.factors for i in factor.indices}


class Form(NamedTuple):
    """A sum of terms with free indices `axes`; no term is zero."""

    terms: tuple[Term, ...]
    axes: tuple[Index, ...]

    @classmethod
    def of(cls, atom: Atom, indices: Sequence[Index], axes: Sequence[Index] | None = None) -> Form:
        """Return a form of one factor, with the factor's indices as axes by default."""
        term = Term(Fraction(1), (Factor(atom, tuple(indices)),))
        return cls((term,), tuple(dict.fromkeys(indices) if axes is None else axes))


class Atom:
    """The array of which a factor is an entry.

    Attributes
    ----------
    kind : str
        ``symbol``, ``eye``, ``length``, ``number``, ``function`` (entry by entry), ``group`` (a sum in parentheses),
        ``part`` (one where row number = offset + column number), ``call`` (any other operation).
    name : str
        The name of the symbol or operation.
    parameters : tuple
        Other arguments, which depend on the kind.
    arguments : tuple of Form
        The operands; a function's or group's operands have the atom's axes, in order.
    lengths : tuple of Dimension
        The number of values of each index.
    is_symmetric : bool
        Whether the two indices may be exchanged.
    key : str
        A unique key of the atom.
    """

    __slots__ = ("arguments", "is_symmetric", "key", "kind", "lengths", "name", "parameters")

    def __init__(
        self,
        kind: str,
        name: str,
        lengths: Sequence[Dimension],
        *,
        parameters: tuple[Any, ...] = (),
        arguments: tuple[Form, ...] = (),
        is_symmetric: bool = False,
    ) -> None:
        self.kind, self.name, self.parameters, self.arguments = kind, name, parameters, arguments
        self.lengths, self.is_symmetric = tuple(lengths), is_symmetric
        facts = (
            f"{parameters}"
            if kind != "symbol"
            else f"{[str(d) for d in parameters[0].shape]}{is_symmetric}{parameters[0].parameters[2]}"
        )
        inner = ";".join(key_of(a) for a in arguments)
        text = f"{kind}:{name}{facts}({inner})" if arguments or facts else f"{kind}:{name}"
        self.key = text if len(text) < 200 else blake2b(text.encode(), digest_size=16).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return self.key


def key_of(form: Form) -> str:
    """Return a key that is equal for forms that differ only in the numbers of indices and the order of terms."""
    return "+".join(sorted(f"{t.coefficient}*{term_key(t, form.axes)}" for t in form.terms)) or "0"


def term_key(term: Term, axes: Sequence[Index]) -> str:
    """Return a key of a term's factors: the smallest of their names over the orders of the summed indices."""
    return _smallest_name(term, axes)[0]


def in_order(form: Form) -> Form:
    """Return a form with its terms, factors and summed indices sorted by name."""
    named = sorted((_with_name(term, form.axes) for term in form.terms), key=lambda item: item[0])
    return Form(tuple(_with_ordered_factors(term, form.axes) for _, term in named), form.axes)


def with_ordered_sums(term: Term, axes: Sequence[Index]) -> Term:
    """Return a term with its summed indices renumbered in the order of the smallest name."""
    return _with_name(term, axes)[1]


def _with_name(term: Term, axes: Sequence[Index]) -> tuple[str, Term]:
    name, order = _smallest_name(term, axes)
    names = {i: Index(_FIRST_ORDERED + place, i.length) for place, i in enumerate(order)}
    factors = (f.with_names(names) for f in term.factors)
    return name, term._replace(factors=tuple(factors))


def _with_ordered_factors(term: Term, axes: Sequence[Index]) -> Term:
    places = {i: place for place, i in enumerate((*axes, *sorted(term.indices - set(axes))))}
    factors = []
    for factor in term.factors:
        indices = sorted(factor.indices, key=places.__getitem__) if factor.atom.is_symmetric else factor.indices
        factors.append(factor._replace(indices=tuple(indices)))
    factors.sort(key=lambda f: (f.atom.key, [places[i] for i in f.indices], f.exponent))
    return term._replace(factors=tuple(factors))


_FIRST_ORDERED = 10**12  # larger than any number from `new_index`


def _smallest_name(term: Term, axes: Sequence[Index]) -> tuple[str, list[Index]]:
    """Return the smallest name and its order of summed indices; groups without shared indices are named separately."""
    labels = {axis: f"{place}" for place, axis in enumerate(axes)}
    factors = _with_first_of_equal(term.factors, axes)
    named = sorted((_name_of_group(group, labels) for group in connect(factors, labels)), key=lambda n: n[0])
    return "*".join(name for name, _ in named), [i for _, order in named for i in order]


def _with_first_of_equal(factors: Sequence[Factor], axes: Sequence[Index]) -> Sequence[Factor]:
    """Replace the second of two free indices that an identity matrix makes equal with the first."""
    eyes = [sorted(f.indices, key=axes.index) for f in factors if f.atom.kind == "eye" and set(f.indices) <= set(axes)]
    names = {b: a for a, b in eyes}
    if not names:
        return factors
    return [f if f.atom.kind == "eye" else f.with_names(names) for f in factors]


def connect(factors: Sequence[Factor], labels: Mapping[Index, str]) -> list[list[Factor]]:
    """Group factors that are connected by summed indices, that is, by indices without a label."""
    groups: list[tuple[set[Index], list[Factor]]] = []
    for factor in factors:
        summed = {i for i in factor.indices if i not in labels}
        touching = [group for group in groups if group[0] & summed]
        groups = [group for group in groups if group not in touching]
        indices = summed.union(*(indices for indices, _ in touching))
        groups.append((indices, [f for _, inner in touching for f in inner] + [factor]))
    return [group for _, group in groups]


def _name_of_group(factors: Sequence[Factor], labels: Mapping[Index, str]) -> tuple[str, list[Index]]:
    """Return the smallest name of factors over the orders of their summed indices, and its order."""
    summed = sorted({i for f in factors for i in f.indices if i not in labels})
    if len(summed) < 2:
        name = _name(factors, {**labels, **dict.fromkeys(summed, "s0")})
        return (f"({name})" if summed else name), summed
    colours = _colours(factors, labels, summed)
    classes = [list(g) for _, g in itertools.groupby(sorted(summed, key=lambda i: colours[i]), lambda i: colours[i])]
    names = []
    for parts in itertools.islice(itertools.product(*map(itertools.permutations, classes)), _LIMIT_OF_ORDERS):
        order = [i for part in parts for i in part]
        names.append((f"({_name(factors, {**labels, **{i: f's{n}' for n, i in enumerate(order)}})})", order))
    return min(names, key=lambda item: item[0])


def _name(factors: Sequence[Factor], labels: Mapping[Index, str]) -> str:
    names = []
    for atom, indices, exponent in factors:
        places = [labels[i] for i in indices]
        names.append(f"{atom.key}[{','.join(sorted(places) if atom.is_symmetric else places)}]^{exponent}")
    return "*".join(sorted(names))


def _colours(factors: Sequence[Factor], labels: Mapping[Index, str], summed: Sequence[Index]) -> dict[Index, str]:
    """Return a colour for each summed index, from its places in factors and the indices beside it (refinement)."""
    colours = dict.fromkeys(summed, "s")
    for _ in range(min(len(summed), 4)):
        seen: dict[Index, list[str]] = {i: [] for i in summed}
        for atom, indices, exponent in factors:
            shown = [labels.get(i) or colours[i] for i in indices]
            for place, index in enumerate(indices):
                if index in seen:
                    others = [*shown[:place], ".", *shown[place + 1 :]]
                    if atom.is_symmetric:
                        others = sorted(others)
                    seen[index].append(f"{atom.key}^{exponent}{others}")
        colours = {i: blake2b("|".join(sorted(seen[i])).encode(), digest_size=12).hexdigest() for i in summed}
    return colours


def rename(form: Form, indices: Sequence[Index]) -> Form:
    """Return a form with other free indices and new summed indices."""
    axes = dict(zip(form.axes, indices, strict=True))
    terms = []
    for term in form.terms:
        summed = dict.fromkeys(i for f in term.factors for i in f.indices if i not in axes)
        names = axes | {i: new_index(i.length) for i in summed}
        factors = (f._replace(indices=tuple(names[i] for i in f.indices)) for f in term.factors)
        terms.append(Term(term.coefficient, tuple(factors)))
    return Form(tuple(terms), tuple(indices))


def scale(form: Form, by: Fraction | int) -> Form:
    """Multiply a form by a number."""
    return Form(tuple(t._replace(coefficient=t.coefficient * by) for t in form.terms) if by else (), form.axes)


def orient(kind: str, name: str, form: Form, parameters: tuple[Any, ...] = ()) -> tuple[Atom, tuple[Index, ...]]:
    """Return an atom with a form as its argument, and its indices, in the order of the smaller key."""
    axes = form.axes
    key = key_of(form)
    if len(axes) != 2:
        return Atom(kind, name, [a.length for a in axes], parameters=parameters, arguments=(form,)), axes
    turned = Form(form.terms, (axes[1], axes[0]))
    turned_key = key_of(turned)
    chosen = form if key <= turned_key else turned
    lengths = [a.length for a in chosen.axes]
    atom = Atom(kind, name, lengths, parameters=parameters, arguments=(chosen,), is_symmetric=key == turned_key)
    return atom, chosen.axes
