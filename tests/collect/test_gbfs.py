"""GBFS systems of both generations, as their operators publish them."""

import json

import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.gbfs import Gbfs
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.tables import fields_of
from citycommons.core.types import FieldType
from citycommons.standardise.read import standardised

STATIONS = [
    {"station_id": "0815", "name": "Hauptbahnhof", "lat": 51.9565, "lon": 7.6355, "capacity": 20},
    {"station_id": "0816", "name": "Aasee", "lat": 51.9571, "lon": 7.6123, "capacity": 12},
]
STATUS = [
    {
        "station_id": "0815",
        "num_bikes_available": 3,
        "is_renting": True,
        "last_reported": 1751437263,
        "vehicle_types_available": [{"vehicle_type_id": "city", "count": 3}],
    },
    {"station_id": "0816", "num_bikes_available": 0, "is_renting": False, "last_reported": "soon"},
]
NEW = [
    {
        "station_id": "1",
        "name": [
            {"text": "Gare", "language": "fr"},
            {"text": "Station", "language": "en"},
        ],
        "lat": 48.85,
        "lon": 2.35,
    }
]


def feed(data, version="2.3", updated=1751437263):
    return {"last_updated": updated, "ttl": 60, "version": version, "data": data}


def serve(origin, documents):
    def answer(request, _):
        found = documents.get(request.path)
        body = json.dumps(found).encode()
        request.send_response(200 if found else 404)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    origin.answer = answer


@pytest.fixture
def old(origin):
    feeds = [
        {"name": name, "url": origin.url(f"/{name}")}
        for name in ("system_information", "station_information", "station_status")
    ]
    index = feed({"de": {"feeds": feeds}, "en": {"feeds": feeds[:2]}})
    serve(
        origin,
        {
            "/gbfs.json": index,
            "/system_information": feed({"system_id": "ms", "timezone": "Europe/Berlin"}),
            "/station_information": feed({"stations": STATIONS}),
            "/station_status": feed({"stations": STATUS}),
        },
    )
    return origin


def gbfs(origin, tmp_path, **options) -> Gbfs:
    client = Polite(cache=tmp_path, allow_hosts=("127.0.0.1",), attempts=1)
    return Gbfs(url=origin.url("/gbfs.json"), client=client, **options)


def test_the_tables_of_a_system_arrive_as_parts(old, tmp_path):
    parcels = check_connector(gbfs(old, tmp_path))
    assert [parcel.part for parcel in parcels] == ["station_information", "station_status"]
    stations = standardised(parcels[:1]).table
    assert stations.column("station_id").to_pylist() == ["0815", "0816"]
    kinds = {field.name: field.type for field in fields_of(stations)}
    assert kinds["capacity"] is FieldType.INTEGER
    assert kinds["geometry"] is FieldType.GEOMETRY


def test_times_are_times_and_what_is_none_is_a_fault(old, tmp_path):
    (parcel,) = gbfs(old, tmp_path, feeds=("station_status",)).fetch()
    found = standardised([parcel])
    times = found.table.column("last_reported").to_pylist()
    assert (times[0].isoformat(), times[1]) == ("2025-07-02T06:21:03+00:00", None)
    assert found.table.column("is_renting").to_pylist() == [True, False]
    assert [(f.rule, f.line, f.value) for f in found.report.faults] == [("datetime", 2, "soon")]


def test_texts_of_version_3_have_a_column_for_each_language(origin, tmp_path):
    url = origin.url("/s")
    index = feed({"feeds": [{"name": "station_information", "url": url}]}, version="3.0")
    serve(
        origin, {"/gbfs.json": index, "/s": feed({"stations": NEW}, "3.0", "2026-01-01T00:00:00Z")}
    )
    (parcel,) = check_connector(gbfs(origin, tmp_path))
    table = standardised([parcel]).table
    assert table.column("name").to_pylist() == ["Gare"]
    assert table.column("name_en").to_pylist() == ["Station"]


def test_a_feed_that_is_not_there_is_named(old, tmp_path):
    with pytest.raises(NotFound, match="has no feed “vehicle_status”"):
        list(gbfs(old, tmp_path, feeds=("vehicle_status",)).fetch())


def test_an_address_that_is_no_gbfs_says_so(old, tmp_path):
    with pytest.raises(Invalid, match=r"is no gbfs\.json in it"):
        list(gbfs(old, tmp_path, language="it").fetch())


@pytest.mark.parametrize("version", ["v2.3", "v3.0"])
def test_the_published_fixtures_are_read(shared, origin, tmp_path, version):
    folder = shared / "conformance" / "gbfs" / "testFixtures" / version
    read = 0
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text())
        serve(
            origin,
            {
                "/gbfs.json": feed({"feeds": [{"name": path.stem, "url": origin.url("/x")}]}),
                "/x": document,
            },
        )
        for parcel in gbfs(origin, tmp_path / path.stem).fetch():
            rows = next(v for v in document["data"].values() if isinstance(v, list | dict))
            rows = rows["features"] if isinstance(rows, dict) else rows
            assert standardised([parcel]).table.num_rows == len(rows)
            read += 1
    assert read >= 7
