"""Models taught by rules, by spaCy, by GLiNER: no label by people."""

import re
import sys
from types import SimpleNamespace

import pytest

import fanlight
from fanlight.apps.labelling import LabelStore
from fanlight.apps.teachers.interface import Answer
from fanlight.apps.teaching import AnswerFile, choose_texts, merge_answers, open_teachers, split_dev
from fanlight.errors import DataError, FanlightError
from tests.apps.commands import call
from tests.apps.parts import CODE, QUICK, TEXTS, read_rows, spans_by_rule


def test_rules_teach_a_model_that_finds_what_no_rule_lists(monkeypatch, capsys, parts_folder):
    words = ["teach", "raw.txt", "--teacher", "rules.tsv", "--types", "CODE", "--out", "m.fanlight"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    assert "rules.tsv: 40 CODE" in err
    assert "measured on labels of the teachers" in err
    train, dev = read_rows(parts_folder / "m.fanlight.train.jsonl"), read_rows(parts_folder / "m.fanlight.dev.jsonl")
    assert sorted(row["text"] for row in train + dev) == sorted([*TEXTS, "It rained.", "We had no part in it."])
    assert len(dev) == 8
    assert all(row["spans"] == spans_by_rule(row["text"]) for row in train + dev)
    assert read_rows(parts_folder / "m.fanlight.disputes.jsonl") == []
    tagger = fanlight.load("m.fanlight")
    assert tagger.types == ("CODE",)
    assert [e.text for e in tagger("Order part QR-77 of Kim today.").entities] == ["QR-77"]
    assert tagger.model.provenance["teachers"] == ["rules.tsv"]


def test_the_sample_is_that_of_next(parts_folder):
    from fanlight.api.selection import teaching_order

    tagger = fanlight.load("en", engine="plain")
    texts, total = choose_texts([*TEXTS, TEXTS[0]], tagger, 5, lambda done, pool: None)
    assert total == len(TEXTS), "a text that stands twice is labelled once"
    assert texts == [TEXTS[place] for place, _ in teaching_order(tagger, TEXTS, 5)]
    looked = []
    choose_texts(TEXTS * 50, SimpleNamespace(unit="word"), 100, looked.append)
    assert looked == [], "all are chosen: none has to be doubted"


def test_spacy_teaches_with_its_labels_renamed(monkeypatch, capsys, parts_folder):
    spacy = pytest.importorskip("spacy", reason="NOT INSTALLED: spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": w} for w in ("Ann", "Bob", "Eve", "Lee")])
    nlp.to_disk("pipeline")
    words = ["teach", "raw.txt", "--teacher", "spacy:pipeline", "--types", "PER", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words)
    assert (status, err) == (
        1,
        "fanlight: --types PER: no teacher gives it: name its label with --map LABEL=PER, or leave it out\n",
    )
    status, _, err = call(monkeypatch, capsys, *words, "--map", "PERSON=PER", *QUICK)
    assert status == 0, err
    assert "spacy:pipeline: 32 PER" in err
    assert {e.type for e in fanlight.load("m")("Check part AB-1 of Ann today.").entities} == {"PER"}
    assert call(monkeypatch, capsys, *words[:3], "spacy:nothing", *words[4:])[2].startswith(
        "fanlight: spacy:nothing: cannot be loaded"
    )


def teacher(name, *types):
    return SimpleNamespace(name=name, types=frozenset(types))


A, B, C = (0, 3, "X"), (4, 7, "X"), (0, 7, "X")


@pytest.mark.parametrize(
    ("labels", "agreement", "stand", "disputed"),
    [
        ([[A]], 1, [A], []),
        ([[A], [A]], 2, [A], []),
        ([[A], []], 2, [], [A]),
        ([[A], []], 1, [A], []),
        ([[A], [A], []], 2, [A], []),
        ([[A], [], []], 2, [], []),
        ([[A], [C], []], 2, [], [A, C]),  # two of three say that something is there
        ([[A, B], [C]], 1, [], [A, B, C]),
        ([[], []], 2, [], []),
    ],
)  # fmt: skip
def test_what_stands_falls_and_is_disputed(labels, agreement, stand, disputed):
    teachers = [teacher(str(n), "X") for n in range(len(labels))]
    answers = [{str(n): Answer(tuple(spans)) for n, spans in enumerate(labels)}]
    lesson = merge_answers(["abc def"], answers, teachers, agreement)
    assert bool(lesson.disputes) == bool(disputed)
    (row,) = lesson.rows + lesson.disputes
    as_spans = lambda items: [(i["start"], i["end"], i["label"]) for i in items]  # noqa: E731
    assert as_spans(row["spans"]) == stand
    assert sorted(as_spans(row.get("disputed", []))) == sorted(disputed)


