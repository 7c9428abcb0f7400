"""Line charts in SVG, for notebooks and for the server's page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 360, 190  # pixels; fits a phone and a notebook's cell
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 30  # pixels of the margins, for the numbers at the axes


def line_chart(
    title: str,
    xs: Sequence[float],
    ys: Sequence[float],
    below: str,
    predicted: Sequence[tuple[float, float]] = (),
    *,
    of: str = "",
) -> str:
    """Return a line chart whose caption has the last value.

    Parameters
    ----------
    title : str
        Title; like `below` also the key of its translations on the page.
    xs, ys : sequences of float
        Coordinates of at least one point.
    below : str
        Label of the x axis.
    predicted : sequence of (float, float)
        Further points, joined to the last by a dashed line.
    of : str
        Name of the stage, if several charts have the same title.
    """
    points = list(zip(xs, ys, strict=True))
    frame = _Frame.around([*points, *predicted])
    place = frame.place
    elements = frame.axes(below)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*p) for p in points))
    elements.append(f'<polyline points="{line}" fill="none" stroke="var(--plus, #2b6cb0)" stroke-width="2.5"/>')
    for a, b in pairwise([points[-1], *predicted]):
        (x, y), (u, v) = place(*a), place(*b)
        elements.append(
            f'<path d="M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}" stroke="var(--plus, #2b6cb0)" stroke-dasharray="5 4"/>'
        )
    for p in points:
        x, y = place(*p)
        values = f"{p[0]:,.0f}: {p[1]:.4g}"
        elements.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="var(--plus, #2b6cb0)"><title>{values}</title></circle>'
        )
    after = f"{', ' * bool(of)}{of}: {ys[-1]:.4g}"
    name = f"{title}{after}"
    stage = f', <span data-i18n="stage-{escape(of)}">{escape(of)}</span>' if of else ""
    caption = f'<span data-i18n="{escape(title)}">{escape(title)}</span>{stage}: {ys[-1]:.4g}'
    style = "display: inline-block; margin: 0 1em 1em 0"
    head = f'<figure class="chart" style="{style}"><figcaption>{caption}</figcaption>'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width: 100%" font-size="11" fill="currentColor"'
    return f'{head}<svg {size} role="img" aria-label="{escape(name)}">{"".join(elements)}</svg></figure>'


class _Frame(NamedTuple):
    """The ranges of a chart's axes."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[tuple[float, float]]) -> _Frame:
        """Return the frame that contains all points."""
        xs = [x for x, _ in points]
        return cls(min(xs), max(xs), *_span([y for _, y in points]))

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return the coordinates of a point in the figure."""
        share = (x - self.left) / (self.right - self.left) if self.right > self.left else 0.5
        height = (self.high - y) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT), TOP + height * (HEIGHT - TOP - BOTTOM)

    def axes(self, below: str) -> list[str]:
        """Return the lines and numbers of the axes, and the label of the x axis."""
        elements = []
        for tick in choose_ticks(self.low, self.high):
            _, y = self.place(self.left, tick)
            elements.append(
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity=".15"/>'
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
            )
        for x, anchor in {self.left: "start", self.right: "end"}.items():
            at = f'x="{self.place(x, self.low)[0]:.1f}" y="{HEIGHT - 10}" text-anchor="{anchor}"'
            elements.append(f"<text {at}>{x:,.0f}</text>")
        at = f'x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle"'
        return [*elements, f'<text {at} data-i18n="{escape(below)}">{escape(below)}</text>']


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def choose_ticks(low: float, high: float) -> list[float]:
    """Return round numbers in a range, two to six."""
    unit = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    step = next(unit * times for times in (1, 2, 5, 10, 20, 50) if high - low <= 5 * unit * times)
    return [round(n * step, 10) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
