"""`fanlight train`, `evaluate` and `info`: make a model, measure it, look at it."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import (
    PICTURES,
    DataFormat,
    Encoding,
    Input,
    Output,
    split_pairs,
    split_setting,
    split_types,
)
from fanlight.apps.cli.terminal import print_size
from fanlight.files import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fanlight.corpus.data_report import DataReport
    from fanlight.entities.report import Report
    from fanlight.entities.scores import Scores
    from fanlight.training.loop import Epoch
    from fanlight.training.settings import Chosen

commands = typer.Typer()


class ScoreFormat(StrEnum):
    """How scores are printed."""

    table = "table"
    json = "json"
    html = "html"


class Engine(StrEnum):
    """Who has the workers of a training."""

    local = "local"
    ray = "ray"


@commands.command()
def train(
    train: Annotated[Path, typer.Argument(help="Labelled sentences: columns, KLUE or JSONL."), Input()],
    out: Annotated[
        Path,
        typer.Option(help="The model file to write."),
        Output(beside=(".part", ".progress.jsonl"), resumable=True, compressible=False),
    ],
    dev: Annotated[
        Path | None,
        typer.Option(help="Labelled sentences to measure progress on; chooses the best epoch."),
        Input(),
    ] = None,
    vectors: Annotated[Path | None, typer.Option(help="Word vectors: word2vec, GloVe or fastText."), Input()] = None,
    gazetteer: Annotated[
        list[Path] | None,
        typer.Option(help="Names to know: lines of NAME<tab>LIST; may be repeated."),
        Input(),
    ] = None,
    patterns: Annotated[
        list[Path] | None,
        typer.Option(help="Expressions to be told of: re:PATTERN<tab>TYPE, as for `tag --rules`; may be repeated."),
        Input(),
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="More labelled sentences, which may mark other types (see `corpora`); may be repeated."),
        Input(),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings in TOML."), Input()] = None,
    set: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="One setting; may be repeated.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same bits.", show_default=False)] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Processes that share out each epoch and average; by default none.", show_default=False
        ),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="Who has the workers: this machine, or Ray on several (the extra ray).")
    ] = Engine.local,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Also write OUT.progress.jsonl: curves and a report for `serve --watch`.")
    ] = False,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Train a model on labelled sentences.

    An interrupt loses at most the epoch that was running; --resume goes on from there to the same model.
    """
    from fanlight.api.train import record_training
    from fanlight.apps.cli.progress import follow, scores_table
    from fanlight.apps.cli.terminal import open_console
    from fanlight.training.data_parallel import local_workers
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    console = open_console(stderr=True)
    overrides: dict[str, object] = {}
    overrides |= dict(split_setting(item) for item in set or ())
    if seed is not None:
        overrides["seed"] = seed
    if workers is not None:
        overrides["workers"] = workers
    settings = read_settings(config, overrides)
    workers_of = local_workers
    if engine is Engine.ray:
        from fanlight.apps.integrations.ray import training_on_ray

        if settings.workers == 1:
            raise typer.BadParameter("needs --workers, 2 or more", param_hint="--engine ray")
        workers_of = training_on_ray

    def announce(report: DataReport, chosen: Chosen) -> None:
        console.print(*report.lines, sep="\n", markup=False, highlight=False, soft_wrap=True)
        values = chosen.model_dump(exclude_none=True)
        console.print(" ".join(f"{k}={v}" for k, v in values.items()), style="dim", markup=False, soft_wrap=True)

    run: Iterator[Epoch] = train_model(
        train,
        dev,
        out,
        vectors,
        settings,
        gazetteers=gazetteer or (),
        also=also or (),
        patterns=patterns or (),
        resume=resume,
        format=data_format,
        encoding=encoding,
        warn=lambda message: console.print(message, markup=False, highlight=False, soft_wrap=True),
        engine=workers_of,
        announce=announce,
    )
    if watch:
        progress = out.with_name(out.name + ".progress.jsonl")
        run = record_training(run, progress, out, train, dev, resume=resume, format=data_format, encoding=encoding)
    scores = follow(run, console)
    if scores is not None:
        console.print(scores_table(scores))
    print_size(out, console)


