"""Resumable runs: partial results are stored in a file next to the output.

The note ``OUT.part.json`` has the options and the digests of inputs and models; a run can only be resumed with the
same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from fanlight.errors import DataError
from fanlight.files import digest, is_rereadable, is_special, open_special, put, replacing, writing

NOTE = "fanlight run"
FORMAT = 3  # 2: with digests; 3: rules are identified by their bytes, too


def identify(files: Sequence[str], model: str | None, rules: Path | None = None) -> dict[str, object]:
    """Return digests of inputs, models and rules, for the note of a run."""
    return {
        "inputs": {path: digest(path) for path in files if is_rereadable(path)},
        "models": digest_models(model),
        "rules": {str(path): digest(path) for path in (rules,) if path is not None and is_rereadable(path)},
    }


def digest_models(model: str | None) -> dict[str, str]:
    """Return the digests of a model's file, or of the bundled ones if None."""
    from fanlight.tagging.bundled import model_file

    return {name: digest(model_file(name)) for name in ([model] if model else ["en", "ko"])}


def begin(out: Path, job: Mapping[str, object], resume: bool) -> bool:
    """Write the note of a run, or check that the interrupted run had the same; return whether it is resumed.

    Raises
    ------
    DataError
        There is no interrupted run, or a different one; or the folder cannot be written.
    """
    note, part = _note(out), part_of(out)
    about = json.loads(json.dumps({NOTE: FORMAT, **job}))
    if not resume:
        if note.exists() and _read_note(note) is None:
            raise DataError(f"{note}: is another's file, which would be overwritten: choose another output")
        with replacing(note) as place:  # a partial note would be read as another's file
            place.write_text(json.dumps(about), encoding="utf-8")
        return False
    if not part.exists():
        raise DataError(f"{part}: there is no interrupted run to go on with: leave out --resume")
    before = _read_note(note)
    if before is None:
        raise DataError(
            f"{part}: was begun with other files, model or options, or its note {note} is lost: remove it and begin "
            "anew, without --resume"
        )
    changes = _changes(before, about)
    if changes:
        raise DataError(
            f"{part}: was begun with other files, model or options ({', '.join(changes)}): give the same, or remove "
            "it and begin anew, without --resume"
        )
    return True


def begin_lines(out: Path, job: Mapping[str, object], resume: bool) -> tuple[BinaryIO, int]:
    """Open the partial output, truncated after its last complete line, and count its lines; parameters as in `begin`.

    Devices, pipes and standard output are written directly.
    """
    if is_special(out):
        return open_special(out), 0
    continues = begin(out, job, resume)
    with writing(out):
        # only the owner can read it until it has the mode of the output
        descriptor = os.open(part_of(out), os.O_RDWR | (0 if continues else os.O_CREAT | os.O_TRUNC), 0o600)
        file = os.fdopen(descriptor, "r+b")
        count, end, place = 0, 0, 0
        while continues and (piece := file.read(1 << 20)):
            count += piece.count(b"\n")
            if (last := piece.rfind(b"\n")) >= 0:
                end = place + last + 1
            place += len(piece)
        file.truncate(end)
        file.seek(end)
    return file, count


def end_lines(out: Path, file: BinaryIO) -> None:
    """Sync and rename the partial output."""
    with writing(out):
        file.flush()
        file.close()
    if not is_special(out):
        put(part_of(out), out)
        end(out)


def end(out: Path) -> None:
    """Remove the note of the run."""
    _note(out).unlink()


def part_of(out: Path) -> Path:
    """Return the path of the partial output."""
    return out.with_name(out.name + ".part")


def _note(out: Path) -> Path:
    return out.with_name(out.name + ".part.json")


def _read_note(note: Path) -> dict[str, object] | None:
    try:
        about = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) and NOTE in about else None


def _changes(before: Mapping[str, object], about: Mapping[str, object]) -> list[str]:
    """Name the changed options and files."""
    names = []
    for key in sorted({*before, *about}):
        old, new = before.get(key), about.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and key in ("inputs", "models", "rules"):
            names += [f"{name} has changed" for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        else:
            names.append(f"another {key}")
    return names
