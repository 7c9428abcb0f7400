"""The plain engine gives, for blocks of documents, what the equation gives for one text."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fanlight
from fanlight.engine import plain
from fanlight.engine.columns import Block
from fanlight.engine.plain import PlainEngine
from tests.references.one_text import entities_of
from tests.towns import SMALL, in_documents

NAMES = "Paris\tLOC\nMr. Smith\tPER\nin Paris\tLOC\nOslo Oslo\tLOC\n서울\tLOC\n東京\tLOC\n"
PATTERNS = "Paris\tTOWN\nre:\\d+([.,:]\\d+)*\tNUMBER\nre:(?i)[a-z]*o[a-z]* [a-z]+\tPAIR\nre:서.|\\s+\tPAIR\n"
CHARACTERS = {"unit": "character", "radius": 1}
TWO_STAGES = {"passes": 2, "folds": 2}
KINDS = {
    "chain": {},
    "chain, two stages": TWO_STAGES,
    "softmax, tanh": {"head": "softmax", "activation": "tanh", "epochs": 30},
    "sigmoid, no contexts": {"activation": "sigmoid", "radius": 1, "context_width": 0, "epochs": 30},
    "hardtanh, radius 0": {"activation": "hardtanh", "radius": 0},
    "logistic": {"head": "logistic", "epochs": 30},
    "logistic, two stages": {"head": "logistic", "epochs": 30, **TWO_STAGES},
    "gazetteer": {"gazetteers": True},
    "patterns": {"patterns": True},
    "gazetteer, patterns, two stages": {"gazetteers": True, "patterns": True, **TWO_STAGES},
    "characters": CHARACTERS,
    "characters, logistic": {**CHARACTERS, "head": "logistic"},
    "characters, all": {**CHARACTERS, "context_width": 4, "gazetteers": True, "patterns": True, **TWO_STAGES},
}
TEXTS = [
    "Oslo won. Mr. Smith of Paris said Oslo Oslo had 1,234.5 votes!\nPARIS SAYS\n\nParis?",
    "",
    " \t\x85\u3000\u200b",
    "Αθήνα ΑΣ ας İstanbul ß 𐐀𐐨 é ́x 👨‍👩‍👧 東京は日本の首都。次!",
    "이순신은 서울에서 태어났다. 서울, 부산!",
    "word, " * 300 + "Oslo " * 300,
    "\0",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    "Paris NATO. ,!\n\r\0'\"(-서울은 é👩\u200d", max_size=120
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, content in (("towns.conll", in_documents(5)), ("names.tsv", NAMES), ("patterns.tsv", PATTERNS)):
        (folder / name).write_text(content, encoding="utf-8")
    files = {"gazetteers": [folder / "names.tsv"], "patterns": [folder / "patterns.tsv"]}
    models = {name: fanlight.load(name).model for name in ("en", "ko")}
    for name, kind in KINDS.items():
        values = {key: files.get(key, value) for key, value in kind.items()}
        few = {**SMALL, "epochs": 6}
        if values.get("unit") == "character":
            few["batch_tokens"] = 500
        else:
            few |= {"batch_tokens": 250, "radius": 2, "context_width": 8}
        models[name] = fanlight.train(folder / "towns.conll", **{**few, **values}).model
    return models


def check(engine, texts, threshold=0.0):
    """Compare a block's columns with the entities of each text."""
    columns = engine.entities(Block.of(texts), np.full(len(engine.types), threshold))
    data = "".join(texts).encode()
    expected = [
        (document, *entity)
        for document, text in enumerate(texts)
        for entity in entities_of(engine.model, text)
        if entity[3] >= threshold
    ]
    rows = list(zip(columns.documents, columns.char_starts, columns.char_ends, columns.types, strict=True))
    assert [(d, s, e, engine.types[k]) for d, s, e, k in rows] == [row[:4] for row in expected]
    np.testing.assert_allclose(columns.probabilities, [row[4] for row in expected], atol=1e-6)
    for (d, s, e, _), begin, end in zip(rows, columns.byte_starts, columns.byte_ends, strict=True):
        assert data[begin:end].decode() == texts[d][s:e]
        assert begin == len("".join(texts[:d]).encode()) + len(texts[d][:s].encode())
    return len(rows)


@pytest.mark.parametrize("name", ["en", "ko", *KINDS])
def test_a_block_gets_the_entities_of_each_text(models, name):
    engine = PlainEngine(models[name])
    texts = [*TEXTS, "\n".join(TEXTS), *TEXTS]
    assert check(engine, texts) > 0
    check(engine, texts, 0.7)


@given(st.sampled_from(["en", "ko", *KINDS]), st.lists(TEXT, max_size=5))
def test_any_block_gets_the_entities_of_each_text(models, name, texts):
    check(PlainEngine(models[name]), texts)


@pytest.mark.parametrize("name", ["en", "ko"])
def test_neither_a_small_cache_nor_small_batches_show(models, name, monkeypatch):
    monkeypatch.setattr(plain, "BATCH_BYTES", 32)
    engine = PlainEngine(models[name])
    monkeypatch.setattr(engine.type_products, "limit", 40)
    for _ in range(2):
        check(engine, TEXTS)
    assert len(engine.type_products.numbers) < len(
        {key for text in TEXTS for key in text.split()} | set("".join(TEXTS))
    )


@pytest.mark.parametrize("name", ["en", "ko", "gazetteer, patterns, two stages"])
def test_company_does_not_show(models, name):
    texts = [f"Oslo won {n * 7}. Mr. Smith of Paris said Oslo {n} had 이순신 of 서울." for n in range(40)]
    engine, sizes = PlainEngine(models[name]), np.random.default_rng(3).integers(1, 12, 40)
    thresholds = np.zeros(len(engine.types))
    in_one_block = PlainEngine(models[name]).entities(Block.of(texts), thresholds)
    in_several, begin = [], 0
    for size in sizes:
        in_several += [*engine.entities(Block.of(texts[begin : begin + size]), thresholds).probabilities]
        begin += size
    assert len(in_several) >= 40
    np.testing.assert_allclose(in_one_block.probabilities, in_several, rtol=0, atol=1e-12)


def test_an_empty_block_has_no_entities(models):
    engine = PlainEngine(models["en"])
    assert all(len(column) == 0 for column in engine.entities(Block.of([]), np.zeros(len(engine.types))))


def test_no_module_of_the_plain_engine_imports_numba():
    script = (
        "import sys, fanlight; sys.modules['numba'] = None; t = fanlight.load('en', engine='plain');"
        "print([e.text for d in t.pipe(['Oslo is far from Paris.'] * 900) for e in d.entities] == ['Oslo', 'Paris'] * 900,"
        "'llvmlite' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
