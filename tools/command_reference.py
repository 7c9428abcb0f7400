"""Write docs/cli.md: every command with every argument and option, from the commands' definitions.

python tools/command_reference.py
"""

from __future__ import annotations

import inspect
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from typer.main import get_command

from fanlight.apps.cli.main import EXAMPLES, GROUPS, app

KINDS = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH"}
PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
INTRODUCTION = """# Every option

Each command with its arguments and options, as `fanlight COMMAND --help` shows them; [Commands](commands.md) explains
them by examples. This page is written by `tools/command_reference.py`.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page as Markdown."""
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    parts = [INTRODUCTION]
    for title, rows in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_section(name, commands.pop(name)) for names in rows for name in names.split(", ")]
    parts.append("## About the program\n")
    parts += [_section(name, command) for name, command in sorted(commands.items())]
    return "\n".join(parts)


def _section(name: str, command: Any) -> str:
    hints = get_type_hints(command.callback)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    has_options = len(arguments) < len(command.params)
    usage = " ".join(["fanlight", name, *(_argument(p) for p in arguments), *(["[OPTIONS]"] if has_options else [])])
    rows = [_row(p, hints[p.name]) for p in command.params if not getattr(p, "hidden", False)]
    table = ["| argument or option | | default |", "|---|---|---|", *rows, ""] if rows else []
    description = inspect.cleandoc(command.help)
    return "\n".join([f"### {name}", "", description, "", "```text", usage, EXAMPLES[name], "```", "", *table])


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name += "..." if parameter.nargs == -1 and not name.endswith("...") else ""
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _row(parameter: Any, hint: Any) -> str:
    if parameter.param_type_name == "argument":
        names = _argument(parameter)
    else:
        value = "" if parameter.is_flag else f" {parameter.metavar or _kind(hint)}"
        names = ", ".join(f"{name}{value}" for name in [*parameter.opts, *parameter.secondary_opts])
    text = " ".join((parameter.help or "").split()).replace("<", "&lt;")
    return f"| `{_cell(names)}` | {_cell(text).replace('<', '&lt;')} | {_cell(_default(parameter))} |"


def _kind(hint: Any) -> str:
    """Return what a value looks like: the choices of an enumeration, or the name of its type."""
    while inner := [kind for kind in get_args(hint) if kind is not NoneType]:
        hint = inner[0]
    return "|".join(str(choice.value) for choice in hint) if issubclass(hint, Enum) else KINDS[hint]


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required:
        return "required"
    if default is None or default is False or callable(default) or default in ((), []):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
