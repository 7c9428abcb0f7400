"""Kernels from cached chunks to entities: tokens, token and document features, emissions, best paths, probabilities.

Document features are those of `network.document_features`; emissions are computed by `engine.first_layer` for a batch
of sentences, paths and probabilities by `engine.chain` or `engine.type_chains` for a sentence.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fanlight.engine.case_contexts import REPEATED, contexts_of, count_repeated, note_repetitions, number_documents
from fanlight.engine.chain import best_path, messages, probability, type_probabilities
from fanlight.engine.chunks import sentence_boundaries, tokens_of
from fanlight.engine.columns import Tokens
from fanlight.engine.first_layer import emissions
from fanlight.engine.scratch import BATCH_TOKENS
from fanlight.engine.span_rules import correct_entities
from fanlight.engine.spans import trim_entities
from fanlight.engine.token_features import no_features, with_features
from fanlight.engine.type_chains import (
    best_paths,
    independent_probabilities,
    span_probability,
    trace,
    type_messages,
)
from fanlight.jit import ZERO, inner


@inner(allocates=True)
def run(documents: Any, networks: Any, finders: Any, scratch: Any, thresholds: Any, out: Any) -> Any:
    """Tag documents; return the number of entities.

    Parameters
    ----------
    documents : Documents
    networks : Networks
    finders : Finders or None
        Tables of token features.
    scratch : Scratch
    thresholds : float64 array (types,)
        Minimum probability of each type.
    out : Entities
        Columns to fill; their capacity is the number of tokens, times the number of types if entities may overlap.
    """
    tokens = _lay_out(documents, networks.two_stages or len(networks.first_stage.contexts) > 0, scratch)
    count = _run_networks(documents, tokens, networks, finders, scratch, thresholds, out)
    return correct_spans(documents.chunks.data, tokens, networks, out, count)


@inner()
def correct_spans(data: Any, tokens: Any, networks: Any, out: Any, count: int) -> Any:
    """Trim and correct the first `count` entities, unless types may overlap; return the number of entities."""
    if networks.last_stage.independent:
        return count
    return correct_entities(data, tokens, networks.kinds, out, trim_entities(data, out, count))


@inner(allocates=True)
def run_sentences(
    documents: Any,
    sentence_offsets: Any,
    owners: Any,
    networks: Any,
    finders: Any,
    scratch: Any,
    thresholds: Any,
    out: Any,
) -> Any:
    """Tag sentences whose chunks are tokens, as `run` tags documents; the offsets of entities count tokens."""
    contextual = networks.two_stages or len(networks.first_stage.contexts) > 0
    tokens = lay_out_sentences(documents, sentence_offsets, owners, contextual, scratch.memory)
    return _run_networks(documents, tokens, networks, finders, scratch, thresholds, out)


@inner(allocates=True)
def _run_networks(
    documents: Any, tokens: Any, networks: Any, finders: Any, scratch: Any, thresholds: Any, out: Any
) -> Any:
    tables = documents.tables
    tokens = with_features(documents.chunks.data, tokens, tables.hashes, finders)
    document_features = np.zeros(
        (len(tokens.types), networks.last_stage.document_weights.shape[1] if networks.two_stages else 0), np.float32
    )
    repeated = count_repeated(tokens.contexts) if networks.two_stages else ZERO
    if repeated:
        _fill_document_features(networks.first_stage, tokens, tables, scratch, repeated, document_features)
    return find_entities(networks.last_stage, tokens, document_features, thresholds, scratch, out)


@inner(allocates=True)
def _lay_out(documents: Any, contextual: bool, scratch: Any) -> Any:
    """Return the `Tokens` of documents, without features, and with case contexts if `contextual`."""
    chunks, begin, stop, tables = documents
    count = ZERO
    for c in range(chunks.documents[begin], chunks.documents[stop]):
        count += tables.token_starts[chunks.ids[c] + 1] - tables.token_starts[chunks.ids[c]]
    types, gaps, contexts = np.empty(count, np.int32), np.empty(count, np.int32), np.zeros(count, np.int32)
    offsets, sentence_offsets = np.empty((count, 4), np.int32), np.empty(count + 1, np.int32)
    owners = np.empty(count, np.int32)
    columns = (types, gaps, contexts, offsets, sentence_offsets, owners)
    sentences = _fill_tokens(documents, contextual, scratch, columns)
    return Tokens(types, offsets, contexts, sentence_offsets[: sentences + 1], owners[:sentences], no_features())


@inner()
def _fill_tokens(documents: Any, contextual: bool, scratch: Any, columns: Any) -> Any:
    """Fill columns for the tokens and sentences of documents; return the number of sentences."""
    chunks, begin, stop, tables = documents
    types, gaps, contexts, offsets, sentence_offsets, owners = columns
    separate = len(tables.kinds) > 0
    memory, state = scratch.memory, scratch.border_state
    number = number_documents(memory, stop - begin)
    sentences, at = ZERO, ZERO
    sentence_offsets[0] = 0
    for d in range(begin, stop):
        end = at
        for c in range(chunks.documents[d], chunks.documents[d + 1]):
            end += tables.token_starts[chunks.ids[c] + 1] - tables.token_starts[chunks.ids[c]]
        if end == at:
            continue
        tokens_of(
            chunks, tables, chunks.documents[d], chunks.documents[d + 1], types[at:end], offsets[at:end], gaps[at:end]
        )
        offsets_within = sentence_offsets[sentences:]
        state[:] = 0
        divisions = sentence_boundaries(
            types[at:end], offsets[at:end], gaps[at:end], tables.flags, scratch.longest, end - at, offsets_within, state
        )
        if contextual:
            stamp, written = number + d - begin, contexts[at:end]
            contexts_of(types[at:end], offsets_within[: divisions + 1], tables, memory.cases, stamp, written)
            if separate:
                note_repetitions(types[at:end], tables.forms, memory.counts, stamp, written)
        owners[sentences : sentences + divisions] = d
        for s in range(divisions + 1):
            offsets_within[s] += at
        sentences += divisions
        at = end
    return sentences


@inner(allocates=True)
def lay_out_sentences(documents: Any, sentence_offsets: Any, owners: Any, contextual: bool, memory: Any) -> Any:
    """Return the `Tokens` of sentences whose chunks are tokens; their offsets count tokens.

    ``sentence_offsets`` (S + 1,) are the sentences' first tokens, ``owners`` (S,) their documents.
    """
    chunks, _, _, tables = documents
    count = len(chunks.ids)
    types, contexts = np.empty(count, np.int32), np.zeros(count, np.int32)
    offsets = np.zeros((count, 4), np.int32)
    for t in range(count):
        types[t] = tables.tokens[tables.token_starts[chunks.ids[t]], 0]
        offsets[t, 0], offsets[t, 1] = t, t + 1
    number = number_documents(memory, len(owners))
    offsets_within = np.empty(len(sentence_offsets), np.int32)
    s = ZERO
    while contextual and s < len(owners):
        end = s
        while end < len(owners) and owners[end] == owners[s]:
            offsets_within[end - s] = sentence_offsets[end] - sentence_offsets[s]
            end += 1
        offsets_within[end - s] = sentence_offsets[end] - sentence_offsets[s]
        begin, stop = sentence_offsets[s], sentence_offsets[end]
        within = offsets_within[: end - s + 1]
        contexts_of(types[begin:stop], within, tables, memory.cases, number + s, contexts[begin:stop])
        s = end
    return Tokens(types, offsets, contexts, sentence_offsets, owners, no_features())


@inner()
def find_entities(net: Any, tokens: Any, document_features: Any, thresholds: Any, scratch: Any, out: Any) -> Any:
    """Write the entities of sentences to the columns `out`; return their number."""
    sentence_offsets, owners = tokens.sentence_offsets, tokens.owners
    batch = scratch.batch
    s, count = ZERO, ZERO
    while s < len(sentence_offsets) - 1:
        n, s = _choose(sentence_offsets, s, tokens.contexts, False, batch)
        emissions(net, tokens, document_features, batch[:n], scratch)
        at = ZERO
        for g in batch[:n]:
            size, places = sentence_offsets[g + 1] - sentence_offsets[g], tokens.offsets[sentence_offsets[g] :]
            if net.independent:
                count = _overlapping_entities((at, size), net, places, owners[g], thresholds, scratch, out, count)
            else:
                count = _entities((at, size), net, places, owners[g], thresholds, scratch, out, count)
            at += size
    return count


@inner(forceinline=True)
def _choose(sentence_offsets: Any, s: int, contexts: Any, repeated: bool, batch: Any) -> tuple[int, int]:
    """Fill `batch` with the next sentences from s on; only those with repeated words if `repeated`.

    Returns the size of the batch, and the sentence after the last one visited.
    """
    n, tokens = ZERO, ZERO
    while s < len(sentence_offsets) - 1 and n < len(batch):
        chosen = not repeated
        for t in range(sentence_offsets[s], sentence_offsets[s + 1] if repeated else 0):
            chosen = chosen or contexts[t] & REPEATED
        if chosen:
            tokens += sentence_offsets[s + 1] - sentence_offsets[s]
            if n and tokens > BATCH_TOKENS:
                break
            batch[n] = s
            n += 1
        s += 1
    return n, s


@inner(allocates=True)
def _fill_document_features(
    net: Any, tokens: Any, tables: Any, scratch: Any, repeated: int, document_features: Any
) -> None:
    """Fill the document features (N, T + 1) of `network.document_features`; `repeated` is the number of such tokens."""
    T = document_features.shape[1] - 1
    probabilities = np.empty((len(tokens.types), T), np.float32)
    mention_probabilities(net, tokens, scratch, probabilities)
    sums = (np.empty(repeated, np.int32), np.empty((repeated, T)))
    _average_mentions(tokens, tables.forms, scratch.memory, probabilities, sums, document_features)


@inner()
def _average_mentions(
    tokens: Any, forms: Any, memory: Any, probabilities: Any, sums_of_forms: Any, document_features: Any
) -> None:
    """Fill the features of each repeated word: mean probabilities of its other mentions in the document."""
    ids, contexts, sentence_offsets, owners = tokens.types, tokens.contexts, tokens.sentence_offsets, tokens.owners
    T, slots, (mentions, sums) = document_features.shape[1] - 1, memory.slots, sums_of_forms
    number = number_documents(memory, owners[-1] - owners[0] + 1) - owners[0]
    s = ZERO
    while s < len(sentence_offsets) - 1:
        end = s
        while end < len(sentence_offsets) - 1 and owners[end] == owners[s]:
            end += 1
        count = ZERO
        for t in range(sentence_offsets[s], sentence_offsets[end]):
            if contexts[t] & REPEATED:
                slot = slots[forms[ids[t]]]
                if slot[0] != number + owners[s]:
                    slot[0], slot[1] = number + owners[s], count
                    mentions[count], sums[count] = 0, 0
                    count += 1
                mentions[slot[1]] += 1
                for y in range(T):
                    sums[slot[1], y] += probabilities[t, y]
        for t in range(sentence_offsets[s], sentence_offsets[end]):
            if contexts[t] & REPEATED:
                n = slots[forms[ids[t]], 1]
                document_features[t, T] = 1
                for y in range(T):
                    document_features[t, y] = (sums[n, y] - probabilities[t, y]) / (mentions[n] - 1)
        s = end


@inner()
def mention_probabilities(net: Any, tokens: Any, scratch: Any, probabilities: Any) -> None:
    """Fill P(token is in an entity of the type) (N, T) of repeated words."""
    T = probabilities.shape[1]
    contexts, sentence_offsets = tokens.contexts, tokens.sentence_offsets
    batch = scratch.batch
    s = ZERO
    while s < len(sentence_offsets) - 1:
        n, s = _choose(sentence_offsets, s, contexts, True, batch)
        emissions(net, tokens, scratch.no_document_features, batch[:n], scratch)
        at = ZERO
        for g in batch[:n]:
            begin, end = sentence_offsets[g], sentence_offsets[g + 1]
            low, high = end, begin
            for t in range(begin, end):
                if contexts[t] & REPEATED:
                    low, high = min(low, t), t
            if net.independent:
                type_messages(at, end - begin, low - begin, high - begin, scratch)
            else:
                messages(at, end - begin, low - begin, high - begin, net.weights, scratch)
            for t in range(low, high + 1):
                if contexts[t] & REPEATED and net.independent:
                    independent_probabilities(t - begin, T, scratch, probabilities[t])
                elif contexts[t] & REPEATED:
                    type_probabilities(t - begin, T, scratch, probabilities[t])
            at += end - begin


@inner(forceinline=True)
def _entities(
    rows: Any, net: Any, offsets: Any, document: int, thresholds: Any, scratch: Any, out: Any, count: int
) -> int:
    """Write the entities of a sentence after the first `count`; return the number of entities.

    `rows` are the first row of scratch.Z and the number of tokens.
    """
    at, n = rows
    T, path = len(net.ranks), scratch.path
    best_path(at, n, net.scores, scratch)
    low, high = n, ZERO
    for t in range(n):
        if path[t] < T or T < path[t] <= 2 * T:  # E or S: an entity ends
            low, high = min(low, t), t
    if low == n:
        return count
    while path[low] < T or path[low] > 3 * T:  # E or I: the entity began before
        low -= 1
    messages(at, n, low, high, net.weights, scratch)
    t = low
    while t <= high:
        if path[t] == T:
            t += 1
            continue
        start = t
        while path[t] > 2 * T:  # B or I: the entity continues
            t += 1
        t += 1
        p = probability(net.weights, start, t, scratch)
        type_ = (path[start] - 1) % T
        if p >= thresholds[type_]:
            _write(document, offsets, start, t, type_, p, out, count)
            count += 1
    return count


@inner(forceinline=True)
def _overlapping_entities(
    rows: Any, net: Any, offsets: Any, document: int, thresholds: Any, scratch: Any, out: Any, count: int
) -> int:
    """Write the entities of the logistic head, as `_entities`; sorted by start, decreasing length and type name."""
    at, n = rows
    if not best_paths(at, n, scratch):
        return count
    active, types, spans = ZERO, scratch.candidates, scratch.spans
    low, high = n, ZERO
    for type_ in net.ranks:
        if scratch.row[type_] > 0:
            begin, end = trace(n, type_, active, scratch)
            low, high = min(low, begin), max(high, end)
            types[active] = type_
            active += 1
    type_messages(at, n, low, high, scratch)
    for t in range(low, high + 1):
        begun = count
        for k in range(active):
            end, type_ = spans[t, k], types[k]
            if end == 0:
                continue
            p = span_probability(type_, t, end, scratch)
            if p < thresholds[type_]:
                continue
            place = count
            while place > begun and out.char_ends[place - 1] < offsets[end - 1, 1]:
                _move(out, place - 1, place)
                place -= 1
            _write(document, offsets, t, end, type_, p, out, place)
            count += 1
    return count


@inner(forceinline=True)
def _write(document: int, offsets: Any, start: int, end: int, type_: int, p: float, out: Any, place: int) -> None:
    """Write the entity of the tokens [start, end) to the columns `out`."""
    out.documents[place] = document
    out.char_starts[place] = offsets[start, 0]
    out.char_ends[place] = offsets[end - 1, 1]
    out.byte_starts[place] = offsets[start, 2]
    out.byte_ends[place] = offsets[end - 1, 3]
    out.types[place] = type_
    out.probabilities[place] = p


@inner()
def _move(out: Any, place: int, other: int) -> None:
    """Copy the entity in row `place` to row `other`."""
    out.documents[other] = out.documents[place]
    out.char_starts[other], out.char_ends[other] = out.char_starts[place], out.char_ends[place]
    out.byte_starts[other], out.byte_ends[other] = out.byte_starts[place], out.byte_ends[place]
    out.types[other], out.probabilities[other] = out.types[place], out.probabilities[place]
