"""spaCy and scikit-learn."""

import copy
import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import spacy
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from spacy.training import Example

import fanlight
from fanlight.apps.integrations.sklearn import FanlightClassifier, read_rows
from fanlight.engine.twins import ROUNDING
from fanlight.entities.bioes import spans_from_tags, tags_from_spans
from fanlight.errors import DataError, ModelError, SettingsError
from fanlight.tagging.bundled import model_file
from fanlight.tagging.tagger import Tagger
from fanlight.training.settings import read_settings

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
        assert [e._.probability for e in doc.ents] == pytest.approx([e.probability for e in expected], abs=ROUNDING)


def test_entities_that_are_there_stay(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "New York"}])
    nlp.add_pipe("fanlight")
    assert [(e.text, e.label_) for e in nlp(TEXTS[0]).ents][-1] == ("New York", "CITY")
    nlp.to_disk(tmp_path / "nlp")
    again = spacy.load(tmp_path / "nlp")
    assert [e.text for e in again(TEXTS[0]).ents] == [e.text for e in nlp(TEXTS[0]).ents]


def korean_pipeline(**config):
    nlp = spacy.blank("xx")
    nlp.add_pipe("fanlight", config={"model": "ko", **config})
    return nlp


KOREAN = "이순신은 서울에서 태어났다."


def test_korean_offsets_leave_the_particle_out(tmp_path):
    nlp = korean_pipeline()
    expected = [(e.start, e.end, e.type) for e in fanlight.load("ko")(KOREAN).entities]
    assert len(expected) == 2
    for doc in (nlp(KOREAN), *nlp.pipe([KOREAN])):
        assert doc.text == KOREAN
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == expected
        assert all(e._.probability > 0.5 for e in doc.ents)
        assert [t.text for t in doc][:4] == ["이순신", "은", "서울", "에서"]
    whole_tokens = korean_pipeline(split_tokens=False)(KOREAN)
    assert [e.text for e in whole_tokens.ents] == ["이순신은", "서울에서"]


def test_splitting_moves_no_entity_that_was_there():
    nlp = korean_pipeline()
    doc = nlp.make_doc(KOREAN)
    doc.set_ents([doc.char_span(10, 14, label="VERB")])
    doc = nlp.get_pipe("fanlight")(doc)
    assert [(e.text, e.label_) for e in doc.ents] == [("이순신", "PER"), ("서울", "LOC"), (KOREAN[10:14], "VERB")]


def test_a_saved_pipeline_needs_no_other_file(tmp_path):
    model = tmp_path / "mine.fanlight"
    shutil.copy(model_file("ko"), model)
    nlp = korean_pipeline(model=str(model), threshold=0.2)
    nlp.to_disk(tmp_path / "nlp")
    data, expected = nlp.to_bytes(), [e.text for e in nlp(KOREAN).ents]
    model.unlink()
    assert [e.text for e in spacy.load(tmp_path / "nlp")(KOREAN).ents] == expected
    other = korean_pipeline(model=str(model)).from_bytes(data)
    assert [e.text for e in other(KOREAN).ents] == expected
    with pytest.raises(ModelError, match="mine.fanlight"):
        korean_pipeline(model=str(model))(KOREAN)


def test_spacy_evaluates_the_component():
    nlp = korean_pipeline()
    entities = [(e.start, e.end, e.type) for e in fanlight.load("ko")(KOREAN).entities]
    gold = nlp(KOREAN)
    scores = nlp.evaluate([Example(nlp.make_doc(KOREAN), gold)])
    assert scores["ents_f"] == 1
    assert set(scores["ents_per_type"]) == {type_ for *_, type_ in entities}
    gold.set_ents([gold.char_span(0, 3, label="LOC")])
    assert nlp.evaluate([Example(nlp.make_doc(KOREAN), gold)])["ents_f"] == 0


