"""`fanlight teach`: training of new types on labels by teachers."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import FILES, MODEL, Input, Output, split_pairs, split_types
from fanlight.apps.cli.options import Encoding, Settings, Vectors, parse_setting, print_size
from fanlight.errors import DataError, SettingsError
from fanlight.files import files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from fanlight.apps.teachers.interface import Answer, Teacher
    from fanlight.apps.teaching import AnswerFile, Lesson

    Show = Callable[[str], object]

commands = typer.Typer()
ENDS = (".train.jsonl", ".dev.jsonl", ".disputes.jsonl", ".answers.jsonl")
TeacherOption = Annotated[
    list[str],
    typer.Option(
        metavar="RULES|spacy:NAME|gliner:NAME|URL#MODEL",
        help="The teacher: a file of rules, a spaCy pipeline, a GLiNER model, or a service with OpenAI's interface"
        " (its key in $FANLIGHT_TEACHER_KEY); may be repeated.",
    ),
    Input(path=False),
]
Agreement = Annotated[
    int | None,
    typer.Option(
        min=1, help="The number of teachers that must agree on an entity; by default the majority.", show_default=False
    ),
]
Describe = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE=WORDS", help="The description of a type, for a service or GLiNER; may be repeated."),
]


@commands.command()
def teach(
    raw: Annotated[list[Path], typer.Argument(help="Raw texts: files or folders."), FILES],
    *,
    teacher: TeacherOption,
    types: Annotated[str, typer.Option(metavar="TYPE,…", help="The types to learn.")],
    out: Annotated[
        Path,
        typer.Option(help="The model file to write."),
        Output(companion_suffixes=(".part", *ENDS), compressible=False),
    ],
    count: Annotated[int, typer.Option(min=1, help="The number of sentences to label.")] = 1000,
    agreement: Agreement = None,
    map: Annotated[str | None, typer.Option(metavar="LABEL=TYPE,…", help="The types for a pipeline's labels.")] = None,
    describe: Describe = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="The model whose uncertainty selects the sentences; by default en or ko.", show_default=False
        ),
        MODEL,
    ] = None,
    vectors: Vectors = None,
    set: Settings = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send texts to a service without confirmation.")] = False,
    encoding: Encoding = "utf-8",
) -> None:
    """Train a model of new types, without human labels, on sentences selected as by `next` and labelled by teachers.

    Also writes the training and dev sentences, OUT.train.jsonl and OUT.dev.jsonl; sentences on which teachers disagree,
    OUT.disputes.jsonl, for `label`; and the responses of services, OUT.answers.jsonl, so that none is requested twice.
    """
    from fanlight.apps.cli.terminal import open_console
    from fanlight.apps.teaching import AnswerFile, ask_teachers, merge_answers, open_teachers

    console = open_console(stderr=True)
    show = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    names = split_types(types) or []
    meanings = _read_meanings(describe or (), names)
    teachers = open_teachers(teacher, names, mapping=split_pairs(map, "--map"), describe=meanings, encoding=encoding)
    agreement = len(teachers) // 2 + 1 if agreement is None else agreement
    if agreement > len(teachers):
        raise SettingsError(f"--agreement {agreement}: there are {len(teachers)} teachers: name more, or ask for less")
    texts = _choose(raw, model, count, encoding, show)
    answers = AnswerFile(_path_beside(out, ".answers.jsonl"), {name: meanings.get(name, "") for name in names})
    _confirm(teachers, texts, answers, yes, show)

    def progress(name: str, done: int) -> None:
        if done % 100 == 0:
            show(f"{name}: {done:,} of {len(texts):,} sentences")

    by_text = ask_teachers(teachers, texts, answers, progress)
    _report_teachers(teachers, by_text, show)
    lesson = merge_answers(texts, by_text, teachers, agreement)
    paths = _write(lesson, out, names, show)
    about = {"teachers": [t.name for t in teachers], "agreement": agreement}
    _train(paths, out, (vectors, dict(parse_setting(item) for item in set or ())), about, console)


def _read_meanings(items: Sequence[str], types: Sequence[str]) -> dict[str, str]:
    meanings = {}
    for item in items:
        name, equals, words = (part.strip() for part in item.partition("="))
        if not equals or not words or name not in types:
            raise SettingsError(f"--describe {item!r}: is not TYPE=WORDS with a type of --types")
        meanings[name] = words
    return meanings


def _choose(raw: Sequence[Path], model: str | None, count: int, encoding: str, show: Show) -> list[str]:
    import fanlight
    from fanlight.apps.cli.inputs import read_lines
    from fanlight.apps.teaching import choose_texts

    texts = list(chain.from_iterable(read_lines(file, encoding) for file in files_of([str(path) for path in raw])))
    if not any(text.strip() for text in texts):
        raise DataError(f"{raw[0]}: has no text to learn from")
    tagger = fanlight.load(model or fanlight.language_of("\n".join(texts[:1000])))
    chosen, total = choose_texts(
        texts, tagger, count, lambda done, pool: show(f"looked at {done:,} of {pool:,} sentences")
    )
    show(f"chose {len(chosen):,} of {total:,} sentences")
    return chosen


def _confirm(teachers: Sequence[Teacher], texts: Sequence[str], answers: AnswerFile, yes: bool, show: Show) -> None:
    """Print the estimated costs of services, and ask for confirmation.

    Raises
    ------
    DataError
        There is no terminal, or the answer is no.
    """
    waiting = False
    for teacher in teachers:
        missing = [text for text in texts if answers.get(teacher.name, text) is None]
        cost = teacher.estimate(missing)
        if cost is None or not missing:
            continue
        waiting = True
        show(
            f"{teacher.name}: {len(missing):,} sentences in {cost.calls:,} calls, about {cost.tokens_in:,} tokens in "
            f"and {cost.tokens_out:,} out; these sentences leave this machine"
        )
    if not waiting or yes:
        return
    if not sys.stdin.isatty():
        raise DataError("nothing was sent: to send it without a terminal, add --yes")
    if not typer.confirm("Send them?", err=True):
        raise DataError("nothing was sent")


def _report_teachers(teachers: Sequence[Teacher], by_text: Sequence[Mapping[str, Answer]], show: Show) -> None:
    """Print the number of entities per type of each teacher, and the usage reported by services."""
    for teacher in teachers:
        replies = [answers[teacher.name] for answers in by_text]
        counts = Counter(span[2] for answer in replies for span in answer.spans)
        listed = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "no entities"
        show(f"{teacher.name}: {listed}")
        faults = [answer.fault for answer in replies if answer.fault]
        if faults:
            show(f"{teacher.name}: {len(faults):,} sentences without an answer that holds (the first: {faults[0]})")
        if (used := getattr(teacher, "used", None)) and used.calls:
            show(f"{teacher.name}: used {used.calls:,} calls, {used.tokens_in:,} tokens in and {used.tokens_out:,} out")


def _write(lesson: Lesson, out: Path, types: Sequence[str], show: Show) -> tuple[Path, Path | None]:
    """Write agreed and disputed labels; return the training and dev files.

    Raises
    ------
    DataError
        The teachers agree on no entity.
    """
    from fanlight.apps.teaching import split_dev, write_rows

    disputes = _path_beside(out, ".disputes.jsonl")
    write_rows(disputes, lesson.disputes)
    if lesson.disputes:
        show(
            f"{len(lesson.disputes):,} sentences are disputed, and left out: to decide them, `fanlight label DECISIONS "
            f"--texts {disputes} --types {','.join(types)}`"
        )
    train, dev = split_dev(lesson.rows)
    counts = Counter(span["label"] for row in train for span in row["spans"])  # type: ignore[attr-defined]
    if not counts:
        raise DataError(
            f"the teachers agree on no entity in {len(lesson.rows):,} sentences: look into {disputes}, give more texts "
            "(--count), or ask for less agreement"
        )
    for name in types:
        if not counts[name]:
            show(f"{name}: not one is agreed on in the sentences to train on, so it will not be learned")
    paths = _path_beside(out, ".train.jsonl"), _path_beside(out, ".dev.jsonl")
    for path, rows in zip(paths, (train, dev), strict=True):
        write_rows(path, rows)
    show(f"{len(train):,} sentences to learn from are in {paths[0]}, {len(dev):,} to be measured on in {paths[1]}")
    return paths[0], paths[1] if any(row["spans"] for row in dev) else None


def _train(
    paths: tuple[Path, Path | None],
    out: Path,
    options: tuple[Path | None, dict[str, str]],
    about: Mapping[str, object],
    console: Console,
) -> None:
    from fanlight.apps.cli.progress import follow, scores_table
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    vectors, settings = options
    run = train_model(*paths, out, vectors, read_settings(None, settings), about=about)
    scores = follow(run, console)
    if scores is not None:
        console.print(scores_table(scores))
        console.print("measured on labels of the teachers, which err as well", markup=False, highlight=False)
    print_size(out, console)


def _path_beside(out: Path, end: str) -> Path:
    return out.with_name(out.name + end)
