"""Fast tagging of files to JSONL on standard output or in a file, with resumable runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import fanlight
from fanlight.apps.cli.resuming import begin_lines, end_lines
from fanlight.apps.cli.terminal import open_console
from fanlight.files import writing
from fanlight.tagging.lines import Lines, read_blocks
from fanlight.tagging.stream import tag_lines
from fanlight.tagging.tagger import Tagger

if TYPE_CHECKING:
    from fanlight.apps.cli.tag_job import TagJob

SMALL_FILES = 8192  # bytes of files that the plain engine tags before kernels are loaded


def tag_files(job: TagJob) -> None:
    """Tag the lines of UTF-8 files, in order.

    With an output file, results are written to ``out + ".part"``, which is renamed at the end; an interrupted run is
    resumed after its last complete line, since each input line has one output line.
    """
    files, out, lines_done = job.files, job.out, 0
    file: BinaryIO = sys.stdout.buffer
    if out is not None:
        file, lines_done = begin_lines(out, job.note(), job.resume)
    console = open_console(stderr=True)
    load = loader(files, job.stages, console)
    choose = load(job.model) if job.model else load
    with (
        writing(out or "standard output"),
        nullcontext() if out is None else file,
        _Meter(files, console, shown=out is not None or not sys.stdout.isatty()) as meter,
    ):
        batches = (block for path, skip in _remaining(files, lines_done) for block in read_blocks(path, skip))
        for tagged, text in tag_lines(batches, choose, job.threshold, job.rules, job.threads):
            file.write(text)
            if out is None:
                file.flush()  # the reader of a pipe waits for it
            meter.advance(tagged)
        if out is not None:
            end_lines(out, file)


def loader(files: list[str], stages: int | None, console: Console, waits: bool = True) -> Callable[[str], Tagger]:
    """Return a function that loads a model by name, with the engine for the input.

    Files are tagged with one engine, so that repeated runs give the same bytes: with the plain engine if they are
    small, else with the compiled one. Standard input, or everything with ``waits=False``, is tagged at once, with
    the engine that is ready.
    """
    size = sum(os.path.getsize(path) if os.path.isfile(path) else SMALL_FILES for path in files)
    engine = "plain" if size < SMALL_FILES else "auto"

    @cache
    def load(name: str) -> Tagger:
        tagger = fanlight.load(name, passes=stages, engine=engine)
        if waits and "-" not in files and not tagger.ready:
            tagger.prepare()
            while tagger.state == "loading":
                time.sleep(0.01)
            if tagger.state == "compiling":
                console.print(f"compiling the kernels of {name} for this machine, once: up to a minute …")
            tagger.warm()
        return tagger

    return load


def _remaining(files: list[str], done: int) -> Iterator[tuple[str, int]]:
    """Yield the unfinished files with the number of finished lines."""
    for path in files:
        count = 0
        if done:
            count = sum(len(piece.block.text_starts) for piece in read_blocks(path))
        if done < count or not done:
            yield path, done
        done = max(0, done - count)


class _Meter:
    """A progress bar with speed and remaining time."""

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

    def advance(self, batch: Lines) -> None:
        if batch.path != self._path:
            self._path, self._before = batch.path, self._before + self._place
        self._place = batch.place
        self._bytes += int((batch.block.text_ends - batch.block.text_starts).sum())
        seconds = self._progress.tasks[0].elapsed or 1e-9
        speed = f"{self._bytes / seconds / 1e6:.1f} MB/s"
        self._progress.update(self._bar, completed=self._before + self._place, speed=speed)