def test_a_teacher_has_no_say_in_types_that_it_cannot_give():
    teachers = [teacher("rules", "X", "Y"), teacher("other", "Y")]
    lesson = merge_answers(["abc def"], [{"rules": Answer((A,)), "other": Answer()}], teachers, 2)
    assert lesson.rows[0]["spans"] == [{"start": 0, "end": 3, "label": "X"}]


def test_disputes_go_to_the_label_page(monkeypatch, capsys, parts_folder):
    (parts_folder / "half.tsv").write_text("re:AB-\\d+\tCODE\n")
    words = ["teach", "raw.txt", "--teacher", "rules.tsv", "--teacher", "half.tsv", "--types", "CODE", "--out", "m"]
    status, _, err = call(monkeypatch, capsys, *words, *QUICK)
    assert status == 0, err
    disputes = read_rows(parts_folder / "m.disputes.jsonl")
    assert sorted(row["text"] for row in disputes) == sorted(text for text in TEXTS if "XY" in text)
    assert disputes[0]["annotators"]["half.tsv"] == []
    assert disputes[0]["disputed"] == disputes[0]["annotators"]["rules.tsv"] != []
    assert all("XY" not in row["text"] for row in read_rows(parts_folder / "m.train.jsonl"))
    (line,) = re.findall(r"`fanlight (label DECISIONS .*?)`", err)
    status, _, err = call(monkeypatch, capsys, *line.replace("DECISIONS", "d.db").split(), "--agreement")
    assert status == 0, err
    assert LabelStore("d.db").progress("ada") == (0, 20)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--teacher", "rules.tsv", "--teacher", "rules.tsv", "--types", "CODE"], "is named twice"),
        (["--teacher", "rules.tsv", "--types", "CODE", "--agreement", "2"], "--agreement 2: there are 1 teachers"),
        (["--teacher", "rules.tsv", "--types", "CODE,PART"], "--types PART: no teacher gives it"),
        (["--teacher", "none.tsv", "--types", "CODE"], "none.tsv: cannot be read"),
        (["--teacher", "rules.tsv", "--types", "CODE", "--describe", "PART=a part"], "--describe 'PART=a part'"),
        (["--teacher", "never.tsv", "--types", "CODE"], "the teachers agree on no entity in 42 sentences"),
    ],
)
def test_what_is_at_fault_is_one_line(monkeypatch, capsys, parts_folder, words, why):
    (parts_folder / "never.tsv").write_text("re:[0-9]{9}\tCODE\n")
    status, _, err = call(monkeypatch, capsys, "teach", "raw.txt", *words, "--out", "m", *QUICK)
    assert status == 1
    assert why in err.splitlines()[-1]
    assert not (parts_folder / "m").exists()


def test_a_file_that_holds_no_answers_is_not_written_to(parts_folder):
    (parts_folder / "m.answers.jsonl").write_text("mine\n")
    with pytest.raises(DataError, match="m.answers.jsonl:1: is no answer of a teacher"):
        AnswerFile(parts_folder / "m.answers.jsonl", {})
    assert (parts_folder / "m.answers.jsonl").read_text() == "mine\n"


def test_dev_has_its_share_of_entities():
    records = [{"text": str(n), "spans": [n] if n < 10 else []} for n in range(100)]
    train, dev = split_dev(records)
    assert (len(train), len(dev)) == (80, 20)
    assert sum(bool(row["spans"]) for row in dev) == 2
    assert not {row["text"] for row in train} & {row["text"] for row in dev}


def test_gliner_is_asked_for_types_by_their_meaning(monkeypatch):
    """Against a stand-in: the library needs PyTorch."""

    class GLiNER:
        @classmethod
        def from_pretrained(cls, name):
            assert name == "some/model"
            return cls()

        def predict_entities(self, text, labels):
            assert labels == ["part number"]
            return [{"start": m.start(), "end": m.end(), "label": labels[0]} for m in CODE.finditer(text)]

    monkeypatch.setitem(sys.modules, "gliner", SimpleNamespace(GLiNER=GLiNER))
    (it,) = open_teachers(["gliner:some/model"], ["CODE"], mapping={}, describe={"CODE": "part number"})
    answers = list(it.label(["It is AB-1.", "word " * 400]))
    assert answers[0] == Answer(((6, 10, "CODE"),))
    assert "384" in answers[1].fault
    monkeypatch.setitem(sys.modules, "gliner", None)
    with pytest.raises(FanlightError, match="this needs gliner: pip install gliner"):
        open_teachers(["gliner:some/model"], ["CODE"], mapping={}, describe={})
