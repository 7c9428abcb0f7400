"""Learning curves and what to label next."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import fanlight
from fanlight.api.learning_curve import Point, fit_curve, label_noise, nested_parts, summarise_learning_curve
from fanlight.api.selection import split_sentences, teaching_order
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.errors import DataError
from fanlight.text.sentences import tokenise_sentences
from tests.towns import TOWNS

FANLIGHT = [sys.executable, "-m", "fanlight"]


def test_a_noisy_power_law_is_found_again():
    n = [125, 250, 500, 1000, 2000, 4000]
    rng = np.random.default_rng(1)
    law = fit_curve(n, [92 - 400 * k**-0.6 + rng.normal() * 0.1 for k in n])
    assert law.at(16000) == pytest.approx(92 - 400 * 16000**-0.6, abs=0.7)
    assert fit_curve([1, 2, 3], [99, 99.9, 100]).ceiling <= 100
    assert fit_curve([1, 2, 3], [9, 8, 7]).gap == 0  # more data does no harm
    with pytest.raises(ValueError, match="three points"):
        fit_curve([1, 2], [3, 4])


def test_a_forecast_has_an_interval_and_a_ceiling_only_where_points_bear_it():
    def curve(law, sizes, deviation):
        return summarise_learning_curve([Point(n, law(n), law(n) - deviation, law(n) + deviation) for n in sizes])

    sure = curve(lambda n: 90 - 300 * n**-0.7, (250, 500, 1000, 2000, 4000, 8000), 0.2)
    assert sure.ceiling[0] < 90 < sure.ceiling[1]
    assert sure.forecasts[0].low <= 90 - 300 * 16000**-0.7 <= sure.forecasts[0].high
    steep = curve(lambda n: 8 * n**0.3, (25, 50, 100, 200), 4)
    assert steep.ceiling is None
    assert "do not say" in "\n".join(steep.summary)
    assert steep.forecasts[1].high - steep.forecasts[1].low > steep.forecasts[0].high - steep.forecasts[0].low
    assert sure.forecasts[0].high - sure.forecasts[0].low < steep.forecasts[0].high - steep.forecasts[0].low


@pytest.mark.parametrize(
    ("law", "rising", "noise", "advice"),
    [
        (lambda n: 90 - 300 * n**-0.5, True, 0, "more epochs"),
        (lambda n: 90 - 300 * n**-0.5, False, 0, "more data"),
        (lambda n: 60 - 10 / n, False, 20, "better labels"),
        (lambda n: 60 - 10 / n, False, 0, "other features"),
    ],
)
def test_advice_names_what_promises_most(law, rising, noise, advice):
    points = [Point(n, law(n), law(n) - 0.1, law(n) + 0.1, rising) for n in (125, 250, 500, 1000)]
    assert replace(summarise_learning_curve(points), label_noise=noise).advice.startswith(advice)


def test_contradicting_labels_are_counted(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("Ann\tS-PER\nsings\tO\n\nAnn\tO\nsings\tO\n\nBob\tS-PER\nsings\tO\n\n")
    assert label_noise(read_corpus(path, tokenise_sentences)) == 50


def test_parts_are_nested_and_a_part_without_entities_is_named():
    sentences = [Sentence.of_words(["Ann", str(n)], [(0, 1, "PER")]) for n in range(64)]
    parts = list(nested_parts(Corpus("towns", "word", [[s] for s in sentences]), 4, 1))
    assert [len(part.sentences) for part in parts] == [8, 16, 32, 64]
    for small, large in pairwise(parts):
        assert {s.text for s in small.sentences} < {s.text for s in large.sentences}
    bare = [Sentence.of_words(["Ann", str(n)], [(0, 1, "PER")] * (n == 0)) for n in range(64)]
    with pytest.raises(DataError, match="has no entity: give fewer --points"):
        list(nested_parts(Corpus("towns", "word", [[s] for s in bare]), 5, 2))


def test_the_command_draws_a_curve(tmp_path):
    pytest.importorskip("matplotlib")
    command = [
        *FANLIGHT,
        "curve",
        str(TOWNS),
        "--dev",
        str(TOWNS),
        "--points",
        "3",
        "--picture",
        str(tmp_path / "c.svg"),
    ]
    done = subprocess.run(
        [*command, "--set", "epochs=2", "--set", "rate=0.01", "--set", "hidden=32"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    sizes = [int(line.split()[0].replace(",", "")) for line in lines[:5]]
    assert any(line.startswith("most would help: ") for line in lines)
    assert sizes[2] == 2 * sizes[1] == 4 * sizes[0]
    assert [line.endswith("(forecast)") for line in lines[:5]] == [False, False, False, True, True]
    assert "<svg" in (tmp_path / "c.svg").read_text()


def test_doubtful_and_different_texts_come_first():
    tagger = fanlight.load("en")
    texts = (
        ["It rained."] * 5 + ["Jordan Zyx of Qwert met Washington Plomb."] * 3 + ["Foo Barley saw May Hill near Hope."]
    )
    order = teaching_order(tagger, texts, 4)
    assert {texts[i] for i, _ in order[:2]} == {texts[5], texts[8]}
    assert all(0 <= doubt <= 1 for _, doubt in order)
    assert len({i for i, _ in order}) == 4
    assert teaching_order(tagger, [], 3) == []


def test_the_command_prints_what_can_be_corrected(tmp_path):
    (tmp_path / "raw.txt").write_text("It rained.\n\nJordan met Washington.\n", encoding="utf-8")
    done = subprocess.run(
        [*FANLIGHT, "next", str(tmp_path / "raw.txt"), "--model", "en"], capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["line"] for row in rows] == [3, 1]
    assert "chose 2 of 2 sentences in " in done.stderr
    assert rows[0]["spans"][0] == {"start": 0, "end": 6, "label": rows[0]["spans"][0]["label"]}


def test_wrapped_text_is_read_in_sentences_and_other_text_in_lines():
    wrapped = ["It rained on the whole of", "the long way to Oslo. Ann", "stayed.", "", "Then Bob came", "by."]
    assert split_sentences(wrapped, "word") == [
        (1, "It rained on the whole of the long way to Oslo."), (2, "Ann stayed."), (5, "Then Bob came by."),
    ]  # fmt: skip
    tweets = ["so cold in Oslo", "Paris again with Ann #yay", "Bob? Yes! Ann"]
    assert split_sentences(tweets, "word") == [
        (1, tweets[0]), (2, tweets[1]), (3, "Bob?"), (3, "Yes!"), (3, "Ann"),
    ]  # fmt: skip
    assert split_sentences([" "], "word") == []


@pytest.mark.data
def test_chosen_sentences_teach_more_than_as_many_drawn_at_random(data, tmp_path):
    """The gold labels play the annotator; one round of `benchmarks/labelling.py`, in small."""
    sentences = read_corpus(data / "conll2003-en" / "train.txt", tokenise_sentences).sentences
    dev = tmp_path / "dev.conll"
    dev.write_text(
        "\n".join(write_columns(read_corpus(data / "conll2003-en" / "dev.txt", tokenise_sentences).sentences[:1000]))
    )
    rng = np.random.default_rng(1)
    pool = [sentences[i] for i in rng.permutation(len(sentences))[:1500].tolist()]
    labelled, unlabelled = pool[:200], pool[200:]

    def trained(chosen_sentences, seed):
        (tmp_path / "train.conll").write_text("\n".join(write_columns(chosen_sentences)) + "\n")
        settings = {"passes": 1, "epochs": 10, "rate": 0.003, "seed": seed}
        return fanlight.train(tmp_path / "train.conll", out=tmp_path / "model", **settings)

    scores = {"next": 0.0, "random": 0.0}  # means over two seeds
    for seed in (1, 2):
        chosen = [unlabelled[i] for i, _ in teaching_order(trained(labelled, seed), [s.text for s in unlabelled], 200)]
        for name, chosen_sentences in (("next", chosen), ("random", unlabelled[:200])):
            trained(labelled + chosen_sentences, seed)
            scores[name] += fanlight.evaluate(tmp_path / "model", dev).f1 / 2
    assert scores["next"] > scores["random"] + 1
