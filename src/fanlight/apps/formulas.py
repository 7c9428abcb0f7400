"""Formulas as users write them: shapes found where they are not given, unknown one-letter functions left symbolic."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fanlight.calculus import Expression
from fanlight.calculus.inference import infer_shapes
from fanlight.calculus.language import parse
from fanlight.calculus.operations import TABLE


def read_formula(
    text: str, shapes: Mapping[str, Sequence[int | str]], facts: Mapping[str, str], *, prefer_vectors: bool = False
) -> Expression:
    """Parse an expression; with `prefer_vectors` small letters are columns also where nothing else tells.

    Raises
    ------
    CalculusError
        It cannot be parsed or its shapes do not fit.
    """
    inferred = infer_shapes(text, dict(shapes), prefer_vectors=prefer_vectors)
    return parse(text, inferred, dict(facts), unknown_functions(text))


def unknown_functions(text: str) -> list[str]:
    """Name the functions of one letter, which stay symbolic."""
    return [name for name in re.findall(r"\b([A-Za-z])'*\s*\(", text) if name not in TABLE]
