"""The page of the language says what the table and the reader have."""

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


def test_the_page_is_what_the_table_gives(tool):
    assert tool["PAGE"].read_text(encoding="utf-8") == tool["page"](), "run python tools/language_page.py"


def test_every_function_is_on_the_page(tool):
    page = tool["page"]()
    for name in [*tool["table_functions"](), *REWRITINGS, "eye", "ones", "zeros", "reshape"]:
        assert name in functions()
        assert f"`{name}(" in page, name


def test_what_the_grammar_shows_is_read(tool):
    shapes = {"A": ("n", "n"), "B": ("n", "n"), "x": ("n", 1), "y": ("n", 1), "z": ("n", 1), "a": ("n", 1)}
    shapes |= {"b": ("n", 1), "W": ("m", "n"), "X": ("r", "c"), "E": ("V", "d"), "i": ("N",)}
    shapes |= {"W_1": ("n", "n"), "delta": ("n", 1)}
    written = 0
    for left in re.findall(r"^\| (`.*?) \|", tool["GRAMMAR"], re.MULTILINE):
        for text in re.findall(r"`(.*?)`", left):
            if text not in ("W[a:b, c:d]", "W[:, 0:d]"):
                parse(text, shapes, generic=["f"])
                written += 1
    assert written > 25
