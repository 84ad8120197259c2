"""Counters of an old CKAN become declared counts of months, whatever happens to portal or copy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.measure.republication.places import TREES, keep, said, use_here
from tests.old_ckan import old_ckan

from citycommons.collect.counters import Stand
from citycommons.collect.opendatasoft_usage import OpendatasoftUsage
from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyState,
    Portal,
    PortalKind,
    copy_id,
    portal_id,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import SYSTEM
from citycommons.measure.republication import declared
from citycommons.store import copies

MARCH = date(2026, 3, 1)


@pytest.fixture
def ckan():
    with old_ckan() as portal:
        yield portal


@pytest.fixture
def city(any_city, ckan):
    any_city.settings = any_city.settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
    at(any_city, 3, 2)
    ckan.hold("trees", "Trees", b"n\n1\n", views=5000, taken=900)
    keep(any_city, copy_at(ckan), portal_at(ckan))
    use_here(any_city, date(2026, 3, 5), 100)
    return any_city


def at(city, month, day, hour=0):
    city.clock = lambda: datetime(2026, month, day, hour, tzinfo=UTC)


def portal_at(ckan):
    return Portal(id=portal_id(ckan.url), name="Old", url=ckan.url, kind=PortalKind.CKAN)


def copy_at(ckan, name="trees"):
    iri = f"{ckan.url}/dataset/{name}"
    return Copy(
        id=copy_id(iri),
        dataset=TREES,
        iri=iri,
        portal=portal_id(ckan.url),
        state=CopyState.VERIFIED,
    )


def counts(city, ckan):
    with city.work(SYSTEM, may_write=False) as work:
        found = copies.counts(work.db, [copy_at(ckan).id])
    return {(one.first_day, one.metric): one.count for one in found}, found


def test_the_first_pull_is_where_counting_begins_and_the_next_says_what_came_since(city, ckan):
    assert declared.pull(city, portal_at(ckan)) == 1
    assert counts(city, ckan) == ({}, [])
    ckan.count("trees", views=5060, taken=915)
    at(city, 3, 20)
    for _ in range(3):  # again and again: replaced, never added
        declared.pull(city, portal_at(ckan))
    found, rows = counts(city, ckan)
    assert found == {
        (MARCH, Metric.TOTAL_INVESTIGATIONS): 75,  # requests are among them
        (MARCH, Metric.TOTAL_REQUESTS): 15,
    }
    assert {one.certainty for one in rows} == {Certainty.DECLARED}
    assert {(one.last_day, one.method) for one in rows} == {(date(2026, 3, 31), Method.REGULAR)}


def test_a_counter_that_falls_was_reset_and_never_counts_below_nothing(city, ckan):
    declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=5030, taken=900)
    at(city, 3, 10)
    declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=4, taken=0)
    at(city, 3, 12)
    declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=10, taken=1)
    at(city, 3, 14)
    declared.pull(city, portal_at(ckan))
    found, _ = counts(city, ckan)
    assert found[MARCH, Metric.TOTAL_REQUESTS] == 1
    assert found[MARCH, Metric.TOTAL_INVESTIGATIONS] == 30 + 6 + 1


def test_a_portal_that_lies_a_hundredfold_is_marked(city, ckan):
    declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=5000 + 10_000, taken=900)
    at(city, 3, 20)
    declared.pull(city, portal_at(ckan))
    _, rows = counts(city, ckan)
    assert rows
    assert all(one.is_outlier for one in rows)


def test_a_signed_report_of_the_month_stays_whatever_the_counter_says(city, ckan):
    declared.pull(city, portal_at(ckan))
    report = replace(said(3, 42), copy=copy_at(ckan).id)
    with city.work(SYSTEM) as work:
        copies.replace(work.db, [report])
    ckan.count("trees", views=5099, taken=900)
    at(city, 3, 20)
    declared.pull(city, portal_at(ckan))
    assert counts(city, ckan)[0] == {(MARCH, Metric.TOTAL_INVESTIGATIONS): 42}


def test_a_copy_that_was_deleted_there_is_gone_and_its_counts_stay(city, ckan):
    declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=5060, taken=915)
    at(city, 3, 20)
    declared.pull(city, portal_at(ckan))
    before = counts(city, ckan)
    del ckan.packages["trees"]
    at(city, 3, 21)
    assert declared.pull(city, portal_at(ckan)) == 0
    with city.work(SYSTEM, may_write=False) as work:
        assert copies.copy(work.db, copy_at(ckan).id).state is CopyState.GONE
    assert counts(city, ckan) == before


def test_one_copy_that_does_not_answer_keeps_no_other_from_being_read(city, ckan):
    ckan.hold("a-broken-one", "Broken", b"")
    ckan.broken.add("a-broken-one")
    with city.work(SYSTEM) as work:
        copies.save_copy(work.db, copy_at(ckan, "a-broken-one"), due=None)
    with pytest.raises(Unavailable, match="1 of 2 copies did not answer"):
        declared.pull(city, portal_at(ckan))
    ckan.count("trees", views=5002, taken=900)
    at(city, 3, 20)
    with pytest.raises(Unavailable):
        declared.pull(city, portal_at(ckan))
    assert counts(city, ckan)[0][MARCH, Metric.TOTAL_INVESTIGATIONS] == 2


def test_what_is_only_announced_or_refused_is_not_asked_for(city, ckan):
    for state in (CopyState.ANNOUNCED, CopyState.REFUSED, CopyState.GONE):
        with city.work(SYSTEM) as work:
            copies.save_copy(work.db, replace(copy_at(ckan), state=state), due=None)
        assert declared.pull(city, portal_at(ckan)) == 0
    assert ckan.asked == []


def test_a_portal_that_reports_by_itself_has_no_counters_to_read(city, ckan):
    with pytest.raises(Invalid):
        declared.pull(city, replace(portal_at(ckan), kind=PortalKind.PUSH))


def test_calls_of_an_api_are_requests_of_machines_and_months_go_before_differences(city, ckan):
    copy, day = copy_at(ckan), timedelta(days=5)
    calls, taken = OpendatasoftUsage.CALLS, OpendatasoftUsage.DOWNLOADS
    begin = city.clock()
    for step, stand in enumerate(({calls: 10, taken: 5}, {calls: 60, taken: 7})):
        city.clock = lambda step=step: begin + step * day
        with city.work(SYSTEM) as work:
            declared.take(work, copy, Stand(counters=stand))
    _, rows = counts(city, ckan)
    by_method = {(one.metric, one.method): one.count for one in rows}
    assert by_method == {
        (Metric.TOTAL_REQUESTS, Method.MACHINE): 50,
        (Metric.TOTAL_INVESTIGATIONS, Method.MACHINE): 50,
        (Metric.TOTAL_REQUESTS, Method.REGULAR): 2,
        (Metric.TOTAL_INVESTIGATIONS, Method.REGULAR): 2,
    }
    with city.work(SYSTEM) as work:
        declared.take(work, copy, Stand(months={(taken, MARCH): 30}))
    rows = counts(city, ckan)[1]
    assert {one.count for one in rows if one.method is Method.REGULAR} == {30}
