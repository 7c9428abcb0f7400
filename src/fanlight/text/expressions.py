r"""Parser of regular expressions: the subset of Python's syntax that can be matched in linear time.

Supported, with the meaning of `re`, are characters and escapes (``\. \n \x41 \u00e9``), ``.``, classes with ranges
(``[^a-z\d]``), ``\d \D \s \S \w \W`` of all of Unicode, ``^ $ \b \B \A \Z``, groups ``(…)``, ``(?:…)``,
``(?P<name>…)``, alternatives ``a|b``, repeats ``* + ? {m} {m,} {,n} {m,n}`` of at most 1,000 times, each also lazy
(``*?``), comments ``(?#…)``, and the flags i, m, s, x for all, ``(?i)…``, or for a group, ``(?i:…)``. Refused are
backreferences, lookahead, lookbehind, conditions, atomic groups, possessive repeats, the flags a and L, and names of
characters, ``\N{…}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from fanlight.errors import DataError
from fanlight.text.code_points import Points, category, complement, ignore_case, interval, union

DEEPEST = 100  # maximum nesting of groups
MAX_REPEATS = 1000  # maximum of a counted repeat, which is expanded; as in RE2
_SPACES = " \t\n\r\v\f"
_SIMPLE = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}
_BORDERS = {"A": "begin", "Z": "end", "b": "word", "B": "no_word"}
_REMEDIES = {
    "(?=": ("a lookahead, (?=…)", r"write what follows into the expression, or end it with \b"),
    "(?!": ("a negative lookahead, (?!…)", r"end the expression with \b or \B"),
    "(?<=": ("a lookbehind, (?<=…)", r"write what comes before into the expression, or begin it with \b"),
    "(?<!": ("a negative lookbehind, (?<!…)", r"begin the expression with \b or \B"),
    "(?>": ("an atomic group, (?>…)", "write (?:…)"),
    "(?(": ("a condition, (?(…)…)", "write both alternatives, a|b"),
    "(?P=": ("a backreference, (?P=…)", "write the group again"),
    "(?P>": ("a recursion, (?P>…)", "write the group again"),
}
ANY_BUT_NEWLINE = complement(interval(10, 10))


@dataclass(frozen=True)
class Characters:
    """One character of a set."""

    points: Points


@dataclass(frozen=True)
class Sequence:
    """Parts that follow each other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """Alternatives, the preferred ones first."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part from `minimum` to `maximum` times (None: any number)."""

    part: Node
    minimum: int
    maximum: int | None
    lazy: bool


@dataclass(frozen=True)
class Border:
    """A zero-width assertion: begin, end, last_line (`end` or before a newline that ends the text), line_begin,
    line_end, word (a word boundary) or no_word.
    """  # noqa: D205 - names, not a sentence

    kind: str


Node = Characters | Sequence | Choice | Repeat | Border


def parse(expression: str) -> Node:
    r"""Return a regular expression as a tree.

    Raises
    ------
    DataError
        The expression is invalid or unsupported.

    Examples
    --------
    >>> parse("a|b*?")  # doctest: +NORMALIZE_WHITESPACE
    Choice(parts=(Characters(points=(97, 98)),
                  Repeat(part=Characters(points=(98, 99)), minimum=0, maximum=None, lazy=True)))
    >>> parse(r"(a)\1")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    fanlight.errors.DataError: the pattern '(a)\\1' has a backreference at character 4, which is not supported: ...
    """
    return _Parser(expression).parse()


def shorten(expression: str) -> str:
    """Return an expression for messages, with at most 100 characters."""
    return expression if len(expression) <= 100 else expression[:100] + "…"


