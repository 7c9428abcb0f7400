"""The README does what it says: its code runs, and its output is what it shows."""

import ast
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

import fanlight
import fanlight.calculus
from fanlight.apps.cli.main import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


FILES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in FILES}
TOWNS = (ROOT / "tests" / "data" / "towns.conll").read_text()
OF_A_SERVER = (  # tests/apps/test_deployment.py and test_pipelines.py run them
    "docs/api.md",
    "docs/ko/api.md",
    "docs/pipelines.md",
    "docs/ko/pipelines.md",
)
WRONG = ("not right", "틀렸습니다")  # a command that shows a mistake ends with status 1
LIGHT = ("derive", "jacobian", "hessian", "check", "exercise")  # run in this process: a page has a hundred of them


def blocks(text, language):
    """Return the code blocks of a page, those inside collapsible parts too."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(code) for _, code in blocks]


def pages_with(language):
    """Name the pages with code in a language; a page whose code is that of another, in Korean, is not run twice."""
    code = {page: blocks(text, language) for page, text in PAGES.items() if page not in OF_A_SERVER}
    return [
        page
        for page, code_blocks in code.items()
        if code_blocks and page == next(p for p, other in code.items() if other == code_blocks)
    ]


def assert_printed(expected, stdout):
    """Check that lines are printed in an order."""
    place = 0
    for line in expected:
        place = stdout.find(line, place)
        assert place >= 0, f"{line!r} is not printed where it should be in\n{stdout}"


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_blocks_run_as_one_script(page, tmp_path):
    """All blocks of a page, in order; what follows `# →` has to be printed, in that order."""
    for name in ("mine.conll", "towns.conll"):
        (tmp_path / name).write_text(TOWNS)
    code = "\n".join(blocks(PAGES[page], "python"))
    environment = {**os.environ, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    expected = re.findall(r"^ *# → (.*)$", code, re.MULTILINE)
    assert expected
    assert_printed(expected, done.stdout)


@pytest.mark.parametrize("page", pages_with("console"))
def test_console_blocks_run_in_one_folder(page, tmp_path):
    """Each command of a page succeeds, and prints every line that is shown under it, or begins with it."""
    (tmp_path / "towns.conll").write_text(TOWNS)
    (tmp_path / "fanlight").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fanlight "$@"\n')
    (tmp_path / "fanlight").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for step in re.split(r"^\$ ", "".join(blocks(PAGES[page], "console")), flags=re.MULTILINE)[1:]:
        command, *shown = step.splitlines()
        status, printed = run_command(command, tmp_path, environment)
        mistaken = bool(shown) and (shown[0].startswith(WRONG) or printed.startswith(WRONG))
        assert status == (1 if mistaken else 0), f"{command}\n{printed}"
        for line in shown:
            assert line in printed, f"{command}\n{printed}"


def run_command(command, folder, environment):
    """Run a command and return its status and what it prints."""
    words = shlex.split(command)
    if words[0] == "fanlight" and words[1] in LIGHT and not set("|>&;$") & {w for w in words if len(w) == 1}:
        done = CliRunner().invoke(app, words[1:])
        return done.exit_code, done.output
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("page", [f"docs/{ko}{name}.md" for name in ("architecture", "reading") for ko in ("", "ko/")])
def test_pages_about_the_source_name_what_is_there(page):
    """Functions as dotted names, files as paths below the package."""
    names = re.findall(r"`(fanlight(?:\.\w+)+)`", PAGES[page])
    assert len(names) > 15
    for name in names:
        pkgutil.resolve_name(name)
    for path in re.findall(r"`([a-z]+(?:/\w+)*/(?:\w+\.py)?)`", PAGES[page]):
        assert (
            any((ROOT / "src/fanlight" / base / path).exists() for base in ("", "calculus")) or (ROOT / path).exists()
        ), path


def test_the_first_screen_has_the_two_commands():
    opening = README.split("\n## ")[0].splitlines()
    commands = [line.removeprefix("$ ") for line in opening if line.startswith("$ ")]
    assert len(commands) == 2
    assert "fanlight tag" in commands[0]
    assert commands[1].endswith("-m pytest -m quick")


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
    assert app.registered_commands
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"fanlight {name}" in PAGES["docs/commands.md"], name
        assert f"fanlight {name}" in PAGES["docs/ko/commands.md"], name


def test_the_reference_has_what_programs_use():
    """What is exported, and what the examples of all pages import."""
    exported = {f"{module.__name__}.{name}" for module in (fanlight, fanlight.calculus) for name in module.__all__}
    imported = {
        f"{line.module}.{alias.name}"
        for page in PAGES.values()
        for code in blocks(page, "python")
        for line in ast.walk(ast.parse(code))
        if isinstance(line, ast.ImportFrom) and str(line.module).startswith("fanlight")
        for alias in line.names
    }
    assert len(imported) > 20
    listed = {
        pkgutil.resolve_name(name) for name in re.findall(r"^::: (\S+)$", PAGES["docs/reference.md"], re.MULTILINE)
    }
    tables = {"fanlight.__version__", "fanlight.calculus.operations.F", "fanlight.calculus.operations.TABLE"}
    assert not [name for name in exported | imported if name not in tables and pkgutil.resolve_name(name) not in listed]


@pytest.mark.parametrize("page", ["docs/figures.md", "docs/ko/figures.md"])
def test_the_figures_in_short_are_those_of_the_log(page):
    rows = re.findall(r"^\| .*\|$", PAGES[page], re.MULTILINE)[1:]
    numbers = {number for row in rows for number in re.findall(r"\d[\d,.]*\d", re.sub(r"`[^`]*`|\w+-\d+", "", row))}
    assert len(numbers) > 20
    log = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    assert not sorted(number for number in numbers if number not in log)


def test_the_korean_navigation_has_korean_pages_only():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("  - 한국어:\n")[2].partition("\nplugins:")[0]
    pages = re.findall(r"^      - .+: (\S+)$", menu, re.MULTILINE)
    assert len(pages) > 10
    assert {f"docs/{page}" for page in pages} == {page for page in PAGES if page.startswith("docs/ko/")}
    for page in pages:
        prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", PAGES[f"docs/{page}"], flags=re.DOTALL)
        if page.startswith("ko/models/"):
            prose = re.sub(r"^\|.*\|$|\b[A-Z]{3,}\b", "", prose, flags=re.MULTILINE)  # names of data, and of types
        hangul, latin = (len(re.findall(letters, prose)) for letters in ("[가-힣]", "[A-Za-z]"))
        assert hangul > latin, page


@pytest.mark.parametrize(
    "page",
    [
        "api",
        "coming-from",
        "commands",
        "deployment",
        "guide",
        "faq",
        "much-text",
        "your-own-types",
        "engines",
        "libraries",
        "many-machines",
        "notebook",
        "pipelines",
        "teach",
    ],
)
def test_a_korean_page_has_the_code_of_its_english_twin(page):
    english, korean = PAGES[f"docs/{page}.md"], PAGES[f"docs/ko/{page}.md"]
    for language in ("python", "console", "toml", "sh", "js", "java"):
        assert blocks(korean, language) == blocks(english, language), "copy the code of the English page"
