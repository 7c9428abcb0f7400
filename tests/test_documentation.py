"""The README does what it says: its code runs, and its output is what it shows."""

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_python_blocks_run_as_one_script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.conll").write_text((Path(__file__).parent / "data" / "towns.conll").read_text())
    code = "\n".join(blocks("python"))
    assert "fanlight.load" in code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = re.findall(r"^# (?:→ )(.*)$", code, re.MULTILINE)
    assert expected
    for line in expected:
        assert line in done.stdout, f"{line!r} is not in\n{done.stdout}"


def test_the_first_screen_has_the_two_commands():
    first = README.split("\n## ")[0].splitlines()
    commands = [line.removeprefix("$ ") for line in first if line.startswith("$ ")]
    assert len(commands) == 2
    assert "fanlight tag" in commands[0]
    assert commands[1].endswith("-m pytest")


def test_the_main_jobs_output_is_what_the_readme_shows():
    command, shown = re.search(r"fanlight (tag .*)\n((?:.*\n)*?)\n?```", README).groups()
    import shlex

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
