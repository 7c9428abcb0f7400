"""The table of twins: each compiled rule beside the plain form that says what it does.

One test runs every row with inputs drawn from its strategy, and a kernel that no row covers fails the tests. A row's
strategy is a function of `hypothesis.strategies`, so that the package does not need that library. Rows for rules beside
the model stand in `tagging.twins`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.columns import Block, Entities
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.hash_index import HashIndex
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_texts
from fanlight.network import chain, chain_batch
from fanlight.network.modelfile import load_model
from fanlight.network.vector_tables import IntegerRows, ProductCodes
from fanlight.text.automaton import compile_expression

MODELS = Path(__file__).parents[1] / "models"


class Twin(NamedTuple):
    """A compiled rule and its plain form.

    Attributes
    ----------
    name : str
    plain, compiled : callable
        Each takes one input; both return rows of strings and numbers.
    strategy : callable
        Of `hypothesis.strategies`; returns the strategy of inputs.
    kernels : tuple of str
        The kernels that it covers, as ``room.module.function``; a trailing ``*`` stands for all of a module.
    tolerance : float
        By which numbers may differ.
    """

    name: str
    plain: Callable[[Any], Any]
    compiled: Callable[[Any], Any]
    strategy: Callable[[Any], Any]
    kernels: tuple[str, ...]
    tolerance: float = 0.0


@cache
def engines(name: str) -> tuple[PlainEngine, CompiledEngine]:
    """Return both engines of a bundled model."""
    model = load_model(MODELS / f"{name}.fanlight")
    return PlainEngine(model), CompiledEngine(model)


def texts_of(st: Any) -> Any:
    """Return lists of texts over all of Unicode but half surrogates, and such as names are likely in."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
    likely = st.text("Paris NATO. ,!\n\r\0'\"(-서울은 é👩\u200d\t/&;1g", max_size=120)
    likely |= st.text("Paris Ｎato ﬁ㎏,\u200b\u00ad\u200e\ufeff\u0301\u1109\u1165’“–！，서울은", max_size=80)
    return st.tuples(st.sampled_from(["en", "ko"]), st.lists(anything | likely, max_size=6))


def rows_of(entities: Entities) -> list[tuple[Any, ...]]:
    """Return columns as rows."""
    return list(zip(*(column.tolist() for column in entities), strict=True))


def _entities(which: int, case: Any) -> list[tuple[Any, ...]]:
    name, texts = case
    engine = engines(name)[which]
    return rows_of(engine.entities(Block.of(texts), np.zeros(len(engine.types))))


def _segments(which: int, case: Any) -> list[tuple[Any, ...]]:
    name, texts = case
    engine, block = engines(name)[which], Block.of([" ".join(texts)])
    return rows_of(Entities.concatenate(engine.segments(block, 0, np.zeros(len(engine.types)))))


