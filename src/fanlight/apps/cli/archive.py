"""`fanlight index`, `find`, `graph`, `mask` and `unmask`: what named entities are for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fanlight.apps.cli.arguments import Input, Output, all_types, split_types
from fanlight.apps.cli.inputs import (
    RULE,
    AsFile,
    AsText,
    Line,
    Source,
    read_exact_lines,
    read_lines,
    resolve,
)
from fanlight.errors import DataError
from fanlight.files import replacing

if TYPE_CHECKING:
    from fanlight.entities.entity import Document

commands = typer.Typer()

Model = Annotated[
    str | None, typer.Option(help="A model file, en or ko; by default each text's own script decides."), Input()
]
Encoding = Annotated[str, typer.Option(help="Of the files and of standard input.")]
Database = Annotated[Path, typer.Argument(metavar="DB", help="A database of `fanlight index`."), Input()]
Types = Annotated[str | None, typer.Option(help="These types alone, such as PER,ORG.", show_default=False)]


@commands.command()
def index(
    files: Annotated[
        list[Path],
        typer.Argument(help="Texts, one a line; the last argument is the database."),
        Input(last_is_output=True),
    ],
    model: Model = None,
    encoding: Encoding = "utf-8",
) -> None:
    """Tag files into a database that `find` and `graph` ask: index FILES… DB.

    After an interrupt, the same command goes on where it stopped.
    """
    from rich.console import Console

    from fanlight.apps.archive import index as fill
    from fanlight.files import files_of

    if len(files) < 2:
        raise typer.BadParameter("needs texts and, last, the database to write", param_hint="FILES… DB")
    *sources, database = files
    console = Console(stderr=True)
    counts: dict[str, int] = {}
    with console.status("indexing …") as status:
        tag = partial(_documents, model=model)
        for source, lines in fill(files_of(map(str, sources)), database, tag, lambda path: read_lines(path, encoding)):
            counts[source] = lines
            status.update(f"{source}: {lines:,} texts")
    console.print(f"{database}: {sum(counts.values()):,} texts of {len(counts)} files", markup=False, highlight=False)


@commands.command()
def find(
    database: Database,
    query: Annotated[str, typer.Argument(help='Such as: type:ORG near:Paris   name:"New York"   elections')],
    limit: Annotated[int, typer.Option(min=1, help="Of how many are printed.")] = 20,
    names: Annotated[bool, typer.Option("--names", help="Count names, instead of listing mentions.")] = False,
) -> None:
    """Ask a database of `fanlight index` who is mentioned where; lines of JSON where the output is no terminal."""
    from fanlight.apps import archive

    if names:
        rows = [{"name": n, "type": t, "mentions": c} for n, t, c in archive.count_names(database, query, limit)]
    else:
        rows = [m._asdict() for m in archive.find(database, query, limit)]
    if not sys.stdout.isatty():
        sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    from rich.console import Console

    from fanlight.apps.cli.terminal import table

    shown = ("name", "type", "mentions") if names else ("name", "type", "probability", "file", "line", "text")
    mentions = table(*shown)
    for row in rows:
        cells = ({**row, "probability": f"{row.get('probability', 0):.3f}"}[key] for key in shown)
        mentions.add_row(*map(str, cells))
    Console().print(mentions if rows else "nothing found")


@commands.command()
def graph(
    database: Database,
    out: Annotated[Path, typer.Option(help="A .graphml, .jsonld, .svg, .png or .pdf file."), Output()],
    most: Annotated[int, typer.Option(min=1, help="Entities, the most frequent.")] = 200,
    least: Annotated[int, typer.Option(min=1, help="Leave out pairs in fewer texts.")] = 2,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Leave out mentions less probable.")] = 0.5,
    types: Types = None,
) -> None:
    """Draw which entities are mentioned in the same texts."""
    from fanlight.apps.archive import mentions, types_of
    from fanlight.apps.graph import graph_of, write_graph
    from fanlight.entities.type_names import check_types

    chosen = split_types(types)
    check_types(chosen or (), types_of(database), "--types")
    texts = ([m for m in row if not chosen or m[1] in chosen] for _, row in mentions(database, threshold))
    network = graph_of(texts, least, most)
    write_graph(network, out)
    print(f"{out}: {len(network.nodes):,} entities, {len(network.edges):,} pairs", file=sys.stderr)


@commands.command()
def mask(
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|-|TEXT]...", help=RULE, show_default=False), Input()
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="Where the names are kept, for `unmask`; an existing one is gone on with."),
        Output(wait=True),
    ] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Keep nothing: the type replaces each name.")] = False,
    types: Types = None,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Leave entities less probable as they are.")] = 0.0,
    model: Model = None,
    encoding: Encoding = "utf-8",
    as_text: AsText = False,
    as_file: AsFile = False,
) -> None:
    """Replace names by placeholders such as [PER_1], the same for the same name; all other bytes stay.

    No model finds every name: the share that is missed is in the documentation. Read what you publish.
    """
    from fanlight.entities.type_names import check_types
    from fanlight.tagging.masking import Masker

    if redact == (key is not None):
        raise typer.BadParameter("give either --key FILE, to restore the names, or --redact", param_hint="--key")
    chosen = split_types(types)
    check_types(chosen or (), all_types([model] if model else ["en", "ko"]), "--types")
    lines = list(_exact_lines(resolve(inputs, as_text, as_file), encoding))
    masker = Masker(chosen, read_key(key) if key is not None and key.is_file() else None)
    try:
        masker.reserve([] if redact else [line.text for line in lines])
    except ValueError as error:
        raise DataError(f"{key}: {error}") from None
    replace = masker.redact if redact else masker.mask
    documents = _documents((line.text for line in lines), model, threshold)
    masked = [line.encode(replace(document)) for line, document in zip(lines, documents, strict=True)]
    if key is not None:  # before the text: a masked text without its key could not be restored
        with replacing(key, private=True) as part:
            part.write_text(json.dumps(masker.names, ensure_ascii=False, indent=1), encoding="utf-8")
    _write_bytes(masked)


@commands.command()
def unmask(
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|-|TEXT]...", help=RULE, show_default=False), Input()
    ] = None,
    key: Annotated[Path, typer.Option(help="The key that `mask` wrote."), Input()] = Path("key.json"),
    encoding: Encoding = "utf-8",
    as_text: AsText = False,
    as_file: AsFile = False,
) -> None:
    """Put the names back that `mask` replaced; all other bytes stay."""
    from fanlight.tagging.masking import unmask as restore

    names = read_key(key)
    sources = resolve(inputs, as_text, as_file)
    _write_bytes(line.encode(restore(line.text, names)) for line in _exact_lines(sources, encoding))


def _exact_lines(sources: list[Source], encoding: str) -> Iterator[Line]:
    for source in sources:
        if source.is_file:
            yield from read_exact_lines(source.value, encoding)
        else:
            yield Line(source.value)


def _write_bytes(lines: Iterable[bytes]) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.writelines(lines)
    sys.stdout.buffer.flush()


def read_key(path: Path) -> dict[str, tuple[str, str]]:
    """Read a key file: placeholders, each with its name and type.

    Raises
    ------
    DataError
        It is missing or none.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {str(placeholder): (str(name), str(type_)) for placeholder, (name, type_) in rows.items()}
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): give the file that `mask --key` wrote") from None
    except (ValueError, AttributeError, TypeError):
        raise DataError(f"{path}: is not a key: give the file that `mask --key` wrote") from None


def _documents(texts: Iterable[str], model: str | None, threshold: float = 0.0) -> Iterator[Document]:
    """Tag texts, in order; runs of one script together."""
    import fanlight

    runs = groupby(texts, (lambda text: model) if model is not None else fanlight.language_of)
    return chain.from_iterable(fanlight.load(str(name)).pipe(run, threshold) for name, run in runs)
