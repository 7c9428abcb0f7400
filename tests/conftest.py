"""What all tests share: where the labelled data is, and repeatable random cases."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("repeatable")

DATA = Path(os.environ.get("FANLIGHT_DATA") or Path(__file__).parents[2] / "shared" / "data")


@pytest.fixture
def data() -> Path:
    """The folder of labelled data; the test is skipped, and says why, where it is not there."""
    if not DATA.is_dir():
        pytest.skip(f"NO LABELLED DATA at {DATA}: set FANLIGHT_DATA to its folder to run this test")
    return DATA


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep compiled loops and parsed vectors of the tests apart from the user's; processes that share tests share them."""
    if "FANLIGHT_TEST_CACHE" not in os.environ:
        base = tmp_path_factory.getbasetemp()
        folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
        folder.mkdir(exist_ok=True)
        os.environ["XDG_CACHE_HOME"] = str(folder)
