"""Korean translations of derivations, verdicts and errors, from the table `korean.tsv`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_SENTENCES = ("start", "advice", "reason")  # placeholders for sentences, which are translated too


@cache
def read_words() -> dict[str, str]:
    """Return the Korean translation of each English sentence, with placeholders {…}."""
    text = Path(__file__).with_name("korean.tsv").read_text(encoding="utf-8")
    rows = [row.split("\t") for row in text.splitlines() if not row.startswith("#")]
    return dict(rows)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return patterns of the sentences with placeholders, and translations; sentences with the longest text first."""
    holed = [english for english in read_words() if "{" in english]
    holed.sort(key=lambda english: (not english.startswith("{start}"), -len(re.sub(r"\{\w+\}", "", english))))
    return [(_pattern(english), read_words()[english]) for english in holed]


def _pattern(template: str) -> re.Pattern[str]:
    met: set[str] = set()

    def hole(match: re.Match[str]) -> str:
        name = match[1]
        if name in met:
            return f"(?P={name})"
        met.add(name)
        return f"(?P<{name}>.+)"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", hole, re.escape(template)))


def say(text: str) -> str:
    """Return the Korean translation of text from a derivation, verdict or error; unknown text, as "n × m", unchanged.

    Examples
    --------
    >>> say("2. Apply the chain rule"), say("a term is missing: A @ x"), say("n × m")
    ('2. 연쇄 법칙 적용하기', '항이 빠졌습니다: A @ x', 'n × m')
    """
    message, newline, place = text.partition("\n")  # further lines of an error mark the place in the expression
    return _translate(message) + newline + place


def _translate(text: str) -> str:
    if (sentence := read_words().get(text)) is not None:
        return sentence
    for pattern, korean in _patterns():
        match = pattern.fullmatch(text)
        if match is not None:
            holes = match.groupdict()
            return korean.format(**holes | {name: say(holes[name]) for name in _SENTENCES if name in holes})
    return text
