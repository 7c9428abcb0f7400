"""The configuration of a network: all that determines the shapes of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import ModelError
from fanlight.text.character_features import CHARACTER_FEATURES
from fanlight.text.features import Group
from fanlight.text.word_features import WORD_FEATURES

UNITS = ("word", "character")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "hardtanh")
HEADS = {  # the losses each head can be trained with; the first is the default
    "chain": ("likelihood",),
    "softmax": ("cross-entropy",),
    "logistic": ("logistic", "margin"),
}


@dataclass(frozen=True)
class Configuration:
    """The shape of a network.

    Attributes
    ----------
    types : tuple of str
        Entity types, in the order of their tags.
    unit : str
        What a token is: "word" or "character".
    radius : int
        Tokens of the window on either side (lecture L5).
    hidden : int
        Number of hidden units (L6).
    activation : str
        One of `ACTIVATIONS` (L6).
    head : str
        "chain" (sentence-level score), "softmax" (L3) or "logistic" (one against the rest, L2: types may overlap).
    loss : str
        One of ``HEADS[head]`` (L8).
    groups : tuple of Group
        Tables of hashed features.
    vector_width : int
        Components of the word vectors, 0 for none (L4).
    context_width : int
        Width of the embedding of a token's case context, 0 for none.
    evidence_width : int
        Number of features of each token: gazetteer features, pattern features, then document features
        (`network.document_features`); 0 for none.
    """

    types: tuple[str, ...]
    unit: str
    radius: int
    hidden: int
    activation: str
    head: str
    loss: str
    groups: tuple[Group, ...]
    vector_width: int
    context_width: int
    evidence_width: int = 0

    @property
    def tags(self) -> int:
        """Number of tags K: O and B, I, E, S of each type; no O for the logistic head."""
        return 4 * len(self.types) + (self.head != "logistic")

    @property
    def width(self) -> int:
        """Width d of a word type's vector."""
        return self.vector_width + sum(group.dimension for group in self.groups)

    @property
    def columns(self) -> dict[str, slice]:
        """Columns of each table in a word type's vector, by name."""
        widths = [("vectors", self.vector_width), *((group.name, group.dimension) for group in self.groups)]
        ends = accumulate(width for _, width in widths)
        return {name: slice(end - width, end) for (name, width), end in zip(widths, ends, strict=True)}

    def seen_at(self, k: int) -> tuple[str, ...]:
        """Return the names of the tables used at window position k, in the order of `columns`."""
        seen = {group.name: group.seen_at(abs(k - self.radius)) for group in self.groups}
        return tuple(name for name in self.columns if seen.get(name, True))

    def columns_at(self, k: int) -> NDArray[np.int64]:
        """Return the columns of a word type's vector that form x_k at window position k."""
        of = self.columns
        return np.concatenate([np.arange(of[name].start, of[name].stop) for name in self.seen_at(k)])

    @property
    def sees_all(self) -> bool:
        """Whether some features are used at every window position."""
        return self.vector_width > 0 or any(group.seen_at(self.radius) for group in self.groups)

    @property
    def positions(self) -> int:
        """Words in a window, 2c + 1."""
        return 2 * self.radius + 1

    def to_dict(self) -> dict[str, Any]:
        """Return values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Configuration:
        """Build from values of `to_dict`.

        Raises
        ------
        ModelError
            A value is missing, unknown or out of range.
        """
        try:
            groups = tuple(
                Group(
                    str(g["name"]),
                    int(g["buckets"]),
                    int(g["dimension"]),
                    tuple(map(str, g["features"])),
                    None if g.get("reach") is None else int(g["reach"]),
                )
                for g in values["groups"]
            )
            plain = {
                k: values[k]
                for k in ("unit", "radius", "hidden", "activation", "head", "loss", "vector_width", "context_width")
            }
            plain["evidence_width"] = values.get("evidence_width", 0)
            configuration = cls(types=tuple(map(str, values["types"])), groups=groups, **plain)
            features = WORD_FEATURES if configuration.unit == "word" else CHARACTER_FEATURES
            sizes = (
                configuration.radius,
                configuration.hidden,
                configuration.vector_width,
                configuration.context_width,
                configuration.evidence_width,
            )
            sound = (
                configuration.unit in UNITS
                and configuration.activation in ACTIVATIONS
                and configuration.loss in HEADS[configuration.head]
                and all(isinstance(n, int) and 0 <= n < 1 << 20 for n in sizes)
                and all(0 < g.buckets < 1 << 28 and 0 < g.dimension < 1 << 16 for g in groups)
                and all(name in features for g in groups for name in g.features)
                and all(g.reach is None or g.reach >= 0 for g in groups)
                and configuration.sees_all
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the model's configuration cannot be read ({error!r}): the file is damaged") from None
        if not sound:
            raise ModelError(
                "the model's configuration has values this version does not know: install a newer fanlight"
            )
        return configuration
