"""What CONTRIBUTING.md says is enough for a change is enough: its steps are followed to the letter, in a copy of the tree."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

import fanlight
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.plain import PlainEngine
from fanlight.engine.twins import ROUNDING
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.word_features import WORD_FEATURES
from tests.towns import SMALL, in_documents

ROOT = Path(__file__).parents[1]
TEXTS = ["Ada Byron lives in Oslo.", "oslo, OSLO; Öslo!", "이순신은 서울에서", ""]
FENCE = re.compile(r"^   ```(?:(diff|python|toml) (\S+))?\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
TITLES = ("A feature of words", "An operation of the calculus", "A file format", "A setting", "A head", "A command")


class Step(NamedTuple):
    """A block of code: what it is, the file that it changes or writes, and its text."""

    kind: str
    path: str
    text: str


def steps_of(title):
    """Return the blocks below a heading."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = page.partition(f"### {title}\n")[2].partition("\n##")[0]
    return [Step(kind, path, textwrap.dedent(text)) for kind, path, text in FENCE.findall(part)]


def apply_diff(source, diff):
    """Return a text changed by rows with + and -: each other row, and each -, is looked for below the one before.

    Rows with + stand below the row before them; those at the beginning, above the row that follows.
    """
    lines, place, leading = source.split("\n"), None, []
    for row in diff.rstrip("\n").split("\n"):
        sign, text = row[:1], row[1:]
        if sign == "+" and place is None:
            leading.append(text)
        elif sign == "+":
            lines.insert(place, text)
            place += 1
        else:
            place = lines.index(text, place or 0)
            lines[place:place] = leading
            place, leading = place + len(leading), []
            if sign == "-":
                del lines[place]
            else:
                place += 1
    return "\n".join(lines)


def test_a_diff_is_applied_where_it_says():
    source = "a\nb\nc\nb\nd"
    assert apply_diff(source, " b\n+x\n b\n+y\n") == "a\nb\nx\nc\nb\ny\nd"
    assert apply_diff(source, "+x\n c\n") == "a\nb\nx\nc\nb\nd"
    assert apply_diff(source, "-b\n+x\n-b\n+y\n") == "a\nx\nc\ny\nd"
    with pytest.raises(ValueError, match="not in list"):
        apply_diff(source, " d\n a\n")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with all the changes of the page; kernels that are compiled are copied with it."""
    folder = tmp_path_factory.mktemp("tree")
    package = Path(fanlight.__file__).parent
    shutil.copytree(package, folder / "src" / "fanlight", ignore=shutil.ignore_patterns("models", "*.pyc"))
    os.symlink(package / "models", folder / "src" / "fanlight" / "models")
    for name in ("tests", "tools", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)
    for title in TITLES[1:]:
        for step in steps_of(title):
            if step.kind == "diff":
                path = folder / step.path
                path.write_text(apply_diff(path.read_text(encoding="utf-8"), step.text), encoding="utf-8")
            elif step.kind:
                (folder / step.path).write_text(step.text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("title", TITLES[1:])
def test_the_commands_of_a_change_do_what_the_page_says(tree, title):
    commands = [step.text for step in steps_of(title) if not step.kind]
    assert commands
    for block in commands:
        for part in block.strip().removeprefix("$ ").split("\n$ "):
            command, *expected = part.split("\n")
            words = [sys.executable if word == "python" else word for word in shlex.split(command)]
            environment = {**os.environ, "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}"}
            done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False, env=environment)
            output = done.stdout + done.stderr
            assert all(line in output.replace("\t", " ") for line in expected), f"{command}\n{output}"
            assert done.returncode == any(line.startswith("fanlight: ") for line in expected), f"{command}\n{output}"


def agreement(tagger):
    """Check that both engines find the same entities; return the model's parameters."""
    plain, compiled = PlainEngine(tagger.model), CompiledEngine(tagger.model)
    thresholds = np.zeros(len(plain.types))
    expected, entities = (engine.entities(Block.of(TEXTS), thresholds) for engine in (plain, compiled))
    for column, other in zip(expected[:-1], entities[:-1], strict=True):
        np.testing.assert_array_equal(column, other)
    np.testing.assert_allclose(expected.probabilities, entities.probabilities, atol=ROUNDING)
    return tagger.model.parameters


def test_a_feature_of_words_works_on_both_engines(tmp_path, monkeypatch):
    """The module is changed as the page says and read anew: in a copy of the tree all kernels would be compiled again."""
    change, settings = steps_of(TITLES[0])
    source = apply_diff((ROOT / change.path).read_text(encoding="utf-8"), change.text)
    module = ModuleType("changed")
    sys.modules["changed"] = module
    exec(compile(source, change.path, "exec"), vars(module))
    del sys.modules["changed"]
    assert "parity" not in WORD_FEATURES
    monkeypatch.setitem(WORD_FEATURES, "parity", module.WORD_FEATURES["parity"])
    (tmp_path / settings.path).write_text(settings.text)
    (tmp_path / "towns.conll").write_text(in_documents(5), encoding="utf-8")
    from fanlight.training.settings import read_settings

    values = read_settings(tmp_path / settings.path).model_dump(exclude_unset=True)
    parameters = agreement(fanlight.train(tmp_path / "towns.conll", **{**SMALL, **values, "epochs": 2}))
    assert np.abs(parameters["mine"]).max() > 0


def test_a_feature_of_characters_works_on_both_engines(tmp_path, monkeypatch):
    def parity(words):
        owners, values = CHARACTER_FEATURES["word_length"](words)
        return owners, values % np.uint64(2)

    monkeypatch.setitem(CHARACTER_FEATURES, "parity", parity)
    (tmp_path / "towns.conll").write_text(in_documents(5), encoding="utf-8")
    features = {
        "form": {"buckets": 64, "dimension": 4, "features": ["character"]},
        "mine": {"buckets": 64, "dimension": 4, "features": ["parity"]},
    }
    settings = {**SMALL, "unit": "character", "features": features, "epochs": 2}
    assert np.abs(agreement(fanlight.train(tmp_path / "towns.conll", **settings))["mine"]).max() > 0
