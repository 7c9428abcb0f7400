"""Runs of `fanlight tag`: inputs, options and outputs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fanlight.apps.cli.inputs import Source, check_no_table, read_sources
from fanlight.apps.cli.tag_outputs import Format, print_documents, write_documents, write_lines, write_parquet
from fanlight.errors import DataError, Interrupt
from fanlight.files import check_outputs, check_rereadable, check_writable, claim

if TYPE_CHECKING:
    from fanlight.apps.shards import Engine
    from fanlight.entities.entity import Document
    from fanlight.tagging.rules import Rules
    from fanlight.tagging.tagger import Tagger
    from fanlight.values import ValueOptions

_REPORT_INTERVAL = 1.0  # seconds between lines of progress


class TagJob(NamedTuple):
    """A run of `fanlight tag`.

    Attributes
    ----------
    sources : list of Source
    format : Format
        The output format.
    out : path, optional
        None: standard output.
    model : str, optional
        None: selected by the script of each text.
    threshold : dict of str to float
        By type; the type "" is any other.
    stages : int, optional
        1: only the first stage.
    rules : Rules, optional
    rules_file : path, optional
        The file of `rules`.
    text_column : str, optional
        The column of the texts in tables.
    whole_files : bool
        Whether each file is one text, instead of each line.
    encoding : str
    threads : int, optional
        None: one per core.
    resume : bool
        Whether to continue an interrupted run.
    values : ValueOptions, optional
        Options for values; None: without values.
    """

    sources: list[Source]
    format: Format
    out: Path | None = None
    model: str | None = None
    threshold: dict[str, float] = {"": 0.0}  # noqa: RUF012 - never written to
    stages: int | None = None
    rules: Rules | None = None
    rules_file: Path | None = None
    text_column: str | None = None
    whole_files: bool = False
    encoding: str = "utf-8"
    threads: int | None = None
    resume: bool = False
    values: ValueOptions | None = None

    @property
    def files(self) -> list[str]:
        """The paths among the sources, "-" for standard input."""
        return [source.value for source in self.sources if source.is_file]

    def check(self) -> None:
        """Refuse invalid combinations of options before anything is read.

        Raises
        ------
        DataError
            A text has an output of files, an output is an input, a table has no text column, or standard input is to
            be gone on with.
        """
        if self.out is not None:
            text = next((source.value for source in self.sources if not source.is_file), None)
            if text is not None:
                raise DataError(f"--out: {text} is no file: give files or folders")
            check_writable(self.out)
            check_outputs([path for path in self.files if path != "-"], [self.out])
        if self.values and self.format in (Format.conll, Format.html):
            raise DataError("--values: is for JSONL, Parquet and tables: leave it out")
        if self.resume:
            check_rereadable([*self.files, *filter(None, [self.rules_file])], "--resume")
        if self.text_column is None:
            check_no_table(self.sources)

    def run(self) -> None:
        """Tag the sources, and write the entities."""
        if self._is_stream:
            from fanlight.apps.cli.bulk import tag_files

            tag_files(self)
        elif self.out is None:
            print_documents(self.documents(), self.format, self.values)
        elif self.format is not Format.jsonl:
            write_documents(self.documents(), self.format, self.out)
        else:
            if self._is_parquet:
                write_parquet(self.documents, self.out, self.note(), self.resume, self.values)
            else:
                write_lines(self.documents, self.out, self.note(), self.resume, self.values)

    def documents(self, done: int = 0) -> Iterator[Document]:
        """Yield the documents of the texts after the finished ones of an interrupted run."""
        import fanlight

        texts = islice(read_sources(self.sources, self.encoding, self.text_column, self.whole_files), done, None)
        choose = self._tagger_of()
        if self.model is not None:
            yield from choose(self.model).pipe(texts, self.threshold, self.threads, self.rules)
            return
        for text in texts:
            yield choose(fanlight.language_of(text))(text, self.threshold, self.threads, self.rules)

    def _tagger_of(self) -> Callable[[str], Tagger]:
        """Return a function that loads a model; an output file is written with one engine, for reproducible bytes."""
        import fanlight

        if not self.files:
            return lambda name: fanlight.load(name, passes=self.stages)
        from fanlight.apps.cli.bulk import loader
        from fanlight.apps.cli.terminal import open_console

        return loader(self.files, self.stages, open_console(stderr=True), waits=self.out is not None)

    def note(self) -> dict[str, object]:
        """Return the note of a run: options, and digests of all inputs."""
        from fanlight.apps.cli.resuming import identify

        return {
            "files": self.files,
            "model": self.model,
            "threshold": self.threshold,
            "passes": self.stages,
            "precedence": self.rules and self.rules.precedence,
            "text column": self.text_column,
            "whole files": self.whole_files,
            "encoding": self.encoding,
            "values": self.values and [str(self.values.reference or ""), self.values.day_first],
            **identify(self.files, self.model, self.rules_file),
        }

    @property
    def _is_parquet(self) -> bool:
        return self.out is not None and self.out.suffix.lower() == ".parquet"

    @property
    def _is_stream(self) -> bool:
        """Whether the inputs are lines of UTF-8 files and the output is JSONL, for which there is a fast path."""
        is_json = self.format is Format.jsonl and not self._is_parquet and not self.values
        is_lines = self.text_column is None and not self.whole_files
        return is_json and is_lines and is_utf8(self.encoding) and len(self.files) == len(self.sources)


class ShardOptions(NamedTuple):
    """The options of a run over folders.

    Attributes
    ----------
    engine : str
        "local" or "ray".
    model : str, optional
    threshold : dict of str to float
    stages : int, optional
    rules : (path, precedence), optional
    workers : int, optional
        None: one per core.
    resume, overwrite : bool
    """

    engine: str
    model: str | None
    threshold: dict[str, float]
    stages: int | None
    rules: tuple[str, str] | None
    workers: int | None
    resume: bool
    overwrite: bool


def tag_folders(inputs: list[str], out: Path | None, options: ShardOptions) -> None:
    """Tag files and folders in shards into a folder, by default the last of the inputs.

    Raises
    ------
    DataError
        There is no input or no folder, or `apps.shards` raises it.
    """
    from fanlight.apps.shards import Job, local, tag_shards
    from fanlight.files import files_of

    locks = ExitStack()
    if out is None and len(inputs) > 1:
        *inputs, last = inputs
        out = Path(last)
        locks.enter_context(claim(out))  # as for --out before the command starts
    if out is None or not inputs:
        raise DataError("--engine: needs files or folders, and a folder --out to write to")
    check_outputs(inputs if options.rules is None else [*inputs, options.rules[0]], [out])
    run: Engine = local
    if options.engine == "ray":
        from fanlight.apps.integrations.ray import on_ray

        run = on_ray
    job = Job(str(out.absolute()), options.model, options.threshold, options.stages, options.rules)
    files = [os.path.abspath(path) for path in files_of(inputs)]
    check_rereadable(files, "--engine")
    workers = options.workers or os.cpu_count() or 1
    texts, reported = 0, 0.0
    with locks:
        rows = tag_shards(files, job, workers, run, options.resume, overwrite=options.overwrite)
        try:
            for done, (row, count) in enumerate(rows, 1):
                texts += row.rows
                if time.monotonic() - reported >= _REPORT_INTERVAL:
                    print(f"{row.file}: {row.rows} texts ({done}, of {count} shards in all)", file=sys.stderr)
                    reported = time.monotonic()
        except KeyboardInterrupt:
            raise Interrupt("the same command with --resume goes on") from None
    print(f"{out}: {texts} texts tagged now, listed in {out / 'manifest.jsonl'}", file=sys.stderr)


def is_utf8(encoding: str) -> bool:
    """Tell whether an encoding is UTF-8."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")
