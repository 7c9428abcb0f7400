"""Compressed word vectors are near those they stand for."""

import numpy as np
import pytest

from fanlight.errors import DataError, SettingsError
from fanlight.network.lexicon import Lexicon, read_lexicon
from fanlight.network.vector_tables import IntegerRows, ProductCodes, table_of
from fanlight.training.settings import read_settings


def error(table, matrix):
    """Return the squared error of a table's vectors as a share of the matrix's squares."""
    return float(np.square(table.vectors(np.arange(len(matrix))) - matrix).sum() / np.square(matrix).sum())


def test_product_quantisation_loses_less_the_more_parts_there_are():
    matrix = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)
    errors = [error(ProductCodes.of(matrix, parts), matrix) for parts in (1, 2, 4, 8)]
    assert errors == sorted(errors, reverse=True)
    # 8 bits for a normal number leave 0.0002 at best, 2 bits a component 0.12 with scalars (Max 1960), less with parts
    assert errors[-1] < 0.001
    assert 0.02 < errors[1] < 0.12


def test_up_to_256_distinct_vectors_are_stored_exactly_but_for_their_gain():
    matrix = np.random.default_rng(1).normal(size=(256, 6)).astype(np.float32) * np.geomspace(0.1, 9, 256)[:, None]
    table = ProductCodes.of(matrix.astype(np.float32), 2)
    assert error(table, matrix) < 0.0005
    assert error(IntegerRows.of(matrix.astype(np.float32)), matrix) < 0.0001


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_tables_can_be_stored(count):
    matrix = np.arange(4 * count, dtype=np.float32).reshape(count, 4)
    table = ProductCodes.of(matrix, 2)
    assert table.is_sound
    assert table.width == 4
    np.testing.assert_allclose(table.vectors(np.arange(count)), matrix, rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("parts", [None, 2])
def test_a_table_is_restored_from_its_arrays(parts):
    matrix = np.random.default_rng(2).normal(size=(9, 4)).astype(np.float32)
    table = Lexicon.of([str(n) for n in range(9)], matrix, parts).table
    again = table_of(table.arrays)
    assert type(again) is type(table)
    rows = np.arange(-1, 9)
    np.testing.assert_array_equal(again.vectors(rows), table.vectors(rows))
    assert not table.vectors(rows)[0].any(), "row -1 is of words without a vector"


def test_a_compressed_lexicon_is_cached_beside_the_plain_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "v.vec"
    path.write_text("Paris 1 2 3 4\nOslo 2 1 4 3\n")
    plain, compressed = read_lexicon(path)[0], read_lexicon(path, 2)[0]
    monkeypatch.setattr("fanlight.network.lexicon.read_vectors", None)
    assert isinstance(read_lexicon(path)[0].table, IntegerRows)
    again = read_lexicon(path, 2)[0]
    assert isinstance(again.table, ProductCodes)
    assert again.digest == compressed.digest != plain.digest


def test_parts_that_do_not_divide_a_vector_and_trained_vectors_are_refused(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("Paris 1 2 3 4\nOslo 2 1 4 3\n")
    with pytest.raises(DataError, match="4 components cannot be cut into 3 equal parts"):
        read_lexicon(path, 3)
    with pytest.raises(SettingsError, match="vector_parts does not go with trained"):
        read_settings(None, {"vector_parts": 5, "train_vectors": True})
