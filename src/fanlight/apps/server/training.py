"""Trainings started over HTTP: one at a time, each in a process that can be cancelled.

The process is `fanlight train --watch`, whose progress file the page shows.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from fanlight.apps.convert import read_records, write_records
from fanlight.corpus.data_report import DataReport, report_data
from fanlight.corpus.formats.registry import detect_text_format
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, check_trainable
from fanlight.errors import DataError, FanlightError
from fanlight.tagging.bundled import load_tagger
from fanlight.tagging.tagger import Tagger
from fanlight.text.sentences import tokenise_sentences

HELD_OUT = 5  # without a dev set, one in this many sentences is held out
EXAMPLES = 3  # sentences to try a model on
DOCUMENTS = 10 * HELD_OUT  # with fewer documents, the data are split by sentences
CUT_BY_LINES = ("columns", "klue", "jsonl")  # formats that can be split at line ends
OFF = "training is off, for others reach this server: start it with --train-folder FOLDER"


class LabelledText(NamedTuple):
    """An uploaded labelled file.

    Attributes
    ----------
    name : str
    text : str
    """

    name: str
    text: str


class TrainingData(NamedTuple):
    """The files of a training.

    Attributes
    ----------
    train, dev : path
    report : DataReport
    examples : str
        A few sentences of the dev set that have entities.
    """

    train: Path
    dev: Path
    report: DataReport
    examples: str


@dataclass
class Training:
    """A training.

    Attributes
    ----------
    name : str
        Name of its model.
    out : path
        The model file.
    examples : str
    state : str
        "running", "done", "failed" or "cancelled".
    error : str
        Why it failed.
    """

    name: str
    out: Path
    examples: str
    state: str = "running"
    error: str = ""

    @property
    def progress(self) -> Path:
        """The progress file of the process."""
        return self.out.with_name(f"{self.out.name}.progress.jsonl")


class TrainingRunner:
    """Runs one training at a time.

    Parameters
    ----------
    folder : path, optional
        Where data and models are kept; by default a temporary folder, which `close` removes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.training: Training | None = None
        self._folder, self._is_temporary, self._count = folder, folder is None, 0
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_starting = False

    async def check(self, train: LabelledText, dev: LabelledText | None) -> DataReport:
        """Return the data report of uploaded files.

        Raises
        ------
        FanlightError
            A file is invalid; the message names line and remedy.
        """
        with tempfile.TemporaryDirectory(prefix="fanlight-") as folder:
            data = await asyncio.to_thread(write_data, Path(folder), train, dev)
        return data.report

    async def start(
        self, train: LabelledText, dev: LabelledText | None, settings: Mapping[str, Any], serve: Serve
    ) -> None:
        """Begin a training.

        Parameters
        ----------
        train, dev : LabelledText
        settings : mapping of str to any
            As for ``fanlight train --set``.
        serve : callable of (name, Tagger)
            Called with the tagger when the model is written.

        Raises
        ------
        FanlightError
            A training is running, or a file is invalid.
        """
        if self._is_starting or (self.training is not None and self.training.state == "running"):
            raise DataError("a training is running: wait for its end, or cancel it")
        self._is_starting = True
        try:
            folder = self._new_folder()
            data = await asyncio.to_thread(write_data, folder, train, dev)
            training = Training(model_name(train.name), folder / "model.fanlight", data.examples)
            options = [f"--set={name}={value}" for name, value in settings.items()]
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "fanlight", "train", data.train, "--dev", data.dev, "--out", training.out,
                "--watch", *options,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            self.training = training
            self._task = asyncio.create_task(self._follow(training, self._process, serve))
        finally:
            self._is_starting = False

    def cancel(self) -> None:
        """Stop the training, if one is running."""
        if self.training is not None and self.training.state == "running":
            self.training.state = "cancelled"
            self._kill()

    async def close(self) -> None:
        """Stop the training, and remove a temporary folder."""
        self.cancel()
        if self._task is not None:
            await self._task
        if self._is_temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _follow(self, training: Training, process: asyncio.subprocess.Process, serve: Serve) -> None:
        _, messages = await process.communicate()
        if training.state == "cancelled":
            return
        if process.returncode != 0:
            training.error = _last_fault(messages.decode("utf-8", "replace"), training.out.parent)
            training.state = "failed"
            return
        try:
            serve(training.name, await asyncio.to_thread(load_tagger, training.out))
        except FanlightError as error:
            training.error, training.state = str(error), "failed"
        else:
            training.state = "done"

    def _new_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="fanlight-"))
        while True:
            self._count += 1
            folder = self._folder / f"training-{self._count}"
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise DataError(f"{folder}: cannot be made ({error.strerror}): choose another --train-folder") from None
            return folder

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()


