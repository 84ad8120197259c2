"""Counts of copies replace one another, days are not added to their month, on both stores."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from citycommons.core.copies import (
    Certainty,
    Copy,
    CopyCount,
    CopyState,
    Portal,
    PortalKind,
    Reading,
    copy_id,
    portal_id,
)
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.store import copies, copy_readings, copy_sums, fingerprints
from citycommons.store.fingerprints import Kept

AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
BOLOGNA = Portal(
    id=portal_id("https://dati.bologna.example"),
    name="Bologna",
    url="https://dati.bologna.example",
    kind=PortalKind.SUSHI,
)
IRI = "https://dati.bologna.example/datasets/trees"
COPY = Copy(
    id=copy_id(IRI),
    dataset=DatasetId("trees"),
    iri=IRI,
    portal=BOLOGNA.id,
    state=CopyState.VERIFIED,
)


def said(first, last, count, *, metric=Metric.TOTAL_REQUESTS, certainty=Certainty.REPORTED):
    return CopyCount(
        copy=COPY.id,
        first_day=first,
        last_day=last,
        metric=metric,
        method=Method.REGULAR,
        count=count,
        certainty=certainty,
        reported=AT,
    )


MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def db(any_city):
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copies.save_copy(work.db, COPY, due=None)
        yield work.db


def requests(db, **more):
    return [one.requests for one in copy_sums.sums(db, ["trees"], **more)]


def test_portals_and_copies_come_back_as_they_were_kept(db):
    assert copies.portal_at(db, BOLOGNA.url) == BOLOGNA
    assert copies.copy_at(db, IRI) == copies.copy(db, COPY.id) == COPY
    assert copies.copies_of(db, datasets=["trees", "other"]) == [COPY]
    assert copies.copies_of(db, states=[CopyState.GONE]) == []
    assert copy_sums.copies_per_portal(db) == {BOLOGNA.id: 1}


def test_a_report_that_comes_twice_counts_once_and_a_later_one_replaces_it(db):
    for count in (10, 10, 12):
        copies.replace(db, [said(*MARCH, count)])
    assert requests(db) == [12]


def test_days_are_not_added_to_a_month_that_was_reported_whole(db):
    days = [MARCH[0] + timedelta(days=n) for n in range(31)]
    april = [date(2026, 4, 1), date(2026, 4, 2)]
    copies.replace(db, [said(day, day, 2) for day in (*days, *april)])
    assert requests(db) == [66]
    copies.replace(db, [said(*MARCH, 60)])
    assert requests(db) == [64]
    assert requests(db, since=date(2026, 4, 1)) == [4]


def test_a_copy_without_a_count_is_named_without_a_number(db):
    [one] = copy_sums.sums(db, ["trees"])
    assert (one.copy, one.portal, one.certainty) == (COPY, BOLOGNA, None)


def test_a_portal_with_copies_cannot_be_forgotten(any_city):
    with any_city.work(SYSTEM) as work:
        copies.save_portal(work.db, BOLOGNA)
        copy_sums.forget_portal(work.db, BOLOGNA.id)
        assert copies.portal(work.db, BOLOGNA.id) is None
        copies.save_portal(work.db, BOLOGNA)
        copies.save_copy(work.db, COPY, due=None)
    with any_city.engine.connect() as db, pytest.raises(IntegrityError):
        copy_sums.forget_portal(db, BOLOGNA.id)


def test_one_worker_claims_a_due_portal(db):
    copies.set_portal_due(db, BOLOGNA.id, AT)
    assert copies.claim_portal(db, AT, seconds=60) == BOLOGNA
    assert copies.claim_portal(db, AT, seconds=60) is None
    copies.save_portal(db, BOLOGNA)  # what is known changes nothing of when it is due
    assert copies.portal_due(db, BOLOGNA.id) == AT + timedelta(seconds=60)


def test_a_secret_is_kept_apart_from_what_is_known(db):
    copies.set_secret(db, BOLOGNA.id, "s3cret")
    copies.save_portal(db, BOLOGNA)
    assert copies.secret(db, BOLOGNA.id) == "s3cret"


def test_the_last_reading_of_a_day_stays(db):
    day = AT.date()
    for value in (5, 8):
        one = Reading(copy=COPY.id, word="total", day=day, value=value, read=AT)
        copy_readings.add(db, [one])
    assert [one.value for one in copy_readings.of_copies(db, [COPY.id])] == [8]


def test_the_newest_fingerprint_of_each_dataset_is_found(db):
    for version in (1, 2, 10):
        one = Kept(
            dataset=COPY.dataset, version=version, shape="s", rows=version, minhash=b"\x00\xff"
        )
        fingerprints.save(db, one)
    assert [one.version for one in fingerprints.latest(db)] == [10]
    assert [one.version for one in fingerprints.of_dataset(db, COPY.dataset)] == [10, 2, 1]
    assert fingerprints.latest(db, ["other"]) == ()
