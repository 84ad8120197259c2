"""Fixtures after the reference of the Explore API v2.1 (catalog/datasets, exports, records)."""

import io
from dataclasses import replace

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.collect.services import asked, give, polite

from citycommons.collect.check import check_connector
from citycommons.collect.opendatasoft import Opendatasoft
from citycommons.core.errors import Invalid, NotFound, Unavailable

ROWS = [{"station": f"S{n}", "free": n} for n in range(12_000)]
BASE = "/api/explore/v2.1/catalog/datasets/velos"


class Portal:
    def __init__(self, origin) -> None:
        self.origin, self.kinds, self.lost = origin, ["text", "int"], 0
        origin.answer = self.answer

    def answer(self, request, _) -> None:
        path, query = asked(request)
        if path == BASE:
            fields = [{"name": f"f{n}", "type": kind} for n, kind in enumerate(self.kinds)]
            give(request, {"dataset_id": "velos", "fields": fields})
        elif path == f"{BASE}/records":
            assert query["limit"] == "0"
            give(request, {"total_count": 5 if "where" in query else len(ROWS), "results": []})
        elif path.startswith(f"{BASE}/exports/"):
            rows = ROWS[:5] if "where" in query else ROWS[: len(ROWS) - self.lost]
            self.export(request, path.rpartition("/")[2], rows)
        else:
            give(request, {"error_code": "NotFound", "message": "unknown"}, status=404)

    def export(self, request, kind: str, rows: list[dict]) -> None:
        if kind == "jsonl":
            body = b"\n".join(map(orjson.dumps, rows))
        elif kind == "parquet":
            sink = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(rows), sink)
            body = sink.getvalue()
        elif kind == "geojson":
            body = orjson.dumps({"type": "FeatureCollection", "features": []})
        else:
            body = b"station;free\nS0;0\n"
        give(request, body, "application/octet-stream")


@pytest.fixture
def portal(origin) -> Portal:
    return Portal(origin)


@pytest.fixture
def bikes(portal, tmp_path) -> Opendatasoft:
    return Opendatasoft(url=portal.origin.url(""), dataset="velos", client=polite(tmp_path))


def test_all_records_come_beyond_the_limit_of_pages(bikes):
    (parcel,) = check_connector(bikes)
    assert parcel.name == "velos.ndjson"
    assert list(map(orjson.loads, parcel.path.read_bytes().splitlines())) == ROWS


@pytest.mark.parametrize("kind", ["geo_point_2d", "geo_shape"])
def test_records_with_a_place_come_as_geojson(bikes, portal, kind):
    portal.kinds = ["text", kind]
    assert [p.name for p in bikes.fetch()] == ["velos.geojson"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("parquet", "velos.parquet"), ("csv", "velos.csv"), ("jsonl", "velos.ndjson")],
)
def test_the_form_can_be_chosen(bikes, kind, name):
    assert [p.name for p in replace(bikes, format=kind).fetch()] == [name]


def test_a_filter_reaches_count_and_export(bikes, portal):
    (parcel,) = replace(bikes, where="free < 5", select="station").fetch()
    assert len(parcel.path.read_bytes().splitlines()) == 5
    assert "where=free+%3C+5&select=station&timezone=UTC" in portal.origin.asked[-1]["path"]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_fewer_records_than_counted_are_an_error(bikes, portal, kind):
    portal.lost = 3
    with pytest.raises(Unavailable, match="counts 12000 records of velos, and 11997 came"):
        list(replace(bikes, format=kind).fetch())


def test_the_key_is_a_header(bikes, portal):
    list(replace(bikes, api_key="k3y").fetch())
    assert {one["authorization"] for one in portal.origin.asked} == {"Apikey k3y"}
    assert not any("k3y" in one["path"] for one in portal.origin.asked)


def test_what_is_not_there_says_so(bikes, portal):
    with pytest.raises(NotFound, match="has no dataset “cars”"):
        list(replace(bikes, dataset="cars").fetch())
    with pytest.raises(Invalid, match="is no form"):
        list(replace(bikes, format="pdf").fetch())
    portal.origin.answer = lambda request, _: give(request, {"hello": "there"})
    with pytest.raises(Invalid, match="no Opendatasoft portal"):
        list(bikes.fetch())
