"""Progress bars of long commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from fanlight.entities.scores import Scores
    from fanlight.training.loop import Epoch


def follow(run: Iterator[Epoch], console: Console) -> Scores | None:
    """Run a training to its end, showing each epoch; return the best dev scores."""
    best: Scores | None = None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("training", total=None, state="reading")
        for epoch in run:
            if epoch.number == 1 and epoch.stage:
                progress.console.print(epoch.stage, markup=False, highlight=False)
            if epoch.dev is not None and (epoch.best or epoch.number == 1):
                best = epoch.dev
            dev = "" if epoch.dev is None else f"  dev F1 {epoch.dev.f1:6.2f}{' *' if epoch.best else '  '}"
            speed = f"{epoch.words_per_second:9,.0f} words/s  {epoch.seconds:6.1f} s"
            line = f"epoch {epoch.number:3d}  loss {epoch.loss:8.4f}{dev}  {speed}"
            progress.console.print(line, markup=False, highlight=False)
            progress.update(bar, total=epoch.epochs, completed=epoch.number, state=line.split("  ")[1])
    return best


def scores_table(scores: Scores) -> Table:
    """Lay out precision, recall and F1 per type and over all."""
    table = Table("type", "precision", "recall", "F1", "gold", "found", "right", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    rows = [*scores.types.items(), ("all", scores.overall)]
    for name, c in rows:
        table.add_row(
            name, f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}", str(c.gold), str(c.predicted), str(c.correct)
        )
    return table


def confusion_table(scores: Scores, most: int = 12) -> Table:
    """Lay out the tags most often taken for another."""
    table = Table("gold tag", "given tag", "tokens", box=None, header_style="bold", title="most frequent confusions")
    wrong = sorted(((n, pair) for pair, n in scores.confusion.items() if pair[0] != pair[1]), reverse=True)
    for n, (gold, given) in wrong[:most]:
        table.add_row(gold, given, str(n))
    return table
