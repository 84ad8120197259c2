"""Anyone reads how wrong our forecasts of road works were, works by works and all together."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.act.roadworks.digs import WATER, dig, settle
from tests.web.web_portal import HTML, JSON, Portal, described, open_portal

from citycommons.act.model.types import DayType
from citycommons.act.roadworks import evaluate, register
from citycommons.act.roadworks.evaluation import CounterEvaluation, Evaluation, Hour
from citycommons.act.roadworks.types import Range
from citycommons.core.settings import Settings
from citycommons.core.study import ClaimClass, Study
from citycommons.core.types import SYSTEM, Access
from citycommons.core.works import WorksId, WorksState
from citycommons.store import catalogue
from citycommons.store.work import City

NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)


@pytest.fixture
def portal(tmp_path: Any) -> Iterator[Portal]:
    settings = Settings(home=tmp_path / "home", name="Testville", requests_per_minute=1_000_000)
    city = City.create(settings, lambda: NOW)
    settle(city)
    yield open_portal(city)
    city.close()


def test_before_any_works_were_measured_the_page_says_so(portal):
    text = portal.client().get("/roadworks/how-wrong-we-were", headers=HTML).text
    assert "No works were measured yet." in text
    body = portal.client().get("/roadworks/how-wrong-we-were.json").json()
    assert body["works"] == []
    assert body["experience"]["correction"] == 1.0


def test_forecast_and_measured_stand_side_by_side(portal):
    _measured(portal, "Water main", (80, 100, 120), 96)
    _measured(portal, "Gas main", (80, 100, 120), 150)
    text = portal.client().get("/roadworks/how-wrong-we-were", headers=HTML).text
    assert "Water main" in text
    assert text.count(">hit<") == 1
    assert text.count(">missed<") == 1
    assert "80 to 120" in text
    body = portal.client().get("/roadworks/how-wrong-we-were", headers=JSON).json()
    assert {one["title"]: one["is_hit"] for one in body["works"]} == {
        "Water main": True,
        "Gas main": False,
    }
    assert body["coverage_of_hours"] == 0.5
    assert body["experience"]["bias"] == pytest.approx((0.96 * 1.5) ** 0.5)


def test_what_was_counted_in_secret_stays_secret(portal):
    _measured(portal, "Water main", (80, 100, 120), 96, access=Access.INTERNAL)
    assert portal.client().get("/roadworks/how-wrong-we-were", headers=JSON).json()["works"] == []


def test_the_page_of_the_works_says_it_too_and_keeps_the_same_secrets(portal):
    _measured(portal, "Water main", (80, 100, 120), 96)
    client = portal.client()
    (one,) = client.get("/roadworks/how-wrong-we-were", headers=JSON).json()["works"]
    text = client.get(f"/roadworks/{one['works']}", headers=HTML).text
    assert "What was measured" in text
    assert ">hit<" in text
    _counts(portal, Access.INTERNAL)
    assert "What was measured" not in client.get(f"/roadworks/{one['works']}", headers=HTML).text


def test_a_renumbered_counter_is_not_held_against_the_forecast(portal):
    _measured(portal, "Water main", (80, 100, 120), 700, claim=ClaimClass.DESCRIPTIVE)
    (one,) = portal.client().get("/roadworks/how-wrong-we-were", headers=JSON).json()["works"]
    assert one["is_hit"] is None
    text = portal.client().get("/roadworks/how-wrong-we-were", headers=HTML).text
    assert "nothing to compare" in text


def _measured(
    portal: Portal,
    title: str,
    forecast: tuple[float, float, float],
    measured: float,
    *,
    claim: ClaimClass = ClaimClass.CAUSAL,
    access: Access = Access.PUBLIC,
) -> None:
    """Works that are over, with an evaluation of one counter of 1000 vehicles an hour."""
    _counts(portal, access)
    with portal.city.work(SYSTEM) as work:
        works = register.propose(work, dig(WATER, title={"en": title}))
        for state in (WorksState.COORDINATED, WorksState.PERMITTED, WorksState.ACTIVE):
            register.advance(work, works.id, state)
        register.advance(work, works.id, WorksState.CLOSED)
        evaluate.keep(work, _evaluation(works.id, title, forecast, measured, claim))


def _counts(portal: Portal, access: Access) -> None:
    with portal.city.work(SYSTEM) as work:
        catalogue.save_dataset(
            work.db, described("counts", publisher=WATER, access=access, modified=NOW)
        )


def _evaluation(
    works: WorksId,
    title: str,
    forecast: tuple[float, float, float],
    measured: float,
    claim: ClaimClass,
) -> Evaluation:
    def range(low: float, middle: float, high: float) -> Range:
        return Range(low=low / 1000, middle=middle / 1000, high=high / 1000)

    change = range(measured - 10, measured, measured + 10)
    counter = CounterEvaluation(
        counter="D1",
        at="J1",
        place=(7.6, 51.9),
        change=change,
        change_95=change,
        p=0.01,
        seen_per_day=10_000.0,
        would_per_day=9_000.0,
        total=change,
        by_kind_of_day={},
        by_hour={8: change},
        others={},
        claim=claim,
        reasons=(),
        verdict="traffic",
        hours=(
            Hour(
                day=DayType.WORKDAY,
                hour=8,
                predicted=range(*forecast),
                measured=change,
                vehicles=1000.0,
            ),
        ),
    )
    study = Study(
        question="What did it do?",
        method="counting",
        inputs=("counts@abc",),
        assumptions=(),
        findings=(),
        claim=claim,
        reasons=(),
        made=NOW,
    )
    return Evaluation(
        id=f"ev-{title}",
        works=works,
        title=title,
        forecast=None,
        first_day=date(2026, 5, 4),
        last_day=date(2026, 5, 17),
        counters=(counter,),
        left_out=(),
        study=study,
        created=NOW,
    )
