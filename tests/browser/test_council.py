"""The council page in a real browser: one screen, one sheet of paper, accessible; and its story.

A council member signs in, reads, prints, asks three times how a number is known, and reaches the
query; an auditor computes the fingerprint again from what was downloaded.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.measure.impact.whole import filled
from tests.serving import serving

from citycommons.core.settings import FILE, Settings
from citycommons.core.types import (
    LANGUAGES,
    SYSTEM,
    ActorId,
    Grant,
    Publisher,
    PublisherId,
    Role,
)
from citycommons.govern import people
from citycommons.measure.impact import reports
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.words import say
from citycommons.store import catalogue
from citycommons.store.work import City

CHROMIUM = os.environ.get("CITYCOMMONS_TEST_CHROMIUM", "/usr/bin/chromium")
SECRET = "eleven owls in a tower"
Q1 = "/council?period=2026-Q1"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served city that has something of everything, and Cora of its council."""
    home = tmp_path_factory.mktemp("council") / "home"
    settings = Settings(home=home, name="Lecce", contact="data@lecce.example")
    city = City.create(settings, lambda: datetime(2026, 1, 9, tzinfo=UTC))
    (home / FILE).write_text('name = "Lecce"\ncontact = "data@lecce.example"\n', "utf-8")
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        people.create(work, name="Cora", email="cora@city.example", password=SECRET, id="cora")
        people.give(work, ActorId("cora"), Grant(role=Role.COUNCIL))
    reports.make(filled(city), parse("2026-Q1"))
    city.close()
    with serving(home) as base:
        yield base


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def member(chromium: Browser, address: str) -> Iterator[Page]:
    """A page on which Cora has signed in."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, base_url=address, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", "cora@city.example")
    page.fill("#password", SECRET)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    yield page
    context.close()


def whole(page: Page) -> None:
    """No finding of axe, and nothing wider than the window."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_it_is_one_screen_and_one_sheet_in_each_language(member: Page) -> None:
    for language in LANGUAGES:
        member.goto(f"{Q1}&lang={language}")
        assert member.evaluate("document.documentElement.scrollHeight") <= 900, language
        printed = member.pdf(prefer_css_page_size=True)
        with pypdfium2.PdfDocument(io.BytesIO(printed)) as paper:
            assert len(paper) == 1, language
            assert [round(side) for side in paper[0].get_size()] == [595, 842]
            text = "".join(paper[0].get_textpage().get_text_bounded().split())
        found = json.loads(
            member.request.get(f"/council.json?period=2026-Q1&lang={language}").body()
        )
        for figure in found["statement"]["figures"]:
            if figure["value"] is not None:
                shown = say(language).amount(figure["value"], figure["unit"])
                assert "".join(shown.split()) in text, (language, figure["id"])


@pytest.mark.parametrize("size", [(1280, 900), (360, 780)], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_pages_are_accessible_and_whole(
    member: Page, size: tuple[int, int], scheme: str
) -> None:
    member.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    member.set_viewport_size({"width": size[0], "height": size[1]})
    paths = (Q1, "/value?period=2026-Q1", "/council/how/use.here.requests?period=2026-Q1")
    for path in (*paths, "/council/how/goal.fewer-cars?period=2026-Q1", "/value/reports"):
        member.goto(f"{path}&lang=de" if "?" in path else f"{path}?lang=de")
        whole(member)


def test_a_council_member_reads_asks_and_reaches_the_query(member: Page) -> None:
    member.get_by_role("link", name="Council page").click()
    member.goto(f"{Q1}&lang=en")
    for figure, reached in (
        ("use.here.requests", "/reports/dsr"),
        ("money.npv", "appraisal"),
        ("goal.fewer-cars", "select avg(cars) from counts"),
    ):
        member.locator(f'a[href^="/council/how/{figure}"]').click()
        assert reached in member.locator("main").inner_text()
        member.go_back()
    member.locator('a[href^="/council/how/use.here.requests"]').click()
    rows = member.get_by_role("region", name="Dataset by dataset").inner_text()
    assert "1,204" in rows
    raw = member.locator('a[href^="/reports/dsr"]').get_attribute("href")
    report = member.request.get(str(raw)).json()
    counted = sum(
        instance["count"]
        for dataset in report["report-datasets"]
        for performance in dataset["performance"]
        for instance in performance["instance"]
        if instance["metric-type"] == "total-dataset-requests"
    )
    assert counted == 1300


def test_an_auditor_computes_the_fingerprint_of_page_paper_and_report(member: Page) -> None:
    member.goto(f"{Q1}&lang=en")
    printed = member.locator(".st-foot code").inner_text()
    for path in ("/council.json?period=2026-Q1", "/council/reports/2026-Q1.json"):
        told = json.loads(member.request.get(path).body())
        plain = json.dumps(
            told["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        assert hashlib.sha256(plain.encode()).hexdigest() == told["digest"] == printed
    member.goto("/council/reports/2026-Q1.html")
    assert member.locator("h1").inner_text().startswith("What the open data")
    assert member.evaluate("getComputedStyle(document.querySelector('.st-top')).display") == "grid"
