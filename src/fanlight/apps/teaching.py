"""Training on labels by teachers (services, models, rules): a model is trained on the labels they agree on.

The steps are `choose_texts`, `ask_teachers`, `merge_answers` and `split_dev`; `apps.cli.teach` combines them
with a training.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from fanlight.api.selection import split_sentences, teaching_order
from fanlight.apps.teachers.interface import Answer, Teacher
from fanlight.entities.bioes import Span
from fanlight.errors import DataError, SettingsError
from fanlight.files import replacing, unreadable, writing
from fanlight.tagging.tagger import Tagger

POOL = 20  # candidates per requested text, evenly spaced in the file
DEV = 5  # one in this many texts is held out, to select the best epoch and for evaluation
Row = dict[str, object]


class Lesson(NamedTuple):
    """Merged labels of teachers.

    Attributes
    ----------
    rows : list of dict
        ``text``, ``spans`` and ``annotators`` of each undisputed text, for training.
    disputes : list of dict
        ``text``, the accepted ``spans``, the ``disputed`` ones, the spans of each of the ``annotators``,
        and the ``fault`` of a teacher that could not label it, of each other text; for ``fanlight label --texts``.
    """

    rows: list[Row]
    disputes: list[Row]


def open_teachers(
    names: Sequence[str],
    types: Sequence[str],
    *,
    mapping: Mapping[str, str],
    describe: Mapping[str, str],
    encoding: str = "utf-8",
) -> list[Teacher]:
    """Open teachers: ``spacy:NAME``, ``gliner:NAME``, ``http…URL#MODEL``, or a file of rules.

    Raises
    ------
    SettingsError
        A teacher is named twice, or no teacher can label a type.
    DataError
        A teacher cannot be opened.
    """
    teachers: list[Teacher] = []
    for name in names:
        kind, _, value = name.partition(":")
        if any(teacher.name == name for teacher in teachers):
            raise SettingsError(f"--teacher {name}: is named twice, and would agree with itself: leave one out")
        if kind in ("http", "https"):
            from fanlight.apps.teachers.endpoint import EndpointTeacher

            teachers.append(EndpointTeacher(name, types, describe))
            continue
        from fanlight.apps.teachers.local import GlinerTeacher, RulesTeacher, SpacyTeacher

        if kind == "spacy":
            teachers.append(SpacyTeacher(value, types, mapping))
        elif kind == "gliner":
            teachers.append(GlinerTeacher(value, types, describe))
        else:
            teachers.append(RulesTeacher(Path(name), types, encoding))
    for type_ in types:
        if not any(type_ in teacher.types for teacher in teachers):
            raise SettingsError(
                f"--types {type_}: no teacher gives it: name its label with --map LABEL={type_}, or leave it out"
            )
    return teachers


def choose_texts(
    raw: Iterable[str], tagger: Tagger, count: int, progress: Callable[[int, int], object]
) -> tuple[list[str], int]:
    """Return sentences selected as by `fanlight next`, and the number of all sentences.

    At most `POOL` × `count` sentences are considered, evenly spaced.
    """
    sentences = list(dict.fromkeys(text for _, text in split_sentences(raw, tagger.unit)))
    total = len(sentences)
    if total > POOL * count:
        sentences = [sentences[i * total // (POOL * count)] for i in range(POOL * count)]
    if total <= count:
        return sentences, total
    order = teaching_order(tagger, sentences, count, lambda done: progress(done, len(sentences)))
    return [sentences[place] for place, _ in order], total


class AnswerFile:
    """Responses of services, stored as they arrive, so that none is requested twice.

    Parameters
    ----------
    path : path
        JSON lines; created if missing.
    asked : mapping of str to str
        The requested types with their descriptions; responses for others are ignored.

    Raises
    ------
    DataError
        The file has another format.
    """

    def __init__(self, path: Path, asked: Mapping[str, str]) -> None:
        self._path = path
        self._asked = dict(asked)
        self._answers: dict[tuple[str, str], tuple[Span, ...]] = {}
        try:
            data = path.read_bytes() if path.exists() else b""
            data = data[: data.rfind(b"\n") + 1]  # an incomplete line after the last line feed
            content = data.decode()
        except OSError as error:
            raise DataError(unreadable(path, error)) from None
        except UnicodeDecodeError:
            raise DataError(f"{path}: is not UTF-8: is it a file of `fanlight teach`?") from None
        for number, line in enumerate(content.split("\n")[:-1], 1):
            try:
                row = json.loads(line)
                spans = tuple((int(s), int(e), str(t)) for s, e, t in row["spans"])
                if row["asked"] == self._asked:
                    self._answers[str(row["teacher"]), str(row["text"])] = spans
            except (ValueError, KeyError, TypeError, RecursionError):
                raise DataError(f"{path}:{number}: is no answer of a teacher: remove the line or the file") from None
        self._size = len(data)

    def get(self, teacher: str, text: str) -> Answer | None:
        """Return a teacher's stored response, or None."""
        spans = self._answers.get((teacher, text))
        return None if spans is None else Answer(spans)

    def add(self, teacher: str, text: str, answer: Answer) -> None:
        """Store a response, unless it has a fault.

        Raises
        ------
        DataError
            The file cannot be written.
        """
        if answer.fault:
            return
        row = {"teacher": teacher, "asked": self._asked, "text": text, "spans": answer.spans}
        with writing(self._path), open(self._path, "ab") as file:
            file.truncate(self._size)  # after an incomplete line of an interrupted run
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            file.flush()
            self._size = os.fstat(file.fileno()).st_size


