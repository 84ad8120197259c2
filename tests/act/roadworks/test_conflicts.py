"""Clashes: what gets in each other's way, the same from both sides, and dates that are free."""

import time
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.act.roadworks.digs import POWER, WATER, dig, phase

from citycommons.act.roadworks.clash import Kind, sentence
from citycommons.act.roadworks.conflicts import Index, nearest_free, terms
from citycommons.act.roadworks.rules import (
    Calendars,
    Occasion,
    School,
    default_rules,
    school_holidays,
)
from citycommons.core.works import Effect, Line, Measure, Works, WorksId, WorksState, WorkType

RULES = default_rules()
NORTH_M = 1 / 111_195  # a metre northwards, in degrees
STREET: Line = ((7.630, 51.950), (7.634, 51.950))


def beside(metres: float, line: Line = STREET) -> Line:
    return tuple((lon, lat + metres * NORTH_M) for lon, lat in line)


def named(id: str, first: str, last: str, line: Line = STREET, **more: object) -> Works:
    given: dict[str, object] = {"id": WorksId(id), "phases": (phase(first, last, line=line),)}
    return dig(**{**given, **more})


def kinds(*works: Works, calendars: Calendars | None = None) -> list[Kind]:
    return [one.kind for one in Index(works, RULES, calendars).clashes()]


PIPE = named("pipe", "2026-05-04", "2026-05-17")


@pytest.mark.parametrize(
    ("metres", "first", "clashes"),
    [
        (0, "2026-05-10", True),
        (29, "2026-05-10", True),
        (32, "2026-05-10", False),
        (0, "2026-05-24", True),  # within the week between neighbours
        (0, "2026-05-25", False),
    ],
)
def test_sites_clash_that_are_near_in_space_and_time(
    metres: float, first: str, clashes: bool
) -> None:
    other = named("cable", first, "2026-06-20", beside(metres), owner=POWER)
    found = Index((PIPE, other), RULES).clashes()
    assert bool(found) is clashes
    if found:
        (one,) = found
        assert one.owners == {WATER, POWER}
        assert one.metres == pytest.approx(metres, abs=0.3)


def test_what_is_over_is_in_nobodys_way() -> None:
    for state in (WorksState.CLOSED, WorksState.CANCELLED):
        assert kinds(PIPE, named("old", "2026-05-04", "2026-05-17", state=state)) == []


def test_a_new_surface_is_not_dug_up_for_years() -> None:
    surface = named(
        "asphalt",
        "2024-06-01",
        "2024-06-20",
        state=WorksState.CLOSED,
        types=frozenset({WorkType.SURFACE}),
    )
    assert kinds(PIPE, surface) == [Kind.MORATORIUM]
    assert kinds(replace(PIPE, types=frozenset({WorkType.OVERHEAD})), surface) == []
    assert kinds(named("late", "2029-06-21", "2029-07-01"), surface) == []
    assert kinds(named("side", "2026-05-04", "2026-05-17", beside(20)), surface) == []
    index = Index((PIPE, surface), RULES)
    (found,) = index.with_dates(index.clashes(), today=date(2026, 1, 1))
    assert found.proposals == ()  # five years are farther than dates are looked for


def test_a_detour_may_cross_works_and_not_run_along_them() -> None:
    crossing = ((7.632, 51.948), (7.632, 51.952))
    cable = named("cable", "2026-05-10", "2026-05-12", beside(300), owner=POWER)
    along = replace(cable, detour=beside(3))
    across = replace(cable, detour=crossing)
    assert kinds(PIPE, along) == [Kind.DETOUR]
    assert kinds(PIPE, across) == []
    later = named("cable", "2026-05-18", "2026-05-20", beside(300), detour=beside(3))
    assert kinds(PIPE, later) == []
    parking = replace(PIPE.phases[0], measures=(Measure(effect=Effect.PARKING, line=STREET),))
    assert kinds(replace(PIPE, phases=(parking,)), along) == []


def test_events_with_and_without_a_place() -> None:
    days = (date(2026, 5, 9), date(2026, 5, 10))
    fair = Occasion(
        name="Spring fair", days=days, place=shapely.to_wkb(shapely.Point(7.632, 51.951))
    )
    far = replace(fair, place=shapely.to_wkb(shapely.Point(7.7, 51.951)))
    marathon = Occasion(name="Marathon", days=days)
    assert kinds(PIPE, calendars=Calendars(occasions=(far, fair))) == [Kind.EVENT]
    assert kinds(PIPE, calendars=Calendars(occasions=(marathon,))) == [Kind.EVENT]
    past = replace(fair, days=(date(2026, 4, 1), date(2026, 4, 2)))
    index = Index((PIPE,), RULES, Calendars(occasions=(past, far, fair)))
    (found,) = index.with_dates(index.clashes())
    assert found.other_name == "Spring fair"
    (proposal,) = found.proposals
    assert proposal.shift == 7  # from the 11th on; the other way it would be eight days
    assert "Spring fair" in sentence(found, "Water", "", "Main")


def test_a_street_at_a_school_is_closed_in_the_holidays() -> None:
    calendars = Calendars(
        schools=(School(name="Harbour School", lon=7.632, lat=51.9505),),
        holidays=school_holidays("DE-NW"),
    )
    index = Index((named("pipe", "2026-07-06", "2026-07-19"),), RULES, calendars)
    (found,) = index.with_dates(index.clashes())
    assert found.kind is Kind.SCHOOL
    assert (found.proposals[0].first_day, found.proposals[0].shift) == (date(2026, 7, 20), 14)
    assert kinds(named("pipe", "2026-07-20", "2026-08-31"), calendars=calendars) == []