class _Parser:
    def __init__(self, expression: str) -> None:
        self.text = expression
        self.place = 0
        self.names: set[str] = set()

    def parse(self) -> Node:
        node = self.choice(self.global_flags(), 0)
        if self.place < len(self.text):
            self.fail("unbalanced parenthesis")
        return node

    def fail(self, reason: str, place: int | None = None) -> NoReturn:
        place = self.place if place is None else place
        raise DataError(
            f"the pattern {shorten(self.text)!r} is no regular expression: {reason} at character {place + 1}"
        )

    def refuse(self, what: str, remedy: str, place: int) -> NoReturn:
        raise DataError(
            f"the pattern {shorten(self.text)!r} has {what} at character {place + 1}, which is not supported: {remedy}"
        )

    def take(self, token: str) -> bool:
        if not self.text.startswith(token, self.place):
            return False
        self.place += len(token)
        return True

    def next(self) -> str:
        if self.place >= len(self.text):
            self.fail("it ends too early")
        self.place += 1
        return self.text[self.place - 1]

    def until(self, end: str) -> str:
        stop = self.text.find(end, self.place)
        if stop < 0:
            self.fail(f"missing {end}")
        word, self.place = self.text[self.place : stop], stop + 1
        return word

    def global_flags(self) -> frozenset[str]:
        """Read ``(?i)`` and the like at the beginning."""
        flags: frozenset[str] = frozenset()
        while True:
            begin = self.place
            self.skip(flags)
            if not self.take("(?") or self.text[self.place : self.place + 1] not in set("aiLmsux"):
                self.place = begin
                return flags
            added, removed = self.flags()
            if self.text[self.place - 1] == ":":
                self.place = begin
                return flags
            flags = (flags | added) - removed

    def flags(self) -> tuple[frozenset[str], frozenset[str]]:
        """Read flags and the ``)`` or ``:`` after them; return those set and those unset."""
        begin, sides = self.place, ["", ""]
        side = 0
        while (c := self.next()) not in ":)":
            if c == "-" and not side:
                side = 1
            elif c in "aL":
                self.refuse(f"the flag {c}", r"write classes such as [0-9] and [A-Za-z] for \d and \w", self.place - 1)
            elif c not in "imsxu" or (side and c == "u"):
                self.fail("unknown flag", self.place - 1)
            else:
                sides[side] += c
        if side and (c == ")" or not sides[1] or set(sides[0]) & set(sides[1])):
            self.fail("bad flags", begin)
        return frozenset(sides[0]) - {"u"}, frozenset(sides[1])

    def skip(self, flags: frozenset[str]) -> None:
        """Skip comments, and white space with the flag x."""
        while True:
            if self.take("(?#"):
                self.until(")")
            elif "x" in flags and self.text[self.place : self.place + 1] in {*_SPACES}:
                self.place += 1
            elif "x" in flags and self.take("#"):
                stop = self.text.find("\n", self.place)
                self.place = len(self.text) if stop < 0 else stop + 1
            else:
                return

    def choice(self, flags: frozenset[str], depth: int) -> Node:
        if depth > DEEPEST:
            self.fail(f"groups are more than {DEEPEST} deep")
        parts = [self.sequence(flags, depth)]
        while self.take("|"):
            parts.append(self.sequence(flags, depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def sequence(self, flags: frozenset[str], depth: int) -> Node:
        parts: list[Node] = []
        repeatable = False  # whether a repeat may follow
        while True:
            self.skip(flags)
            if self.place >= len(self.text) or self.text[self.place] in "|)":
                return parts[0] if len(parts) == 1 else Sequence(tuple(parts))
            begin = self.place
            counts = self.counts()
            if counts is None:
                node = self.item(flags, depth)
                parts.append(node)
                repeatable = not isinstance(node, Border) or self.text[begin] == "("
                continue
            if not repeatable:
                repeated = bool(parts) and isinstance(parts[-1], Repeat)
                self.fail("multiple repeat" if repeated else "nothing to repeat", begin)
            if self.take("+"):
                remedy = "leave out the second +"
                self.refuse("a possessive repeat", remedy, self.place - 1)
            lazy = self.take("?")
            if parts[-1] != Sequence(()):  # repeating the empty sequence has no effect
                parts[-1] = Repeat(parts[-1], *counts, lazy)
            repeatable = False

    def counts(self) -> tuple[int, int | None] | None:
        """Read a repeat's minimum and maximum; return None if there is no repeat."""
        for token, minimum, maximum in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.take(token):
                return minimum, maximum
        begin = self.place
        if not self.take("{") or self.take("}"):
            self.place = begin
            return None
        low = high = self.digits()
        if self.take(","):
            high = self.digits()
        if not self.take("}"):
            self.place = begin
            return None
        if any(len(number) > 9 or int(number or 0) > MAX_REPEATS for number in (low, high)):
            self.fail(f"a repeat of more than {MAX_REPEATS} times", begin)
        if low and high and int(low) > int(high):
            self.fail("the least repeat is more than the most", begin)
        return int(low or 0), int(high) if high else None

    def digits(self) -> str:
        begin = self.place
        while self.text[self.place : self.place + 1] in {*"0123456789"}:
            self.place += 1
        return self.text[begin : self.place]

    def item(self, flags: frozenset[str], depth: int) -> Node:
        """Read an atom or an assertion."""
        begin = self.place
        c = self.next()
        if c == "(":
            return self.group(flags, depth)
        if c == "[":
            return Characters(self.set(flags, begin))
        if c == ".":
            return Characters(interval(0, 0x10FFFF) if "s" in flags else ANY_BUT_NEWLINE)
        if c == "^":
            return Border("line_begin" if "m" in flags else "begin")
        if c == "$":
            return Border("line_end" if "m" in flags else "last_line")
        if c != "\\":
            return Characters(_apply_case(interval(ord(c), ord(c)), flags))
        if self.text[self.place : self.place + 1] in _BORDERS:
            return Border(_BORDERS[self.next()])
        escaped = self.escape(begin, inside=False)
        return Characters(escaped if isinstance(escaped, tuple) else _apply_case(interval(escaped, escaped), flags))

    def group(self, flags: frozenset[str], depth: int) -> Node:
        begin = self.place - 1
        if self.take("?"):
            for token, (what, remedy) in _REMEDIES.items():
                if self.text.startswith(token, begin):
                    self.refuse(what, remedy, begin)
            if self.take("P<"):
                name = self.until(">")
                if not name.isidentifier() or name in self.names:
                    self.fail("a bad name of a group, or one that there is already", begin)
                self.names.add(name)
            elif not self.take(":"):
                if self.text[self.place : self.place + 1] not in set("aiLmsux-"):
                    self.fail("unknown extension", begin)
                added, removed = self.flags()
                if self.text[self.place - 1] == ")":
                    self.fail("flags for all that are not at the beginning", begin)
                flags = (flags | added) - removed
        node = self.choice(flags, depth + 1)
        if not self.take(")"):
            self.fail("a ( without )", begin)
        return node

    def set(self, flags: frozenset[str], begin: int) -> Points:
        """Read a character class after its ``[``."""
        inverted = self.take("^")
        single: list[Points] = []
        categories: list[Points] = []
        start = self.place
        while self.place == start or not self.take("]"):
            if self.place >= len(self.text):
                self.fail("a [ without ]", begin)
            place = self.place
            low = self.member()
            if self.text.startswith("-", self.place) and not self.text.startswith("-]", self.place):
                self.place += 1
                high = self.member()
                if isinstance(low, tuple) or isinstance(high, tuple) or high < low:
                    self.fail("a bad range of characters", place)
                single.append(interval(low, high))
            elif isinstance(low, tuple):
                categories.append(low)
            else:
                single.append(interval(low, low))
        points = union(_apply_case(union(*single), flags), *categories)
        return complement(points) if inverted else points

    def member(self) -> int | Points:
        begin = self.place
        c = self.next()
        return self.escape(begin, inside=True) if c == "\\" else ord(c)

    def escape(self, begin: int, inside: bool) -> int | Points:
        """Read the escape after a backslash: a code point, or a category."""
        c = self.next()
        if c in "dswDSW":
            points = category(c.lower())
            return complement(points) if c.isupper() else points
        if inside and c == "b":
            return 8
        if c in _SIMPLE:
            return _SIMPLE[c]
        if c in _HEXADECIMAL:
            return self.hexadecimal(_HEXADECIMAL[c], begin)
        if c in "0123456789":
            return self.octal(begin, inside)
        if c == "N":
            self.refuse(r"a name of a character, \N{…}", r"write the character, or \u and its four digits", begin)
        if c.isascii() and c.isalpha():
            self.fail(f"unknown escape \\{c}", begin)
        return ord(c)

    def hexadecimal(self, length: int, begin: int) -> int:
        digits = self.text[self.place : self.place + length]
        if len(digits) < length or not set(digits) <= {*"0123456789abcdefABCDEF"} or int(digits, 16) > 0x10FFFF:
            self.fail("an incomplete escape", begin)
        self.place += length
        return int(digits, 16)

    def octal(self, begin: int, inside: bool) -> int:
        """Read octal digits after a backslash: if they begin with 0, are three, or are in a class."""
        self.place -= 1
        digits = ""
        while len(digits) < 3 and self.text[self.place : self.place + 1] in {*"01234567"}:
            digits += self.next()
        if not (inside or digits.startswith("0") or len(digits) == 3):
            self.refuse("a backreference", "write the group again", begin)
        if not digits or int(digits, 8) > 0o377:
            self.fail("a bad octal escape", begin)
        return int(digits, 8)


def _apply_case(points: Points, flags: frozenset[str]) -> Points:
    return ignore_case(points) if "i" in flags else points