def test_the_estimator_in_a_grid_search():
    search = GridSearchCV(FanlightClassifier(epochs=20, rate=0.01, seed=3), {"hidden": [4, 32]}, cv=2)
    search.fit(X, Y)
    assert search.best_score_ > 0.8
    assert search.best_estimator_.classes_ == ["LOC", "PER"]
    assert search.predict(X)[1] == ["O", "O", "B-PER", "I-PER"]
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


@pytest.fixture(scope="module")
def fitted():
    estimator = FanlightClassifier(epochs=20, rate=0.01, hidden=16, settings={"batch_tokens": 50}).fit(X, Y)
    estimator.tagger_ = Tagger(estimator.tagger_.model, "plain")  # other tests compile
    return estimator


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES", "BILOU", "IO"])
def test_the_estimator_answers_in_the_scheme_it_was_given(scheme):
    tags = [tags_from_spans(spans_from_tags(row, "IOB2")[0], len(row), scheme) for row in Y]
    tagger = FanlightClassifier(epochs=20, rate=0.01, hidden=16, settings={"batch_tokens": 50}).fit(X, tags)
    assert tagger.scheme_ == scheme
    assert tagger.predict(X) == tags


def test_probabilities_are_those_of_the_words_and_fit_the_tags(fitted):
    rows = fitted.predict_proba(X)
    assert [row.shape for row in rows] == [(len(words), 2) for words in X]
    for row, tags in zip(rows, Y, strict=True):
        assert np.all((row >= 0) & (row.sum(1, keepdims=True) <= 1 + 1e-5))
        for shares, tag in zip(row, tags, strict=True):
            types = dict(zip(fitted.classes_, shares, strict=True))
            assert shares.sum() < 0.5 if tag == "O" else types[tag[2:]] > 0.5


def answer(estimator):
    return estimator.predict(X)


def test_the_estimator_is_pickled_copied_forked_and_spawned(fitted):
    expected = fitted.predict(X)
    for copied in (pickle.loads(pickle.dumps(fitted)), copy.copy(fitted), copy.deepcopy(fitted)):
        assert copied.predict(X) == expected
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
            assert pool.submit(answer, fitted).result() == expected
    assert fitted.predict(X) == expected


def test_strings_in_place_of_lists_are_refused(fitted):
    with pytest.raises(ValueError, match="X: must be a list of lists"):
        fitted.predict(["Ann", "sings"])
    with pytest.raises(ValueError, match="y: must be a list of lists"):
        FanlightClassifier().fit([["Ann"]], ["B-PER"])
    with pytest.raises(DataError, match="no sentences"):
        FanlightClassifier().fit([], [])


def test_training_on_lists_is_refused_in_words():
    with pytest.raises(DataError, match="train: is a list, but must be the path of a file.*FanlightClassifier"):
        fanlight.train(X)


def test_stray_tags_do_not_join_entities():
    """One I- that begins nothing is a mistake in IOB2, as the readers of files take it."""
    rows = list(read_rows([["Ann", "Bob", "Oslo"], ["Ann", "Bob"]], [["B-PER", "B-PER", "I-LOC"], ["B-PER", "B-PER"]]))
    assert [spans for _, spans in rows] == [
        [(0, 1, "PER"), (1, 2, "PER"), (2, 3, "LOC")],
        [(0, 1, "PER"), (1, 2, "PER")],
    ]


def test_presidio_names_the_types_its_own_way():
    from fanlight.apps.integrations.presidio import FanlightRecognizer

    recogniser = FanlightRecognizer()
    assert {"PERSON", "LOCATION", "ORGANIZATION"} <= set(recogniser.supported_entities)
    results = recogniser.analyze(TEXTS[0], ["PERSON", "LOCATION"])
    expected = [e for e in fanlight.load("en")(TEXTS[0]).entities if e.type in ("PER", "LOC")]
    assert [(r.start, r.end, r.score) for r in results] == [(e.start, e.end, e.probability) for e in expected]


