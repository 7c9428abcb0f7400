"""The model file: a safetensors file with arrays, and everything else as JSON in its metadata.

It contains no code. Of feature tables the nonzero rows are stored, as 8-bit integers with a scale per row; word vectors
are stored likewise. The metadata's ``fanlight`` entry has the format version, the configuration, the provenance, and
two checksums: SHA-256 of the arrays, and XXH3 of the header and the arrays, which every load verifies.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.errors import DataError, ModelError
from fanlight.files import replacing
from fanlight.network.configuration import UNITS, Configuration
from fanlight.network.document_features import document_feature_width, gazetteer_feature_width
from fanlight.network.lexicon import Lexicon
from fanlight.network.parameters import parameter_shapes
from fanlight.network.vector_tables import ProductCodes, quantise, table_of
from fanlight.text.gazetteers import Gazetteer, filter_size
from fanlight.text.patterns import Patterns

# 2: a first stage and gazetteers; 3: feature tables in 8-bit integers; 4: patterns;
# 5: tables with a radius; 6: word vectors by product quantisation
FORMAT = 6


@dataclass(frozen=True)
class Model:
    """A trained network.

    Attributes
    ----------
    configuration : Configuration
    parameters : dict of str to float array
        See `network.parameters`.
    lexicon : Lexicon
        Word vectors.
    provenance : dict
        Settings, data, scores, licences, version: values for JSON.
    first_stage : FirstStage or None
        The network from whose probabilities document features are computed (`network.document_features`).
    gazetteer : Gazetteer or None
        Names for gazetteer features, in both stages.
    patterns : Patterns or None
        Names and regular expressions for pattern features, in both stages.
    """

    configuration: Configuration
    parameters: dict[str, NDArray[np.float32]]
    lexicon: Lexicon
    provenance: dict[str, Any] = field(default_factory=dict)
    first_stage: FirstStage | None = None
    gazetteer: Gazetteer | None = None
    patterns: Patterns | None = None


@dataclass(frozen=True)
class FirstStage:
    """The network of the first stage; it uses the lexicon of the model."""

    configuration: Configuration
    parameters: dict[str, NDArray[np.float32]]


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model file atomically."""
    arrays = _file_arrays(model.configuration, model.parameters)
    stage = model.first_stage
    if stage is not None:
        arrays |= {f"first.{k}": a for k, a in _file_arrays(stage.configuration, stage.parameters).items()}
    arrays["lexicon.hashes"] = model.lexicon.hashes
    arrays |= {f"lexicon.{name}": array for name, array in model.lexicon.table.arrays.items()}
    names, patterns = model.gazetteer, model.patterns
    if names is not None:
        arrays |= {"gazetteer.hashes": names.hashes, "gazetteer.members": names.members}
        if len(names.beginnings):
            arrays["gazetteer.beginnings"] = names.beginnings
    header: dict[str, Any] = {
        "format": _format(model),
        "gazetteer": names and {"lists": names.lists, "longest": names.longest, "unit": names.unit},
        "configuration": model.configuration.to_dict(),
        "first": None if stage is None else stage.configuration.to_dict(),
        "provenance": model.provenance,
        "checksum": _checksum(arrays),
    }
    if patterns is not None:  # pairs, because the order of the expressions numbers the types
        header["patterns"] = {"names": [*patterns.names.items()], "expressions": [*patterns.expressions.items()]}
    header["xxh3"] = _fast_checksum(header, arrays)
    write_arrays(path, arrays, {"fanlight": _dump(header)})


def load_model(path: str | os.PathLike[str], verify: bool = False) -> Model:
    """Read and check a model file.

    Parameters
    ----------
    path : path
        The file.
    verify : bool
        Also compare the SHA-256 of all arrays.

    Raises
    ------
    ModelError
        The file is missing, cut short, altered, not a Fanlight model, or of a newer format.
    """
    arrays, metadata = read_arrays(path)
    try:
        header = json.loads(metadata["fanlight"])
        version = int(header["format"])
    except (KeyError, TypeError, ValueError):
        raise ModelError(
            f"{path}: a safetensors file, but not a Fanlight model: train one with `fanlight train`"
        ) from None
    if version > FORMAT:
        raise ModelError(
            f"{path}: model format {version} is newer than this version of fanlight reads ({FORMAT}): "
            "upgrade with `pip install -U fanlight`"
        )
    try:
        checksum = header.get("xxh3")
        is_damaged = checksum is not None and checksum != _fast_checksum(header, arrays)
        # older files have only the SHA-256
        if is_damaged or ((verify or checksum is None) and _checksum(arrays) != header["checksum"]):
            raise ModelError(f"{path}: the checksum does not match: the file was altered or damaged, get it again")
        configuration = Configuration.from_dict(header["configuration"])
        lexicon = Lexicon(arrays["lexicon.hashes"], table_of(_within(arrays, "lexicon.")))
        parameters = _parameters(arrays, configuration)
        first_stage = _read_first_stage(arrays, header.get("first"))
        gazetteer = _gazetteer(arrays, header.get("gazetteer"))
        patterns = _patterns(header.get("patterns"))
        _check_features(configuration, first_stage, gazetteer_feature_width(gazetteer, patterns))
        if (
            lexicon.width != configuration.vector_width
            or len(lexicon.hashes) != len(lexicon.table)
            or lexicon.hashes.dtype != np.uint64
            or not lexicon.table.is_sound
        ):
            raise ModelError("the word vectors do not fit the configuration")
        provenance = dict(header["provenance"])
    except ModelError as error:
        raise ModelError(f"{path}: {error}" if str(path) not in str(error) else str(error)) from None
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"{path}: the model is incomplete ({error!r}): the file is damaged, get it again") from None
    return Model(configuration, parameters, lexicon, provenance, first_stage, gazetteer, patterns)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str]) -> None:
    """Write a safetensors file atomically.

    Raises
    ------
    ModelError
        The folder does not exist or cannot be written.
    """
    from safetensors.numpy import save

    with replacing(path, ModelError) as part:
        part.write_bytes(save({name: np.ascontiguousarray(a) for name, a in arrays.items()}, metadata))


