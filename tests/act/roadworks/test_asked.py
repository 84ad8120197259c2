"""From works in the register to what a forecast is asked, and who may ask."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.act.roadworks import grid

from citycommons.act.model.types import DayType
from citycommons.act.roadworks import asked, register
from citycommons.act.roadworks.forecast import forecast
from citycommons.act.roadworks.own_solver import Own
from citycommons.act.roadworks.question import Options
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.types import ANYONE, ActorId, PublisherId
from citycommons.core.works import (
    Effect,
    Measure,
    Party,
    Phase,
    Works,
    WorksId,
    WorksState,
)

EAST = ((7.6002, 51.955), (7.6098, 51.955))  # two links of East 1
NORTH = ((7.605, 51.9502), (7.605, 51.9598))


@pytest.fixture(scope="module")
def model():
    return grid.model(solver=Own())


def works(name: str, line, first: date, last: date) -> Works:
    measure = Measure(effect=Effect.CLOSED, line=line, both_directions=True, parking_lost=4)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return Works(
        id=WorksId(name),
        title={"en": name},
        description={},
        streets=("East 1",),
        state=WorksState.PROPOSED,
        party=Party.UTILITY,
        owner=PublisherId("roads"),
        phases=(Phase(first_day=first, last_day=last, measures=(measure,)),),
        detour_words={},
        created=now,
        updated=now,
        updated_by=ActorId("admin"),
    )


@pytest.fixture
def dug(city, admin):
    """Two works, of which the second one is permitted."""
    with city.work(admin) as work:
        first = register.propose(work, works("water", EAST, date(2026, 5, 4), date(2026, 5, 8)))
        other = register.propose(work, works("heat", NORTH, date(2026, 5, 6), date(2026, 5, 20)))
        for state in (WorksState.COORDINATED, WorksState.PERMITTED):
            register.advance(work, other.id, state)
    return city, first, other


def test_works_of_the_register_are_forecast_with_what_is_permitted_beside_them(dug, admin, model):
    city, first, _ = dug
    with city.work(admin, may_write=False) as work:
        found = asked.of_works(work, model, first.id)
    assert found.works == (first.id, first.revision)
    (stage,) = found.stages
    assert {model.network.streets.name[i] for i in stage.effects.closed} == {"East 1"}
    assert {model.network.streets.name[i] for i in stage.others.closed} == {"North 1"}
    assert "taken for granted" in found.notes[0]
    told = forecast(model, found.stages, Options(runs=2), days=found.days, works=found.works)
    done = asked.completed(told, found)
    assert (done.works, done.parking_lost) == (first.id, 4)
    assert done.total_delay.middle > 0
    assert done.notes[-1] == found.notes[-1]


def test_proposed_works_are_not_taken_for_granted(dug, admin, model):
    city, _, other = dug
    with city.work(admin, may_write=False) as work:
        found = asked.of_works(work, model, other.id)
    assert found.stages[0].others is None


def test_a_draft_is_forecast_for_who_may_see_it_only(dug, model):
    city, first, _ = dug
    with city.work(ANYONE, may_write=False) as work, pytest.raises(Forbidden):
        asked.of_works(work, model, first.id)


def test_works_that_are_not_there_are_not_found(city, admin, model):
    with city.work(admin, may_write=False) as work, pytest.raises(NotFound):
        asked.of_works(work, model, WorksId("nowhere"))


def test_a_line_off_the_streets_is_refused(city, admin, model):
    far = works("far", ((8.0, 52.0), (8.01, 52.0)), date(2026, 5, 4), date(2026, 5, 8))
    with city.work(admin, may_write=False) as work, pytest.raises(Invalid, match="no street"):
        asked.of_phases(work, model, far.phases)


def test_holidays_are_those_of_the_place(model):
    # The grid lies in Münster.
    kind = asked.days_of(model)
    assert kind(date(2026, 5, 1)) is DayType.SUNDAY
    nowhere = replace(model.zones[0], lon=0.0, lat=0.0)
    plain = asked.days_of(replace(model, zones=(nowhere,)))
    assert plain(date(2026, 5, 1)) is DayType.WORKDAY
