"""Patterns that the network is told of: learned from, kept in the model file, and used."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import fanlight
from fanlight.api.update import update_tagger
from fanlight.errors import ModelError, SettingsError
from fanlight.network.modelfile import load_model, read_arrays, save_model, write_arrays
from tests.towns import SMALL, TWO_STAGES, train_small

PLAIN = {
    **SMALL,
    "epochs": 10,
    "batch_tokens": 40,
    "context_width": 0,
    "radius": 2,
    "feature_dropout": {"word": 0.5},
    "features": {"word": {"buckets": 512, "dimension": 8, "features": ["exact"]}},
}


def codes(path, seed, documents=10):
    """Write sentences with part numbers, no two alike, and with other words of that shape that are none."""
    draw = random.Random(seed)
    lines = []
    for number in range(8 * documents):
        if number % 8 == 0:
            lines.append("-DOCSTART-\tO\n")
        part, other = (
            f"{draw.choice('AB')}{draw.choice('XYZ')}-{draw.randrange(10**6)}",
            f"{draw.choice('pq')}x-{draw.randrange(10**6)}",
        )
        words = [("Send", "O"), (part, "S-CODE"), ("and", "O"), (other, "O")]
        lines.append("".join(f"{word}\t{tag}\n" for word, tag in (words if number % 2 else words[:1] + words[:0:-1])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patterns")
    codes(folder / "train.conll", 1)
    codes(folder / "dev.conll", 2)
    (folder / "codes.tsv").write_text("re:[A-Z]{2}-\\d+\tCODE\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tagger(folder):
    return fanlight.train(
        folder / "train.conll", out=folder / "m.fanlight", patterns=[folder / "codes.tsv"], keep=50, **PLAIN
    )


def test_a_pattern_teaches_what_words_cannot(folder, tagger):
    fanlight.train(folder / "train.conll", out=folder / "without.fanlight", **PLAIN)
    assert fanlight.evaluate(folder / "m.fanlight", folder / "dev.conll").f1 > 99
    assert fanlight.evaluate(folder / "without.fanlight", folder / "dev.conll").f1 < 75


def test_the_model_file_keeps_them(folder, tagger):
    text = "Send AX-77 and px-78."
    assert [e.text for e in tagger(text).entities] == ["AX-77"]
    again = fanlight.load(folder / "m.fanlight", verify=True)
    assert again.model.patterns.expressions == {r"[A-Z]{2}-\d+": "CODE"}
    assert again(text) == tagger(text)
    many = fanlight.load(folder / "m.fanlight", engine="compiled").pipe([text] * 1000)
    assert [[e.text for e in document.entities] for document in many] == [["AX-77"]] * 1000


def without_checksum(metadata):
    """Return a file's header as those had it that were written before the fast checksum."""
    return {key: value for key, value in json.loads(metadata["fanlight"]).items() if key != "xxh3"}


def test_a_model_without_its_patterns_is_refused(folder, tagger):
    arrays, metadata = read_arrays(folder / "m.fanlight")
    header = without_checksum(metadata)
    for changed, reason in (
        (None, "names or patterns are missing"),
        ({"names": [], "expressions": [["(", "CODE"]]}, "no regular expression"),
        (
            {"names": [], "expressions": [[r"A(?!B)", "CODE"]]},
            "bad: .*negative lookahead.*not supported.*train the model",
        ),
        ({"names": [], "expressions": [[r"\d.{30}\d", "CODE"]]}, "is too large for a table"),
        ({"names": [], "expressions": [["a", "CODE"], ["b", "X"]]}, "names or patterns are missing"),
        ({"names": 5}, "damaged"),
    ):
        write_arrays(folder / "bad", arrays, {"fanlight": json.dumps({**header, "patterns": changed})})
        with pytest.raises(ModelError, match=reason):
            load_model(folder / "bad")
    save_model(replace(tagger.model), folder / "same")
    assert (folder / "same").read_bytes() == (folder / "m.fanlight").read_bytes()


