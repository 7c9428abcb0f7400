"""Corpora that mark different types: what their labels say, and what is learned from them."""

import re
from itertools import product

import numpy as np
import pytest

import fanlight
from fanlight.calculus import check_gradient, evaluate, symbol
from fanlight.corpus.annotation import Annotation, meanings_of
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import TagSet
from fanlight.errors import DataError, SettingsError
from fanlight.network.chain import legal_transitions
from fanlight.network.losses import UNKNOWN, loss_inputs, loss_of
from fanlight.training.labels import Labels
from tests.networks import build_configuration
from tests.towns import SMALL, TOWNS

TYPES = ("LOC", "PER")
PARTIAL = Annotation({"per": ("PER",), "name": ("LOC", "PER")}, frozenset({"LOC"}))


def names(labels, numbers):
    """The tags that each label allows."""
    tags = TagSet(TYPES).tags
    return [{tags[k] for k in np.flatnonzero(labels.allowed_tags[number])} for number in numbers]


def test_labels_allow_what_the_annotation_leaves_open():
    labels = Labels(TYPES, overlapping=False)
    codes = labels.encode([(1, 3, "per"), (3, 4, "name")], 5, PARTIAL)
    nothing = {"O", "B-LOC", "I-LOC", "E-LOC", "S-LOC"}
    assert names(labels, codes) == [nothing, {"B-PER"}, {"E-PER"}, {"S-LOC", "S-PER"}, nothing]
    annotation = Annotation({"LOC": ("LOC",), "PER": ("PER",)}, frozenset())
    assert names(labels, labels.encode([(0, 1, "LOC")], 2, annotation)) == [{"S-LOC"}, {"O"}]
    columns = Labels(TYPES, overlapping=True).encode([(1, 3, "per"), (3, 4, "name")], 5, PARTIAL)
    assert columns[:, 0].tolist() == [UNKNOWN] * 5
    assert columns[:, 1].tolist() == [0, 1, 3, UNKNOWN, 0]


