"""Who owns the dig (the report, Figure 1)? Water wants to dig where power digs; the city decides.

The whole way in the browser: a utility proposes, the municipality sees that it clashes with
another utility's works, dates are moved to where both fit, the permit is given, and only then
everyone reads of it. Nobody does a step that is not theirs.
"""

import re
from datetime import date, timedelta

import pytest
from tests.act.roadworks.digs import POWER, WATER, settle
from tests.web.web_portal import HTML, JSON, Client, Portal, open_portal

from citycommons.core.types import SYSTEM, Grant, Role
from citycommons.govern import audit
from citycommons.jobs import errands
from citycommons.store.work import City

LINE = "LINESTRING (7.630 51.950, 7.634 51.952)"


@pytest.fixture
def portal(city: City) -> Portal:
    settle(city)
    return open_portal(city)


def planner(portal: Portal, name: str, owner: str) -> Client:
    grant = Grant(role=Role.ROADWORKS_PLANNER, publisher=owner)  # type: ignore[arg-type]
    return portal.browser(portal.actor(name, grant))


def proposal(owner: str, title: str, first: date, days: int) -> dict[str, str]:
    return {
        "title-en": title,
        "streets": "Harbour Street",
        "owner": owner,
        "party": "utility",
        "types": "below-road-work",
        "p0-first": first.isoformat(),
        "p0-last": (first + timedelta(days=days - 1)).isoformat(),
        "p0-certain": "1",
        "p0-m0-effect": "closed",
        "p0-m0-both": "1",
        "p0-m0-line": LINE,
        "stays_open_to": "bicycle",
        "detour_words-en": "Follow Ring Road",
    }


def propose(client: Client, **given: object) -> str:
    sent = client.post("/desk/roadworks/new", data=proposal(**given), follow_redirects=False)  # type: ignore[arg-type]
    assert sent.status_code == 303, sent.text[:3000]
    return str(sent.headers["location"]).partition("?")[0]


def step(client: Client, path: str, state: str, why: str = "") -> int:
    revision = re.search(r'name="revision" value="(\d+)"', client.get(path).text)
    data = {"state": state, "why": why, "revision": revision[1] if revision else "1"}
    return client.post(f"{path}/state", data=data, follow_redirects=False).status_code


def test_two_utilities_one_street_and_the_city_between_them(portal: Portal) -> None:
    today = portal.city.clock().date()
    start = today + timedelta(days=30)
    wim, pia = planner(portal, "wim", "water"), planner(portal, "pia", "power")
    conny = portal.browser(portal.actor("conny", Grant(role=Role.ROADWORKS_COORDINATOR)))
    carl = portal.browser(
        portal.actor("carl", Grant(role=Role.ROADWORKS_CONTRACTOR, publisher=WATER))
    )
    stranger, program = portal.client(**HTML), portal.client(**JSON)

    # Power was first, and its works are permitted.
    cable = propose(pia, owner="power", title="New cable", first=start, days=14)
    assert step(conny, cable, "coordinated") == step(conny, cable, "permitted") == 303

    # Water proposes the same street in the same weeks. Nobody outside sees a proposal.
    later = start + timedelta(days=7)
    main = propose(wim, owner="water", title="New water main", first=later, days=10)
    assert "New water main" not in stranger.get("/roadworks").text
    assert pia.get(main).status_code == 404

    # The coordinator finds it on her desk, with both owners and what would help.
    desk = conny.get("/desk/roadworks").text
    assert "New water main" in desk
    assert "in each other" in desk
    page = conny.get(main).text
    assert "“New water main” of Water" in page or "“New water main” of Water" in wim.get(main).text
    assert "Water could do “New water main” from" in page
    assert "Power could do" not in page  # what is permitted is not moved

    # She coordinates it, but cannot permit it as it is; water cannot either, nor skip a step.
    assert step(conny, main, "coordinated") == 303
    assert step(conny, main, "permitted") == 409
    assert step(wim, main, "permitted") == 403

    # Water takes the proposed days: behind the cable, with a week between. That has to be weighed
    # again, as the others had agreed to other days.
    page = wim.get(main).text
    days = re.search(r'name="days" value="(-?\d+)"', page)
    assert days is not None
    wim.post(f"{main}/move", data={"works": main.rpartition("/")[2], "days": days[1], "why": "ok"})
    moved = program.get(f"/roadworks/{main.rpartition('/')[2]}")
    assert moved.status_code == 404  # a proposal again: not for everyone
    page = wim.get(main).text
    assert "it is in nobody's" in page
    first = later + timedelta(days=int(days[1]))
    assert first >= start + timedelta(days=14 + 7) or first + timedelta(days=9 + 7) < start

    # Coordinated and permitted, it is public, with its days and its detour.
    assert step(conny, main, "coordinated") == step(conny, main, "permitted") == 303
    assert "New water main" in stranger.get("/roadworks?street=harbour").text
    found = program.get("/roadworks?street=harbour").json()["works"]
    assert {one["title"]["en"] for one in found} == {"New cable", "New water main"}
    mine = next(one for one in found if one["owner"] == "water")
    assert mine["phases"][0]["first_day"] == first.isoformat()

    # The contractor says that it began and ended, and may do nothing else.
    assert step(carl, main, "cancelled", "rain") == 403
    assert step(carl, main, "active") == 303
    assert "under way" in stranger.get("/roadworks").text
    assert step(carl, main, "closed") == 303

    # What happened is on record: who, when, why.
    with portal.city.work(SYSTEM, may_write=False) as work:
        log = audit.entries(work, thing=main.rpartition("/")[2])
    assert [one.actor for one in reversed(log)] == [
        "wim", "conny", "wim", "conny", "conny", "carl", "carl",
    ]  # fmt: skip
    assert errands.begin_and_end_works(portal.city) == 0


def test_owners_who_dig_in_one_trench_say_so(portal: Portal) -> None:
    start = portal.city.clock().date() + timedelta(days=30)
    wim, pia = planner(portal, "wim", "water"), planner(portal, "pia", "power")
    conny = portal.browser(portal.actor("conny", Grant(role=Role.ROADWORKS_COORDINATOR)))
    main = propose(wim, owner="water", title="New water main", first=start, days=10)
    cable = propose(pia, owner="power", title="New cable", first=start, days=10)
    for path in (main, cable):
        assert step(conny, path, "coordinated") == 303
    for client, path in ((wim, main), (pia, cable)):
        key = client.get(path).text.partition('name="clash" value="')[2].partition('"')[0]
        client.post(f"{path}/accept", data={"clash": key, "reason": "one trench, one closure"})
    assert step(conny, main, "permitted") == step(conny, cable, "permitted") == 303
    assert POWER in conny.get("/roadworks.json").text