def _json(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Write the plain engine's entities by either engine, as texts and as one long line."""
    name, texts = case
    plain, engine = engines(name)[0], engines(name)[which]
    block = Block.of([*texts, ""])
    entities = plain.entities(block, np.zeros(len(plain.types)))
    written, _ = engine.to_json(block, 0, len(block.starts), entities, plain.types)
    alone = Block.of(["".join(texts)])
    entities_alone = plain.entities(alone, np.zeros(len(plain.types)))
    return [
        (written.decode(),),
        (b"".join(engine.json_segments(alone, 0, iter([entities_alone]), plain.types)).decode(),),
    ]


def _token_spans(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Tag the words of texts as tokens; words with white space are left to the plain engine."""
    texts = [" ".join(text.split()) for text in case[1]]
    tokens = read_texts(texts, "word")
    plain, compiled = engines("en")
    if not tokens.words:
        return []
    owners = tokens.documents[np.minimum(tokens.sentences[:-1], len(tokens.words) - 1)]
    spans = compiled.token_spans(tokens.words, tokens.sentences, owners, 2) if which else None
    return [tuple(span) for span in (plain.token_spans(tokens) if spans is None else spans)]


def _matches(which: int, case: Any) -> list[tuple[Any, ...]]:
    expressions, text = case
    automata = [compile_expression(expression) for expression in expressions]
    if not which:
        return [(n, *match) for n, automaton in enumerate(automata) for match in automaton.find(text)]
    from fanlight.text.automaton_kernels import Automata, find_matches

    block, out = Block.of([text]), Entities.allocate(1 << 12)
    count = find_matches(block.data, block.starts, block.ends, 0, 1, Automata.of(automata), out)
    return list(zip(out.types[:count].tolist(), out.starts[:count].tolist(), out.ends[:count].tolist(), strict=True))


def _numbers(which: int, hashes: list[int]) -> list[tuple[Any, ...]]:
    if not which:
        numbers: dict[int, int] = {}
        return [(numbers.setdefault(h, len(numbers)),) for h in hashes]
    index, array = HashIndex(2), np.array(hashes, np.uint64)
    rows = index.of(array)
    if (index.find(array) != rows).any():
        return []
    return [(row,) for row in rows.tolist()]


def _chain(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Pass messages and find the best path, by kernels or for all sentences at once by NumPy."""
    lengths, seed = case
    rng = np.random.default_rng(seed)
    starts = np.append(0, np.cumsum(lengths))
    types = 1 + seed % 3
    A = chain.legal_transitions(tuple(map(str, range(types)))) + rng.normal(size=(4 * types + 2, 4 * types + 2))
    Z = rng.normal(size=(int(starts[-1]), 4 * types + 1)) * 3
    if not which:
        messages, path = chain_batch.forward_backward(Z, A, starts), chain_batch.viterbi(Z, A, starts)
    else:
        messages = chain.forward_backward(Z, A, starts, compiled=True)
        path = chain.viterbi(Z, A, starts, compiled=True)
    return [(tag, *row) for tag, row in zip(path.tolist(), messages.marginals.tolist(), strict=True)]


def _word_vectors(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Read rows of a table of vectors, a byte a component or by product quantisation."""
    rows, parts, seed = case
    matrix = np.random.default_rng(seed).normal(size=(40, 12)).astype(np.float32)
    table = ProductCodes.of(matrix, parts) if parts else IntegerRows.of(matrix)
    numbers = np.array(rows, np.int64)
    return [tuple(row) for row in (table.compiled_vectors(numbers) if which else table.vectors(numbers)).tolist()]


_WORDS = (
    "text.word_kernels.*", "text.hash_kernels.*", "text.character_kernels.*", "engine.tokenizer_kernels.*",
    "engine.chunks.*", "engine.row_products.*", "engine.matmul.*", "engine.entry.*",
    "engine.token_features.*", "engine.spans.*",
)  # fmt: skip

TABLE = (
    Twin("entities of a block", lambda c: _entities(0, c), lambda c: _entities(1, c), texts_of, _WORDS, 1e-5),
    Twin(
        "entities of a long document", lambda c: _segments(0, c), lambda c: _segments(1, c), texts_of,
        ("engine.long_document_kernels.*",), 1e-5,
    ),
    Twin("lines of JSON", lambda c: _json(0, c), lambda c: _json(1, c), texts_of, ("engine.json.*",)),
    Twin(
        "entities of tokenised sentences", lambda c: _token_spans(0, c), lambda c: _token_spans(1, c), texts_of,
        ("engine.entry.tag_sentences",), 1e-5,
    ),
    Twin(
        "matches of expressions", lambda c: _matches(0, c), lambda c: _matches(1, c),
        lambda st: st.tuples(
            st.lists(st.sampled_from([r"\d+", r"[A-Z]\w*", r"(a|b)*c", r"\bof\b", r"^.", r"é|서", "a+?b"]), min_size=1),
            st.text("abcof OF1é서 \n.", max_size=40),
        ),
        ("text.automaton_kernels.*",),
    ),
    Twin(
        "numbers of hashes", lambda c: _numbers(0, c), lambda c: _numbers(1, c),
        lambda st: st.lists(st.integers(1, 40) | st.integers(1, 2**64 - 1), min_size=1, max_size=60),
        ("engine.chunks.number", "engine.chunks.find", "engine.chunks.enter"),
    ),
    Twin(
        "word vectors", lambda c: _word_vectors(0, c), lambda c: _word_vectors(1, c),
        lambda st: st.tuples(st.lists(st.integers(-1, 39)), st.sampled_from([0, 1, 3, 12]), st.integers(0, 3)),
        ("network.lexicon_kernels.*",),
    ),
    Twin(
        "the linear chain", lambda c: _chain(0, c), lambda c: _chain(1, c),
        lambda st: st.tuples(st.lists(st.integers(0, 7), min_size=1, max_size=6), st.integers(0, 1000)),
        ("network.chain_kernels.*",), 1e-9,
    ),
)  # fmt: skip
