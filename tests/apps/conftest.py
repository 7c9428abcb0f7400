"""What the tests of the commands share: a folder with what the examples name."""

import pytest

from tests.towns import TOWNS


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A folder with what the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "train.conll").write_bytes(TOWNS.read_bytes())
    (folder / "texts.txt").write_text("Ann Lee lives in Oslo.\nBob left Paris.\nIt rained in Oslo.\n" * 4)
    (folder / "rules.tsv").write_text("re:Oslo|Paris\tTOWN\n")
    return folder