def test_presidio_makes_the_recogniser_of_a_dictionary():
    from fanlight.apps.integrations.presidio import FanlightRecognizer

    asked = {"model": "ko", "supported_language": "ko", "supported_entities": ["PERSON"]}
    recogniser = FanlightRecognizer.from_dict(asked)
    again = FanlightRecognizer.from_dict(recogniser.to_dict())
    for candidate in (recogniser, again):
        assert (candidate.supported_language, candidate.supported_entities) == ("ko", ["PERSON"])
        assert [KOREAN[r.start : r.end] for r in candidate.analyze(KOREAN, ["PERSON", "LOCATION"])] == ["이순신"]
    with pytest.raises(DataError, match="finds no CREDIT_CARD"):
        FanlightRecognizer(supported_entities=["CREDIT_CARD"])


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray", "ignore::ResourceWarning", "ignore::FutureWarning:ray")
def test_ray_hands_its_batches_over():
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    from fanlight.apps.integrations.arrow import tag_rows

    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        data = ray.data.from_items([{"text": text} for text in TEXTS[:4]])
        rows = data.map_batches(tag_rows, batch_format="pyarrow").take_all()
    finally:
        ray.shutdown()
    tagger = fanlight.load("en")
    results = {row["text"]: [e["text"] for e in row["entities"]] for row in rows}
    assert results == {text: [e.text for e in tagger(text).entities] for text in TEXTS[:4]}


def arrow_columns():
    """Return TEXTS as columns of each kind that holds text."""
    import pyarrow

    plain = pyarrow.array(TEXTS)
    yield from (plain, pyarrow.array(TEXTS, pyarrow.large_string()), plain.dictionary_encode())
    yield pyarrow.array(TEXTS, pyarrow.string_view())
    yield pyarrow.chunked_array([TEXTS[:7], [], TEXTS[7:]], "string")
    yield pyarrow.chunked_array([TEXTS[:7], TEXTS[7:]], "string").dictionary_encode()
    yield plain.slice(0)


def test_columns_of_every_kind_are_tagged_alike():
    import pyarrow

    from fanlight.apps.integrations.arrow import entities_type, tag_batches, tag_column, tag_rows

    tagger = fanlight.load("en")
    expected = [[(e.start, e.end, e.type, e.text) for e in tagger(text).entities] for text in TEXTS]

    def read(column):
        assert column.type == entities_type()
        return [[(e["start"], e["end"], e["type"], e["text"]) for e in row] for row in column.to_pylist()]

    for column in arrow_columns():
        assert read(tag_column(column)) == expected
        table = pyarrow.table({"number": range(len(TEXTS)), "text": column}, metadata={"who": "us"})
        for tagged in (
            *tag_batches([table]),
            tag_rows(table),
            pyarrow.Table.from_batches(tag_batches(table.to_batches())),
        ):
            assert tagged.schema.names == ["number", "text", "entities"]
            assert tagged.schema.metadata == {b"who": b"us"}
            assert read(tagged["entities"]) == expected
    assert tag_column(pyarrow.nulls(2)).to_pylist() == [[], []]
    assert read(tag_column(pyarrow.array(TEXTS).slice(3, 1))) == expected[3:4]


def test_columns_at_fault_are_named():
    import pyarrow

    from fanlight.apps.integrations.arrow import tag_column, tag_rows

    table = pyarrow.table({"text": ["a"], "entities": [1]})
    with pytest.raises(DataError, match='a column "entities" already'):
        tag_rows(table)
    with pytest.raises(DataError, match="no column 'body': it has text, entities"):
        tag_rows(table, column="body")
    with pytest.raises(DataError, match="2 columns 'text'"):
        tag_rows(pyarrow.Table.from_arrays([table["text"]] * 2, names=["text", "text"]))
    for column in (table["entities"], [1, 2]):
        with pytest.raises(DataError, match="is of int64, not of texts"):
            tag_column(column)
    for column in (["a", 3], None):
        with pytest.raises(DataError, match="the column is not of texts"):
            tag_column(column)


