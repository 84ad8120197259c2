"""What is shown of use elsewhere: by certainty, the last year, in one statement, outliers apart."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event
from tests.measure.republication.places import BOLOGNA, COPY, IRI, TREES, keep, said

from citycommons.core.copies import Certainty, CopyState, PortalKind, copy_id, portal_id
from citycommons.core.counting import Metric
from citycommons.core.types import ANYONE, SYSTEM
from citycommons.measure.republication.shown import by_certainty, elsewhere
from citycommons.store import copies

CKAN_URL = "https://old.example"
CKAN = replace(BOLOGNA, id=portal_id(CKAN_URL), name="Old CKAN", url=CKAN_URL, kind=PortalKind.CKAN)
FOUND = replace(
    COPY,
    id=copy_id(f"{CKAN_URL}/dataset/trees"),
    iri=f"{CKAN_URL}/dataset/trees",
    portal=CKAN.id,
    state=CopyState.FOUND,
    similarity=0.97,
)


@pytest.fixture
def city(any_city):
    any_city.clock = lambda: datetime(2026, 4, 2, tzinfo=UTC)
    keep(any_city)
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, CKAN)
        copies.save_copy(work.db, FOUND, due=None)
        counts = [
            said(3, 3311),
            said(3, 3000, metric=Metric.TOTAL_REQUESTS),
            said(3, 410, certainty=Certainty.DECLARED, copy=FOUND),
            said(1, 77, year=2025),
        ]
        copies.replace(work.db, counts)
    return any_city


def shown(city, **more):
    with city.work(ANYONE, may_write=False) as work:
        return elsewhere(work, [TREES], **more).get(TREES, ())


def change(city, copy=None, portal=None, counts=()):
    with city.work(SYSTEM) as work:
        if copy:
            copies.save_copy(work.db, copy, due=None)
        if portal:
            copies.save_portal(work.db, portal)
        copies.replace(work.db, counts)


def test_each_portal_is_named_with_its_certainty_and_the_last_year(city):
    found, reported = sorted(shown(city), key=lambda one: one.uses)
    assert (reported.name, reported.uses, reported.requests) == ("Bologna", 3311, 3000)
    assert (reported.certainty, reported.iri) == (Certainty.REPORTED, IRI)
    assert (reported.first_day, reported.last_day) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (found.certainty, found.uses, found.state) == (
        Certainty.ESTIMATED,
        410,
        CopyState.FOUND,
    )
    assert by_certainty([found, reported]) == {Certainty.REPORTED: 3311, Certainty.ESTIMATED: 410}


def test_what_a_person_confirmed_is_declared(city):
    seen = datetime(2026, 4, 1, tzinfo=UTC)
    change(city, replace(FOUND, state=CopyState.VERIFIED, seen=seen))
    assert by_certainty(shown(city))[Certainty.DECLARED] == 410
    change(city, replace(FOUND, state=CopyState.GONE, seen=seen))
    assert by_certainty(shown(city))[Certainty.DECLARED] == 410


def test_a_copy_that_is_gone_keeps_its_history(city):
    change(city, replace(COPY, state=CopyState.GONE, reason="deleted there"))
    assert by_certainty(shown(city))[Certainty.REPORTED] == 3311


@pytest.mark.parametrize("state", [CopyState.ANNOUNCED, CopyState.REFUSED])
def test_what_is_only_announced_or_was_refused_is_not_shown(city, state):
    change(city, replace(COPY, state=state))
    assert [one.name for one in shown(city)] == ["Old CKAN"]


def test_a_blocked_portal_is_not_shown(city):
    change(city, portal=replace(CKAN, is_blocked=True))
    assert [one.name for one in shown(city)] == ["Bologna"]


def test_outliers_stand_apart_and_are_not_summed(city):
    change(city, counts=[replace(said(2, 99_999), is_outlier=True)])
    apart = [one for one in shown(city) if one.is_outlier]
    assert [one.uses for one in apart] == [99_999]
    assert by_certainty(shown(city))[Certainty.REPORTED] == 3311


def test_a_copy_without_a_counter_is_named_without_a_number(city):
    iri = "https://dati.bologna.example/datasets/trees-again"
    change(city, replace(COPY, id=copy_id(iri), iri=iri))
    [silent] = [one for one in shown(city) if one.iri == iri]
    assert (silent.certainty, silent.uses) == (None, 0)


def test_earlier_years_are_told_when_asked_for(city):
    assert by_certainty(shown(city, since=date(2000, 1, 1)))[Certainty.REPORTED] == 3388
    assert by_certainty(shown(city, until=date(2026, 2, 28))) == {}


def test_many_datasets_take_one_statement(city):
    statements = []

    def note(*given):
        statements.append(given[2])

    event.listen(city.engine, "before_cursor_execute", note)
    with city.work(ANYONE, may_write=False) as work:
        elsewhere(work, [TREES, *map(str, range(50))])
    event.remove(city.engine, "before_cursor_execute", note)
    assert len([one for one in statements if one.startswith("SELECT")]) == 1
