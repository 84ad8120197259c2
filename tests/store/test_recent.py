"""What is remembered is true: any change by anybody makes it forgotten, counted uses do not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Access,
    Dataset,
    DatasetId,
    PublisherId,
    Use,
)
from citycommons.share.open import find
from citycommons.store import catalogue
from citycommons.store.work import City

TREES = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    modified=datetime(2026, 1, 1, tzinfo=UTC),
)


def save(city: City, dataset: Dataset) -> None:
    with city.work(SYSTEM) as work:
        catalogue.save_dataset(work.db, dataset)


def asked(city: City, loads: list[int], question: str = "q") -> int:
    def load() -> int:
        loads.append(1)
        return len(loads)

    with city.work(ANYONE, may_write=False) as work:
        return work.known(question, load)


def test_an_answer_is_loaded_once_until_somebody_changes_something(any_city):
    city = any_city
    loads: list[int] = []
    assert [asked(city, loads), asked(city, loads)] == [1, 1]
    save(city, TREES)
    assert [asked(city, loads), asked(city, loads)] == [2, 2]


def test_another_process_is_seen_too(any_city):
    city = any_city
    loads: list[int] = []
    asked(city, loads)
    other = City.open(city.settings)
    save(other, TREES)
    other.close()
    assert asked(city, loads) == 2


def test_counted_uses_and_reading_change_nothing(any_city):
    city = any_city
    loads: list[int] = []
    asked(city, loads)
    with city.work(ANYONE, may_write=False) as work:
        catalogue.publishers(work.db)
        work.use(DatasetId("trees"), 1, Use.REQUEST)
    city.usage.flush()
    with city.work(SYSTEM):
        pass
    assert asked(city, loads) == 1


def test_what_was_rolled_back_changes_nothing(any_city):
    city = any_city
    loads: list[int] = []
    asked(city, loads)
    with pytest.raises(Forbidden):
        save_and_fail(city)
    assert asked(city, loads) == 1


def save_and_fail(city: City) -> None:
    with city.work(SYSTEM) as work:
        catalogue.save_dataset(work.db, TREES)
        raise Forbidden("no")


def test_who_writes_sees_what_was_written_and_nobody_else_does(any_city):
    city = any_city
    save(city, TREES)
    with city.work(ANYONE, may_write=False) as work:
        find_title(work)
    with city.work(SYSTEM) as work:
        catalogue.save_dataset(work.db, replace(TREES, title={"en": "Old trees"}))
        assert find_title(work) == "Old trees"
    with city.work(ANYONE, may_write=False) as work:
        assert find_title(work) == "Old trees"


def find_title(work) -> str:
    dataset = work.known("trees", lambda: catalogue.dataset(work.db, TREES.id))
    return str(dataset.title["en"])


def test_a_right_taken_away_is_gone_at_the_next_request(any_city):
    city = any_city
    save(city, TREES)
    for access, error in ((Access.PUBLIC, "no data"), (Access.INTERNAL, "no dataset")):
        save(city, replace(TREES, access=access))
        with pytest.raises(NotFound, match=error), city.work(ANYONE, may_write=False) as work:
            find(work, TREES.id)


def test_what_cannot_be_loaded_is_not_remembered(any_city):
    city = any_city
    loads: list[int] = []
    with pytest.raises(NotFound), city.work(ANYONE, may_write=False) as work:
        work.known("q", lambda: catalogue.dataset(work.db, DatasetId("nope")))
    assert asked(city, loads) == 1


def test_a_transaction_that_needs_no_database_begins_none(city):
    with city.work(ANYONE, may_write=False) as work:
        work.known("q", lambda: 1)
    before = city.engine.pool.status()
    with city.work(ANYONE, may_write=False) as work:
        assert work.known("q", lambda: 2) == 1
        assert city.engine.pool.status() == before
