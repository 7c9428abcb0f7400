"""Reader for files of names and regular expressions, for rules (`tagging.rules`) and for training."""

from __future__ import annotations

import os
from collections.abc import Sequence

from fanlight.corpus.decoding import read_text
from fanlight.errors import DataError
from fanlight.text.automaton import compile_expression
from fanlight.text.patterns import Patterns


def read_patterns(paths: Sequence[str | os.PathLike[str]], encoding: str = "utf-8") -> Patterns:
    """Read lines ``NAME<tab>TYPE`` and ``re:PATTERN<tab>TYPE``; blank lines and comments (#) are skipped.

    The last line of a repeated name or pattern counts.

    Raises
    ------
    DataError
        A file cannot be read, a line is malformed, or a pattern is refused (`text.automaton`).
    """
    names: dict[str, str] = {}
    expressions: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(read_text(path, encoding)[0].split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            rule, tab, type_ = line.partition("\t")
            if not tab or not type_.strip() or "\t" in type_.strip() or not rule.removeprefix("re:").strip():
                raise DataError(f"{path}:{number}: is not NAME<tab>TYPE or re:PATTERN<tab>TYPE")
            if not rule.startswith("re:"):
                names[rule.strip()] = type_.strip()
                continue
            try:
                compile_expression(rule.removeprefix("re:"))
            except DataError as error:
                raise DataError(f"{path}:{number}: {error}: correct it, or leave out re: if it is a name") from None
            expressions[rule.removeprefix("re:")] = type_.strip()
    return Patterns(names, expressions)
