"""Coordination: clashes one may see, who accepts them, and no permit before they are settled."""

from dataclasses import replace
from datetime import date

import pytest
from tests.act.roadworks.digs import (
    CITY_HALL,
    CONNY,
    PIA,
    POWER,
    WATER,
    WIM,
    dig,
    person,
    phase,
    settle,
)

from citycommons.act.roadworks import coordination, register
from citycommons.act.roadworks.clash import Kind
from citycommons.act.roadworks.coordination import DRAFT, Setting
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import Actor, Role
from citycommons.core.works import Works, WorksState
from citycommons.store.work import City

SETTING = Setting(today=date(2026, 4, 1))
COORDINATED, PERMITTED = WorksState.COORDINATED, WorksState.PERMITTED


@pytest.fixture
def city(city: City) -> City:
    settle(city)
    return city


@pytest.fixture
def water(city: City) -> Works:
    with city.work(WIM) as work:
        return register.propose(work, dig())


@pytest.fixture
def power(city: City) -> Works:
    with city.work(PIA) as work:
        later = (phase("2026-05-11", "2026-05-31"),)
        return register.propose(work, dig(POWER, title={"en": "Cable"}, phases=later))


def weighed(city: City, actor: Actor, works: Works) -> list[coordination.Weighed]:
    with city.work(actor, may_write=False) as work:
        return coordination.clashes(work, works.id, SETTING)


def test_each_clash_names_both_owners_and_says_why_and_what_would_do(
    city: City, water: Works, power: Works
) -> None:
    (one,) = weighed(city, CONNY, water)
    assert one.clash.owners == {WATER, POWER}
    assert "of Water" in one.sentence
    assert "of Power" in one.sentence
    assert {p.owner: p.first_day for p in one.clash.proposals} == {
        WATER: date(2026, 4, 20),
        POWER: date(2026, 5, 25),
    }


def test_a_proposal_of_others_is_weighed_once_one_may_know_of_it(
    city: City, water: Works, power: Works
) -> None:
    assert weighed(city, WIM, water) == []
    with city.work(CONNY) as work:
        register.advance(work, power.id, COORDINATED)
    assert len(weighed(city, WIM, water)) == 1


def test_a_draft_is_weighed_before_it_is_saved(city: City, water: Works) -> None:
    with city.work(CONNY, may_write=False) as work:
        (one,) = coordination.check(work, dig(POWER), SETTING)
    assert {one.clash.works, one.clash.other} == {DRAFT, water.id}


def test_nothing_is_permitted_before_both_owners_live_with_it(
    city: City, water: Works, power: Works
) -> None:
    (one,) = weighed(city, CONNY, water)
    with city.work(CONNY) as work:
        register.advance(work, water.id, COORDINATED)
        register.advance(work, power.id, COORDINATED)
    with pytest.raises(Conflict, match="let both owners accept it"), city.work(CONNY) as work:
        coordination.advance(work, water.id, PERMITTED, SETTING)
    with city.work(WIM) as work:
        half = coordination.accept(work, water.id, one.clash.key, SETTING, reason="one trench")
        assert not half.is_settled
    with pytest.raises(Conflict), city.work(CONNY) as work:
        coordination.advance(work, water.id, PERMITTED, SETTING)
    with city.work(PIA) as work:
        coordination.accept(work, power.id, one.clash.key, SETTING, reason="yes, one trench")
    with city.work(CONNY) as work:
        done = coordination.advance(work, water.id, PERMITTED, SETTING)
    assert done.state is PERMITTED


def test_what_was_accepted_is_asked_anew_when_it_changes(
    city: City, water: Works, power: Works
) -> None:
    (one,) = weighed(city, CONNY, water)
    with city.work(CONNY) as work:
        assert coordination.accept(work, water.id, one.clash.key, SETTING, reason="ok").is_settled
    assert weighed(city, CONNY, water)[0].is_settled
    with city.work(WIM) as work:
        register.change(work, coordination.moved(water, 3))
    assert not weighed(city, CONNY, water)[0].is_settled


def test_who_may_accept_and_what_it_needs(city: City, water: Works, power: Works) -> None:
    (one,) = weighed(city, CONNY, water)
    with pytest.raises(Invalid, match="Say why"), city.work(CONNY) as work:
        coordination.accept(work, water.id, one.clash.key, SETTING, reason=" ")
    with city.work(CONNY) as work:
        register.advance(work, power.id, COORDINATED)
        register.advance(work, water.id, COORDINATED)
    third = person("hal", Role.ROADWORKS_PLANNER, CITY_HALL)
    with pytest.raises(Forbidden), city.work(third) as work:
        coordination.accept(work, water.id, one.clash.key, SETTING, reason="why not")
    with pytest.raises(NotFound), city.work(CONNY) as work:
        coordination.accept(work, water.id, "overlap:a:b", SETTING, reason="ok")


def test_a_proposed_move_settles_it(city: City, water: Works, power: Works) -> None:
    (one,) = weighed(city, CONNY, water)
    mine = next(p for p in one.clash.proposals if p.owner == WATER)
    with city.work(WIM) as work:
        register.change(work, coordination.moved(water, mine.shift), why="the cable goes first")
    assert weighed(city, CONNY, replace(water, revision=2)) == []
    with city.work(CONNY, may_write=False) as work:
        assert coordination.every(work, SETTING) == []


def test_the_city_wide_list_has_each_clash_once(city: City, water: Works, power: Works) -> None:
    with city.work(CONNY, may_write=False) as work:
        (one,) = coordination.every(work, SETTING)
    assert one.clash.kind is Kind.OVERLAP
