r"""Regular expressions in time linear in the text: no expression and no text can make a search take longer.

An expression is compiled to two tables. A backward pass over a text labels each position with a state: the set of nodes
of the expression from which a match can be completed there. A forward pass then takes at each position the preferred
alternative among those that can be completed, and never backtracks: a text of n characters takes n steps backwards and
at most n steps forwards (Frisch and Cardelli 2004). The result is that of `re.finditer`: the leftmost match, by the
order of alternatives and the greediness of repeats; then the search continues at its end. Empty matches are dropped.

The tables are bounded (`MAX_STATES` and the other limits below). An expression that needs larger ones is refused, for
example ``\d.{20}\d``, in which any of twenty characters may be a digit as well.

References
----------
A. Frisch and L. Cardelli, Greedy Regular Expression Matching, ICALP 2004.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError
from fanlight.text import code_points
from fanlight.text.code_points import PAGE, Points
from fanlight.text.expressions import Characters, Choice, Node, Repeat, parse, shorten
from fanlight.text.nondeterministic import ACCEPT, AFTER, BEFORE, NEWLINE, START, TooLargeError, build

MAX_STATES = 1 << 13  # so that state numbers fit into 16 bits in the kernels' tables
MAX_ENTRIES = 1 << 22  # per table
MAX_WORK = 1 << 22  # steps to build the tables of one expression
_STEPS_PER_ARC = 64  # estimated cost of an arc between nodes, plus a 64th of the number of states
NONE = -1  # in `Automaton.steps`: no match continues


@dataclass(frozen=True, eq=False)
class Automaton:
    r"""The tables of one expression.

    Attributes
    ----------
    page_numbers : uint16 array (pages of all code points,)
    pages : uint16 array (P, PAGE)
        The class of a code point is ``pages[page_numbers[point // PAGE], point % PAGE]``.
    last_newline : int
        The class of a newline that ends the text.
    transitions : int32 array (states, classes)
        The state before a character, by the state after it and the character's class. State 0 is the state at the end.
    begins : int
        The lowest state in which a match may begin.
    groups : uint8 array (classes,)
        The group of each class: characters that no assertion (such as ``\b``) distinguishes before it.
    first_group, group_count : int
        The group at the beginning of the text, and the number of groups.
    steps : int16 array (states, nodes * group_count)
        The continuation of a match, by the state at a position, the node that matched the preceding character (`START`
        at the beginning of a match) and that character's group. The value is the node that matches the next character,
        `ACCEPT` at the end of the match, or `NONE`.
    work : int
        Steps that building the tables took.
    required : bool array (classes,)
        Every match contains a character of one of these classes.
    required_bytes : bool array (256,)
        First bytes of these characters in UTF-8.
    """

    page_numbers: NDArray[np.uint16]
    pages: NDArray[np.uint16]
    last_newline: int
    transitions: NDArray[np.int32]
    begins: int
    groups: NDArray[np.uint8]
    first_group: int
    group_count: int
    steps: NDArray[np.int16]
    work: int
    required: NDArray[np.bool_]
    required_bytes: NDArray[np.bool_]

    @cached_property
    def rows(self) -> Sequence[Sequence[int]]:
        """`transitions` as lists, which plain Python reads faster."""
        return self.transitions.tolist()  # type: ignore[no-any-return]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        r"""Yield start and end of each match, in code points: the plain twin of `automaton_kernels.find_matches`.

        Examples
        --------
        >>> list(compile_expression(r"\d+(-\d+)?").find("1-22, 3-"))
        [(0, 4), (6, 7)]
        """
        if not text:
            return
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        classes = self.pages[self.page_numbers[points // PAGE], points % PAGE]
        if not self.required[classes].any():
            return
        if text.endswith("\n"):
            classes[-1] = self.last_newline
        states = _label(classes.tolist(), self.rows)
        groups = [self.first_group, *self.groups[classes].tolist()]
        place, end = 0, len(text)
        while place < end:
            if states[place] < self.begins:
                place += 1
                continue
            start, node = place, self.step(states[place], START, groups[place])
            while node > ACCEPT:
                place += 1
                node = self.step(states[place], node, groups[place])
            if place > start:
                yield start, place
            else:
                place += 1

    def step(self, state: int, node: int, group: int) -> int:
        """Return the continuation of a match; see `steps`."""
        return int(self.steps[state, node * self.group_count + group])


def _label(classes: list[int], rows: Sequence[Sequence[int]]) -> list[int]:
    """Return the state at each position of a text, from the beginning to the end."""
    state = 0
    states = [state]
    for class_ in reversed(classes):
        state = rows[state][class_]
        states.append(state)
    states.reverse()
    return states


@lru_cache(maxsize=64)
def compile_expression(expression: str, max_work: int | None = None) -> Automaton:
    r"""Return the automaton of an expression in the syntax of `expressions`.

    Parameters
    ----------
    expression : str
    max_work : int, optional
        Limit for the steps to build both tables, for untrusted expressions; by default `MAX_WORK` for the first table.

    Raises
    ------
    DataError
        The expression is invalid, unsupported or too large.
    """
    node = parse(expression)
    try:
        return _Tables(node, max_work).automaton
    except TooLargeError:
        raise DataError(
            f"the pattern {shorten(expression)!r} is too large for a table of its matches: use lower numbers in "
            "{m,n}, fewer repeats of characters that may stand for each other, or several patterns"
        ) from None


class _Tables:
    """The construction of an automaton.

    A state is the set of nodes (as bits) that can match the next character and then complete a match, and the group of
    the next character that assertions distinguish.
    """

    def __init__(self, node: Node, max_work: int | None) -> None:
        self.graph, self.max_work = build(node), max_work
        self.work = self.graph.work
        self._divide()
        self._number()
        states, transitions = self._explore()
        member = np.zeros((len(states), len(self.graph.points) + 1), np.bool_)
        for n, (nodes, _) in enumerate(states):
            row = np.frombuffer(nodes.to_bytes(member.shape[1] // 8 + 1, "little"), np.uint8)
            member[n] = np.unpackbits(row, bitorder="little")[: member.shape[1]]
        steps = self._steps(member, np.array([after for _, after in states]))
        possible = (steps[:, : self.group_count] > ACCEPT).any(1)
        order = np.argsort(possible, kind="stable")
        number = np.argsort(order).astype(np.int32)
        beginnings = [self.graph.points[target - 1] for target, _ in self.graph.closures[START]]
        required = _find_required(node) or code_points.union(*beginnings)
        page_numbers, pages = code_points.split_pages(self.classes)
        self.automaton = Automaton(
            page_numbers,
            pages,
            self.last_newline,
            number[transitions[order]],
            int((~possible).sum()),
            self.before.astype(np.uint8),
            int(self.graph.before_groups[BEFORE.index("begin")]),
            self.group_count,
            steps[order],
            self.work + steps.size,
            self._classes_of(required),
            code_points.lead_bytes(required),
        )

    def _divide(self) -> None:
        """Divide the code points into classes; a newline at the end of the text has its own class."""
        graph, word = self.graph, code_points.category("w") if self.graph.bordered else ()
        distinct = list(dict.fromkeys([*graph.points, word, NEWLINE] if graph.bordered else graph.points))
        self.sets = {points: n for n, points in enumerate(distinct)}
        self.classes, member = code_points.partition(distinct)
        newline = int(self.classes[ord("\n")])
        self.last_newline = len(member) if graph.bordered else newline
        self.member = np.concatenate([member, member[newline : newline + 1]]) if graph.bordered else member
        kinds_before = np.zeros(len(self.member), np.int64)
        kinds_after = kinds_before.copy()
        if graph.bordered:
            kinds = [self.member[:, self.sets[NEWLINE]], self.member[:, self.sets[word]]]
            kinds_before = np.select(kinds, [BEFORE.index("newline"), BEFORE.index("word")], BEFORE.index("other"))
            kinds_after = np.select(kinds, [AFTER.index("newline"), AFTER.index("word")], AFTER.index("other"))
            kinds_after[self.last_newline] = AFTER.index("last_newline")
        self.before = np.array(graph.before_groups)[kinds_before]
        self.after = np.array(graph.after_groups)[kinds_after]
        self.group_count = max(graph.before_groups) + 1

    def _classes_of(self, points: Points) -> NDArray[np.bool_]:
        """Return the classes in `points`, a union of sets of the expression."""
        out = np.zeros(len(self.member), np.bool_)
        for interval_set, n in self.sets.items():
            if code_points.union(interval_set, points) == points:
                out |= self.member[:, n]
        return out

    def _number(self) -> None:
        """Collect, as bits, the nodes of each class, and the predecessors of each node by the groups around them."""
        graph = self.graph
        self.of_class = [0] * len(self.member)
        for node, points in enumerate(graph.points, 1):
            for class_ in np.flatnonzero(self.member[:, self.sets[points]]).tolist():
                self.of_class[class_] |= 1 << node
        after_count = max(graph.after_groups) + 1
        self.previous = [[[0] * (len(graph.points) + 1) for _ in range(after_count)] for _ in range(self.group_count)]
        for node, closure in enumerate(graph.closures):
            for target, mask in closure:
                for before, after in graph.enumerate_pairs(mask) if node else ():
                    self.previous[before][after][target] |= 1 << node

    def _explore(self) -> tuple[list[tuple[int, int]], NDArray[np.int32]]:
        """Return all states and their transitions, (states, classes)."""
        start = (1 << ACCEPT, int(self.graph.after_groups[AFTER.index("end")]))
        numbers = {start: 0}
        states = [start]
        rows: list[list[int]] = []
        for nodes, after in states:  # the list grows in the loop
            alive = []
            for previous in (of_group[after] for of_group in self.previous):
                sources, remaining = 0, nodes
                while remaining:
                    lowest = remaining & -remaining
                    sources |= previous[lowest.bit_length() - 1]
                    remaining ^= lowest
                    self.work += 1
                alive.append(sources)
            row = []
            for class_, of_class in enumerate(self.of_class):
                if class_ == self.last_newline and self.graph.bordered and len(rows):
                    row.append(0)  # this class occurs only at the end of the text
                    continue
                target = (alive[self.before[class_]] & of_class) | 1 << ACCEPT, int(self.after[class_])
                if target not in numbers:
                    numbers[target] = len(states)
                    states.append(target)
                row.append(numbers[target])
            rows.append(row)
            self.work += len(row)
            if (
                len(states) > MAX_STATES
                or self.work > (self.max_work or MAX_WORK)
                or len(rows) * len(row) > MAX_ENTRIES
            ):
                raise TooLargeError
        return states, np.array(rows, np.int32)

    def _steps(self, member: NDArray[np.bool_], after: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return `Automaton.steps`, given the nodes of each state and the group after it."""
        nodes = len(self.graph.closures)
        if member.shape[0] * nodes * self.group_count > MAX_ENTRIES:
            raise TooLargeError
        if member.shape[0] * sum(map(len, self.graph.closures)) * self.group_count > 16 * MAX_WORK:
            raise TooLargeError
        arcs = self.group_count * sum(map(len, self.graph.closures))
        self.work += arcs * (_STEPS_PER_ARC + member.shape[0] // _STEPS_PER_ARC)
        if self.max_work is not None and self.work > self.max_work:
            raise TooLargeError
        steps = np.full((member.shape[0], nodes * self.group_count), NONE, np.int16)
        for node, closure in enumerate(self.graph.closures):
            for target, mask in reversed(closure):  # preferred targets overwrite others
                groups: dict[int, list[int]] = {}
                for before, group in self.graph.enumerate_pairs(mask):
                    groups.setdefault(before, []).append(group)
                for before, allowed in groups.items():
                    steps[member[:, target] & np.isin(after, allowed), node * self.group_count + before] = target
        return steps


def _find_required(node: Node) -> Points | None:
    """Return a set of code points of which every match contains one, preferably a rare set; None if none is known."""
    if isinstance(node, Characters):
        return node.points or None
    if isinstance(node, Repeat):
        return _find_required(node.part) if node.minimum else None
    if isinstance(node, Choice):
        sets = [_find_required(part) for part in node.parts]
        return None if None in sets else code_points.union(*(points for points in sets if points is not None))
    parts = [points for part in getattr(node, "parts", ()) if (points := _find_required(part)) is not None]
    return min(parts, key=_frequency, default=None)


def _frequency(points: Points) -> float:
    """Return an estimate of the frequency of a set in ordinary text."""
    lead = code_points.lead_bytes(points)
    return float((lead * _FREQUENCIES).sum())


def _frequencies() -> NDArray[np.float64]:
    out = np.ones(256)
    out[[*b" etaoinsrhldcu"]] = 50
    out[[*b"mfpgwybv,."]] = 10
    out[0xE0:0xF0] = 30  # most non-Latin scripts
    return out


_FREQUENCIES = _frequencies()
