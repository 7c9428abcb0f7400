"""`fanlight train`, `evaluate` and `info`: make a model, measure it, look at it."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import PICTURES, Input, Output, split_pairs, split_types
from fanlight.files import files_of, is_special

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from fanlight.corpus.data_report import DataReport
    from fanlight.entities.report import Report
    from fanlight.entities.scores import Scores
    from fanlight.training.loop import Epoch
    from fanlight.training.settings import Chosen

commands = typer.Typer()

Encoding = Annotated[str, typer.Option(help="Of the files.")]
DataFormat = Annotated[
    str | None, typer.Option("--data-format", help="columns, klue or jsonl; by default detected.", show_default=False)
]


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
    from fanlight.training.mixing import local
    from fanlight.training.settings import read_settings
    from fanlight.training.train import train_model

    console = open_console(stderr=True)
    overrides: dict[str, object] = {}
    overrides |= dict(_setting(item) for item in set or ())
    if seed is not None:
        overrides["seed"] = seed
    if workers is not None:
        overrides["workers"] = workers
    settings = read_settings(config, overrides)
    having = local
    if engine is Engine.ray:
        from fanlight.apps.integrations.ray import training_on_ray

        if settings.workers == 1:
            raise typer.BadParameter("needs --workers, 2 or more", param_hint="--engine ray")
        having = training_on_ray

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
        gazetteer or (),
        also or (),
        patterns or (),
        resume=resume,
        format=data_format,
        encoding=encoding,
        warn=lambda message: console.print(message, markup=False, highlight=False, soft_wrap=True),
        engine=having,
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
    count = train_vectors(files, out, dimension, window, minimum, epochs, seed, unit, corpora, encoding, console.print)
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
def update(
    model: Annotated[str, typer.Argument(help="The model to go on from: a file, en or ko."), Input()],
    new: Annotated[list[Path], typer.Argument(help="New examples: columns, KLUE or JSONL."), Input()],
    out: Annotated[Path, typer.Option(help="The model file to write."), Output(compressible=False)],
    rehearse: Annotated[
        Path | None,
        typer.Option(help="Labelled sentences with the old types, not to be forgotten."),
        Input(),
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option(help="Raw text, one a line, to rehearse as the model itself tags it."),
        Input(),
    ] = None,
    lines: Annotated[int, typer.Option(min=1, help="How many lines of --raw are read.")] = 5000,
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="Sets to report gain and loss on; the first chooses the best epoch."),
        Input(),
    ] = None,
    set: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="One setting; may be repeated.")] = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Teach a model new examples and new types without forgetting the old.

    What to rehearse: --rehearse, --raw, or the sentences that the model keeps (`train --set keep=1000`).
    """
    from fanlight.api.update import compare_models, update_tagger
    from fanlight.apps.cli.progress import follow, gains_table
    from fanlight.apps.cli.terminal import open_console

    console = open_console(stderr=True)
    overrides = dict(_setting(item) for item in set or ())
    run = update_tagger(
        model,
        new,
        out,
        rehearse=rehearse,
        raw=raw,
        lines=lines,
        dev=dev[0] if dev else None,
        settings=overrides,
        format=data_format,
        encoding=encoding,
    )
    follow(run, console)
    print_size(out, console)
    for path in dev or ():
        console.print(gains_table(str(path), compare_models(model, out, path, data_format, encoding)))


@commands.command()
def curve(
    train: Annotated[Path, typer.Argument(help="Labelled sentences to train on."), Input()],
    dev: Annotated[Path, typer.Option(help="Labelled sentences to measure on."), Input()],
    vectors: Annotated[Path | None, typer.Option(help="Word vectors."), Input()] = None,
    points: Annotated[int, typer.Option(min=3, max=12, help="Parts: each half of the next, the last is all.")] = 5,
    picture: Annotated[
        Path | None, typer.Option(help="Draw it: .svg, .png or .pdf (needs matplotlib)."), Output(endings=PICTURES)
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="PROGRESS", help="Add it to what `train --watch` wrote, for the page."),
        Output(compressible=False),
    ] = None,
    set: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="One setting; may be repeated.")] = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """How much data is enough: train on more and more of it, forecast what twice as much gives, and say what helps."""
    from fanlight.api.learning_curve import measure_learning_curve, summarise_learning_curve
    from fanlight.corpus.readers import read_corpus
    from fanlight.text.sentences import tokenise_sentences

    measured = []
    settings = dict(_setting(item) for item in set or ())
    for point in measure_learning_curve(
        train, dev, vectors, points, settings=settings, format=data_format, encoding=encoding
    ):
        measured.append(point)
        interval = f"{point.low:.1f} – {point.high:.1f}"
        print(f"{point.sentences:9,} sentences  F1 {point.f1:6.2f}  {interval}", flush=True)
    summary = summarise_learning_curve(measured, read_corpus(train, tokenise_sentences, data_format, encoding))
    print(*summary.lines, sep="\n")
    if watch is not None:
        from fanlight.api.history import append_row

        parts = ((summary.points, False), (summary.forecasts, True))
        rows = [
            {"sentences": p.sentences, "f1": p.f1, "low": p.low, "high": p.high, "forecast": forecast}
            for points_, forecast in parts
            for p in points_
        ]
        append_row(watch, curve=rows)
    if picture is not None:
        from fanlight.api.pictures import draw_curve

        draw_curve(summary, picture)


