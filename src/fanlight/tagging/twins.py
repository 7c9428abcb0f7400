"""The twins of this package, and the complete table; see `engine.twins`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine import twins
from fanlight.engine.columns import Block
from fanlight.engine.twins import Twin, engines, rows_of
from fanlight.tagging.rules import PRECEDENCE, Rules
from fanlight.text.particles import PARTICLES


def _apply_rules(plain: bool, case: Any) -> list[tuple[Any, ...]]:
    """Merge the entities of rules and of the plain engine."""
    names, precedence, texts = case
    rules = Rules(names, {r"\d+ \w+": "amount"}, precedence)
    engine, block = engines("en")[0], Block.of([*texts, "Paris 12 miles"])
    entities = engine.entities(block, np.zeros(len(engine.types)))
    _, join = rules.extend_types(engine.types, plain)
    return rows_of(join(block, 0, len(block.text_starts), entities))


def _cases(st: Any) -> Any:
    """Return names, a precedence and texts.

    Korean names precede particles and other syllables; the texts have all kinds of white space and variants of letters.
    """
    names = ["Paris", "NATO", "서울", "of Oslo", "é", "A.", "새 별", "루나비전", "R&D"]
    particles = st.lists(st.sampled_from(list(PARTICLES)), max_size=4).map("".join)
    korean = st.tuples(st.sampled_from(names), particles | st.text("는이가대서울들", max_size=3)).map("".join)
    altered = ["R&amp;D", "ＮＡＴＯ", "e\u0301", "Par\u00adis", "of\u200bOslo", "\u1109\u1165\u110b\u116e\u11af"]
    words = st.sampled_from([*names, *altered, "of", "Oslo", ".", "7"]) | korean
    spaces = st.sampled_from([" ", " ", "  ", "\t", "\u00a0", "\n \u3000", ""])
    texts = st.lists(st.lists(st.tuples(words, spaces).map("".join)), max_size=3)
    return st.tuples(
        st.dictionaries(st.sampled_from(names), st.sampled_from("XY")),
        st.sampled_from(PRECEDENCE),
        texts.map(lambda rows: ["".join(row) for row in rows]),
    )


TABLE = (
    *twins.TABLE,
    Twin(
        "rules beside the model",
        lambda c: _apply_rules(True, c),
        lambda c: _apply_rules(False, c),
        _cases,
        ("engine.rules.*", "text.normalisation_kernels.*"),
    ),
)
