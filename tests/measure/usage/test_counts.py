"""COUNTER's four metrics in months and days are exact, robots apart."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.store.usage.oracle import FIREFOX, Seen, told

from citycommons.core.counting import Counted, Method, Metric
from citycommons.core.types import ANYONE, Channel, DatasetId, Use
from citycommons.measure.usage import WHOLE_CITY, counted
from citycommons.store.usage import UsageBuffer
from citycommons.store.work import City

TREES, COUNTS = DatasetId("trees"), DatasetId("counts")
LAST_OF_MARCH = datetime(2026, 3, 31, 9, tzinfo=UTC)


def numbers(found: tuple[Counted, ...], dataset: str, method: Method) -> dict[date, list[int]]:
    """Total and unique investigations, total and unique requests, by first day."""
    order = list(Metric)
    table: dict[date, list[int]] = {}
    for one in found:
        if one.dataset == dataset and one.method is method:
            table.setdefault(one.first_day, [0] * 4)[order.index(one.metric)] = one.count
    return table


@pytest.fixture
def used(any_city: City) -> City:
    buffer = UsageBuffer(any_city.engine, lambda: LAST_OF_MARCH + timedelta(hours=10))
    look = {"use": Use.INVESTIGATION, "channel": Channel.PAGE, "format": "html"}
    for n in range(2):  # March's last day and April's first
        day = LAST_OF_MARCH + timedelta(days=n)
        told(buffer, Seen(day, **look))  # type: ignore[arg-type]
        told(buffer, Seen(day + timedelta(seconds=40)))
        told(buffer, Seen(day + timedelta(seconds=80)))
        told(buffer, Seen(day + timedelta(hours=2), version=2))
        told(buffer, Seen(day, agent="curl/8.5.0", dataset="counts"))
        told(buffer, Seen(day, agent="Googlebot/2.1"))
    told(buffer, Seen(LAST_OF_MARCH, dataset="counts", agent=FIREFOX))
    buffer.flush()
    return any_city


def test_months_hold_all_four_metrics(used: City) -> None:
    with used.work(ANYONE, may_write=False) as work:
        found = counted(work, first_day=date(2026, 3, 15), last_day=date(2026, 4, 30))
    march, april = date(2026, 3, 15), date(2026, 4, 1)
    assert numbers(found, TREES, Method.REGULAR) == {march: [4, 2, 3, 2], april: [4, 2, 3, 2]}
    assert numbers(found, COUNTS, Method.MACHINE) == {march: [1] * 4, april: [1] * 4}
    assert numbers(found, COUNTS, Method.REGULAR) == {march: [1] * 4}
    assert {(one.first_day, one.last_day) for one in found} == {
        (march, date(2026, 3, 31)),
        (april, date(2026, 4, 30)),
    }


def test_days_and_datasets_are_chosen(used: City) -> None:
    with used.work(ANYONE, may_write=False) as work:
        found = counted(
            work,
            first_day=date(2026, 3, 31),
            last_day=date(2026, 3, 31),
            grain="day",
            datasets=[COUNTS],
        )
        assert {one.dataset for one in found} == {COUNTS}
        assert {one.first_day for one in found} == {date(2026, 3, 31)}
        assert counted(work, first_day=date(2020, 1, 1), last_day=date(2020, 2, 1)) == ()


def test_a_session_of_the_city_is_one_whatever_was_used(used: City) -> None:
    day = date(2026, 3, 31)
    with used.work(ANYONE, may_write=False) as work:
        found = counted(work, first_day=day, last_day=day, grain="day", datasets=[WHOLE_CITY])
        # The same person took trees and counts at nine: one session of two datasets.
        assert numbers(found, WHOLE_CITY, Method.REGULAR) == {day: [5, 2, 4, 2]}
