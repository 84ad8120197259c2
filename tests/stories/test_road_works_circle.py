"""The whole circle of road works through HTTP: drawn, answered, compared, permitted, published,
and, when it is over, what was measured beside what was forecast."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.web.web_portal import Client, Portal, portal_over

from citycommons.act.model import kept as models
from citycommons.act.roadworks import evaluate, kept
from citycommons.cli.main import main
from citycommons.core.settings import read_settings
from citycommons.core.types import SYSTEM, Grant, Role
from citycommons.core.works import WorksId
from citycommons.store import catalogue
from citycommons.store.work import City

FEEDS = (
    *("datex2.xml", "wzdx.json", "waze.xml", "waze.json", "alerts.pb"),
    *("calendar.ics", "feed.atom"),
)


@dataclass
class Town:
    """A city with a model of the traffic before the works, and a clock that can be set."""

    portal: Portal
    model: str
    today: list[datetime]
    planner: Client
    coordinator: Client

    def link(self, source: str) -> int:
        """The link of the model that was made of this street of the published data."""
        with self.portal.city.work(SYSTEM, may_write=False) as work:
            streets = models.get(work, self.model).network.streets
        assert streets is not None
        return streets.sources.index(source)

    def set_day(self, day: date) -> None:
        self.today[0] = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        # Sessions end after some hours: who comes back on another day signs in again.
        self.planner = self.portal.browser(self.portal.actor("paula"))


def opened(home: Path, until: date) -> Town:
    """The city with a traffic model of the counts before a day; its clock stands a month before."""
    given = ["roadworks", "model", "build", "--until", until.isoformat(), "--home", str(home)]
    assert main(given) == 0
    today = [datetime(until.year, until.month, 1, 9, tzinfo=UTC)]
    city = City.open(read_settings(home), clock=lambda: today[0])
    portal = portal_over(city)
    with city.work(SYSTEM, may_write=False) as work:
        owner = catalogue.publishers(work.db)[0].id
        model = models.latest_id(work) or ""
    planner = portal.actor("paula", Grant(role=Role.ROADWORKS_PLANNER, publisher=owner))
    coordinator = portal.actor("conny", Grant(role=Role.ROADWORKS_COORDINATOR))
    return Town(
        portal=portal,
        model=model,
        today=today,
        planner=portal.browser(planner),
        coordinator=portal.browser(coordinator),
    )


@pytest.fixture(scope="module")
def ideal(ideal_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("circle") / "home"
    shutil.copytree(ideal_home, home)
    town = opened(home, date(2025, 5, 1))
    yield town
    town.portal.city.close()


def asked(client: Client, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/desk/roadworks/whatif?{query}")
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_closed_bridge_from_drawing_to_evaluation(ideal: Town) -> None:
    truth = json.loads((ideal.portal.city.settings.home / "ideal" / "truth.json").read_text())
    closure = truth["closure"]
    first, last = closure["first_day"], closure["last_day"]

    # The analyst sees the bridge among the streets of the model, and draws it closed.
    page = ideal.planner.get("/desk/roadworks/studio")
    assert page.status_code == 200, page.text
    network = ideal.planner.get(f"/desk/roadworks/models/{ideal.model}/network").json()
    drawn = {one["id"] for one in network["features"]}
    links = [ideal.link(source) for source in closure["links"]]
    assert drawn >= set(links)
    measure = f"closed:{links[0]}:both"
    query = f"model={ideal.model}&phase={first}/{last}/0-24/1234567;{measure}&hour=8"

    # The answer comes rough first, and knows where the traffic goes.
    told = asked(ideal.planner, query)
    assert [one["stage"] for one in told] == ["rough", "refined", "final"]
    for one in told:
        print(f"{one['stage']}: {one['ms']} ms, {one['headline']}")
    changes = {one["link"]: one["change"] for one in told[-1]["streets"]}
    assert all(changes[link] < -50 for link in links)
    others = [
        changes.get(ideal.link(one["link"]), 0.0)
        for one in closure["detectors"]
        if one["role"] == "alternative"
    ]
    assert max(others) > 50
    assert min(others) > -20

    # It becomes a proposal; a variant with one lane open stands beside it, and costs less.
    with ideal.portal.city.work(SYSTEM, may_write=False) as work:
        owner = catalogue.publishers(work.db)[0].id
    sent = ideal.planner.post(
        f"/desk/roadworks/studio?{query}",
        data={"title": "New bearings", "owner": owner},
        follow_redirects=False,
    )
    assert sent.status_code == 303, sent.text
    id = re.search(r"/desk/roadworks/([^/]+)/studio", sent.headers["location"])[1]  # type: ignore[index]
    narrow = query.replace("closed:", "lanes=1:")
    ideal.planner.post(f"/desk/roadworks/{id}/studio/variants?{narrow}", data={"name": "One lane"})
    with ideal.portal.city.work(SYSTEM, may_write=False) as work:
        found = {one.variant: one.forecast for one in kept.of_works(work, WorksId(id))}
    assert found["One lane"].total_delay.middle < found[""].total_delay.middle

    # Nobody outside sees it before the city permits it.
    anyone = ideal.portal.client(accept="text/html")
    assert anyone.get(f"/roadworks/{id}").status_code == 404
    for revision, state in enumerate(("coordinated", "permitted"), start=1):
        given = {"state": state, "revision": str(revision), "why": "weighed"}
        done = ideal.coordinator.post(f"/desk/roadworks/{id}/state", data=given)
        assert done.status_code == 200, done.text
    published = anyone.get(f"/roadworks/{id}")
    assert published.status_code == 200
    assert "New bearings" in published.text
    for feed in FEEDS:
        answer = ideal.portal.client().get(f"/roadworks/feeds/{feed}?works={id}")
        assert answer.status_code == 200, f"{feed}: {answer.text[:200]}"
        # Service alerts are of stops and lines along the works, and there need be none.
        is_told = id.encode() in answer.content or b"New bearings" in answer.content
        assert is_told or feed == "alerts.pb", feed
    report = anyone.get(f"/desk/roadworks/{id}/report")
    assert report.status_code == 200
    assert 'class="s-shut"' in report.text

    # The works begin and end; what was counted is held against what was forecast.
    for revision, state, day in ((3, "active", first), (4, "closed", last)):
        ideal.set_day(date.fromisoformat(day))
        given = {"state": state, "revision": str(revision)}
        done = ideal.planner.post(f"/desk/roadworks/{id}/state", data=given)
        assert done.status_code == 200, done.text
    ideal.set_day(date(2025, 8, 15))
    with ideal.portal.city.work(SYSTEM, may_write=False) as work:
        measured = evaluate.evaluate(work, WorksId(id))  # long: nobody is kept from writing
    with ideal.portal.city.work(SYSTEM) as work:
        evaluate.keep(work, measured)
    assert measured.forecast == found[""].id
    assert measured.counters
    assert measured.hours
