"""Parsing of users' formulas, with inferred shapes and symbolic one-letter functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from fanlight.calculus import Expression, Verdict
from fanlight.calculus.inference import infer_shapes
from fanlight.calculus.language import parse
from fanlight.calculus.lecture.korean import say
from fanlight.calculus.operations import TABLE
from fanlight.errors import CalculusError


def read_formula(
    text: str, shapes: Mapping[str, Sequence[int | str]], facts: Mapping[str, str], *, prefer_vectors: bool = False
) -> Expression:
    """Parse an expression; with `prefer_vectors`, lower-case symbols of undetermined shape are columns.

    Raises
    ------
    CalculusError
        It cannot be parsed, or its shapes do not fit.
    """
    inferred = infer_shapes(text, dict(shapes), prefer_vectors=prefer_vectors)
    return parse(text, inferred, dict(facts), unknown_functions(text))


def unknown_functions(text: str) -> list[str]:
    """Return the functions with one-letter names, which stay symbolic."""
    return [name for name in re.findall(r"\b([A-Za-z])'*\s*\(", text) if name not in TABLE]


@contextmanager
def errors_in(language: str) -> Iterator[None]:
    """Translate errors about expressions into a language.

    Examples
    --------
    >>> with errors_in("ko"):
    ...     read_formula("x^2", {}, {})
    Traceback (most recent call last):
    fanlight.errors.CalculusError: 거듭제곱은 x**2, 전치는 x.T로 씁니다
      x^2
      ^
    """
    try:
        yield
    except CalculusError as error:
        if language != "ko":
            raise
        raise CalculusError(say(str(error))) from None


def describe_verdict(verdict: Verdict, language: str = "en") -> str:
    """Return a verdict as a sentence in English or Korean.

    Examples
    --------
    >>> from fanlight.calculus import check, parse
    >>> verdict = check(parse("x.T @ x", {"x": ("n", 1)}), "x", "x")
    >>> print(describe_verdict(verdict, "ko"))
    틀렸습니다: 상수 배만큼 다릅니다: 2을(를) 곱하면 맞습니다
    """
    if language == "en":
        return str(verdict)
    if verdict.right:
        return f"맞습니다: {verdict.expected}"
    names = {"the jacobian": "야코비안", "the hessian": "헤세 행렬"}
    main_reason, *others = [_replace(say(reason), names) for reason in verdict.reasons]
    entries = [f"  성분 {list(place)}: 내 값 {a:.6g}, 정답 {b:.6g}" for place, a, b in verdict.differs]
    return "\n".join([f"틀렸습니다: {main_reason}", *(f"  {reason}" for reason in others), *entries])


def _replace(text: str, words: Mapping[str, str]) -> str:
    for word, other in words.items():
        text = text.replace(word, other)
    return text
