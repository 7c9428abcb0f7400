"""Look-up of models: bundled with the package, in other packages, on the Hugging Face Hub, or in files."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fanlight.errors import ModelError
from fanlight.files import address_of, local_copy
from fanlight.network.modelfile import Model, load_model
from fanlight.tagging.model_sources import HUB, download_model, installed_models
from fanlight.tagging.tagger import Tagger

FOLDER = Path(__file__).parent.parent / "models"


def load_tagger(
    model: str | os.PathLike[str], verify: bool = False, stages: int | None = None, engine: str = "auto"
) -> Tagger:
    """Return the tagger of a bundled model ("en", "ko"), a model file, an installed model or a model on the Hub.

    See `fanlight.load`.

    Raises
    ------
    ModelError
        The model does not exist, or the file is damaged.
    """
    name = os.fspath(model)
    if name in bundled_models():
        return _load_bundled(name, verify, stages, engine)
    return Tagger(limit_stages(load_model(model_file(name), verify), stages), engine)


def bundled_models() -> list[str]:
    """Return the names of the models that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.fanlight"))


def model_file(model: str) -> Path:
    """Return the file of a model: bundled, on the Hub (``hf:user/repo@revision``), remote, local or in a package.

    Raises
    ------
    ModelError
        No model has this name, or it is not on the Hub.
    """
    if model in bundled_models():
        return FOLDER / f"{model}.fanlight"
    if model.startswith(HUB):
        return download_model(model)
    if (address := address_of(model)) is not None:
        return local_copy(address)
    if os.path.exists(model) or os.sep in model or "." in model:
        return Path(model)
    installed = installed_models()
    if model not in installed:
        names = ", ".join(sorted({*bundled_models(), *installed})) or "none"
        raise ModelError(f"{model}: no such model: there are {names}; otherwise give a file or hf:user/repo")
    return installed[model]


@lru_cache(8)
def _load_bundled(name: str, verify: bool, stages: int | None, engine: str) -> Tagger:
    return Tagger(limit_stages(load_model(model_file(name), verify), stages), engine)


def limit_stages(model: Model, stages: int | None) -> Model:
    """Return a model without its second stage if `stages` is 1."""
    if stages != 1 or model.first_stage is None:
        return model
    first_stage = model.first_stage
    return replace(model, configuration=first_stage.configuration, parameters=first_stage.parameters, first_stage=None)
