"""Fixtures after the SODA 2.1 reference (paging, system fields, application tokens)."""

from dataclasses import replace

import orjson
import pytest
from tests.collect.services import asked, give, polite

from citycommons.collect.check import check_connector
from citycommons.collect.socrata import Socrata
from citycommons.core.errors import Invalid, NotFound, TooMuch, Unavailable


def row(number: int, day: int = 1) -> dict:
    moment = f"2026-03-{day:02d}T12:00:00.{number:03d}Z"
    return {":id": f"row-{number:04d}", ":updated_at": moment, "street": f"Street {number}"}


class Portal:
    def __init__(self, origin) -> None:
        self.origin, self.rows, self.lost, self.turns = origin, [row(n) for n in range(25)], 0, True
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        if path != "/resource/abcd-1234.json":
            give(request, {"error": True, "message": "Not found"}, status=404)
            return
        rows = self.rows
        if ":updated_at > '" in (where := query.get("$where", "")):
            since = where.partition(":updated_at > '")[2].partition("'")[0]
            rows = [one for one in rows if one[":updated_at"] > since]
        if query["$select"] == "count(*)":
            give(request, [{"count": str(len(rows) + self.lost)}])
            return
        rows = sorted(rows, key=lambda one: [one[key] for key in query["$order"].split(",")])
        start = int(query["$offset"]) if self.turns else 0
        give(request, rows[start : start + int(query["$limit"])])


@pytest.fixture
def portal(origin) -> Portal:
    return Portal(origin)


@pytest.fixture
def calls(portal, tmp_path) -> Socrata:
    url = portal.origin.url("/")
    return Socrata(url=url, dataset="abcd-1234", page_rows=10, client=polite(tmp_path))


def ids(parcels) -> list[str]:
    return [one[":id"] for parcel in parcels for one in orjson.loads(parcel.path.read_bytes())]


def test_all_rows_come_in_a_stable_order(calls, portal):
    parcels = check_connector(calls)
    assert ids(parcels) == [f"row-{n:04d}" for n in range(25)]
    assert [p.name for p in parcels] == [f"abcd-1234-0000{n}.json" for n in (1, 2, 3)]
    assert {p.cursor for p in parcels} == {""}
    assert "%24order=%3Aid" in portal.origin.asked[1]["path"]


def test_only_what_changed_comes_later(calls, portal):
    changes = replace(calls, is_incremental=True)
    parcels = list(changes.fetch())
    assert [p.cursor for p in parcels] == ["", "", "2026-03-01T12:00:00.024Z"]
    later = replace(changes, since=parcels[-1].cursor)
    assert list(later.fetch()) == []
    portal.rows[3] = row(3, day=2)
    (changed,) = later.fetch()
    assert ids([changed]) == ["row-0003"]
    assert changed.cursor == "2026-03-02T12:00:00.003Z"


def test_a_filter_stands_beside_the_time(calls, portal):
    list(replace(calls, is_incremental=True, where="a = 1 OR b = 2", since="2026").fetch())
    path = portal.origin.asked[-1]["path"]
    assert "%28a+%3D+1+OR+b+%3D+2%29+AND+%28%3Aupdated_at+%3E+%272026%27%29" in path


def test_the_token_is_a_header(calls, portal):
    list(replace(calls, app_token="t0ken").fetch())
    assert {one["x-app-token"] for one in portal.origin.asked} == {"t0ken"}
    assert not any("t0ken" in one["path"] for one in portal.origin.asked)


def test_fewer_rows_than_counted_are_an_error(calls, portal):
    portal.lost = 1
    with pytest.raises(Unavailable, match="promises 26 rows, and 25 came"):
        list(calls.fetch())


def test_bounds_hold(calls, portal):
    with pytest.raises(TooMuch, match="more than 15 rows"):
        list(replace(calls, most_rows=15).fetch())
    portal.turns = False
    with pytest.raises(Unavailable, match="same page again"):
        list(calls.fetch())


def test_an_empty_dataset_is_an_empty_list(calls, portal):
    portal.rows = []
    assert [p.path.read_bytes() for p in calls.fetch()] == [b"[]"]


def test_what_is_not_there_says_so(calls, portal):
    with pytest.raises(NotFound, match="has no dataset “zzzz-9999”"):
        list(replace(calls, dataset="zzzz-9999").fetch())
    with pytest.raises(Invalid, match="write abcd-1234"):
        list(replace(calls, dataset="calls").fetch())
    portal.origin.answer = lambda request, _: give(request, {"hello": "there"})
    with pytest.raises(Invalid, match="gives no rows"):
        list(calls.fetch())
