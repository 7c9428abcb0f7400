"""The `fanlight` command: one module a group of commands, joined here.

User errors become one line on stderr and exit status 1 at this edge; wrong usage is status 2.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from fanlight import __version__
from fanlight.apps.cli import archive, calculus, data, label, models, serve, tag, warm
from fanlight.errors import FanlightError

_GROUPS = {
    "Tag and look inside": ("tag", "explain", "serve", "warm"),
    "Data to learn from": ("next", "label", "check-data", "convert"),
    "Train and measure": ("train", "update", "evaluate", "search", "curve", "vectors", "info"),
    "Use what is found": ("index", "find", "graph", "mask", "unmask"),
    "Gradients": ("derive", "jacobian", "hessian", "check"),
}


class _Grouped(TyperGroup):
    """Lists the commands by what people want to do."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rest = sorted(set(self.commands) - {name for names in _GROUPS.values() for name in names})
        width = max(map(len, self.commands))
        for title, names in {**_GROUPS, "More": rest}.items():
            known = [name for name in names if name in self.commands]
            if known:
                with formatter.section(title):
                    texts = (self.commands[name].get_short_help_str(formatter.width - width - 6) for name in known)
                    formatter.write_dl([(n.ljust(width), text) for n, text in zip(known, texts, strict=True)])


app = typer.Typer(
    cls=_Grouped,
    help="Find names in text with a window network whose every gradient can be read and checked.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for commands in (
    tag.commands,
    models.commands,
    data.commands,
    archive.commands,
    calculus.commands,
    serve.commands,
    label.commands,
    warm.commands,
):
    app.add_typer(commands)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True),
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line and exit with its status."""
    try:
        app(standalone_mode=True)
    except BrokenPipeError:  # the reader has gone: that is no fault, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except FanlightError as error:
        print(f"fanlight: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
