"""Runs that can be gone on with after an interrupt: what is done lies beside the result until all of it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from fanlight.errors import DataError, FanlightError


def begin(out: Path, job: Mapping[str, object], resume: bool) -> bool:
    """Note what a run is to do, or check that the interrupted one was to do the same; return whether it goes on.

    Raises
    ------
    DataError
        There is no interrupted run, or it was another one.
    FanlightError
        The folder cannot be written.
    """
    note = _note(out)
    try:
        if not resume:
            note.write_text(json.dumps(job), encoding="utf-8")
            return False
        if not part_of(out).exists():
            raise DataError(f"{part_of(out)}: there is no interrupted run to go on with: leave out --resume")
        if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != json.loads(json.dumps(job)):
            raise DataError(
                f"{part_of(out)}: was begun with other files, model or options: give the same, or leave out --resume"
            )
    except OSError as error:
        raise FanlightError(f"{out}: cannot be written ({error.strerror}): choose another place") from None
    return True


def begin_lines(out: Path, job: Mapping[str, object], resume: bool) -> tuple[BinaryIO, int]:
    """Open the file to collect lines in, cut after its last whole one, and count them; for `begin`'s parameters."""
    goes_on = begin(out, job, resume)
    try:
        file = open(part_of(out), "r+b" if goes_on else "wb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise FanlightError(f"{out}: cannot be written ({error.strerror}): choose another place") from None
    lines, end, place = 0, 0, 0
    while goes_on and (piece := file.read(1 << 20)):
        lines += piece.count(b"\n")
        if (last := piece.rfind(b"\n")) >= 0:
            end = place + last + 1
        place += len(piece)
    file.truncate(end)
    file.seek(end)
    return file, lines


def end_lines(out: Path, file: BinaryIO) -> None:
    """Bring the collected lines to disk and rename them."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    os.replace(part_of(out), out)
    end(out)


def end(out: Path) -> None:
    """Forget the run."""
    _note(out).unlink()


def part_of(out: Path) -> Path:
    """Return where what is done is collected."""
    return out.with_name(out.name + ".part")


def _note(out: Path) -> Path:
    return out.with_name(out.name + ".part.json")
