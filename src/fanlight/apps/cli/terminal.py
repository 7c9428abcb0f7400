"""Output to terminals; control characters of untrusted texts are escaped."""

from __future__ import annotations

import unicodedata
from typing import Any

_NARROWEST = 60  # minimum width of a terminal
_WIDEST = 10_000  # width of other outputs


def printable(text: str) -> str:
    r"""Return a text with escaped control characters, except line feeds and tabs.

    Examples
    --------
    >>> print(printable("Oslo\x1b[2J\u202e"))
    Oslo\x1b[2J\u202e
    """
    return "".join(c if c in "\n\t" or not _acts(c) else c.encode("unicode_escape").decode() for c in text)


def _acts(character: str) -> bool:
    """Tell whether a character is a control character or overrides the writing direction."""
    return (
        unicodedata.category(character) in ("Cc", "Cs")
        or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def open_console(stderr: bool = False) -> Any:
    """Return a console (`rich.console.Console`) that cuts no cell of a table where the output is no terminal.

    A terminal narrower than 60 columns wraps lines by itself, which can be read; columns of one letter cannot.
    """
    from rich.console import Console

    shown = Console(stderr=stderr)
    shown.width = max(shown.width, _NARROWEST) if shown.is_terminal else _WIDEST
    return shown


def table(*columns: str, **options: Any) -> Any:
    """Return a table for the terminal (`rich.table.Table`), whose cells are escaped and no markup."""
    from rich.table import Table
    from rich.text import Text

    class SafeTable(Table):
        def add_row(self, *cells: Any, **row_options: Any) -> None:
            shown = (Text(printable(cell).replace("\n", "\\n")) if isinstance(cell, str) else cell for cell in cells)
            super().add_row(*shown, **row_options)

    return SafeTable(*columns, **{"box": None, "header_style": "bold", **options})
