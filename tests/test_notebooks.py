"""The lecture's notebooks: made from its pages, and run; its exercises: each with a solution that is right."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fanlight.apps.exercises import LANGUAGES, exercises, mark
from fanlight.errors import CalculusError, DataError

ROOT = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("notebooks", ROOT / "tools" / "notebooks.py")
notebooks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(notebooks)
PAGES = {name: (ROOT / page).read_text(encoding="utf-8") for name, (page, _) in notebooks.PAGES.items()}
RIGHT = {"en": "right", "ko": "맞습니다"}


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_is_its_page(name):
    import nbformat

    stored = nbformat.read(notebooks.FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(stored)
    assert stored == notebooks.notebook_of(name), "run python tools/notebooks.py"


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_runs(name, tmp_path, monkeypatch):
    """Its cells print what the page shows, and every solution is marked right."""
    (tmp_path / "fanlight").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fanlight "$@"\n')
    (tmp_path / "fanlight").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "notebooks.py"), "--run", name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place = 0
    for line in re.findall(r"^ *# → (.*)$", PAGES[name], re.MULTILINE):
        place = done.stdout.find(line, place)
        assert place >= 0, f"{line!r} is not printed where it should be in\n{done.stdout}"
    right = RIGHT[notebooks.PAGES[name][1]]
    assert len(re.findall(f"^{right}", done.stdout, re.MULTILINE)) >= len(exercises())


@pytest.mark.parametrize("name", PAGES)
def test_every_exercise_is_on_the_page_with_a_solution_that_is_right(name):
    language = notebooks.PAGES[name][1]
    asked = re.findall(r"^\*\*(?:Exercise|연습) ([\d.]+)\.\*\*", PAGES[name], re.MULTILINE)
    answers = notebooks.solutions(name)
    assert asked == list(exercises())
    assert len(asked) > 30
    assert list(answers) == list(exercises())
    for number, answer in answers.items():
        assert mark(number, answer, language).right, number


def test_both_languages_run_the_same_code():
    def skeleton(text):
        code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        return re.sub(r'#.*|""".*?"""|f?"[^"\n]*"', "", code)

    assert skeleton(PAGES["lecture"]) == skeleton(PAGES["lecture.ko"])


@pytest.mark.parametrize("number", [n for n, e in exercises().items() if e["kind"] not in ("gradient", "jacobian")])
def test_mistakes_get_their_own_reason(number):
    exercise = exercises()[number]
    for language in LANGUAGES:
        for answer in exercise["answers"]:
            assert mark(number, answer, language).text == RIGHT[language]
        for mistake in exercise.get("mistakes", []):
            for answer in mistake["answers"]:
                verdict = mark(number, answer, language)
                assert not verdict.right
                assert verdict.text.endswith(mistake[language])
        other = {"number": "123456", "shape": "77 x 88", "word": "nothing of the kind"}[exercise["kind"]]
        assert mark(number, other, language).text.endswith(exercise["hint"][language])


def test_what_cannot_be_marked_is_refused():
    with pytest.raises(DataError, match=r"there is no exercise '99.1'"):
        mark("99.1", "x")
    with pytest.raises(DataError, match="not a number"):
        mark("1.1", "five")
    with pytest.raises(DataError, match="rows x columns"):
        mark("6.1", "3")
    with pytest.raises(DataError, match="there is no language 'fr'"):
        mark("1.1", "5", "fr")
    with pytest.raises(CalculusError, match="unknown name"):
        mark("8.1", "nonsense @ x.T")
    for number, answer in (("99.1", "x"), ("1.1", "five"), ("6.1", "3")):
        with pytest.raises(DataError, match="[가-힣]"):
            mark(number, answer, "ko")
    with pytest.raises(CalculusError, match=r"모르는 이름입니다: 'nonsense'"):
        mark("8.1", "nonsense @ x.T", "ko")


def test_formulas_get_the_calculus_reason_in_both_languages():
    assert str(mark("8.1", "x @ delta.T")).startswith("not right: its shape is m × n, but W is n × m")
    assert "정답의 전치입니다" in str(mark("8.1", "x @ delta.T", "ko"))
    assert "야코비안의 모양은 n × n입니다" in str(mark("6.2", "sigmoid(z)", "ko"))
    assert "성분 5개 가운데 5개가 다릅니다" in str(mark("8.3", "u * f'(W @ x + b)", "ko"))
