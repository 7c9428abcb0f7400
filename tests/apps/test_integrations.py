"""spaCy and scikit-learn."""

import pytest
import spacy
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import fanlight
from fanlight.apps.integrations.sklearn import FanlightClassifier, _checked

TEXTS = ["Ann Lee of Acme lives in New York.", "", "Nothing here.", "Paris, Rome and U.S. troops met Bill Clinton."] * 5
X = [["Ann", "is", "in", "Oslo"], ["We", "met", "Bob", "Lee"], ["Rome", "is", "old"], []] * 6
Y = [["B-PER", "O", "O", "B-LOC"], ["O", "O", "B-PER", "I-PER"], ["B-LOC", "O", "O"], []] * 6


def test_the_component_finds_what_the_tagger_finds():
    nlp = spacy.blank("en")
    nlp.add_pipe("fanlight", config={"threshold": 0.2})
    tagger = fanlight.load("en")
    for doc, text in zip(nlp.pipe(TEXTS), TEXTS, strict=True):
        assert doc.text == text
        expected = tagger(text, 0.2).entities
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [(e.start, e.end, e.type) for e in expected]
        assert [e._.probability for e in doc.ents] == pytest.approx([e.probability for e in expected], abs=1e-6)


def test_entities_that_are_there_stay(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "New York"}])
    nlp.add_pipe("fanlight")
    assert [(e.text, e.label_) for e in nlp(TEXTS[0]).ents][-1] == ("New York", "CITY")
    nlp.to_disk(tmp_path / "nlp")
    again = spacy.load(tmp_path / "nlp")
    assert [e.text for e in again(TEXTS[0]).ents] == [e.text for e in nlp(TEXTS[0]).ents]


def test_the_estimator_in_a_grid_search():
    search = GridSearchCV(FanlightClassifier(epochs=20, rate=0.01, seed=3), {"hidden": [4, 32]}, cv=2)
    search.fit(X, Y)
    assert search.best_score_ > 0.8
    assert search.best_estimator_.classes_ == ["LOC", "PER"]
    assert search.predict(X)[1] == ["O", "O", "B-PER", "E-PER"]
    assert search.predict([[]]) == [[]]


def test_the_estimator_keeps_the_contract():
    tagger = FanlightClassifier(hidden=8, settings={"batch_tokens": 50})
    assert clone(tagger).get_params() == tagger.get_params()
    assert tagger.set_params(hidden=9).hidden == 9
    assert not hasattr(tagger, "tagger_")
    with pytest.raises(NotFittedError):
        tagger.predict(X)
    with pytest.raises(ValueError, match="2 words but 1 tags"):
        tagger.fit([["a", "b"]], [["O"]])
    with pytest.raises(ValueError, match="1 sentences but tags for 0"):
        tagger.fit([["a"]], [])


def test_stray_tags_do_not_join_entities():
    """One I- that begins nothing is a mistake in IOB2, as the readers of files take it."""
    rows = _checked([["Ann", "Bob", "Oslo"], ["Ann", "Bob"]], [["B-PER", "B-PER", "I-LOC"], ["B-PER", "B-PER"]])
    assert [spans for _, spans in rows] == [
        [(0, 1, "PER"), (1, 2, "PER"), (2, 3, "LOC")],
        [(0, 1, "PER"), (1, 2, "PER")],
    ]
