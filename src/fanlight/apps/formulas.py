"""Formulas as users write them: shapes found where they are not given, unknown one-letter functions left symbolic."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fanlight.calculus import Expression
from fanlight.calculus.inference import infer_shapes
from fanlight.calculus.language import parse
from fanlight.calculus.operations import TABLE


def read_formula(text: str, shapes: Mapping[str, Sequence[int | str]], facts: Mapping[str, str]) -> Expression:
    """Parse an expression.

    Raises
    ------
    CalculusError
        It cannot be parsed or its shapes do not fit.
    """
    return parse(text, infer_shapes(text, dict(shapes)), dict(facts), unknown_functions(text))


def unknown_functions(text: str) -> list[str]:
    """Name the functions of one letter, which stay symbolic."""
    return [name for name in re.findall(r"\b([A-Za-z])'*\s*\(", text) if name not in TABLE]
