"""`fanlight index`, `find` and `graph`: a database of tagged texts, with search and co-occurrence graphs."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import PICTURES, Input, Output, split_types
from fanlight.apps.cli.inputs import read_lines
from fanlight.apps.cli.options import DateOption, DayFirst, Encoding, Model, Types, parse_reading
from fanlight.apps.cli.texts import tag_texts

commands = typer.Typer()
Database = Annotated[Path, typer.Argument(metavar="DB", help="A database of `fanlight index`."), Input(optional=True)]


@commands.command()
def index(
    files: Annotated[
        list[Path],
        typer.Argument(help="Texts, one per line; the last argument is the database."),
        Input(folder=True, last_is_database=True),
    ],
    model: Model = None,
    encoding: Encoding = "utf-8",
    date: DateOption = None,
    day_first: DayFirst = False,
) -> None:
    """Tag files and store the entities in a database, for `find` and `graph`: index FILES… DB.

    After an interrupt, the same command continues.
    """
    from fanlight.apps.cli.resuming import digest_models
    from fanlight.apps.cli.terminal import open_console
    from fanlight.apps.entity_index import index as index_files
    from fanlight.files import files_of

    if len(files) < 2:
        raise typer.BadParameter("needs texts and, last, the database to write", param_hint="FILES… DB")
    *sources, database = files
    reading = parse_reading(date, day_first)
    console = open_console(stderr=True)
    counts: dict[str, int] = {}
    with console.status("indexing …") as status:
        tag, read = partial(tag_texts, model=model), partial(read_lines, encoding=encoding)
        models = json.dumps(digest_models(model))
        for source, count in index_files(
            files_of(map(str, sources)), database, tag, read, model=models, options=reading
        ):
            counts[source] = count
            status.update(f"{source}: {count:,} texts")
    console.print(f"{database}: {sum(counts.values()):,} texts of {len(counts)} files", markup=False, highlight=False)


@commands.command()
def find(
    database: Database,
    query: Annotated[
        str,
        typer.Argument(help='A query, such as: type:ORG near:Paris   name:"New York"   "date>=2023-01 money>1000USD"'),
    ],
    *,
    limit: Annotated[int, typer.Option(min=1, help="The number of results to print.")] = 20,
    names: Annotated[bool, typer.Option("--names", help="Count names, instead of listing mentions.")] = False,
) -> None:
    """Search mentions in a database of `fanlight index`; prints JSONL if the output is not a terminal."""
    from fanlight.apps import entity_index

    if names:
        rows = [{"name": n, "type": t, "mentions": c} for n, t, c in entity_index.count_names(database, query, limit)]
    else:
        rows = [m._asdict() for m in entity_index.find(database, query, limit)]
    if not sys.stdout.isatty():
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    from fanlight.apps.cli.terminal import open_console, table

    shown = ("name", "type", "mentions") if names else ("name", "type", "probability", "file", "line", "text")
    mentions = table(*shown)
    for row in rows:
        cells = ({**row, "probability": f"{row.get('probability', 0):.3f}"}[key] for key in shown)
        mentions.add_row(*map(str, cells))
    open_console().print(mentions if rows else "nothing found")


@commands.command()
def graph(
    database: Database,
    *,
    out: Annotated[
        Path,
        typer.Option(help="A .graphml, .jsonld, .svg, .png or .pdf file."),
        Output(endings=(".graphml", ".jsonld", *PICTURES)),
    ],
    most: Annotated[int, typer.Option(min=1, help="The number of entities, the most frequent first.")] = 200,
    minimum: Annotated[int, typer.Option("--least", min=1, help="Omit pairs in fewer texts.")] = 2,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Omit less probable mentions.")] = 0.5,
    types: Types = None,
) -> None:
    """Write the co-occurrence graph of entities in texts."""
    from fanlight.apps.entity_index import mentions, types_of
    from fanlight.apps.graph import graph_of, write_graph
    from fanlight.entities.type_names import check_types

    chosen = split_types(types)
    check_types(chosen or (), types_of(database), "--types")
    texts = ([m for m in row if not chosen or m[1] in chosen] for _, row in mentions(database, threshold))
    network = graph_of(texts, minimum, most)
    write_graph(network, out)
    print(f"{out}: {len(network.nodes):,} entities, {len(network.edges):,} pairs", file=sys.stderr)
