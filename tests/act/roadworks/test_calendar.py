"""Dates that harm least: by days, by one another, and within what works need."""

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.roadworks import grid

from citycommons.act.model.types import DayType
from citycommons.act.roadworks import changes, search_dates
from citycommons.act.roadworks.calendar import Job, search
from citycommons.act.roadworks.days import by_weekday
from citycommons.act.roadworks.own_solver import Own
from citycommons.act.roadworks.search_dates import Span
from citycommons.core.errors import Invalid, TooMuch

MONDAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def model():
    return grid.model(side=3, each=300.0, solver=Own())


def job(name: str, links, days: int = 5, window: int = 28, wanted: int = 0, **more) -> Job:
    return Job(
        name=name,
        effects=changes.closing(links),
        days=days,
        earliest=MONDAY,
        latest=MONDAY + timedelta(days=window - 1),
        wanted=MONDAY + timedelta(days=wanted),
        opens=time(6),
        closes=time(20),
        **more,
    )


def streets_of(model) -> list[int]:
    flow = model.periods[0].base.flow * (model.network.b > 0)
    return [int(i) for i in np.argsort(-flow)]


def test_works_that_hurt_one_another_are_taken_apart_and_the_difference_is_told(model):
    # Both ways round the same corner: each is the other's detour.
    first, second = around_a_corner(model)
    # A work each of a week: weekends are in either way.
    jobs = [job("water", first, days=7), job("heat", second, days=7)]
    found = search(model, jobs, solver=Own())
    planned = found.planned.together[0]
    assert planned.names == ("water", "heat")
    assert planned.more > 0.1
    assert planned.delay == pytest.approx(planned.apart * (1 + planned.more))
    assert not found.better.together
    assert found.saved == pytest.approx(found.planned.delay - found.better.delay)
    assert found.saved > 0


def test_a_short_work_goes_to_the_weekend_and_into_the_vacation(model):
    link = streets_of(model)[0]
    found = search(model, [job("repair", [link], days=2)], solver=Own())
    assert found.better.first_days["repair"].weekday() == 5

    def free(day: date) -> DayType:
        usual = by_weekday(day)
        is_free = day >= MONDAY + timedelta(days=14) and usual is DayType.WORKDAY
        return DayType.VACATION if is_free else usual

    week = search(model, [job("repair", [link])], solver=Own(), days=free)
    assert week.better.first_days["repair"] >= MONDAY + timedelta(days=12)


def test_nothing_moves_where_nothing_is_gained(model):
    idle = [i for i in streets_of(model) if model.periods[0].base.flow[i] == 0][:1]
    found = search(model, [job("verge", idle, wanted=3)], solver=Own())
    assert found.saved == 0
    assert found.better.first_days == {"verge": MONDAY + timedelta(days=3)}


def test_what_has_to_wait_waits(model):
    first, second = streets_of(model)[:2]
    jobs = [job("asphalt", [first], wanted=10, after=("pipes",)), job("pipes", [second])]
    dates = search(model, jobs, solver=Own()).better.first_days
    assert dates["asphalt"] >= dates["pipes"] + timedelta(days=5)
    with pytest.raises(Invalid, match="circle"):
        search(model, [jobs[0], replace(jobs[1], after=("asphalt",))], solver=Own())


def test_what_does_not_fit_is_said(model):
    with pytest.raises(Invalid, match="takes 40 days"):
        search(model, [job("long", [1], days=40)], solver=Own())
    with pytest.raises(Invalid, match="same name"):
        search(model, [job("a", [1]), job("a", [2])], solver=Own())
    with pytest.raises(Invalid, match="waits for"):
        search(model, [job("a", [1], after=("b",))], solver=Own())
    with pytest.raises(TooMuch):
        search(model, [], solver=Own())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_search_finds_the_best_of_all_small_calendars(seed):
    rng = np.random.default_rng(seed)
    count, jobs = 8, 3
    alone = rng.random((jobs, count))
    pairs = {(i, j): rng.normal(0, 1, count) for i in range(jobs) for j in range(i + 1, jobs)}
    spans = [Span(days=int(n), earliest=0, latest=count - int(n)) for n in rng.integers(1, 4, jobs)]
    planned = np.zeros(jobs, dtype=np.int64)
    found = search_dates.best(spans, alone, pairs, planned, seed=1)
    every = product(*(range(one.latest + 1) for one in spans))
    least = min(search_dates.cost(spans, alone, pairs, np.array(one)) for one in every)
    assert search_dates.cost(spans, alone, pairs, found) <= least + 0.15 * abs(least)
    assert search_dates.cost(spans, alone, pairs, found) <= search_dates.cost(
        spans, alone, pairs, planned
    )


def around_a_corner(model):
    """Two streets of which each is the other's detour: together they cost most over apart."""
    from itertools import combinations

    from citycommons.act.roadworks import draws, facts, solving

    solver, base = Own(), model.periods[0].base
    expected = draws.middle(model.network.zones, facts.uncertainty())

    def delay(links):
        after = solving.after(solver, base, changes.closing(links), expected, accuracy=0.02)
        return solving.outcome(solver, base, after)

    best, found = -np.inf, None
    for a, b in combinations(streets_of(model)[:8], 2):
        both = delay([a, b])
        if (
            not both.unserved
            and (more := both.delay_h - delay([a]).delay_h - delay([b]).delay_h) > best
        ):
            best, found = more, ([a], [b])
    return found
