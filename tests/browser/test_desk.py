"""The desk in a real browser: accessible, whole at 320 px, a file dropped with the mouse."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.serving import serving
from tests.stories.worst_file import roadworks

from citycommons.core.settings import FILE, Settings
from citycommons.core.types import SYSTEM, ActorId, Grant, Publisher, PublisherId, Role
from citycommons.govern import people
from citycommons.store import catalogue
from citycommons.store.work import City

CHROMIUM = os.environ.get("CITYCOMMONS_TEST_CHROMIUM", "/usr/bin/chromium")
SECRET = "seven cats on a mat"
MESSY = "Name;Plätze;Preis\nDom;ca. 100;1,50\nPort;90;2,00;zuviel\n" + "".join(
    f"Platz {i};{100 + i};1,{i:02}\n" for i in range(60)
)
WINDOWS = {"width": 320, "height": 800}, {"width": 1280, "height": 800}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served city with Stella, who does everything but run databases."""
    home = tmp_path_factory.mktemp("desk") / "home"
    city = City.create(Settings(home=home, name="Lecce"))
    (home / FILE).write_text('name = "Lecce"\nboundary = [18.10, 40.30, 18.25, 40.40]\n', "utf-8")
    with city.work(SYSTEM) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
        people.create(work, name="Stella", email="stella@city.example", password=SECRET, id="st")
        for role in (Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER):
            people.give(work, ActorId("st"), Grant(role=role))
    city.close()
    with serving(home) as base:
        yield base


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=WINDOWS, ids=["narrow-dark", "wide-light"])
def desk(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on which Stella has signed in."""
    scheme = "dark" if request.param["width"] < 400 else "light"
    context = chromium.new_context(
        viewport=request.param, color_scheme=scheme, base_url=address, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#email", "stella@city.example")
    page.fill("#password", SECRET)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    yield page
    context.close()


def looked_at(page: Page) -> None:
    """No finding of axe, and nothing wider than the window."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, f"{page.url} is too wide"
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


def drop(page: Page, text: str, name: str) -> None:
    """Let go of a file over the page, as with the mouse."""
    make = (
        "([text, name]) => { const held = new DataTransfer();"
        " held.items.add(new File([text], name, { type: 'text/csv' })); return held }"
    )
    held = page.evaluate_handle(make, [text, name])
    page.dispatch_event(".dropzone", "drop", {"dataTransfer": held})


def test_each_step_from_a_dropped_file_to_a_version_is_accessible(desk: Page) -> None:
    desk.goto("/desk/new")
    looked_at(desk)
    drop(desk, MESSY, "messy.csv")
    desk.wait_for_url("**/desk/drafts/*")
    assert "ca. 100" in desk.inner_text(".preview")
    assert "no whole number" in desk.inner_text(".preview td.faulty")
    looked_at(desk)
    desk.click("button[value=on]")
    desk.wait_for_url("**/describe")
    desk.fill("#title-en", f"Car parks {desk.viewport_size['width']}")  # type: ignore[index]
    assert desk.input_value("#id").startswith("car-parks-")
    looked_at(desk)
    desk.click("main .btn.p")
    desk.wait_for_url("**/license")
    desk.check("input[value='CC-BY-4.0']")
    desk.check("input[value=personal]")
    looked_at(desk)
    desk.click("main .btn.p")
    desk.wait_for_url("**/publish")
    looked_at(desk)
    desk.click("main .btn.p")
    desk.wait_for_url("**/published/1")
    looked_at(desk)
    published = desk.url.split("/")[-3]
    paths = (
        "/desk",
        f"/desk/datasets/{published}",
        "/desk/privacy",
        "/account",
        "/account/webhooks",
    )
    for path in (*paths, f"/desk/datasets/{published}/versions/1/withdraw"):
        desk.goto(path)
        looked_at(desk)


def test_questions_rules_and_rows_kept_aside_are_accessible(desk: Page, address: str) -> None:
    desk.goto("/desk/new")
    works = {"name": "works.csv", "mimeType": "text/csv", "buffer": roadworks(3)}
    desk.set_input_files("#file", [works])  # type: ignore[list-item]
    desk.click("form[data-upload] button")
    desk.wait_for_url("**/desk/drafts/*")
    draft = desk.url.split("?")[0]
    assert "reference system" in desk.inner_text("#questions")
    assert desk.locator("#questions svg.where").count() == 1
    looked_at(desk)
    desk.check("#questions input[value='EPSG:3004']")
    desk.click("#questions form:has(input[value='EPSG:3004']) button.btn.p")
    desk.wait_for_url("**/*read=again*")
    desk.goto(f"{draft}?rule=required")
    looked_at(desk)
    desk.check("#add-rule input[value=Via]")
    desk.check("#add-rule input[value=reject-row]")
    desk.click("#add-rule button.btn.p")
    desk.wait_for_url("**/*read=again*")
    assert "kept aside" in desk.inner_text("#aside")
    looked_at(desk)


def test_sources_are_accessible_from_the_empty_list_to_one_that_fails(desk: Page) -> None:
    wide = str(desk.viewport_size["width"])  # type: ignore[index]
    desk.goto("/desk/sources")
    looked_at(desk)
    desk.goto("/desk/sources/new")
    looked_at(desk)
    for connector in ("web", "ckan", "folder", "form"):
        desk.goto(f"/desk/sources/new?connector={connector}")
        desk.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        looked_at(desk)
    desk.goto("/desk/sources/new?connector=web")
    desk.fill("#option-url", "http://127.0.0.1:9/x.csv")
    desk.fill("#title", f"Inside {wide}")
    desk.fill("#dataset", f"inside-{wide}")
    desk.click("button[value=try]")
    desk.wait_for_selector("main .notice.stop")
    assert "allow_hosts" in desk.inner_text("main .notice.stop")
    looked_at(desk)
    desk.click("button[value=save]")
    desk.wait_for_url(f"**/desk/sources/inside-{wide}*")
    looked_at(desk)
    desk.wait_for_timeout(4000)
    for path in (f"/desk/sources/inside-{wide}", "/desk/sources", "/desk"):
        desk.goto(path)
        looked_at(desk)


def test_a_form_that_people_fill_in_is_accessible(desk: Page) -> None:
    wide = str(desk.viewport_size["width"])  # type: ignore[index]
    desk.goto("/desk/new")
    drop(desk, "Name;Since;Open;Beds\nTheater;2020-01-02;yes;3\nDom;2021-03-04;no;5\n", "b.csv")
    desk.wait_for_url("**/desk/drafts/*")
    desk.click("button[value=on]")
    desk.wait_for_url("**/describe")
    desk.fill("#title-en", f"Beds {wide}")
    desk.click("main .btn.p")
    desk.wait_for_url("**/license")
    desk.check("input[value='CC-BY-4.0']")
    desk.check("input[value=environmental]")
    desk.click("main .btn.p")
    desk.wait_for_url("**/publish")
    desk.click("main .btn.p")
    desk.wait_for_url("**/published/1")
    looked_at(desk)
    desk.goto(f"/desk/sources/new?connector=form&dataset=beds-{wide}")
    desk.fill("#title", f"Tell us of beds {wide}")
    desk.click("button[value=save]")
    desk.wait_for_url("**/desk/sources/tell-us-*")
    desk.goto(f"/forms/tell-us-of-beds-{wide}")
    looked_at(desk)
    desk.fill("#answer-0", "Port")
    desk.fill("#answer-1", "2026-03-31")
    desk.click("main .btn.p")
    desk.wait_for_selector("main .notice.go")
    looked_at(desk)
    desk.goto(f"/desk/datasets/beds-{wide}")
    looked_at(desk)


@pytest.mark.parametrize("room", ["people", "people/st", "publishers", "audit", "health"])
def test_the_administration_is_accessible(desk: Page, room: str) -> None:
    desk.goto(f"/admin/{room}")
    looked_at(desk)


def test_an_empty_file_is_told_without_losing_the_page(desk: Page) -> None:
    desk.goto("/desk/new")
    empty = {"name": "empty.csv", "mimeType": "text/csv", "buffer": b""}
    desk.set_input_files("#file", [empty])  # type: ignore[list-item]
    desk.click("form[data-upload] button")
    desk.wait_for_selector("main .notice.stop:not([hidden])")
    assert "empty" in desk.inner_text("main .notice.stop:not([hidden])")
    assert desk.is_enabled("form[data-upload] button")
