"""Sums of uses add up, leave robots apart, and show nobody what is not theirs."""

from collections import Counter
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import (
    ANYONE,
    Access,
    Actor,
    Channel,
    ClientKind,
    Dataset,
    DatasetId,
    PublisherId,
    Use,
)
from citycommons.measure import usage as measured
from citycommons.share.publish import prepare, publish
from citycommons.store import usage as stored
from citycommons.store.work import City

PARKING, SECRET = DatasetId("parking"), DatasetId("secret")


@pytest.fixture
def used(any_city: City, admin: Actor, now: datetime) -> City:
    any_city.clock = lambda: now  # the last of March: 30 days ago is the second, 31 the first
    for id, access in ((PARKING, Access.PUBLIC), (SECRET, Access.INTERNAL)):
        dataset = Dataset(
            id=id,
            title={"en": id},
            publisher=PublisherId("roads"),
            license="CC0-1.0",
            access=access,
        )
        prepared = prepare(any_city.lake, dataset, pa.table({"n": [len(id)]}))
        with any_city.work(admin) as work:
            publish(work, dataset, prepared)
    page, file, api = Channel.PAGE, Channel.FILE, Channel.API
    person, machine, robot = ClientKind.PERSON, ClientKind.MACHINE, ClientKind.ROBOT
    look, take = Use.INVESTIGATION, Use.REQUEST
    with any_city.work(admin) as work:
        today = work.now.date()
        stored.add_counts(
            work.db,
            Counter(
                {
                    (PARKING, 1, look, page, person, today): 5,
                    (PARKING, 1, take, file, person, today): 2,
                    (PARKING, 1, take, api, machine, today - timedelta(days=29)): 7,
                    (PARKING, 2, take, api, machine, today - timedelta(days=30)): 100,
                    (PARKING, 1, look, page, robot, today): 1000,
                    (SECRET, 1, look, page, person, today): 50,
                }
            ),
        )
    return any_city


def test_a_dataset_is_summed_by_channel_client_and_day(used, admin):
    with used.work(admin, may_write=False) as work:
        found = measured.of_dataset(work, PARKING)
    assert (found.total, found.investigations, found.requests) == (114, 5, 109)
    assert found.channels == {Channel.API: 107, Channel.PAGE: 5, Channel.FILE: 2}
    assert found.clients == {
        ClientKind.ROBOT: 1000,
        ClientKind.PERSON: 7,
        ClientKind.MACHINE: 107,
    }
    daily = found.lately.daily
    assert len(daily) == 30
    assert found.first == found.since == date(2026, 3, 1)
    assert (daily[0], daily[-1], sum(daily)) == (7, 7, found.lately.total)


def test_everybody_sees_it_without_what_is_small(used):
    """Seven people's uses, two of them requests: the two are hidden, in each sum."""
    with used.work(ANYONE, may_write=False) as work:
        found = measured.of_dataset(work, PARKING)
        (month,) = measured.by_month(work, PARKING)
    assert (found.total, found.investigations, found.requests) == (114, 7, 107)
    assert (month.investigations, month.requests) == (7, 107)
    assert found.channels == {Channel.API: 100, Channel.PAGE: 5}  # the rest, 9, is no part
    assert (found.lately.daily[0], found.lately.daily[-1], found.lately.total) == (5, 5, 10)


def test_versions_are_counted_apart(used, admin):
    with used.work(admin, may_write=False) as work:
        assert measured.of_versions(work, PARKING) == {2: 100, 1: 14}
        (month,) = measured.by_month(work, PARKING, version=1)
        assert (month.investigations, month.requests) == (5, 9)


def test_months_of_one_version_are_not_for_everybody(used):
    with used.work(ANYONE, may_write=False) as work, pytest.raises(Forbidden):
        measured.by_month(work, PARKING, version=1)


def test_the_city_is_the_sum_of_its_datasets(used, admin):
    with used.work(admin, may_write=False) as work:
        parts = [measured.of_dataset(work, id).total for id in (PARKING, SECRET)]
        assert measured.of_city(work).total == sum(parts) == 164
    with used.work(ANYONE, may_write=False) as work:
        assert measured.of_city(work).total == 114


def test_nobody_sees_the_use_of_what_is_not_theirs(used, admin):
    with used.work(ANYONE, may_write=False) as work:
        assert [(e.dataset.id, n) for e, n in measured.most_used(work)] == [(PARKING, 14)]
        assert [e.dataset.id for e in measured.newest(work)] == [PARKING]
        with pytest.raises(NotFound):
            measured.of_dataset(work, SECRET)
        with pytest.raises(NotFound):
            measured.of_versions(work, SECRET)
    with used.work(admin, may_write=False) as work:
        entries = [entry for entry, _ in measured.most_used(work)]
        found = measured.by_day(work, entries)
        assert {id: (one.daily[0], one.daily[-1], one.total) for id, one in found.items()} == {
            PARKING: (7, 7, 14),
            SECRET: (0, 50, 50),
        }
        assert [n for _, n in measured.most_used(work)] == [50, 14]
        assert [n for _, n in measured.most_used(work, limit=1)] == [50]


def test_without_any_use_there_are_zeros(any_city):
    with any_city.work(ANYONE, may_write=False) as work:
        found = measured.of_city(work, days=7)
        assert (found.total, found.lately.daily) == (0, (0,) * 30)
        assert measured.most_used(work) == ()
