"""Options shared by several commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import MODEL, Input
from fanlight.files import is_special

if TYPE_CHECKING:
    from rich.console import Console

    from fanlight.values import ValueOptions

RULE = (
    "Files, folders, - for standard input, or the text itself. An existing path is a file; an argument "
    "that looks like a path (with a separator or the ending of a file name) must exist; all else is text."
)
Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE|-|TEXT]...", help=RULE, show_default=False),
    Input(path=False, default_is_standard_input=True),
]
AsText = Annotated[bool, typer.Option("--text", help="All arguments are texts.")]
AsFile = Annotated[bool, typer.Option("--file", help="All arguments are files.")]
Encoding = Annotated[str, typer.Option(help="Encoding of files and of standard input.")]
Model = Annotated[
    str | None,
    typer.Option(help="A model file or name (en, ko, hf:user/repo); by default selected by the script of each text."),
    MODEL,
]
ModelFile = Annotated[str, typer.Argument(help="A model file or name: en, ko, an installed one, hf:user/repo."), MODEL]
Types = Annotated[str | None, typer.Option(help="Only these types, such as PER,ORG.", show_default=False)]
DataFormat = Annotated[
    str | None,
    typer.Option("--data-format", help="columns, klue, jsonl or csv; by default detected.", show_default=False),
]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be repeated.")]
Vectors = Annotated[Path | None, typer.Option(help="Word vectors: word2vec, GloVe or fastText."), Input()]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run with the same --out.")]

DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar="YYYY-MM-DD", help='The date of the texts, for "yesterday".', show_default=False),
]
DayFirst = Annotated[bool, typer.Option("--day-first", help="Read 12/05/2021 as a date in May.")]


def parse_reading(date: str | None, day_first: bool) -> ValueOptions:
    """Return the options for values from --date and --day-first.

    Raises
    ------
    typer.BadParameter
        The date is invalid.
    """
    import datetime

    from fanlight.values import ValueOptions

    try:
        return ValueOptions(datetime.date.fromisoformat(date) if date else None, day_first)
    except ValueError:
        raise typer.BadParameter(f"{date!r} is no date such as 2026-11-28", param_hint="--date") from None


def parse_setting(item: str) -> tuple[str, str]:
    """Return the key and the value of an option such as ``--set epochs=3``.

    Raises
    ------
    typer.BadParameter
        It is not KEY=VALUE.
    """
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"{item!r} is not KEY=VALUE", param_hint="--set")
    return key, value


def parse_threshold(text: str) -> dict[str, float]:
    """Read "0.5", "PER=0.9" or both, separated by commas; the type "" is any other.

    Raises
    ------
    typer.BadParameter
        A part is not a probability, or a type has two.
    """
    thresholds: dict[str, float] = {}
    for part in text.split(","):
        type_, _, number = part.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise typer.BadParameter(f"{part!r} is not a number or TYPE=NUMBER", param_hint="--threshold") from None
        if not 0 <= value <= 1:
            raise typer.BadParameter(f"{number} is not from 0 to 1", param_hint="--threshold")
        if thresholds.get(type_.strip(), value) != value:
            raise typer.BadParameter(f"{type_.strip() or 'any type'} has two thresholds", param_hint="--threshold")
        thresholds[type_.strip()] = value
    return thresholds


def print_size(out: Path, console: Console) -> None:
    """Print the name and size of an output."""
    size = "" if is_special(out) else f" ({out.stat().st_size / 1e6:.1f} MB)"
    console.print(f"wrote {out}{size}", markup=False, highlight=False)
