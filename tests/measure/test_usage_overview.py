"""An overview says the same as the report, is made of what may be shown, and adds up."""

from datetime import date

import pytest
from tests.measure.test_usage_report import ANYONE, NAME, URL, add, counts, used

from citycommons.core.counting import Method, Metric
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Actor, Channel, ClientKind, DatasetId, PublisherId, Use
from citycommons.measure.usage import counted, overview
from citycommons.measure.usage.cells import exact_cells
from citycommons.measure.usage.overview import Span
from citycommons.measure.usage.report import Asked, dsr
from citycommons.store.work import City

__all__ = ["used"]  # a fixture

SUMMER = Span.of(date(2026, 7, 1), date(2026, 8, 1))


def test_months_are_whole_and_compared_with_as_many_before():
    assert (SUMMER.first_day, SUMMER.last_day) == (date(2026, 7, 1), date(2026, 8, 31))
    assert SUMMER.months == (date(2026, 7, 1), date(2026, 8, 1))
    assert SUMMER.before == Span.of(date(2026, 5, 5), date(2026, 6, 6))
    assert Span.of(date(2026, 1, 31), date(2026, 1, 1)).before.months == (date(2025, 12, 1),)
    with pytest.raises(Invalid):
        Span.of(date(2026, 8, 1), date(2026, 7, 31))
    with pytest.raises(Invalid):
        Span.of(date(2006, 8, 1), date(2026, 7, 31))


def test_it_says_the_same_as_the_report(used: City, admin: Actor):
    for actor, exact in ((ANYONE, False), (admin, True)):
        with used.work(actor, may_write=False) as work:
            found = overview.of_portal(work, SUMMER)
            asked = Asked(first_day=SUMMER.first_day, last_day=SUMMER.last_day)
            said = counts(dsr(work, asked, url=URL, platform=NAME, exact=exact))
        for name, total in (
            ("total-dataset-investigations", found.total.investigations),
            ("total-dataset-requests", found.total.requests),
            ("unique-dataset-investigations", found.total.unique_investigations),
            ("unique-dataset-requests", found.total.unique_requests),
        ):
            assert sum(count for key, count in said.items() if key[3] == name) == total
        assert found.is_exact is exact


def test_parts_add_up_to_the_sum(used: City):
    with used.work(ANYONE, may_write=False) as work:
        found = overview.of_portal(work, SUMMER)
    total = found.total.investigations
    assert total == 52 + 303 + 20 + 8
    assert sum(one.investigations for one in found.by_method.values()) == total
    assert sum(one.investigations for _, one in found.datasets) == total
    assert sum(one.investigations for _, one in found.publishers) == total
    by_month = [each for methods in found.months.values() for each in methods.values()]
    assert sum(one.investigations for one in by_month) == total
    for apart in found.apart.values():
        assert sum(count for _, count in apart.parts) + apart.rest == total
    assert dict(found.datasets).keys() == {"bikes", "stops"}
    assert found.robots == 900
    assert not found.is_whole


def test_the_house_sees_small_counts_and_its_hidden_datasets(used: City, admin: Actor):
    with used.work(admin, may_write=False) as work:
        found = overview.of_publisher(work, PublisherId("roads"), SUMMER)
    assert dict(found.datasets)[DatasetId("plans")].requests == 50
    assert dict(found.datasets)[DatasetId("stops")].investigations == 10
    assert found.is_whole
    assert found.apart["channel"].is_exact


def test_a_hidden_dataset_is_not_there(used: City):
    with used.work(ANYONE, may_write=False) as work:
        with pytest.raises(NotFound):
            overview.of_dataset(work, DatasetId("plans"), SUMMER)
        with pytest.raises(NotFound):
            overview.of_publisher(work, PublisherId("nobody"), SUMMER)


def test_a_dataset_is_told_by_version_and_by_month(used: City):
    with used.work(ANYONE, may_write=False) as work:
        found = overview.of_dataset(work, DatasetId("bikes"), SUMMER)
    assert found.months[date(2026, 8, 1)][Method.REGULAR].investigations == 20  # 3 looks left out
    assert found.apart["version"].parts == (("1", 375),)
    assert found.apart["version"].rest == 0
    assert found.before is None  # counting began later


def test_small_months_of_a_dataset_do_not_come_back_in_sums(used: City, admin: Actor):
    """Three uses in each of two months are six in none of the sums."""
    rare = {
        ("stops", Use.REQUEST, ClientKind.PERSON, day): 3
        for day in (date(2026, 7, 2), date(2026, 9, 2))
    }
    with used.work(ANYONE, may_write=False) as work:
        before = overview.of_portal(work, Span.of(date(2026, 7, 1), date(2026, 9, 1)))
    add(used, rare, {}, admin)
    with used.work(ANYONE, may_write=False) as work:
        after = overview.of_portal(work, Span.of(date(2026, 7, 1), date(2026, 9, 1)))
    assert after.total == before.total
    assert after.apart == before.apart
    assert after.datasets == before.datasets
    assert Channel.API in dict(after.apart["channel"].parts)


def test_cells_are_what_counted_says(used: City):
    """Two ways of adding up the same rows, held together."""
    first, last = SUMMER.first_day, SUMMER.last_day
    with used.work(ANYONE, may_write=False) as work:
        cells = exact_cells(work, first, last)
        found = counted(work, first_day=first, last_day=last)
    assert {
        (one.dataset, one.first_day, one.method, metric): one.metric(metric)
        for one in cells
        for metric in Metric
        if one.metric(metric)
    } == {(one.dataset, one.first_day, one.method, one.metric): one.count for one in found}


def test_months_that_are_over_are_remembered_until_somebody_writes(used: City, admin: Actor):
    def total() -> int:
        with used.work(ANYONE, may_write=False) as work:
            return overview.of_portal(work, SUMMER).total.requests

    before = total()
    assert total() == before
    late = {("stops", Use.REQUEST, ClientKind.MACHINE, date(2026, 8, 9)): 11}
    add(used, late, {}, admin)
    assert total() == before + 11
