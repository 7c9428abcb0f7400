"""Finding a model: one of those that come with the package, or a file."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from fanlight.errors import ModelError
from fanlight.network.modelfile import load_model
from fanlight.tagging.tagger import Tagger

FOLDER = Path(__file__).parent.parent / "models"


def load_tagger(model: str | os.PathLike[str], verify: bool = False) -> Tagger:
    """Return the tagger of a bundled model ("en", "ko") or a model file.

    Raises
    ------
    ModelError
        There is no such model, or the file is damaged.
    """
    name = os.fspath(model)
    if name in bundled_models():
        return _bundled(name, verify)
    if not os.path.exists(name) and os.sep not in name and "." not in name:
        raise ModelError(
            f"{name}: no such model: bundled are {', '.join(bundled_models()) or 'none'}; otherwise give a file"
        )
    return Tagger(load_model(name, verify))


def bundled_models() -> list[str]:
    """Return the names of the models that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.fanlight"))


@lru_cache(8)
def _bundled(name: str, verify: bool) -> Tagger:
    return Tagger(load_model(FOLDER / f"{name}.fanlight", verify))
