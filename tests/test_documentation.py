"""The README does what it says: its code runs, and its output is what it shows."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


FILES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in FILES}


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```python" in text])
def test_python_blocks_run_as_one_script(page, tmp_path):
    """All blocks of a page, in order; what follows `# →` has to be printed, in that order."""
    towns = (ROOT / "tests" / "data" / "towns.conll").read_text()
    for name in ("mine.conll", "towns.conll"):
        (tmp_path / name).write_text(towns)
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = re.findall(r"^# → (.*)$", code, re.MULTILINE)
    assert expected
    place = 0
    for line in expected:
        place = done.stdout.find(line, place)
        assert place >= 0, f"{line!r} is not printed where it should be in\n{done.stdout}"


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```console" in text])
def test_console_blocks_run_in_one_folder(page, tmp_path):
    """Each command of a page succeeds, and prints every line that is shown under it, or begins with it."""
    (tmp_path / "towns.conll").write_text((ROOT / "tests" / "data" / "towns.conll").read_text())
    (tmp_path / "fanlight").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fanlight "$@"\n')
    (tmp_path / "fanlight").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    blocks = re.findall(r"```console\n(.*?)```", PAGES[page], re.DOTALL)
    for step in re.split(r"^\$ ", "".join(blocks), flags=re.MULTILINE)[1:]:
        command, *shown = step.splitlines()
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        for line in shown:
            assert line in done.stdout + done.stderr, f"{command}\n{done.stdout}\n{done.stderr}"


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
            assert f"fanlight {name}" in PAGES["docs/commands.md"], name