def test_columns_of_pandas_and_polars_and_lists_are_tagged_as_they_are():
    import pandas
    import polars

    from fanlight.apps.integrations.arrow import tag_column

    texts = ["Ann Lee lives in Oslo.", None]
    expected = tag_column(texts).to_pylist()
    assert [e["text"] for e in expected[0]] == ["Ann Lee", "Oslo"]
    for column in (
        pandas.Series(texts),
        pandas.Series([texts[0], float("nan")], dtype=object),
        polars.Series(texts),
        polars.Series(texts, dtype=polars.Categorical),
    ):
        assert tag_column(column).to_pylist() == expected


def test_search_finds_settings_and_goes_on(tmp_path):
    from fanlight.apps.integrations.optuna import search

    towns = "tests/data/towns.conll"
    space = {"hidden": [4, 8], "rate": {"low": 0.001, "high": 0.05, "log": True}}
    options = {"space": space, "study": tmp_path / "study", "settings": {"epochs": 2, "passes": 1}}
    trials = []
    earlier = search(towns, towns, 2, trials.append, **options)
    best = search(towns, towns, 4, trials.append, **options)
    assert [trial.number for trial in trials] == [0, 1, 2, 0, 3, 4]
    assert trials[0] == trials[3] == (0, {}, trials[0].f1, False)
    trials = [trial for trial in trials if trial.number]
    assert best.f1 >= max(trial.f1 for trial in trials if not trial.pruned)
    assert best.f1 >= earlier.f1
    assert all(trial.settings["hidden"] in (4, 8) and 0.001 <= trial.settings["rate"] <= 0.05 for trial in trials)
    assert len({trial.settings["rate"] for trial in trials}) == 4  # what was tried is not tried again
    with pytest.raises(SettingsError, match="begun with other data, space or settings"):
        search(towns, towns, 5, trials.append, **{**options, "space": {"hidden": [4]}})
    for place, text in (("other", "nonsense\n"), ("none/study", None)):
        if text:
            (tmp_path / place).write_text(text)
        with pytest.raises(SettingsError, match="cannot be gone on with|cannot be written"):
            search(towns, towns, 1, trials.append, **{**options, "study": tmp_path / place})


def test_the_space_by_default_is_around_the_defaults():
    from fanlight.apps.integrations.optuna import default_space

    chosen = read_settings(None, {}).resolve("word", 300, 300, False, tokens=4500)
    space = default_space(chosen)
    assert set(space) == {"epochs", "rate", "context_width", "replacement_share", "radius", "hidden"}
    for name, values in space.items():
        value = getattr(chosen, name)
        assert value in values if isinstance(values, list) else values["low"] < value < values["high"]


def test_a_hopeless_trial_is_cut_short_and_the_defaults_win(tmp_path):
    from fanlight.apps.integrations.optuna import search

    towns, trials = "tests/data/towns.conll", []
    best = search(towns, towns, 1, trials.append, space={"rate": [1e-6, 1e-7]}, settings={"epochs": 6, "passes": 1})
    assert [trial.pruned for trial in trials] == [False, True]
    assert (best.number, best.settings) == (0, {})
    assert best.f1 == trials[0].f1 > 50


@pytest.mark.parametrize(
    ("space", "why"),
    [
        ({"hidden": {"low": 1}}, "low and high"),
        ({"hidden": {"low": 5, "high": 2}}, "low and high must be numbers"),
        ({"hidden": 3}, "low and high"),
        ({"features": [{}]}, "a list of values"),
        ({"hiden": [1]}, "hiden"),
        ({"hidden": [0]}, "hidden: must be"),
    ],
)
def test_a_space_at_fault_is_named(space, why):
    from fanlight.apps.integrations.optuna import search

    with pytest.raises(SettingsError, match=why):
        search("tests/data/towns.conll", "tests/data/towns.conll", 1, print, space=space)