def test_the_loss_is_that_of_all_readings_together():
    """Against the sum over every path, written out."""
    configuration = build_configuration("chain")
    labels = Labels(TYPES, overlapping=False)
    gold = labels.encode([(0, 1, "name")], 3, PARTIAL)
    rng = np.random.default_rng(3)
    K = configuration.tags
    point = {"Z": rng.normal(size=(3, K)), "A": rng.normal(size=(K + 1, K + 1))}
    point |= loss_inputs(configuration, gold, np.array([0, 3]), rng, labels.allowed_tags)
    A = point["A"] + legal_transitions(TYPES)
    paths = list(product(range(K), repeat=3))
    scores = np.array(
        [
            sum(point["Z"][t, k] for t, k in enumerate(p)) + sum(A[i, j] for i, j in zip((K, *p), (*p, K), strict=True))
            for p in paths
        ]
    )
    right = np.array([all(labels.allowed_tags[g, k] for g, k in zip(gold, p, strict=True)) for p in paths])
    expected = (np.log(np.exp(scores).sum()) - np.log(np.exp(scores[right]).sum())) / 3
    loss = loss_of(symbol("Z", ("N", "K")), configuration, partial=True)
    assert evaluate(loss, point) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("head", "which"),
    [("chain", "likelihood"), ("softmax", "cross-entropy"), ("logistic", "logistic"), ("logistic", "margin")],
)
def test_gradients_of_partial_losses(head, which):
    configuration = build_configuration(head, which)
    labels = Labels(TYPES, head == "logistic")
    gold = labels.encode([(1, 3, "per"), (3, 4, "name")], 5, PARTIAL)
    rng = np.random.default_rng(5)
    K = configuration.tags
    point = {"Z": rng.normal(size=(5, K)), "A": rng.normal(size=(K + 1, K + 1))}
    point |= loss_inputs(configuration, gold, np.array([0, 3, 5]), rng, labels.allowed_tags)
    loss = loss_of(symbol("Z", ("N", "K")), configuration, partial=True)
    for name in ["Z", "A"] if head == "chain" else ["Z"]:
        assert check_gradient(loss, name, point).error < 1e-6
    if head == "logistic" and which == "logistic":  # what the corpus leaves open teaches nothing
        moved = {**point, "Z": point["Z"] + 9 * np.repeat(gold == UNKNOWN, 4, axis=1)}
        assert evaluate(loss, moved) == pytest.approx(evaluate(loss, point))


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """The small corpus in halves, of which the one marks places alone, under another name, and the other all the rest."""
    folder = tmp_path_factory.mktemp("halves")
    sentences = TOWNS.read_text(encoding="utf-8").strip().split("\n\n")
    places = re.sub(r"[BI]-(PER|ORG)", "O", "\n\n".join(sentences[::2])).replace("LOC", "town")
    people = re.sub(r"[BI]-LOC", "O", "\n\n".join(sentences[1::2]))
    (folder / "places.conll").write_text(places + "\n", encoding="utf-8")
    (folder / "people.conll").write_text(people + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("head", ["chain", "softmax", "logistic"])
def test_two_corpora_teach_one_model_all_types(halves, tmp_path, head):
    settings = {
        "corpora": {"places.conll": {"types": {"town": "LOC"}}},
        "head": head,
        **SMALL,
        "epochs": 40 if head == "logistic" else 12,
    }
    tagger = fanlight.train(
        halves / "people.conll", None, tmp_path / "m.fanlight", also=[halves / "places.conll"], **settings
    )
    assert tagger.types == ("LOC", "ORG", "PER")
    assert fanlight.evaluate(tmp_path / "m.fanlight", TOWNS).f1 > 85
    assert fanlight.evaluate(tmp_path / "m.fanlight", TOWNS, types=["PER"]).types.keys() == {"PER"}
    # taught that there are no places in the one file and no people in the other, it finds fewer
    blind = {**settings, "corpora": {**settings["corpora"], "people.conll": {"unmarked": []}}}
    blind["corpora"]["places.conll"] = {"types": {"town": "LOC"}, "unmarked": []}
    fanlight.train(halves / "people.conll", None, tmp_path / "b.fanlight", also=[halves / "places.conll"], **blind)
    scores = [fanlight.evaluate(tmp_path / name, TOWNS).overall.recall for name in ("m.fanlight", "b.fanlight")]
    assert scores[0] > scores[1]


def test_the_dev_set_counts_what_it_marks(halves, tmp_path):
    run = fanlight.train(
        halves / "people.conll",
        halves / "people.conll",
        also=[halves / "places.conll"],
        corpora={"places.conll": {"types": {"town": "LOC"}}},
        **SMALL,
    )
    assert run.model.provenance["dev scores"]["f1"] > 90
    assert [file["file"] for file in run.model.provenance["also"]] == ["places.conll"]


def test_files_and_types_that_do_not_exist_are_named(halves):
    sentence = Sentence.of_words(["Oslo"], [(0, 1, "LOC")])
    corpora = [Corpus("a/train.txt", "word", [[sentence]]), Corpus("b/train.txt", "word", [[sentence]])]
    assert [m.partial for m in meanings_of(corpora, {})] == [False, False]
    meanings = meanings_of(corpora, {"b/train.txt": ({"LOC": ("LOC", "GPE")}, ["GPE"])})
    assert meanings[0].unmarked == {"GPE"}
    assert meanings[1].partial
    for wrong_corpora, message in (
        ({"c.txt": ({}, None)}, r"corpora\.c\.txt: no training file of that name; there are a/train\.txt, b"),
        ({"a/train.txt": ({"PER": ("X",)}, None)}, "a/train.txt has no type 'PER'; it has LOC"),
        ({"a/train.txt": ({}, ["PER"])}, "there is no type 'PER'; there are LOC"),
    ):
        with pytest.raises(SettingsError, match=message):
            meanings_of(corpora, wrong_corpora)
    korean = halves / "ko.tsv"
    korean.write_text("## k\t<서울:LC>\n서\tB-LC\n울\tI-LC\n\n", encoding="utf-8")
    with pytest.raises(DataError, match="is of characters, but .* of words"):
        fanlight.train(TOWNS, also=[korean], **SMALL)