@commands.command()
def vectors(
    raw: Annotated[list[Path], typer.Argument(help="Raw texts in UTF-8, a text a line."), Input()],
    out: Annotated[Path, typer.Option(help="The file to write: word2vec text."), Output()],
    dimension: Annotated[int, typer.Option(min=1, help="Components of a vector.")] = 100,
    window: Annotated[int, typer.Option(min=1, help="Words to either side that a word's vector foretells.")] = 5,
    minimum: Annotated[int, typer.Option(min=1, help="Leave out words that occur less often.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the text.")] = 5,
    seed: Annotated[int, typer.Option(help="Same seed, same bits.")] = 1,
    unit: Annotated[
        str | None, typer.Option(help="word, or character for Korean; by default by the script.", show_default=False)
    ] = None,
    without: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled sentences whose texts to leave out; may be repeated."),
        Input(),
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Learn word vectors from raw text, for `train --vectors` (needs gensim: the extra "vectors")."""
    from fanlight.apps.cli.terminal import open_console
    from fanlight.corpus.readers import read_corpus
    from fanlight.text.sentences import tokenise_sentences
    from fanlight.training.embeddings import train_vectors

    if unit not in (None, "word", "character"):
        raise typer.BadParameter("must be word or character", param_hint="--unit")
    console = open_console(stderr=True)
    corpora = [read_corpus(path, tokenise_sentences) for path in without or ()]
    files = [Path(file) for file in files_of(map(str, raw))]
    count = train_vectors(
        files,
        out,
        dimension=dimension,
        window=window,
        minimum=minimum,
        epochs=epochs,
        seed=seed,
        unit=unit,
        without=corpora,
        encoding=encoding,
        tell=lambda message: console.print(message, markup=False, highlight=False, soft_wrap=True),
    )
    console.print(f"wrote {out}: {count:,} vectors", markup=False, highlight=False)


@commands.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A model file, en or ko."), Input()],
    data: Annotated[Path, typer.Argument(help="Labelled sentences."), Input()],
    format: Annotated[ScoreFormat, typer.Option(help="How to print.")] = ScoreFormat.table,
    report: Annotated[
        bool, typer.Option("--report", help="Also intervals, partial matches, calibration and mistakes.")
    ] = False,
    train: Annotated[
        Path | None,
        typer.Option(help="Training data: tells entities that are in it from new ones (with --report)."),
        Input(),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A second model to compare with (with --report)."), Input()
    ] = None,
    mistakes: Annotated[int, typer.Option(min=0, help="How many to print (with --report).")] = 20,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the calibration (with --report; needs matplotlib): .svg, .png or .pdf."),
        Output(endings=PICTURES),
    ] = None,
    types: Annotated[
        str | None, typer.Option(help="Count these alone, such as PER,LOC: for data that do not mark all types.")
    ] = None,
    map: Annotated[
        str | None, typer.Option(metavar="TYPE=TYPE,…", help="What the data's types are in the model: PS=PER,LC=LOC.")
    ] = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Measure a model on labelled sentences: exact entity precision, recall and F1, as conlleval counts them."""
    import fanlight

    html = format is ScoreFormat.html
    asked = {"--train": train, "--against": against, "--picture": picture, "--format html": html}
    if not report and (without := [name for name, value in asked.items() if value]):
        raise typer.BadParameter("needs --report", param_hint=without[0])
    chosen, mapping = split_types(types), split_pairs(map, "--map")
    made: Report | Scores
    if report:
        made = fanlight.report(model, data, train, against, data_format, encoding, chosen, mapping=mapping)
        if picture is not None:
            from fanlight.api.pictures import draw_reliability

            draw_reliability(made, picture)
    else:
        made = fanlight.evaluate(model, data, data_format, encoding, chosen, mapping=mapping)
    if format is ScoreFormat.json:
        print(json.dumps(made.to_dict(), ensure_ascii=False))
        return
    if html:
        from fanlight.entities.report_html import report_page

        print(report_page(made.to_dict()), end="")
        return
    from fanlight.apps.cli.progress import confusion_table, report_tables, scores_table
    from fanlight.apps.cli.terminal import open_console
    from fanlight.entities.scores import Scores

    tables = [scores_table(made), confusion_table(made)] if isinstance(made, Scores) else report_tables(made, mistakes)
    open_console().print(*tables, sep="\n", markup=False)


@commands.command()
def info(model: Annotated[str, typer.Argument(help="A model file, en or ko."), Input()]) -> None:
    """Show what a model is: its types, its network's equation, settings, data, scores and licences."""
    import fanlight
    from fanlight.network.architecture import equation

    model_ = fanlight.load(model, verify=True).model
    made = model_.configuration
    json.dump(
        {
            "types": made.types,
            "equation": f"z = {equation(made)}",
            "configuration": made.to_dict(),
            "words with vectors": len(model_.lexicon),
            "gazetteers": model_.gazetteer and {"lists": model_.gazetteer.lists, "names": len(model_.gazetteer.hashes)},
            "patterns": model_.patterns
            and {
                "types": model_.patterns.types,
                "names": len(model_.patterns.names),
                "expressions": model_.patterns.expressions,
            },
            "parameters": sum(p.size for p in model_.parameters.values()),
            **{key: value for key, value in model_.provenance.items() if key != "sample"},
            "sentences kept": len(model_.provenance.get("sample", ())),
        },
        sys.stdout,
        ensure_ascii=False,
        indent=2,
    )
    print()
