"""A browser at the page: every outside request is refused, and whatever the console reports fails the test."""

import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

import fanlight
from fanlight.api.history import append_row
from fanlight.apps.labelling import LabelStore
from fanlight.entities.report import Labelled, Prediction, report_on
from tests.apps.serving import running
from tests.towns import SMALL, TOWNS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("FANLIGHT_BROWSER") == "required"
PICTURES = os.environ.get("FANLIGHT_PICTURES")  # where to keep screenshots for the documentation
SIZES = {"wide": (1400, 900), "tablet": (820, 1100), "phone": (390, 844)}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM: apt-get install chromium"))


@pytest.fixture(scope="package")
def browser():
    assert CHROMIUM, "this run requires a browser: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def taggers():
    models = {name: fanlight.load(name, engine="plain") for name in ("en", "ko")}
    return {**models, "towns": fanlight.train(TOWNS, **{**SMALL, "epochs": 2, "keep": 12})}


@pytest.fixture(scope="package")
def address(tmp_path_factory, taggers):
    progress = tmp_path_factory.mktemp("run") / "progress.jsonl"
    rows = [
        {"stage": stage, "number": n, "epochs": 5, "loss": scale / n, "dev_f1": base + n, "seconds": 2.0 * n}
        for stage, scale, base in (("first", 1.0, 80.0), ("second", 0.4, 84.0))
        for n in range(1, 6)
    ]
    progress.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    append_row(progress, curve=[{"sentences": 500 * n, "f1": 60 + 8.0 * n, "forecast": n > 2} for n in (1, 2, 4)])
    append_row(progress, report=report_on(labelled()).to_dict())
    store = LabelStore(progress.with_name("labels.db"))
    texts = ["Museums in Paris 👍 are amazing to see.", "Ada Lovelace met him. Ada Lovelace wrote.", "It rained."]
    store.add(texts, ["LOC", "PER", "EVENT"])
    with running(taggers, watch=progress, labels=store) as url:
        yield url


def labelled():
    """Sentences as a tagger might find their entities."""
    tokens = ["Ada", "Lovelace", "wrote", "to", "Acme", "of", "Paris"]
    gold = [(0, 2, "PER"), (4, 5, "ORG"), (6, 7, "LOC")]
    entities = [Prediction(0, 2, "PER", 0.98), Prediction(4, 5, "PER", 0.61), Prediction(6, 7, "LOC", 0.93)]
    return [
        *(
            Labelled(tokens, gold, [e for e in entities if e.start != skip], 9 * n + 1)
            for n, skip in enumerate((4, 6, 4, 0, 9))
        ),
        Labelled(["It", "rained", "in", "May", "."], [], [Prediction(3, 4, "PER", 0.55)], 50),
    ]


def open_page(browser, address, size, **options):
    """Return a page of a size, with the list `faults` of what its console and its requests reported."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **options)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def inside_only(route):
        if route.request.url.startswith((address, "blob:", "data:")):
            route.continue_()
        else:
            faults.append(f"outside request: {route.request.url}")
            route.abort()

    page.route("**/*", inside_only)
    page.goto(address)
    page.faults = faults
    page.picture = lambda name: PICTURES and page.screenshot(path=Path(PICTURES) / f"{name}-{size}.png", full_page=True)
    return page


@pytest.fixture(params=SIZES)
def page(browser, address, request):
    page = open_page(browser, address, request.param)
    yield page
    assert page.faults == []
    page.context.close()


@pytest.fixture
def wide(browser, address):
    page = open_page(browser, address, "wide", reduced_motion="reduce")
    yield page
    assert page.faults == []
    page.context.close()


def check_access(page):
    """Check that axe finds nothing, in either theme."""
    from axe_playwright_python.sync_playwright import Axe

    for theme in ("dark", "light"):
        page.select_option("#theme", theme)
        report = Axe().run(page)
        assert report.violations_count == 0, f"{theme}: {report.generate_report()}"


def tag(page, text):
    """Tag a text in the Tag view."""
    page.fill("#text", text)
    page.press("#text", "Control+Enter")
    page.wait_for_selector("#result:not([hidden])")
