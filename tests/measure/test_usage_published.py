"""The city's own usage as a dataset: a version for each month that is over, nothing small."""

from collections import Counter
from datetime import UTC, date, datetime

from tests.measure.test_usage_report import ANYONE, NAME, URL, add, counts, used

from citycommons.core.types import Access, Actor, Category, ClientKind, Use
from citycommons.measure.usage import published
from citycommons.measure.usage.report import Asked, dsr
from citycommons.share import open as reader
from citycommons.store import catalogue
from citycommons.store.work import City

__all__ = ["used"]  # a fixture


def at(city: City, *moment: int) -> None:
    city.clock = lambda: datetime(*moment, tzinfo=UTC)


def rows(city: City) -> list[dict[str, object]]:
    with city.work(ANYONE) as work:
        opened = reader.open(work, published.ID)
        return opened.query("SELECT * FROM rows").to_pylist()


def test_a_month_that_is_over_becomes_a_version_and_a_day_does_not(used: City):
    at(used, 2026, 8, 31, 23)
    version = published.publish_due(used)
    assert version is not None
    assert {row["month"] for row in rows(used)} == {date(2026, 7, 1)}
    at(used, 2026, 9, 1, 0, 30)  # the last hits of August may still come
    assert published.publish_due(used) is None
    at(used, 2026, 9, 1, 1, 30)
    version = published.publish_due(used)
    assert version is not None
    assert version.number == 2
    assert {row["month"] for row in rows(used)} == {date(2026, 7, 1), date(2026, 8, 1)}
    at(used, 2026, 9, 20)
    assert published.publish_due(used) is None


def test_another_process_does_not_publish_it_again(used: City, monkeypatch):
    at(used, 2026, 9, 2)
    assert published.publish_due(used) is not None
    monkeypatch.setattr(published, "_tried", {})
    assert published.publish_due(used) is None


def test_its_sums_are_those_of_the_report(used: City):
    at(used, 2026, 9, 2)
    published.publish_due(used)
    sums: Counter[tuple[object, ...]] = Counter()
    for row in rows(used):
        key = (row["dataset"], str(row["month"]), row["access_method"], row["metric"])
        sums[key] += int(str(row["count"]))
    with used.work(ANYONE, may_write=False) as work:
        asked = Asked(first_day=date(2026, 7, 1), last_day=date(2026, 8, 31))
        assert sums == counts(dsr(work, asked, url=URL, platform=NAME))


def test_nothing_small_and_nothing_hidden_is_in_it(used: City):
    at(used, 2026, 9, 2)
    published.publish_due(used)
    found = rows(used)
    assert {row["dataset"] for row in found} == {"bikes", "stops"}
    assert min(int(str(row["count"])) for row in found) >= 5


def test_it_is_an_open_dataset_with_meanings(used: City):
    at(used, 2026, 9, 2)
    published.publish_due(used)
    with used.work(ANYONE, may_write=False) as work:
        one = catalogue.dataset(work.db, published.ID)
    assert (one.license, one.access, one.category) == (
        "CC0-1.0",
        Access.PUBLIC,
        Category.TRANSPARENCY,
    )
    assert all(field.description for field in one.fields)


def test_reading_it_is_a_use_and_does_not_feed_it(used: City, admin: Actor):
    """What is counted of it stands in next month's version, once."""
    at(used, 2026, 9, 2)
    published.publish_due(used)
    read = {(published.ID, Use.REQUEST, ClientKind.MACHINE, date(2026, 9, 3)): 9}
    add(used, read, {}, admin)
    at(used, 2026, 10, 2)
    version = published.publish_due(used)
    assert version is not None
    own = [row for row in rows(used) if row["dataset"] == published.ID]
    assert {row["metric"]: row["count"] for row in own} == {
        "total-dataset-investigations": 9,
        "total-dataset-requests": 9,
    }
    assert published.publish_due(used) is None


def test_a_city_that_does_not_want_it_has_none(used: City):
    used.settings = used.settings.model_copy(update={"publish_usage": False})
    at(used, 2026, 9, 2)
    assert published.publish_due(used) is None
    with used.work(ANYONE, may_write=False) as work:
        assert catalogue.find_dataset(work.db, published.ID) is None


def test_without_a_use_there_is_nothing_to_publish(any_city: City):
    at(any_city, 2026, 9, 2)
    assert published.publish_due(any_city) is None
