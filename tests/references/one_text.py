"""Tagging one text by the equation: the network's program, the one-sentence chain, and document features of all tokens."""

from itertools import pairwise

import numpy as np

from fanlight.engine.plain_text import forms_of
from fanlight.network.decoding import Network
from fanlight.network.document_features import concatenate_features, document_features, gazetteer_features
from fanlight.network.inputs import WordTypes
from fanlight.network.inputs import forms_of as numbers_of_forms
from fanlight.network.windows import word_contexts
from fanlight.text.features import PADDING, character_keys
from fanlight.text.sentences import segment
from fanlight.text.spans import trim


def entities_of(model, text):
    """Return (start, end, type, probability) of each entity of one text, in code points."""
    configuration = model.configuration
    token_starts, token_ends, sentences = segment(text, configuration.unit)
    token_starts, token_ends = token_starts.tolist(), token_ends.tolist()
    words = forms_of((text[s:e] for s, e in zip(token_starts, token_ends, strict=True)), configuration.unit)
    if not words:
        return []
    keys = words if configuration.unit == "word" else character_keys(text, token_starts, token_ends)
    numbers = {PADDING: 0}
    ids = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    sentence_bounds = list(pairwise(sentences.tolist()))
    contexts = np.zeros(len(ids), np.int64)
    if configuration.context_width:
        contexts = word_contexts([words[s:e] for s, e in sentence_bounds])
    places = ((text, token_starts[s:e], token_ends[s:e]) for s, e in sentence_bounds)
    features = listed = gazetteer_features(model.gazetteer, model.patterns, keys, sentences, places)
    types = WordTypes.of(list(numbers), configuration, model.lexicon)
    if model.first_stage is not None:
        first_stage = Network(model.first_stage.configuration, model.first_stage.parameters, model.lexicon)
        Z = first_stage.emissions(types, ids, contexts, sentences, 0, features=listed)
        probabilities = first_stage.type_probabilities(Z, sentences)
        mentions = document_features(probabilities, numbers_of_forms(numbers)[ids], np.zeros(len(ids), np.int64))
        features = concatenate_features(listed, mentions)
    network = Network(configuration, model.parameters, model.lexicon)
    Z = network.emissions(types, ids, contexts, sentences, 0, features=features)
    spans = []
    for begin, stop, type_, probability in network.spans(Z, sentences):
        start, end = token_starts[begin], token_ends[stop - 1]
        if configuration.head != "logistic":  # whose entities may overlap
            start, end = trim(text, start, end)
        if start < end:
            spans.append((start, end, type_, probability))
    return spans
