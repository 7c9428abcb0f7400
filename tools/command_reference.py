"""Write docs/cli.md and docs/ko/cli.md: every command with every option, from the commands' definitions.

The Korean is in `korean_options.tsv`, by the English; what is not there stays English, and is printed.

python tools/command_reference.py
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
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


KOREAN_PAGE = PAGE.parent / "ko" / "cli.md"
KOREAN_INTRODUCTION = """# 모든 옵션

명령마다 인자와 옵션을 모두 적었습니다. 영어로는 `fanlight COMMAND --help`로 볼 수 있고, 예를 든 설명은 [명령](commands.md)에 있습니다. 이
페이지는 `tools/command_reference.py`가 씁니다.
"""
WORDS = {"argument or option": "인자와 옵션", "default": "기본값", "required": "필수"}
Translate = Callable[[str], str]


def main() -> None:
    """Write the pages; print what has no Korean."""
    PAGE.write_text(page(), encoding="utf-8")
    missing: list[str] = []
    KOREAN_PAGE.write_text(korean_page(missing), encoding="utf-8")
    print(*(f"no Korean: {text}" for text in missing), sep="\n", end="\n" * bool(missing), file=sys.stderr)


def korean_page(missing: list[str]) -> str:
    """Return the page in Korean; add to a list what has none."""
    table = Path(__file__).with_name("korean_options.tsv").read_text(encoding="utf-8")
    korean = dict(line.split("\t") for line in table.splitlines()) | WORDS

    def translate(text: str) -> str:
        if text and text not in korean:
            missing.append(text)
        return korean.get(text, text)

    return page(KOREAN_INTRODUCTION, translate)


def page(introduction: str = INTRODUCTION, translate: Translate = str) -> str:
    """Return the page as Markdown."""
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    parts = [introduction]
    for title, rows in GROUPS.items():
        parts.append(f"## {translate(title)}\n")
        parts += [_section(name, commands.pop(name), translate) for names in rows for name in names.split(", ")]
    parts.append(f"## {translate('About the program')}\n")
    parts += [_section(name, command, translate) for name, command in sorted(commands.items())]
    return "\n".join(parts)


def _section(name: str, command: Any, translate: Translate) -> str:
    hints = get_type_hints(command.callback)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    has_options = len(arguments) < len(command.params)
    usage = " ".join(["fanlight", name, *(_argument(p) for p in arguments), *(["[OPTIONS]"] if has_options else [])])
    rows = [_row(p, hints[p.name], translate) for p in command.params if not getattr(p, "hidden", False)]
    head = f"| {translate('argument or option')} | | {translate('default')} |"
    table = [head, "|---|---|---|", *rows, ""] if rows else []
    paragraphs = inspect.cleandoc(command.help).split("\n\n")
    if translate is not str:
        paragraphs = [translate(" ".join(paragraph.split())) for paragraph in paragraphs]
    description = "\n\n".join(paragraphs)
    return "\n".join([f"### {name}", "", description, "", "```text", usage, EXAMPLES[name], "```", "", *table])


def _argument(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    name += "..." if parameter.nargs == -1 and not name.endswith("...") else ""
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _row(parameter: Any, hint: Any, translate: Translate) -> str:
    if parameter.param_type_name == "argument":
        names = _argument(parameter)
    else:
        value = "" if parameter.is_flag else f" {parameter.metavar or _kind(hint)}"
        names = ", ".join(f"{name}{value}" for name in [*parameter.opts, *parameter.secondary_opts])
    text = translate(" ".join((parameter.help or "").split())).replace("<", "&lt;")
    return f"| `{_cell(names)}` | {_cell(text)} | {_cell(_default(parameter, translate))} |"


def _kind(hint: Any) -> str:
    """Return what a value looks like: the choices of an enumeration, or the name of its type."""
    while inner := [kind for kind in get_args(hint) if kind is not NoneType]:
        hint = inner[0]
    return "|".join(str(choice.value) for choice in hint) if issubclass(hint, Enum) else KINDS[hint]


def _default(parameter: Any, translate: Translate) -> str:
    default = parameter.default
    if parameter.required:
        return translate("required")
    if default is None or default is False or callable(default) or default in ((), []):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
