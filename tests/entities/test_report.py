"""The report: partial matches, intervals, calibration, mistakes."""

import numpy as np
import pytest

from fanlight.entities.matches import matches, pair
from fanlight.entities.reliability import f1_interval, paired_bootstrap, reliability
from fanlight.entities.report import Labelled, Prediction, report_on


def test_the_worked_example_of_semeval():
    """The nine cases of the SemEval-2013 guide's kind, counted by hand."""
    gold = [[(0, 2, "A")], [(0, 2, "A")], [(0, 2, "A")], [(0, 2, "A")], [], [(0, 2, "A"), (3, 4, "B")]]
    predicted = [[(0, 2, "A")], [(0, 2, "B")], [(0, 1, "A")], [(1, 3, "B")], [(0, 1, "A")], [(3, 4, "B")]]
    counts_by_way = matches(gold, predicted)
    counted = {way: (m.correct, m.incorrect, m.partial, m.missed, m.spurious) for way, m in counts_by_way.items()}
    assert counted == {
        "strict": (2, 3, 0, 1, 1),
        "exact": (3, 2, 0, 1, 1),
        "partial": (3, 0, 2, 1, 1),
        "type": (3, 2, 0, 1, 1),
    }
    assert counts_by_way["partial"].precision == pytest.approx(100 * 4 / 6)


def test_pairs_are_one_to_one_and_prefer_the_same_type():
    gold = [(0, 3, "PER"), (1, 2, "LOC")]
    assert pair(gold, [(0, 2, "LOC"), (0, 2, "PER")]) == [(gold[0], (0, 2, "PER")), (gold[1], (0, 2, "LOC"))]
    assert pair([], []) == []


def test_reliability_is_the_mean_distance():
    curve = reliability([0.05, 0.95, 0.95, 1.0], [False, True, True, True])
    assert curve.counts == (1, 3)
    assert curve.error == pytest.approx(100 * (0.05 + (1 - 2.9 / 3) * 3) / 4, abs=1e-4)
    assert reliability([], []).error == 0


def test_the_bootstrap_covers_and_compares():
    rng = np.random.default_rng(1)
    right = rng.random(2000) < 0.8
    counts = np.stack([np.ones(2000, int), np.ones(2000, int), right], 1)
    low, high = f1_interval(counts)
    assert low < 80 < high
    assert high - low == pytest.approx(2 * 1.96 * 100 * np.sqrt(0.16 / 2000), rel=0.15)  # the normal approximation
    assert f1_interval(counts) == (low, high)
    worse = counts.copy()
    worse[:100, 2] = 0
    assert paired_bootstrap(counts, worse) < 0.01
    assert paired_bootstrap(worse, counts) == 1


def test_a_report_names_every_mistake_once():
    words = ["Ann", "Lee", "of", "Acme", "met", "Bob", "in", "Oslo"]
    gold = [(0, 2, "PER"), (3, 4, "ORG"), (5, 6, "PER"), (7, 8, "LOC")]
    rows = [(0, 1, "PER", 0.6), (3, 4, "LOC", 0.9), (6, 7, "LOC", 0.3), (7, 8, "LOC", 0.99)]
    predicted = [Prediction(*row) for row in rows]
    report = report_on([Labelled(words, gold, predicted, 12)], {"Oslo", "Acme"}, [[Prediction(*g, 1.0) for g in gold]])
    assert [(m.text, m.gold, m.predicted, m.probability) for m in report.mistakes] == [
        ("Acme", "ORG", "LOC", 0.9),
        ("Ann", "", "PER", 0.6),
        ("in", "", "LOC", 0.3),
        ("Ann Lee", "PER", "", None),
        ("Bob", "PER", "", None),
    ]
    assert report.mistakes[0].before == "Ann Lee of"
    assert report.confusion == {("LOC", "LOC"): 1, ("ORG", "LOC"): 1, ("PER", "PER"): 1, ("PER", ""): 1, ("", "LOC"): 1}
    assert report.seen == {"seen": (2, 1), "unseen": (2, 0)}
    assert report.against == {"f1": 100.0, "at least as good": 1.0}
    assert report.to_dict()["precision"] == 25


def test_a_mistake_in_characters_is_shown_as_the_text_has_it():
    text = "지난 3일 김포시 육군"
    tokens = text.replace(" ", "")
    separators = [" " if n in (2, 4, 7) else "" for n in range(len(tokens))]
    (mistake,) = report_on([Labelled(tokens, [(4, 7, "LOC")], [], 1, separators)]).mistakes
    assert (mistake.before, mistake.text, mistake.after) == ("지난 3일", "김포시", "육군")
