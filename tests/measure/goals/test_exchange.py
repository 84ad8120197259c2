"""The whole ledger goes out as JSON and comes in again, with all that it remembers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measure.goals.given import (
    ADMIN,
    BENEFIT,
    COST,
    COUNCIL,
    GOAL,
    KEEPER,
    PROBLEM,
    STATED,
    VALUE,
    at,
    begun,
    changed,
    kept,
    measured,
    published,
    step,
)

from citycommons.core.errors import Conflict, Forbidden, Invalid
from citycommons.core.goals import Range
from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, Actor, Publisher, PublisherId
from citycommons.measure.goals import exchange, ledger
from citycommons.store import catalogue
from citycommons.store.work import City


@pytest.fixture
def full(any_city: City) -> City:
    """A ledger with all kinds, changes, a removed entry and measurements."""
    goal = begun(any_city, baseline=STATED, steps=(step(),), target=50.0)
    kept(any_city, VALUE, replace(BENEFIT, value=VALUE.id), COST)
    measured(any_city, goal)
    at(any_city, "2026-03-01")
    changed(any_city, goal, target=60.0)
    gone = kept(any_city, replace(PROBLEM, id="", title={"en": "Gone"}))
    with any_city.work(ADMIN) as work:
        ledger.remove(work, gone.id, revision=1, why="a mistake")
    return any_city


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[City]:
    """Another city, with the same publisher."""
    other = City.create(Settings(home=tmp_path / "other", name="Elsewhere"))
    at(other, "2026-04-01")
    with other.work(ADMIN) as work:
        catalogue.save_publisher(work.db, Publisher(id=PublisherId("roads"), name="Roads"))
    yield other
    other.close()


def out(city: City, actor: Actor = ADMIN) -> bytes:
    with city.work(actor, may_write=False) as work:
        return exchange.to_json(exchange.export(work))


def into(city: City, document: bytes, actor: Actor = ADMIN) -> exchange.Imported:
    with city.work(actor) as work:
        return exchange.take(work, exchange.read(document))


def test_a_ledger_moves_house_and_nothing_is_lost(full: City, empty: City) -> None:
    document = out(full)
    done = into(empty, document)
    assert (done.entries, done.measurements, done.known) == (6, 1, 0)
    assert out(empty) == document
    with full.work(ANYONE, may_write=False) as here, empty.work(ANYONE, may_write=False) as there:
        assert ledger.goals(there) == ledger.goals(here)
        assert ledger.baseline_changes(there, GOAL.id) == ledger.baseline_changes(here, GOAL.id)
        assert len(ledger.baseline_changes(there, GOAL.id)) == 1
    again = into(empty, document)
    assert (again.entries, again.measurements, again.known) == (0, 0, 6)
    assert out(empty) == document


def test_what_is_exported_is_what_one_may_see(full: City) -> None:
    def kinds(actor: Actor) -> list[str]:
        return [one["kind"] for one in json.loads(out(full, actor))["entries"]]

    assert sorted(kinds(ADMIN)) == ["benefit", "cost", "goal", "problem", "problem", "unit-value"]
    assert sorted(kinds(COUNCIL)) == sorted(kinds(ADMIN))  # an auditor sees what was removed
    assert sorted(kinds(ANYONE)) == ["benefit", "goal", "problem", "unit-value"]
    assert b'"ada"' not in out(full, ANYONE)
    assert b'"ada"' in out(full, COUNCIL)


def test_only_who_keeps_the_whole_citys_ledger_imports(full: City) -> None:
    with pytest.raises(Forbidden):
        into(full, out(full), KEEPER)


def broken(document: bytes, **changes: Any) -> bytes:
    made = json.loads(document)
    made.update(changes)
    return json.dumps(made).encode()


def test_a_document_that_is_no_ledger_is_refused_whole(full: City, empty: City) -> None:
    document = out(full)
    entries = json.loads(document)["entries"]

    def with_goal(**changes: Any) -> bytes:
        body = {**entries[1]["revisions"][0]["body"], **changes}
        return broken(
            document,
            entries=[{**entries[1], "revisions": [{**entries[1]["revisions"][0], "body": body}]}],
        )

    assert entries[1]["kind"] == "goal"
    wrong = [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": 1}',
        broken(document, format="other"),
        broken(document, version=2),
        broken(document, entries=entries[1:2]),  # its problem is missing
        broken(document, entries=[{**entries[0], "revisions": []}]),
        broken(document, entries=[{**entries[0], "kind": "goal"}]),
        broken(document, entries=[{**entries[0], "publisher": "nobody"}]),
        with_goal(revision=7),
        with_goal(id="../etc"),
        with_goal(title={}),
        with_goal(target="much"),
        with_goal(target=float("nan")),
    ]
    for one in wrong:
        with pytest.raises(Invalid):
            into(empty, one)
    with empty.work(ADMIN, may_write=False) as work:
        assert exchange.export(work).entries == ()


def test_an_id_that_stands_for_something_else_is_a_conflict(full: City, empty: City) -> None:
    kept(empty, replace(PROBLEM, title={"en": "Something else"}))
    with pytest.raises(Conflict, match="something else"):
        into(empty, out(full))


amounts = st.lists(st.floats(-1e12, 1e12), min_size=3, max_size=3).map(sorted)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amount=amounts,
    words=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip),
    day=st.dates(date(1950, 1, 1), date(2149, 1, 1)),
)
def test_any_value_goes_out_and_comes_in_to_the_last_bit(
    city: City, empty: City, amount: list[float], words: str, day: date
) -> None:
    at(city, "2026-01-10")
    low, likely, high = amount
    value = replace(
        VALUE,
        id="",
        title={"it": words[:300]},
        amount=Range(low=low, likely=likely, high=high),
        expires=day,
    )
    saved = kept(city, value)
    into(empty, out(city))
    with empty.work(ANYONE, may_write=False) as work:
        assert ledger.unit_value(work, saved.id) == saved
    assert out(empty) == out(city)


def test_published_data_are_not_part_of_a_ledger(full: City) -> None:
    published(full, [1.0, 2.0])
    assert b"parquet" not in out(full)
