"""`fanlight label`: labelling of texts on the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from fanlight.apps.cli.arguments import DATABASE, FILES, MODEL, Input, Output, split_types
from fanlight.apps.cli.inputs import read_lines
from fanlight.apps.cli.keys import AllowHost, ApiKey, ApiKeyFile, is_loopback, read_keys
from fanlight.apps.cli.serve import HOST, PORT, TrainFolder, run_server
from fanlight.errors import DataError
from fanlight.files import files_of, replacing

if TYPE_CHECKING:
    from fanlight.apps.labelling import LabelStore, Span

commands = typer.Typer()


class ExportFormat(StrEnum):
    """Formats of exported labels."""

    fanlight = "fanlight"
    prodigy = "prodigy"


Texts = Annotated[
    list[Path] | None,
    typer.Option(help="Texts to label, in order: one per line, the output of `fanlight next`, or Prodigy tasks."),
    FILES,
]
Export = Annotated[
    Path | None,
    typer.Option(
        help="Write the labels as training data, merged by majority, and exit; texts without a majority go to "
        "EXPORT.disputes.jsonl."
    ),
    Output(companion_suffixes=(".disputes.jsonl",)),
]
To = Annotated[ExportFormat, typer.Option(help="With --export: training data, or Prodigy tasks of every annotator.")]
AnnotatorKeys = Annotated[Path | None, typer.Option(help="Lines of NAME<tab>KEY: a key for each annotator."), Input()]


@commands.command()
def label(
    store: Annotated[
        Path, typer.Argument(help="The database of labels; created if missing."), replace(DATABASE, exclusive=False)
    ],
    *,
    texts: Texts = None,
    types: Annotated[str | None, typer.Option(metavar="TYPE,…", help="Types in addition to the model's.")] = None,
    model: Annotated[str, typer.Option(help="The model of the proposals: a file, en or ko."), MODEL] = "en",
    export: Export = None,
    annotator: Annotated[str | None, typer.Option(help="With --export: only the labels of this annotator.")] = None,
    to: To = ExportFormat.fanlight,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Print Cohen's κ of each pair of annotators, and exit.")
    ] = False,
    host: Annotated[str, HOST] = "127.0.0.1",
    port: Annotated[int, PORT] = 8080,
    api_key: ApiKey = None,
    api_key_file: ApiKeyFile = None,
    annotator_keys: AnnotatorKeys = None,
    allow_host: AllowHost = None,
    train_folder: TrainFolder = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the texts.")] = "utf-8",
) -> None:
    """Label texts on the page, by several annotators; saves are durable and can be undone."""
    import fanlight
    from fanlight.apps.labelling import LabelStore

    if (export or agreement) and not texts and not store.exists():
        raise DataError(f"{store}: there is no such file of labels: is the path right?")
    if annotator is not None and export is None:
        raise typer.BadParameter("needs --export", param_hint="--annotator")
    keys = read_keys(api_key, api_key_file, annotator_keys)
    if not keys and not is_loopback(host):
        raise DataError(f"--host {host}: others would read every text: give --api-key-file or --annotator-keys")
    tagger = None if export is not None or agreement else fanlight.load(model)
    labels = LabelStore(store)
    if texts or types:
        count = _fill(labels, files_of(map(str, texts or ())), split_types(types) or (), encoding)
        typer.echo(f"{store}: {count} new texts", err=True)
    if agreement:
        _print_agreement(labels)
    if export is not None:
        _export(labels, export, annotator, to)
    if tagger is not None:
        labels.add((), tagger.types)
        hosts = (host, *(allow_host or ()))
        run_server(
            {Path(model).stem: tagger}, host, port, page="/#label", labels=labels, keys=keys, hosts=hosts,
            train_folder=train_folder,
        )  # fmt: skip


def _print_agreement(labels: LabelStore) -> None:
    for pair in labels.agreement():
        typer.echo(f"{pair.left} and {pair.right}: κ {pair.kappa:.3f} over {pair.texts} texts")


def _export(labels: LabelStore, path: Path, annotator: str | None, to: ExportFormat) -> None:
    """Write one annotator's labels, or all labels merged, and the disputed texts."""
    if to is ExportFormat.prodigy:
        tasks = labels.tasks()
        _write_rows(path, (task for task in tasks if annotator in (None, task["_annotator_id"])))
        return
    if annotator is not None:
        _write_rows(path, labels.export(annotator))
        return
    rows, disputes = labels.merge()
    _write_rows(path, rows)
    if disputes:
        place = path.with_name(path.name + ".disputes.jsonl")
        _write_rows(place, disputes)
        typer.echo(
            f"{len(disputes)} texts without a majority are not in {path}, but in {place}: to decide them, `fanlight "
            f"label DECISIONS --texts {place}`",
            err=True,
        )


def _write_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with replacing(path) as part, open(part, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


class _Task(NamedTuple):
    """A text to label, with proposed spans, if any."""

    text: str
    spans: list[Span] | None


def _tasks(path: str, encoding: str) -> Iterator[_Task]:
    """Yield the lines of a file, or the texts of its JSON lines with their "spans", as in Prodigy tasks."""
    for number, line in enumerate(read_lines(path, encoding), 1):
        if not line.startswith("{"):
            yield _Task(line, None)
            continue
        try:
            task = json.loads(line)
            text, spans = task["text"], task.get("spans")
            proposed = None if spans is None else [(int(s["start"]), int(s["end"]), str(s["label"])) for s in spans]
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f'{path}:{number}: is no JSON with a "text", and with "start", "end" and "label" of each of its "spans"'
            ) from None
        if not isinstance(text, str):
            raise DataError(f'{path}:{number}: its "text" is none')
        yield _Task(text, proposed)


def _fill(labels: LabelStore, paths: Iterable[str], types: Iterable[str], encoding: str) -> int:
    """Add texts, types, and the types of proposals; return the number of new texts."""
    tasks = [task for path in paths for task in _tasks(path, encoding)]
    proposed = [task for task in tasks if task.spans is not None and task.text.strip()]
    count = labels.add((t.text for t in tasks), (*types, *(span[2] for t in proposed for span in t.spans or ())))
    for task in proposed:
        labels.propose(task.text, task.spans or [])
    return count
