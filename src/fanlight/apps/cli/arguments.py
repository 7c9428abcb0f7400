"""What the commands' parameters are: inputs, outputs, lists of types; checked for every command at one place.

A parameter says in its annotation that it is an `Input` or an `Output`. `protect` wraps a command: before it reads
anything, outputs are compared with inputs, found writable, and locked until the command ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from fanlight.errors import DataError
from fanlight.files import check_outputs, check_writable, claim, is_special

Encoding = Annotated[str, typer.Option(help="Of the files.")]
DataFormat = Annotated[
    str | None, typer.Option("--data-format", help="columns, klue or jsonl; by default detected.", show_default=False)
]


@dataclass(frozen=True)
class Input:
    """A parameter that names files to read; a text or the name of a bundled model is none.

    Attributes
    ----------
    last_is_output : bool
        The last of several paths is written.
    """

    last_is_output: bool = False


@dataclass(frozen=True)
class Output:
    """A parameter that names a file to write.

    Attributes
    ----------
    beside : tuple of str
        Ends of the names of files that are written beside it.
    resumable : bool
        ``OUT.part`` holds what an interrupted run has done, for ``--resume``.
    exclusive : bool
        One process alone may write it; others wait (`wait`) or are refused.
    wait : bool
    folder : bool
        It may be a folder, and is checked by the command itself.
    """

    beside: tuple[str, ...] = ()
    resumable: bool = False
    exclusive: bool = True
    wait: bool = False
    folder: bool = False


Mark = Input | Output


def marks_of(function: Callable[..., Any]) -> dict[str, Mark]:
    """Return the marks of a command's parameters."""
    marks = {}
    for name, hint in get_type_hints(function, include_extras=True).items():
        mark = next((item for item in get_args(hint) if isinstance(item, Input | Output)), None)
        if mark is not None:
            marks[name] = mark
    return marks


def protect(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command so that no output is an input, each can be written, and no other process writes it.

    Raises
    ------
    DataError
        An output is at fault; the message names it and the remedy.
    """

    @wraps(function)
    def command(**values: Any) -> Any:
        marks = marks_of(function)
        outputs = list(_outputs(marks, values))
        paths = [place for path, mark in outputs for place in (path, *(_beside(path, end) for end in mark.beside))]
        if outputs:
            check_outputs(_inputs(marks, values), paths)
        with ExitStack() as locks:
            for path, mark in outputs:
                if not (mark.folder and not path.is_file()):
                    check_writable(path)
                if mark.exclusive:
                    locks.enter_context(claim(path, mark.wait))
                if mark.resumable:
                    check_part(path, bool(values.get("resume")))
            return function(**values)

    return command


def check_part(out: Path, resume: bool) -> None:
    """Refuse to begin over an interrupted run, and to go on with none.

    Raises
    ------
    DataError
        The message names the file that is there or missing.
    """
    part = _beside(out, ".part")
    if is_special(out):
        if resume:
            raise DataError(f"{out}: --resume needs a file: name one")
    elif resume and not part.exists():
        raise DataError(f"{part}: there is no interrupted run to go on with: leave out --resume")
    elif not resume and part.exists():
        raise DataError(
            f"{part}: is there already: if it is of an interrupted run, go on with --resume; or remove it, or choose "
            "another output"
        )


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [str(item) for item in values if item is not None]


def _inputs(marks: Mapping[str, Mark], values: Mapping[str, Any]) -> Iterator[str]:
    for name, mark in marks.items():
        if isinstance(mark, Input):
            paths = _listed(values.get(name))
            yield from filter(_exists, map(_model_file, paths[: -1 if mark.last_is_output else None]))


def _outputs(marks: Mapping[str, Mark], values: Mapping[str, Any]) -> Iterator[tuple[Path, Output]]:
    for name, mark in marks.items():
        paths = _listed(values.get(name))
        if isinstance(mark, Output):
            yield from ((Path(path), mark) for path in paths)
        elif mark.last_is_output and len(paths) > 1:
            yield Path(paths[-1]), Output()


def _exists(path: str) -> bool:
    try:
        return path != "-" and Path(path).exists()
    except (OSError, ValueError):  # a text that is too long for a name, or holds a null character
        return False


def _model_file(name: str) -> str:
    """Return the file of a bundled model, or else what was given; a model to serve may have a name before it."""
    import fanlight

    bundled = Path(fanlight.__file__).parent / "models" / f"{name}.fanlight"
    return str(bundled) if name.isalnum() and bundled.exists() else name


def split_types(text: str | None) -> list[str] | None:
    """Return the types of an option such as "PER, LOC"; None if there is none.

    Raises
    ------
    DataError
        It names no type.
    """
    if text is None:
        return None
    names = [name for part in text.split(",") if (name := part.strip())]
    if not names:
        raise DataError("--types: names no type: give them with commas between, such as PER,LOC")
    return list(dict.fromkeys(names))


def split_pairs(text: str | None, option: str) -> dict[str, str]:
    """Return the pairs of an option such as "PS=PER, LC=LOC".

    Raises
    ------
    DataError
        A part is no pair, or two parts say different things.
    """
    pairs: dict[str, str] = {}
    for part in filter(str.strip, (text or "").split(",")):
        name, _, value = (side.strip() for side in part.partition("="))
        if not name or not value or pairs.get(name, value) != value:
            raise DataError(f"{option}: {part.strip()!r} is not NAME=TYPE, or says another thing than before")
        pairs[name] = value
    return pairs


def all_types(models: Iterable[str]) -> tuple[str, ...]:
    """Return the types of models, each once, in order."""
    import fanlight

    return tuple(dict.fromkeys(type_ for model in models for type_ in fanlight.load(model).types))


def split_setting(item: str) -> tuple[str, str]:
    """Return name and value of ``KEY=VALUE``."""
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"{item!r} is not KEY=VALUE", param_hint="--set")
    return key, value
