"""The table of twins: pairs of a plain function and the kernels that compute the same.

One test runs both sides of every row on inputs drawn from its strategy. Another fails for a kernel that no row covers.
A strategy is a function of the module `hypothesis.strategies`, so that the package does not import it. The twins of
rules are in `tagging.twins`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.columns import NO_FEATURES, Block, Entities, Tokens
from fanlight.engine.compiled import CompiledEngine
from fanlight.engine.hash_index import HashIndex
from fanlight.engine.matmul import LARGEST, SMALLEST, quantise
from fanlight.engine.plain import PlainEngine
from fanlight.engine.plain_text import read_texts
from fanlight.engine.span_rules import correct_entities
from fanlight.engine.type_cache import TypeCache
from fanlight.jit import kernel
from fanlight.network import chain, chain_batch
from fanlight.network.modelfile import load_model
from fanlight.network.vector_tables import IntegerRows, ProductCodes
from fanlight.text.amount_words import WORDS as AMOUNT_WORDS
from fanlight.text.automaton import compile_expression
from fanlight.text.sentences import LONGEST, segment
from fanlight.text.span_rules import Span, correct, kinds_of
from fanlight.text.span_words import WORDS

# types that the span rules treat differently, and one that they ignore
SCHEME = ("DATE", "ORG", "PER", "QUANTITY", "TIME", "MONEY", "PERCENT", "MISC", "other")
ROUNDING = 1e-3  # tolerance of probabilities: the compiled engine stores products as int16
MODELS = Path(__file__).parents[1] / "models"


class Twin(NamedTuple):
    """A plain function and its compiled form.

    Attributes
    ----------
    name : str
    plain, compiled : callable
        Take one input and return rows of strings and numbers.
    strategy : callable
        Takes `hypothesis.strategies`, returns the strategy of inputs.
    kernels : tuple of str
        The kernels that the row covers, as ``package.module.function``; ``*`` stands for all kernels of a module.
    tolerance : float
        Largest accepted difference between numbers.
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


class _SegmentingEngine(CompiledEngine):
    """An engine whose segments of long documents have a few words."""

    @property
    def segment_bytes(self) -> int:
        return 48


@cache
def segmenting_engine(name: str) -> CompiledEngine:
    """Return an engine of a bundled model that tags long documents in segments of a few words."""
    return _SegmentingEngine(engines(name)[0].model)


def texts_of(st: Any) -> Any:
    """Return models with lists of texts: any Unicode without lone surrogates, and texts likely to contain names."""
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
    engine = segmenting_engine(name) if which else engines(name)[0]
    block = Block.of([" ".join(texts)])
    return rows_of(Entities.concatenate(engine.segments(block, 0, np.zeros(len(engine.types)))))


