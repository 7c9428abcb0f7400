"""Messages for values of settings, options and requests that Pydantic refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def describe_refusal(error: Mapping[str, Any]) -> str:
    """Return the message for one of the errors of a `pydantic.ValidationError`.

    Examples
    --------
    >>> describe_refusal({"type": "int_parsing", "msg": "Input should be a valid integer, unable to parse"})
    'must be a whole number'
    >>> describe_refusal({"type": "greater_than_equal", "msg": "Input should be greater", "ctx": {"ge": 1}})
    'must be 1 or more'
    """
    limits = error.get("ctx", {}).items()
    values = {name: int(x) if isinstance(x, float) and x.is_integer() else x for name, x in limits}
    type_ = str(error["type"])
    if type_ == "value_error":
        return str(values.get("error", error["msg"]))
    prefixed = (sentence for prefix, sentence in _SENTENCES.items() if type_.startswith(prefix))
    try:
        return (_SENTENCES.get(type_) or next(prefixed, _OTHER)).format(**values)
    except (KeyError, IndexError, ValueError):
        return _OTHER


_OTHER = "has a value that is not allowed"
_SENTENCES = {  # by Pydantic's error type, or a prefix of several
    "missing": "is missing: give it",
    "string_too_long": "is longer than {max_length:,} characters: split it",
    "string_too_short": "must have {min_length} characters or more",
    "string_pattern_mismatch": "has characters that are not allowed, or white space at an end",
    "string_unicode": "has half of a surrogate pair: send Unicode text",
    "string": "must be a text",
    "too_long": "has more than {max_length:,} items: send several requests",
    "too_short": "must have {min_length} items or more",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "finite_number": "must be a finite number",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "list": "must be a list",
    "tuple": "must be a list",
    "dict": "must be an object",
    "model": "must be an object",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
