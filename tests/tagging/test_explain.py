"""Explanations: the contributions are complete, and the numbers those of the tagger."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fanlight
from fanlight.apps.formulas import read_formula
from fanlight.calculus import evaluate
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_texts
from fanlight.engine.twins import ROUNDING
from fanlight.entities.bioes import TagSet, tags_from_spans
from fanlight.errors import DataError
from fanlight.network.architecture import equation
from fanlight.network.inputs import WordTypes
from fanlight.tagging.explain import secants
from fanlight.tagging.nearest_examples import read_rehearsal_sample
from fanlight.text.features import PADDING
from tests.towns import SMALL, TOWNS

ENGLISH = "Museums in Paris are amazing to see. Paris is old."
AWAY_FROM_KINKS = st.integers(-20, 20).map(lambda n: 0.25 * n + 0.1)
KOREAN = "이순신은 서울에서 태어났다."
SETTINGS = {**SMALL, "epochs": 2, "context_width": 8, "radius": 2}  # so few sentences would have no context by default
REACHING = {
    "form": {"buckets": 512, "dimension": 8, "features": ["lower"]},
    "affix": {"buckets": 512, "dimension": 8, "features": ["prefixes", "suffixes"], "reach": 1},
    "shape": {"buckets": 64, "dimension": 4, "features": ["shape", "case"], "reach": 0},
}


@pytest.fixture(scope="module")
def taggers():
    taggers_by_name = {name: fanlight.load(name) for name in ("en", "ko")}
    for name in ("tanh", "sigmoid", "hardtanh"):
        taggers_by_name[name] = fanlight.train(TOWNS, **SETTINGS, activation=name)
    taggers_by_name["reach"] = fanlight.train(TOWNS, **SETTINGS, activation="tanh", features=REACHING)
    return taggers_by_name


@pytest.mark.parametrize("name", ["en", "ko", "tanh", "sigmoid", "hardtanh", "reach"])
def test_contributions_add_up_to_the_score_for_every_word_and_tag(taggers, name):
    tagger = taggers[name]
    text = KOREAN if name == "ko" else ENGLISH
    tags = TagSet(tagger.types).tags
    for token in range(len(tagger.tokens(text))):
        for tag in (None, tags[0], tags[4]):
            e = tagger.explain(text, token, tag)
            assert sum(w.contribution for w in e.window) == pytest.approx(e.scores[e.tag] - e.baseline, abs=2e-4)
            assert all(sum(w.parts.values()) == pytest.approx(w.contribution) for w in e.window)
            assert evaluate(read_formula(e.expression, {}, {}), e.layer) == pytest.approx(e.scores[e.tag], abs=2e-4)
            assert text[e.start : e.end] == e.text == e.window[len(e.window) // 2].text
            assert sum(e.probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_it_explains_what_the_tagger_says(taggers):
    tagger = taggers["en"]
    entity = tagger("Museums in Paris are amazing to see.").entities[0]
    e = tagger.explain("Museums in Paris are amazing to see.", 2)
    assert (e.text, e.start, e.end) == (entity.text, entity.start, entity.end)
    assert e.tag == f"S-{entity.type}"
    assert e.probabilities[e.tag] == pytest.approx(entity.probability, abs=ROUNDING)
    assert len(e.units) == 12
    assert abs(e.units[0].contribution) >= abs(e.units[-1].contribution)


def test_a_table_says_nothing_beyond_its_reach(taggers):
    window = taggers["reach"].explain(ENGLISH, 2).window
    assert [sorted(word.parts) for word in window] == [
        ["context", "form"], ["affix", "context", "form"], ["affix", "context", "form", "shape"],
        ["affix", "context", "form"], ["context", "form"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["tanh", "reach"])
def test_the_score_is_the_lectures_equation_in_numbers(taggers, name):
    """z = U f(W x + b) + c, evaluated by the calculus at the word's own vectors."""
    tagger = taggers[name]
    configuration, p = tagger.model.configuration, tagger.model.parameters
    text = "Ada Byron lives in Oslo."
    engine = PlainEngine(tagger.model)
    tokens = read_texts([text], tagger.unit)
    words, read = tokens.words, engine.read(tokens)
    V = engine.network.vectors(WordTypes.of([PADDING, *tokens.keys], configuration, tagger.model.lexicon))
    for token in range(len(words)):
        point = {n: p[n] for n in p if n[0] in "WGbUc" and n not in ("contexts",)}
        for k in range(configuration.positions):
            u = token + k - configuration.radius
            inside = 0 <= u < len(words)
            point[f"x_{k}"] = V[u + 1 if inside else 0][configuration.columns_at(k), None]
            point[f"g_{k}"] = p["contexts"][read.contexts[u] if inside else 64][:, None]
        z = evaluate(equation(configuration), point)[:, 0]
        np.testing.assert_allclose(z, list(tagger.explain(text, token).scores.values()), atol=1e-4)


