"""API keys of `serve` and `label`, from the environment or from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fanlight.apps.cli.arguments import Input
from fanlight.errors import DataError, SettingsError
from fanlight.files import read_bytes

ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="FANLIGHT_API_KEY",
        help="Required for every /v1 request. Other users of the machine can see command-line options: prefer the "
        "variable or --api-key-file.",
    ),
]
ApiKeyFile = Annotated[Path | None, typer.Option(help="A file that contains only the API key."), Input()]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        help="An additional host name of the server, besides IP addresses and localhost; may be repeated.",
    ),
]


def read_keys(key: str | None, file: Path | None = None, annotators: Path | None = None) -> dict[str, str | None]:
    """Return the API keys, each with its annotator, or None for all.

    Raises
    ------
    SettingsError
        A key is empty, or given by two options.
    DataError
        A file cannot be read, or a line of `annotators` is not NAME<tab>KEY.
    """
    if key is not None and file is not None:
        raise SettingsError("--api-key: stands beside --api-key-file: give one")
    keys: dict[str, str | None] = {}
    if file is not None:
        key = _read(file).strip()
    if key is not None:
        if not key.strip():
            raise SettingsError("--api-key: is empty, which would let everyone in: give a key, or leave it out")
        keys[key] = None
    if annotators is not None:
        for number, line in enumerate(_read(annotators).splitlines(), 1):
            name, tab, secret = (part.strip() for part in line.partition("\t"))
            if not line.strip():
                continue
            if (not tab and not secret) or not name or secret in keys:
                raise DataError(f"{annotators}:{number}: is not NAME<tab>KEY, or its key stands there twice")
            keys[secret] = name
        if not keys:
            raise SettingsError(f"{annotators}: has no key, which would let everyone in")
    return keys


def _read(file: Path) -> str:
    try:
        return read_bytes(file).decode()
    except UnicodeDecodeError:
        raise DataError(f"{file}: is not UTF-8") from None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach an address."""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
