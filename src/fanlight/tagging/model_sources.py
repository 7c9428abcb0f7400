"""Models in installed packages, and on the Hugging Face Hub.

No code of a model's author runs: a package is not imported, only its folder is looked up; of a repository, only the
model file is downloaded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fanlight.errors import ModelError
from fanlight.libraries import library

FILE = "model.fanlight"  # name of the file in a package and in a repository
GROUP = "fanlight.models"  # group of entry points: name of a model, and its package
HUB = "hf:"
_ADDRESS = re.compile(r"hf:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")


def installed_models() -> dict[str, Path]:
    """Return the model files in installed packages (see `fanlight package`), by the models' names."""
    from importlib.metadata import entry_points

    places = {}
    for entry in entry_points(group=GROUP):
        specification = find_spec(entry.module) if "." not in entry.module else None
        for folder in specification.submodule_search_locations or () if specification else ():
            places[entry.name] = Path(folder) / FILE
    return places


@lru_cache(64)
def download_model(address: str) -> Path:
    """Return the model file at an address such as "hf:user/repo@revision", from the Hub or the local cache.

    Only the cache is used with ``HF_HUB_OFFLINE=1``, or if the network does not respond.

    Raises
    ------
    ModelError
        The address is malformed, or the repository, revision or file does not exist.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ModelError(f"{address}: is no address of the Hub: write hf:user/repo or hf:user/repo@revision")
    hub, errors = library("huggingface_hub"), library("huggingface_hub.errors")
    try:
        return Path(hub.hf_hub_download(match[1], FILE, revision=match[2]))
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.HFValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{address}: cannot be downloaded, and is not in the cache ({reason}): check the name, the revision and "
            "the network"
        ) from None
