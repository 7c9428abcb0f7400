"""A scikit-learn estimator: sentences of words in, tags out; works in `GridSearchCV` and `cross_val_score`.

Examples
--------
>>> X = [["Ann", "is", "in", "Oslo"], ["We", "met", "Ann"]] * 10
>>> y = [["B-PER", "O", "O", "B-LOC"], ["O", "O", "B-PER"]] * 10
>>> tagger = FanlightClassifier(epochs=20, rate=0.01, hidden=16).fit(X, y)
>>> tagger.predict([["Ann", "is", "in", "Oslo"]])
[['B-PER', 'O', 'O', 'B-LOC']]
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from fanlight.corpus.sentence import Corpus, Sentence
from fanlight.entities.bioes import find_scheme, spans_from_tags, tags_from_spans
from fanlight.entities.scores import score_spans
from fanlight.errors import DataError
from fanlight.tagging.tagger import Tagger
from fanlight.training.settings import Settings, read_settings
from fanlight.training.train import train_corpora

PathLike = str | os.PathLike[str]
Words = Sequence[Sequence[str]]
Tags = Sequence[Sequence[str]]


class FanlightClassifier(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Tags sentences of words; each sentence is a document, in training and in tagging.

    Parameters
    ----------
    vectors : path, optional
        Word vectors.
    epochs, hidden, radius, rate, dropout, passes, seed
        As in `fanlight.training.settings.Settings`; None for the default.
    settings : dict, optional
        Other settings.

    Attributes
    ----------
    tagger_ : Tagger
    classes_ : list of str
        The entity types.
    scheme_ : str
        The tag scheme of `fit`'s tags, also used by `predict`; one of `entities.bioes.SCHEMES`.
    """

    def __init__(
        self,
        vectors: PathLike | None = None,
        *,
        epochs: int | None = None,
        hidden: int | None = None,
        radius: int | None = None,
        rate: float | None = None,
        dropout: float | None = None,
        passes: int | None = 1,
        seed: int = 1,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.vectors = vectors
        self.epochs = epochs
        self.hidden = hidden
        self.radius = radius
        self.rate = rate
        self.dropout = dropout
        self.passes = passes
        self.seed = seed
        self.settings = settings

    def fit(self, X: Words, y: Tags) -> FanlightClassifier:
        """Train on sentences of words and their tags, in any scheme of `entities.bioes.SCHEMES`.

        Raises
        ------
        ValueError
            X and y differ in length, or a sentence and its tags do.
        DataError
            There are no sentences, or no entities.
        """
        self.scheme_ = find_scheme(_check_lists("y", y))
        documents = [[Sentence.of_words(words, spans)] for words, spans in read_rows(X, y)]
        if not documents:
            raise DataError("fit: there are no sentences to learn from")
        names = ("epochs", "hidden", "radius", "rate", "dropout", "passes", "seed")
        arguments = {name: value for name in names if (value := getattr(self, name)) is not None}
        settings = read_settings(None, {"unit": "word", **arguments, **(self.settings or {})})
        corpus = Corpus("the sentences given to fit", "word", documents, documents_marked=False)
        self.tagger_ = _train(corpus, self.vectors, settings)
        self.classes_ = list(self.tagger_.types)
        return self

    def predict(self, X: Words) -> list[list[str]]:
        """Return each sentence's tags, in the scheme of `fit`'s tags.

        Raises
        ------
        NotFittedError
            `fit` has not been called.
        """
        return [tags_from_spans(spans, len(words), self.scheme_) for words, spans in self._tag(X)]

    def predict_proba(self, X: Words) -> list[NDArray[np.float32]]:
        """Return for each sentence P(word is in an entity of the type), float array (words, types).

        Columns are in the order of `classes_`. 1 minus the sum of a row is the probability of no entity, except for
        the logistic head, whose types may overlap.

        Raises
        ------
        NotFittedError
            `fit` has not been called.
        """
        tagger = self._fitted_tagger()
        documents = [[Sentence.of_words(list(words), ())] for words in _check_lists("X", X) if len(words)]
        rows = iter(tagger.type_probabilities(documents))
        nothing = np.zeros((0, len(self.classes_)), np.float32)
        return [next(rows) if len(words) else nothing for words in X]

    def score(self, X: Words, y: Tags) -> float:
        """Return the exact entity F1 on these sentences, from 0 to 1."""
        rows = list(read_rows(X, y))
        predicted = [spans for _, spans in self._tag([words for words, _ in rows])]
        return score_spans([spans for _, spans in rows], predicted).f1 / 100

    def _tag(self, X: Words) -> Iterator[tuple[Sequence[str], list[Any]]]:
        """Yield each sentence's words and its entities (start, end, type), tagged in one batch."""
        for words, spans in zip(X, self._fitted_tagger().tag_words(_check_lists("X", X)), strict=True):
            yield words, [span[:3] for span in spans]

    def _fitted_tagger(self) -> Tagger:
        if not hasattr(self, "tagger_"):
            raise NotFittedError("call fit before predict")
        return self.tagger_

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags: the input is sentences, not a numeric matrix."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _train(corpus: Corpus, vectors: PathLike | None, settings: Settings) -> Tagger:
    run = train_corpora(corpus, None, vectors, settings)
    while True:
        try:
            next(run)
        except StopIteration as end:
            return Tagger(end.value)


def _check_lists(name: str, sentences: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    """Refuse strings instead of lists of strings, whose letters would be read as words.

    Raises
    ------
    ValueError
        The argument or a sentence is a string; the message has the correct form.
    """
    if isinstance(sentences, str) or (len(sentences) and isinstance(sentences[0], str)):
        raise ValueError(f'{name}: must be a list of lists of strings, such as [["Ann", "sings"]]')
    return sentences


def read_rows(X: Words, y: Tags) -> Iterator[tuple[list[str], list[Any]]]:
    """Yield the words and the entities of each sentence that is not empty.

    Raises
    ------
    ValueError
        X and y differ in length, or a sentence and its tags do.
    """
    _check_lists("X", X)
    if len(X) != len(y):
        raise ValueError(f"{len(X)} sentences but tags for {len(y)}")
    scheme = find_scheme(_check_lists("y", y))
    for number, (words, tags) in enumerate(zip(X, y, strict=True)):
        if len(words) != len(tags):
            raise ValueError(f"sentence {number} has {len(words)} words but {len(tags)} tags")
        if len(words):
            yield list(words), spans_from_tags(list(tags), scheme)[0]
