"""The register on pages and for programs: list, form, life, clashes, history, JSON."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.act.roadworks.digs import CITY_HALL, POWER, WATER, dig, phase, settle
from tests.web.web_portal import HTML, JSON, Client, Portal, open_portal

from citycommons.act.roadworks import register
from citycommons.core.types import SYSTEM, Grant, Role
from citycommons.core.works import Works, WorksState
from citycommons.store.work import City

DAY = timedelta(days=1)
COORDINATED, PERMITTED = WorksState.COORDINATED, WorksState.PERMITTED


@pytest.fixture
def portal(city: City) -> Portal:
    settle(city)
    return open_portal(city)


@pytest.fixture
def wim(portal: Portal) -> Client:
    return portal.browser(portal.actor("wim", Grant(role=Role.ROADWORKS_PLANNER, publisher=WATER)))


@pytest.fixture
def conny(portal: Portal) -> Client:
    return portal.browser(portal.actor("conny", Grant(role=Role.ROADWORKS_COORDINATOR)))


def today(portal: Portal) -> date:
    return portal.city.clock().date()


def kept(portal: Portal, *states: WorksState, **more: Any) -> Works:
    first = today(portal) + 10 * DAY
    given = {"phases": (phase(first.isoformat(), (first + 13 * DAY).isoformat()),), **more}
    with portal.city.work(SYSTEM) as work:
        made = register.propose(work, dig(**given))
        for state in states:
            made = register.advance(work, made.id, state)
    return made


def typed(**more: str) -> dict[str, str]:
    return {
        "title-en": "New gas pipe",
        "streets": "Hafenstraße",
        "owner": "water",
        "party": "utility",
        "types": "below-road-work",
        "p0-first": "2027-05-03",
        "p0-last": "2027-05-20",
        "p0-certain": "1",
        "p0-m0-effect": "closed",
        "p0-m0-both": "1",
        "p0-m0-line": "7.63 51.95; 7.634 51.952",
        **more,
    }


def test_everyone_sees_what_is_permitted_and_nothing_else(portal: Portal) -> None:
    kept(portal, title={"en": "Secret plan"})
    kept(portal, COORDINATED, title={"en": "Only for owners"})
    shown = kept(portal, COORDINATED, PERMITTED)
    stranger = portal.client(**HTML)
    page = stranger.get("/roadworks").text
    assert "New water main" in page
    assert "Secret plan" not in page
    assert "Only for owners" not in page
    body = portal.client(**JSON).get("/roadworks").json()
    assert [one["id"] for one in body["works"]] == [shown.id]
    assert "updated_by" not in body["works"][0]
    found = stranger.get("/roadworks.geojson").json()
    assert found["features"][0]["properties"]["works"] == shown.id


def test_the_list_is_filtered_by_street_day_and_area(portal: Portal) -> None:
    kept(portal, COORDINATED, PERMITTED)
    client = portal.client(**JSON)
    first = today(portal) + 10 * DAY

    def total(query: str) -> int:
        return client.get(f"/roadworks?{query}").json()["total"]  # type: ignore[no-any-return]

    assert total("street=hafenstr") == 1
    assert total("street=ring") == 0
    assert total(f"to={first}") == 1
    assert total(f"to={first - DAY}") == 0
    assert total("bbox=7.6,51.9,7.7,52") == 1
    assert total("bbox=8,51.9,8.1,52") == 0
    assert client.get("/roadworks?to=soon").status_code == 422
    assert client.get("/roadworks?state=odd").status_code == 422
    assert client.get("/roadworks?colour=red").status_code == 422


def test_an_empty_list_invites(portal: Portal, wim: Client) -> None:
    assert "No road works yet." in portal.client(**HTML).get("/roadworks").text
    assert "/desk/roadworks/new" in wim.get("/roadworks").text


def test_works_are_proposed_and_changed_without_script(portal: Portal, wim: Client) -> None:
    assert "Propose works" in wim.get("/desk/roadworks/new").text
    sent = wim.post("/desk/roadworks/new", data=typed(), follow_redirects=False)
    assert sent.status_code == 303, sent.text[:2000]
    address = sent.headers["location"].partition("?")[0]
    page = wim.get(address).text
    assert "New gas pipe" in page
    form = wim.get(f"{address}/edit").text
    assert "2027-05-03" in form
    changed = wim.post(
        f"{address}/edit", data=typed(revision="1", **{"title-en": "Gas"}), follow_redirects=False
    )
    assert changed.status_code == 303, changed.text[:2000]
    late = wim.post(f"{address}/edit", data=typed(revision="1", **{"title-en": "Other"}))
    assert late.status_code == 409
    assert "Other" in late.text  # what was typed is not lost
    page = wim.get(address).text
    assert "<del>New gas pipe</del> <ins>Gas</ins>" in page
    back = wim.post(f"{address}/restore", data={"number": "1", "revision": "2"})
    assert "back to revision 1" in back.text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title-en": ""}, "works need a title"),
        ({"streets": ""}, "Name the street"),
        ({"p0-last": "2027-04-01"}, "before it begins"),
        ({"p0-first": "May"}, "is no day"),
        ({"p0-m0-line": "somewhere"}, "is no line"),
        ({"p0-m0-line": ""}, "own streets do not tell"),
        ({"p0-m0-effect": "lanes"}, "how many lanes stay open"),
        ({"p0-m0-lanes_open": "-3"}, "no whole number"),
        ({"owner": "power"}, None),
    ],
)
def test_what_cannot_be_used_is_said_beside_it(
    wim: Client, wrong: dict[str, str], says: str | None
) -> None:
    answer = wim.post("/desk/roadworks/new", data=typed(**wrong), follow_redirects=False)
    assert answer.status_code == (422 if says else 403)
    if says:
        assert says in answer.text


def test_life_is_led_by_buttons_that_are_there_for_who_may(
    portal: Portal, wim: Client, conny: Client
) -> None:
    made = kept(portal)
    path = f"/desk/roadworks/{made.id}"
    assert "It is coordinated" not in wim.get(path).text
    assert "It is coordinated" in conny.get(path).text
    conny.post(f"{path}/state", data={"state": "coordinated", "revision": "1"})
    done = conny.post(f"{path}/state", data={"state": "permitted", "revision": "2"})
    assert "Allowed by the municipality" in done.text
    refused = wim.post(f"{path}/state", data={"state": "cancelled", "revision": "3"})
    assert refused.status_code == 422
    assert "only with a reason" in refused.text
    gone = wim.post(f"{path}/state", data={"state": "cancelled", "revision": "3", "why": "money"})
    assert "money" in gone.text


def test_clashes_are_shown_moved_and_accepted(portal: Portal, wim: Client, conny: Client) -> None:
    water = kept(portal)
    kept(portal, COORDINATED, owner=POWER, title={"en": "Cable"})
    path = f"/desk/roadworks/{water.id}"
    page = wim.get(path).text
    assert "get in each other&#39;s way" in page
    assert "Take these days" in page
    assert "Works that get in each other's way" in conny.get("/desk/roadworks").text
    key = page.partition('name="clash" value="')[2].partition('"')[0]
    half = wim.post(f"{path}/accept", data={"clash": key, "reason": "one trench"})
    assert "Water lives with it" in half.text
    stuck = conny.post(f"{path}/state", data={"state": "coordinated", "revision": "1"})
    assert stuck.status_code == 200
    refused = conny.post(f"{path}/state", data={"state": "permitted", "revision": "2"})
    assert refused.status_code == 409
    days = page.partition('name="days" value="')[2].partition('"')[0]
    moved = wim.post(f"{path}/move", data={"works": water.id, "days": days, "why": "out of it"})
    assert "it is in nobody's" in moved.text


def test_programs_write_with_a_key(portal: Portal) -> None:
    wim = portal.actor("wim", Grant(role=Role.ROADWORKS_PLANNER, publisher=WATER))
    program = portal.program(wim, "propose-works", "run-works")
    body = {
        "title": {"en": "New gas pipe"},
        "streets": ["Hafenstraße"],
        "owner": "water",
        "phases": [
            {
                "first_day": "2027-05-03",
                "last_day": "2027-05-20",
                "measures": [{"effect": "closed", "line": [[7.63, 51.95], [7.634, 51.952]]}],
            }
        ],
    }
    made = program.post("/roadworks", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["revision"]) == ("proposed", 1)
    id = made.json()["id"]
    changed = program.put(f"/roadworks/{id}", json={"revision": 1, "contact": "gas@city.example"})
    assert changed.json()["contact"] == "gas@city.example"
    assert program.put(f"/roadworks/{id}", json={"revision": 1, "contact": "x"}).status_code == 409
    assert program.put(f"/roadworks/{id}", json={"revision": 2, "colour": 1}).status_code == 422
    assert program.post("/roadworks", content=b"[]").status_code == 422
    assert program.post("/roadworks", json={**body, "owner": "power"}).status_code == 403
    step = {"state": "cancelled", "why": "no money"}
    assert program.post(f"/roadworks/{id}/state", json=step).status_code == 200
    assert program.post(f"/roadworks/{id}/state", json={"state": "odd"}).status_code == 422
    reader = portal.program(wim, "read")
    assert reader.post("/roadworks", json=body).status_code == 403


def test_a_stranger_finds_no_way_in(portal: Portal) -> None:
    made = kept(portal)
    nobody = portal.browser(portal.actor("nobody"))
    assert nobody.get(f"/desk/roadworks/{made.id}").status_code == 404
    assert nobody.get("/desk/roadworks").status_code == 200
    answer = portal.client(**HTML).get("/desk/roadworks", follow_redirects=False)
    assert answer.status_code == 303
    other = portal.browser(
        portal.actor("hal", Grant(role=Role.ROADWORKS_PLANNER, publisher=CITY_HALL))
    )
    assert other.get(f"/desk/roadworks/{made.id}/edit").status_code == 404


def test_hostile_words_stay_words(portal: Portal) -> None:
    evil = '<script>alert("x")</script>'
    words = {"title": {"en": evil}, "streets": (evil,), "contact": evil}
    made = kept(portal, COORDINATED, PERMITTED, **words)
    client = portal.client(**HTML)
    assert evil not in client.get("/roadworks").text
    boss = portal.browser(portal.actor("boss", Grant(role=Role.ADMINISTRATOR)))
    assert evil not in boss.get(f"/desk/roadworks/{made.id}").text


def test_programs_ask_with_what_works_clash_before_they_are_kept(portal: Portal) -> None:
    water = kept(portal, COORDINATED)
    pia = portal.actor("pia", Grant(role=Role.ROADWORKS_PLANNER, publisher=POWER))
    program = portal.program(pia, "propose-works", "run-works")
    draft = {
        "title": {"en": "Cable"},
        "streets": ["Hafenstraße"],
        "owner": "power",
        "phases": [
            {
                "first_day": str(today(portal) + 12 * DAY),
                "last_day": str(today(portal) + 14 * DAY),
                "measures": [{"effect": "closed", "line": [[7.63, 51.95], [7.634, 51.952]]}],
            }
        ],
    }
    answer = program.post("/roadworks/check", json=draft)
    assert answer.status_code == 200, answer.text
    (clash,) = answer.json()["clashes"]
    assert {clash["works"], clash["other"]} == {"draft", water.id}
    assert {clash["owner"], clash["other_owner"]} == {"water", "power"}
    assert "Power" in clash["sentence"]
    assert {one["owner"] for one in clash["proposals"]} == {"water", "power"}
    assert program.post("/roadworks/check", json={**draft, "streets": []}).status_code == 422
    again = program.get(f"/roadworks/{water.id}/clashes")
    assert again.json() == {"clashes": []}  # the draft was kept nowhere


def test_a_history_tells_everyone_what_changed_and_insiders_who_and_why(portal: Portal) -> None:
    made = kept(portal, COORDINATED, PERMITTED)
    wim = portal.actor("wim", Grant(role=Role.ROADWORKS_PLANNER, publisher=WATER))
    inside = portal.program(wim, "run-works").get(f"/roadworks/{made.id}/history").json()
    assert [one["state"] for one in inside["revisions"]] == ["permitted", "coordinated", "proposed"]
    assert inside["revisions"][0]["by"] == "system"
    outside = portal.client(**JSON).get(f"/roadworks/{made.id}/history").json()
    assert [one["state"] for one in outside["revisions"]] == ["permitted"]
    assert "by" not in outside["revisions"][0]
    assert portal.client(**JSON).get("/roadworks/none/history").status_code == 404
