"""`fanlight mask` and `unmask`: replacement of names by placeholders, and restoration."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import Input, Output, all_types, split_types
from fanlight.apps.cli.inputs import Line, Source, read_exact_lines, resolve
from fanlight.apps.cli.options import AsFile, AsText, Encoding, Model, Texts, Types
from fanlight.apps.cli.texts import tag_texts
from fanlight.errors import DataError
from fanlight.files import read_bytes, replacing

commands = typer.Typer()


@commands.command()
def mask(
    inputs: Texts = None,
    *,
    key: Annotated[
        Path | None,
        typer.Option(help="The file for the names, for `unmask`; an existing one is extended."),
        Output(wait=True),
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Replace each name by its type, without a key.")] = False,
    types: Types = None,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Do not replace less probable entities.")] = 0.0,
    model: Model = None,
    encoding: Encoding = "utf-8",
    as_text: AsText = False,
    as_file: AsFile = False,
) -> None:
    """Replace names by placeholders such as [PER_1], one per name; other bytes are unchanged.

    No model finds every name; the documentation has the share of missed names. Check masked texts before you publish
    them.
    """
    from fanlight.entities.type_names import check_types
    from fanlight.tagging.masking import Masker

    if redact == (key is not None):
        raise typer.BadParameter("give either --key FILE, to restore the names, or --redact", param_hint="--key")
    chosen = split_types(types)
    check_types(chosen or (), all_types([model] if model else ["en", "ko"]), "--types")
    originals = list(_exact_lines(resolve(inputs, as_text, as_file), encoding))
    masker = Masker(chosen, read_key(key) if key is not None and key.is_file() else None)
    try:
        masker.reserve([] if redact else [line.text for line in originals])
    except ValueError as error:
        raise DataError(f"{key}: {error}") from None
    replace = masker.redact if redact else masker.mask
    documents = tag_texts((line.text for line in originals), model, threshold)
    masked = [line.encode(replace(document)) for line, document in zip(originals, documents, strict=True)]
    if key is not None:  # before the text, which could not be restored without its key
        with replacing(key, private=True) as part:
            part.write_text(json.dumps(masker.names, ensure_ascii=False, indent=1), encoding="utf-8")
    _write_bytes(masked)


@commands.command()
def unmask(
    inputs: Texts = None,
    *,
    key: Annotated[Path, typer.Option(help="The key written by `mask`."), Input()] = Path("key.json"),
    encoding: Encoding = "utf-8",
    as_text: AsText = False,
    as_file: AsFile = False,
) -> None:
    """Restore the names replaced by `mask`; other bytes are unchanged."""
    from fanlight.tagging.masking import unmask as restore

    names = read_key(key)
    sources = resolve(inputs, as_text, as_file)
    _write_bytes(line.encode(restore(line.text, names)) for line in _exact_lines(sources, encoding))


def _exact_lines(sources: list[Source], encoding: str) -> Iterator[Line]:
    for source in sources:
        if source.is_file:
            yield from read_exact_lines(source.value, encoding)
        else:
            yield Line(source.value)


def _write_bytes(parts: Iterable[bytes]) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.writelines(parts)
    sys.stdout.buffer.flush()


def read_key(path: Path) -> dict[str, tuple[str, str]]:
    """Read a key file: placeholders, each with its name and type.

    Raises
    ------
    DataError
        The file is missing or not a key.
    """
    try:
        rows = json.loads(read_bytes(path))
        return {str(placeholder): (str(name), str(type_)) for placeholder, (name, type_) in rows.items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise DataError(f"{path}: is not a key: give the file that `mask --key` wrote") from None
