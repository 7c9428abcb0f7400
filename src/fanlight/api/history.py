"""Progress files of trainings: a line of JSON per epoch, then the report and the learning curve."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fanlight.api.charts import line_chart
from fanlight.entities.report_html import STYLE, report_html
from fanlight.errors import DataError, FanlightError
from fanlight.training.loop import Epoch


@dataclass(frozen=True, repr=False)
class History:
    """The progress of a training.

    Attributes
    ----------
    epochs : list of dict
        ``stage``, ``number``, ``epochs``, ``loss`` and ``dev_f1`` of each epoch.
    curve : list of dict
        ``sentences``, ``f1`` and ``forecast`` (bool) of each point of `fanlight curve`.
    report : dict or None
        Report on the dev set after the last epoch, as `entities.report.Report.to_dict`.
    """

    epochs: list[dict[str, Any]]
    curve: list[dict[str, Any]]
    report: dict[str, Any] | None

    def html(self) -> str:
        """Return the curves and the report as HTML without style."""
        parts = []
        for stage in dict.fromkeys(epoch["stage"] for epoch in self.epochs):
            epochs = [epoch for epoch in self.epochs if epoch["stage"] == stage]
            numbers, losses = [e["number"] for e in epochs], [e["loss"] for e in epochs]
            parts.append(line_chart("loss", numbers, losses, "epoch", of=stage))
            scored = [(e["number"], e["dev_f1"]) for e in epochs if e["dev_f1"] is not None]
            if scored:
                parts.append(line_chart("dev F1", [n for n, _ in scored], [f1 for _, f1 in scored], "epoch", of=stage))
        measured = [(p["sentences"], p["f1"]) for p in self.curve if not p["forecast"]]
        if measured:
            predicted = [(p["sentences"], p["f1"]) for p in self.curve if p["forecast"]]
            sizes, scores = [n for n, _ in measured], [f1 for _, f1 in measured]
            parts.append(line_chart("learning curve, F1", sizes, scores, "sentences", predicted))
        charts = f'<div class="charts">{"".join(parts)}</div>' if parts else ""
        return charts + (report_html(self.report) if self.report else "")

    def __repr__(self) -> str:
        """Return one line."""
        scored = [epoch["dev_f1"] for epoch in self.epochs if epoch["dev_f1"] is not None]
        best = f", best dev F1 {max(scored):.2f}" if scored else ""
        return f"History({len(self.epochs)} epochs{best}{', with a report' * (self.report is not None)})"

    def _repr_html_(self) -> str:
        """Return HTML for notebooks: the curves and the report."""
        return f"<style>{STYLE}</style>{self.html()}"

    def draw(self, path: str | os.PathLike[str]) -> None:
        """Draw loss and dev F1 to a file: .svg, .png or .pdf (needs matplotlib: the extra "graph").

        Raises
        ------
        FanlightError
            There are no epochs, the ending is unknown, or matplotlib is missing.
        """
        from fanlight.api.pictures import draw_history

        if not self.epochs:
            raise DataError("there is no epoch to draw yet")
        draw_history(self.epochs, Path(path))


def record_epochs(run: Iterator[Epoch], path: Path, resume: bool = False) -> Iterator[Epoch]:
    """Yield a run's epochs and write each to a file; a resumed run appends to it.

    Raises
    ------
    FanlightError
        The file cannot be written.
    """
    _write(path, "w", *(read_history(path).epochs if resume else ()))
    for epoch in run:
        values = {"stage": epoch.stage, "number": epoch.number, "epochs": epoch.epochs, "loss": epoch.loss}
        values["seconds"] = round(epoch.seconds, 3)
        _write(path, "a", {**values, "dev_f1": None if epoch.dev is None else epoch.dev.f1})
        yield epoch


def append_row(path: Path, **row: Any) -> None:
    """Append a row: ``report=…`` or ``curve=…``.

    Raises
    ------
    FanlightError
        The file cannot be written.
    """
    _write(path, "a", row)


def read_history(path: Path) -> History:
    """Return the progress so far; it is empty if the training has not begun.

    Raises
    ------
    DataError
        A line is malformed.
    """
    epochs: dict[tuple[str, int], dict[str, Any]] = {}
    curve: list[dict[str, Any]] = []
    report = None
    text_lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else [""]
    for number, line in enumerate(text_lines[:-1], 1):  # the last line may be incomplete
        try:
            row = json.loads(line)
            if "report" in row:
                report = row["report"]
            elif "curve" in row:
                curve = row["curve"]
            else:
                epochs[row["stage"], row["number"]] = row  # an epoch repeated after a kill replaces the first
        except (ValueError, KeyError, TypeError):
            raise DataError(
                f"{path}:{number}: no line of a training's progress: give what train --watch wrote"
            ) from None
    return History(list(epochs.values()), curve, report)


def _write(path: Path, mode: str, *rows: dict[str, Any]) -> None:
    try:
        with open(path, mode, encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except OSError as error:
        raise FanlightError(f"{path}: cannot be written ({error.strerror}): choose another place") from None
