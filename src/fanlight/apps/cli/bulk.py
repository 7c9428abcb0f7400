"""Tagging files at full speed: lines of JSON to standard output, or to a file that an interrupted run goes on with."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import fanlight
from fanlight.apps.cli.resuming import begin_lines, end_lines
from fanlight.engine.compiled import CompiledEngine
from fanlight.errors import DataError
from fanlight.tagging.lines import Lines, read_blocks, tag_lines
from fanlight.tagging.rules import Rules
from fanlight.tagging.tagger import least_of

PATIENCE = 1.5  # seconds without an answer, after which the user is told of the compiler


def tag_files(
    files: list[str],
    model: str | None,
    threshold: dict[str, float],
    passes: int | None,
    threads: int | None,
    out: Path | None,
    resume: bool,
    rules: Rules | None = None,
) -> None:
    """Tag the lines of UTF-8 files, in order.

    With `out` the result is collected in ``out + ".part"`` and renamed at the end; `resume` goes on after its last
    whole line. Each line read is one written, so nothing else has to be remembered.
    """
    job = {"files": files, "model": model, "threshold": threshold, "passes": passes}
    if rules is not None:
        job["rules"] = rules.digest
    done = 0
    if out is None:
        file: BinaryIO = sys.stdout.buffer
    else:
        if "-" in files and resume:
            raise DataError("--resume: standard input cannot be read again: give files")
        file, done = begin_lines(out, job, resume)

    def least(tagger: CompiledEngine) -> list[float]:
        return least_of(threshold, tagger.types)

    console = Console(stderr=True)
    waiting = threading.Timer(PATIENCE, lambda: console.print("compiling the fast path for this machine, once …"))
    waiting.daemon = True
    waiting.start()
    try:
        choose = _choice(model, passes, threads)  # which may compile as well
        with _Meter(files, console, shown=out is not None or not sys.stdout.isatty()) as meter:
            blocks = (block for path, skip in _skipped(files, done) for block in read_blocks(path, skip))
            for lines, text in tag_lines(blocks, choose, least, rules):
                waiting.cancel()
                file.write(text)
                meter.advance(lines)
        file.flush()
    finally:
        waiting.cancel()
    if out is not None:
        end_lines(out, file)


def supported(model: str | None) -> bool:
    """Tell whether a model, or each bundled one, has a fast path."""
    from fanlight.engine.compiled import supported

    return all(supported(fanlight.load(name).model) for name in ([model] if model else ["en", "ko"]))


def _choice(
    model: str | None, passes: int | None, threads: int | None
) -> CompiledEngine | Callable[[str], CompiledEngine]:
    @cache
    def choose(name: str) -> CompiledEngine:
        blocks = fanlight.load(name, passes=passes).blocks(threads)
        assert blocks is not None  # `supported` has been asked
        return blocks

    return choose(model) if model else choose


def _skipped(files: list[str], done: int) -> Iterator[tuple[str, int]]:
    """Yield the files, and how many lines of each are done."""
    for path in files:
        count = 0
        if done:
            count = sum(len(lines.block.starts) for lines in read_blocks(path))
        if done < count or not done:
            yield path, done
        done = max(0, done - count)


class _Meter:
    """A progress bar with the speed and the time left."""

    def __init__(self, files: list[str], console: Console, shown: bool) -> None:
        sizes = [os.path.getsize(path) for path in files if os.path.isfile(path)]
        self._total = sum(sizes) if len(sizes) == len(files) else None
        columns = (BarColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
        self._progress = Progress(
            *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
        )
        self._bar = self._progress.add_task("", total=self._total, speed="")
        self._path, self._before, self._place, self._bytes = "", 0, 0, 0

    def __enter__(self) -> _Meter:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, lines: Lines) -> None:
        if lines.path != self._path:
            self._path, self._before = lines.path, self._before + self._place
        self._place = lines.place
        self._bytes += int((lines.block.ends - lines.block.starts).sum())
        seconds = self._progress.tasks[0].elapsed or 1e-9
        speed = f"{self._bytes / seconds / 1e6:.1f} MB/s"
        self._progress.update(self._bar, completed=self._before + self._place, speed=speed)
