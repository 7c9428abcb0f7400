"""Reports on labelled data before training: statistics, and problems with remedies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import Span

FEW_SENTENCES = 100  # with fewer dev sentences, scores are unreliable
FEW_ENTITIES = 10  # of a type; fewer are too few for training or evaluation
SHARED_PERCENT = 5.0  # of the dev sentences; if more are training sentences, dev scores are biased
LONGEST_NAME = 12  # maximum tokens of names whose unmarked mentions are counted

_Tokens = tuple[str, ...]


@dataclass(frozen=True)
class DataReport:
    """Statistics of a labelled corpus.

    Attributes
    ----------
    path : str
    sentences, documents, tokens, longest_sentence : int
        Counts, and the length in tokens of the longest sentence.
    documents_marked : bool
        Whether the file marks the beginnings of documents.
    entities : dict of str to int
        Number of entities per type.
    outside_percent : float
        Share of tokens outside entities.
    similar_types : list of tuples of str
        Types that differ only in case, hyphens, underscores or white space.
    duplicates : int
        Sentences that repeat an earlier one.
    contradictions : list of (int, int)
        Lines of sentences with the same tokens and different entities.
    unmarked_mentions : int
        Mentions outside entities of names that are marked elsewhere.
    unmarked_example : str
        The name with most unmarked mentions; "" if there is none.
    repairs : str
        Summary of the repairs made by the reader; "" for none.
    shared_with_dev : int or None
        Number of dev sentences that are training sentences, None without a dev set.
    dev_sentences : int or None
    unseen_percent : float or None
        Share of the dev set's entities whose text is no entity in the training data.
    """

    path: str
    sentences: int
    documents: int
    tokens: int
    longest_sentence: int
    documents_marked: bool
    entities: dict[str, int]
    outside_percent: float
    similar_types: list[tuple[str, ...]]
    duplicates: int
    contradictions: list[tuple[int, int]]
    unmarked_mentions: int
    unmarked_example: str
    repairs: str
    shared_with_dev: int | None = None
    dev_sentences: int | None = None
    unseen_percent: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON, including `problems`."""
        return {**asdict(self), "problems": self.problems}

    @property
    def problems(self) -> list[str]:
        """Problems for training or evaluation with their remedies, most serious first."""
        return [*self._measurement_problems(), *self._label_problems()]

    def _measurement_problems(self) -> Iterator[str]:
        if self.shared_with_dev and self.dev_sentences:
            percent = 100 * self.shared_with_dev / self.dev_sentences
            if percent > SHARED_PERCENT:
                yield (
                    f"{self.shared_with_dev} of {self.dev_sentences} dev sentences ({percent:.0f} %) are in the "
                    "training data: dev scores will be too good; take them out of one of the two"
                )
        if self.sentences < FEW_SENTENCES:
            yield (
                f"{self.sentences} sentences are very little data: expect a weak model; label more "
                f"(`fanlight next`, `fanlight label`), at least {FEW_SENTENCES}"
            )

    def _label_problems(self) -> Iterator[str]:
        if self.contradictions:
            line, other_line = self.contradictions[0]
            yield (
                f"{len(self.contradictions)} sentences contradict another with the same words (lines {line} and "
                f"{other_line}): they cannot both be learned; correct one of each"
            )
        for names in self.similar_types:
            yield f"types {' and '.join(names)} differ in spelling only: give them one name if they mean the same"
        rare = {name: count for name, count in self.entities.items() if count < FEW_ENTITIES}
        if rare:
            listed = ", ".join(f"{name} ({count})" for name, count in rare.items())
            yield f"types with fewer than {FEW_ENTITIES} entities will hardly be learned: {listed}"
        marked = sum(self.entities.values())
        if self.unmarked_mentions > max(2, marked // 20):
            yield (
                f"{self.unmarked_mentions} mentions of names that are marked elsewhere are not marked, such as "
                f"{self.unmarked_example!r}: check that all entities are labelled"
            )
        if self.duplicates > max(2, self.sentences // 10):
            yield f"{self.duplicates} sentences repeat another: they count more than once; remove them if unintended"
        if self.repairs:
            yield f"repaired while reading: {self.repairs}"

    @property
    def summary(self) -> list[str]:
        """The report as lines of text: problems, then three lines of statistics."""
        kind = "" if self.documents_marked else ", not marked"
        types = ", ".join(f"{name} {count:,}" for name, count in self.entities.items()) or "none"
        figures = [
            f"{self.sentences:,} sentences, {self.tokens:,} tokens, {self.documents:,} documents{kind}; longest "
            f"sentence {self.longest_sentence} tokens; {self.outside_percent:.1f} % outside entities",
            f"entities: {types}",
        ]
        if self.unseen_percent is not None:
            figures.append(f"{self.unseen_percent:.1f} % of the dev set's entities are not in the training data")
        return [*(f"attention: {problem}" for problem in self.problems), *figures]


def report_data(corpus: Corpus, dev: Corpus | None = None) -> DataReport:
    """Return the report on labelled data and an optional dev set.

    Examples
    --------
    >>> one = Sentence.of_words(["Ann", "sings"], [(0, 1, "PER")], 1)
    >>> two = Sentence.of_words(["Ann", "sings"], [], 4)
    >>> report_data(Corpus("towns", "word", [[one], [two]])).contradictions
    [(1, 4)]
    """
    sentences = corpus.sentences
    entities = Counter(span[2] for s in sentences for span in s.spans)
    tokens = sum(len(s.token_starts) for s in sentences)
    inside = sum(len({t for a, b, _ in s.spans for t in range(a, b)}) for s in sentences)
    duplicates, contradictions = _repetitions(sentences)
    unmarked = _unmarked_mentions(corpus)
    shared = unseen = None
    if dev is not None:
        texts = {tuple(s.tokens) for s in sentences}
        shared = sum(tuple(s.tokens) in texts for s in dev.sentences)
        names = {name for s in sentences for name in _names(s)}
        dev_names = [name for s in dev.sentences for name in _names(s)]
        unseen = 100 * sum(name not in names for name in dev_names) / max(1, len(dev_names))
    return DataReport(
        path=corpus.path,
        sentences=len(sentences),
        documents=len(corpus.documents),
        tokens=tokens,
        longest_sentence=max(len(s.token_starts) for s in sentences),
        documents_marked=corpus.documents_marked,
        entities=dict(entities.most_common()),
        outside_percent=100 * (1 - inside / max(1, tokens)),
        similar_types=_similar_types(entities),
        duplicates=duplicates,
        contradictions=contradictions,
        unmarked_mentions=unmarked.total(),
        unmarked_example=_joint(corpus).join(unmarked.most_common(1)[0][0]) if unmarked else "",
        repairs=corpus.summary(),
        shared_with_dev=shared,
        dev_sentences=None if dev is None else len(dev.sentences),
        unseen_percent=unseen,
    )


def _joint(corpus: Corpus) -> str:
    """Return the separator between the tokens of a name for messages."""
    return "" if corpus.unit == "character" else " "


def _names(sentence: Sentence) -> list[_Tokens]:
    tokens = sentence.tokens
    return [tuple(tokens[a:b]) for a, b, _ in sentence.spans]


def _similar_types(entities: Mapping[str, int]) -> list[tuple[str, ...]]:
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(entities):
        spellings["".join(c for c in name.casefold() if c.isalnum())].append(name)
    return [tuple(names) for names in spellings.values() if len(names) > 1]


def _repetitions(sentences: Sequence[Sentence]) -> tuple[int, list[tuple[int, int]]]:
    """Return the number of repeated sentences, and the lines of pairs with different entities."""
    earlier: dict[_Tokens, tuple[int, frozenset[Span]]] = {}
    duplicates, contradictions = 0, []
    for sentence in sentences:
        spans = frozenset(sentence.spans)
        line, before = earlier.setdefault(tuple(sentence.tokens), (sentence.line, spans))
        if (line, before) != (sentence.line, spans):
            if before == spans:
                duplicates += 1
            else:
                contradictions.append((line, sentence.line))
    return duplicates, contradictions


def _unmarked_mentions(corpus: Corpus) -> Counter[_Tokens]:
    """Count mentions outside entities of names that are marked elsewhere.

    Names are capitalised and have at least two tokens or four letters, in Korean at least three syllables; shorter ones
    are often other words.
    """
    words = corpus.unit == "word"
    names = {
        name
        for sentence in corpus.sentences
        for name in _names(sentence)
        if len(name) <= LONGEST_NAME
        and ((name[0][:1].isupper() and sum(map(len, name)) > 3) if words else len(name) > 2)
    }
    by_beginning: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        by_beginning[name[0]].add(len(name))
    counts: Counter[_Tokens] = Counter()
    for sentence in corpus.sentences:
        tokens = sentence.tokens
        inside = {t for a, b, _ in sentence.spans for t in range(a, b)}
        for place, token in enumerate(tokens):
            for length in by_beginning.get(token, ()):
                name = tuple(tokens[place : place + length])
                if name in names and inside.isdisjoint(range(place, place + length)):
                    counts[name] += 1
    return counts
