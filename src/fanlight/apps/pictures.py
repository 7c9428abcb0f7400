"""Pictures, by matplotlib (the extra "graph")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanlight.errors import DataError
from fanlight.files import ending_of, replacing
from fanlight.libraries import library

if TYPE_CHECKING:
    from fanlight.apps.learning import Point
    from fanlight.entities.report import Report
    from fanlight.training.forecast import PowerLaw

SUFFIXES = (".svg", ".png", ".pdf")


@contextmanager
def drawn(path: Path, width: float, height: float) -> Iterator[Any]:
    """Give the axes of a new picture, in inches; write it when the block ends.

    Raises
    ------
    DataError
        The name's ending is none of `SUFFIXES`, or the file cannot be written.
    """
    if ending_of(path) not in SUFFIXES:
        raise DataError(f"{path}: a picture's name ends with {', '.join(SUFFIXES)}")
    library("matplotlib").use("agg")
    plt = library("matplotlib.pyplot")
    figure, axes = plt.subplots(figsize=(width, height))
    try:
        yield axes
        figure.tight_layout()
        with replacing(path) as part:
            figure.savefig(part, format=ending_of(path)[1:])
    finally:
        plt.close(figure)


def draw_curve(points: Sequence[Point], law: PowerLaw, path: Path) -> None:
    """Draw a learning curve and its forecast up to four times the data; see `drawn`."""
    sizes = [p.sentences for p in points]
    over = np.geomspace(sizes[0], 4 * sizes[-1], 100)
    with drawn(path, 6, 3.6) as axes:
        axes.semilogx(over, [law.at(n) for n in over], "--", label=f"forecast, towards {law.ceiling:.1f}")
        axes.semilogx(sizes, [p.f1 for p in points], "o", label="measured")
        axes.set(xlabel="sentences", ylabel="F1 on the dev set")
        axes.legend()


def draw_history(epochs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw a training's loss, and its F1 on the dev set if there is one; see `drawn`."""
    with drawn(path, 6, 3.6) as axes:
        numbers = range(1, len(epochs) + 1)
        axes.plot(numbers, [e["loss"] for e in epochs], color="tab:gray", label="loss")
        axes.set(xlabel="epoch", ylabel="loss")
        scored = [(n, e["dev_f1"]) for n, e in zip(numbers, epochs, strict=True) if e["dev_f1"] is not None]
        if scored:
            other = axes.twinx()
            other.plot(*zip(*scored, strict=True), color="tab:blue")
            other.set_ylabel("F1 on the dev set", color="tab:blue")


def draw_reliability(report: Report, path: Path) -> None:
    """Draw stated probabilities against what came true; see `drawn`."""
    found = report.reliability
    with drawn(path, 4, 4) as axes:
        axes.plot([0, 1], [0, 1], "--", color="tab:gray")
        axes.plot(found.stated, found.right, "o-")
        axes.set(xlabel="stated probability", ylabel="share that is right", title=f"error {found.error:.2f} %")
