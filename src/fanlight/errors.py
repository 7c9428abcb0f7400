"""Every error a user can cause, as one tree.

The command prints the message of a `FanlightError` as one line and exits with status 1; the library raises it.
Messages read *where: what, why, remedy*.
"""


class FanlightError(Exception):
    """Base of all errors that the input is to blame for."""


class DataError(FanlightError):
    """Labelled data, raw text or word vectors that cannot be read as they are."""


class SettingsError(FanlightError):
    """A setting that is unknown, out of range or contradicts another."""


class ModelError(FanlightError):
    """A model file that is missing, damaged, foreign or of a newer version."""


class CalculusError(FanlightError):
    """An expression that cannot be parsed, shaped, differentiated or evaluated."""


class FanlightWarning(UserWarning):
    """What was left out or read in another way than it stands; the command prints it as one line."""


class Interrupt(BaseException):
    """An interrupt within a command, which Typer would answer itself; its text says how to go on."""
