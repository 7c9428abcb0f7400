"""Pictures, by matplotlib (the extra "graph")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanlight.errors import DataError
from fanlight.files import replacing
from fanlight.libraries import library

if TYPE_CHECKING:
    from fanlight.apps.learning import Point
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
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: a picture's name ends with {', '.join(SUFFIXES)}")
    library("matplotlib").use("agg")
    plt = library("matplotlib.pyplot")
    figure, axes = plt.subplots(figsize=(width, height))
    try:
        yield axes
        figure.tight_layout()
        with replacing(path) as part:
            figure.savefig(part, format=path.suffix[1:].lower())
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
