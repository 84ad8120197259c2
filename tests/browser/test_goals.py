"""The ledger's pages in a real browser: no finding of axe, nothing too wide, usable by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.browser.test_desk import (
    CHROMIUM,
    SECRET,
    WINDOWS,
    chromium,
    desk,
    looked_at,
    pytestmark,
)
from tests.serving import serving
from tests.web.goals_ledger import GOAL, seeded
from tests.web.web_portal import open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, ActorId, Grant, Role
from citycommons.govern import people
from citycommons.store.work import City

__all__ = ["CHROMIUM", "WINDOWS", "chromium", "desk", "pytestmark"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A portal with a ledger, and its keeper."""
    home = tmp_path_factory.mktemp("goals") / "home"
    city = City.create(Settings(home=home, name="Testville"))
    seeded(open_portal(city))
    with city.work(SYSTEM) as work:
        people.create(work, name="Stella", email="stella@city.example", password=SECRET, id="st")
        people.give(work, ActorId("st"), Grant(role=Role.ADMINISTRATOR))
    city.close()
    with serving(home) as base:
        yield base


def test_every_page_of_the_ledger_is_accessible(desk: Page) -> None:
    for path in (
        "/goals",
        f"/goals/{GOAL}",
        "/desk/goals",
        "/desk/goals/new",
        f"/desk/goals/{GOAL}",
        "/desk/ledger/new/problem",
        f"/desk/ledger/new/benefit?goal={GOAL}",
        f"/desk/ledger/new/cost?goal={GOAL}",
        f"/desk/ledger/{GOAL}/edit",
        f"/desk/ledger/{GOAL}/edit?part=steps",
        f"/desk/ledger/{GOAL}",
        "/desk/values",
        "/desk/ledger/new/unit-value",
        "/desk/worth?year=2026",
        "/desk/worth/of/calls?year=2026",
        "/desk/worth/costs?year=2026",
    ):
        desk.goto(path)
        looked_at(desk)
    desk.goto(f"/goals/{GOAL}")
    desk.click("text=This result with everything it rests on")
    looked_at(desk)
    desk.goto(f"/goals/{GOAL}")
    desk.click("text=Each value, with the versions it was read from")
    desk.click("text=Compute it again >> nth=0")
    looked_at(desk)


def test_a_wrong_number_is_told_beside_its_field_and_reached_by_keyboard(desk: Page) -> None:
    desk.goto(f"/desk/ledger/new/cost?goal={GOAL}")
    desk.fill("[name=title-en]", "Signs")
    desk.select_option("[name=kind]", "other")
    desk.fill("[name=quantity-likely]", "1.234")
    desk.fill("[name=source]", "bill 9")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("[role=alert]")
    assert "can be read in two ways" in desk.inner_text("#wrong-quantity-1")
    looked_at(desk)
    desk.fill("[name=quantity-likely]", "1234")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/desk/goals/{GOAL}?saved=*")
    assert "Signs" in desk.inner_text("#stage-5")
