"""The Dataset Report: after the published schema, and with exactly what was counted."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import insert

from citycommons.core.counting import Method, Metric
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
from citycommons.measure.usage.report import Asked, dsr
from citycommons.share.publish import prepare, publish
from citycommons.store.proof_tables import usage_sessions
from citycommons.store.tables import usage as usage_table
from citycommons.store.work import City

URL, NAME = "https://data.example", "Testville"
JULY, AUGUST = date(2026, 7, 15), date(2026, 8, 3)
LOOK, TAKE = Use.INVESTIGATION, Use.REQUEST
PERSON, MACHINE, ROBOT = ClientKind.PERSON, ClientKind.MACHINE, ClientKind.ROBOT
ORIGIN = "https://origin.example/datasets/stops"

# (dataset, use, client, day) → count
USES = {
    ("bikes", LOOK, PERSON, JULY): 40,
    ("bikes", TAKE, PERSON, JULY): 12,
    ("bikes", TAKE, MACHINE, JULY): 300,
    ("bikes", TAKE, MACHINE, JULY + timedelta(days=1)): 3,
    ("bikes", LOOK, ROBOT, JULY): 900,
    ("bikes", LOOK, PERSON, AUGUST): 3,
    ("bikes", TAKE, PERSON, AUGUST): 20,
    ("stops", TAKE, MACHINE, AUGUST): 8,
    ("stops", LOOK, PERSON, AUGUST): 2,
    ("plans", TAKE, PERSON, AUGUST): 50,
}
SESSIONS = {
    ("bikes", LOOK, PERSON, JULY): 30,
    ("bikes", TAKE, PERSON, JULY): 9,
    ("bikes", LOOK, MACHINE, JULY): 6,
    ("bikes", TAKE, MACHINE, JULY): 6,
}


def add(city: City, uses: dict[Any, int], sessions: dict[Any, int], admin: Actor) -> None:
    with city.work(admin) as work:
        for (dataset, use, client, day), count in uses.items():
            row = {"dataset": dataset, "version": 1, "use": use, "client": client, "day": day}
            row |= {"channel": Channel.API, "count": count}
            work.db.execute(insert(usage_table), row)
        for (dataset, use, client, day), count in sessions.items():
            row = {"dataset": dataset, "version": 0, "use": use, "client": client, "day": day}
            work.db.execute(insert(usage_sessions), row | {"count": count})


@pytest.fixture
def used(any_city: City, admin: Actor) -> City:
    for id, access in (("bikes", Access.PUBLIC), ("stops", Access.PUBLIC), ("plans", "internal")):
        dataset = Dataset(
            id=DatasetId(id),
            title={"en": id.title()},
            publisher=PublisherId("roads"),
            license="CC0-1.0",
            access=Access(access),
            source=ORIGIN if id == "stops" else "",
        )
        prepared = prepare(any_city.lake, dataset, pa.table({"n": [len(id)]}))
        with any_city.work(admin) as work:
            publish(work, dataset, prepared)
    add(any_city, USES, SESSIONS, admin)
    return any_city


def asked(**more: Any) -> Asked:
    return Asked(first_day=date(2026, 7, 1), last_day=date(2026, 8, 31), **more)


def report(city: City, actor: Actor = ANYONE, exact: bool = False, **more: Any) -> dict[str, Any]:
    with city.work(actor, may_write=False) as work:
        return dsr(work, asked(**more), url=URL, platform=NAME, exact=exact)


def counts(found: dict[str, Any]) -> dict[tuple[str, str, str, str], int]:
    """By the last part of the dataset's address, the period's begin, method and metric."""
    return {
        (
            one["uri"].rpartition("/")[2],
            each["period"]["begin-date"],
            instance["access-method"],
            instance["metric-type"],
        ): instance["count"]
        for one in found["report-datasets"]
        for each in one["performance"]
        for instance in each["instance"]
    }


def codes(found: dict[str, Any]) -> list[int]:
    return [one["code"] for one in found["exceptions"]]


def test_the_house_gets_every_count_exactly(used, admin):
    found = counts(report(used, admin, exact=True))
    july, august, total = "2026-07-01", "2026-08-01", "total-dataset-investigations"
    assert found["bikes", july, "regular", total] == 52
    assert found["bikes", july, "regular", "total-dataset-requests"] == 12
    assert found["bikes", july, "regular", "unique-dataset-investigations"] == 30
    assert found["bikes", july, "regular", "unique-dataset-requests"] == 9
    assert found["bikes", july, "machine", "total-dataset-requests"] == 303
    assert found["stops", august, "regular", total] == 2
    assert found["plans", august, "regular", "total-dataset-requests"] == 50
    assert sum(n for key, n in found.items() if key[3] == total) == 355 + 23 + 10 + 50


def test_the_public_gets_no_small_count_and_no_dataset_that_is_hidden(used):
    found = counts(report(used))
    assert {key[0] for key in found} == {"bikes", "stops"}
    assert min(found.values()) >= 5
    # 3 looks beside 20 requests would be a difference of two sums.
    assert found["bikes", "2026-08-01", "regular", "total-dataset-investigations"] == 20
    assert ("stops", "2026-08-01", "regular", "total-dataset-investigations") not in found


def test_days_are_in_fives_for_the_public_and_exact_for_partners(used):
    found = counts(report(used, grain="day"))
    key = ("bikes", "2026-07-15", "regular", "total-dataset-investigations")
    assert found[key] == 50
    assert ("bikes", "2026-07-16", "machine", "total-dataset-requests") not in found
    exact = counts(report(used, exact=True, grain="day"))
    assert exact[key] == 52
    assert exact["bikes", "2026-07-16", "machine", "total-dataset-requests"] == 3


def test_filters_narrow_it_down(used):
    assert {key[0] for key in counts(report(used, origin=ORIGIN))} == {"stops"}
    assert {key[0] for key in counts(report(used, origin="https://origin.example"))} == {"stops"}
    assert counts(report(used, origin="https://origin")) == {}
    by_iri = report(used, datasets=(DatasetId(f"{URL}/datasets/bikes"),))
    assert {key[0] for key in counts(by_iri)} == {"bikes"}
    machine = counts(report(used, methods=(Method.MACHINE,), metrics=(Metric.TOTAL_REQUESTS,)))
    assert machine == {
        ("bikes", "2026-07-01", "machine", "total-dataset-requests"): 303,
        ("stops", "2026-08-01", "machine", "total-dataset-requests"): 8,
    }
    assert counts(report(used, publisher=PublisherId("parks"))) == {}
    assert counts(report(used, platform="Elsewhere")) == {}
    assert counts(report(used, platform="testville"))


def test_it_is_paged(used):
    first, second = report(used, limit=1), report(used, limit=1, offset=1)
    assert 3040 in codes(first)
    assert {key[0] for key in counts(first)} == {"bikes"}
    assert {key[0] for key in counts(second)} == {"stops"}


def test_it_says_where_it_is_not_whole(used, admin):
    assert 3040 in codes(report(used))  # counting began in the middle of July
    with used.work(ANYONE, may_write=False) as work:
        today = work.now.date()
        early = dsr(
            work,
            Asked(first_day=date(2000, 1, 1), last_day=date(2000, 1, 31)),
            url=URL,
            platform=NAME,
        )
        late = today + timedelta(days=40)
        never = dsr(work, Asked(first_day=late, last_day=late), url=URL, platform=NAME)
    assert (codes(early), early["report-datasets"]) == ([3030], [])
    assert codes(never) == [3031]


def test_other_portals_entries_stand_beside(used):
    def downstream(work: Any, asked: Asked, entries: Iterable[Any]) -> list[dict[str, Any]]:
        assert {one.dataset.id for one in entries} == {"bikes", "stops"}
        return [{"platform": "Elsewhere", "performance": []}]

    with used.work(ANYONE, may_write=False) as work:
        found = dsr(work, asked(), url=URL, platform=NAME, downstream=downstream)
    assert found["report-datasets"][-1]["platform"] == "Elsewhere"


def test_it_has_the_shape_that_the_hub_takes(used):
    """The parts that the published schema wants, without it."""
    found = report(used)
    assert found["report-id"] == "DSR"
    assert found["release"] == "rd1"
    assert found["created"].endswith("Z")
    for one in found["report-datasets"]:
        needed = {"data-type", "dataset-title", "performance", "platform", "publisher"}
        assert {*needed, "publisher-id"} <= set(one)
        assert one["data-type"] == "dataset"
        for each in one["performance"]:
            assert all(type(instance["count"]) is int for instance in each["instance"])
            assert all(instance["count"] > 0 for instance in each["instance"])


def test_it_validates_against_the_published_schema(used, shared: Path):
    jsonschema = pytest.importorskip("jsonschema", reason="validates against the schema")
    folder = shared / "conformance" / "make-data-count"
    if not folder.is_dir():
        pytest.skip("needs the published schema of the report")
    schema = json.loads((folder / "sushi_usage_schema.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    for found in (report(used), report(used, grain="day"), report(used, exact=True)):
        assert found["report-datasets"]
        assert [error.message for error in validator.iter_errors(found)] == []
    wrong = json.loads((folder / "report_2.json").read_text("utf-8"))
    assert list(validator.iter_errors(wrong))


def test_a_busy_year_is_reported_in_one_go(used, admin):
    """What is asked of the database does not grow with datasets."""
    counted: Counter[str] = Counter()
    with used.work(ANYONE, may_write=False) as work:
        from sqlalchemy import event

        def count(*_: Any) -> None:
            counted["statements"] += 1

        event.listen(work.db, "before_cursor_execute", count)
        dsr(work, asked(), url=URL, platform=NAME)
    assert counted["statements"] <= 10
