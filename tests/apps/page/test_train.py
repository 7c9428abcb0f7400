"""The Train view: one curve over the stages, the report, and tables that sort."""

from playwright.sync_api import expect

from tests.apps.page.conftest import check_access


def test_the_curve_over_all_stages(page):
    page.click("#tab-train")
    expect(page.locator("#curve svg")).to_be_visible()
    expect(page.locator("#train-state")).to_have_text("Stage second, epoch 5 of 5. Best dev F1: 89.00 in epoch 5.")
    texts = page.locator("#curve text").all_text_contents()
    assert {"stage first", "stage second", "best 89.00", "81.0", "89.0", "1.00"} <= set(texts)
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


def test_rate_and_time_left_are_those_of_the_run(wide):
    progress = wide.evaluate(
        """() => import('/static/curve.js').then(m => m.progressOf(
          [{stage: '', number: 3, epochs: 10, loss: 1, dev_f1: 50}, {stage: '', number: 4, epochs: 10, loss: 1, dev_f1: 49}],
          [{time: 1000, count: 1}, {time: 21000, count: 2}]))"""
    )
    assert progress["rate"] == "20.0"
    assert progress["left"] == "2:00"
    assert (progress["best"], progress["bestEpoch"]) == ("50.00", 3)
