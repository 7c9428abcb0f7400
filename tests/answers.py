"""Lines of JSON from two engines are the same but for the rounding of their probabilities."""

import json

import pytest

from fanlight.engine.twins import ROUNDING


def check_same_lines(lines: bytes, others: bytes) -> None:
    """Check that two outputs of the command have the same lines, whichever engine gave which."""
    for line, other in zip(lines.splitlines(), others.splitlines(), strict=True):
        answer, other_answer = json.loads(line), json.loads(other)
        for a, b in zip(answer["entities"], other_answer["entities"], strict=True):
            assert a.pop("probability") == pytest.approx(b.pop("probability"), abs=ROUNDING)
        assert answer == other_answer
