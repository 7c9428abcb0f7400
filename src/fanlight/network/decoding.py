"""Decoding: from word types and tokens to emissions, tag paths and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fanlight.entities.bioes import Span, TagSet
from fanlight.network.chain import (
    COMPILED_FROM,
    best_paths,
    forward_backward,
    legal_transitions,
    span_probabilities,
    span_probability,
    viterbi,
)
from fanlight.network.configuration import Configuration
from fanlight.network.inputs import WordTypes, table_inputs, window_inputs
from fanlight.network.lexicon import Lexicon

if TYPE_CHECKING:
    from fanlight.calculus import Program

Float = NDArray[np.float32]
Int = NDArray[np.int64]

BLOCK = 1 << 15  # tokens whose emissions are computed together


class TokenSpan(NamedTuple):
    """An entity: tokens ``start:end`` of the batch, type, and P(exactly this span | its sentence)."""

    start: int
    end: int
    type: str
    probability: float | None


class Network:
    """A network with its parameters.

    Parameters
    ----------
    configuration : Configuration
    parameters : mapping of str to float array
        See `network.parameters`; "vectors" (V, d) may replace the lexicon's rows during training.
    lexicon : Lexicon
    """

    def __init__(self, configuration: Configuration, parameters: Mapping[str, Float], lexicon: Lexicon) -> None:
        self.configuration = configuration
        self.parameters = parameters
        self.lexicon = lexicon

    def emissions(
        self,
        types: WordTypes,
        ids: Int,
        contexts: Int,
        sentence_offsets: Int,
        padding: int,
        *,
        features: Float | None = None,
    ) -> Float:
        """Return the emissions Z (N, K) of N tokens in concatenated sentences.

        Parameters
        ----------
        types : WordTypes
            The distinct word types.
        ids, contexts : int array (N,)
            Each token's word type and case context.
        sentence_offsets : int array (S+1,)
            First token of each sentence, and N.
        padding : int
            The word type of positions outside a sentence.
        features : float array (N, e), optional
            Gazetteer, pattern and document features, if the configuration has any.
        """
        if not len(ids):
            return np.zeros((0, self.configuration.tags), np.float32)
        if len(ids) > BLOCK and len(sentence_offsets) > 2:
            return self._emissions_in_parts(types, ids, contexts, sentence_offsets, padding, features=features)
        needed, inputs = table_inputs(types, self.configuration, np.arange(len(types.words)))
        arrays = {**self.parameters, **inputs}
        arrays |= window_inputs(self.configuration, ids, contexts, sentence_offsets, padding, features=features)
        for name, rows in needed.items():
            trained = name != "vectors" or "vectors" in self.parameters
            arrays[name] = self.parameters[name][rows] if trained else self.lexicon.vectors(rows)
        program = self._compiled_program if len(ids) >= COMPILED_FROM else self._plain_program
        return program(arrays)["Z"].copy()

    def _emissions_in_parts(
        self, types: WordTypes, ids: Int, contexts: Int, sentence_offsets: Int, padding: int, *, features: Float | None
    ) -> Float:
        """Return `emissions` computed in blocks of whole sentences, with bounded memory."""
        parts = []
        begin = 0
        while begin < len(sentence_offsets) - 1:
            end = max(begin + 1, int(np.searchsorted(sentence_offsets, sentence_offsets[begin] + BLOCK, "right")) - 1)
            tokens = slice(int(sentence_offsets[begin]), int(sentence_offsets[end]))
            used, numbers = np.unique(np.append(ids[tokens], padding), return_inverse=True)
            rows = None if features is None else features[tokens]
            block_offsets = sentence_offsets[begin : end + 1] - sentence_offsets[begin]
            block = types.choose(used), numbers[:-1], contexts[tokens], block_offsets, int(numbers[-1])
            parts.append(self.emissions(*block, features=rows))
            begin = end
        return np.concatenate(parts)

    def vectors(self, types: WordTypes) -> Float:
        """Return the vectors (t, d) of word types: the word vector, then the sum of each table's rows."""
        parts = [self.lexicon.vectors(types.words)] if self.configuration.vector_width else []
        for group, bag in zip(self.configuration.groups, types.bags, strict=True):
            rows = np.zeros((len(types.words), group.dimension), np.float32)
            np.add.at(rows, np.repeat(np.arange(len(rows)), np.diff(bag.offsets)), self.parameters[group.name][bag.ids])
            parts.append(rows)
        return np.hstack(parts)

    def type_probabilities(self, Z: Float, sentence_offsets: Int) -> Float:
        """Return P(token is in an entity of the type) (N, T) from emissions."""
        parts = []
        for types, emission, transitions in self.chains(Z):
            marginals = forward_backward(emission, transitions, sentence_offsets).marginals
            parts.append(marginals[:, 1:].reshape(len(Z), len(types), 4).sum(2))
        return np.concatenate(parts, axis=1)

    def spans(self, Z: Float, sentence_offsets: Int, probabilities: bool = True) -> list[TokenSpan]:
        """Return the entities of the best paths in the order of the text, outer before inner."""
        entities: list[TokenSpan] = []
        for types, emission, transitions in self.chains(Z):
            tags = viterbi(emission, transitions, sentence_offsets)
            exact = emission.astype(np.float64)
            messages = forward_backward(exact, transitions, sentence_offsets) if probabilities else None
            # no entity crosses a sentence boundary, because every sentence ends in a legal last tag
            for start, end, type_ in TagSet(types).decode(tags):
                share = messages and span_probability(messages, exact, transitions, start, tags[start:end].tolist())
                entities.append(TokenSpan(start, end, type_, share))
        return sorted(entities, key=lambda span: (span.start, -span.end, span.type))

    def certainties(self, Z: Float, sentence_offsets: Int, spans: Sequence[Span]) -> NDArray[np.float64]:
        """Return P(exactly this span | its sentence) for any spans."""
        values = np.zeros(len(spans))
        for types, emission, transitions in self.chains(Z):
            chosen = [n for n, span in enumerate(spans) if span[2] in types]
            if chosen:
                exact, tags = emission.astype(np.float64), TagSet(types)
                span_tags = np.concatenate(
                    [tags.encode([(0, e - s, t)], e - s) for s, e, t in (spans[n] for n in chosen)]
                )
                begins, ends = (np.array([spans[n][side] for n in chosen]) for side in (0, 1))
                messages = forward_backward(exact, transitions, sentence_offsets)
                values[chosen] = span_probabilities(
                    messages, exact, transitions, span_starts=begins, span_ends=ends, tags=span_tags
                )
        return values

    def readings(self, Z: Float, count: int) -> list[tuple[float, list[Span]]]:
        """Return the `count` most probable tag paths of one sentence: P(path | sentence) and its spans, best first."""
        ((types, emission, A),) = self.chains(Z)
        exact, tags = emission.astype(np.float64), TagSet(types)
        total = forward_backward(exact, A, np.array([0, len(Z)])).log_partition
        return [(float(np.exp(score - total)), tags.decode(path)) for score, path in best_paths(exact, A, count)]

    def chains(self, Z: Float) -> list[tuple[Sequence[str], Float, Float]]:
        """Return the types, emissions and transitions of each linear chain.

        There is one chain over all types, with learned transitions or (softmax) only legality; for the logistic head
        there is one chain per type, in which O has the score 0, so that the score of a tag is its log odds.
        """
        types = self.configuration.types
        if self.configuration.head != "logistic":
            transitions = self.parameters.get("A", np.float32(0))
            return [(types, Z, legal_transitions(types) + transitions)]
        legal = legal_transitions(("",))
        nothing = np.zeros((len(Z), 1), Z.dtype)
        return [
            ((type_,), np.concatenate([nothing, Z[:, 4 * k : 4 * k + 4]], axis=1), legal)
            for k, type_ in enumerate(types)
        ]

    @cached_property
    def _plain_program(self) -> Program:
        return self._compile("numpy")

    @cached_property
    def _compiled_program(self) -> Program:
        return self._compile("compiled")

    def _compile(self, backend: str) -> Program:
        from fanlight.calculus import compile  # tagging does not need it
        from fanlight.network.architecture import emissions

        return compile({"Z": emissions(self.configuration)}, np.float32, backend)
