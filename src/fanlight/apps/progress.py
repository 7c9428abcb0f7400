"""The file in which a training tells its progress: a line of JSON for each pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fanlight.errors import FanlightError
from fanlight.training.loop import Epoch


def told(run: Iterator[Epoch], path: Path) -> Iterator[Epoch]:
    """Yield a run's passes, writing each down.

    Raises
    ------
    FanlightError
        The file cannot be written.
    """
    try:
        file = open(path, "w", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise FanlightError(f"{path}: cannot be written ({error.strerror}): choose another place") from None
    with file:
        for epoch in run:
            values = {"stage": epoch.stage, "number": epoch.number, "epochs": epoch.epochs, "loss": epoch.loss}
            values["dev_f1"] = None if epoch.dev is None else epoch.dev.f1
            file.write(json.dumps(values) + "\n")
            file.flush()
            yield epoch


def read_progress(path: Path) -> list[dict[str, Any]]:
    """Return the passes written so far; none if the training has not begun."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]  # what follows the last line feed is not whole yet
