"""What a training tells: written, read again, shown."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

import fanlight
from fanlight.api.charts import choose_ticks, line_chart
from fanlight.api.history import append_row, read_history, record_epochs
from fanlight.entities.report import Labelled, Prediction, report_on
from fanlight.entities.report_html import report_html, report_page
from fanlight.errors import DataError, FanlightError
from fanlight.training.loop import Epoch
from tests.apps.commands import run
from tests.towns import SMALL, TOWNS


def epochs(begin, last):
    return (Epoch("", n, 9, 1 / n, None, False, 1.0, 1.0) for n in range(begin, last + 1))


def test_a_resumed_run_goes_on_after_what_is_told_already(tmp_path):
    path = tmp_path / "run.jsonl"
    assert read_history(path).epochs == []
    assert len(list(record_epochs(epochs(1, 3), path))) == 3
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"stage": "", "numb')  # killed while it wrote
    list(record_epochs(epochs(3, 5), path, resume=True))
    history = read_history(path)
    assert [(row["number"], row["loss"]) for row in history.epochs] == [(n, 1 / n) for n in range(1, 6)]
    append_row(path, curve=[{"sentences": 10, "f1": 50.0, "forecast": False}])
    assert read_history(path).curve[0]["f1"] == 50.0
    list(record_epochs(epochs(1, 1), path))
    assert len(read_history(path).epochs) == 1
    assert read_history(path).curve == []


def test_faults_are_named(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"stage": "", "number": 1}\n[]\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"run.jsonl:2: no line of a training's progress"):
        read_history(path)
    with pytest.raises(FanlightError, match="cannot be written"):
        list(record_epochs(epochs(1, 1), tmp_path / "no" / "run.jsonl"))
    with pytest.raises(DataError, match="no epoch to draw"):
        read_history(tmp_path / "none").draw("x.svg")


def test_a_training_is_watched_and_shows_itself(tmp_path):
    watch = tmp_path / "run.jsonl"
    fanlight.train(TOWNS, dev=TOWNS, out=tmp_path / "m", watch=watch, **{**SMALL, "epochs": 2})
    history = fanlight.history(watch)
    assert [row["number"] for row in history.epochs] == [1, 2]
    assert history.report["f1"] == pytest.approx(fanlight.evaluate(tmp_path / "m", TOWNS).f1)
    shown = history._repr_html_()
    assert shown.count("<svg") == 2
    assert f"F1 {history.report['f1']:.2f}" in shown
    pytest.importorskip("matplotlib")
    history.draw(tmp_path / "history.svg")
    assert "<svg" in (tmp_path / "history.svg").read_text(encoding="utf-8")
    done = run(
        "evaluate", tmp_path / "m", TOWNS, "--report", "--format", "html", "--picture", tmp_path / "c.svg", text=True
    )
    assert done.stdout.startswith("<!DOCTYPE html>"), done.stderr
    assert "<svg" in (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert run("evaluate", tmp_path / "m", TOWNS, "--format", "html").returncode == 2


def test_the_report_as_html():
    tokens = ["<Ada>", "in", "Oslo", "&", "Rome"]
    gold, predicted = [(0, 1, "PER"), (2, 3, "LOC")], [Prediction(0, 1, "PER", 0.9), Prediction(4, 5, "LOC", 0.25)]
    report = report_on([Labelled(tokens, gold, predicted, 7)] * 250, trained_on={"Oslo"})
    tree = ElementTree.fromstring(report_html(report.to_dict()))
    titles = [h.get("data-i18n") for h in tree.iter("h3")]
    assert titles == ["per-type", "confusion", "partial", "calibration", "seen", "false-positives", "false-negatives"]
    rows = {"".join(row[0].itertext()): ["".join(cell.itertext()) for cell in row[1:]] for row in tree.iter("tr")}
    assert rows["all"] == ["50.00", "50.00", "50.00", "500", "500"]
    wrong, missed = (t for t in tree.iter("div") if t.get("class") == "long")
    assert len(wrong.findall(".//tbody/tr")) == len(missed.findall(".//tbody/tr")) == 200
    assert wrong.find("p").text == "… 50"
    assert ["".join(cell.itertext()) for cell in wrong.find(".//tbody/tr")] == [
        "0.250",
        "LOC",
        "–",
        "<Ada> in Oslo & Rome",
        "7",
    ]
    assert report_html(report.to_dict()) in report._repr_html_()
    assert report_page(report.to_dict()).startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(("low", "high"), [(0, 1), (84.2, 94.3), (0.001, 0.0123), (93, 93.4), (-3, 12), (5, 50_000)])
def test_ticks_are_few_round_and_inside(low, high):
    ticks = choose_ticks(low, high)
    assert 2 <= len(ticks) <= 6
    assert all(low <= tick <= high for tick in ticks)
    assert all(re.fullmatch(r"0*[1-9]?[0-9]?0*", f"{abs(tick):.6f}".replace(".", "")) or tick > 80 for tick in ticks)


def test_a_line_goes_through_its_points():
    shown = ElementTree.fromstring(line_chart("a < b", [1, 2, 4], [0.5, 0.25, 1.0], "epoch", [(8, 2.0)]))
    points = [tuple(map(float, p.split(","))) for p in shown.find(".//polyline").get("points").split()]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert (x1 - x0) * 2 == pytest.approx(x2 - x1, abs=0.3)
    assert (y1 - y0) * 2 == pytest.approx(y0 - y2, abs=0.3)
    assert "".join(shown.find("figcaption").itertext()) == "a < b: 1"
    second = ElementTree.fromstring(line_chart("loss", [1], [0.5], "epoch", of="second pass"))
    assert "".join(second.find("figcaption").itertext()) == "loss, second pass: 0.5"
    chart = ElementTree.fromstring(line_chart("one", [3], [2.0], "epoch"))
    assert "nan" not in ElementTree.tostring(chart, encoding="unicode")


def test_every_epoch_is_handed_over_when_it_is_done():
    rows = []
    fanlight.train(TOWNS, TOWNS, epochs=2, hidden=4, passes=1, on_epoch=rows.append)
    assert [epoch.number for epoch in rows] == [1, 2]
    assert rows[1].metrics == {
        "loss": rows[1].loss,
        "words_per_second": rows[1].words_per_second,
        "dev_f1": rows[1].dev.f1,
    }
    assert set(replace(rows[0], stage="first pass", dev=None).metrics) == {
        "first pass/loss",
        "first pass/words_per_second",
    }
