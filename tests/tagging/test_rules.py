"""Rules beside the model."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.tagging.rules import Rules, read_rules

TEXT = "New York Times and York"
MODEL = (Entity(0, 8, "LOC", "New York", 0.9), Entity(19, 23, "LOC", "York", 0.8))


@pytest.mark.parametrize(
    ("precedence", "found"),
    [
        ("rules", [("New York Times", "ORG"), ("York", "NAME")]),
        ("model", [("New York", "LOC"), ("York", "LOC")]),
        ("longest", [("New York Times", "ORG"), ("York", "NAME")]),
    ],
)
def test_precedence(precedence, found):
    rules = Rules({"New York Times": "ORG", "York": "NAME"}, precedence=precedence)
    document = rules.apply(Document(TEXT, MODEL))
    assert [(e.text, e.type) for e in document.entities] == found


def test_longest_keeps_the_model_s_longer_one():
    document = Rules({"York": "NAME"}, precedence="longest").apply(Document(TEXT, MODEL))
    assert [(e.text, e.type, e.probability) for e in document.entities] == [
        ("New York", "LOC", 0.9),
        ("York", "NAME", 1.0),
    ]


@given(st.text("ab .", max_size=30), st.lists(st.text("ab.", min_size=1, max_size=3), max_size=6))
def test_names_are_found_where_they_stand_as_words(text, names):
    found = Rules(dict.fromkeys(names, "X")).apply(Document(text)).entities
    expected = {
        (s, s + len(name))
        for name in names
        for s in range(len(text))
        if text.startswith(name, s)
        and not (text[s - 1 : s].isalnum() and name[0].isalnum())
        and not (text[s + len(name) : s + len(name) + 1].isalnum() and name[-1].isalnum())
    }
    assert {(e.start, e.end) for e in found} <= expected
    assert all(any(s < e.end and e.start < t for e in found) for s, t in expected)  # each is there, or a longer one


def test_files_and_their_faults(tmp_path):
    path = tmp_path / "rules.tsv"
    path.write_text("# mine\nAcme\tORG\n\nre:\\d+ kg\tQUANTITY\n", encoding="utf-8")
    found = read_rules(path).apply(Document("Acme sold 5 kg.")).entities
    assert [(e.text, e.type) for e in found] == [("Acme", "ORG"), ("5 kg", "QUANTITY")]
    for text, reason in (
        ("Acme ORG\n", "line 1: is not NAME"),
        ("re:(\tX\n", "no regular expression"),
        ("a\tX\n\xff", None),
    ):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(DataError, match=reason or ":2: byte 4 is not utf-8"):
            read_rules(path)
    with pytest.raises(DataError, match="precedence 'x'"):
        Rules({}, precedence="x")
    done = subprocess.run(
        [sys.executable, "-m", "fanlight", "tag", "a b", "--rules", str(tmp_path / "none")],
        capture_output=True,
        text=True,
    )
    assert "cannot be read" in done.stderr