def test_terms_are_told_only_between_known_holidays() -> None:
    known = ((date(2026, 1, 1), date(2026, 1, 6)), (date(2026, 4, 1), date(2026, 4, 10)))
    assert terms(known) == [(date(2026, 1, 7), date(2026, 3, 31))]
    assert terms((*known, (date(2030, 1, 1), date(2030, 1, 2)))) == terms(known)


DAY = st.integers(0, 120)


@st.composite
def works(draw: st.DrawFn) -> Works:
    phases = []
    for _ in range(draw(st.integers(1, 2))):
        first = date(2026, 5, 1) + timedelta(days=draw(DAY))
        last = first + timedelta(days=draw(st.integers(0, 20)))
        line = beside(draw(st.sampled_from([0, 10, 25, 45, 90])))
        phases.append(phase(first.isoformat(), last.isoformat(), line=line))
    return dig(
        draw(st.sampled_from([WATER, POWER])),
        phases=tuple(phases),
        detour=draw(st.sampled_from([(), beside(2), beside(47)])),
        types=frozenset({draw(st.sampled_from([WorkType.BELOW_ROAD, WorkType.SURFACE]))}),
        state=draw(st.sampled_from(list(WorksState)[:4])),
    )


@st.composite
def cities(draw: st.DrawFn) -> tuple[Works, ...]:
    some = draw(st.lists(works(), min_size=1, max_size=6))
    return tuple(replace(one, id=WorksId(f"w{i}")) for i, one in enumerate(some))


def pairs(found: tuple[Works, ...]) -> set[tuple[Kind, frozenset[str | None]]]:
    return {(one.kind, frozenset((one.works, one.other))) for one in Index(found, RULES).clashes()}


@given(cities())
@settings(max_examples=60, deadline=None)
def test_clashes_are_the_same_from_both_sides(city: tuple[Works, ...]) -> None:
    assert pairs(city) == pairs(city[::-1])
    index = Index(city, RULES)
    every = {one.key for one in index.clashes()}
    assert {one.key for w in city for one in index.clashes(of=w.id)} == every


@given(cities())
@settings(max_examples=60, deadline=None)
def test_overlaps_are_those_that_plain_counting_finds(city: tuple[Works, ...]) -> None:
    def is_near(a: Works, b: Works) -> bool:
        return any(
            abs(p.measures[0].line[0][1] - q.measures[0].line[0][1]) / NORTH_M <= RULES.buffer_m
            and (p.first_day - q.last_day).days <= RULES.buffer_days
            and (q.first_day - p.last_day).days <= RULES.buffer_days
            for p in a.phases
            for q in b.phases
        )

    plain = {
        (Kind.OVERLAP, frozenset((a.id, b.id)))
        for a in city
        for b in city
        if a.id < b.id and is_near(a, b)
    }
    assert {one for one in pairs(city) if one[0] is Kind.OVERLAP} == plain


@given(cities(), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_proposed_dates_are_free_and_no_nearer_ones_are(
    city: tuple[Works, ...], later: int
) -> None:
    today = date(2026, 5, 1) + timedelta(days=later)
    index = Index(city, RULES)
    clashes = index.with_dates(index.clashes(), today=today)
    for proposal in {p.works: p for one in clashes for p in one.proposals}.values():
        assert proposal.first_day >= today
        assert not clashing(city, proposal.works, proposal.shift)
        nearer = range(-abs(proposal.shift) + 1, abs(proposal.shift))
        one = next(w for w in city if w.id == proposal.works)
        for shift in [s for s in nearer if one.first_day + timedelta(days=s) >= today][::5]:
            assert clashing(city, proposal.works, shift)


def clashing(city: tuple[Works, ...], id: WorksId, shift: int) -> bool:
    moved = tuple(shifted(w, shift) if w.id == id else w for w in city)
    return bool(Index(moved, RULES).clashes(of=id))


def shifted(one: Works, days: int) -> Works:
    by = timedelta(days=days)
    return replace(
        one,
        phases=tuple(
            replace(p, first_day=p.first_day + by, last_day=p.last_day + by) for p in one.phases
        ),
    )


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20))), st.integers(-25, 25))
def test_the_nearest_free_day_is_what_trying_them_all_finds(
    taken: list[tuple[int, int]], earliest: int
) -> None:
    free = [
        day for day in range(earliest, 26) if not any(low <= day <= high for low, high in taken)
    ]
    best = min(free, key=lambda day: (abs(day), -day), default=None)
    assert nearest_free(taken, earliest, 25) == best


def test_ten_thousand_works_are_weighed_in_two_seconds() -> None:
    chance = Random(1)
    city = []
    for number in range(10_000):
        lon, lat = 7.55 + chance.random() * 0.15, 51.9 + chance.random() * 0.1
        first = date(2026, 1, 1) + timedelta(days=chance.randrange(1000))
        last = first + timedelta(days=chance.randrange(60))
        line = tuple((lon + k * 0.0007, lat + k * 0.0002) for k in range(5))
        detour = beside(200, line) if number % 3 == 0 else ()
        city.append(named(f"w{number}", first.isoformat(), last.isoformat(), line, detour=detour))
    start = time.process_time()
    found = Index(city, RULES).clashes()
    took = time.process_time() - start
    assert len(found) > 100
    assert took < 2.0  # 0.4 to 0.6 on a quiet machine
