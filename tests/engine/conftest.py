"""Networks of every kind, trained once for all modules of this folder, and only those that are asked for."""

import pytest

from fanlight.engine.compiled import CompiledEngine
from fanlight.tagging.tagger import Tagger
from tests.engine.kinds import train_kind


class _Taggers(dict):
    """The plain tagger and the compiled engine of each kind, made when they are first asked for."""

    def __init__(self, folder):
        self._folder = folder

    def __missing__(self, name):
        model = train_kind(name, self._folder).model
        self[name] = Tagger(model, "plain"), CompiledEngine(model)
        return self[name]


@pytest.fixture(scope="session")
def taggers(tmp_path_factory):
    """A mapping from the name of a kind to its plain tagger and its compiled engine."""
    return _Taggers(tmp_path_factory.mktemp("kinds"))
