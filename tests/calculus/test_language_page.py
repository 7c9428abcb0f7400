"""The pages of the language say what the table and the reader have."""

import re
import runpy
from pathlib import Path

import pytest

from fanlight.calculus import parse
from fanlight.calculus.language import functions
from fanlight.calculus.rewritings import REWRITINGS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    return runpy.run_path(str(ROOT / "tools" / "language_page.py"))


@pytest.mark.parametrize(("path", "wording"), [("PAGE", "ENGLISH"), ("KOREAN_PAGE", "KOREAN")])
def test_the_page_is_what_the_table_gives(tool, path, wording):
    page = tool["page"](tool[wording])
    assert tool[path].read_text(encoding="utf-8") == page, "run python tools/language_page.py"


def test_every_cell_of_the_korean_page_is_translated(tool):
    english, korean = (
        [line for line in tool["page"](tool[wording]).splitlines() if line.startswith("|")]
        for wording in ("ENGLISH", "KOREAN")
    )
    assert len(english) == len(korean) > 100
    for line in korean:
        prose = re.sub(r"`.*?`", "", line)
        assert not re.findall(r"[a-z]{3,}", re.sub(r"[a-z_]+\(.*?\)|tr|sum", "", prose)) or "NumPy" in prose, line


def test_every_function_is_on_the_page(tool):
    page = tool["page"](tool["ENGLISH"])
    for name in [*tool["table_functions"](), *REWRITINGS, "eye", "ones", "zeros", "reshape"]:
        assert name in functions()
        assert f"`{name}(" in page, name


def test_what_the_grammar_shows_is_read(tool):
    shapes = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "z": ("n", 1), "a": ("n", 1)}
    shapes |= {"b": ("n", 1), "W": ("m", "n"), "X": ("r", "c"), "E": ("V", "d"), "i": ("N",)}
    shapes |= {"W_1": ("n", "n"), "delta": ("n", 1)}
    written = 0
    rows = [re.findall(r"^\| (`.*?) \|", tool[name], re.MULTILINE) for name in ("GRAMMAR", "KOREAN_GRAMMAR")]
    assert rows[0] == rows[1]
    for left in rows[0]:
        for text in re.findall(r"`(.*?)`", left):
            if text not in ("W[a:b, c:d]", "W[:, 0:d]"):
                parse(text, shapes, generic=["f"])
                written += 1
    assert written > 25
