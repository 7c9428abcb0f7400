"""The README does what it says: its code runs, and its output is what it shows."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


PAGES = {"README.md": README, "docs/lecture.md": (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8")}


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_run_as_one_script(page, tmp_path):
    """All blocks of a page, in order; what follows `# →` has to be printed, in that order."""
    towns = (ROOT / "tests" / "data" / "towns.conll").read_text()
    for name in ("mine.conll", "towns.conll"):
        (tmp_path / name).write_text(towns)
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = re.findall(r"^# → (.*)$", code, re.MULTILINE)
    assert len(expected) > 3
    place = 0
    for line in expected:
        place = done.stdout.find(line, place)
        assert place >= 0, f"{line!r} is not printed where it should be in\n{done.stdout}"


def test_the_first_screen_has_the_two_commands():
    first = README.split("\n## ")[0].splitlines()
    commands = [line.removeprefix("$ ") for line in first if line.startswith("$ ")]
    assert len(commands) == 2
    assert "fanlight tag" in commands[0]
    assert commands[1].endswith("-m pytest")


def test_the_main_jobs_output_is_what_the_readme_shows():
    command, shown = re.search(r"fanlight (tag .*)\n((?:.*\n)*?)\n?```", README).groups()
    done = subprocess.run(
        [sys.executable, "-m", "fanlight", *shlex.split(command), "--format", "table"],
        capture_output=True,
        text=True,
        check=True,
    )

    def words(text):
        return [line.split() for line in text.splitlines() if line.strip()]

    assert words(done.stdout) == words(shown)


def test_every_command_is_documented():
    from fanlight.apps.cli.main import app

    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            name = command.name or command.callback.__name__
            assert f"fanlight {name}" in README, name
