"""DATEX II publications of versions 2 and 3, road works by WZDx, and OpenStreetMap extracts."""

import gzip
import json

import pytest
import shapely

from citycommons.collect.check import check_connector
from citycommons.collect.datex2 import Datex2
from citycommons.collect.osm import Osm
from citycommons.collect.polite import Polite
from citycommons.collect.wzdx import Wzdx
from citycommons.core.errors import Invalid
from citycommons.standardise.read import standardised

_SPACES = (
    'xmlns:d2="http://datex2.eu/schema/3/d2Payload" xmlns:com="http://datex2.eu/schema/3/common" '
    'xmlns:loc="http://datex2.eu/schema/3/locationReferencing" '
    'xmlns:sit="http://datex2.eu/schema/3/situation" '
    'xmlns:prk="http://datex2.eu/schema/3/parking" '
    'xmlns:fac="http://datex2.eu/schema/3/facilities" '
    'xmlns:roa="http://datex2.eu/schema/3/roadTrafficData" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def payload(kind: str, body: str) -> bytes:
    return (
        f'<?xml version="1.0"?><d2:payload {_SPACES} xsi:type="{kind}" lang="de" '
        f'modelBaseVersion="3"><com:publicationTime>2026-05-01T08:00:00Z</com:publicationTime>'
        f"{body}</d2:payload>"
    ).encode()


def record(number: int, extra: str = "") -> str:
    return f"""
  <sit:situationRecord xsi:type="sit:MaintenanceWorks" id="R{number}" version="2">
    <sit:situationRecordCreationTime>2026-04-01T08:00:00+02:00</sit:situationRecordCreationTime>
    <sit:probabilityOfOccurrence>certain</sit:probabilityOfOccurrence>
    <sit:validity><com:validityStatus>definedByValidityTimeSpec</com:validityStatus>
      <com:validityTimeSpecification>
        <com:overallStartTime>2026-05-04T06:00:00+02:00</com:overallStartTime>
        <com:overallEndTime>2026-05-29T18:00:00+02:00</com:overallEndTime>
      </com:validityTimeSpecification></sit:validity>
    <sit:cause><sit:causeType>roadMaintenance</sit:causeType></sit:cause>
    <sit:generalPublicComment><sit:comment><com:values>
      <com:value lang="de">Kanalbau</com:value><com:value lang="en">Sewer works</com:value>
    </com:values></sit:comment></sit:generalPublicComment>{extra}
  </sit:situationRecord>"""


LINE = """<sit:locationReference xsi:type="loc:LinearLocation">
  <loc:supplementaryPositionalDescription><loc:roadInformation><loc:roadName>Ludgeristraße</loc:roadName>
  </loc:roadInformation></loc:supplementaryPositionalDescription>
  <loc:gmlLineString srsName="EPSG:4326"><loc:posList>51.958 7.628 51.957 7.629</loc:posList>
  </loc:gmlLineString></sit:locationReference>"""
WORKS = payload(
    "sit:SituationPublication",
    f'<sit:situation id="S1"><sit:overallSeverity>high</sit:overallSeverity>{record(1, LINE)}'
    f'{record(2)}</sit:situation><sit:situation id="S2">{record(3)}</sit:situation>',
)
PARKING = payload(
    "prk:ParkingStatusPublication",
    "".join(
        f"""<prk:parkingStatusInformation><fac:reference id="P{n}" version="1"/>
    <fac:lastUpdated>2026-05-01T07:59:00Z</fac:lastUpdated>
    <fac:openingStatus>open</fac:openingStatus><prk:occupancy>
    <prk:numberOfVacantSpaces>{vacant}</prk:numberOfVacantSpaces>
    <prk:occupancy>87.5</prk:occupancy></prk:occupancy></prk:parkingStatusInformation>"""
        for n, vacant in ((1, 17), (2, 0))
    ),
)
MEASURED = payload(
    "roa:MeasuredDataPublication",
    """<roa:siteMeasurements>
  <roa:measurementSiteReference id="MQ_01" version="1" targetClass="roa:MeasurementSite"/>
  <roa:measurementTimeDefault><roa:timeValue>2026-05-01T07:59:00Z</roa:timeValue>
  </roa:measurementTimeDefault>
  <roa:physicalQuantity index="1"><roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">
    <roa:basicData xsi:type="roa:TrafficFlow"><roa:vehicleFlow numberOfInputValuesUsed="12">
      <com:vehicleFlowRate>720</com:vehicleFlowRate></roa:vehicleFlow></roa:basicData>
  </roa:physicalQuantity></roa:physicalQuantity>
  <roa:physicalQuantity index="2"><roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">
    <roa:basicData xsi:type="roa:TrafficSpeed"><roa:averageVehicleSpeed>
      <com:dataError>true</com:dataError><com:speed>-1</com:speed></roa:averageVehicleSpeed>
    </roa:basicData></roa:physicalQuantity></roa:physicalQuantity>
</roa:siteMeasurements>""",
)
OLD = b"""<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" modelBaseVersion="2"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<payloadPublication xsi:type="SituationPublication"><situation id="S"><situationRecord
 xsi:type="Accident" id="A" version="1"><groupOfLocations xsi:type="Point"><pointByCoordinates>
 <pointCoordinates><latitude>51.9</latitude><longitude>7.6</longitude></pointCoordinates>
 </pointByCoordinates></groupOfLocations></situationRecord></situation></payloadPublication>
</d2LogicalModel>"""


def read(origin, tmp_path, body: bytes, connector=Datex2, path="/feed", **options):
    def answer(request, _):
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    origin.answer = answer
    client = Polite(cache=tmp_path, allow_hosts=("127.0.0.1",), attempts=1)
    (parcel,) = check_connector(connector(url=origin.url(path), client=client, **options))
    return standardised([parcel])


def test_works_come_one_row_a_record_with_their_situation_place_and_comments(origin, tmp_path):
    rows = read(origin, tmp_path, WORKS).table.to_pylist()
    assert [(row["id"], row["situation_id"], row["severity"]) for row in rows] == [
        ("R1", "S1", "high"),
        ("R2", "S1", "high"),
        ("R3", "S2", None),
    ]
    first = rows[0]
    assert (first["type"], first["cause"]) == ("MaintenanceWorks", "roadMaintenance")
    assert first["comment"] == "Kanalbau | Sewer works"
    assert first["road_name"] == "Ludgeristraße"
    assert first["start"].isoformat() == "2026-05-04T04:00:00+00:00"
    assert shapely.from_wkb(first["geometry"]).wkt == "LINESTRING (7.628 51.958, 7.629 51.957)"


def test_parking_and_measurements_have_numbers_units_and_errors(origin, tmp_path):
    parking = read(origin, tmp_path / "p", PARKING, layers=("parking_status",)).table.to_pylist()
    assert [(one["site"], one["vacant"], one["occupancy"]) for one in parking] == [
        ("P1", 17, 87.5),
        ("P2", 0, 87.5),
    ]
    measured = read(origin, tmp_path / "m", MEASURED, layers=("measurements",)).table.to_pylist()
    told = ("site", "index", "type", "quantity", "value", "unit", "inputs", "is_error")
    assert [tuple(one[name] for name in told) for one in measured] == [
        ("MQ_01", 1, "TrafficFlow", "vehicleFlow", 720, "{vehicle}/h", 12, False),
        ("MQ_01", 2, "TrafficSpeed", "averageVehicleSpeed", -1, "km/h", None, True),
    ]


def test_version_2_is_read_too_and_packed_with_gzip(origin, tmp_path):
    (row,) = read(origin, tmp_path, gzip.compress(OLD), path="/feed.xml.gz").table.to_pylist()
    assert (row["id"], row["type"]) == ("A", "Accident")
    assert shapely.from_wkb(row["geometry"]).wkt == "POINT (7.6 51.9)"


def test_broken_empty_and_hostile_publications_say_so(origin, tmp_path):
    with pytest.raises(Invalid, match="broken or unsafe XML"):
        read(origin, tmp_path / "1", WORKS[:-40])
    with pytest.raises(Invalid, match="at this moment"):
        read(origin, tmp_path / "2", payload("sit:SituationPublication", ""))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + WORKS.replace(b'<?xml version="1.0"?>', b"")
    with pytest.raises(Invalid, match="unsafe"):
        read(origin, tmp_path / "3", bomb.replace(b"Kanalbau", b"&a;"))


def test_the_published_samples_are_read(shared):
    from datetime import UTC, datetime

    from citycommons.core.types import Parcel

    folder = shared / "conformance" / "datex2" / "samples"
    rows = {}
    for name in ("finland-roadworks", "netherlands-situations", "france-dialog-regulations"):
        path = folder / f"{name}.xml"
        found = standardised([Parcel(path=path, name=path.name, received=datetime.now(UTC))])
        column = found.table.column("geometry") if "geometry" in found.table.column_names else None
        rows[name] = (found.table.num_rows, column.null_count if column else None)
    assert rows["netherlands-situations"][0] == 11
    assert rows["france-dialog-regulations"] == (2, 0)
    assert rows["finland-roadworks"][0] == 3


def test_road_works_by_wzdx_keep_their_details(origin, tmp_path):
    event = {
        "id": "e1",
        "type": "Feature",
        "properties": {
            "core_details": {
                "event_type": "work-zone",
                "road_names": ["Main Street"],
                "direction": "northbound",
            },
            "start_date": "2026-05-04T06:00:00Z",
            "end_date": "2026-05-29T18:00:00Z",
            "vehicle_impact": "some-lanes-closed",
        },
        "geometry": {"type": "LineString", "coordinates": [[7.6, 51.9], [7.7, 51.9]]},
    }
    info = {"publisher": "Town", "version": "4.2", "update_date": "2026-05-01T08:00:00Z"}
    feed = {"feed_info": info, "type": "FeatureCollection", "features": [event]}
    found = read(origin, tmp_path, json.dumps(feed).encode(), Wzdx)
    (row,) = found.table.to_pylist()
    assert found.report.steps[0] == "format WZDx 4.2"
    assert (row["event_type"], row["vehicle_impact"]) == ("work-zone", "some-lanes-closed")
    assert row["start_date"].isoformat() == "2026-05-04T06:00:00+00:00"


def test_an_extract_is_downloaded_once_for_all_its_layers(shared, origin, tmp_path):
    body = (shared / "data" / "helsinki" / "Helsinki.osm.pbf").read_bytes()

    def answer(request, _):
        request.send_response(304 if request.headers.get("If-None-Match") else 200)
        request.send_header("ETag", '"1"')
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if not request.headers.get("If-None-Match"):
            request.wfile.write(body)

    origin.answer = answer
    client = Polite(cache=tmp_path, allow_hosts=("127.0.0.1",), attempts=1)
    osm = Osm(url=origin.url("/Helsinki.osm.pbf"), layers=("lines", "points"), client=client)
    lines, points = (standardised([parcel]).table for parcel in osm.fetch())
    streets = [tags for tags in lines.column("highway").to_pylist() if tags]
    assert len(streets) > 2000
    assert points.num_rows > 100
    assert "if-none-match" in origin.asked[1]
