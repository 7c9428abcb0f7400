"""Progress and tables of long commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fanlight.apps.cli.terminal import printable, table

if TYPE_CHECKING:
    from rich.table import Table

    from fanlight.entities.report import Report
    from fanlight.entities.scores import Counts, Scores
    from fanlight.tagging.explain import Explanation
    from fanlight.training.loop import Epoch


def follow(run: Iterator[Epoch], console: Console) -> Scores | None:
    """Run a training and print each epoch; return the best dev scores."""
    best: Scores | None = None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("training", total=None, state="reading")
        for epoch in run:
            if epoch.dev is not None and (epoch.best or epoch.number == 1):
                best = epoch.dev
            dev = "" if epoch.dev is None else f"  dev F1 {epoch.dev.f1:6.2f}{' *' if epoch.best else '  '}"
            speed = f"{epoch.words_per_second:9,.0f} words/s  {epoch.seconds:6.1f} s"
            line = f"epoch {epoch.number:3d}  loss {epoch.loss:8.4f}{dev}  {speed}"
            stage = f"{epoch.stage} ".ljust(12) if epoch.stage else ""
            progress.console.print(stage + line, markup=False, highlight=False)
            progress.update(bar, total=epoch.epochs, completed=epoch.number, state=line.split("  ")[1])
    return best


def scores_table(scores: Scores) -> Table:
    """Return a table of precision, recall and F1 per type and overall."""
    rows: Table = table("type", "precision", "recall", "F1", "gold", "found", "right")
    for column in rows.columns[1:]:
        column.justify = "right"
    for name, c in [*scores.types.items(), ("all", scores.overall)]:
        rows.add_row(
            name, f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}", str(c.gold), str(c.predicted), str(c.correct)
        )
    return rows


def confusion_table(scores: Scores, most: int = 12) -> Table:
    """Return a table of the most frequent confusions of tags."""
    rows: Table = table("gold tag", "given tag", "tokens", title="most frequent confusions")
    wrong = sorted(((n, pair) for pair, n in scores.confusion.items() if pair[0] != pair[1]), reverse=True)
    for n, (gold, predicted) in wrong[:most]:
        rows.add_row(gold, predicted, str(n))
    return rows


def gains_table(name: str, gains: Mapping[str, tuple[Counts, Counts]]) -> Table:
    """Return a table of the scores of each type before and after."""
    rows: Table = table("type", "F1 before", "F1 after", "gain", "gold", title=printable(name))
    for column in rows.columns[1:]:
        column.justify = "right"
    for type_, (old, new) in gains.items():
        rows.add_row(type_, f"{old.f1:.2f}", f"{new.f1:.2f}", f"{new.f1 - old.f1:+.2f}", str(new.gold))
    return rows


def report_tables(report: Report, mistakes: int) -> list[str | Table]:
    """Return the tables of a report, with a number of mistakes."""
    low, high = report.interval
    parts: list[str | Table] = [
        scores_table(report.scores),
        f"F1 {report.scores.f1:.2f}, 95 % interval {low:.2f} to {high:.2f} (bootstrap over sentences)",
    ]
    if report.against is not None:
        share = 100 * report.against["at least as good"]
        parts.append(f"against: F1 {report.against['f1']:.2f}; at least as good in {share:.1f} % of the resamples")
    ways = table("counted", "precision", "recall", "F1", title="partial matches")
    for way, counted in report.matches.items():
        ways.add_row(way, f"{counted.precision:.2f}", f"{counted.recall:.2f}", f"{counted.f1:.2f}")
    sure = table("stated", "right", "entities", title="probabilities")
    for stated, right, count in zip(
        report.reliability.stated, report.reliability.right, report.reliability.counts, strict=True
    ):
        sure.add_row(f"{stated:.3f}", f"{right:.3f}", str(count))
    types = table("gold", "found", "entities", title="types taken for others")
    for (a, b), n in report.confusion.items():
        if a != b:
            types.add_row(a or "–", b or "–", str(n))
    parts += [ways, sure, f"expected calibration error: {report.reliability.error:.2f} %", types]
    if report.seen is not None:
        parts += [
            f"{name} in training: {predicted} of {gold} found ({100 * predicted / max(gold, 1):.1f} %)"
            for name, (gold, predicted) in report.seen.items()
        ]
    if mistakes and report.mistakes:
        wrong = table("line", "gold", "found", "probability", "text", "context")
        for m in report.mistakes[:mistakes]:
            p = "" if m.probability is None else f"{m.probability:.3f}"
            context = f"{m.before} [{m.text}] {m.after}".strip()
            wrong.add_row(str(m.line), m.gold or "–", m.predicted or "–", p, m.text, context)
        parts += [f"{len(report.mistakes)} mistakes, the surest first:", wrong]
    return parts


def explanation_tables(e: Explanation) -> list[str | Table]:
    """Return the tables of an explanation."""
    likely = sorted(e.probabilities.items(), key=lambda item: -item[1])[:4]
    heads = ", ".join(f"{tag} {p:.3f}" for tag, p in likely)
    score = e.scores[e.tag]
    paragraphs: list[str | Table] = [
        f"{e.text} [{e.start}:{e.end}]: {heads}",
        f"score of {e.tag}: {score:.3f} = {e.baseline:.3f} in an empty window {score - e.baseline:+.3f} from this one:",
    ]
    names = list(dict.fromkeys(name for word in e.window for name in word.parts))
    window = table("position", "word", "adds", *names)
    for column in window.columns[2:]:
        column.justify = "right"
    for word in e.window:
        shares = (f"{word.parts.get(name, 0.0):+.2f}" for name in names)
        window.add_row(
            f"{word.position:+d}" if word.position else "0", word.text or "–", f"{word.contribution:+.2f}", *shares
        )
    units = ", ".join(f"h{u.number} = {u.activation:.2f} adds {u.contribution:+.2f}" for u in e.units[:5])
    around = {"before": e.before, "after": e.after}
    chain = "; ".join(
        f"{side}: " + ", ".join(f"{t} {v:+.2f}" for t, v in tag_scores.items()) for side, tag_scores in around.items()
    )
    near = [f"like {n.tag} ({n.similarity:.2f}): {_around(n.sentence, n.start, n.end)}" for n in e.nearest]
    if not near:
        near = ["like no training word: this model keeps no training sentences (train --set keep=1000 does)"]
    parts = [*paragraphs, window, f"hidden units: {units}", f"the chain, {chain}", *near]
    return [printable(part) if isinstance(part, str) else part for part in parts]


def _around(text: str, start: int, end: int) -> str:
    return f"{text[max(0, start - 40) : start]}[{text[start:end]}]{text[end : end + 40]}"