def test_what_if(taggers):
    tagger = taggers["en"]
    plain = tagger.explain(ENGLISH, 2)
    other = tagger.what_if(ENGLISH, 2, -1, "with", plain.tag)
    assert [w.text for w in other.window] == ["Museums", "with", "Paris", "are", "amazing"]
    assert other.tag == plain.tag
    assert other.scores[plain.tag] != plain.scores[plain.tag]
    shorter = tagger.what_if(ENGLISH, 2, -1, "", plain.tag)
    assert [w.text for w in shorter.window] == ["", "Museums", "Paris", "are", "amazing"]
    after = tagger.what_if(ENGLISH, 2, 1, "", plain.tag)
    assert [w.text for w in after.window] == ["Museums", "in", "Paris", "amazing", "to"]
    centre = tagger.what_if(ENGLISH, 2, 0, "Oslo", plain.tag)
    assert [w.text for w in centre.window] == ["Museums", "in", "Oslo", "are", "amazing"]
    tag = tagger.explain(ENGLISH, 0).tag
    before = tagger.what_if(ENGLISH, 0, -1, "the", tag)
    assert [w.text for w in before.window] == ["", "the", "Museums", "in", "Paris"]
    assert [ENGLISH[w.start : w.end] for w in plain.window] == [w.text for w in plain.window]
    for position in (-3, 99):
        with pytest.raises(DataError, match="the window has no position"):
            tagger.what_if(ENGLISH, 2, position, "x", plain.tag)
    with pytest.raises(DataError, match="the word itself is gone"):
        tagger.what_if(ENGLISH, 2, 0, " ", plain.tag)


def test_units_are_those_of_the_calculus(taggers):
    from fanlight.calculus import evaluate, gradient, parse

    e = taggers["en"].explain(ENGLISH, 2)
    shapes = {name: np.shape(value) if name != "c" else (1, 1) for name, value in e.layer.items()}
    score = parse(e.expression, shapes)
    delta = evaluate(gradient(score, "b"), {**e.layer, "c": [e.layer["c"]]})[:, 0]
    a = np.sum([e.layer[f"a_{k}"] for k in range(len(e.window))], axis=0)[:, 0] + np.array(e.layer["b"])[:, 0]
    assert e.units
    for unit in e.units:
        assert unit.delta == pytest.approx(delta[unit.number], abs=1e-12)
        assert unit.weight == e.layer["u"][unit.number][0]
        assert sum(unit.flows) == pytest.approx(unit.contribution, abs=1e-9)
        assert unit.words[0][1] == max(value for _, value in unit.words)
        assert unit.activation == pytest.approx(max(a[unit.number], 0), abs=1e-6)
    for word, inputs in zip(e.window, [w.inputs for w in e.window], strict=True):
        assert set(word.parts) == set(inputs)


@given(
    st.lists(st.tuples(AWAY_FROM_KINKS, AWAY_FROM_KINKS), min_size=1, max_size=6),
    st.sampled_from(["relu", "tanh", "sigmoid", "hardtanh"]),
)
@settings(deadline=None)
def test_secants_are_the_integral_of_the_derivative(points, name):
    from fanlight.calculus import function, gradient, symbol

    a, b = map(np.array, zip(*points, strict=True))
    steps = (np.arange(2000) + 0.5) / 2000
    x = symbol("x", (len(steps), 1))
    slope = gradient(function("sum")(function(name)(x)), "x")
    means = [evaluate(slope, {"x": (q + steps * (p - q))[:, None]}).mean() for p, q in points]
    np.testing.assert_allclose(secants(name, a, b), means, atol=2e-3)


def test_faults_are_named(taggers):
    with pytest.raises(DataError, match="no token 99: the text has 12"):
        taggers["en"].explain(ENGLISH, 99)
    with pytest.raises(DataError, match="no tag 'X'; there are O, B-"):
        taggers["en"].explain(ENGLISH, 1, "X")
    logistic = fanlight.train(TOWNS, **{**SMALL, "epochs": 1, "head": "logistic"})
    with pytest.raises(DataError, match="logistic head"):
        logistic.explain(ENGLISH, 1)


def test_a_notebook_shows_the_window():
    shown = fanlight.load("en").explain("Museums <in> Paris.", 4)._repr_html_()
    assert "<b>&gt;</b>" in shown
    assert "Paris: S-LOC" in shown


def test_the_nearest_words_of_the_training_data_are_those_of_the_nearest_hidden_layers():
    tagger = fanlight.train(TOWNS, **{**SMALL, "epochs": 2, "keep": 12, "context_width": 0})
    sample = read_rehearsal_sample(tagger.model)
    sentences = [sentence for documents in sample for document in documents for sentence in document]

    def hidden(e):
        a = np.sum([e.layer[name] for name in e.layer if name.startswith("a_")], axis=0) + e.layer["b"]
        return np.maximum(a, 0)[:, 0]

    def like(e, other):
        x, y = hidden(e), hidden(other)
        return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))

    e = tagger.explain("She lives in Brno .", 3)
    every = []
    for s in sentences:
        tags = tags_from_spans(s.spans, len(s.token_starts))
        assert tagger.tokens(s.text) == list(zip(s.token_starts, s.token_ends, strict=True))
        every += [
            (like(e, tagger.explain(s.text, t)), s.text, s.token_starts[t], tags[t]) for t in range(len(s.token_starts))
        ]
    best = sorted((round(row[0], 4) for row in every), reverse=True)[:5]
    assert [round(n.similarity, 4) for n in e.nearest] == pytest.approx(best, abs=2e-4)
    for n in e.nearest:
        assert any((n.sentence, n.start, n.tag) == row[1:] and abs(n.similarity - row[0]) < 1e-4 for row in every)
    assert e.nearest[0].sentence[e.nearest[0].start : e.nearest[0].end] in e._repr_html_()
    assert fanlight.load("en").explain(ENGLISH, 2).nearest == []
