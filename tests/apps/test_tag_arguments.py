"""Texts alone are tagged as the command with options tags them, without what reads options."""

import subprocess
import sys

import pytest

from fanlight.apps.cli.edge import main
from fanlight.apps.cli.tag_arguments import tag_arguments

TEXTS = ["Museums in Paris are amazing to see.", "이순신은 서울에서 태어났다.", "", "in 3/2020", "두 글 for Oslo."]


def run(capsys, monkeypatch, *words):
    """Run the command in this process; return its status and what it printed."""
    monkeypatch.setattr(sys, "argv", ["fanlight", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code, *capsys.readouterr()


@pytest.mark.parametrize(
    "texts", [TEXTS[:1], TEXTS[1:2], TEXTS[2:3], TEXTS, ["no/such/file.txt"], ["gone.txt", "Oslo"]]
)
def test_texts_get_the_answers_of_the_command(capsys, monkeypatch, tmp_path, texts):
    monkeypatch.chdir(tmp_path)
    expected = run(capsys, monkeypatch, "tag", "--threshold", "0", *texts)
    assert expected[1] or expected[2]
    assert run(capsys, monkeypatch, "tag", *texts) == expected


def test_files_options_and_other_commands_are_left_to_the_command(tmp_path, monkeypatch, capsys):
    file = tmp_path / "a.txt"
    file.write_text("Oslo\n")
    lines = [[], ["tag"], ["tag", "-"], ["tag", str(file)], ["tag", "Oslo", str(tmp_path)], ["tag", "Oslo", "--text"]]
    lines += [["tag", "--help"], ["version"], ["Oslo"], ["tag", "s3://bucket/texts.txt"]]
    for line in lines:
        assert not tag_arguments(line)
    monkeypatch.setenv("_FANLIGHT_COMPLETE", "complete_bash")
    assert not tag_arguments(["tag", "Oslo"])
    assert capsys.readouterr() == ("", "")


def test_what_reads_options_is_not_loaded():
    code = "import sys; from fanlight.apps.cli.tag_arguments import tag_arguments; tag_arguments(['tag', 'Oslo']); print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert '"Oslo"' in printed
    loaded = {name.partition(".")[0] for name in printed.splitlines()[-1].split()}
    assert not loaded & {"typer", "click", "rich", "pydantic", "numba", "sqlite3"}
    assert "fanlight.calculus" not in printed.splitlines()[-1].split()
