"""The tree of errors that a user can cause.

The command prints the message of a `FanlightError` as one line and exits with status 1; the library raises it.
Messages read *where: what, why, remedy*.
"""


class FanlightError(Exception):
    """Base of all errors caused by the input."""


class DataError(FanlightError):
    """Labelled data, raw text or word vectors cannot be read."""


class SettingsError(FanlightError):
    """A setting is unknown, out of range or contradicts another."""


class ModelError(FanlightError):
    """A model file is missing, damaged, foreign or of a newer version."""


class CalculusError(FanlightError):
    """An expression cannot be parsed, shaped, differentiated or evaluated."""


class FanlightWarning(UserWarning):
    """Input was dropped or repaired; the command prints the warning as one line."""


class Interrupt(BaseException):
    """An interrupt within a command, which Typer would handle itself; its text says how to resume."""