def _json(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Write the plain engine's entities as JSON by either engine: of separate texts, and of one text in parts."""
    name, texts = case
    plain, engine = engines(name)[0], engines(name)[which]
    block = Block.of([*texts, ""])
    entities = plain.entities(block, np.zeros(len(plain.types)))
    written, _ = engine.to_json(block, 0, len(block.text_starts), entities, plain.types)
    alone = Block.of(["".join(texts)])
    entities_alone = plain.entities(alone, np.zeros(len(plain.types)))
    return [
        (written.decode(),),
        (b"".join(engine.json_segments(alone, 0, iter([entities_alone]), plain.types)).decode(),),
    ]


def _token_spans(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Tag tokenised sentences; the plain engine tags words with white space."""
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
    count = find_matches(block.data, block.text_starts, block.text_ends, 0, 1, Automata.of(automata), out)
    return list(
        zip(out.types[:count].tolist(), out.char_starts[:count].tolist(), out.char_ends[:count].tolist(), strict=True)
    )


def _numbers(which: int, hashes: list[int]) -> list[tuple[Any, ...]]:
    if not which:
        numbers: dict[int, int] = {}
        return [(numbers.setdefault(h, len(numbers)),) for h in hashes]
    index, array = HashIndex(2), np.array(hashes, np.uint64)
    rows = index.of(array)
    if (index.find(array) != rows).any():
        return []
    return [(row,) for row in rows.tolist()]


@kernel()
def _correct(data: Any, tokens: Any, kinds: Any, out: Any, count: Any) -> Any:
    return correct_entities(data, tokens, kinds, out, count)


def _corrections(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Correct spans; `case` is a text and, for each span, its type and the numbers of tokens before and in it."""
    text, choices = case
    token_starts, token_ends, sentence_offsets = segment(text)
    kinds, spans, t = kinds_of(SCHEME), [], 0
    for type_, gap, length in choices:
        sentence = int(np.searchsorted(sentence_offsets, t + gap, "right"))
        if sentence == len(sentence_offsets):
            break
        last = min(t + gap + length, int(sentence_offsets[sentence])) - 1
        spans.append(
            (sentence - 1, Span(int(token_starts[t + gap]), int(token_ends[last]), type_, 0.7 if gap else 0.5))
        )
        t = last + 1
    if not which:
        rows: list[Span] = []
        for n in range(len(sentence_offsets) - 1):
            limits = int(token_starts[sentence_offsets[n]]), int(token_ends[sentence_offsets[n + 1] - 1])
            rows += correct(text, limits, [span for owner, span in spans if owner == n], kinds)
        return [(*row, len(text[: row.start].encode()), len(text[: row.end].encode())) for row in rows]
    places = np.cumsum([0, *(len(character.encode()) for character in text)])
    offsets = np.stack([token_starts, token_ends, places[token_starts], places[token_ends]], 1).astype(np.int32)
    owners = np.zeros(len(sentence_offsets) - 1, np.int32)
    tokens = Tokens(
        np.zeros(len(token_starts), np.int32), offsets, owners, sentence_offsets.astype(np.int32), owners, NO_FEATURES
    )
    out = Entities.allocate(len(token_starts))
    for n, (_, span) in enumerate(spans):
        bounds = span.start, span.end, places[span.start], places[span.end]
        for column, value in zip(out, (0, *bounds, span.type, span.probability), strict=True):
            column[n] = value
    count = _correct(Block.of([text]).data, tokens, np.array(kinds), out, len(spans))
    columns = out.char_starts, out.char_ends, out.types, out.probabilities, out.byte_starts, out.byte_ends
    return list(zip(*(column[:count].tolist() for column in columns), strict=True))


def _corrections_of(st: Any) -> Any:
    """Return texts with words of the span rules and others, and spans."""
    words = st.sampled_from([*WORDS, *map(str.capitalize, WORDS)]) | st.sampled_from([*AMOUNT_WORDS, "and a half"])
    words |= st.sampled_from(
        """US$ A$5m € $ % °C -5 5'11" 2h 30m 9.30am g/dL 120/80 half quarter FY2023 FY H1 Q3'24 3Q23 '70s ’90s BC 300
        summer of 3분의 6 ft 4 in sq
        12/05/2021 2021-05-12T10:00Z 2023.03.05 31.12.99 5/6/99 1. 3-1 010-1234-5678 900101-1234567 2014-2016 21:14
        78:65 12.05.21 12-May-2021 1.2.3.4 ① /Oslo
        Oslo/ a|b 3장 2절 204호 과-12 3년 사흘 2020년 5월 #Paris # + - . , ( Paris Tab. Anna 서울 é 12 2
        1000""".split()  # noqa: SIM905
    )
    words |= st.sampled_from(["2020. 1. 1.", "2024. 3.", "1) 서울", "Par. 2", "tomorrow morning", "version 12.05.21"])
    words |= st.sampled_from(["the past", "for an hour", "a million", "thirty (30)", "12th day of May", "1 1/2", "-$5"])
    words |= st.sampled_from(["Mon, 3 May", "Sat Dec 5", "mid-May", "mid-'90s", "mid-2020", "10,000 BC", "10h30 3 h"])
    words |= st.sampled_from(
        ["2023회계연도", "한 시간", "수천만", "스물다섯", "오늘 새벽", "오만 원", "twenty-first", "one-half of a"]
    )
    words |= st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    parts = st.lists(
        st.tuples(words, st.sampled_from([" ", " ", " ", "", "\n", "-", "/", ", ", "_", "~"])), max_size=14
    )
    spans = st.tuples(st.integers(0, len(SCHEME) - 1), st.integers(0, 2), st.integers(1, 3))
    return st.tuples(parts.map(lambda rows: "".join(map("".join, rows))), st.lists(spans, max_size=10))


def _boundaries(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Split a text into tokens and sentences; return each token's start and end, and each sentence's first token."""
    name, parts = case
    text = "".join(part + gap for part, gap in parts)
    engine = engines(name)[1]
    if not which:
        token_starts, token_ends, sentence_offsets = segment(text, engine.unit)
        return [
            *zip(token_starts.tolist(), token_ends.tolist(), strict=True),
            *((border,) for border in sentence_offsets.tolist()),
        ]
    from fanlight.engine.long_document_kernels import lay_out

    cache, block = TypeCache(engine.model, engine.stages, tokenise_only=True), Block.of([text])
    chunks, _ = cache.find(block.data, block.text_starts, block.text_ends)
    tables, _ = cache.snapshot()
    count = int((tables.token_starts[chunks.ids + 1] - tables.token_starts[chunks.ids]).sum())
    columns = (np.empty(count, np.int32), np.empty((count, 4), np.int32), np.empty(count, np.int32))
    sentence_rows, state = np.empty(count + 1, np.int32), np.zeros(2, np.int64)
    sentences = lay_out(chunks, tables, LONGEST[engine.unit], 0, state, 0, columns, sentence_rows)
    rows = [tuple(row) for row in columns[1][:, :2].tolist()]
    return [*rows, *((border,) for border in sentence_rows[: sentences + 1 if count else 1].tolist())]


def _boundaries_of(st: Any) -> Any:
    """Return units with sequences of tokens and gaps, many of which sentence boundaries depend on."""
    parts = st.sampled_from(
        """Inc. D.C. Obama lives The Yahoo Sec IV Maria Silva said May i walked A. e.g. Tel. 12 2020 5 9. . ! ? ... " ”
        ) - • , 가 서울은 갔다. Dr. é \u200b 1. 2) : GOLF NATO 6-4 Bristol: 66 Neal 7 Ann 2019 etc. New Ave.
        갔다 요 Oct.""".split()  # noqa: SIM905
    )
    parts |= st.sampled_from(["\n", "\n\n", "  ", "\t", "3. ", "Division one", "and a rather long line of words"])
    parts |= st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
    gaps = st.sampled_from(["", " ", " ", "\n"])
    return st.tuples(st.sampled_from(["en", "ko"]), st.lists(st.tuples(parts, gaps), max_size=40))


def _chain(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Compute marginals and best paths, by kernels or by NumPy for all sentences at once."""
    lengths, seed = case
    rng = np.random.default_rng(seed)
    sentence_offsets = np.append(0, np.cumsum(lengths))
    types = 1 + seed % 3
    A = chain.legal_transitions(tuple(map(str, range(types)))) + rng.normal(size=(4 * types + 2, 4 * types + 2))
    Z = rng.normal(size=(int(sentence_offsets[-1]), 4 * types + 1)) * 3
    if not which:
        messages, path = (
            chain_batch.forward_backward(Z, A, sentence_offsets),
            chain_batch.viterbi(Z, A, sentence_offsets),
        )
    else:
        messages = chain.forward_backward(Z, A, sentence_offsets, compiled=True)
        path = chain.viterbi(Z, A, sentence_offsets, compiled=True)
    return [(tag, *row) for tag, row in zip(path.tolist(), messages.marginals.tolist(), strict=True)]


def _word_vectors(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Read rows of a vector table with one byte per component, or with product quantisation."""
    rows, parts, seed = case
    matrix = np.random.default_rng(seed).normal(size=(40, 12)).astype(np.float32)
    table = ProductCodes.of(matrix, parts) if parts else IntegerRows.of(matrix)
    numbers = np.array(rows, np.int64)
    return [tuple(row) for row in (table.compiled_vectors(numbers) if which else table.vectors(numbers)).tolist()]


def _quantise_rows(which: int, case: Any) -> list[tuple[Any, ...]]:
    """Quantise rows to scales and int16."""
    rows = np.array([row * 4 for row in case], np.float32).reshape(-1, 16)  # whole vectors
    scales, out = np.zeros(len(rows), np.float32), np.zeros(rows.shape, np.int16)
    if which:
        quantise(rows, np.arange(len(rows)), out, scales)
    else:
        largest = np.abs(rows).max(1, initial=0)
        inverse = np.divide(LARGEST, largest, out=np.zeros_like(largest), where=largest > SMALLEST)
        scales, out = largest / LARGEST, np.rint(rows * inverse[:, None]).astype(np.int16)
    return [(scale, *row) for scale, row in zip(scales.tolist(), out.tolist(), strict=True)]


_WORDS = (
    "text.word_kernels.*", "text.token_kernels.*", "text.hash_kernels.*", "text.character_kernels.*",
    "engine.tokenizer_kernels.*", "engine.chunks.*", "engine.row_products.*", "engine.matmul.*", "engine.entry.*",
    "engine.token_features.*",
)  # fmt: skip

TABLE = (
    Twin("entities of a block", lambda c: _entities(0, c), lambda c: _entities(1, c), texts_of, _WORDS, ROUNDING),
    Twin(
        "entities of a long document", lambda c: _segments(0, c), lambda c: _segments(1, c), texts_of,
        ("engine.long_document_kernels.*",), ROUNDING,
    ),
    Twin("lines of JSON", lambda c: _json(0, c), lambda c: _json(1, c), texts_of, ("engine.json.*",)),
    Twin(
        "entities of tokenised sentences", lambda c: _token_spans(0, c), lambda c: _token_spans(1, c), texts_of,
        ("engine.entry.tag_sentences",), ROUNDING,
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
        "tokens and sentence borders", lambda c: _boundaries(0, c), lambda c: _boundaries(1, c), _boundaries_of,
        ("engine.long_document_kernels.lay_out", "engine.chunks.scan", "engine.tokenizer_kernels.*"),
    ),
    Twin(
        "spans as the rules have them", lambda c: _corrections(0, c), lambda c: _corrections(1, c), _corrections_of,
        ("engine.twins._correct",),
    ),
    Twin(
        "rows of integers", lambda c: _quantise_rows(0, c), lambda c: _quantise_rows(1, c),
        lambda st: st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4), max_size=5),
        ("engine.matmul.quantise",),
    ),
    Twin(
        "the linear chain", lambda c: _chain(0, c), lambda c: _chain(1, c),
        lambda st: st.tuples(st.lists(st.integers(0, 7), min_size=1, max_size=6), st.integers(0, 1000)),
        ("network.chain_kernels.*",), 1e-9,
    ),
)  # fmt: skip
