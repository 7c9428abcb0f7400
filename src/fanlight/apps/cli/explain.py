"""`fanlight explain`: why a word got its tag."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from fanlight.apps.cli.options import Model
from fanlight.errors import DataError

commands = typer.Typer()


class Explained(StrEnum):
    """Output formats of explanations."""

    table = "table"
    json = "json"


@commands.command()
def explain(
    text: Annotated[str, typer.Argument(help="The text.")],
    *,
    word: Annotated[str, typer.Option(help="The word, or the index of its token, from 0.")],
    tag: Annotated[str | None, typer.Option(help="The tag, such as B-LOC; by default the most probable.")] = None,
    replace: Annotated[
        str | None,
        typer.Option(metavar="POSITION=WORD", help='Replace the word at a position, such as -1=of; "-1=" removes it.'),
    ] = None,
    model: Model = None,
    format: Annotated[Explained, typer.Option(help="The output format.")] = Explained.table,
) -> None:
    """Show why a word got its tag: the exact contribution of each word of its window to the score."""
    import fanlight

    tagger = fanlight.load(model or fanlight.language_of(text))
    offsets = tagger.tokens(text)
    token = next((number for number, (start, end) in enumerate(offsets) if text[start:end] == word), None)
    if token is None and word.isascii() and word.isdecimal():
        token = int(word)
    elif token is None:
        token = _first_token(text, word, offsets)
    if token >= len(offsets):
        words = " ".join(text[start:end] for start, end in offsets)
        raise DataError(f"--word {word}: no such token: the text has {words or 'none'}")
    explanations = [tagger.explain(text, token, tag)]
    if replace is not None:
        position, other = _parse_replacement(replace)
        explanations.append(tagger.what_if(text, token, position, other, explanations[0].tag))
    if format is Explained.json:
        rows = [explanation.to_dict() for explanation in explanations]
        print(json.dumps(rows if replace is not None else rows[0], ensure_ascii=False))
        return
    from fanlight.apps.cli.progress import explanation_tables
    from fanlight.apps.cli.terminal import open_console

    for explanation in explanations:
        open_console().print(*explanation_tables(explanation), sep="\n", markup=False)


def _first_token(text: str, word: str, offsets: Sequence[tuple[int, int]]) -> int:
    """Return the index of the first token of a name with several tokens; without such a name, the number of tokens."""
    token_ends = {end for _, end in offsets}
    for number, (start, _) in enumerate(offsets):
        if word and text.startswith(word, start) and start + len(word) in token_ends:
            return number
    return len(offsets)


def _parse_replacement(text: str) -> tuple[int, str]:
    position, equals, word = text.partition("=")
    try:
        return int(position), word if equals else _refuse_replacement()
    except ValueError:
        return _refuse_replacement()


def _refuse_replacement() -> NoReturn:
    raise typer.BadParameter("is not POSITION=WORD", param_hint="--replace") from None
