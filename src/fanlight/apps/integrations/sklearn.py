"""A scikit-learn estimator: sentences of words in, tags out; works in `GridSearchCV` and `cross_val_score`.

Examples
--------
>>> X = [["Ann", "is", "in", "Oslo"], ["We", "met", "Ann"]] * 10
>>> y = [["S-PER", "O", "O", "S-LOC"], ["O", "O", "S-PER"]] * 10
>>> tagger = FanlightClassifier(epochs=20, rate=0.01, hidden=16).fit(X, y)
>>> tagger.predict([["Ann", "is", "in", "Oslo"]])
[['S-PER', 'O', 'O', 'S-LOC']]
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from fanlight.apps.models import train_tagger
from fanlight.corpus.sentence import Sentence
from fanlight.corpus.writers import columns
from fanlight.entities.bioes import find_scheme, spans_from_tags, tags_from_spans
from fanlight.entities.scores import score_spans
from fanlight.tagging.tagger import Tagger


class FanlightClassifier(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Tags sentences of words.

    Parameters
    ----------
    vectors : path, optional
        Word vectors.
    epochs, hidden, radius, rate, dropout, passes, seed
        As in `fanlight.training.settings.Settings`; None for its own choice.
    settings : dict, optional
        Any others.

    Attributes
    ----------
    tagger_ : Tagger
    classes_ : list of str
        The entity types.
    """

    def __init__(
        self,
        vectors: Any = None,
        epochs: int | None = None,
        hidden: int = 256,
        radius: int | None = None,
        rate: float | None = None,
        dropout: float = 0.5,
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

    def fit(self, X: Sequence[Sequence[str]], y: Sequence[Sequence[str]]) -> FanlightClassifier:
        """Train on sentences of words and their tags, in any of the schemes that `entities.bioes.SCHEMES` names.

        Raises
        ------
        ValueError
            X and y differ in length, or a sentence and its tags do.
        """
        rows = _checked(X, y)
        names = ("epochs", "hidden", "radius", "rate", "dropout", "passes", "seed")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "train.conll"
            lines = columns(Sentence.of_words(words, spans) for words, spans in rows)
            place.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            made = {"unit": "word", **given, **(self.settings or {})}
            self.tagger_: Tagger = train_tagger(place, None, None, self.vectors, (), (), made)
        self.classes_ = list(self.tagger_.types)
        return self

    def predict(self, X: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return each sentence's tags (BIOES)."""
        if not hasattr(self, "tagger_"):
            raise NotFittedError("call fit before predict")
        spans = self.tagger_.tag_words(X)
        return [tags_from_spans([s[:3] for s in row], len(words)) for row, words in zip(spans, X, strict=True)]

    def score(self, X: Sequence[Sequence[str]], y: Sequence[Sequence[str]]) -> float:
        """Return the exact entity F1 on these sentences, from 0 to 1."""
        rows = _checked(X, y)
        found = [spans_from_tags(tags, "BIOES")[0] for tags in self.predict([words for words, _ in rows])]
        return score_spans([spans for _, spans in rows], found).f1 / 100

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes: sentences, not a matrix of numbers."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _checked(X: Sequence[Sequence[str]], y: Sequence[Sequence[str]]) -> list[tuple[list[str], list[Any]]]:
    if len(X) != len(y):
        raise ValueError(f"{len(X)} sentences but tags for {len(y)}")
    scheme = find_scheme(y)
    rows = []
    for number, (words, tags) in enumerate(zip(X, y, strict=True)):
        if len(words) != len(tags):
            raise ValueError(f"sentence {number} has {len(words)} words but {len(tags)} tags")
        if len(words):
            rows.append((list(words), spans_from_tags(list(tags), scheme)[0]))
    return rows
