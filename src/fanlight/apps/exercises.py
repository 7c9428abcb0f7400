"""Marking of answers to the exercises of the lecture, with reasons.

`exercises.toml` has the correct answers, replies to frequent mistakes, and hints for others, in English and Korean.
Formulas are compared by `calculus.lecture.diagnosis`, so that every equivalent formula is correct.
"""

from __future__ import annotations

import math
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fanlight.apps.formulas import describe_verdict, errors_in, read_formula
from fanlight.calculus.lecture.diagnosis import check
from fanlight.errors import DataError

LANGUAGES = ("en", "ko")
_DATA = Path(__file__).with_name("exercises.toml")
_RIGHT = {"en": "right", "ko": "맞습니다"}
_WRONG = {"en": "not right: ", "ko": "틀렸습니다: "}
_REFUSALS = {
    "exercise": {"en": "there is no exercise {!r}: they are {}", "ko": "연습 {!r}은(는) 없습니다. 있는 연습: {}"},
    "number": {
        "en": "{!r} is not a number: write one such as 0.5",
        "ko": "{!r}은(는) 수가 아닙니다: 0.5처럼 쓰세요",
    },
    "shape": {
        "en": "{!r} is not a shape: write rows x columns, such as 3 x 5",
        "ko": "{!r}은(는) 모양이 아닙니다: 3 x 5처럼 행 x 열로 쓰세요",
    },
}
_TOLERANCE = 0.006  # relative: three digits are enough


class Mark(NamedTuple):
    """Whether an answer is right, with a reason."""

    right: bool
    text: str

    def __str__(self) -> str:
        return self.text


@cache
def exercises() -> dict[str, dict[str, Any]]:
    """Return the exercises by number, in the order of the lecture."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def mark(number: str, answer: str | float, language: str = "en") -> Mark:
    """Mark an answer.

    Parameters
    ----------
    number : str
        The exercise's number in the lecture, such as ``"6.2"``.
    answer : str or float
        A formula in the language of expressions, a number, a shape such as ``"3 x 5"``, or a word.
    language : str
        Language of the reason: ``"en"`` or ``"ko"``.

    Raises
    ------
    DataError
        There is no such exercise or language, or the answer is not a number or shape.
    CalculusError
        The formula is invalid.

    Examples
    --------
    >>> print(mark("5.1", 12))
    right
    >>> print(mark("5.1", 8))
    not right: 8 is the value 2³; the derivative is 3x²
    >>> print(mark("7.4", "delta @ W", "ko").text.partition(":")[0])
    틀렸습니다
    """
    if language not in LANGUAGES:
        raise DataError(f"there is no language {language!r}: choose one of {', '.join(LANGUAGES)}")
    exercise = exercises().get(number)
    if exercise is None:
        raise DataError(_REFUSALS["exercise"][language].format(number, ", ".join(exercises())))
    answer = str(answer).strip()
    if exercise["kind"] in ("gradient", "jacobian", "hessian"):
        return _mark_formula(exercise, answer, language)
    kind = exercise["kind"]
    is_of_kind = {"number": _is_number, "shape": _is_shape}.get(kind)
    if is_of_kind is not None and not is_of_kind(answer):
        raise DataError(_REFUSALS[kind][language].format(answer))
    same = {"number": _same_number, "shape": _same_shape, "word": _same_word}[kind]
    if any(same(right, answer) for right in exercise["answers"]):
        return Mark(True, _RIGHT[language])
    for mistake in exercise.get("mistakes", []):
        if any(same(wrong, answer) for wrong in mistake["answers"]):
            return Mark(False, _WRONG[language] + mistake[language])
    return Mark(False, _WRONG[language] + exercise["hint"][language])


def _mark_formula(exercise: dict[str, Any], answer: str, language: str) -> Mark:
    expression = read_formula(exercise["expression"], exercise["shapes"], exercise.get("assume", {}))
    with errors_in(language):
        verdict = check(expression, exercise["wrt"], answer, kind=exercise["kind"])
    text = describe_verdict(verdict, language)
    if not verdict.right and "hint" in exercise:
        text += "\n  " + exercise["hint"][language]
    return Mark(verdict.right, text)


def _is_number(answer: str) -> bool:
    try:
        float(answer.replace("−", "-"))
    except ValueError:
        return False
    return True


def _same_number(right: str, answer: str) -> bool:
    return math.isclose(float(answer.replace("−", "-")), float(right), rel_tol=_TOLERANCE, abs_tol=1e-9)


def _is_shape(answer: str) -> bool:
    parts = _parts(answer)
    return len(parts) == 2 and all(part.isdigit() for part in parts)


def _same_shape(right: str, answer: str) -> bool:
    return _parts(answer) == _parts(right)


def _parts(shape: str) -> list[str]:
    return [part.strip() for part in re.split(r"[x×,]", shape.strip("()"))]


def _same_word(right: str, answer: str) -> bool:
    words = re.sub(r"\s+", " ", answer.casefold()).strip(" .")
    return re.sub(r"^(a|an|the) | (node|gate|노드|게이트)$", "", words) == right.casefold()
