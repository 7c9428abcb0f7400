"""A model comes back from its file as it was, and a damaged file is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from fanlight.errors import ModelError
from fanlight.network import modelfile
from fanlight.network.configuration import Configuration
from fanlight.network.lexicon import Lexicon
from fanlight.network.modelfile import Model, load_model, save_model
from fanlight.network.parameters import first_parameters
from fanlight.network.vector_tables import ProductCodes, quantise
from tests.networks import GROUPS, LEXICON, build_configuration


def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model():
    configuration = build_configuration()
    parameters = first_parameters(configuration, np.random.default_rng(0))
    parameters["form"][::2] = 0
    for name in ("form", "affix"):  # as the file keeps them
        integers, scales = quantise(parameters[name])
        parameters[name] = integers * scales[:, None]
    return Model(configuration, parameters, LEXICON, {"licence": "none", "sätze": [1, 2]})


def test_a_model_comes_back_as_it_was(model, tmp_path):
    path = tmp_path / "m.fanlight"
    save_model(model, path)
    again = load_model(path, verify=True)
    assert again.configuration == model.configuration
    assert again.provenance == model.provenance
    for name, array in model.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], array)
    np.testing.assert_array_equal(again.lexicon.vectors(np.arange(3)), LEXICON.vectors(np.arange(3)))
    saved = path.read_bytes()
    save_model(again, path)
    assert path.read_bytes() == saved
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"


def test_product_quantised_vectors_come_back_and_older_versions_refuse_them(model, tmp_path):
    path = tmp_path / "m.fanlight"
    matrix = rng().normal(size=(3, 4)).astype(np.float32)
    lexicon = Lexicon.of(["ada", "Paris", "york"], matrix, parts=2)
    save_model(replace(model, lexicon=lexicon), path)
    np.testing.assert_array_equal(load_model(path).lexicon.vectors(np.arange(-1, 3)), lexicon.vectors(np.arange(-1, 3)))
    assert json.loads(modelfile.read_arrays(path)[1]["fanlight"])["format"] == 6
    table = lexicon.table
    assert isinstance(table, ProductCodes)
    for wrong in (
        replace(table, codes=table.codes[:, 1:]),
        replace(table, codes=table.codes[:-1]),
        replace(table, codebooks=table.codebooks[:, :5]),
        replace(table, codebooks=table.codebooks * np.float32(np.nan)),
        replace(table, gains=table.gains.astype(np.float64)),
    ):
        save_model(replace(model, lexicon=Lexicon(lexicon.hashes, wrong)), path)
        with pytest.raises(ModelError, match="word vectors"):
            load_model(path)


def test_a_reach_makes_a_file_that_older_versions_refuse(model, tmp_path):
    path = tmp_path / "m.fanlight"
    formats = []
    for groups in (GROUPS, (replace(GROUPS[0], reach=0), GROUPS[1])):
        made_so = replace(model.configuration, groups=groups, radius=2)
        save_model(replace(model, configuration=made_so, parameters=first_parameters(made_so, rng())), path)
        formats.append(json.loads(modelfile.read_arrays(path)[1]["fanlight"])["format"])
        assert load_model(path).configuration == made_so
        assert load_model(path).parameters["W_0"].shape == (6, 9 if groups == GROUPS else 6)
    assert formats == [3, 5]
    for wrong in (-1, "far"):
        values = made_so.to_dict()
        values["groups"][0]["reach"] = wrong
        with pytest.raises(ModelError, match="configuration"):
            Configuration.from_dict(values)
    values = replace(made_so, vector_width=0, groups=tuple(replace(g, reach=1) for g in GROUPS)).to_dict()
    with pytest.raises(ModelError, match="does not know"):
        Configuration.from_dict(values)


def test_damaged_foreign_and_newer_files_are_refused(model, tmp_path):
    path = tmp_path / "m.fanlight"
    save_model(model, path)
    saved = path.read_bytes()
    for content, message in (
        (saved[: len(saved) // 2], "not a model file, or one cut short"),
        (b"", "not a model file"),
        (b"\x80\x04pickle", "not a model file"),
        (b"<html></html>" * 10, "not a model file"),
    ):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=message):
            load_model(path)
    altered = bytearray(saved)
    altered[-3] ^= 1
    path.write_bytes(altered)
    with pytest.raises(ModelError, match="checksum does not match"):
        load_model(path)
    save_file({"a": np.zeros(2)}, path)
    with pytest.raises(ModelError, match="not a Fanlight model"):
        load_model(path)
    save_file({"a": np.zeros(2)}, path, {"fanlight": json.dumps({"format": modelfile.FORMAT + 1})})
    with pytest.raises(ModelError, match=r"newer than this version.*pip install -U"):
        load_model(path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path / "none")
    with pytest.raises(ModelError, match="is a folder"):
        load_model(tmp_path)


@given(drawn=st.data())
def test_any_altered_byte_is_a_clean_error_or_changes_nothing(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("m")
    configuration = build_configuration()
    save_model(
        Model(configuration, first_parameters(configuration, np.random.default_rng(0)), LEXICON, {}), folder / "m"
    )
    saved = (folder / "m").read_bytes()
    content = bytearray(saved)
    for _ in range(drawn.draw(st.integers(1, 3))):
        content[drawn.draw(st.integers(0, len(content) - 1))] = drawn.draw(st.integers(0, 255))
    (folder / "m").write_bytes(content)
    try:
        model = load_model(folder / "m")
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        save_model(model, folder / "m")
        assert (folder / "m").read_bytes() == saved


def test_a_folder_that_is_not_there(model, tmp_path):
    with pytest.raises(ModelError, match="cannot be written"):
        save_model(model, tmp_path / "none" / "m")
