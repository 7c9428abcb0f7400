"""What CONTRIBUTING.md says is enough for a change is enough."""

import numpy as np
import pytest

import fanlight
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.plain import PlainEngine
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.word_features import WORD_FEATURES
from tests.towns import SMALL, in_documents

TEXTS = ["Ada Byron lives in Oslo.", "oslo, OSLO; Öslo!", "이순신은 서울에서", ""]


@pytest.mark.parametrize(("unit", "table"), [("word", WORD_FEATURES), ("character", CHARACTER_FEATURES)])
def test_a_feature_entered_in_the_table_works_on_both_engines(unit, table, tmp_path, monkeypatch):
    def length(words):
        plain = table["length" if unit == "word" else "word_length"]
        owners, values = plain(words)
        return owners, values * np.uint64(3)

    assert "new" not in table
    monkeypatch.setitem(table, "new", length)
    (tmp_path / "towns.conll").write_text(in_documents(5), encoding="utf-8")
    features = {
        "form": {"buckets": 64, "dimension": 4, "features": ["lower" if unit == "word" else "character"]},
        "mine": {"buckets": 64, "dimension": 4, "features": ["new"]},
    }
    tagger = fanlight.train(tmp_path / "towns.conll", **{**SMALL, "unit": unit, "features": features, "epochs": 2})
    plain, compiled = PlainEngine(tagger.model), CompiledEngine(tagger.model)
    thresholds = np.zeros(len(plain.types))
    expected, entities = (engine.entities(Block.of(TEXTS), thresholds) for engine in (plain, compiled))
    for column, other in zip(expected[:-1], entities[:-1], strict=True):
        np.testing.assert_array_equal(column, other)
    np.testing.assert_allclose(expected.probabilities, entities.probabilities, atol=1e-6)
    used = tagger.model.parameters["mine"]
    assert np.abs(used).max() > 0
