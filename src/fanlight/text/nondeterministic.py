"""Regular expressions as nondeterministic automata, from which `automaton` builds tables.

Each node matches a character. Its successors, or acceptance, are ordered by preference. As in `re`, a repeat ends after
an empty match of its part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fanlight.text.code_points import Points, interval
from fanlight.text.expressions import Border, Characters, Choice, Node, Repeat, Sequence

MAX_NODES = 4000  # of an expression with expanded repeats; the tables of larger ones would be refused
MAX_WORK = 200_000  # steps to compute the closures of one expression
ACCEPT = 0  # as the target of a closure
START = 0  # as its source
NEWLINE = interval(10, 10)
BEFORE = ("begin", "newline", "word", "other")  # kinds of characters before an assertion
AFTER = ("end", "last_newline", "newline", "word", "other")  # kinds of characters after it
_EVERYWHERE = (1 << len(BEFORE) * len(AFTER)) - 1


class TooLargeError(Exception):
    """The tables of an expression exceed the limits."""


@dataclass
class _Characters:
    number: int
    next: int


@dataclass
class _Split:
    targets: tuple[int, ...]


@dataclass
class _Border:
    mask: int
    next: int


@dataclass
class _Enter:
    """A choice between another round of a repeat whose part may match nothing, and the end of the repeat."""

    part: int
    exit: int
    lazy: bool


@dataclass
class _Leave:
    """The end of a round; a round that matched nothing is the last."""

    enter: int
    again: int
    exit: int


_State = _Characters | _Split | _Border | _Enter | _Leave | None


@dataclass
class Graph:
    """The nodes of an expression and their successors.

    Attributes
    ----------
    points : list of Points
        Set of code points that each of the nodes 1, 2, … matches.
    closures : list of list of (int, int)
        Successors of `START` and of each node, in order of preference: a node or `ACCEPT`, and a mask with one bit for
        each pair of `BEFORE` and `AFTER` in which the assertions between them hold.
    before_groups, after_groups : list of int
        Group of each of `BEFORE` and `AFTER`; the assertions do not distinguish members of a group.
    bordered : bool
        Whether the expression has assertions.
    work : int
        Steps that the construction took.
    """

    points: list[Points]
    closures: list[list[tuple[int, int]]]
    before_groups: list[int]
    after_groups: list[int]
    bordered: bool
    work: int

    def enumerate_pairs(self, mask: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs of groups in a mask."""
        pairs = {
            (self.before_groups[b], self.after_groups[a])
            for b in range(len(BEFORE))
            for a in range(len(AFTER))
            if mask >> _bit(b, a) & 1
        }
        yield from sorted(pairs)


def build(node: Node) -> Graph:
    """Return the graph of an expression.

    Raises
    ------
    TooLargeError
        The graph has too many nodes or edges.
    """
    builder = _Builder()
    entry = builder.add(node, 0)
    budget = [MAX_WORK]
    closures = [builder.closure(entry, budget)]
    closures[0] = [(target, mask) for target, mask in closures[0] if target != ACCEPT]
    closures += [builder.closure(next_, budget) for next_ in builder.nexts]
    masks = list(builder.masks)
    before = [tuple(mask >> _bit(b, a) & 1 for a in range(len(AFTER)) for mask in masks) for b in range(len(BEFORE))]
    after = [tuple(mask >> _bit(b, a) & 1 for b in range(len(BEFORE)) for mask in masks) for a in range(len(AFTER))]
    return Graph(builder.points, closures, _number_rows(before), _number_rows(after), bool(masks), MAX_WORK - budget[0])


