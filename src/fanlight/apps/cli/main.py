"""The `fanlight` command, with one module per group of commands.

Each command is wrapped to check its outputs (`apps.cli.arguments`), and its help ends with an example that a test runs.
Errors of users become one line (`apps.cli.edge`).
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any, Protocol

import typer
from typer.core import TyperGroup
from typer.models import CommandInfo

from fanlight import __version__
from fanlight.apps.cli import (
    calculus,
    data,
    evaluate,
    experiments,
    explain,
    index,
    label,
    mask,
    serve,
    share,
    tag,
    teach,
    train,
    warm,
)
from fanlight.apps.cli.arguments import protect

GROUPS = {  # a line of 80 columns each
    "Tag and explain": {
        "tag": "Find the entities of texts and files, with exact offsets.",
        "explain": "Show why a word got its tag.",
        "serve": "Serve the page and the HTTP interface.",
        "warm": "Compile the kernels of models for this machine, once.",
    },
    "Labelled data": {
        "next": "Select sentences to label, by active learning.",
        "label": "Label texts on the page, by several annotators.",
        "check-data": "Report on labelled data before a training.",
        "convert": "Convert labelled text between formats.",
    },
    "Train and evaluate": {
        "train": "Train a model on labelled sentences.",
        "update": "Train a model further, without forgetting old types.",
        "teach": "Train types on labels by rules, spaCy or an LLM.",
        "evaluate": "Evaluate a model on labelled sentences.",
        "search": "Search for the best settings for the data.",
        "curve": "Measure the learning curve, and forecast it.",
        "vectors": "Train word vectors on raw text.",
        "info": "Show a model's types, equation, data and licences.",
        "package, push": "Share a model: as a wheel; on the Hugging Face Hub.",
    },
    "Use entities": {
        "index, find": "Tag files into a database; search its mentions.",
        "graph": "Write the co-occurrence graph of entities.",
        "mask, unmask": "Replace names by placeholders; restore them.",
    },
    "Gradients": {
        "derive": "Derive a gradient step by step.",
        "jacobian, hessian": "Derive the Jacobian of a vector, the Hessian of a scalar.",
        "check": "Check your own gradient, with a reason if it is wrong.",
        "exercise": "Mark an answer to an exercise of the lecture.",
    },
}
EXAMPLES = {
    "tag": 'fanlight tag "Museums in Paris are amazing to see."',
    "explain": 'fanlight explain "Museums in Paris are amazing to see." --word Paris',
    "serve": "fanlight serve --port 8080",
    "warm": "fanlight warm en",
    "next": "fanlight next texts.txt --model en --count 10",
    "label": "fanlight label labels.db --texts texts.txt --types PER,LOC",
    "check-data": "fanlight check-data train.conll",
    "convert": "fanlight convert train.conll train.jsonl",
    "train": "fanlight train train.conll --dev train.conll --out m.fanlight --set epochs=2",
    "update": "fanlight update m.fanlight train.conll --out new.fanlight --rehearse train.conll --set epochs=1",
    "teach": "fanlight teach texts.txt --teacher rules.tsv --types TOWN --out t.fanlight --set epochs=2",
    "evaluate": "fanlight evaluate en train.conll --types PER,LOC",
    "search": "fanlight search train.conll --dev train.conll --out best.toml --trials 2 --set epochs=1",
    "curve": "fanlight curve train.conll --dev train.conll --points 3 --set epochs=1",
    "vectors": "fanlight vectors texts.txt --out vectors.txt --minimum 1",
    "info": "fanlight info en",
    "package": "fanlight package en --name my_model --version 1.0 --overwrite",
    "push": "fanlight push en user/my_model",
    "index": "fanlight index texts.txt archive.db",
    "find": 'fanlight find archive.db "type:LOC"',
    "graph": "fanlight graph archive.db --out graph.graphml --least 1",
    "mask": "fanlight mask texts.txt --key key.json > masked.txt",
    "unmask": "fanlight unmask masked.txt --key key.json",
    "derive": 'fanlight derive "u.T @ tanh(W @ x + b)" --wrt W',
    "jacobian": 'fanlight jacobian "tanh(W @ x + b)" --wrt x',
    "hessian": 'fanlight hessian "x.T @ A @ x" --wrt x',
    "check": 'fanlight check "u.T @ tanh(W @ x)" --wrt x --gradient "W.T @ (u * (1 - tanh(W @ x)**2))"',
    "exercise": 'fanlight exercise 8.1 "delta @ x.T"',
    "help": "fanlight help tag",
    "version": "fanlight version",
}


class _Formatter(Protocol):
    def section(self, name: str) -> AbstractContextManager[None]: ...

    def write_dl(self, rows: list[tuple[str, str]]) -> None: ...


class _Grouped(TyperGroup):
    """Lists the commands by purpose; `help` and `version` are not listed."""

    # typer does not export the Context of its copy of click
    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if parameter.name == "show_completion":
                parameter.hidden = True  # type: ignore[attr-defined]  # so that the help fits a screen
        return parameters

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        try:
            return super().invoke(ctx)
        except Exception as fault:  # of usage errors, whose classes typer does not export
            from fanlight.apps.cli.usage import reword

            reword(fault, sys.argv[1:])
            raise

    def format_commands(self, ctx: typer.Context, formatter: _Formatter) -> None:  # type: ignore[override]
        width = max(len(names) for rows in GROUPS.values() for names in rows)
        for title, rows in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows.items()])


_manners = typer.Typer()


@_manners.command(name="help")
def _help(context: typer.Context, command: str | None = typer.Argument(None, help="The command.")) -> None:
    """Show the help of the program, or of a command."""
    parent = context.parent
    assert parent is not None
    group: Any = parent.command
    if command is None:
        print(parent.get_help())
        return
    if command not in group.commands:
        raise typer.BadParameter(f"there is no command {command!r}: see fanlight --help", param_hint="COMMAND")
    chosen = group.commands[command]
    print(chosen.get_help(type(context)(chosen, info_name=command, parent=parent, **chosen.context_settings)))


@_manners.command(name="version")
def _print_version() -> None:
    """Print the version."""
    print(__version__)


def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True, hidden=True),
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def program(only: str = "") -> typer.Typer:
    """Return the program, with one command only if it is named: building all takes longer than tagging a text."""
    app = typer.Typer(
        cls=_Grouped,
        help="Find names in text with a window network, and derive and check gradients.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.registered_commands = [_COMMANDS[only]] if only in _COMMANDS and only != "help" else [*_COMMANDS.values()]
    app.callback(invoke_without_command=True)(_version)
    return app


def _prepare(registered: CommandInfo) -> tuple[str, CommandInfo]:
    assert registered.callback is not None
    name = registered.name or registered.callback.__name__
    registered.callback = protect(registered.callback)
    registered.epilog = f"Example:\n\n\b\n  {EXAMPLES[name]}"
    if "ignore_unknown_options" in (registered.context_settings or {}):  # -h may begin a formula
        registered.context_settings = {**(registered.context_settings or {}), "help_option_names": ["--help"]}
    return name, registered


_COMMANDS = dict(
    _prepare(registered)
    for commands in (
        tag.commands,
        explain.commands,
        train.commands,
        teach.commands,
        evaluate.commands,
        experiments.commands,
        data.commands,
        index.commands,
        mask.commands,
        calculus.commands,
        serve.commands,
        share.commands,
        label.commands,
        warm.commands,
        _manners,
    )
    for registered in commands.registered_commands
)
app = program()
