"""Networks of every kind that the engines run, texts that are hard for them, and what compares two answers."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import fanlight
from fanlight.engine import views
from fanlight.engine.columns import Block
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.twins import ROUNDING
from fanlight.tagging.tagger import Tagger
from tests.towns import SMALL, TWO_STAGES, in_documents

ENGLISH = [
    "Museums in Paris are amazing to see. Mr. Smith's U.S. friends, e.g. O'Neill, didn't come (yet)!",
    "NATO SAYS IRAQ WILL VOTE\nBAGHDAD - Iraqi officials said on Monday that Jones won. Jones had 1,234.5 votes.\n\nJones!",
    "paris is lower, Paris is not; http://www.x.org/Paris and ada@home.org wrote “quotes” — dashes… 3:15",
    "Αθήνα ΑΣ ας İstanbul ŞIRNAK ß ﬁ Ǆ ǅ 𐐀𐐨 é é ́x 👨‍👩‍👧 👍🏽 東京は日本の首都。次!",
    "",
    " \t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\u200b\ufeff",
    "a" * 5000,
    "word, " * 700 + "Oslo " * 600,
    'NUL\0 inside\r\nof Rome\rand "back\\slash" \x01\x02\x7f ends',
]
KOREAN = [
    "이순신은 서울에서 태어났다. 1592년 4월 13일, 부산!",
    "“서울은” 크다(부산도)…\n\n짧은 줄\n다음 줄 Seoul 서울",
    "각 한글 ㄱㄴㄷ 서울́에서",
    "서" * 1200,
]  # fmt: skip

# Names that begin, end and overlap in the texts above, one of them longer than any sentence's remainder.
GAZETTEER = """Paris	LOC
museums in Paris	MISC
in Paris	LOC
Mr. Smith's U.S. friends	PER
Mr	PER
Smith	PER
IRAQ WILL VOTE	ORG
Baghdad - Iraqi	ORG
Jones!	PER
Jones	PER
Jones won. Jones had	PER
東京	LOC
αθήνα ας	LOC
Oslo Oslo Oslo	LOC
Oslo	LOC
word, word	MISC
이순신	PER
서울	LOC
부산도	LOC
"""
# Names, expressions that match parts of tokens, several, none, and at the beginning and the end of a sentence.
PATTERNS = """Paris	TOWN
Mr. Smith	PERSON
서울	TOWN
é	LETTER
re:^\\w+	BEGINNING
re:\\w+[.!]$	END
re:(?i)[a-z]*o[a-z]* [a-z]+	PAIR
re:\\d+([.,:]\\d+)*	NUMBER
re:a*	LETTER
re:[“”]|—	LETTER
re:서.|\\s+	PAIR
"""
REACHING = {
    "word": {
        "form": {"buckets": 512, "dimension": 8, "features": ["lower"]},
        "affix": {"buckets": 512, "dimension": 8, "features": ["prefixes", "suffixes"], "reach": 1},
        "shape": {"buckets": 64, "dimension": 4, "features": ["shape", "case"], "reach": 0},
    },
    "character": {
        "character": {"buckets": 512, "dimension": 8, "features": ["character", "class"]},
        "place": {"buckets": 64, "dimension": 4, "features": ["position", "neighbours"], "reach": 2},
        "bigram": {"buckets": 512, "dimension": 9, "features": ["left", "around"], "reach": 1},
        "word": {"buckets": 512, "dimension": 8, "features": ["word", "rest"], "reach": 0},
    },
}

_NAMES, _PATTERNS = {"gazetteers": ["names.tsv"]}, {"patterns": ["patterns.tsv"]}
_CHARACTERS = {"unit": "character"}
KINDS = {
    "two": TWO_STAGES,
    "softmax": {"head": "softmax", "activation": "tanh"},
    "sigmoid": {"activation": "sigmoid", "radius": 1, "context_width": 0},
    "hardtanh": {"activation": "hardtanh", "radius": 0},
    "words with a reach": {"features": REACHING["word"], "radius": 3},
    "characters with a reach": {"features": REACHING["character"], **_CHARACTERS, "radius": 3},
    "characters, two": {**_CHARACTERS, **TWO_STAGES, "radius": 1},
    "logistic": {"head": "logistic"},
    "logistic, two": {"head": "logistic", **TWO_STAGES},
    "characters, logistic": {"head": "logistic", **_CHARACTERS, "radius": 1, "epochs": 12, "rate": 0.03},
    "names": _NAMES,
    "names, two, logistic": {**_NAMES, "head": "logistic", **TWO_STAGES},
    "patterns": _PATTERNS,
    "names and patterns, two": {**_NAMES, **_PATTERNS, **TWO_STAGES},
    "characters, names and patterns": {**_NAMES, **_PATTERNS, **_CHARACTERS, "radius": 2},
    "characters with contexts": {**_CHARACTERS, "context_width": 4, "radius": 1},
    "characters, all, two": {**_NAMES, **_PATTERNS, **_CHARACTERS, "context_width": 4, **TWO_STAGES},
}
BUNDLED = {"en": {}, "ko": {}, "en, one pass": {"passes": 1}}
NAMES = [*BUNDLED, *KINDS]


def train_kind(name, folder):
    """Return a tagger of a kind; the folder is to hold what it is trained on."""
    if name in BUNDLED:
        return fanlight.load(name.partition(",")[0], **BUNDLED[name])
    for file, text in {"towns.conll": in_documents(5), "names.tsv": GAZETTEER, "patterns.tsv": PATTERNS}.items():
        (folder / file).write_text(text, encoding="utf-8")
    settings = dict(KINDS[name])
    for files in settings.keys() & {"gazetteers", "patterns"}:
        settings[files] = [folder / file for file in settings[files]]
    few = {**SMALL, "epochs": 6}  # of which a network with the default settings for so few would lack contexts
    if settings.get("unit") == "character":
        few["batch_tokens"] = 500
    else:
        few |= {"batch_tokens": 250, "radius": 2, "context_width": 8}
    tagger = fanlight.train(folder / "towns.conll", **{**few, **settings})
    if name not in ("logistic", "logistic, two"):
        return tagger
    model = tagger.model  # made so unsure that entities overlap
    return Tagger(replace(model, parameters={**model.parameters, "c": model.parameters["c"] + np.float32(4)}))


def check_same(document, other, tolerance=ROUNDING):
    """Check that two documents have the same entities, with the same probabilities but for rounding."""
    assert document.text == other.text
    assert [(e.start, e.end, e.type, e.text) for e in document.entities] == [
        (e.start, e.end, e.type, e.text) for e in other.entities
    ]
    for a, b in zip(document.entities, other.entities, strict=True):
        assert a.probability == pytest.approx(b.probability, abs=tolerance)


def tag_block(engine: CompiledEngine, texts: list[str], threads: int = 2) -> Iterator[fanlight.Document]:
    """Yield the documents that an engine makes of texts in one block."""
    entities = engine.entities(Block.of(texts), np.zeros(len(engine.types)), threads)
    yield from views.documents(texts, entities, engine.types)


def stages_of(model):
    """Return the configurations of a model's networks."""
    return [model.configuration, *([model.first_stage.configuration] if model.first_stage else [])]
