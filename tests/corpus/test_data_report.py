"""What is said about labelled data before a training."""

import json

import pytest
from typer.testing import CliRunner

from fanlight.apps.cli.main import app
from fanlight.corpus.data_report import report_data
from fanlight.corpus.sentence import Corpus, Note, Sentence

ANN = Sentence.of_words(["Annabel", "sings", "in", "Oslo"], [(0, 1, "PER"), (3, 4, "LOC")], 1)
OTHER = Sentence.of_words(["We", "met", "Annabel", "there"], [(2, 3, "Per")], 6)


def corpus(*sentences, **options):
    return Corpus("towns", "word", [[s] for s in sentences], **options)


def test_figures_of_a_small_corpus():
    report = report_data(corpus(ANN, OTHER), corpus(ANN))
    assert (report.sentences, report.documents, report.tokens, report.longest_sentence) == (2, 2, 8, 4)
    assert report.entities == {"PER": 1, "LOC": 1, "Per": 1}
    assert report.outside_percent == pytest.approx(62.5)
    assert (report.shared_with_dev, report.unseen_percent) == (1, 0.0)
    assert report.similar_types == [("PER", "Per")]


@pytest.mark.parametrize(
    ("sentences", "dev", "notes", "words"),
    [
        ([ANN, ANN, OTHER], [ANN], [], "1 of 1 dev sentences (100 %) are in the training data"),
        ([ANN], None, [], "1 sentences are very little data"),
        ([ANN, OTHER], None, [], "types PER and Per differ in spelling only"),
        ([ANN], None, [], "fewer than 10 entities will hardly be learned: PER (1), LOC (1)"),
        ([ANN] * 5, None, [], "4 sentences repeat another"),
        ([ANN, Sentence.of_words(ANN.tokens, [], 9)], None, [], "contradict another with the same words (lines 1 and 9)"),
        ([ANN, *[Sentence.of_words(["Dear", "Annabel"], [], n) for n in range(9, 13)]], None, [], "such as 'Annabel'"),
        ([ANN], None, [Note(3, "tag repaired", "I-PER read as B-PER")], "repaired while reading: 1 × tag repaired"),
    ],
)  # fmt: skip
def test_each_problem_is_said(sentences, dev, notes, words):
    numbered = [Sentence.of_words(s.tokens, s.spans, s.line + 20 * n * (s is ANN)) for n, s in enumerate(sentences)]
    report = report_data(corpus(*numbered, notes=notes), None if dev is None else corpus(*dev))
    assert any(words in problem for problem in report.problems), report.problems
    assert any(words in line for line in report.summary[:10])


def test_a_name_of_characters_is_shown_as_one_word():
    name = Sentence.of_words("홍길동", [(0, 3, "PS")], 1)
    report = report_data(Corpus("towns", "character", [[name], [Sentence.of_words("홍길동도", [], 4)]]))
    assert report.unmarked_example == "홍길동"


def test_sound_data_have_no_problems():
    names = ["".join(chr(97 + (n // 26**k) % 26) for k in range(5)).title() for n in range(200)]
    sentences = [Sentence.of_words(["We", "met", name, "."], [(2, 3, "PER")], n) for n, name in enumerate(names)]
    assert report_data(corpus(*sentences[:150]), corpus(*sentences[150:])).problems == []


def test_the_command_reports_and_is_strict_when_asked(tmp_path):
    file = tmp_path / "towns.conll"
    file.write_text("Ann\tB-PER\nsings\tO\n\nAnn\tO\nsings\tO\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check-data", str(file)])
    assert result.exit_code == 0
    assert "contradict" in result.stdout
    assert CliRunner().invoke(app, ["check-data", str(file), "--strict"]).exit_code == 1
    values = json.loads(CliRunner().invoke(app, ["check-data", str(file), "--format", "json"]).stdout)
    assert values["contradictions"] == [[1, 4]]
    assert len(values["problems"]) == 3
