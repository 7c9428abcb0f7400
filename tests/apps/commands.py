"""The commands and their parameters, from the command line's own definitions."""

import shlex
import subprocess
import sys
from typing import NamedTuple, get_type_hints

import pytest
from typer.main import get_command

from fanlight.apps.cli.arguments import Input, Output, marks_of
from fanlight.apps.cli.edge import main
from fanlight.apps.cli.main import EXAMPLES, app

COMMANDS = get_command(app).commands
MARKS = {
    registered.name or registered.callback.__name__.strip("_"): marks_of(registered.callback)
    for registered in app.registered_commands
}

HINTS = {
    registered.name or registered.callback.__name__.strip("_"): get_type_hints(registered.callback)
    for registered in app.registered_commands
}


class Pair(NamedTuple):
    command: str
    input: str
    output: str


def pairs():
    """Return every command with each of its inputs and outputs."""
    return [
        Pair(name, source, target)
        for name, marks in MARKS.items()
        for source, mark in marks.items()
        if isinstance(mark, Input)
        for target, other in marks.items()
        if isinstance(other, Output)
    ]


def outputs():
    """Return every command with each of its outputs that one process alone may write."""
    return [
        (name, target)
        for name, marks in MARKS.items()
        for target, mark in marks.items()
        if isinstance(mark, Output) and mark.exclusive
    ]


def arguments(command, folder, values):
    """Return a command line with the values, and new files for all other parameters that must be given."""
    positional, options = [], []
    for parameter in COMMANDS[command].params:
        value = values.get(parameter.name)
        if value is None and parameter.required:
            value = folder / f"{parameter.name}.txt"
            if not isinstance(MARKS[command].get(parameter.name), Output):
                value.write_text("Ann lives in Oslo.\n")
        if value is None:
            continue
        if parameter.param_type_name == "argument":
            positional.append(str(value))
        else:
            options += [parameter.opts[0], str(value)]
    return [command, *positional, *options]


def example(command):
    """Return the words of the example that a command's help ends with, and the name of what it prints to."""
    words = shlex.split(EXAMPLES[command])[1:]
    if ">" in words:
        return words[: words.index(">")], words[-1]
    return words, None


def call(monkeypatch, capsys, *words):
    """Run the command in this process; return (exit status, stdout, stderr)."""
    monkeypatch.setattr(sys, "argv", ["fanlight", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    return stop.value.code or 0, out.out, out.err


def run(*arguments, stdin=None, **options):
    """Run the command in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "fanlight", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        **options,
    )


def check_line(err):
    """Check that what a user is told is one line, and no traceback."""
    assert err.startswith("fanlight: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