class _Builder:
    """Builds a graph of states, of which only `_Characters` match a character; each state has its successors."""

    def __init__(self) -> None:
        self.states: list[_State] = [None]  # ACCEPT
        self.points: list[Points] = []
        self.nexts: list[int] = []  # of the characters
        self.masks: dict[int, None] = {}

    def new(self, state: _State) -> int:
        if len(self.states) > MAX_NODES:
            raise TooLargeError
        self.states.append(state)
        return len(self.states) - 1

    def add(self, node: Node, next_: int) -> int:
        """Add the states of a node before the state `next_`; return the first of them."""
        if isinstance(node, Characters):
            self.points.append(node.points)
            self.nexts.append(next_)
            return self.new(_Characters(len(self.points), next_))
        if isinstance(node, Border):
            mask = _mask(node.kind)
            self.masks[mask] = None
            return self.new(_Border(mask, next_))
        if isinstance(node, Choice):
            return self.new(_Split(tuple(self.add(part, next_) for part in node.parts)))
        if isinstance(node, Repeat):
            return self.repeat(node, next_)
        for part in reversed(node.parts):
            next_ = self.add(part, next_)
        return next_

    def repeat(self, node: Repeat, exit_: int) -> int:
        entry = exit_
        copies = node.minimum
        if node.maximum is None:
            entry, part = self.round(node, None, exit_)
            if node.minimum:
                entry, copies = part, node.minimum - 1  # the last required round shares the states of the loop
        else:
            for _ in range(node.maximum - node.minimum):
                entry, _part = self.round(node, entry, exit_)
        for _ in range(copies):
            entry = self.add(node.part, entry)
        return entry

    def round(self, node: Repeat, again: int | None, exit_: int) -> tuple[int, int]:
        """Add an optional round before the state `again`, by default itself; return its first state and its part's."""
        enter = self.new(None)
        again = enter if again is None else again
        if _matches_nothing(node.part):
            part = self.add(node.part, self.new(_Leave(enter, again, exit_)))
            self.states[enter] = _Enter(part, exit_, node.lazy)
        else:
            part = self.add(node.part, again)
            self.states[enter] = _Split((exit_, part) if node.lazy else (part, exit_))
        return enter, part

    def closure(self, entry: int, budget: list[int]) -> list[tuple[int, int]]:
        """Return the successors of a state in order of preference; see `Graph.closures`."""
        out: list[tuple[int, int]] = []
        covered: dict[int, int] = {}
        seen: dict[tuple[int, frozenset[int]], int] = {}
        stack: list[tuple[int, int, frozenset[int]]] = [(entry, _EVERYWHERE, frozenset())]
        while stack:  # state, mask, repeats whose current round began at this position
            number, mask, active = stack.pop()
            budget[0] -= 1
            if not budget[0]:
                raise TooLargeError
            mask &= ~seen.get((number, active), 0)
            if not mask:
                continue
            seen[number, active] = seen.get((number, active), 0) | mask
            state = self.states[number]
            if isinstance(state, _Split):
                stack += [(target, mask, active) for target in reversed(state.targets)]
            elif isinstance(state, _Border):
                stack.append((state.next, mask & state.mask, active))
            elif isinstance(state, _Enter):
                ways = [(state.part, mask, active | {number}), (state.exit, mask, active - {number})]
                stack += ways if state.lazy else reversed(ways)
            elif isinstance(state, _Leave):
                left = state.enter in active
                stack.append((state.exit, mask, active - {state.enter}) if left else (state.again, mask, active))
            else:
                target = ACCEPT if state is None else state.number
                if mask & ~covered.get(target, 0):
                    out.append((target, mask & ~covered.get(target, 0)))
                    covered[target] = covered.get(target, 0) | mask
        return out


def _matches_nothing(node: Node) -> bool:
    """Tell whether a node can match no character."""
    if isinstance(node, Repeat):
        return not node.minimum or _matches_nothing(node.part)
    if isinstance(node, Choice):
        return any(map(_matches_nothing, node.parts))
    if isinstance(node, Sequence):
        return all(map(_matches_nothing, node.parts))
    return isinstance(node, Border)


def _mask(kind: str) -> int:
    """Return the mask of an assertion; see `Graph.closures`."""
    out = 0
    for b, before in enumerate(BEFORE):
        for a, after in enumerate(AFTER):
            holds = {
                "begin": before == "begin",
                "end": after == "end",
                "last_line": after in ("end", "last_newline"),
                "line_begin": before in ("begin", "newline"),
                "line_end": after in ("end", "last_newline", "newline"),
                "word": (before == "word") != (after == "word"),
                "no_word": (before == "word") == (after == "word"),
            }[kind]
            out |= holds << _bit(b, a)
    return out


def _bit(before: int, after: int) -> int:
    return before * len(AFTER) + after


def _number_rows(rows: list[tuple[int, ...]]) -> list[int]:
    """Return a number for each row; equal rows have the same number."""
    distinct = list(dict.fromkeys(rows))
    return [distinct.index(row) for row in rows]
