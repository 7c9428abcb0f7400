"""Publication of models, with a model card: as a wheel for pip, or in a repository of the Hugging Face Hub.

Both contain the model file and text, and no code.

References
----------
Python Packaging User Guide, binary distribution format and core metadata 2.4.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from fanlight.corpus.decoding import read_text
from fanlight.errors import DataError, ModelError
from fanlight.files import replacing
from fanlight.libraries import library
from fanlight.network.modelfile import Model
from fanlight.tagging.model_sources import FILE, GROUP, HUB
from fanlight.version import __version__

_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?")  # of PEP 440, without local ones
_LICENCE = re.compile(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*")  # of SPDX
_TIME = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes


class Labels(NamedTuple):
    """Name, version and licence of a shared model.

    Attributes
    ----------
    name : str
        For `fanlight.load`: a Python identifier in lower case.
    version : str
        Such as 1.0 or 2.1rc1.
    licence : str
        An SPDX expression.
    language : str
        Language code, such as en; "" if unknown.
    """

    name: str
    version: str
    licence: str
    language: str


def labels_of(
    model: Model, name: str, version: str | None = None, licence: str | None = None, language: str | None = None
) -> Labels:
    """Return a model's labels: the given ones, or else those of its metadata.

    Raises
    ------
    DataError
        There is no licence, or a label is malformed; the message names the option.
    """
    facts = model.provenance
    labels = Labels(
        name,
        version or str(facts.get("version", "1")),
        licence or str(facts.get("licence", "")),
        language or str(facts.get("language", "")),
    )
    if not (name.isidentifier() and name.isascii() and name == name.lower()):
        raise DataError(f"--name: {name!r} is no Python name in small letters, such as my_model")
    if not _VERSION.fullmatch(labels.version):
        raise DataError(f"--version: {labels.version!r} is no version such as 1.0")
    if not _LICENCE.fullmatch(labels.licence):
        raise DataError(f"--licence: {labels.licence or 'missing'!r}: name one of SPDX, such as CC-BY-4.0")
    return labels


def model_card(model: Model, labels: Labels) -> str:
    """Return a model's card as Markdown, from its metadata, with a header for the Hub."""
    facts = model.provenance
    types = model.configuration.types
    parts = [
        "---",
        f"license: {labels.licence.lower()}",
        "library_name: fanlight",
        "pipeline_tag: token-classification",
    ]
    parts += [f"language: {labels.language}"] if labels.language else []
    parts += [
        "---", "", f"# {labels.name}", "",
        f"A model of Fanlight, version {labels.version}, licence {labels.licence}. "
        f"Types: {', '.join(types)}.", "",
    ]  # fmt: skip
    if use := facts.get("intended use"):
        parts += [f"**Intended use.** {use}", ""]
    if limits := facts.get("limits"):
        parts += ["**Limits.**", "", *(f"- {limit}" for limit in limits), ""]
    if scores := facts.get("dev scores"):
        parts += ["## Scores on the dev set", "", "Exact spans, per cent.", "", "| type | precision | recall | F1 |"]
        rows = {"all": scores, **scores["types"]}
        parts += ["|---|---|---|---|", *(f"| {name} | {_percentages(row)} |" for name, row in rows.items()), ""]
    parts += ["## Data", "", *(f"- {text}" for text in _sources(facts)), ""]
    return "\n".join(parts)


def _percentages(row: dict[str, float]) -> str:
    return " | ".join(f"{row[key]:.1f}" for key in ("precision", "recall", "f1"))


def _sources(facts: dict[str, Any]) -> list[str]:
    """Return a line for each training corpus, with its licence if the metadata have it."""
    if data := facts.get("data"):
        return [f"{source['name']}: {source['licence']}" for source in data]
    files = [facts.get("train"), *facts.get("also", ())]
    return [f"{file['file']}, {file['sentences']:,} sentences, SHA-256 {file['sha256']}" for file in files if file]


def write_wheel(
    file: Path,
    model: Model,
    labels: Labels,
    folder: Path,
    licence_file: Path | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write a wheel with a model file; return its path.

    Raises
    ------
    DataError
        The folder cannot be written, the wheel exists (without `overwrite`), or the licence's text cannot
        be read.
    """
    path = folder / f"{labels.name}-{labels.version}-py3-none-any.whl"
    if path.exists() and not overwrite:
        raise DataError(f"{path}: is there already: give another --version, or --overwrite")
    information = f"{labels.name}-{labels.version}.dist-info"
    card = model_card(model, labels)
    head = [
        "Metadata-Version: 2.4", f"Name: {labels.name}", f"Version: {labels.version}",
        f"Summary: A model of Fanlight that finds {', '.join(model.configuration.types)}",
        f"License-Expression: {labels.licence}", "Requires-Python: >=3.11", f"Requires-Dist: fanlight>={__version__}",
    ]  # fmt: skip
    head += ["License-File: LICENSE"] if licence_file else []
    members = {
        f"{labels.name}/__init__.py": b"",
        f"{labels.name}/{FILE}": file.read_bytes(),
        f"{labels.name}/README.md": card.encode(),
        f"{information}/entry_points.txt": f"[{GROUP}]\n{labels.name} = {labels.name}\n".encode(),
        f"{information}/WHEEL": f"Wheel-Version: 1.0\nGenerator: fanlight {__version__}\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n".encode(),
        f"{information}/METADATA": "\n".join([*head, "Description-Content-Type: text/markdown", "", card]).encode(),
    }
    if licence_file:
        members[f"{information}/licenses/LICENSE"] = read_text(licence_file, "utf-8")[0].encode()
    rows = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in members.items()]
    record = f"{information}/RECORD"
    members[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}): choose another --out") from None
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members.items():
            wheel.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def push_model(file: Path, model: Model, labels: Labels, repository: str, private: bool = False) -> str:
    """Upload a model file and its card to a repository of the Hub, which is created if missing.

    Returns
    -------
    str
        The address of the revision, for `fanlight.load`.

    Raises
    ------
    ModelError
        The Hub refuses, or does not answer.
    """
    hub = library("huggingface_hub")
    operations = [
        hub.CommitOperationAdd(FILE, str(file)),
        hub.CommitOperationAdd("README.md", model_card(model, labels).encode()),
    ]
    try:
        client = hub.HfApi(library_name="fanlight", library_version=__version__)
        client.create_repo(repository, private=private, exist_ok=True)
        message = f"{labels.name} {labels.version}"
        commit = client.create_commit(repository, operations, commit_message=message)
    except Exception as error:  # versions of the library differ in their HTTP library and its exceptions
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{repository}: cannot be pushed to ({reason}): log in with `hf auth login`, or check the network"
        ) from error
    return f"{HUB}{repository}@{commit.oid}"