@commands.command()
def search(
    train: Annotated[Path, typer.Argument(help="Labelled sentences to train on."), Input()],
    dev: Annotated[Path, typer.Option(help="Labelled sentences to measure on."), Input()],
    out: Annotated[Path, typer.Option(help="The best settings, for `train --config`."), Output(compressible=False)],
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try.")] = 20,
    vectors: Annotated[Path | None, typer.Option(help="Word vectors."), Input()] = None,
    space: Annotated[
        Path | None,
        typer.Option(help="What to try, in TOML; by default epochs, rate, context, exchange, radius, hidden."),
        Input(),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(help="Keep the trials here, and go on with those that are."),
        Output(compressible=False),
    ] = None,
    set: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="The same in all trials.")] = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Search for the settings that suit the data (needs Optuna: the extra "search")."""
    from fanlight.apps.integrations.optuna import Trial, read_space
    from fanlight.apps.integrations.optuna import search as run_search
    from fanlight.files import replacing

    fixed = dict(_setting(item) for item in set or ())

    default_f1 = []

    def report(trial: Trial) -> None:
        shown = {name: f"{v:.4g}" if isinstance(v, float) else v for name, v in trial.settings.items()}
        words = " ".join(f"{name}={value}" for name, value in shown.items()) or "the defaults"
        default_f1.append(trial.f1)
        gain = f" {trial.f1 - default_f1[0]:+6.2f}" if trial.number else ""
        print(f"{trial.number:4}  F1 {trial.f1:6.2f}{gain}  {words}{'  (cut short)' * trial.pruned}", flush=True)

    best = run_search(
        train,
        dev,
        trials,
        report,
        vectors=vectors,
        space=None if space is None else read_space(space),
        study=study,
        settings=fixed,
        format=data_format,
        encoding=encoding,
    )
    with replacing(out) as part:
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in best.settings.items()]
        lines += [f"{name} = {value if _is_toml(value) else json.dumps(value)}\n" for name, value in fixed.items()]
        part.write_text("".join(lines), encoding="utf-8")
    if best.number:
        print(f"wrote {out}: trial {best.number}, F1 {best.f1:.2f}, {best.f1 - default_f1[0]:+.2f} over the defaults")
    else:
        print(f"wrote {out}: no trial is better than the defaults, F1 {best.f1:.2f}")


@commands.command(name="next")
def next_(
    raw: Annotated[Path, typer.Argument(help="Raw text, a file or a folder."), Input()],
    model: Annotated[str, typer.Option(help="The model to teach: a file, en or ko."), Input()],
    count: Annotated[int, typer.Option(min=1, help="How many sentences to choose.")] = 100,
    encoding: Encoding = "utf-8",
) -> None:
    """Choose the sentences of a raw text whose labels would teach a model most: those it doubts, unlike each other.

    Prints JSONL, the best first: the sentence, its entities so far as spans to correct, its line and the doubt.
    """
    from time import perf_counter

    import fanlight
    from fanlight.api.selection import split_sentences, teaching_order
    from fanlight.apps.cli.inputs import read_lines

    tagger = fanlight.load(model)
    texts = chain.from_iterable(read_lines(file, encoding) for file in files_of([str(raw)]))
    sentences = split_sentences(texts, tagger.unit)
    begin = perf_counter()

    def progress(done: int) -> None:
        seconds = (perf_counter() - begin) / done * (len(sentences) - done)
        print(f"{done:,} of {len(sentences):,} sentences, about {seconds:.0f} s to go", file=sys.stderr, flush=True)

    chosen = teaching_order(tagger, [text for _, text in sentences], count, progress)
    for place, doubt in chosen:
        number, text = sentences[place]
        spans = [{"start": e.start, "end": e.end, "label": e.type} for e in tagger(text).entities]
        row = {"text": text, "spans": spans, "line": number, "doubt": round(doubt, 4)}
        print(json.dumps(row, ensure_ascii=False))
    seconds = perf_counter() - begin
    print(f"chose {len(chosen):,} of {len(sentences):,} sentences in {seconds:.0f} s", file=sys.stderr)


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


def print_size(out: Path, console: Console) -> None:
    """Tell that an output is written, and how large it is."""
    size = "" if is_special(out) else f" ({out.stat().st_size / 1e6:.1f} MB)"
    console.print(f"wrote {out}{size}", markup=False, highlight=False)


def _is_toml(value: str) -> bool:
    import tomllib

    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True


def _setting(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"{item!r} is not KEY=VALUE", param_hint="--set")
    return key, value
