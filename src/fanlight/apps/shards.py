"""Tagging of folders of files in shards, by processes on this or other machines, with resumable runs.

A shard is a range of whole lines of one file. Its result is written to a temporary file, synced, renamed, and then
listed in the manifest, which only one process writes: listed shards are complete, and the others are repeated. The
bytes of a result do not depend on the worker.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from fanlight.errors import DataError, FanlightError
from fanlight.files import COMPRESSED, digest, replacing
from fanlight.machine import ignoring_interrupts
from fanlight.tagging.bundled import load_tagger, model_file
from fanlight.tagging.lines import read_blocks
from fanlight.tagging.rules import Rules, read_rules
from fanlight.tagging.stream import tag_lines
from fanlight.tagging.tagger import Tagger
from fanlight.training.cores import end_with_parent

MANIFEST = "manifest.jsonl"
FORMAT = 3  # 2: with digests of inputs; 3: rules are identified by their bytes
SHARDS = 1024  # approximate number, so that workers finish at the same time, within the limits
SMALLEST, LARGEST = 2_000_000, 256_000_000  # bytes of a shard


class Shard(NamedTuple):
    """A range of whole lines of a file; None is the end of the file."""

    number: int
    path: str
    begin: int
    end: int | None


class Job(NamedTuple):
    """The options of a run, the same for all shards.

    Attributes
    ----------
    out : str
        The folder of the results.
    model : str or None
        A model's name or file; None: selected by the script of each text.
    threshold : mapping of str to float
    stages : int or None
    rules : (path, precedence), optional
        Rules in addition to the model.
    """

    out: str
    model: str | None
    threshold: Mapping[str, float]
    stages: int | None
    rules: tuple[str, str] | None = None


class Row(NamedTuple):
    """A shard's line in the manifest: its number, file name, number of texts and bytes, and SHA-256."""

    shard: int
    file: str
    rows: int
    bytes: int
    sha256: str


Engine = Callable[[Job, Sequence[Shard], int], Iterator[Row]]


