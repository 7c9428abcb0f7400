"""Optional libraries (extras), imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fanlight.errors import FanlightError

_EXTRAS = {
    "fsspec": "remote", "gensim": "vectors", "huggingface_hub": "hub", "matplotlib": "graph", "networkx": "graph",
    "optuna": "search", "pint": "units", "pyarrow": "formats", "ray": "ray", "regex": "formats",
    "spacy": "spacy", "zstandard": "zstd",
}  # fmt: skip


def library(name: str) -> Any:
    """Import an optional library, or a module of one.

    Raises
    ------
    FanlightError
        The library is not installed; the message has the command to install it.
    """
    top = name.partition(".")[0]
    try:
        return import_module(name)
    except ImportError:
        package = f"'fanlight[{_EXTRAS[top]}]'" if top in _EXTRAS else top
        raise FanlightError(f"this needs {top}: pip install {package}") from None
