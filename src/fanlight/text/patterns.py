r"""Names and regular expressions with their types, and where a text has them: as rules, or as marks of its tokens.

What a token is marked with depends on its sentence alone: each is searched for itself, so that ``^`` is its beginning.
Expressions run as automata (`text.automaton`), in time linear in the text, whoever wrote them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.text.automaton import Automaton, compile_expression
from fanlight.text.gazetteers import mark
from fanlight.text.particles import LIMIT, follows_name

MARKS = 4  # numbers a token gets for each type: begins, is inside, ends, is the whole of a match
MOST_WORK = 1 << 25  # steps that the tables of all expressions may take: some seconds
WORK = 8000  # steps that an expression takes before its tables
Place = tuple[str, Sequence[int], Sequence[int]]  # a sentence: the text it is in, its tokens' starts and ends there
_WORD = re.compile(r"[^\W_\u3131-\u318e]+")
_RUN = re.compile(r"[^\W_\u3131-\u318e]+|.", re.DOTALL)  # letters (no jamo, as in ㅋㅋ) and digits, or one character


class Patterns:
    r"""Names, found as words (no letter or digit but of Korean particles touches them), and expressions.

    Parameters
    ----------
    names : mapping of str to str
        The type of each name; case counts.
    expressions : mapping of str to str
        The type of what each regular expression matches (`text.expressions` says what it may have); where it matches
        nothing, as ``a*`` may, it finds nothing.
    most_work : int, optional
        Steps that the tables of a stranger's expressions may take together, with `WORK` for each; by default
        `MOST_WORK`.

    Raises
    ------
    DataError
        One is no regular expression, has what is not supported, or is too large; or they are so together.

    Examples
    --------
    >>> known = Patterns({"Acme": "ORG"}, {r"[A-Z]{2}-\d+": "CODE"})
    >>> list(known.find("Acme sent AB-12; Acmes did not."))
    [(0, 4, 'ORG'), (10, 15, 'CODE')]
    """

    def __init__(self, names: Mapping[str, str], expressions: Mapping[str, str], most_work: int | None = None) -> None:
        self.names = {name: type_ for name, type_ in names.items() if name.strip()}
        self.expressions = dict(expressions)
        self.automata = _compile(self.expressions, most_work)
        self.types = tuple(dict.fromkeys([*self.names.values(), *self.expressions.values()]))

    @property
    def width(self) -> int:
        """How many numbers `features` gives a token."""
        return MARKS * len(self.types)

    @property
    def digest(self) -> str:
        """A hash of all that they say."""
        return sha256(json.dumps([self.names, [*self.expressions.items()]]).encode()).hexdigest()

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and type of the names in a text, then of the matches; these may overlap."""
        yield from self.find_names(text)
        yield from self.find_matches(text)

    def find_names(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and type of the names in a text."""
        for run in _RUN.finditer(text):
            start = run.start()
            for length in self._candidates(run.group()):
                name = text[start : start + length]  # shorter at the text's end
                end = start + len(name)
                if len(name) < length or (type_ := self.names.get(name)) is None:
                    continue
                touches = _WORD.match(text, end) if name[-1].isalnum() else None
                if touches is None or follows_name(name, touches.group()):
                    yield start, end, type_

    def find_matches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and type of what the expressions match."""
        for automaton, type_ in zip(self.automata, self.expressions.values(), strict=True):
            for start, end in automaton.find(text):
                yield start, end, type_

    def features(self, places: Iterable[Place]) -> NDArray[np.float32]:
        r"""Return for each token of some sentences its place in what is found of each type.

        A token that a match has a part of counts as in it.

        Returns
        -------
        float32 array (N, width)
            `MARKS` ones or zeros a type.

        Examples
        --------
        >>> known = Patterns({}, {r"\d+ \w+": "amount"})
        >>> known.features([("pay 5 won", [0, 4, 6], [3, 5, 9])]).astype(int).tolist()
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
        """
        numbers = {type_: n for n, type_ in enumerate(self.types)}
        rows = [np.zeros((0, len(self.types), MARKS), np.float32)]
        for text, token_starts, token_ends in places:
            out = np.zeros((len(token_starts), len(self.types), MARKS), np.float32)
            rows.append(out)
            if not len(token_starts):
                continue
            begin = token_starts[0]
            for start, end, type_ in self.find(text[begin : token_ends[-1]]):
                token, end_token = bisect_right(token_ends, begin + start), bisect_left(token_starts, begin + end)
                if token < end_token:  # else it lies between tokens
                    mark(out[:, numbers[type_]], token, end_token - token)
        return np.concatenate(rows).reshape(-1, self.width)

    def _candidates(self, run: str) -> list[int]:
        """Return the lengths of names that may begin with a run, or in Korean with the beginning of one."""
        lengths = self._lengths.get(run, [])
        if not "가" <= run[-1] <= "힣":
            return lengths
        heads = (n for n in range(max(2, len(run) - LIMIT), len(run)) if run[:n] in self.names)
        return sorted({*lengths, *heads})

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """The lengths of the names that begin with each run."""
        lengths_of: dict[str, set[int]] = {}
        for name in self.names:
            run = _RUN.match(name)
            assert run is not None
            lengths_of.setdefault(run.group(), set()).add(len(name))
        return {run: sorted(lengths) for run, lengths in lengths_of.items()}


def _compile(expressions: Iterable[str], most_work: int | None) -> list[Automaton]:
    automata, work = [], 0
    for expression in expressions:
        automata.append(compile_expression(expression, most_work))
        work += automata[-1].work + WORK
        if work > (most_work or MOST_WORK):
            raise DataError("the patterns together are too large for tables of their matches: leave out the largest")
    return automata
