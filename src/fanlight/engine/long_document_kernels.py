"""Kernels for a document that is tagged in segments, with features from mentions in other segments."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fanlight.engine.case_contexts import REPEATED, SEVERAL
from fanlight.engine.chunks import place_of, sentence_boundaries, tokens_of, white_width
from fanlight.engine.layout import sentence_case
from fanlight.engine.pipeline import correct_spans, find_entities, mention_probabilities
from fanlight.engine.token_flags import AS_FORM
from fanlight.jit import kernel

LOWER_SEEN, CAPITAL_SEEN = 8, 16  # bits of a context


class OtherMentions(NamedTuple):
    """First-stage probabilities of the words of a document, summed by form.

    Attributes
    ----------
    forms : int32 array (N,)
        The number of each token's form in the document.
    counts, rows : int32 array (forms,)
        Count of each form; its row of ``sums``.
    sums : float64 array (rows, T)
        Sum of P(token is in an entity of the type) over the tokens of a form.
    """

    forms: Any
    counts: Any
    rows: Any
    sums: Any


@kernel()
def next_gap(data: Any, begin: int, end: int) -> int:
    """Return the first byte of white space in [begin, end), or `end`."""
    i = begin
    while i < end and not white_width(data, i, end):
        i += 1
    return i


@kernel()
def lay_out(
    chunks: Any, tables: Any, longest: int, margin: int, state: Any, skip: int, columns: Any, sentence_offsets: Any
) -> int:
    """Fill types, offsets and gaps of a segment's tokens, and its sentence offsets without the first `skip` tokens.

    ``state`` is that of `sentence_boundaries`; no sentence begins in the last ``margin`` tokens. Returns the number of
    sentences.
    """
    types, offsets, gaps = columns
    tokens_of(chunks, tables, 0, len(chunks.ids), types, offsets, gaps)
    limit = len(types) - skip - margin
    return sentence_boundaries(
        types[skip:], offsets[skip:], gaps[skip:], tables.flags, longest, limit, sentence_offsets, state
    )


@kernel()
def collect_forms(
    types: Any, sentence_offsets: Any, flags: Any, folded: Any, places: Any, table: Any, count: int, forms: Any
) -> int:
    """Collect the case and the count of the forms in sentences; see `case_contexts.contexts_of`.

    The `table` (keys, values) maps the hash `folded` of a form to its number; `places` caches the number for each word
    type, -1 for none. Returns the number of forms.
    """
    keys, values = table
    seen, counts = forms
    for s in range(len(sentence_offsets) - 1):
        case = sentence_case(types, sentence_offsets[s], sentence_offsets[s + 1], flags)
        for t in range(sentence_offsets[s], sentence_offsets[s + 1]):
            type_ = types[t]
            form = places[type_]
            if form < 0:
                slot = place_of(folded[type_], keys)
                if keys[slot] == 0:
                    keys[slot] = folded[type_]
                    values[slot] = count
                    count += 1
                form = places[type_] = values[slot]
            counts[form] += 1
            if flags[type_] & AS_FORM:
                if case != 6:
                    seen[form] |= LOWER_SEEN
            elif t > sentence_offsets[s] and case == 0:
                seen[form] |= CAPITAL_SEEN
    return count


@kernel()
def look_up_forms(
    types: Any, sentence_offsets: Any, flags: Any, folded: Any, table: Any, memory: Any, contexts: Any, forms: Any
) -> None:
    """Fill each token's case context, and the number of its form."""
    keys, values = table
    seen, counts = memory
    places = np.full(len(folded), -1, np.int32)
    for s in range(len(sentence_offsets) - 1):
        case = sentence_case(types, sentence_offsets[s], sentence_offsets[s + 1], flags)
        for t in range(sentence_offsets[s], sentence_offsets[s + 1]):
            type_ = types[t]
            if places[type_] < 0:
                places[type_] = values[place_of(folded[type_], keys)]
            form = forms[t] = places[type_]
            contexts[t] = (t == sentence_offsets[s]) + case + seen[form] + (SEVERAL | REPEATED) * (counts[form] > 1)


@kernel()
def first_stage(net: Any, tokens: Any, scratch: Any, probabilities: Any) -> None:
    """Fill probabilities (N, T) of repeated words; see `pipeline.mention_probabilities`."""
    mention_probabilities(net, tokens, scratch, probabilities)


@kernel()
def add_probabilities(forms: Any, contexts: Any, probabilities: Any, rows: Any, sums: Any) -> None:
    """Add the first-stage probabilities (N, T) of repeated words to the sums of their forms."""
    for t in range(len(forms)):
        if contexts[t] & REPEATED:
            for y in range(probabilities.shape[1]):
                sums[rows[forms[t]], y] += probabilities[t, y]


@kernel()
def tag(data: Any, networks: Any, tokens: Any, others: Any, thresholds: Any, scratch: Any, out: Any) -> Any:
    """Write the entities of a segment to the columns `out`; return their number.

    Parameters
    ----------
    data : uint8 array
        The segment's text.
    networks, thresholds, scratch, out
        As in `pipeline.run`.
    tokens : Tokens
    others : OtherMentions
    """
    T = networks.last_stage.document_weights.shape[1] - 1 if networks.two_stages else -1
    document_features = np.zeros((len(tokens.types), T + 1), np.float32)
    if networks.two_stages:
        probabilities = np.empty((len(tokens.types), T), np.float32)
        mention_probabilities(networks.first_stage, tokens, scratch, probabilities)
        for t in range(len(tokens.types)):
            if tokens.contexts[t] & REPEATED:
                form = others.forms[t]
                document_features[t, T] = 1
                for y in range(T):
                    document_features[t, y] = (others.sums[others.rows[form], y] - probabilities[t, y]) / (
                        others.counts[form] - 1
                    )
    count = find_entities(networks.last_stage, tokens, document_features, thresholds, scratch, out)
    return correct_spans(data, tokens, networks, out, count)
