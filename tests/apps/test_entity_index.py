"""Indexing, finding, the graph, masking."""

import datetime
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.apps import entity_index
from fanlight.apps.graph import graph_of, write_graph
from fanlight.entities.entity import Document, Entity
from fanlight.errors import DataError
from fanlight.tagging.masking import Masker, unmask
from fanlight.values import ValueOptions

FANLIGHT = [sys.executable, "-m", "fanlight"]
TEXTS = [
    "Acme opened an office in Paris.", "Ann Lee of Globex visited Paris and New York.", "", "Elections in New York.",
    "Globex and Acme meet in Oslo.", '이순신은 "서울에서" 태어났다.',
]  # fmt: skip


def marked(text):
    """Find some names, as a model would."""
    names = {
        "Acme": "ORG",
        "Globex": "ORG",
        "Paris": "LOC",
        "New York": "LOC",
        "Oslo": "LOC",
        "Ann Lee": "PER",
        "서울": "LOC",
        "March 2020": "DATE",
        "2 May 2024": "DATE",
        "2023": "DATE",
        "yesterday": "DATE",
        "5 pm": "TIME",
        "two hours": "DATE",
        "$3 million": "MONEY",
        "500 euros": "MONEY",
        "12 %": "PERCENT",
        "5 miles": "QUANTITY",
        "7 km": "QUANTITY",
        "9 kg": "QUANTITY",
        "20 to 30 °C": "QUANTITY",
        "2-3 years": "DATE",
    }
    entities = [Entity(text.index(n), text.index(n) + len(n), t, n, 0.9) for n, t in names.items() if n in text]
    return Document(text, tuple(sorted(entities, key=lambda e: e.start)))


def filled(folder, texts=TEXTS, options=ValueOptions()):  # noqa: B008
    (folder / "a.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    lines = lambda path: iter(pathlib.Path(path).read_text(encoding="utf-8").split("\n")[:-1])  # noqa: E731
    list(
        entity_index.index([folder / "a.txt"], folder / "db", lambda batch: map(marked, batch), lines, options=options)
    )
    return folder / "db"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("type:ORG", ["Acme", "Globex", "Globex", "Acme"]),
        ("type:ORG near:Paris", ["Acme", "Globex"]),
        ('near:"New York" type:PER', ["Ann Lee"]),
        ("name:york", ["New York", "New York"]),
        ("elections", ["New York"]),
        ("elect*", ["New York"]),
        ("서울*", ["서울"]),
        ("서울", ["서울"]),
        ("이순신", ["서울"]),
        ("이순", []),
        ('"이순신은 서울"', ["서울"]),
        ('"이순신 서울"', []),
        ("name:서울", ["서울"]),
        ("name:Paris near:Paris", []),
        ("OR AND ( * ^ NEAR", []),
    ],
)
def test_queries_find_what_they_say(tmp_path, query, names):
    assert [m.name for m in entity_index.find(filled(tmp_path), query)] == names


def test_korean_words_are_found_before_particles_alone(tmp_path):
    texts = ["서울에서 만났다.", "서울대에서 만났다.", "Acme는 서울에서는 크다.", "서울 시청"]
    database = filled(tmp_path, texts)
    assert [m.line for m in entity_index.find(database, "서울 type:LOC")] == [1, 3, 4]
    assert [m.line for m in entity_index.find(database, "서울* type:LOC")] == [1, 2, 3, 4]
    assert [m.name for m in entity_index.find(database, "near:서울")] == ["Acme"]


def test_mentions_are_where_they_say(tmp_path):
    database = filled(tmp_path)
    for m in entity_index.find(database, "type:LOC", 100):
        assert TEXTS[m.line - 1] == m.text
        assert m.text[m.start : m.end] == m.name
    assert entity_index.count_names(database, "type:LOC")[:2] == [("New York", "LOC", 2), ("Paris", "LOC", 2)]


