"""Small networks that are built without training: configurations, groups of features and a lexicon."""

import numpy as np

from fanlight.network.configuration import HEADS, Configuration
from fanlight.network.lexicon import Lexicon
from fanlight.text.features import Group

GROUPS = (Group("form", 50, 3, ("lower",)), Group("affix", 40, 2, ("prefixes", "shape")))
LEXICON = Lexicon.of(["ada", "Paris", "york"], np.random.default_rng(9).normal(size=(3, 4)).astype(np.float32))


def build_configuration(head="chain", which=None, activation="tanh", radius=1, context=2):
    """Return the configuration of a network of two types and six hidden units; `which` is its loss."""
    return Configuration(
        ("LOC", "PER"), "word", radius, 6, activation, head, which or HEADS[head][0], GROUPS, 4, context
    )