def test_a_hostile_pattern_in_a_model_file_stops_nothing(folder, tagger):
    arrays, metadata = read_arrays(folder / "m.fanlight")
    patterns = {"names": [], "expressions": [["(A+)+$", "CODE"], [r"(\w+\s?)*!", "CODE"]]}
    header = {**without_checksum(metadata), "patterns": patterns}
    write_arrays(folder / "hostile", arrays, {"fanlight": json.dumps(header)})
    hostile = fanlight.load(folder / "hostile")
    text = "A" * 5000 + "b " + "Send " * 1000
    assert hostile(text).text == text


def test_two_passes_are_told_too_and_one_can_be_left_out(folder):
    settings = {**PLAIN, **TWO_STAGES, "lower_share": 0.5}
    out = folder / "two.fanlight"
    fanlight.train(folder / "train.conll", out=out, patterns=[folder / "codes.tsv"], **settings)
    assert fanlight.evaluate(out, folder / "dev.conll").f1 > 99
    assert [e.text for e in fanlight.load(out, passes=1)("Send px-78 and AX-77").entities] == ["AX-77"]


def test_a_resumed_run_needs_the_same_patterns(folder, monkeypatch):
    changes = {**PLAIN, "data": folder / "train.conll"}
    options = {"patterns": [folder / "codes.tsv"]}
    train_small(folder / "whole", options=options, **changes)
    train_small(folder / "killed", stop_after=2, options=options, **changes)
    with pytest.raises(SettingsError, match="other data or settings"):
        train_small(folder / "killed", resume=True, **changes)
    train_small(folder / "killed", resume=True, options=options, **changes)
    assert (folder / "killed").read_bytes() == (folder / "whole").read_bytes()


def test_an_update_keeps_them(folder, tagger):
    new = "".join(f"On\tO\n{day}\tS-DAY\n\n" for day in ["Monday", "Friday"] * 20)
    (folder / "new.conll").write_text(new, encoding="utf-8")
    out = folder / "updated"
    list(update_tagger(folder / "m.fanlight", [folder / "new.conll"], out, settings={"epochs": 8, "rate": 0.01}))
    assert fanlight.load(out).model.patterns.types == ("CODE",)
    entities = [(e.text, e.type) for e in fanlight.load(out)("Send BZ-5 and px-1\n\nOn Monday").entities]
    assert {("BZ-5", "CODE"), ("Monday", "DAY")} <= set(entities)


def test_they_are_explained_and_shown(folder, tagger):
    explanation = tagger.explain("Send AX-77 and px-78.", 1)
    assert explanation.tag == "S-CODE"
    parts = explanation.window[2].parts
    assert parts["patterns"] > abs(parts["word"])
    np.testing.assert_allclose(
        sum(w.contribution for w in explanation.window), explanation.scores["S-CODE"] - explanation.baseline, atol=1e-4
    )
    command = [sys.executable, "-m", "fanlight", "info", str(folder / "m.fanlight")]
    shown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert shown["patterns"]["expressions"] == {r"[A-Z]{2}-\d+": "CODE"}
    assert shown["gazetteers"] is None


def test_korean_characters_are_told_of_a_number_and_not_of_its_particle(tmp_path):
    draw = random.Random(3)
    lines = []
    for _ in range(60):
        number = f"제{draw.randrange(10, 999)}호"
        text = f"이것은 {number}는 아니다"
        start = text.index(number)
        lines.append(json.dumps({"text": text, "spans": [{"start": start, "end": start + len(number), "label": "NO"}]}))
    (tmp_path / "ko.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "no.tsv").write_text("re:제\\d+호\tNO\n", encoding="utf-8")
    tagger = fanlight.train(
        tmp_path / "ko.jsonl", out=tmp_path / "ko", patterns=[tmp_path / "no.tsv"], unit="character", **SMALL
    )
    assert [e.text for e in tagger("이것은 제7777호는 아니다").entities] == ["제7777호"]


def test_the_command_reads_them_and_names_a_fault(folder):
    (folder / "bad.tsv").write_text("re:(\tX\n", encoding="utf-8")
    command = [sys.executable, "-m", "fanlight", "train", str(folder / "train.conll"), "--out", str(folder / "c")]
    done = subprocess.run([*command, "--patterns", str(folder / "bad.tsv")], capture_output=True, text=True)
    assert done.returncode == 1
    assert "bad.tsv:1: the pattern '(' is no regular expression" in done.stderr
