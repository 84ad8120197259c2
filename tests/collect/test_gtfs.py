"""GTFS: timetables as tables of the reference's types, and live feeds of protocol buffers."""

import io
import zipfile

import pytest
import shapely
from google.transit import gtfs_realtime_pb2

from citycommons.collect.check import check_connector
from citycommons.collect.gtfs import Gtfs
from citycommons.collect.gtfs_realtime import GtfsRealtime
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.tables import fields_of
from citycommons.core.types import FieldType, Plan
from citycommons.standardise.read import standardised

TABLES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n1,SWMS,https://x,Europe/Berlin\n",
    "routes.txt": "route_id,route_short_name,route_type,route_color\n01,1,3,00FF00\n",
    "trips.txt": "route_id,service_id,trip_id\n01,wk,t1\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,25:10:00,25:10:30,0815,1\nt1,25:12:00,,0816,two\n",
    "stops.txt": "\ufeffstop_id,stop_name,stop_lat,stop_lon,location_type\n"
    "0815,Hbf,51.9565,7.6355,0\n0816,Aasee,,,\n",
    "calendar.txt": "service_id,monday,start_date,end_date\nwk,1,20260101,20261340\n",
}


def send(origin, body: bytes) -> None:
    def answer(request, _):
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    origin.answer = answer


def packed(tables: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, text)
    return file.getvalue()


def client(tmp_path) -> Polite:
    return Polite(cache=tmp_path, allow_hosts=("127.0.0.1",), attempts=1)


def timetable(origin, tmp_path, **options) -> dict[str, object]:
    send(origin, packed(TABLES))
    gtfs = Gtfs(url=origin.url("/gtfs.zip"), client=client(tmp_path), **options)
    return {parcel.part: standardised([parcel]) for parcel in check_connector(gtfs)}


def test_each_table_is_a_part_and_keeps_the_references_types(origin, tmp_path):
    found = timetable(origin, tmp_path)
    assert sorted(found) == ["agency", "calendar", "routes", "stop_times", "stops", "trips"]
    routes = found["routes"].table.to_pylist()
    assert routes == [
        {"route_id": "01", "route_short_name": "1", "route_type": 3, "route_color": "00FF00"}
    ]
    stops = found["stops"].table
    assert stops.column("stop_id").to_pylist() == ["0815", "0816"]
    place = shapely.from_wkb(stops.column("geometry")[0].as_py())
    assert (place.x, place.y) == (7.6355, 51.9565)
    assert stops.column("geometry")[1].as_py() is None


def test_times_after_midnight_stay_texts_and_what_is_wrong_is_told_with_its_line(origin, tmp_path):
    found = timetable(origin, tmp_path, tables=("stop_times", "calendar"))
    times = found["stop_times"]
    assert times.table.column("arrival_time").to_pylist() == ["25:10:00", "25:12:00"]
    assert times.table.column("stop_sequence").to_pylist() == [1, None]
    assert [(f.rule, f.line, f.value) for f in times.report.faults] == [("integer", 3, "two")]
    kinds = {field.name: field.type for field in fields_of(found["calendar"].table)}
    assert kinds["start_date"] is FieldType.DATE


def test_a_zip_that_is_no_timetable_says_what_is_missing(origin, tmp_path):
    send(origin, packed({"stops.txt": "stop_id\n1\n"}))
    gtfs = Gtfs(url=origin.url("/gtfs.zip"), client=client(tmp_path))
    with pytest.raises(Invalid, match=r"agency\.txt, routes\.txt, trips\.txt, stop_times\.txt"):
        list(gtfs.fetch())


@pytest.fixture
def live():
    feed = gtfs_realtime_pb2.FeedMessage()
    feed.header.gtfs_realtime_version, feed.header.timestamp = "2.0", 1751437263
    vehicle = feed.entity.add(id="v1").vehicle
    vehicle.vehicle.id, vehicle.trip.trip_id, vehicle.timestamp = "0042", "t1", 1751437200
    vehicle.position.latitude, vehicle.position.longitude = 51.95, 7.625
    late = feed.entity.add(id="u1").trip_update
    late.trip.trip_id = "t1"
    for stop, delay in (("0815", 60), ("0816", -30)):
        late.stop_time_update.add(stop_id=stop).arrival.delay = delay
    alert = feed.entity.add(id="a1").alert
    alert.effect = alert.DETOUR
    alert.header_text.translation.add(text="Umleitung", language="de")
    alert.informed_entity.add(route_id="01")
    return feed.SerializeToString()


def realtime(origin, tmp_path, live, *kinds) -> list:
    send(origin, live)
    return check_connector(
        GtfsRealtime(url=origin.url("/rt"), kinds=kinds, client=client(tmp_path))
    )


def test_a_live_feed_is_read_kind_by_kind(origin, tmp_path, live):
    parcels = realtime(origin, tmp_path, live, "vehicle_positions", "trip_updates", "alerts")
    vehicles, updates, alerts = (standardised([one]).table.to_pylist() for one in parcels)
    assert (vehicles[0]["vehicle_id"], vehicles[0]["trip_id"]) == ("0042", "t1")
    assert shapely.from_wkb(vehicles[0]["geometry"]).equals_exact(
        shapely.Point(7.625, 51.95), tolerance=1e-5
    )
    assert [(one["stop_id"], one["arrival_delay"]) for one in updates] == [
        ("0815", 60),
        ("0816", -30),
    ]
    assert (alerts[0]["effect"], alerts[0]["header_de"]) == ("DETOUR", "Umleitung")
    assert alerts[0]["informed_entities"] == '[{"route":"01"}]'


def test_a_feed_is_known_by_its_first_bytes_and_a_cut_one_is_refused(origin, tmp_path, live):
    (parcel,) = realtime(origin, tmp_path, live, "alerts")
    by_bytes = standardised([parcel], plan=Plan(sheet="trip_updates"))
    assert by_bytes.table.num_rows == 2
    (cut,) = realtime(origin, tmp_path, live[:-3], "alerts")
    with pytest.raises(Invalid, match="broken GTFS-Realtime"):
        standardised([cut])


def test_the_published_feeds_are_read(shared, origin, tmp_path):
    folder = shared / "data" / "gtfs"
    for path in sorted(folder.rglob("*.zip")):
        send(origin, path.read_bytes())
        gtfs = Gtfs(url=origin.url(f"/{path.name}"), client=client(tmp_path))
        parcels = list(gtfs.fetch())
        assert len(parcels) >= 10
        for parcel in parcels:
            lines = [x for x in parcel.path.read_text("utf-8-sig").splitlines() if x.strip()]
            found = standardised([parcel])
            rejected = found.report.rejected
            assert found.table.num_rows + rejected == len(lines) - 1, (path.name, parcel.name)
