"""`fanlight train`, `update` and `vectors`: training of models and word vectors."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fanlight.apps.cli.arguments import FILES, MODEL, Input, Output
from fanlight.apps.cli.options import (
    DataFormat,
    Encoding,
    Resume,
    Settings,
    Vectors,
    parse_setting,
    print_size,
)
from fanlight.files import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from fanlight.corpus.data_report import DataReport
    from fanlight.training.loop import Epoch
    from fanlight.training.settings import Chosen

commands = typer.Typer()


class Engine(StrEnum):
    """Where the workers of a training run."""

    local = "local"
    ray = "ray"


OutOption = Annotated[
    Path,
    typer.Option(help="The model file to write."),
    Output(companion_suffixes=(".part", ".progress.jsonl"), resumable=True, compressible=False),
]
DevOption = Annotated[
    Path | None,
    typer.Option(help="Labelled sentences for the score after each epoch, which selects the best epoch."),
    FILES,
]
GazetteerOption = Annotated[
    list[Path] | None,
    typer.Option(help="Lists of names as features: lines of NAME<tab>LIST; may be repeated."),
    Input(),
]
PatternsOption = Annotated[
    list[Path] | None,
    typer.Option(help="Regular expressions as features: re:PATTERN<tab>TYPE, as for `tag --rules`; may be repeated."),
    Input(),
]
AlsoOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="More labelled sentences, which may have other types (see the setting `corpora`); may be repeated."
    ),
    FILES,
]
ConfigOption = Annotated[Path | None, typer.Option(help="Settings in TOML."), Input()]
SeedOption = Annotated[
    int | None, typer.Option(help="Random seed; the same seed gives the same bits.", show_default=False)
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes for data-parallel training with parameter averaging; by default none.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    Engine, typer.Option(help="Where the workers run: on this machine, or on several with Ray (the extra ray).")
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Also write OUT.progress.jsonl: curves and a report for `serve --watch`.")
]
NewModelOption = Annotated[Path, typer.Option(help="The model file to write."), Output(compressible=False)]
RehearseOption = Annotated[
    Path | None,
    typer.Option(help="Labelled sentences with the old types, for rehearsal."),
    FILES,
]
RawOption = Annotated[
    Path | None,
    typer.Option(help="Raw text, a file or a folder, one text per line, for rehearsal with the model's own labels."),
    FILES,
]
SelfTrainingOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--raw",
        help="Raw text for self-training, a file or a folder, one text per line: adds sentences that two networks "
        "label alike; takes at least three times as long; may be repeated.",
    ),
    FILES,
]
LinesOption = Annotated[int, typer.Option("--lines", min=1, help="The number of lines of --raw to read.")]
DevSetsOption = Annotated[
    list[Path] | None,
    typer.Option(help="Data to report gains and losses on; the first selects the best epoch."),
    FILES,
]


@commands.command()
def train(
    train: Annotated[Path, typer.Argument(help="Labelled sentences: columns, KLUE, JSONL or CSV."), FILES],
    *,
    out: OutOption,
    dev: DevOption = None,
    vectors: Vectors = None,
    gazetteer: GazetteerOption = None,
    patterns: PatternsOption = None,
    also: AlsoOption = None,
    raw: SelfTrainingOption = None,
    line_count: LinesOption = 5000,
    config: ConfigOption = None,
    set: Settings = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    engine: EngineOption = Engine.local,
    resume: Resume = False,
    watch: WatchOption = False,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Train a model on labelled sentences.

    An interrupt loses at most the current epoch; --resume continues from there and gives the same model.
    """
    from fanlight.api.train import record_training
    from fanlight.apps.cli.progress import follow, scores_table
    from fanlight.apps.cli.terminal import open_console
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    console = open_console(stderr=True)
    numbers = {"seed": seed, "workers": workers, "raw_lines": line_count if raw else None}
    overrides = dict(map(parse_setting, set or ())) | {k: v for k, v in numbers.items() if v is not None}
    settings = read_settings(config, overrides)
    run: Iterator[Epoch] = train_model(
        train,
        dev,
        out,
        vectors,
        settings,
        gazetteers=gazetteer or (),
        also=also or (),
        patterns=patterns or (),
        raw=raw or (),
        resume=resume,
        format=data_format,
        encoding=encoding,
        warn=partial(console.print, markup=False, highlight=False, soft_wrap=True),
        engine=_workers(engine, settings.workers),
        announce=partial(_announce, console),
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
    raw: Annotated[list[Path], typer.Argument(help="Raw texts in UTF-8, one per line."), FILES],
    *,
    out: Annotated[Path, typer.Option(help="The file to write, in word2vec's text format."), Output()],
    dimension: Annotated[int, typer.Option(min=1, help="Length of a vector.")] = 100,
    window: Annotated[int, typer.Option(min=1, help="Words to either side that a word's vector predicts.")] = 5,
    minimum: Annotated[int, typer.Option(min=1, help="Omit words that occur less often.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs over the text.")] = 5,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same bits.")] = 1,
    unit: Annotated[
        str | None,
        typer.Option(help="word, or character for Korean; by default selected by the script.", show_default=False),
    ] = None,
    without: Annotated[
        list[Path] | None,
        typer.Option(help="Labelled sentences whose texts are omitted; may be repeated."),
        FILES,
    ] = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Train word vectors on raw text, for `train --vectors` (needs gensim: the extra "vectors")."""
    from fanlight.apps.cli.terminal import open_console
    from fanlight.corpus.readers import read_corpus
    from fanlight.text.sentences import tokenise_sentences
    from fanlight.training.embeddings import train_vectors

    if unit not in (None, "word", "character"):
        raise typer.BadParameter("must be word or character", param_hint="--unit")
    console = open_console(stderr=True)
    corpora = [read_corpus(path, tokenise_sentences) for path in without or ()]
    files = [Path(file) for file in files_of(map(str, raw))]
    announce = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    count = train_vectors(
        files, out, dimension=dimension, window=window, minimum=minimum, epochs=epochs, seed=seed, unit=unit,
        without=corpora, encoding=encoding, announce=announce,
    )  # fmt: skip
    console.print(f"wrote {out}: {count:,} vectors", markup=False, highlight=False)


@commands.command()
def update(
    model: Annotated[str, typer.Argument(help="The model to update: a file, en or ko."), MODEL],
    new: Annotated[list[Path], typer.Argument(help="New examples: columns, KLUE, JSONL or CSV."), FILES],
    *,
    out: NewModelOption,
    rehearse: RehearseOption = None,
    raw: RawOption = None,
    line_count: LinesOption = 5000,
    dev: DevSetsOption = None,
    set: Settings = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Train a model further on new examples and new types, without forgetting the old ones.

    Rehearsal uses --rehearse, --raw, or the sentences stored in the model (`train --set keep=1000`).
    """
    from fanlight.api.update import compare_models, update_tagger
    from fanlight.apps.cli.progress import follow, gains_table
    from fanlight.apps.cli.terminal import open_console

    console = open_console(stderr=True)
    overrides = dict(parse_setting(item) for item in set or ())
    run = update_tagger(
        model,
        new,
        out,
        rehearse=rehearse,
        raw=raw,
        line_count=line_count,
        dev=dev[0] if dev else None,
        settings=overrides,
        format=data_format,
        encoding=encoding,
    )
    follow(run, console)
    print_size(out, console)
    for path in dev or ():
        console.print(gains_table(str(path), compare_models(model, out, path, data_format, encoding)))


def _workers(engine: Engine, count: int) -> Any:
    """Return the workers of a training."""
    if engine is Engine.local:
        from fanlight.training.data_parallel import local_workers

        return local_workers
    from fanlight.apps.integrations.ray import training_on_ray

    if count == 1:
        raise typer.BadParameter("needs --workers, 2 or more", param_hint="--engine ray")
    return training_on_ray


def _announce(console: Console, report: DataReport, settings: Chosen) -> None:
    """Print the data report, and the settings chosen for the data."""
    console.print(*report.summary, sep="\n", markup=False, highlight=False, soft_wrap=True)
    values = settings.model_dump(exclude_none=True)
    console.print(" ".join(f"{k}={v}" for k, v in values.items()), style="dim", markup=False, soft_wrap=True)