def test_faults_are_named(tmp_path):
    with pytest.raises(DataError, match="no such database"):
        entity_index.find(tmp_path / "none", "x")
    (tmp_path / "text").write_text("x" * 5000)
    with pytest.raises(DataError, match="is it a file of"):
        entity_index.find(tmp_path / "text", "x")
    connection = sqlite3.connect(tmp_path / "other")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(DataError, match="is not a database of"):
        entity_index.find(tmp_path / "other", "x")
    database = filled(tmp_path)
    with pytest.raises(DataError, match="empty"):
        entity_index.find(database, "  ")
    with pytest.raises(DataError, match="has changed"):
        filled(tmp_path, [*TEXTS, "more"])


VALUED = [
    "Acme paid $3 million on 2 May 2024.", "Globex paid 500 euros in March 2020.", "Ann Lee came at 5 pm yesterday.",
    "It is 20 to 30 °C, and lasts 2-3 years.", "In 2023 the road was 5 miles long, or 7 km, at 9 kg.", "It took two hours, 12 % more.",
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("date>=2023-01 type:ORG", ["Acme"]),
        ("date>=2023-01", ["2 May 2024", "yesterday", "2023"]),
        ("date>=2023-02", ["2 May 2024", "yesterday"]),
        ("date<2023", ["March 2020"]),
        ("date>=2020 date<=2024-04", ["March 2020", "2023"]),
        ('date = "2 May 2024"', ["2 May 2024"]),
        ("date>=2023 type:DATE", ["2 May 2024", "yesterday", "2023"]),
        ("money>=1000", ["$3 million"]),
        ("money>=100", ["$3 million", "500 euros"]),
        ("money>=100EUR", ["500 euros"]),
        ('money>"2 million dollars" date>=2023', ["$3 million", "2 May 2024"]),
        ("money<1000 name:globex", ["Globex"]),
        ("quantity>7km", ["5 miles"]),
        ("quantity>=7km", ["5 miles", "7 km"]),
        ("quantity>5", ["20 to 30 °C", "7 km", "9 kg"]),
        ('quantity="5 miles"', ["5 miles"]),
        ("quantity>1kg", ["9 kg"]),
        ("time>12:00 type:PER", ["Ann Lee"]),
        ('duration<"3 hours"', ["two hours"]),
        ('duration>="2 years"', ["2-3 years"]),
        ('duration>"2 years"', []),
        ('quantity<="86 °F"', ["20 to 30 °C"]),
        ('quantity<="80 °F"', []),
        ("percent>10", ["12 %"]),
        ("percent>20", []),
    ],
)
def test_queries_compare_values(tmp_path, query, names):
    database = filled(tmp_path, VALUED, ValueOptions(datetime.date(2026, 11, 28)))
    assert sorted(m.name for m in entity_index.find(database, query)) == sorted(names)
    assert sorted(name for name, *_ in entity_index.count_names(database, query)) == sorted(names)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("date>=soon", "'soon' is no date"),
        ('date>="3 March"', "has no year"),
        ("money>=many", "'many' is no money"),
        ("mony>=5", "did you mean money>="),
        ("date:2023", "behind date stands"),
        ("type=ORG", "behind type stands :"),
        ("money>=", "asks for nothing"),
    ],
)
def test_comparisons_that_cannot_be_made_are_named(tmp_path, query, message):
    with pytest.raises(DataError, match=re.escape(message)):
        entity_index.find(filled(tmp_path, VALUED), query)


def test_mentions_have_values(tmp_path):
    (money, *_) = entity_index.find(filled(tmp_path, VALUED), "money>=1000")
    assert money.value == {"kind": "money", "number": 3000000, "unit": "USD"}
    assert [m.value for m in entity_index.find(tmp_path / "db", "name:acme")] == [None]


def test_a_database_without_values_gets_them_when_it_is_gone_on_with(tmp_path):
    database = filled(tmp_path, VALUED)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("DROP TABLE amounts; PRAGMA user_version = 3")
    assert [m.name for m in entity_index.find(database, "name:acme")] == ["Acme"]
    with pytest.raises(DataError, match="before values were indexed"):
        entity_index.find(database, "money>=1000")
    filled(tmp_path, VALUED)
    assert [m.name for m in entity_index.find(database, "money>=1000")] == ["$3 million"]


