"""Self-training: raw text that two networks label alike is learned from."""

import json
from itertools import product

import pytest

import fanlight
from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.errors import DataError
from fanlight.training.self_training import EMPTY_SHARE, MAX_RAW, RawText, label_by_agreement, raw_share
from tests.towns import SMALL, TWO_STAGES, in_documents, train_small

# where a name stands tells what it is, but for the last: there it must be a name that is known
PLACES = {
    "LOC": ("we flew to {} yesterday", "they live near {} now"),
    "PER": ("we thanked {} warmly", "{} smiled at us"),
}
VAGUE = "it was {} again"
NAMES = {"LOC": ("Oslo", "Accra", "Lima", "Quito"), "PER": ("Ada", "Mina", "Omar", "Ines")}
UNSEEN = {"LOC": ("Brno", "Turku", "Cusco", "Dakar"), "PER": ("Hedy", "Emil", "Yuna", "Raul")}
QUICK = {**SMALL, "epochs": 12, "passes": 1}


def labelled_lines(names, places=PLACES):
    """Yield (text, start, end, type) of sentences with names in places that tell what they are."""
    for type_, rows in places.items():
        for row, name in product(rows, names[type_]):
            start = row.index("{}")
            yield row.format(name), start, start + len(name), type_


def write_labelled(path, names, places=PLACES):
    rows = [
        {"text": text, "spans": [{"start": start, "end": end, "label": type_}]}
        for text, start, end, type_ in labelled_lines(names, places)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Labelled sentences, raw text with other names in the same places, and all of these names in a vague place."""
    folder = tmp_path_factory.mktemp("raw")
    everywhere = {type_: (*rows, VAGUE) for type_, rows in PLACES.items()}
    write_labelled(folder / "train.jsonl", NAMES, everywhere)
    write_labelled(folder / "test.jsonl", UNSEEN, {"LOC": (VAGUE,), "PER": (VAGUE,)})
    lines = [text for text, *_ in labelled_lines(UNSEEN)] + ["it rained all day", "nobody was there"]
    (folder / "raw.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_names_of_raw_text_are_learned(folder):
    without, learned = (folder / "without", folder / "with")
    fanlight.train(folder / "train.jsonl", out=without, **QUICK)
    stages = []
    fanlight.train(
        folder / "train.jsonl",
        out=learned,
        raw=folder / "raw.txt",
        on_epoch=lambda epoch: stages.append(epoch.stage),
        **QUICK,
    )
    assert list(dict.fromkeys(stages)) == ["labeller 1", "labeller 2", ""]
    before, after = (fanlight.evaluate(model, folder / "test.jsonl").f1 for model in (without, learned))
    assert after > before + 20
    source = fanlight.load(learned).model.provenance["raw"]
    assert source["text"] == "raw.txt"
    assert source["sentences"] > 8


def test_a_seed_gives_the_same_bits_and_another_seed_others(folder, tmp_path):
    files = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fanlight.train(folder / "train.jsonl", out=tmp_path / name, raw=[folder / "raw.txt"], seed=seed, **QUICK)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1] != files[2]


def test_the_first_labeller_is_the_model_without_raw_text(folder, tmp_path):
    """So where raw text gives nothing to learn from, or dev F1 falls, nothing is lost."""
    (tmp_path / "raw.txt").write_text("it rained\n", encoding="utf-8")
    warnings = []
    for name, options in (("a", {}), ("b", {"raw": [tmp_path / "raw.txt"], "warn": warnings.append})):
        train_small(tmp_path / name, data=folder / "train.jsonl", options=options, epochs=3, passes=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert any("three trainings instead of one" in warning for warning in warnings)
    assert any("has no sentence with an entity of which both networks are sure" in warning for warning in warnings)


def test_what_did_not_help_is_not_written(folder, tmp_path, monkeypatch):
    from fanlight.training import self_training

    scores = iter([90.0, 80.0])
    monkeypatch.setattr(self_training, "dev_f1", lambda model: next(scores))
    warnings = []
    options = {"raw": [folder / "raw.txt"], "warn": warnings.append}
    train_small(tmp_path / "b", data=folder / "train.jsonl", options=options, **{**QUICK, "epochs": 8})
    train_small(tmp_path / "a", data=folder / "train.jsonl", **{**QUICK, "epochs": 8})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert any("has not helped: dev F1 90.00 without it, 80.00 with it" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("stop_after", "stages"),
    [(1, {"passes": 1}), (2, {"passes": 1}), (3, {"passes": 1}), (5, {"passes": 1}), (8, TWO_STAGES)],
    ids=["in labeller 1", "between labellers", "in labeller 2", "in the last", "two stages"],
)
def test_a_run_that_is_stopped_anywhere_goes_on_to_the_same_file(tmp_path, stop_after, stages):
    data = tmp_path / "towns.conll"
    data.write_text(in_documents(4), encoding="utf-8")
    raw = "\n".join(f"Mina Park lives in Lisbon with {n} dogs ." for n in range(9))
    (tmp_path / "raw.txt").write_text(raw, encoding="utf-8")
    options, changes = {"raw": [tmp_path / "raw.txt"]}, {**stages, "epochs": 2, "rate": 0.03}
    all_epochs = train_small(tmp_path / "all", data=data, options=options, **changes)
    before = train_small(tmp_path / "m", data=data, options=options, stop_after=stop_after, **changes)
    assert not (tmp_path / "m").exists()
    again = train_small(tmp_path / "m", data=data, options=options, resume=True, **changes)
    assert len(before) < len(all_epochs)
    assert len(again) < len(all_epochs)
    assert (tmp_path / "m").read_bytes() == (tmp_path / "all").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "m", "raw.txt", "towns.conll"]
    assert "raw" in fanlight.load(tmp_path / "m").model.provenance


def test_korean(tmp_path):
    places = {"LC": ("어제 {}에 갔다", "{}까지 멀다"), "PS": ("{}가 웃었다", "{}는 학생이다")}
    write_labelled(tmp_path / "train.jsonl", {"LC": ("서울", "부산", "대구"), "PS": ("민수", "지아", "수호")}, places)
    lines = [text for text, *_ in labelled_lines({"LC": ("광주", "제주"), "PS": ("유나", "태오")}, places)]
    (tmp_path / "raw.txt").write_text("\n".join(lines), encoding="utf-8")
    tagger = fanlight.train(tmp_path / "train.jsonl", raw=tmp_path / "raw.txt", **QUICK)
    assert tagger.unit == "character"
    assert tagger.model.provenance["raw"]["sentences"] > 0


class FixedModel:
    """A model that finds every name of a list; the engine of the test below reads it."""

    def __init__(self, names, probability=0.99):
        self.names, self.probability = names, probability
        self.configuration = type("Configuration", (), {"unit": "word"})


def test_sentences_are_taken_where_networks_agree(monkeypatch):
    from fanlight.network.decoding import TokenSpan
    from fanlight.training import self_training

    class Engine:
        unit = "word"

        def __init__(self, model):
            self.model = model

        def token_spans(self, tokens):
            return [
                TokenSpan(n, n + 1, "LOC", self.model.probability)
                for n, word in enumerate(tokens.words)
                if word in self.model.names
            ]

    monkeypatch.setattr(self_training, "PlainEngine", Engine)
    rows = [
        "to Oslo",
        "to Rome",
        "to Lima",
        "to Oslo",
        "from Oslo",
        "it rained",
        "it snowed",
        "it blew",
        "by Oslo and Lima",
    ]
    documents = [[Sentence.of_words(row.split(), ())] for row in rows]
    train = Corpus("train", "word", [[Sentence.of_words(["from", "Oslo"], [(1, 2, "LOC")])]])
    models = [FixedModel(["Oslo", "Rome"]), FixedModel(["Oslo", "Lima"])]
    corpus = label_by_agreement(models, RawText("raw.txt", documents), [train], 1)
    taken = [(sentence.text, sentence.spans) for sentence in corpus.sentences]
    assert [row for row in taken if row[1]] == [("to Oslo", ((1, 2, "LOC"),))]
    assert len(taken) == 1 + round(EMPTY_SHARE)
    doubting = [FixedModel(["Oslo"]), FixedModel(["Oslo"], probability=0.2)]
    assert not label_by_agreement(doubting, RawText("raw.txt", documents), [train], 1).sentences


def test_no_epoch_shows_more_raw_sentences_than_labelled():
    sentence = Sentence.of_words(["Oslo"], [(0, 1, "LOC")])
    raw, train = (Corpus("x", "word", [[sentence]] * count) for count in (1000, 100))
    assert raw_share(raw, [train]) * 1000 == 100 * MAX_RAW
    assert raw_share(train, [raw]) == 1


@pytest.mark.parametrize("data", [b"", b"\n\n", b"caf\xe9\n", None])
def test_raw_text_that_cannot_be_read_is_refused_before_training(folder, tmp_path, data):
    if data is not None:
        (tmp_path / "raw.txt").write_bytes(data)
    epochs = []
    with pytest.raises(DataError, match=r"raw\.txt: has no text|raw\.txt:1: byte 3 is not utf-8|cannot be read"):
        fanlight.train(folder / "train.jsonl", raw=tmp_path / "raw.txt", on_epoch=epochs.append, **QUICK)
    assert not epochs


def test_raw_lines_limits_what_is_read(folder, tmp_path):
    (tmp_path / "raw.txt").write_bytes(b"\n\n" + b"we flew to Brno yesterday\n")
    with pytest.raises(DataError, match="has no text in its first 2 lines"):
        fanlight.train(folder / "train.jsonl", raw=tmp_path / "raw.txt", raw_lines=2, **QUICK)
