"""`fanlight curve`, `search` and `next`: learning curves, hyperparameter search and active learning."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import FILES, MODEL, PICTURES, Input, Output
from fanlight.apps.cli.options import (
    DataFormat,
    Encoding,
    Settings,
    Vectors,
    parse_setting,
)
from fanlight.files import files_of

if TYPE_CHECKING:
    pass

commands = typer.Typer()


DevOption = Annotated[Path, typer.Option(help="Labelled sentences to evaluate on."), FILES]
OutOption = Annotated[
    Path, typer.Option(help="The file for the best settings, for `train --config`."), Output(compressible=False)
]
TrialsOption = Annotated[int, typer.Option(min=1, help="The number of settings to try.")]
SpaceOption = Annotated[
    Path | None,
    typer.Option(help="The search space, in TOML; by default epochs, rate, context, replacement, radius, hidden."),
    Input(),
]
StudyOption = Annotated[
    Path | None,
    typer.Option(help="Store the trials here, and continue with existing ones."),
    Output(continues=True, compressible=False),
]


@commands.command()
def curve(
    train: Annotated[Path, typer.Argument(help="Labelled sentences to train on."), FILES],
    *,
    dev: Annotated[Path, typer.Option(help="Labelled sentences to evaluate on."), FILES],
    vectors: Vectors = None,
    points: Annotated[
        int, typer.Option(min=3, max=12, help="The number of parts: each is half of the next, the last is all data.")
    ] = 5,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the curve: .svg, .png or .pdf (needs matplotlib)."),
        Output(endings=PICTURES),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(metavar="PROGRESS", help="Add the curve to the file written by `train --watch`, for the page."),
        Output(compressible=False),
    ] = None,
    set: Settings = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Measure the learning curve on growing parts of the data, forecast F1 with twice as much, and say what helps."""
    from fanlight.api.learning_curve import measure_learning_curve, summarise_learning_curve
    from fanlight.corpus.readers import read_corpus
    from fanlight.text.sentences import tokenise_sentences

    measured = []
    settings = dict(parse_setting(item) for item in set or ())
    for point in measure_learning_curve(
        train, dev, vectors, points, settings=settings, format=data_format, encoding=encoding
    ):
        measured.append(point)
        interval = f"{point.low:.1f} – {point.high:.1f}"
        print(f"{point.sentences:9,} sentences  F1 {point.f1:6.2f}  {interval}", flush=True)
    summary = summarise_learning_curve(measured, read_corpus(train, tokenise_sentences, data_format, encoding))
    print(*summary.summary, sep="\n")
    if watch is not None:
        from fanlight.api.history import append_row

        parts = ((summary.points, False), (summary.forecasts, True))
        rows = [
            {"sentences": p.sentences, "f1": p.f1, "low": p.low, "high": p.high, "forecast": is_forecast}
            for points_, is_forecast in parts
            for p in points_
        ]
        append_row(watch, curve=rows)
    if picture is not None:
        from fanlight.api.pictures import draw_curve

        draw_curve(summary, picture)


@commands.command()
def search(
    train: Annotated[Path, typer.Argument(help="Labelled sentences to train on."), FILES],
    *,
    dev: DevOption,
    out: OutOption,
    trials: TrialsOption = 20,
    vectors: Vectors = None,
    space: SpaceOption = None,
    study: StudyOption = None,
    set: Settings = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Search for the best settings for the data (needs Optuna: the extra "search")."""
    from fanlight.apps.integrations.optuna import Trial, read_space
    from fanlight.apps.integrations.optuna import search as run_search
    from fanlight.files import replacing

    fixed = dict(parse_setting(item) for item in set or ())

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
        rows = [f"{name} = {json.dumps(value)}\n" for name, value in best.settings.items()]
        rows += [f"{name} = {value if _is_toml(value) else json.dumps(value)}\n" for name, value in fixed.items()]
        part.write_text("".join(rows), encoding="utf-8")
    if best.number:
        print(f"wrote {out}: trial {best.number}, F1 {best.f1:.2f}, {best.f1 - default_f1[0]:+.2f} over the defaults")
    else:
        print(f"wrote {out}: no trial is better than the defaults, F1 {best.f1:.2f}")


@commands.command(name="next")
def next_(
    raw: Annotated[Path, typer.Argument(help="Raw text, a file or a folder."), FILES],
    *,
    model: Annotated[
        str, typer.Option(help="The model whose uncertainty selects the sentences: a file, en or ko."), MODEL
    ],
    count: Annotated[int, typer.Option(min=1, help="The number of sentences to select.")] = 100,
    encoding: Encoding = "utf-8",
) -> None:
    """Select sentences of raw text for labelling by active learning: uncertain and diverse ones.

    Prints JSONL, the best first: the sentence, the model's entities as spans to correct, its line and the uncertainty.
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


def _is_toml(value: str) -> bool:
    import tomllib

    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return False
    return True
