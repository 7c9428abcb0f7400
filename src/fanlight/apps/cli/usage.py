"""Messages for usage errors, instead of those of Typer and Pydantic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from fanlight.validation import describe_refusal


def reword(fault: Exception, arguments: Sequence[str]) -> None:
    """Reword the message of a usage error.

    Parameters
    ----------
    fault : exception
        The exception of Typer; others than usage errors are unchanged.
    arguments : sequence of str
        The command line, to find the value of a setting.
    """
    if isinstance(fault, typer.BadParameter):
        refused = getattr(fault.__cause__, "errors", None)
        if refused is not None:
            fault.message = describe_refusal(refused()[0])
        return
    option = getattr(fault, "option_name", None)
    if option is None or not str(getattr(fault, "message", "")).startswith("No such option"):
        return
    name = option.lstrip("-").replace("-", "_")
    wrong: Any = fault  # of a class that typer does not export
    if any(parameter.name == "set" for parameter in wrong.ctx.command.params) and name in _settings():
        wrong.message = f"No such option: {option}; it is a setting: --set {name}={_value_of(option, arguments)}"
        wrong.possibilities = None


def _settings() -> set[str]:
    from fanlight.training.settings import Settings

    return set(Settings.model_fields)


def _value_of(option: str, arguments: Sequence[str]) -> str:
    """Return the value of an option, or a placeholder."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = argument.partition("=")
        if name == option:
            value = value or following
            return value if value and not value.startswith("-") else "VALUE"
    return "VALUE"
