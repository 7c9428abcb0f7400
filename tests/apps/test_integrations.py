"""spaCy and scikit-learn."""

import pytest
import spacy
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import fanlight
from fanlight.apps.integrations.sklearn import FanlightClassifier, _checked
from fanlight.errors import SettingsError

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


def test_presidio_names_the_types_its_own_way():
    from fanlight.apps.integrations.presidio import FanlightRecognizer

    recogniser = FanlightRecognizer()
    assert {"PERSON", "LOCATION", "ORGANIZATION"} <= set(recogniser.supported_entities)
    found = recogniser.analyze(TEXTS[0], ["PERSON", "LOCATION"])
    expected = [e for e in fanlight.load("en")(TEXTS[0]).entities if e.type in ("PER", "LOC")]
    assert [(r.start, r.end, r.score) for r in found] == [(e.start, e.end, e.probability) for e in expected]


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")
def test_spark_hands_its_batches_over():
    sql = pytest.importorskip("pyspark.sql", reason="the extra spark is not installed")
    from functools import partial

    from fanlight.apps.integrations.arrow import tag_batches

    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", False).getOrCreate()
    entity = "struct<start:bigint,end:bigint,type:string,text:string,probability:double>"
    frame = spark.createDataFrame([(text,) for text in TEXTS], "text string")
    rows = frame.mapInArrow(partial(tag_batches, model="en"), f"text string, entities array<{entity}>").collect()
    spark.stop()
    tagger = fanlight.load("en")
    assert [[e.text for e in row.entities] for row in rows] == [[e.text for e in tagger(t).entities] for t in TEXTS]


def test_search_finds_settings_and_goes_on(tmp_path):
    from fanlight.apps.integrations.optuna import search

    towns = "tests/data/towns.conll"
    space = {"hidden": [4, 8], "rate": {"low": 0.001, "high": 0.05, "log": True}}
    options = {"space": space, "study": tmp_path / "study", "settings": {"epochs": 2, "passes": 1}}
    told = []
    first = search(towns, towns, 2, told.append, **options)
    best = search(towns, towns, 4, told.append, **options)
    assert [trial.number for trial in told] == [1, 2, 3, 4]
    assert best.f1 == max(trial.f1 for trial in told) >= first.f1
    assert all(trial.settings["hidden"] in (4, 8) and 0.001 <= trial.settings["rate"] <= 0.05 for trial in told)
    assert len({trial.settings["rate"] for trial in told}) == 4  # what was tried is not tried again
    with pytest.raises(SettingsError, match="begun with other data, space or settings"):
        search(towns, towns, 5, told.append, **{**options, "space": {"hidden": [4]}})
    for place, text in (("other", "nonsense\n"), ("none/study", None)):
        if text:
            (tmp_path / place).write_text(text)
        with pytest.raises(SettingsError, match="cannot be gone on with"):
            search(towns, towns, 1, told.append, **{**options, "study": tmp_path / place})


@pytest.mark.parametrize(
    ("space", "why"),
    [
        ({"hidden": {"low": 1}}, "low and high"),
        ({"hidden": {"low": 5, "high": 2}}, "low and high must be numbers"),
        ({"hidden": 3}, "low and high"),
        ({"features": [{}]}, "a list of values"),
        ({"hiden": [1]}, "hiden"),
        ({"hidden": [0]}, "hidden: Input should be"),
    ],
)
def test_a_space_at_fault_is_named(space, why):
    from fanlight.apps.integrations.optuna import search

    with pytest.raises(SettingsError, match=why):
        search("tests/data/towns.conll", "tests/data/towns.conll", 1, print, space=space)
