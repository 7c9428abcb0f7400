"""The page of every option says what the commands' definitions say."""

import runpy
from pathlib import Path

from tests.apps.commands import COMMANDS

ROOT = Path(__file__).parents[2]


def test_the_page_is_written_from_the_commands():
    tool = runpy.run_path(str(ROOT / "tools" / "command_reference.py"))
    page = tool["PAGE"].read_text(encoding="utf-8")
    assert page == tool["page"](), "run python tools/command_reference.py"
    missing = []
    assert tool["KOREAN_PAGE"].read_text(encoding="utf-8") == tool["korean_page"](missing)
    assert len(missing) < 10, f"add to tools/korean_options.tsv: {missing}"
    for name, command in COMMANDS.items():
        section = page.split(f"### {name}\n")[1].split("\n### ")[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False):
                assert all(option in section for option in parameter.opts), (name, parameter.name)
