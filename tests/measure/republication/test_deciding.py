"""What people decide of copies and portals: by right, written down, and taken back."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.measure.republication.places import BOLOGNA, COPY, TREES, keep, said, use_here

from citycommons.core.copies import Certainty, CopyState, PortalKind
from citycommons.core.errors import CityError, Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import ANYONE, SYSTEM, Actor, ActorId, Grant, PublisherId, Role
from citycommons.measure.republication import deciding, outliers, partners
from citycommons.measure.republication.shown import by_certainty, elsewhere
from citycommons.store import audit, copies

FOUND = replace(
    COPY, state=CopyState.FOUND, similarity=0.96, reason="96 % of all rows are in both."
)
STEWARD = Actor(
    id=ActorId("steward"),
    name="Sam",
    grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")),),
)
STRANGER = replace(STEWARD, grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("parks")),))


@pytest.fixture
def city(any_city):
    any_city.clock = lambda: datetime(2026, 4, 2, tzinfo=UTC)
    keep(any_city, FOUND, replace(BOLOGNA, kind=PortalKind.CKAN))
    with any_city.work(SYSTEM) as work:
        copies.replace(work.db, [said(3, 410, certainty=Certainty.DECLARED)])
    return any_city


def do(city, act, *given, actor=STEWARD, **more):
    with city.work(actor) as work:
        return act(work, *given, **more)


def sums(city):
    with city.work(ANYONE, may_write=False) as work:
        return by_certainty(elsewhere(work, [TREES]).get(TREES, ()))


def test_what_is_confirmed_is_declared_and_a_decision_is_taken_back(city):
    assert sums(city) == {Certainty.ESTIMATED: 410}
    assert do(city, deciding.confirm, COPY.id).state is CopyState.VERIFIED
    assert sums(city) == {Certainty.DECLARED: 410}
    with pytest.raises(Conflict):
        do(city, deciding.confirm, COPY.id)
    do(city, deciding.reconsider, COPY.id)
    assert sums(city) == {Certainty.ESTIMATED: 410}
    do(city, deciding.refuse, COPY.id, "It is another street's list.")
    assert sums(city) == {}
    assert do(city, deciding.reconsider, COPY.id).state is CopyState.FOUND
    with city.work(SYSTEM, may_write=False) as work:
        told = [one.action for one in audit.entries(work.db, thing=COPY.id, limit=10, before=None)]
    assert told == ["reconsider-copy", "refuse-copy", "reconsider-copy", "confirm-copy"]


def test_numbers_that_stand_apart_are_accepted_and_doubted_again(city):
    use_here(city, date(2026, 3, 10), 10)
    with city.work(SYSTEM) as work:
        counts = outliers.marked(work, [FOUND], [said(3, 5000, certainty=Certainty.DECLARED)])
        copies.replace(work.db, counts)
    assert sums(city) == {}
    do(city, deciding.confirm, COPY.id)
    assert do(city, deciding.waiting) == 1
    do(city, deciding.reconsider, COPY.id)
    assert do(city, deciding.accept, COPY.id).accepted == 5000
    assert sums(city) == {Certainty.ESTIMATED: 5000}
    with pytest.raises(Conflict):
        do(city, deciding.accept, COPY.id)
    do(city, deciding.doubt, COPY.id)
    assert sums(city) == {}


@pytest.mark.parametrize("act", [deciding.confirm, deciding.refuse, deciding.accept])
def test_only_who_describes_the_dataset_decides(city, act):
    for actor in (ANYONE, STRANGER):
        with pytest.raises(Forbidden):
            do(city, act, COPY.id, actor=actor)
    with pytest.raises(NotFound):
        do(city, act, "no-such-copy")


def test_one_sees_the_copies_of_ones_own_data(city):
    for actor, expected in ((STEWARD, [COPY.id]), (STRANGER, []), (SYSTEM, [COPY.id])):
        found, following = do(city, deciding.mine, actor=actor)
        assert [one.copy.id for one in found] == expected
        assert following == ""
        assert do(city, deciding.waiting, actor=actor) == len(expected)
    assert do(city, deciding.mine, limit=1)[1] == COPY.id
    assert do(city, deciding.mine, limit=1, after=COPY.id) == ([], "")


def test_a_portal_is_blocked_let_in_again_and_kept_for_its_history(city, admin):
    do(city, partners.block, BOLOGNA.id, actor=admin)
    assert sums(city) == {}
    with pytest.raises(Conflict):
        do(city, deciding.pull_now, BOLOGNA.id)
    assert not do(city, deciding.unblock, BOLOGNA.id, actor=admin).is_blocked
    assert sums(city) == {Certainty.ESTIMATED: 410}
    with pytest.raises(Invalid, match="Block it instead"):
        do(city, deciding.remove, BOLOGNA.id, actor=admin)
    other = do(city, partners.add, "https://other.example/", "Other", actor=admin)
    assert do(city, deciding.remove, other.id, actor=admin) == other
    assert len(do(city, partners.portals, actor=admin)) == 1


def test_stewards_let_a_portal_be_asked_and_only_administrators_trust_it(city):
    do(city, deciding.pull_now, BOLOGNA.id)
    with city.work(SYSTEM, may_write=False) as work:
        assert copies.portal_due(work.db, BOLOGNA.id) == work.now
    for act in (partners.trust, partners.block, deciding.remove, deciding.distrust):
        with pytest.raises(Forbidden):
            do(city, act, BOLOGNA.id)
    with pytest.raises(CityError):
        do(city, deciding.pull_now, BOLOGNA.id, actor=ANYONE)
