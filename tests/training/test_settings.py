"""Settings: what is wrong with one is named, and what is left open the data decide."""

from types import SimpleNamespace

import numpy as np
import pytest

from fanlight.errors import DataError, ModelError, SettingsError
from fanlight.training.preparation import log_frequencies
from fanlight.training.settings import Settings, read_settings
from fanlight.training.train import train_model
from tests.towns import SMALL, TOWNS, train_small


def warnings_of(folder, dev=None, vectors=None):
    """Train for one epoch and return what the user was warned of."""
    warnings = []
    settings = read_settings(None, {**SMALL, "epochs": 1})
    for _ in train_model(TOWNS, dev, folder / "m", vectors, settings, warn=warnings.append):
        pass
    return warnings


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"hiden": "3"}, r"hiden: is no setting \(did you mean hidden\?\): known are unit, radius, hidden"),
        ({"dropout": "1.5"}, "dropout: must be less than 1"),
        ({"activation": "swish"}, "activation"),
        ({"loss": "margin"}, "loss 'margin' does not go with head 'chain': choose likelihood"),
    ],
)
def test_wrong_settings_are_named(overrides, message):
    with pytest.raises(SettingsError, match=message):
        read_settings(None, overrides)


def test_settings_from_toml(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("hidden = 64\n[features.form]\nbuckets = 100\ndimension = 4\nfeatures = ['lower']\n")
    settings = read_settings(path, {"epochs": "3"})
    assert (settings.hidden, settings.epochs, settings.features["form"].buckets) == (64, 3, 100)
    path.write_text("hidden = = 3")
    with pytest.raises(SettingsError, match=r"c.toml: is not TOML"):
        read_settings(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")
    assert Settings() == read_settings()


def test_an_unknown_feature_is_named(tmp_path):
    with pytest.raises(SettingsError, match="no feature 'lover' for unit 'word'; known are lower"):
        train_small(tmp_path / "m", features={"x": {"buckets": 5, "dimension": 2, "features": ["lover"]}})


def test_some_table_must_see_the_whole_window(tmp_path):
    tables = {"form": {"buckets": 50, "dimension": 4, "features": ["lower"], "reach": 1}}
    with pytest.raises(SettingsError, match=r"no table is looked at in the whole window, of radius 2: leave out"):
        train_small(tmp_path / "m", features=tables, radius=2)
    train_small(tmp_path / "m", features=tables, radius=1, epochs=1)
    with pytest.raises(SettingsError, match=r"features\.form\.reach: must be 0 or more"):
        read_settings(None, {"features": {"form": {**tables["form"], "reach": -1}}})


def test_feature_dropout_of_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="there is no table 'forms'; there are vectors, form,"):
        train_small(tmp_path / "m", feature_dropout={"forms": 0.5})


def test_a_dev_type_that_training_lacks_is_warned_of(tmp_path):
    dev = tmp_path / "dev.txt"
    dev.write_text("Acme\tB-SHIP\n")
    assert any("has types that" in w and "SHIP" in w for w in warnings_of(tmp_path, dev=dev))


def test_the_folder_of_the_model_has_to_exist(tmp_path):
    with pytest.raises(ModelError, match="the folder .* does not exist"):
        train_small(tmp_path / "none" / "m")


def test_repeated_vectors_are_told(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text("Paris 1 2\nOslo 2 1\nParis 3 3\n")
    assert any("1 lines repeat a word" in w for w in warnings_of(tmp_path, vectors=path))


def test_small_corpora_get_smaller_batches_and_more_epochs_and_large_ones_what_they_had():
    small = read_settings(None, {}).resolve("word", 100, 100, False, tokens=1500)
    assert (small.batch_tokens, small.epochs) == (104, 60)
    large = read_settings(None, {}).resolve("word", 946, 14041, False, tokens=204_000)
    usual = read_settings(None, {}).resolve("word", 946, 14041, False)
    assert large == usual
    explicit = read_settings(None, {"epochs": 3, "batch_tokens": 250}).resolve("word", 100, 100, False, tokens=1500)
    assert (explicit.batch_tokens, explicit.epochs) == (250, 3)
    updates = [round(few.epochs * 40_000 / few.batch_tokens) for few in map(few_thousand, ("word", "character"))]
    assert updates == pytest.approx([3500, 5000], rel=0.05)  # whole epochs


def few_thousand(unit):
    shares = {"lower_share": 0.0, "upper_share": 0.0, "replacement_share": 0.0}
    return read_settings(None, shares).resolve(unit, 2000, 2000, False, tokens=40_000)


def test_output_bias_begins_at_the_frequencies_of_the_tags():
    configuration = SimpleNamespace(head="chain", tags=5)
    bias = log_frequencies(configuration, np.array([0] * 9 + [4]))
    assert np.exp(bias).ravel() == pytest.approx(np.array([9.5, 0.5, 0.5, 0.5, 1.5]) / 12.5)


def test_old_names_of_settings_are_read_and_warned_of():
    with pytest.warns(DeprecationWarning, match="exchange_share is called replacement_share"):
        assert read_settings(None, {"exchange_share": 0.25}).replacement_share == 0.25


def test_a_fasttext_model_is_named_and_is_not_read_as_vectors(tmp_path):
    (tmp_path / "cc.bin").write_bytes((793712314).to_bytes(4, "little") + bytes(100))
    with pytest.raises(
        DataError, match=r"cc\.bin: is a fastText model \(\.bin\), not a file of vectors: take the \.vec"
    ):
        warnings_of(tmp_path, vectors=tmp_path / "cc.bin")


def test_resuming_with_other_settings_is_refused(tmp_path):
    path = tmp_path / "m.fanlight"
    train_small(path, stop_after=2)
    with pytest.raises(SettingsError, match="other data or settings"):
        train_small(path, resume=True, hidden=16)
