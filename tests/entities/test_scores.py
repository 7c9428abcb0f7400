"""Scores are seqeval's."""

from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report

from fanlight.entities.bioes import spans_from_tags
from fanlight.entities.scores import confusion_of, score_spans

tags = st.lists(st.sampled_from(["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]), min_size=6, max_size=6)


def spans(sentences):
    return [spans_from_tags(t, "IOB2")[0] for t in sentences]


@given(st.lists(st.tuples(tags, tags), min_size=1, max_size=6))
def test_scores_equal_seqevals(pairs):
    gold, predicted = [list(t) for t in zip(*pairs, strict=True)]
    scores = score_spans(spans(gold), spans(predicted))
    if not any(s for s in spans(gold) + spans(predicted)):
        assert scores.f1 == 0
        return
    report = classification_report(gold, predicted, output_dict=True, zero_division=0)
    assert abs(scores.f1 - 100 * report["micro avg"]["f1-score"]) < 1e-9
    assert abs(scores.overall.precision - 100 * report["micro avg"]["precision"]) < 1e-9
    assert abs(scores.overall.recall - 100 * report["micro avg"]["recall"]) < 1e-9
    for name, counts in scores.types.items():
        assert abs(counts.f1 - 100 * report[name]["f1-score"]) < 1e-9
        assert counts.gold == report[name]["support"]


def test_a_case_counted_by_hand():
    gold = [[(0, 2, "PER"), (4, 5, "LOC")], [(0, 1, "ORG")]]
    predicted = [[(0, 2, "PER"), (4, 5, "ORG")], []]
    result = score_spans(gold, predicted).to_dict()
    assert result["precision"] == 50
    assert abs(result["recall"] - 100 / 3) < 1e-9
    assert result["f1"] == 40
    assert result["entities"] == 3
    assert result["types"]["ORG"] == {"precision": 0, "recall": 0, "f1": 0, "gold": 1, "predicted": 1, "correct": 0}


def test_overlapping_entities_count_each():
    both = [[(0, 3, "ORG"), (2, 3, "LOC")]]
    assert score_spans(both, both).f1 == 100


def test_confusion():
    assert confusion_of([["O", "S-PER"]], [["O", "S-LOC"]]) == {("O", "O"): 1, ("S-PER", "S-LOC"): 1}