def read_arrays(path: str | os.PathLike[str]) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Return the arrays and the metadata of a safetensors file.

    Raises
    ------
    ModelError
        The file is missing, a folder, cut short or not a safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    if os.path.isdir(path):
        raise ModelError(f"{path}: is a folder, not a model file")
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or 'no such file'}): is the path right?") from None
    except SafetensorError as error:
        raise ModelError(
            f"{path}: not a model file, or one cut short or damaged ({error}): get it again, or make one with "
            "`fanlight train`"
        ) from None


def _read_first_stage(arrays: Mapping[str, NDArray[Any]], header: Mapping[str, object] | None) -> FirstStage | None:
    """Return the first stage, if there is one."""
    if header is None:
        return None
    configuration = Configuration.from_dict(header)
    return FirstStage(configuration, _parameters(_within(arrays, "first."), configuration))


def _check_features(configuration: Configuration, first_stage: FirstStage | None, width: int) -> None:
    """Check that the networks' feature widths match those of names, patterns and the first stage.

    Raises
    ------
    ModelError
        They do not match.
    """
    if first_stage is not None:
        if first_stage.configuration.evidence_width != width:
            raise ModelError("the first network does not fit the names and patterns: the file is damaged, get it again")
        width += document_feature_width(len(first_stage.configuration.types))
    if configuration.evidence_width != width:
        raise ModelError("a first network, names or patterns are missing: the file is damaged, get it again")


def _format(model: Model) -> int:
    """Return the lowest format version that can store the model, for compatibility with older releases."""
    networks = [model.configuration, *([] if model.first_stage is None else [model.first_stage.configuration])]
    if isinstance(model.lexicon.table, ProductCodes):
        return 6
    if any(group.reach is not None for network in networks for group in network.groups):
        return 5
    return 3 if model.patterns is None else 4


def _within(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _checksum(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape} ".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _dump(header: Mapping[str, Any]) -> str:
    return json.dumps(header, ensure_ascii=False, sort_keys=True)


def _fast_checksum(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the XXH3 of the header without this checksum and of the arrays."""
    from xxhash import xxh3_128

    about = {key: value for key, value in header.items() if key != "xxh3"}
    state = xxh3_128(_dump(about).encode("utf-8", "surrogatepass"))
    for name in sorted(arrays):
        state.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape} ".encode())
        state.update(np.ascontiguousarray(arrays[name]).data)
    return state.hexdigest()


def _gazetteer(arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any] | None) -> Gazetteer | None:
    if about is None:
        return None
    hashes, members = arrays["gazetteer.hashes"], arrays["gazetteer.members"]
    beginnings = arrays.get("gazetteer.beginnings", np.empty(0, np.uint64))
    lists, longest, unit = tuple(map(str, about["lists"])), int(about["longest"]), str(about["unit"])
    sound = hashes.dtype == np.uint64 and members.dtype == np.uint32 and hashes.shape == members.shape == (len(hashes),)
    sound &= beginnings.dtype == np.uint64 and beginnings.shape in {(0,), (filter_size(len(hashes)),)}
    if not sound or len(lists) > 32 or not 0 < longest < 1 << 16 or unit not in UNITS:
        raise ModelError("the gazetteers cannot be read: the file is damaged, get it again")
    return Gazetteer(lists, hashes, members, longest, unit, beginnings)


def _patterns(about: Mapping[str, Any] | None) -> Patterns | None:
    if about is None:
        return None
    names, expressions = ({str(key): str(type_) for key, type_ in about[kind]} for kind in ("names", "expressions"))
    try:
        return Patterns(names, expressions)
    except DataError as error:
        raise ModelError(
            f"{error}; train the model with such patterns, or get the file again if it is damaged"
        ) from None


def _file_arrays(configuration: Configuration, parameters: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return parameters as they are stored; of tables, the nonzero rows."""
    tables = {group.name for group in configuration.groups}
    arrays: dict[str, NDArray[Any]] = {}
    for name, array in parameters.items():
        if name in tables:
            rows = np.flatnonzero(array.any(1))
            arrays[f"table.{name}.rows"] = rows.astype(np.uint32)
            arrays[f"table.{name}.values"], arrays[f"table.{name}.scales"] = quantise(array[rows])
        else:
            arrays[f"parameter.{name}"] = np.ascontiguousarray(array, np.float32)
    return arrays


def _parameters(arrays: Mapping[str, NDArray[Any]], configuration: Configuration) -> dict[str, NDArray[np.float32]]:
    tables = {group.name for group in configuration.groups}
    parameters = {}
    for name, shape in parameter_shapes(configuration).items():
        if name in tables:
            rows, values = arrays[f"table.{name}.rows"], arrays[f"table.{name}.values"]
            full = np.zeros(shape, np.float32)
            scales = arrays.get(f"table.{name}.scales")  # up to format 2, tables are float16
            full[rows] = values if scales is None else values * scales[:, None]
        else:
            full = np.asarray(arrays[f"parameter.{name}"], np.float32)
        if full.shape != shape:
            raise ModelError(f"parameter {name} has shape {full.shape}, the configuration needs {shape}")
        if not np.isfinite(full).all():
            raise ModelError(f"parameter {name} has values that are not finite numbers")
        parameters[name] = full
    return parameters
