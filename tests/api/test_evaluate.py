"""What `evaluate` says is what users get who tag sentence by sentence."""

import warnings

import pytest

import fanlight
from fanlight.corpus.formats.columns import write_columns
from fanlight.corpus.readers import read_corpus
from fanlight.entities.scores import score_spans
from fanlight.errors import FanlightWarning
from fanlight.text.sentences import tokenise_sentences

TOWNS = "tests/data/towns.conll"
FAST = {"hidden": 32, "epochs": 3, "rate": 0.01, "replacement_share": 0.0}


@pytest.mark.data
@pytest.mark.parametrize("name", ["crossner-en/politics-", "wnut2017-en/", "btc-en/"])
def test_evaluation_is_tagging_one_sentence_after_another(data, tmp_path, name):
    sentences = [s for s in read_corpus(data / f"{name}dev.txt", tokenise_sentences).sentences if s.token_starts][:400]
    for part, rows in (("train", sentences[:200]), ("dev", sentences[200:])):
        (tmp_path / part).write_text("\n".join(write_columns(rows)) + "\n", encoding="utf-8")
    tagger = fanlight.train(tmp_path / "train", out=tmp_path / "m", **FAST)
    predicted = [[span[:3] for span in tagger.sentences([s])[0]] for s in sentences[200:]]
    one_by_one = score_spans([list(s.spans) for s in sentences[200:]], predicted).f1
    assert fanlight.evaluate(tmp_path / "m", tmp_path / "dev").f1 == pytest.approx(one_by_one, abs=0.1)
    assert one_by_one > 5


def test_labels_that_the_model_lacks_are_named(tmp_path):
    fanlight.train(TOWNS, out=tmp_path / "m", **{**FAST, "epochs": 1})
    data = tmp_path / "zoo.conll"
    data.write_text("Ann\tS-PER\nsaw\tO\na\tO\ntiger\tS-ZOO\n\n")
    with pytest.warns(FanlightWarning, match=r"types that the model lacks \(ZOO\), whose entities count as missed"):
        scores = fanlight.evaluate(tmp_path / "m", data)
    assert scores.types["ZOO"].gold == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "ZOO" not in fanlight.evaluate(tmp_path / "m", data, types=["PER"]).types


def test_scores_report_and_history_are_shown_in_a_line_and_in_a_notebook(tmp_path):
    fanlight.train(TOWNS, dev=TOWNS, out=tmp_path / "m", watch=tmp_path / "w", **{**FAST, "epochs": 2})
    scores = fanlight.evaluate(tmp_path / "m", TOWNS)
    shown = (scores, fanlight.report(tmp_path / "m", TOWNS), fanlight.history(tmp_path / "w"))
    for value in shown:
        assert len(repr(value)) < 120
        assert "\n" not in repr(value)
        assert "<" in value._repr_html_()
    assert f"F1 {scores.f1:.2f}" in repr(scores)
    assert repr(shown[2]).startswith("History(2 epochs, best dev F1 ")
