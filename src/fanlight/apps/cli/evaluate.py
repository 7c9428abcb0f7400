"""`fanlight evaluate` and `info`: scores and metadata of a model."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import FILES, MODEL, PICTURES, Output, split_pairs, split_types
from fanlight.apps.cli.options import (
    DataFormat,
    Encoding,
    ModelFile,
)

if TYPE_CHECKING:
    from fanlight.entities.report import Report
    from fanlight.entities.scores import Scores

commands = typer.Typer()


class ScoreFormat(StrEnum):
    """Output formats of scores."""

    table = "table"
    json = "json"
    html = "html"


FormatOption = Annotated[ScoreFormat, typer.Option(help="The output format.")]
ReportOption = Annotated[
    bool, typer.Option("--report", help="Also intervals, partial matches, calibration and mistakes.")
]
TrainOption = Annotated[
    Path | None,
    typer.Option(help="Training data, to separate seen from unseen entities (with --report)."),
    FILES,
]
AgainstOption = Annotated[str | None, typer.Option(help="A second model to compare with (with --report)."), MODEL]
MistakesOption = Annotated[int, typer.Option(min=0, help="The number of mistakes to print (with --report).")]
PictureOption = Annotated[
    Path | None,
    typer.Option(help="Draw the calibration (with --report; needs matplotlib): .svg, .png or .pdf."),
    Output(endings=PICTURES),
]
TypesOption = Annotated[
    str | None, typer.Option(help="Score only these types, such as PER,LOC: for data without labels of the others.")
]
MapOption = Annotated[
    str | None, typer.Option(metavar="TYPE=TYPE,…", help="The model's types for the types of the data: PS=PER,LC=LOC.")
]


@commands.command()
def evaluate(
    model: ModelFile,
    data: Annotated[Path, typer.Argument(help="Labelled sentences."), FILES],
    *,
    format: FormatOption = ScoreFormat.table,
    report: ReportOption = False,
    train: TrainOption = None,
    against: AgainstOption = None,
    mistakes: MistakesOption = 20,
    picture: PictureOption = None,
    types: TypesOption = None,
    map: MapOption = None,
    data_format: DataFormat = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Evaluate a model on labelled sentences: exact entity precision, recall and F1, as in conlleval."""
    import fanlight

    html = format is ScoreFormat.html
    asked = {"--train": train, "--against": against, "--picture": picture, "--format html": html}
    if not report and (without := [name for name, value in asked.items() if value]):
        raise typer.BadParameter("needs --report", param_hint=without[0])
    chosen, mapping = split_types(types), split_pairs(map, "--map")
    scores: Report | Scores
    if report:
        scores = fanlight.report(
            model, data, train, against, format=data_format, encoding=encoding, types=chosen, mapping=mapping
        )
        if picture is not None:
            from fanlight.api.pictures import draw_reliability

            draw_reliability(scores, picture)
    else:
        scores = fanlight.evaluate(model, data, data_format, encoding, chosen, mapping=mapping)
    if format is ScoreFormat.json:
        print(json.dumps(scores.to_dict(), ensure_ascii=False))
        return
    if html:
        from fanlight.entities.report_html import report_page

        print(report_page(scores.to_dict()), end="")
        return
    from fanlight.apps.cli.progress import confusion_table, report_tables, scores_table
    from fanlight.apps.cli.terminal import open_console
    from fanlight.entities.scores import Scores

    tables = (
        [scores_table(scores), confusion_table(scores)]
        if isinstance(scores, Scores)
        else report_tables(scores, mistakes)
    )
    open_console().print(*tables, sep="\n", markup=False)


@commands.command()
def info(model: ModelFile) -> None:
    """Show a model's types, equation, settings, data, scores and licences."""
    import fanlight
    from fanlight.network.architecture import equation

    network = fanlight.load(model, verify=True).model
    configuration = network.configuration
    json.dump(
        {
            "types": configuration.types,
            "equation": f"z = {equation(configuration)}",
            "configuration": configuration.to_dict(),
            "words with vectors": len(network.lexicon),
            "gazetteers": network.gazetteer
            and {"lists": network.gazetteer.lists, "names": len(network.gazetteer.hashes)},
            "patterns": network.patterns
            and {
                "types": network.patterns.types,
                "names": len(network.patterns.names),
                "expressions": network.patterns.expressions,
            },
            "parameters": sum(p.size for p in network.parameters.values()),
            **{key: value for key, value in network.provenance.items() if key != "sample"},
            "sentences kept": len(network.provenance.get("sample", ())),
        },
        sys.stdout,
        ensure_ascii=False,
        indent=2,
    )
    print()
