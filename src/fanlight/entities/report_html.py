"""HTML of reports, for notebooks and for the server's page.

Headings have ``data-i18n`` keys, with which the page translates them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

MAX_MISTAKES = 200  # in the table
STYLE = """
.fanlight table { border-collapse: collapse; margin: .3em 0 1em; font-variant-numeric: tabular-nums; }
.fanlight th, .fanlight td { padding: .15em .6em; text-align: right; vertical-align: baseline; }
.fanlight thead th { border-bottom: 1px solid #8888; }
.fanlight .word, .fanlight tr > :first-child { text-align: left; }
.fanlight .long { max-height: 24em; overflow: auto; }
.fanlight h3 { margin: .8em 0 .2em; font-size: 1em; }
"""
_WORD = {"context": ' class="word"'}
COLUMNS = ("precision", "recall", "f1")


def report_html(report: Mapping[str, Any]) -> str:
    """Return an HTML section, without style, from a report's `to_dict`."""
    low, high = report["interval"]
    wrong = [m for m in report["mistakes"] if m["found"]]
    missed = [m for m in report["mistakes"] if not m["found"]]
    types = report["types"]
    every = {**report, "gold": report["entities"], "predicted": sum(t["predicted"] for t in types.values())}
    parts = [
        _write_section("per-type", "Per type", _scores({**types, "all": every})),
        _write_section("confusion", "What was taken for what (rows: labelled, columns: found)", _confusion(report)),
        _write_section("partial", "Partial matches", _ways(report["matches"])),
        _write_section("calibration", "Do the probabilities come true?", _reliability(report["reliability"])),
    ]
    if report["seen"]:
        parts.append(
            _write_section("seen", "Entities that are in the training data, and new ones", _seen(report["seen"]))
        )
    parts.append(_write_section("false-positives", "Found, but wrong: the surest first", _mistakes(wrong)))
    parts.append(_write_section("false-negatives", "Labelled, but not found", _mistakes(missed)))
    head = (
        f'<p><strong>F1 {report["f1"]:.2f}</strong> <span data-i18n="interval">95 % interval</span> '
        f"{low:.2f} – {high:.2f}</p>"
    )
    return f'<section class="fanlight report">{head}{"".join(parts)}</section>'


def report_page(report: Mapping[str, Any]) -> str:
    """Return a self-contained page."""
    style = f"body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }} {STYLE}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{style}</style>'
    return f"<!DOCTYPE html>\n<html><head>{head}<title>Report</title></head><body>{report_html(report)}</body></html>\n"


def _write_section(name: str, title: str, body: str) -> str:
    return f'<div class="part"><h3 data-i18n="{name}">{title}</h3>{body}</div>'


def _scores(rows: Mapping[str, Any]) -> str:
    head = [("type", "type"), *((c, c.replace("f1", "F1")) for c in COLUMNS), ("gold", "labelled"), ("found", "found")]
    body = []
    for name, counts in rows.items():
        numbers = [f"{counts[c]:.2f}" for c in COLUMNS]
        body.append([name, *numbers, str(counts["gold"]), str(counts["predicted"])])
    return _table(head, body, "row-")


def _ways(matches: Mapping[str, Any]) -> str:
    head = [("counted", "counted"), *((c, c.replace("f1", "F1")) for c in COLUMNS)]
    return _table(head, ([way, *(f"{m[c]:.2f}" for c in COLUMNS)] for way, m in matches.items()), "way-")


def _confusion(report: Mapping[str, Any]) -> str:
    counts = {(row["gold"], row["found"]): row["count"] for row in report["confusion"]}
    types = sorted({t for pair in counts for t in pair if t})
    most = max((n for (a, b), n in counts.items() if a != b), default=1)

    def cell(gold: str, predicted: str) -> str:
        n = counts.get((gold, predicted), 0)
        share = 0 if gold == predicted else round(70 * n / most)
        return f'<td style="background: color-mix(in srgb, #d97706 {share}%, transparent)">{n or ""}</td>'

    head = "".join(f'<th scope="col">{escape(t) or "–"}</th>' for t in (*types, ""))
    rows = [
        f'<tr><th scope="row">{escape(gold) or "–"}</th>{"".join(cell(gold, type_) for type_ in (*types, ""))}</tr>'
        for gold in (*types, "")
    ]
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _reliability(r: Mapping[str, Any]) -> str:
    head = [("stated", "stated"), ("came-true", "came true"), ("entities", "entities")]
    rows = ([f"{s:.3f}", f"{y:.3f}", str(n)] for s, y, n in zip(r["stated"], r["right"], r["counts"], strict=True))
    error = f'<p><span data-i18n="ece">Expected calibration error</span>: {r["error"]:.2f} %</p>'
    return _table(head, rows) + error


def _seen(seen: Mapping[str, Any]) -> str:
    head = [("", ""), ("gold", "labelled"), ("found", "found"), ("recall", "recall")]
    rows = []
    for name, n in seen.items():
        rows.append([name, str(n["gold"]), str(n["found"]), f"{100 * n['found'] / max(1, n['gold']):.2f}"])
    return _table(head, rows, "names-")


def _mistakes(mistakes: Sequence[Mapping[str, Any]]) -> str:
    head = [
        ("probability", "probability"),
        ("found", "found"),
        ("gold", "labelled"),
        ("context", "context"),
        ("line", "line"),
    ]
    rows = []
    for m in mistakes[:MAX_MISTAKES]:
        p = "–" if m["probability"] is None else f"{m['probability']:.3f}"
        context = f"{escape(m['before'])} <strong>{escape(m['text'])}</strong> {escape(m['after'])}".strip()
        rows.append(
            f"<tr><td>{p}</td><td>{escape(m['found']) or '–'}</td><td>{escape(m['gold']) or '–'}</td>"
            f'<td class="word">{context}</td><td>{m["line"]}</td></tr>'
        )
    remainder = f"<p>… {len(mistakes) - MAX_MISTAKES}</p>" if len(mistakes) > MAX_MISTAKES else ""
    return f'<div class="long" tabindex="0" role="group">{_write_table(head, "".join(rows))}{remainder}</div>'


def _table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], key_prefix: str = "") -> str:
    """Return a table; `key_prefix` is the prefix of the translation keys of its row titles."""
    body = []
    for label, *others in rows:
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in others)
        name = f' data-i18n="{key_prefix}{escape(label)}"' if key_prefix else ""
        body.append(f'<tr><th scope="row"{name}>{escape(label)}</th>{cells}</tr>')
    return _write_table(head, "".join(body))


def _write_table(head: Sequence[tuple[str, str]], body: str) -> str:
    cells = "".join(
        f'<th scope="col" data-i18n="{n}"{_WORD.get(n, "")}>{title}</th>' if n else "<td></td>" for n, title in head
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
