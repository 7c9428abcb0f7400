"""Finding a model: one of those that come with the package, or a file."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fanlight.errors import ModelError
from fanlight.network.modelfile import Model, load_model
from fanlight.tagging.tagger import Tagger

FOLDER = Path(__file__).parent.parent / "models"


def load_tagger(
    model: str | os.PathLike[str], verify: bool = False, passes: int | None = None, engine: str = "auto"
) -> Tagger:
    """Return the tagger of a bundled model ("en", "ko") or a model file; see `fanlight.load`.

    Raises
    ------
    ModelError
        There is no such model, or the file is damaged.
    """
    name = os.fspath(model)
    if name in bundled_models():
        return _load_bundled(name, verify, passes, engine)
    if not os.path.exists(name) and os.sep not in name and "." not in name:
        raise ModelError(
            f"{name}: no such model: bundled are {', '.join(bundled_models()) or 'none'}; otherwise give a file"
        )
    return Tagger(limit_stages(load_model(name, verify), passes), engine)


def bundled_models() -> list[str]:
    """Return the names of the models that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.fanlight"))


def model_file(model: str) -> Path:
    """Return the file of a bundled model's name, or else the path given."""
    return FOLDER / f"{model}.fanlight" if model in bundled_models() else Path(model)


@lru_cache(8)
def _load_bundled(name: str, verify: bool, passes: int | None, engine: str) -> Tagger:
    return Tagger(limit_stages(load_model(model_file(name), verify), passes), engine)


def limit_stages(model: Model, passes: int | None) -> Model:
    """Return a model without its second, document-aware network if `passes` is 1."""
    if passes != 1 or model.first is None:
        return model
    first_stage = model.first
    return replace(model, configuration=first_stage.configuration, parameters=first_stage.parameters, first=None)
