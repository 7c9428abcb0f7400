"""Pictures, by matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fanlight.errors import FanlightError

if TYPE_CHECKING:
    from fanlight.apps.learning import Point
    from fanlight.training.forecast import PowerLaw


def draw_curve(points: Sequence[Point], law: PowerLaw, path: Path) -> None:
    """Draw a learning curve and its forecast up to four times the data.

    Raises
    ------
    FanlightError
        matplotlib is not installed, or cannot write such a file.
    """
    try:
        import matplotlib
    except ImportError:
        raise FanlightError(f"{path}: pictures need matplotlib: pip install 'fanlight[graph]'") from None
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6))
    sizes = [p.sentences for p in points]
    over = np.geomspace(sizes[0], 4 * sizes[-1], 100)
    axes.semilogx(over, [law.at(n) for n in over], "--", label=f"forecast, towards {law.ceiling:.1f}")
    axes.semilogx(sizes, [p.f1 for p in points], "o", label="measured")
    axes.set(xlabel="sentences", ylabel="F1 on the dev set")
    axes.legend()
    figure.tight_layout()
    try:
        figure.savefig(path)
    except (ValueError, OSError) as error:
        raise FanlightError(
            f"{path}: cannot be drawn ({error}): choose a name ending with .svg, .png or .pdf"
        ) from None
    finally:
        plt.close(figure)
