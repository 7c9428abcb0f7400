"""`fanlight label`: texts labelled by people, on the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import DATABASE, FILES, MODEL, Input, Output
from fanlight.apps.cli.inputs import read_lines
from fanlight.apps.cli.keys import AllowHost, ApiKey, ApiKeyFile, is_loopback, read_keys
from fanlight.apps.cli.serve import HOST, PORT, run_server
from fanlight.apps.labelling import LabelStore
from fanlight.errors import DataError
from fanlight.files import files_of, replacing

commands = typer.Typer()


@commands.command()
def label(
    store: Annotated[
        Path, typer.Argument(help="The file of labels; made if it does not exist."), replace(DATABASE, exclusive=False)
    ],
    *,
    texts: Annotated[
        list[Path] | None,
        typer.Option(help="A text a line, or what `fanlight next` printed: to be labelled, in order."),
        FILES,
    ] = None,
    types: Annotated[str | None, typer.Option(metavar="TYPE,…", help="Beside those of the model.")] = None,
    model: Annotated[str, typer.Option(help="Whose names are proposed: a model file, en or ko."), MODEL] = "en",
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write what is labelled as training data, merged by majority, and stop; texts without a majority go "
            "to EXPORT.disputes.jsonl."
        ),
        Output(beside=(".disputes.jsonl",)),
    ] = None,
    annotator: Annotated[str | None, typer.Option(help="With --export: this one's alone.")] = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="Print Cohen's κ of each two, and stop.")] = False,
    host: Annotated[str, HOST] = "127.0.0.1",
    port: Annotated[int, PORT] = 8080,
    api_key: ApiKey = None,
    api_key_file: ApiKeyFile = None,
    annotator_keys: Annotated[
        Path | None, typer.Option(help="Lines of NAME<tab>KEY: nobody labels under another's name."), Input()
    ] = None,
    allow_host: AllowHost = None,
    encoding: Annotated[str, typer.Option(help="Of the texts.")] = "utf-8",
) -> None:
    """Label texts on the page: every save is on disk, can be taken back, and is its annotator's own."""
    import fanlight

    if (export or agreement) and not texts and not store.exists():
        raise DataError(f"{store}: there is no such file of labels: is the path right?")
    if annotator is not None and export is None:
        raise typer.BadParameter("needs --export", param_hint="--annotator")
    keys = read_keys(api_key, api_key_file, annotator_keys)
    if not keys and not is_loopback(host):
        raise DataError(f"--host {host}: others would read every text: give --api-key-file or --annotator-keys")
    tagger = None if export is not None or agreement else fanlight.load(model)
    labels = LabelStore(store)
    named = [name for part in (types or "").split(",") if (name := part.strip())]
    if texts or named:
        new = labels.add((t for path in files_of(map(str, texts or ())) for t in _texts(path, encoding)), named)
        typer.echo(f"{store}: {new} new texts", err=True)
    if agreement:
        for pair in labels.agreement():
            typer.echo(f"{pair.first} and {pair.second}: κ {pair.kappa:.3f} over {pair.texts} texts")
    if export is not None:
        _export(labels, export, annotator)
    if tagger is not None:
        labels.add((), tagger.types)
        typer.echo(f"label at http://{host}:{port}/#label", err=True)
        hosts = (host, *(allow_host or ()))
        run_server({Path(model).stem: tagger}, host, port, labels=labels, keys=keys, hosts=hosts)


def _export(labels: LabelStore, path: Path, annotator: str | None) -> None:
    """Write one annotator's labels, or all merged, and beside them the texts that have to be adjudicated."""
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


def _texts(path: str, encoding: str) -> Iterator[str]:
    """Yield the lines of a file, or the texts of its lines of JSON."""
    for number, line in enumerate(read_lines(path, encoding), 1):
        if not line.startswith("{"):
            yield line
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError):
            raise DataError(f'{path}:{number}: is no JSON with a "text"') from None
        if not isinstance(text, str):
            raise DataError(f'{path}:{number}: its "text" is none')
        yield text
