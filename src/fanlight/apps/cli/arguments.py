"""Inputs and outputs of commands, and their checks.

Parameters are annotated with `Input` or `Output`. `protect` wraps a command: before it reads anything, outputs are
compared with inputs, checked to be writable, and locked until the command ends.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from glob import escape
from pathlib import Path
from typing import Any, get_args, get_type_hints

from fanlight.errors import DataError, Interrupt
from fanlight.files import (
    COMPRESSED,
    address_of,
    check_named_once,
    check_outputs,
    check_readable,
    check_writable,
    claim,
    ending_of,
    is_special,
    uploading,
)


@dataclass(frozen=True)
class Input:
    """A parameter with files to read; texts and names of bundled models are not files.

    Attributes
    ----------
    path : bool
        Each value is a path, and is checked before the command starts; else the command distinguishes files from
        texts or names of models.
    folder : bool
        A folder is allowed; its files are read.
    optional : bool
        It may be missing, or the command checks it.
    last_is_database : bool
        The last of several paths is a database to write.
    default_is_standard_input : bool
        Without a value, standard input is read.
    """

    path: bool = True
    folder: bool = False
    optional: bool = False
    last_is_database: bool = False
    default_is_standard_input: bool = False


@dataclass(frozen=True)
class Output:
    """A parameter with a file to write.

    Attributes
    ----------
    companion_suffixes : tuple of str
        Suffixes of the names of additional files.
    resumable : bool
        ``OUT.part`` has the partial results of an interrupted run, for ``--resume``.
    continues : bool
        Repeating the command continues with an existing file.
    exclusive : bool
        Only one process may write it; others wait (`wait`) or are refused.
    wait : bool
    folder : bool
        A folder is allowed, and is checked by the command.
    database : bool
        It is an SQLite database.
    endings : tuple of str
        Allowed endings of its name, without that of a compression; empty: any.
    compressible : bool
        Whether it is compressed if its name ends with .gz or .zst.
    remote : bool
        It may be an address, such as s3://bucket/key; it is then written locally and uploaded at the end.
    """

    companion_suffixes: tuple[str, ...] = ()
    resumable: bool = False
    continues: bool = False
    exclusive: bool = True
    wait: bool = False
    folder: bool = False
    database: bool = False
    endings: tuple[str, ...] = ()
    compressible: bool = True
    remote: bool = False


PICTURES = (".svg", ".png", ".pdf")
MODEL = Input(path=False)  # a file, or a name
FILES = Input(folder=True)  # a file, or a folder whose files are read
DATABASE = Output(companion_suffixes=("-wal", "-shm"), database=True, continues=True, compressible=False)
Mark = Input | Output


def marks_of(function: Callable[..., Any]) -> dict[str, Mark]:
    """Return the annotations of a command's parameters by name."""
    kinds = {}
    for name, hint in get_type_hints(function, include_extras=True).items():
        mark = next((item for item in get_args(hint) if isinstance(item, Input | Output)), None)
        if mark is not None:
            kinds[name] = mark
    return kinds


