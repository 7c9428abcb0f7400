r"""Names and regular expressions with types, used as rules or as features of tokens.

For features each sentence is searched separately, so that ``^`` is the beginning of the sentence. Expressions run as
automata (`text.automaton`), in time linear in the text.
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

MARKS = 4  # features of a token per type: it begins, is inside, ends or is a match
MAX_WORK = 1 << 25  # steps to build the tables of all expressions: some seconds
WORK = 8000  # steps that an expression takes before its tables are built
Place = tuple[str, Sequence[int], Sequence[int]]  # a sentence: its text, and the starts and ends of its tokens in it
_WORD = re.compile(r"[^\W_\u3131-\u318e]+")
_RUN = re.compile(r"[^\W_\u3131-\u318e]+|.", re.DOTALL)  # letters (no jamo, as in ㅋㅋ) and digits, or one character


class Patterns:
    r"""Names, which match whole words (Korean particles may follow), and regular expressions.

    Parameters
    ----------
    names : mapping of str to str
        The type of each name; case-sensitive.
    expressions : mapping of str to str
        The type of each regular expression, in the syntax of `text.expressions`. Empty matches are dropped.
    max_work : int, optional
        Limit for the steps to build the tables of all expressions, with `WORK` for each, for untrusted expressions; by
        default `MAX_WORK`.

    Raises
    ------
    DataError
        An expression is invalid, unsupported or too large; or all together are too large.

    Examples
    --------
    >>> known = Patterns({"Acme": "ORG"}, {r"[A-Z]{2}-\d+": "CODE"})
    >>> list(known.find("Acme sent AB-12; Acmes did not."))
    [(0, 4, 'ORG'), (10, 15, 'CODE')]
    """

    def __init__(self, names: Mapping[str, str], expressions: Mapping[str, str], max_work: int | None = None) -> None:
        self.names = {name: type_ for name, type_ in names.items() if name.strip()}
        self.expressions = dict(expressions)
        self.automata = _compile(self.expressions, max_work)
        self.types = tuple(dict.fromkeys([*self.names.values(), *self.expressions.values()]))

    @property
    def width(self) -> int:
        """Number of features of a token."""
        return MARKS * len(self.types)

    @property
    def digest(self) -> str:
        """A hash of the names, the expressions and their types."""
        return sha256(json.dumps([self.names, [*self.expressions.items()]]).encode()).hexdigest()

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and type of the names in a text, then of the matches; they may overlap."""
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
        """Yield start, end and type of the matches of expressions in a text."""
        for automaton, type_ in zip(self.automata, self.expressions.values(), strict=True):
            for start, end in automaton.find(text):
                yield start, end, type_

    def features(self, places: Iterable[Place]) -> NDArray[np.float32]:
        r"""Return the features of the tokens of sentences: their positions in names and matches of each type.

        A token that overlaps a match counts as part of it.

        Returns
        -------
        float32 array (N, width)
            `MARKS` ones or zeros per type.

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
                if token < end_token:  # else the match is between tokens
                    mark(out[:, numbers[type_]], token, end_token - token)
        return np.concatenate(rows).reshape(-1, self.width)

    def _candidates(self, run: str) -> list[int]:
        """Return the lengths of names that may begin with a run, or in Korean with a prefix of it."""
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


def _compile(expressions: Iterable[str], max_work: int | None) -> list[Automaton]:
    automata, work = [], 0
    for expression in expressions:
        automata.append(compile_expression(expression, max_work))
        work += automata[-1].work + WORK
        if work > (max_work or MAX_WORK):
            raise DataError("the patterns together are too large for tables of their matches: leave out the largest")
    return automata