Serve = Callable[[str, Tagger], object]


def write_data(folder: Path, train: LabelledText, dev: LabelledText | None) -> TrainingData:
    """Write labelled files into a folder, in formats for training; without a dev set, hold out a part of `train`.

    Raises
    ------
    FanlightError
        A file is invalid; the message names line and remedy.
    """
    try:
        path = _write_trainable(folder, "train", train)
        corpus = _read(path)
        check_trainable(corpus, overlapping_allowed=False)
        if dev is not None:
            other = _write_trainable(folder, "dev", dev)
            measured = _read(other, corpus.unit)
            report = report_data(corpus, measured)
        else:
            report = report_data(corpus)  # with all sentences, so that its line numbers are those of the file
            text, held_out = hold_out(path.read_text(encoding="utf-8"), train.name)
            other = path.with_name(f"held-out-{path.name}")
            other.write_text(held_out, encoding="utf-8")
            path.write_text(text, encoding="utf-8")
            measured = _read(other, corpus.unit)
    except FanlightError as error:
        raise DataError(_without_folder(str(error), folder)) from None
    return TrainingData(path, other, replace(report, dev_sentences=len(measured.sentences)), _examples(measured))


def hold_out(text: str, name: str) -> tuple[str, str]:
    r"""Split labelled text: every fifth document or sentence is held out for evaluation.

    Parameters
    ----------
    text : str
        Columns, KLUE or JSONL.
    name : str
        Of the file, for messages.

    Returns
    -------
    tuple of (str, str)
        Training and held-out text.

    Raises
    ------
    DataError
        There are too few sentences.

    Examples
    --------
    >>> [part.split() for part in hold_out("a\tO\n\nb\tO\n\nc\tO\n\nd\tO\n\ne\tO\n", "x")]
    [['a', 'O', 'b', 'O', 'c', 'O', 'd', 'O'], ['e', 'O']]
    """
    if detect_text_format(text[:4096]) == "jsonl":
        parts, joint = [line for line in text.split("\n") if line.strip()], "\n"
    else:
        parts, joint = [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()], "\n\n"
        if (documents := re.split(r"^(?=-DOCSTART-)", text, flags=re.MULTILINE)) and len(documents) > DOCUMENTS:
            parts, joint = [part for part in documents if part.strip()], ""
    if len(parts) < HELD_OUT:
        raise DataError(
            f"{name}: has {len(parts)} sentences: to train and to measure takes {HELD_OUT} or more; label more"
        )
    training = [part for number, part in enumerate(parts, 1) if number % HELD_OUT]
    return joint.join(training) + "\n", joint.join(parts[HELD_OUT - 1 :: HELD_OUT]) + "\n"


def model_name(file: str) -> str:
    """Return the name of a model trained on a file: letters, digits and _.

    Examples
    --------
    >>> model_name("my-towns.conll"), model_name("2024.jsonl")
    ('my_towns', 'model_2024')
    """
    stem = re.sub(r"\W", "_", Path(file).name.partition(".")[0])[:30]
    return stem if stem.isidentifier() else f"model_{stem}".rstrip("_")


def _write_trainable(folder: Path, part: str, file: LabelledText) -> Path:
    """Write a file, in a format for training; return its path."""
    place = folder / part
    place.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]", "_", Path(file.name).name)[:100].strip(".")
    path = place / re.sub(r"\.(gz|zst)$", "", name or "data.txt")
    path.write_text(file.text, encoding="utf-8")
    if detect_text_format(file.text[:4096]) in CUT_BY_LINES and path.suffix.lower() != ".csv":
        return path
    records, _ = read_records(str(path))
    jsonl = path.with_name("data.jsonl")
    write_records(records, str(jsonl), "jsonl")
    return jsonl


def _read(path: Path, unit: str | None = None) -> Corpus:
    return read_corpus(path, tokenise_sentences, unit=unit)


def _examples(corpus: Corpus) -> str:
    sentences = [sentence.text for sentence in corpus.sentences if sentence.spans]
    return " ".join(sentences[:EXAMPLES])


def _without_folder(message: str, folder: Path) -> str:
    """Remove the folder from file names in a message."""
    for part in ("train", "dev"):
        message = message.replace(f"{folder}/{part}/held-out-", "").replace(f"{folder}/{part}/", "")
    return message


def _last_fault(messages: str, folder: Path) -> str:
    faults: Sequence[str] = [line for line in messages.splitlines() if line.startswith("fanlight: ")]
    fault = faults[-1].removeprefix("fanlight: ") if faults else "the training ended by itself: is there enough memory?"
    return _without_folder(fault, folder)