def protect(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a command so that no output is an input, each can be written, and no other process writes it.

    Raises
    ------
    DataError
        An output is invalid; the message names it and the remedy.
    Interrupt
        Instead of a `KeyboardInterrupt`.
    """

    @wraps(function)
    def command(**values: Any) -> Any:
        kinds = marks_of(function)
        with ExitStack() as locks:
            remote = _remote_outputs(kinds, values)
            values |= {name: locks.enter_context(uploading(address)) for name, address in remote.items()}
            outputs = list(_outputs(kinds, values))
            paths = [place for path, mark in outputs for place in _places(path, mark)]
            inputs = list(_inputs(kinds, values))
            check_outputs(inputs, [*paths, *_redirected_output(paths)])
            check_named_once(inputs)
            _check_inputs(kinds, values)
            for path, mark in outputs:
                if not (mark.folder and not path.is_file()):
                    check_writable(path, mark.database)
            for path, mark in outputs:
                for place in _places(path, mark):
                    if mark.exclusive:
                        locks.enter_context(claim(place, mark.wait))
                if mark.resumable and not (mark.folder and values.get("engine")):  # shards have their manifest
                    check_part(path, bool(values.get("resume")))
                _check_name(path, mark)
            try:
                return function(**values)
            except DataError:
                if not values.get("resume"):
                    _remove_empty_parts(outputs)
                raise
            except (KeyboardInterrupt, SystemError) as stop:  # an interrupt within C may raise the latter
                if isinstance(stop, SystemError) and not isinstance(stop.__cause__, KeyboardInterrupt):
                    raise
                raise Interrupt(*_how_to_go_on([] if remote else outputs, bool(values.get("resume")))) from None

    return command


def _remote_outputs(parameters: Mapping[str, Mark], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the remote outputs by parameter.

    Raises
    ------
    DataError
        The command or an option needs a local file, or an output is also an input.
    """
    addresses = {}
    inputs = {
        address_of(p) for n, mark in parameters.items() if isinstance(mark, Input) for p in _list_values(values.get(n))
    }
    for name, mark in parameters.items():
        if not isinstance(mark, Output):
            continue
        for address in filter(None, map(address_of, _list_values(values.get(name)))):
            if not mark.remote or values.get("resume") or values.get("engine"):
                raise DataError(f"{address}: is elsewhere, and this needs a file of this machine: name one")
            if address in inputs:
                raise DataError(f"{address}: is an input, which it would overwrite: choose another output")
            addresses[name] = address
    return addresses


def _check_inputs(kinds: Mapping[str, Mark], values: Mapping[str, Any]) -> None:
    for name, mark in kinds.items():
        if isinstance(mark, Input) and mark.path:
            for path in _list_values(values.get(name))[: -1 if mark.last_is_database else None]:
                if address_of(path) is None and (not mark.optional or os.path.lexists(path)):
                    check_readable(path, mark.folder)


def _check_name(path: Path, mark: Output) -> None:
    if mark.endings and ending_of(path) not in mark.endings:
        raise DataError(f"{path}: choose a name that ends with {', '.join(mark.endings)}")
    if not mark.compressible and path.suffix.lower() in COMPRESSED:
        raise DataError(f"{path}: is not compressed, since it is read as it is: choose a name without {path.suffix}")


def check_part(out: Path, resume: bool) -> None:
    """Check that there is an interrupted run if, and only if, it is to be resumed.

    Raises
    ------
    DataError
        The message names the existing or missing file.
    """
    part = _companion(out, ".part")
    if is_special(out):
        if resume:
            raise DataError(f"{out}: --resume needs a file: name one")
    elif resume and _state_of_run(out) is None:
        raise DataError(f"{part}: there is no interrupted run to go on with: leave out --resume")
    elif not resume and (state := _state_of_run(out)) is not None:
        raise DataError(
            f"{state}: is there already: if it is of an interrupted run, go on with --resume; or remove it, or choose "
            "another output"
        )


def _state_of_run(out: Path) -> Path | None:
    """Return the file of an interrupted run, or of one of its earlier stages (``OUT.part.first``)."""
    part = _companion(out, ".part")
    stages = sorted(part.parent.glob(f"{escape(part.name)}.*"))
    files = [part] * part.exists() + [file for file in stages if file.suffix != ".json"]  # .json is the note of the run
    return next(iter(files), None)


def _remove_empty_parts(outputs: Iterable[tuple[Path, Output]]) -> None:
    """Remove empty partial results of a failed run."""
    for path, mark in outputs:
        part = _companion(path, ".part")
        if not mark.resumable or is_special(path) or not part.exists():
            continue
        if part.is_dir() and not any(part.iterdir()):
            part.rmdir()
        elif part.is_file() and not part.stat().st_size:
            part.unlink()
        else:
            continue
        _companion(path, ".part.json").unlink(missing_ok=True)


def _how_to_go_on(outputs: Iterable[tuple[Path, Output]], resume: bool) -> list[str]:
    """Return how to continue an interrupted command, if anything of it is stored."""
    for path, mark in outputs:
        if mark.continues and path.exists():
            return ["the same command goes on"]
        if mark.resumable and (_state_of_run(path) is not None or path.is_dir()):
            return [f"the same command{'' if resume else ' with --resume'} goes on"]
    return []


def _places(path: Path, mark: Output) -> list[Path]:
    """Return an output and its additional files."""
    return [path, *(_companion(path, end) for end in mark.companion_suffixes)]


def _companion(path: Path, end: str) -> Path:
    return Path(f"{path}{end}")


def _list_values(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [str(item) for item in values if item is not None]


def _inputs(kinds: Mapping[str, Mark], values: Mapping[str, Any]) -> Iterator[str]:
    for name, mark in kinds.items():
        if isinstance(mark, Input):
            paths = _list_values(values.get(name))
            yield from filter(_exists, map(_model_file, paths[: -1 if mark.last_is_database else None]))
            yield from (path for path in paths if path == "-")
            if mark.default_is_standard_input and not paths:
                yield "-"


def _outputs(kinds: Mapping[str, Mark], values: Mapping[str, Any]) -> Iterator[tuple[Path, Output]]:
    for name, mark in kinds.items():
        paths = _list_values(values.get(name))
        if isinstance(mark, Output):
            yield from ((Path(path), mark) for path in paths)
        elif mark.last_is_database and len(paths) > 1:
            yield Path(paths[-1]), DATABASE


def _redirected_output(outputs: Iterable[Path]) -> list[str]:
    """Return standard output if it is redirected to a file and is no other output already."""
    if any(str(path) in ("-", "/dev/stdout") for path in outputs):
        return []
    try:
        return ["/dev/stdout"] if stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode) else []
    except (OSError, ValueError):  # no descriptor
        return []


def _exists(path: str) -> bool:
    try:
        return path != "-" and Path(path).exists()
    except (OSError, ValueError):  # a text that is too long for a name, or contains a null character
        return False


def _model_file(name: str) -> str:
    """Return the file of a bundled model, or else the argument."""
    import fanlight

    bundled = Path(fanlight.__file__).parent / "models" / f"{name}.fanlight"
    return str(bundled) if name.isalnum() and _exists(str(bundled)) else name


def split_types(text: str | None) -> list[str] | None:
    """Return the types of an option such as "PER, LOC"; None if there is none.

    Raises
    ------
    DataError
        The option names no type.
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
        A part is not a pair, or two parts contradict each other.
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
