"""The best readings of a sentence against all of them."""

from itertools import product

import numpy as np
import pytest

import fanlight
from fanlight.errors import DataError
from fanlight.network.chain import best_paths, legal_transitions


@pytest.mark.parametrize("n", [1, 2, 4])
def test_best_paths_are_those_of_trying_all(n):
    rng = np.random.default_rng(n)
    A = legal_transitions(("X",)) + rng.normal(size=(6, 6))
    Z = rng.normal(size=(n, 5))
    scores = {}
    for path in product(range(5), repeat=n):
        steps = sum(A[a, b] for a, b in zip((5, *path), (*path, 5), strict=True))
        if steps > -1000:
            scores[path] = steps + sum(Z[t, y] for t, y in enumerate(path))
    expected = sorted(scores, key=scores.get, reverse=True)
    for count in (1, 3, 50):
        paths = best_paths(Z, A, count)
        assert [tuple(path) for _, path in paths] == expected[:count]
        np.testing.assert_allclose([score for score, _ in paths], [scores[p] for p in expected[:count]])


def test_readings_of_a_text_are_best_first_and_probable():
    tagger = fanlight.load("en")
    text = "Jordan met Washington in May. It rained."
    readings, next_readings = tagger.readings(text, 4)
    assert len(readings) == 4
    assert readings[0][1] + next_readings[0][1] == tuple(
        fanlight.Entity(e.start, e.end, e.type, e.text) for e in tagger(text).entities
    )
    shares = [p for p, _ in readings]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1
    assert len({entities for _, entities in readings}) == 4
    everything = sum(p for p, _ in tagger.readings("Oslo.", 10_000)[0])
    assert everything == pytest.approx(1, abs=1e-6)


def test_a_logistic_head_has_no_readings(tmp_path):
    (tmp_path / "a.conll").write_text("Oslo\tB-LOC\nis\tO\n\nAnn\tB-PER\nwent\tO\n\n" * 10, encoding="utf-8")
    tagger = fanlight.train(tmp_path / "a.conll", head="logistic", epochs=1, hidden=8, passes=1)
    with pytest.raises(DataError, match="no readings"):
        tagger.readings("Oslo")