def test_the_graph_can_be_read(tmp_path):
    graph = graph_of([mentions for _, mentions in entity_index.mentions(filled(tmp_path))])
    assert graph.nodes["Paris", "LOC"] == 2
    assert graph.edges[("Acme", "ORG"), ("Globex", "ORG")] == 1
    write_graph(graph, tmp_path / "g.graphml")
    import networkx

    read = networkx.read_graphml(tmp_path / "g.graphml")
    assert read.number_of_nodes() == len(graph.nodes)
    assert read.number_of_edges() == len(graph.edges)
    assert {(d["name"], d["type"], d["texts"]) for _, d in read.nodes(data=True)} == {
        (*k, n) for k, n in graph.nodes.items()
    }
    write_graph(graph, tmp_path / "g.jsonld")
    assert {n["name"] for n in json.loads((tmp_path / "g.jsonld").read_text())["@graph"]} == {n for n, _ in graph.nodes}
    latin = {entity: count for entity, count in graph.nodes.items() if entity[0].isascii()}
    write_graph(replace(graph, nodes=latin), tmp_path / "g.svg")
    ElementTree.parse(tmp_path / "g.svg")
    for place, reason in (
        ("g.txt", "graphml"),
        ("none/g.graphml", "cannot be written"),
        ("none/g.png", "cannot be written"),
    ):
        with pytest.raises(DataError, match=reason):
            write_graph(replace(graph, nodes=latin), tmp_path / place)


def test_a_last_name_is_merged_only_where_it_is_clear():
    texts = [[("Ann Smith", "PER"), ("Smith", "PER")], [("Ann Smith", "PER"), ("Bob Smith", "PER"), ("Smith", "PER")], [("Smith", "ORG")]]  # fmt: skip
    assert graph_of(texts).nodes == {("Ann Smith", "PER"): 2, ("Bob Smith", "PER"): 1, ("Smith", "ORG"): 1, ("Smith", "PER"): 1}  # fmt: skip


@given(st.lists(st.text("[]PER_12 Annb", max_size=30), min_size=1, max_size=5))
def test_unmasking_gives_back_what_was_masked(texts):
    masker = Masker()
    masker.reserve(texts)
    for text in texts:
        names = [Entity(i, i + 3, "PER", "Ann") for i in range(len(text)) if text.startswith("Ann", i)]
        masked = masker.mask(Document(text, tuple(names)))
        assert "Ann" not in masked
        assert unmask(masked, masker.names) == text
    again = Masker(names=json.loads(json.dumps(masker.names)))
    assert again.mask(Document("Ann", (Entity(0, 3, "PER", "Ann"),))) in masker.names or not masker.names


def test_the_commands_mask_and_restore(tmp_path):
    text = "Bill Clinton met Tony Blair in London.\nOn Monday Bill Clinton [PER_1] spoke.\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    run = lambda *words: subprocess.run([*FANLIGHT, *words], capture_output=True, text=True)  # noqa: E731
    masked = run("mask", str(tmp_path / "a.txt"), "--key", str(tmp_path / "k.json"), "--types", "PER")
    assert masked.stdout == "[PER_2] met [PER_3] in London.\nOn Monday [PER_2] [PER_1] spoke.\n"
    (tmp_path / "b.txt").write_text(masked.stdout, encoding="utf-8")
    assert run("unmask", str(tmp_path / "b.txt"), "--key", str(tmp_path / "k.json")).stdout == text
    assert run("mask", "Ann Lee lives in Oslo.", "--redact").stdout == "[PER] lives in [LOC].\n"
    for options in (["mask", "x y"], ["unmask", "x y", "--key", str(tmp_path / "none")], ["mask", "[PER_2] x", "--key", str(tmp_path / "k.json")]):  # fmt: skip
        done = run(*options)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