def tag_shards(
    files: Sequence[str],
    job: Job,
    workers: int,
    engine: Engine,
    resume: bool = False,
    *,
    size: int | None = None,
    overwrite: bool = False,
) -> Iterator[tuple[Row, int]]:
    """Tag files into a folder; yield each shard's row when it is listed, and the number of shards.

    `size` is the size of a shard in bytes, by default for `SHARDS` shards within `SMALLEST` and `LARGEST`.
    `overwrite` starts a new run in a folder with other files or another run.

    Raises
    ------
    DataError
        A file cannot be read; or the folder has another run, or an interrupted one without `resume`.
        given.
    """
    out = Path(job.out)
    sizes = [_size(path) for path in files]
    if job.rules is not None:
        read_rules(*job.rules)  # errors are raised before the folder is created
    shards = plan(files, size or min(max(SMALLEST, sum(sizes) // SHARDS), LARGEST))
    about = {
        "fanlight manifest": FORMAT,
        "models": {name: _hash(model_file(name)) for name in ([job.model] if job.model else ["en", "ko"])},
        "threshold": dict(job.threshold),
        "passes": job.stages,
        "rules": None if job.rules is None else [digest(job.rules[0]), job.rules[1]],
        "sizes": sizes,
        "digests": [digest(path) for path in files],
        "shards": [list(shard) for shard in shards],
    }
    manifest = out / MANIFEST
    try:
        out.mkdir(parents=True, exist_ok=True)
        done = _begun(manifest, about, resume, overwrite)
        with open(manifest, "a", encoding="utf-8") as listing:
            waiting = [shard for shard in shards if shard.number not in done]
            for row in engine(job, waiting, workers) if waiting else ():
                listing.write(json.dumps(row._asdict()) + "\n")
                listing.flush()
                os.fsync(listing.fileno())
                yield row, len(shards)
    except OSError as error:
        raise FanlightError(f"{job.out}: cannot be written ({error.strerror}): choose another place") from None


def local(job: Job, shards: Sequence[Shard], workers: int) -> Iterator[Row]:
    """Tag shards with local processes of one thread each."""
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = None
    try:
        with ignoring_interrupts(spawned=True):  # a partly started pool would leak semaphores
            pool = ProcessPoolExecutor(workers, context, initializer=end_with_parent)
            futures = [pool.submit(tag_shard, job, shard) for shard in shards]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise FanlightError("a worker was killed, perhaps for want of memory: go on with --resume") from None
    except (KeyboardInterrupt, GeneratorExit):
        for process in set(multiprocessing.active_children()) - others:
            process.kill()  # its unfinished shards are repeated
        raise
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def tag_shard(job: Job, shard: Shard) -> Row:
    """Tag one shard, and write its file atomically."""
    name = _name(shard.number)
    rows, size, checksum = 0, 0, hashlib.sha256()

    batches = read_blocks(shard.path, begin=shard.begin, end=shard.end)
    with replacing(Path(job.out) / name) as part, open(part, "wb") as file:
        for tagged, text in tag_lines(batches, _choose(job), job.threshold, _rules(job.rules), 1):
            file.write(text)
            checksum.update(text)
            rows += len(tagged.block.text_starts)
            size += len(text)
    return Row(shard.number, name, rows, size, checksum.hexdigest())


def plan(files: Sequence[str], size: int) -> list[Shard]:
    """Split files into shards at the ends of lines; compressed files are one shard each."""
    shards: list[Shard] = []
    for path in files:
        try:
            total = _size(path)
            with open(path, "rb") as file:
                shard_starts = [0]
                while not path.lower().endswith(COMPRESSED) and shard_starts[-1] + size < total:
                    file.seek(shard_starts[-1] + size - 1)
                    while (piece := file.readline(1 << 20)) and not piece.endswith(b"\n"):
                        pass
                    shard_starts.append(file.tell())
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}): is the path right?") from None
        shard_ends = [*shard_starts[1:], None]
        shards += [
            Shard(len(shards) + i, path, begin, end)
            for i, (begin, end) in enumerate(zip(shard_starts, shard_ends, strict=True))
            if begin < total or not begin
        ]
    return shards


def read_shards(folder: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the JSON lines of a folder in the order of the texts, after verifying each shard's checksum.

    Raises
    ------
    DataError
        The folder has no manifest, the run is incomplete, or a file has changed.
    """
    about, rows = _read_manifest(Path(folder) / MANIFEST)
    if len(rows) < len(about["shards"]):
        raise DataError(f"{folder}: {len(rows)} of {len(about['shards'])} shards are done: go on with --resume")
    for number in sorted(rows):
        place = Path(folder) / rows[number].file
        if not place.exists() or _hash(place) != rows[number].sha256:
            raise DataError(f"{place}: is not the file that the manifest lists: delete it and use --resume")
        with open(place, "rb") as file:
            yield from file


def _begun(manifest: Path, about: dict[str, Any], resume: bool, overwrite: bool) -> dict[int, Row]:
    """Return the finished shards, after removing an incomplete line of the manifest and temporary files."""
    if overwrite or not manifest.exists():
        others = sorted(path.name for path in manifest.parent.iterdir() if not _LEFTOVER.fullmatch(path.name))
        if others and not overwrite:
            raise DataError(
                f"{manifest.parent}: holds other files ({others[0]}): choose another folder, or give --overwrite"
            )
        with replacing(manifest) as part:
            part.write_text(json.dumps(about) + "\n", encoding="utf-8")
        return {}
    if not resume:
        raise DataError(f"{manifest.parent}: holds a run: go on with --resume, or choose another folder")
    before, rows = _read_manifest(manifest)
    if before != json.loads(json.dumps(about)):
        raise DataError(f"{manifest.parent}: was begun with other files, model or options: give the same")
    for path in manifest.parent.iterdir():
        if _LEFTOVER.fullmatch(path.name):
            path.unlink(missing_ok=True)
    sizes = {path.name: path.stat().st_size for path in manifest.parent.iterdir()}
    return {number: row for number, row in rows.items() if sizes.get(row.file) == row.bytes}


_LEFTOVER = re.compile(r"\.(\d{6}|manifest)\.jsonl\..*\.tmp")  # of `replacing`, after a kill


def _read_manifest(manifest: Path) -> tuple[dict[str, Any], dict[int, Row]]:
    try:
        with open(manifest, "r+b") as file:
            data = file.read()
            complete = data.rfind(b"\n") + 1
            if complete < len(data):  # an incomplete line after a kill
                file.truncate(complete)
    except OSError as error:
        raise DataError(f"{manifest}: cannot be read ({error.strerror}): is it a folder of shards?") from None
    try:
        about, *rows = (json.loads(line) for line in data[:complete].splitlines())
        if about["fanlight manifest"] != FORMAT:
            raise DataError(f"{manifest}: is of another version of fanlight")
        numbers = range(len(about["shards"]))
        listed = {row["shard"]: Row(**row) for row in rows}
        if not all(number in numbers and row.file == _name(number) for number, row in listed.items()):
            raise ValueError("it lists what is no shard")
        return about, listed
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(f"{manifest}: is damaged ({error}): start anew in another folder") from None


def _name(number: int) -> str:
    return f"{number:06d}.jsonl"


def _choose(job: Job) -> Tagger | Callable[[str], Tagger]:
    choose = partial(_tagger, stages=job.stages)
    return choose(job.model) if job.model else choose


@cache
def _tagger(name: str, stages: int | None) -> Tagger:
    tagger = load_tagger(name, stages=stages)
    tagger.warm()  # a shard takes longer than loading the kernels
    return tagger


@cache
def _rules(argument: tuple[str, str] | None) -> Rules | None:
    return None if argument is None else read_rules(*argument)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): is the path right?") from None


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
