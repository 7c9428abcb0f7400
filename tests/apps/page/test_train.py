"""The Train view: one curve over the stages, the report, and tables that sort."""

import re

import pytest
from playwright.sync_api import expect

import fanlight
from fanlight.apps.server.training import TrainingRunner
from tests.apps.page.conftest import SIZES, check_access, open_page
from tests.apps.serving import running


def test_the_curve_over_all_stages(page):
    page.click("#tab-train")
    expect(page.locator("#curve svg")).to_be_visible()
    scale = "svg => svg.clientWidth / svg.viewBox.baseVal.width"
    assert page.eval_on_selector("#curve svg", scale) == pytest.approx(1, abs=0.15), "text of the size of the page's"
    expect(page.locator("#train-state")).to_have_text(
        "The second stage, epoch 5 of 5. Best dev F1: 89.00 in epoch 5. 2.0 s an epoch."
    )
    texts = page.locator("#curve text").all_text_contents()
    assert {"first stage", "second stage", "best 89.00", "81.0", "89.0", "1.00"} <= set(texts)
    assert page.locator("#curve path.loss").get_attribute("d").count("L") == 9
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.picture("train")


def test_the_report_by_keyboard(page):
    page.focus("#tab-tag")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#train")).to_be_visible()
    expect(page.locator("#curve svg")).to_be_visible()
    page.focus("#history-shown summary")
    page.keyboard.press("Enter")
    expect(page.locator("#history svg")).to_have_count(5)
    table = page.locator("#history .long table").first
    head = table.locator("thead th").first
    head.locator("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    values = [float(text) for text in table.locator("tbody td:first-child, tbody th:first-child").all_text_contents()]
    assert values == sorted(values, reverse=True)
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    check_access(page)


def test_rate_and_time_left_are_those_of_the_stage(wide):
    progress = wide.evaluate(
        """() => import('/static/curve.js').then(m => m.progressOf([
          {stage: 'first', number: 10, epochs: 10, loss: 1, dev_f1: 40, seconds: 7},
          {stage: '', number: 2, epochs: 10, loss: 1, dev_f1: 50, seconds: 10},
          {stage: '', number: 4, epochs: 10, loss: 1, dev_f1: 49, seconds: 50}].map((e, i, all) => ({ ...e, stage: i ? '' : 'first' }))))"""
    )
    assert progress["rate"] == "40"
    assert progress["left"] == "4:00"
    assert (progress["best"], progress["bestEpoch"]) == ("50.00", 2)


@pytest.fixture(scope="module")
def trainer(taggers):
    """The address of a server that trains, and has trained nothing yet."""
    with running({"en": taggers["en"]}, runner=TrainingRunner()) as url:
        yield url


@pytest.fixture(params=SIZES)
def training_page(browser, trainer, request):
    page = open_page(browser, trainer, request.param, reduced_motion="reduce")
    yield page
    assert page.faults == []
    page.context.close()


def choose_example(page):
    page.click("#tab-train")
    page.click("#train-example")
    expect(page.locator("#data-name")).to_have_text("Before the training: example.conll")
    expect(page.locator("#data-name")).to_be_focused()


def test_a_training_from_data_to_trying_its_model(training_page):
    page = training_page
    choose_example(page)
    expect(page.locator("#data-figures")).to_contain_text("300 sentences")
    expect(page.locator("#data-problems")).to_have_text("Nothing was found.")
    expect(page.locator("#data-types")).to_contain_text("PER")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.picture("train-data")
    page.fill("#train-epochs", "2")
    page.press("#train-epochs", "Tab")
    page.focus("#train-start")
    page.keyboard.press("Enter")
    expect(page.locator("#train-cancel")).to_be_visible()
    expect(page.locator("#train-done")).to_be_visible(timeout=180_000)
    expect(page.locator("#train-ready")).to_have_text("The model example is ready.")
    expect(page.locator("#train-state")).to_contain_text("epoch 2 of 2", ignore_case=True)
    expect(page.locator("#history .long table").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    check_access(page)
    page.picture("train-done")
    with page.expect_download() as download:
        page.click("#train-save")
    assert download.value.suggested_filename == "example.fanlight"
    assert fanlight.load(download.value.path()).types == ("LOC", "PER")
    page.click("#train-try")
    expect(page.locator("#answered")).to_contain_text("example")
    expect(page.locator("#document")).to_be_visible()


@pytest.mark.parametrize("training_page", ["wide"], indirect=True)
def test_a_training_is_cancelled(training_page):
    wide = training_page
    choose_example(wide)
    wide.fill("#train-epochs", "900")
    wide.click("#train-start")
    wide.click("#train-cancel")
    expect(wide.locator("#train-state")).to_contain_text("Cancelled.")
    expect(wide.locator("#train-new")).to_be_visible()


@pytest.mark.parametrize("training_page", ["wide"], indirect=True)
def test_data_at_fault_are_told_by_line_and_a_dropped_file_is_looked_at(training_page):
    wide = training_page
    wide.click("#tab-train")
    expect(wide.locator("#train-new")).to_be_visible()
    drop = """text => { const data = new DataTransfer(); data.items.add(new File([text], 'towns.conll'));
    for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data })); }"""
    wide.evaluate(drop, "Ann\tS-PER\nsings\n")
    expect(wide.locator("#fault")).to_contain_text("towns.conll:2")
    assert "400" in wide.faults.pop()
    wide.evaluate(drop, "Ann\tS-PER\nsings\tO\n\n" * 10)
    expect(wide.locator("#data-name")).to_contain_text("towns.conll")
    expect(wide.locator("#fault")).to_be_hidden()
    wide.select_option("#language", "ko")
    expect(wide.locator("#data-problems")).to_contain_text("매우 적습니다")
    assert not re.search("[a-z]{4,}", wide.locator("#data-problems").inner_text()), "all problems are in Korean"
    wide.evaluate(drop, "Ann\tS-PER\nsings\n")
    expect(wide.locator("#fault")).to_contain_text("towns.conll:2: 열이")
    assert "400" in wide.faults.pop()
