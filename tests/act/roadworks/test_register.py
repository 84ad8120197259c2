"""The register: who may do which step, what is kept, and what arrives from partners."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.act.roadworks.digs import (
    CARL,
    CITY_HALL,
    CONNY,
    HARBOUR,
    PIA,
    POWER,
    WATER,
    WIM,
    dig,
    phase,
    settle,
)

from citycommons.act.roadworks import arrivals, clock, register, rights
from citycommons.act.roadworks.register import Asked
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import ANYONE, SYSTEM, Actor, Grant, Role
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern import audit
from citycommons.store import outbox
from citycommons.store.outbox import WorksChanged, WorksStateChanged
from citycommons.store.work import City

PROPOSED, COORDINATED, PERMITTED, ACTIVE, CLOSED, CANCELLED = WorksState


@pytest.fixture
def any_city(any_city: City) -> City:
    """With the three owners."""
    settle(any_city)
    return any_city


def propose(city: City, actor: Actor = WIM, **more: object) -> Works:
    with city.work(actor) as work:
        return register.propose(work, dig(**more), why="first plan")


def take(
    city: City, id: WorksId, *states: WorksState, actor: Actor = CONNY, why: str = ""
) -> Works:
    for state in states:
        with city.work(actor) as work:
            done = register.advance(work, id, state, why=why)
    return done


def seen(city: City, actor: Actor, **asked: object) -> set[WorksId]:
    with city.work(actor, may_write=False) as work:
        return {one.id for one in register.find(work, Asked(**asked)).works}  # type: ignore[arg-type]


def test_a_utility_proposes_its_own_works_and_no_others(any_city: City) -> None:
    made = propose(any_city)
    assert made.state is PROPOSED
    assert made.revision == 1
    assert made.updated_by == WIM.id
    assert made.id.startswith("hafenstrasse-")
    for actor in (PIA, CARL, ANYONE):
        with pytest.raises(Forbidden), any_city.work(actor) as work:
            register.propose(work, dig())


def test_sight_follows_the_life_of_works(any_city: City) -> None:
    id = propose(any_city).id
    sees = {who.id: who for who in (WIM, CARL, CONNY, PIA, ANYONE)}

    def seers() -> str:
        return " ".join(name for name, who in sees.items() if id in seen(any_city, who))

    assert seers() == "wim carl conny"
    take(any_city, id, COORDINATED)
    assert seers() == "wim carl conny pia"
    take(any_city, id, PERMITTED)
    assert seers() == "wim carl conny pia anyone"
    take(any_city, id, CANCELLED, actor=WIM, why="no money")
    assert seers() == "wim carl conny pia anyone"  # who had heard of it must learn it
    never_public = propose(any_city).id
    take(any_city, never_public, CANCELLED, actor=WIM, why="a mistake")
    assert never_public not in seen(any_city, ANYONE)
    with pytest.raises(NotFound), any_city.work(PIA, may_write=False) as work:
        register.get(work, never_public)


@pytest.mark.parametrize("step", rights.STEPS, ids=lambda s: f"{s.before}-{s.after}")
def test_each_step_needs_the_right_it_names(step: rights.Step) -> None:
    works = replace(dig(), state=step.before)
    of_owner = Actor(
        id=WIM.id, name="", grants=(Grant(role=Role.ROADWORKS_COORDINATOR, publisher=WATER),)
    )
    assert rights.may_step(CONNY, works, step)
    assert not rights.may_step(PIA, works, step)
    assert not rights.may_step(ANYONE, works, step)
    # A coordinator of one owner alone permits nothing: that is the municipality's.
    assert rights.may_step(of_owner, works, step) is not step.is_of_city


def test_a_contractor_begins_and_ends_and_nothing_else(any_city: City) -> None:
    made = propose(any_city)
    take(any_city, made.id, COORDINATED, PERMITTED)
    assert take(any_city, made.id, ACTIVE, CLOSED, actor=CARL).state is CLOSED
    other = take(any_city, propose(any_city).id, COORDINATED, PERMITTED)
    with pytest.raises(Forbidden):
        take(any_city, other.id, CANCELLED, actor=CARL, why="rain")
    with pytest.raises(Forbidden), any_city.work(CARL) as work:
        register.change(work, replace(other, contact="me"))


def test_life_has_no_short_cuts(any_city: City) -> None:
    id = propose(any_city).id
    with pytest.raises(Conflict, match="can only become coordinated or cancelled"):
        take(any_city, id, PERMITTED)
    with pytest.raises(Invalid, match="Say why"):
        take(any_city, id, CANCELLED)
    with pytest.raises(NotFound):
        take(any_city, WorksId("nothing"), COORDINATED)


def test_of_two_who_edit_the_same_revision_the_second_is_told(any_city: City) -> None:
    made = propose(any_city)
    with any_city.work(WIM) as work:
        register.change(work, replace(made, contact="water@city.example"), why="contact")
    with pytest.raises(Conflict, match="at revision 2, yours is 1"), any_city.work(WIM) as work:
        register.change(work, replace(made, contact="other@city.example"))
    with any_city.work(WIM) as work:
        assert register.get(work, made.id).contact == "water@city.example"


def test_a_save_that_changes_nothing_makes_no_revision(any_city: City) -> None:
    made = propose(any_city)
    with any_city.work(WIM) as work:
        assert register.change(work, replace(made, updated_by=PIA.id)).revision == 1


def test_new_dates_of_coordinated_works_have_to_be_coordinated_again(any_city: City) -> None:
    made = take(any_city, propose(any_city).id, COORDINATED)
    with any_city.work(WIM) as work:
        words = register.change(work, replace(made, description={"en": "As before."}))
        assert words.state is COORDINATED
        later = replace(words, phases=(phase("2026-06-01", "2026-06-14"),))
        moved = register.change(work, later, why="pipes come late")
    assert moved.state is PROPOSED
    with any_city.work(CONNY) as work:
        back = register.change(work, replace(moved, phases=made.phases))
        assert back.state is PROPOSED


def test_what_is_permitted_is_moved_by_who_permits(any_city: City) -> None:
    made = take(any_city, propose(any_city).id, COORDINATED, PERMITTED)
    moved = replace(made, phases=(phase("2026-06-01", "2026-06-14"),))
    with pytest.raises(Forbidden, match="road works coordinator"), any_city.work(WIM) as work:
        register.change(work, moved)
    with any_city.work(CONNY) as work:
        assert register.change(work, moved, why="asked for").state is PERMITTED


def test_an_older_revision_comes_back_and_a_permit_stays(any_city: City) -> None:
    made = propose(any_city)
    with any_city.work(WIM) as work:
        register.change(work, replace(made, title={"en": "Oops"}), why="typing")
    take(any_city, made.id, COORDINATED, PERMITTED)
    with any_city.work(WIM) as work:
        back = register.restore(work, made.id, 1)
        history = register.history(work, made.id)
    assert back.title == made.title
    assert back.state is PERMITTED
    assert history[0].why == "back to revision 1"
    assert [one.works.revision for one in history] == [5, 4, 3, 2, 1]
    with any_city.work(ANYONE, may_write=False) as work:
        assert [one.works.revision for one in register.history(work, made.id)] == [5, 4]
    with pytest.raises(NotFound), any_city.work(WIM) as work:
        register.restore(work, made.id, 99)


def test_each_change_is_audited_and_told(any_city: City) -> None:
    made = take(any_city, propose(any_city).id, COORDINATED)
    with any_city.work(SYSTEM) as work:
        actions = [one.action for one in audit.entries(work, thing=made.id)]
        facts = [leased.fact for leased in outbox.lease(work.db, work.now)]
    assert actions == ["change-works", "propose-works"]
    assert WorksChanged(works=made.id, revision=1, state=PROPOSED) in facts
    assert WorksStateChanged(works=made.id, revision=2, before=PROPOSED, state=COORDINATED) in facts


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": {}}, "title"),
        ({"title": {"xx": "?"}}, "title"),
        ({"streets": ()}, "streets"),
        ({"phases": ()}, "phases"),
        ({"phases": (phase("2026-05-04", "2026-05-03"),)}, "last_day"),
        ({"phases": (phase("2026-05-04", "2026-05-05", line=()),)}, "line"),
        ({"phases": (phase("2026-05-04", "2026-05-05", line=((7.0, 99.0), (7.0, 51.0))),)}, "line"),
        ({"phases": (phase("2026-05-04", "2026-05-05", weekdays=frozenset()),)}, "weekdays"),
        ({"stays_open_to": frozenset({"cats"})}, "stays_open_to"),
        ({"owner": "nobody"}, "owner"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    city: City, wrong: dict[str, object], field: str
) -> None:
    settle(city)
    with pytest.raises(Invalid) as found, city.work(SYSTEM) as work:
        register.propose(work, replace(dig(), **wrong))  # type: ignore[arg-type]
    assert found.value.where["column"] == field


def test_the_list_is_narrowed_by_days_place_street_owner_and_state(any_city: City) -> None:
    may = propose(any_city).id
    june = propose(
        any_city,
        PIA,
        owner=POWER,
        streets=("Ring", "Wolbecker Str."),
        phases=(phase("2026-06-01", "2026-06-30", line=((7.65, 51.95), (7.66, 51.95))),),
    ).id
    assert seen(any_city, CONNY, from_day=date(2026, 5, 18)) == {june}
    assert seen(any_city, CONNY, to_day=date(2026, 5, 31)) == {may}
    assert seen(any_city, CONNY, bbox=(7.64, 51.9, 7.7, 52.0)) == {june}
    assert seen(any_city, CONNY, street="wolbecker straße") == {june}
    assert seen(any_city, CONNY, street="HAFENSTR") == {may}
    assert seen(any_city, CONNY, owner=WATER) == {may}
    assert seen(any_city, CONNY, states=frozenset({ACTIVE})) == set()
    with any_city.work(CONNY, may_write=False) as work:
        first = register.find(work, Asked(limit=1))
        second = register.find(work, Asked(limit=1, offset=1))
        assert register.counts(work) == {PROPOSED: 2}
    assert [one.id for one in (*first.works, *second.works)] == [may, june]
    assert first.total == 2


def test_the_calendar_begins_and_ends_works_whose_dates_are_certain(any_city: City) -> None:
    sure = take(any_city, propose(any_city).id, COORDINATED, PERMITTED).id
    vague_phase = phase("2026-05-04", "2026-05-17", is_certain=False)
    vague = take(any_city, propose(any_city, phases=(vague_phase,)).id, COORDINATED, PERMITTED).id

    def after(day: str) -> tuple[WorksState, WorksState]:
        with any_city.work(SYSTEM) as work:
            clock.keep_time(work, date.fromisoformat(day))
            assert not clock.is_due(work, date.fromisoformat(day))
            return register.get(work, sure).state, register.get(work, vague).state

    assert after("2026-05-03") == (PERMITTED, PERMITTED)
    assert after("2026-05-04") == (ACTIVE, PERMITTED)
    assert after("2026-05-17") == (ACTIVE, PERMITTED)
    assert after("2026-05-18") == (CLOSED, PERMITTED)
    with any_city.work(CONNY, may_write=False) as work:
        assert clock.is_overdue(register.get(work, vague), date(2026, 5, 18))
        assert register.history(work, sure)[0].by == SYSTEM.id


Deliver = Callable[..., arrivals.Received]


@pytest.fixture
def deliver(any_city: City) -> Deliver:
    def delivered(*works: Works, actor: Actor = CONNY, **more: bool) -> arrivals.Received:
        with any_city.work(actor) as work:
            return arrivals.receive(work, "partner", works, **more)

    return delivered


def test_the_same_delivery_twice_changes_nothing(any_city: City, deliver: Deliver) -> None:
    one, two = dig(source_id="a", state=PERMITTED), dig(source_id="b", streets=("Ring",))
    first = deliver(one, two, one)
    assert (len(first.added), first.repeated) == (2, ("a",))
    again = deliver(one, two)
    assert set(again.same) == set(first.added)
    assert (again.added, again.changed, again.vanished) == ((), (), ())
    assert seen(any_city, ANYONE) == {again.same[0]}


def test_an_edit_made_here_stays_until_the_source_says_something_new(
    any_city: City, deliver: Deliver
) -> None:
    one = dig(source_id="a")
    (id,) = deliver(one).added
    with any_city.work(CONNY) as work:
        register.change(work, replace(register.get(work, id), contact="office@city.example"))
    assert deliver(one).same == (id,)
    with any_city.work(CONNY) as work:
        assert register.get(work, id).contact == "office@city.example"
    assert deliver(replace(one, title={"en": "Newer"})).changed == (id,)
    with any_city.work(CONNY) as work:
        assert register.history(work, id)[1].works.contact == "office@city.example"


@pytest.mark.parametrize("state", [ACTIVE, CLOSED, CANCELLED])
def test_a_feed_that_says_less_than_is_known_here_takes_nothing_back(
    any_city: City, deliver: Deliver, state: WorksState
) -> None:
    one = dig(source_id="a", state=PERMITTED)
    (id,) = deliver(one).added
    take(any_city, id, *([ACTIVE, CLOSED] if state is CLOSED else [state]), why="seen on site")
    assert deliver(replace(one, contact="x")).changed == (id,)
    with any_city.work(CONNY) as work:
        kept = register.get(work, id)
    assert (kept.state, kept.contact) == (state, "x")


def test_what_is_missing_is_marked_and_comes_back(any_city: City, deliver: Deliver) -> None:
    one, two = dig(source_id="a"), dig(source_id="b")
    deliver(one, two)
    (gone,) = deliver(one).vanished
    with any_city.work(CONNY) as work:
        assert register.get(work, gone).vanished is not None
    assert deliver(one).vanished == ()
    assert deliver(two, is_complete=False).changed == (gone,)
    with any_city.work(CONNY) as work:
        assert register.get(work, gone).vanished is None


def test_a_partner_delivers_proposals_and_no_permits(any_city: City, deliver: Deliver) -> None:
    (id,) = deliver(dig(source_id="a", state=ACTIVE), actor=WIM).added
    with any_city.work(WIM) as work:
        assert register.get(work, id).state is PROPOSED
    take(any_city, id, COORDINATED, PERMITTED)
    assert deliver(dig(source_id="a", state=ACTIVE, contact="x"), actor=WIM).changed == (id,)
    moved = dig(source_id="a", state=ACTIVE, phases=(phase("2026-07-01", "2026-07-02"),))
    (fault,) = deliver(moved, actor=WIM).faults
    assert "coordinator" in fault.message
    with any_city.work(WIM) as work:
        kept = register.get(work, id)
    assert (kept.state, kept.first_day) == (ACTIVE, date(2026, 5, 4))


def test_one_bad_record_does_not_stop_the_others(deliver: Deliver) -> None:
    bad = dig(source_id="bad", phases=(phase("2026-05-09", "2026-05-01"),))
    foreign = dig(source_id="foreign", owner=CITY_HALL)
    done = deliver(bad, foreign, dig(source_id="good"), actor=WIM)
    assert len(done.added) == 1
    assert [fault.value for fault in done.faults] == ["bad", "foreign"]


def test_records_without_an_id_are_known_again_by_what_they_say(deliver: Deliver) -> None:
    one = dig(stays_open_to=frozenset({"foot", "bicycle"}))
    assert len(deliver(one).added) == 1
    assert len(deliver(one).same) == 1


def test_times_are_the_works_own(any_city: City) -> None:
    made = propose(any_city)
    assert made.created == made.updated
    assert made.created > datetime(2020, 1, 1, tzinfo=UTC)
    assert made.bounds == (HARBOUR[0][0], HARBOUR[0][1], HARBOUR[-1][0], HARBOUR[-1][1])
