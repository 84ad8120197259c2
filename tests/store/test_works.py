"""Rows of works on each store: revisions, who may see what, and days and boxes."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from tests.act.roadworks.digs import POWER, WATER, dig, phase, settle

from citycommons.core.errors import Conflict
from citycommons.core.types import SYSTEM
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.store import works as rows
from citycommons.store.work import City
from citycommons.store.works import Seen, Wanted

ALL = Seen(states=None)
PUBLIC = frozenset({WorksState.PERMITTED, WorksState.ACTIVE, WorksState.CLOSED})


@pytest.fixture
def city(any_city: City) -> City:
    settle(any_city)
    return any_city


def kept(city: City, id: str, **more: object) -> Works:
    one = replace(dig(), id=WorksId(id), **more)  # type: ignore[arg-type]
    with city.work(SYSTEM) as work:
        rows.add(work.db, one, why="new")
    return one


def found(city: City, **wanted: object) -> list[str]:
    asked = Wanted(**{"seen": ALL, **wanted})  # type: ignore[arg-type]
    with city.work(SYSTEM, may_write=False) as work:
        assert rows.count(work.db, asked) == len(rows.find(work.db, asked))
        return [one.id for one in rows.find(work.db, asked)]


def test_works_come_back_as_they_were_kept(city: City) -> None:
    one = kept(city, "a", stays_open_to=frozenset({"foot", "bus"}), source="s", source_id="1")
    with city.work(SYSTEM, may_write=False) as work:
        assert rows.get(work.db, one.id) == one
        assert rows.get(work.db, WorksId("none")) is None
        assert rows.of_sources(work.db, "s", ["1", "2"]) == {"1": one}


def test_a_revision_follows_the_one_before_it_and_no_other(city: City) -> None:
    one = kept(city, "a")
    two = replace(one, revision=2, contact="x")
    with city.work(SYSTEM) as work:
        rows.save(work.db, two, why="contact")
    with pytest.raises(Conflict), city.work(SYSTEM) as work:
        rows.save(work.db, two, why="again")
    with city.work(SYSTEM, may_write=False) as work:
        assert [(r.works, r.why) for r in rows.history(work.db, one.id)] == [
            (two, "contact"),
            (one, "new"),
        ]
        first = rows.revision(work.db, one.id, 1)
        assert first is not None
        assert first.works == one


def test_days_and_boxes_narrow(city: City) -> None:
    kept(city, "may")
    east = phase("2026-06-01", "2026-06-30", line=((8.0, 52.0), (8.1, 52.0)))
    kept(city, "june", phases=(east,), owner=POWER)
    assert found(city) == ["may", "june"]
    assert found(city, from_day=date(2026, 5, 18)) == ["june"]
    assert found(city, to_day=date(2026, 5, 4)) == ["may"]
    assert found(city, bbox=(7.9, 51.9, 8.05, 52.1)) == ["june"]
    assert found(city, owner=WATER) == ["may"]
    assert found(city, changed_since=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_what_was_public_once_is_seen_when_it_is_cancelled(city: City) -> None:
    seen = Seen(states=PUBLIC, once_in=PUBLIC)
    secret = kept(city, "secret", state=WorksState.PROPOSED)
    public = kept(city, "public", state=WorksState.PERMITTED)
    for one in (secret, public):
        with city.work(SYSTEM) as work:
            gone = replace(one, revision=2, state=WorksState.CANCELLED)
            rows.save(work.db, gone, why="no")
    assert found(city, seen=seen) == ["public"]
    assert found(city, seen=replace(seen, owners=frozenset({WATER}))) == ["public", "secret"]
    with city.work(SYSTEM, may_write=False) as work:
        assert rows.was_in(work.db, public.id, PUBLIC)
        assert not rows.was_in(work.db, secret.id, PUBLIC)
        assert rows.counts(work.db, seen) == {WorksState.CANCELLED: 1}