def ask_teachers(
    teachers: Sequence[Teacher], texts: Sequence[str], answers: AnswerFile, progress: Callable[[str, int], object]
) -> list[dict[str, Answer]]:
    """Return each text's labels by teacher; stored responses of services are reused."""
    by_text: list[dict[str, Answer]] = [{} for _ in texts]
    for teacher in teachers:
        service = teacher.estimate(texts) is not None
        earlier = [answers.get(teacher.name, text) if service else None for text in texts]
        for place, answer in enumerate(earlier):
            if answer is not None:
                by_text[place][teacher.name] = answer
        missing = [place for place, answer in enumerate(earlier) if answer is None]
        replies = teacher.label([texts[place] for place in missing])
        for done, (place, answer) in enumerate(zip(missing, replies, strict=True), 1):
            by_text[place][teacher.name] = answer
            if service:
                answers.add(teacher.name, texts[place], answer)
            progress(teacher.name, done)
    return by_text


def merge_answers(
    texts: Sequence[str], answers: Sequence[Mapping[str, Answer]], teachers: Sequence[Teacher], agreement: int
) -> Lesson:
    """Merge labels: a span is accepted if `agreement` teachers give it, and rejected if as many give none there.

    Only teachers that can label its type count; if there are fewer than `agreement`, all must agree. A text with a
    span that is neither accepted nor rejected, with overlapping accepted spans, or with a fault is disputed.
    """
    lesson = Lesson([], [])
    for text, by_teacher in zip(texts, answers, strict=True):
        spans = {span for answer in by_teacher.values() for span in answer.spans}
        votes = {span: _vote(span, by_teacher, teachers, agreement) for span in spans}
        stand = sorted(span for span in spans if votes[span] == "stands")
        disputed = {span for span in spans if votes[span] == "disputed"}
        disputed |= {span for pair in pairwise(stand) if pair[1][0] < pair[0][1] for span in pair}
        faults = [f"{name}: {answer.fault}" for name, answer in by_teacher.items() if answer.fault]
        row: Row = {"text": text, "spans": _fields(span for span in stand if span not in disputed)}
        if disputed or faults:
            row["disputed"] = _fields(sorted(disputed))
            row["annotators"] = {name: _fields(answer.spans) for name, answer in by_teacher.items()}
            lesson.disputes.append({**row, "fault": "; ".join(faults)} if faults else row)
        else:
            lesson.rows.append({**row, "annotators": list(by_teacher)})
    return lesson


def _vote(span: Span, answers: Mapping[str, Answer], teachers: Sequence[Teacher], agreement: int) -> str:
    able = [answers[teacher.name].spans for teacher in teachers if span[2] in teacher.types]
    needed = min(agreement, len(able))
    if sum(span in spans for spans in able) >= needed:
        return "stands"
    against = sum(all(span[1] <= other[0] or other[1] <= span[0] for other in spans) for spans in able)
    return "falls" if against >= needed else "disputed"


def _fields(spans: Iterable[Span]) -> list[Row]:
    return [{"start": s, "end": e, "label": t} for s, e, t in spans]


def split_dev(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return training rows and dev rows: every fifth of the rows with entities, and of those without."""
    train: list[Row] = []
    dev: list[Row] = []
    for with_entities in (True, False):
        part = [row for row in rows if bool(row["spans"]) == with_entities]
        train += (row for place, row in enumerate(part, 1) if place % DEV)
        dev += part[DEV - 1 :: DEV]
    return train, dev


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as JSON lines."""
    with replacing(path) as part, open(part, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
