"""Products of word types' vectors, and of parts of them, against plain products."""

import itertools

import numpy as np

from fanlight.engine import row_products as parts
from fanlight.engine.matmul import BATCH, PANEL, multiply
from fanlight.network.configuration import Configuration
from fanlight.network.inputs import WordTypes
from fanlight.text.features import Group, character_keys, extract
from fanlight.text.gazetteers import MARKS
from fanlight.text.tokens import characters

TEXT = "이순신은 서울에서 태어났다. 1592년 4월 13일, 부산!"


def test_products_of_parts_add_up_to_those_of_the_whole():
    """Near and far, whatever is known of rows beforehand: W_k @ x of each character and its marks, by plain products."""
    rng = np.random.default_rng(3)
    groups = (
        Group("character", 300, 5, ("character", "class"), 2), Group("place", 40, 3, ("position", "neighbours")),
        Group("bigram", 300, 4, ("left", "around"), 1), Group("word", 300, 6, ("word", "rest"), 0),
    )  # fmt: skip
    keys = character_keys(TEXT, *(a.tolist() for a in characters(TEXT)))
    for vector, radius in ((0, 3), (0, 1), (0, 0), (2, 3)):
        configuration = Configuration(
            ("X",), "character", radius, 32, "relu", "chain", "likelihood", groups, vector, 0, 2 * MARKS
        )
        p = {g.name: rng.normal(size=(g.buckets, g.dimension)).astype(np.float32) for g in groups}
        for table in p.values():
            table[::7] = 0
        W = rng.normal(size=(configuration.width + 2 * MARKS, configuration.positions, 32)).astype(np.float32)
        for k in range(configuration.positions):
            W[np.setdiff1d(np.arange(configuration.width), configuration.columns_at(k)), k] = 0
        of = parts.RowProducts(configuration, p, W)
        assert of.near_radius == (radius if vector else min(radius, 1))
        marks = (rng.random((len(keys), 2 * MARKS)) < 0.2).astype(np.float32)
        bags = extract(keys, groups)
        V = np.zeros((len(keys), configuration.width))
        for group, bag in zip(groups, bags, strict=True):
            block = [p[group.name][bag.ids[s:e]].sum(0) for s, e in itertools.pairwise(bag.offsets)]
            V[:, configuration.columns[group.name]] = block
        want = np.einsum("td,dpm->tpm", np.concatenate([V, marks], 1), W)
        rows = rng.permutation(2 * len(keys))[: len(keys)].astype(np.int32)
        close = 2 * of.near_radius + 1
        near, numbers = np.zeros((2 * len(keys), close * 32), np.float32), np.zeros((2 * len(keys), of.count), np.int32)
        of.learn(WordTypes(np.full(len(keys), -1), tuple(bags)), marks, rows, near, numbers)
        middle = slice(radius - of.near_radius, radius + of.near_radius + 1)
        np.testing.assert_allclose(near[rows].reshape(-1, close, 32), want[:, middle], atol=1e-4)
        far = of.row_products[numbers[rows]].sum(1).reshape(want.shape)
        beyond = np.setdiff1d(np.arange(configuration.positions), np.arange(configuration.positions)[middle])
        np.testing.assert_allclose(far[:, beyond], want[:, beyond], atol=1e-4)


def test_multiplying_gives_a_row_the_same_bits_in_any_company():
    rng = np.random.default_rng(1)
    count, width = BATCH + 37, 2 * len(PANEL)
    V, W = rng.normal(size=(count, 23)).astype(np.float32), rng.normal(size=(23, width)).astype(np.float32)
    V[rng.random(count) < 0.5, :14] = 0  # what is left out changes nothing
    V[rng.random(count) < 0.5, 20:] = 0
    V[5] = 0
    panels = np.ascontiguousarray(W.reshape(23, 2, -1).transpose(1, 0, 2))
    order, places = rng.permutation(count), rng.permutation(2 * count)[:count]
    out = np.full((2 * count, width), 7, np.float32)
    multiply(V, panels, order, places, out)
    np.testing.assert_allclose(out[places], V @ W, atol=1e-5)
    assert (out[np.setdiff1d(np.arange(2 * count), places)] == 7).all()
    product = np.empty((1, width), np.float32)
    for t in range(count):
        multiply(V[t : t + 1], panels, np.zeros(1, np.int64), np.zeros(1, np.int64), product)
        np.testing.assert_array_equal(product[0], out[places[t]])
