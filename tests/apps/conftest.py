"""What the tests of the commands share: a folder with what the examples name."""

import pytest

from tests.apps.parts import TEXTS
from tests.towns import TOWNS


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with what the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "train.conll").write_bytes(TOWNS.read_bytes())
    (folder / "texts.txt").write_text("Ann Lee lives in Oslo.\nBob left Paris.\nIt rained in Oslo.\n" * 4)
    (folder / "rules.tsv").write_text("re:Oslo|Paris\tTOWN\n")
    return folder


@pytest.fixture
def parts_folder(tmp_path, monkeypatch):
    """The folder that the test works in, with texts about parts and a rule that finds their numbers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.txt").write_text("".join(text + "\n" for text in [*TEXTS, "It rained.", "We had no part in it."]))
    (tmp_path / "rules.tsv").write_text("re:[A-Z]{2}-\\d+\tCODE\n")
    return tmp_path
