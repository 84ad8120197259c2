"""The pages in a real browser: accessible, usable by keyboard, whole at 320 px, no other host."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CITYCOMMONS_TEST_CHROMIUM", "/usr/bin/chromium")
PAGES = ("/", "/datasets", "/datasets?q=parking", "/publishers", "/map", "/sign-in", "/developers")
PAGES += (
    "/reuses",
    "/reuses/new",
    "/reuses/badges",
    "/stories",
    "/requests",
    "/requests/new?title=x",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def dataset(served: str) -> str:
    """Address of a dataset page with places and times."""
    import json
    from urllib.request import urlopen

    with urlopen(f"{served}/datasets.json?q=parking") as answer:
        found = json.load(answer)
    return f"/datasets/{found['datasets'][0]['id']}"


@pytest.fixture
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = chromium.new_context(viewport=getattr(request, "param", None))
    page = context.new_page()
    yield page
    context.close()


def watched(page: Page, base: str) -> list[str]:
    """What a page must not do: errors in scripts, blocked content, requests to other hosts."""
    wrong: list[str] = []
    host = urlsplit(base).netloc
    page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            wrong.append(f"asks another host: {request.url}")
            if urlsplit(request.url).scheme.startswith("http")
            and urlsplit(request.url).netloc != host
            else None
        ),
    )
    return wrong


@pytest.mark.parametrize("path", PAGES)
def test_no_accessibility_finding_no_script_error_no_other_host(page, served, path):
    wrong = watched(page, served)
    page.goto(served + path)
    page.wait_for_load_state("networkidle")
    assert wrong == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("part", ["", "/quality"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_dataset_page_is_accessible_light_and_dark(page, served, dataset, scheme, part):
    wrong = watched(page, served)
    page.emulate_media(color_scheme=scheme)
    page.goto(served + dataset + part)
    page.wait_for_load_state("networkidle")
    assert wrong == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("page", [{"width": 320, "height": 640}], indirect=True)
@pytest.mark.parametrize("path", ["/", "/datasets", "/sign-in"])
def test_nothing_scrolls_sideways_at_320_pixels(page, served, path):
    page.goto(served + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("page", [{"width": 320, "height": 640}], indirect=True)
@pytest.mark.parametrize("part", ["", "/quality"])
def test_a_dataset_page_fits_320_pixels(page, served, dataset, part):
    page.goto(served + dataset + part)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_keyboard_finds_the_way_from_search_to_a_dataset(page, served):
    page.goto(served)
    page.keyboard.press("Tab")
    assert "skip" in (page.evaluate("document.activeElement.className") or "")
    page.keyboard.press("/")
    page.keyboard.type("parking")
    page.keyboard.press("Enter")
    page.wait_for_url("**/datasets?*")
    assert page.locator("main a[href^='/datasets/']").count() >= 1


def test_every_page_says_its_language_and_can_change_it(page, served):
    for language in ("en", "it", "fr", "de"):
        page.goto(f"{served}/?lang={language}")
        assert page.get_attribute("html", "lang") == language


def test_tables_and_charts_are_there_without_javascript(chromium, served, dataset):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served + dataset)
    assert page.locator("main table tbody tr").count() > 0
    context.close()
