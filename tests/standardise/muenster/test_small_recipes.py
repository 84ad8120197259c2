"""Each oddity of the smaller deliveries, in a file of a few lines."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from citycommons.collect.mirror import Mirror
from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel
from citycommons.standardise.muenster import (
    cycling,
    districts,
    environment,
    network,
    parking,
    services,
    utilities,
)


@pytest.fixture
def given(tmp_path):
    def made(**contents: str | pa.Table) -> dict[str, list[Parcel]]:
        parcels: dict[str, list[Parcel]] = {}
        for name, content in contents.items():
            path: Path = tmp_path / name
            if isinstance(content, pa.Table):
                pq.write_table(content, path)
            else:
                path.write_text(content, "utf-8")
            received = datetime(2026, 1, 1, tzinfo=UTC)
            parcel = Parcel(path=path, name=name, received=received)
            parcels[name.replace("_", "-")] = [parcel]
        return parcels

    return made


def rules(report) -> dict[str, int]:
    return {fault.rule: fault.count for fault in report.summary}


AIR = (
    '\ufeff"Station code";Date;"Particulate matter (PM₁₀) Daily average";"Ozone (O₃) One hour";'
    '"Nitrogen dioxide (NO₂) One hour";"Particulate matter (PM₂,₅) Daily";"Air quality index"\n'
)


def test_air_is_timed_by_the_beginning_of_the_hour(given):
    lines = [
        "DENW095;\"'2020-01-01 24:00'\";41;0.8;35;-;moderate",
        "DENW095;\"'2020-10-25 03:00'\";1;-;-;-;good",
        "DENW095;\"'2020-10-25 03:00'\";2;-;-;-;good",
        "DENW095;\"'2020-10-25 04:00'\";-;-;-;-;;",
        "",
        '"Source: German Environment Agency."',
    ]
    table, report = environment.air_quality(given(air_quality=AIR + "\n".join(lines)))
    assert [f"{at:%m-%d %H}" for at in table["phenomenon_time"].to_pylist()] == [
        *("01-01 22", "10-25 00", "10-25 01", "10-25 02")
    ]
    assert table["pm10"].to_pylist() == [41, 1, 2, None]
    assert table["index"].to_pylist() == ["moderate", "good", "good", None]
    assert report.summary == ()


def test_an_hour_in_two_files_is_kept_once(given):
    line = "DENW095;\"'2022-01-01 01:00'\";41;-;35;-;moderate\n"
    first, second = given(first=AIR + line, second=AIR + line).values()
    table, report = environment.air_quality({"air-quality": [*first, *second]})
    assert (table.num_rows, report.rejected) == (1, 1)


def test_periods_of_the_climate_data_are_years_months_and_seasons(given):
    text = '"RAUM";"DATENQUELLE";"THEMENBEREICH";"MERKMAL";"ZEIT";"WERT";"WERTEEINHEIT"\n'
    for period in ("2021", "2020-12", "2002/2003", "bald"):
        text += f'"Münster";"Amt";7;"Wärme\x85";"{period}";1.234,50;"MWh"\n'
    table, report = environment.climate_indicators(given(climate_indicators=text))
    assert table["year"].to_pylist() == [2021, 2020, 2002, None]
    assert table["value"].to_pylist() == [1234.5] * 4
    assert table["indicator"][0].as_py() == "Wärme"
    assert rules(report) == {"unreadable": 1}


CAPACITY = (
    "car_park,capacity_most_common,capacity_values_seen\n"
    "PH Theater,700,0;700\nTG Hafen,350,350;30196\n"
)


def occupancy(*rows: tuple) -> pa.Table:
    names, hours, free, flags = zip(*rows, strict=True)
    return pa.table(
        {
            "car_park": pa.array(names).dictionary_encode(),
            "hour": pa.array([datetime.fromisoformat(hour) for hour in hours], pa.timestamp("us")),
            "free": pa.array(free, pa.int32()),
            "flag": pa.array(flags).dictionary_encode(),
            "snapshots": pa.array([4] * len(rows), pa.int16()),
        }
    )


def test_a_car_park_says_why_a_number_is_missing_or_doubtful(given):
    hour = "2025-06-01 12:00"
    table, report = parking.parking_occupancy(
        given(
            car_park_capacity=CAPACITY,
            parking_occupancy=occupancy(
                ("PH Theater", hour, 12, ""),
                ("PH Theater", hour, None, "ges"),
                ("PH Theater", hour, None, "bes"),
                ("PH Theater", hour, None, "kei"),
                ("PH Theater", hour, 900, ""),
                ("TG Hafen", hour, 900, ""),
                ("", hour, 0, ""),
            ),
        )
    )
    assert table["flag"].to_pylist() == [
        *("", "closed", "full", "no-data", "above-capacity", "above-capacity", "no-name")
    ]
    assert table["free"].to_pylist() == [12, None, None, None, 900, 900, 0]
    assert table["phenomenon_time"][0].as_py() == datetime(2025, 6, 1, 10, tzinfo=UTC)
    assert report.rejected == 0


def test_outlines_join_car_parks_by_their_long_names(given):
    outline = {"type": "Point", "coordinates": [7.6, 51.9]}
    features = [
        {"type": "Feature", "properties": {"name": "Parkhaus Theater"}, "geometry": outline}
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": features})
    table, report = parking.car_parks(
        given(car_park_capacity=CAPACITY, car_park_outlines=collection)
    )
    assert table["geometry"].null_count == 1
    assert table["kind"].to_pylist() == ["garage", "underground garage"]
    assert rules(report) == {"no-place": 1}


def cycles(*rows: tuple) -> pa.Table:
    times, counts, quarters, flagged = zip(*rows, strict=True)
    size = len(rows)
    return pa.table(
        {
            "site": pa.array(["100"] * size).dictionary_encode(),
            "name": pa.array(["Neutor"] * size).dictionary_encode(),
            "t": pa.array([datetime.fromisoformat(at) for at in times], pa.timestamp("us")),
            "count": pa.array(counts, pa.float64()),
            "quarters": pa.array(quarters, pa.int64()),
            "flagged": pa.array(flagged, pa.int64()),
        }
    )


def test_cycle_hours_say_what_is_doubtful(given):
    table, report = cycling.cycle_counts(
        given(
            cycle_counts=cycles(
                ("2024-03-31 01:00", 5.0, 4, 0),
                ("2024-03-31 02:00", None, 0, 0),
                ("2024-03-31 03:00", 6.0, 3, 0),
                ("2024-03-31 04:00", None, 0, 0),
                ("2024-10-27 02:00", 9.0, 4, 0),
                ("2024-10-27 03:00", 9.0, 4, 2),
            )
        )
    )
    assert table["flag"].to_pylist() == ["", "incomplete", "empty", "clock-change", "doubtful"]
    assert table["cyclists"].to_pylist() == [5, 6, None, 9, 9]
    assert (report.rejected, rules(report)["no-such-hour"]) == (1, 1)


def test_cycle_hours_name_their_counter_where_the_name_is_known(given):
    places = "station_id,name,lat,lon,is_approximated\n100,Neutor,51.96,7.61,False\n"
    parcels = dict(given(january=MONTH, cycle_counters=places))
    hours = {"cycle-counts": parcels["january"], "cycle-counters": parcels["cycle-counters"]}
    table, _ = cycling.cycle_counts(hours)
    assert table["counter"].to_pylist() == ["Neutor", "Neutor"]
    unnamed, _ = cycling.cycle_counts({"cycle-counts": parcels["january"]})
    assert unnamed["counter"].to_pylist() == ["100", "100"]


MONTH = (
    "Datetime,100 (Neutor),101 (Neutor ein),100-status,101-status\n"
    "2024-01-01 00:00,3,3,0,0\n2024-01-01 00:15,4,4,1,0\n2024-01-01 00:30,,,,\n"
    "2024-01-01 01:00,,,,\n"
)


def test_quarter_hours_as_published_become_hours(given):
    parcels = list(given(january=MONTH)["january"])
    assert cycling.hourly(parcels).to_pylist() == [
        {"site": "100", "t": datetime(2024, 1, 1), "count": 7, "quarters": 2, "flagged": 1},  # noqa: DTZ001
        {"site": "100", "t": datetime(2024, 1, 1, 1), "count": None, "quarters": 0, "flagged": 0},  # noqa: DTZ001
    ]
    table, _ = cycling.cycle_counts({"cycle-counts": parcels})
    assert table["flag"].to_pylist() == ["doubtful", "empty"]


def test_the_mirrors_cycle_counts_are_those_of_the_published_quarter_hours(shared, tmp_path):
    """Two ways to one number: over the network, and from the mirror's hourly sums."""
    folder = shared / "data" / "muenster" / "bike_counts"
    sample = Mirror(
        folder=folder,
        path="bike_counters_15min_raw_selected.zip",
        cache=tmp_path,
        unpack=True,
        members="*/202[45]-0*.csv",
    )
    ours = cycling.hourly(list(sample.fetch()))
    theirs = pq.read_table(folder / "bike_counts_hourly_2019_2026.parquet")
    known = {
        (site, at): (count, quarters)
        for site, at, count, quarters in zip(
            *(theirs[name].to_pylist() for name in ("site", "t", "count", "quarters")), strict=True
        )
    }
    assert ours.num_rows > 15_000
    assert all(
        known[row["site"], row["t"]] == (row["count"], row["quarters"]) for row in ours.to_pylist()
    )


def test_links_to_unknown_junctions_are_left_out_and_told(given):
    text = (
        "Steuergruppe,Technik,ID,StrA,StrB,StrC,StrD,NbW,NbX,NbY,NbZ,Lat,Long\n"
        "3,Siemens,01,Ring,Allee,,,02,09,,,51.95,7.60\n"
        "-,-,02,Ring,-,,,01,02,-,,51.96,7.60\n"
    )
    parcels = given(signal_junctions=text)
    table, report = network.main_roads(parcels)
    assert table.select(["link_id", "name", "said_by"]).to_pylist() == [
        {"link_id": "01-02", "name": "Ring", "said_by": "both"}
    ]
    assert table["length_m"][0].as_py() == pytest.approx(1112, abs=1)
    assert rules(report) == {"unknown-junction": 1, "own-neighbour": 1}
    points, _ = network.junctions(parcels)
    assert points["streets"].to_pylist() == ["Ring, Allee", "Ring"]


def test_the_area_of_a_district_is_that_on_the_sphere(given):
    square = shapely.box(7.6, 51.9, 7.7, 52.0)
    feature = {
        "type": "Feature",
        "properties": {"Nr": 11, "Name": "Aegidii"},
        "geometry": json.loads(shapely.to_geojson(square)),
    }
    table, report = districts.districts(
        given(
            districts=json.dumps({"type": "FeatureCollection", "features": [feature]}),
            population="\ufeffOBJECTID;Time;District;Population\n1;2022-12-31;11 Aegidii;1449\n",
        )
    )
    # A tenth of a degree each way at 51.95° north: 11.119 km by 6.853 km.
    assert table["area_km2"][0].as_py() == pytest.approx(11.119 * 6.853, rel=1e-3)
    assert table["inhabitants"].to_pylist() == [1449]
    assert report.summary == ()


def test_waiting_times_name_an_old_display_and_a_moment_read_twice(given):
    head = (
        "Datum und Uhrzeit,Anzahl wartender Personen,durchschnittliche Wartezeit in Minuten,"
        "nächste Nummer,letzte Aktualisierung\n"
    )
    lines = "2020-05-25 08:05,3,12,,08:04\n" * 2 + "2020-05-25 09:00,3,12,7,08:04\n"
    table, report = services.waiting_times(given(waiting_times=head + lines))
    assert table["flag"].to_pylist() == ["", "not-updated"]
    assert table["phenomenon_time"][0].as_py() == datetime(2020, 5, 25, 6, 5, tzinfo=UTC)
    assert rules(report) == {"twice": 1, "not-updated": 1}


def test_months_of_the_portal_are_read_as_they_were_meant(given):
    text = (
        "Monat,Besuche,BesEindeutig,Dauer,Seitenansichten,SeitenEind,Top-Datensatz,Top2,Top3,Top4,Top5\n"
        "23.11.2023,1997,1662,2 Minuten 9s,6065,4457,a,b,,,\n21.08.2021,1409,6551,3,1151,,,,,,\n"
    )
    table, _ = services.portal_visits(given(portal_visits=text))
    assert table["month"].to_pylist() == [date(2023, 11, 1), date(2021, 8, 1)]
    assert table["mean_duration_s"].to_pylist() == [129, 180]
    assert table["flag"].to_pylist() == ["", "columns-moved"]
    assert table["most_used"].to_pylist() == ["a | b", None]


def test_the_same_mode_of_travel_in_four_blocks_gets_four_names():
    header = ["Zeile", "Stadtteil", "Fuß", "Rad", "Wege/P*T", "Fuß", "Rad", "Fuß", "Fuß", "Gesamt"]
    assert services.survey_columns(header)[2:] == [
        *("share_walking", "share_cycling", "trips_per_person_day"),
        *("share_detailed_walking", "share_detailed_cycling"),
        *("trips_walking", "trips_detailed_walking", "trips_counted"),
    ]


def test_a_note_below_the_table_is_no_glass_container(given):
    text = (
        "Containertyp,Stadtteil,Standort,öffentlich,Wertstoffhof,Unterflurstandort,Sorten,"
        "Latitude,Longitude\n"
        'Glascontainer,48151 Münster - Aaseestadt,Delpstraße,ja,nein,,"bunt, weiß",51.9,7.6\n'
        "Datum,2024-11-28\n"
    )
    table, report = utilities.glass_containers(given(glass_containers=text))
    assert table["district"].to_pylist() == ["Aaseestadt"]
    assert table["is_underground"].to_pylist() == [None]
    assert (report.rejected, rules(report)) == (1, {"row-length": 1})


def test_spaces_and_cost_are_read_from_the_text(given):
    text = (
        'ID;Title;Latitude;Longitude;Info\n1;P+R Nord;51.9;7.6;"\nParkplätze-Anzahl\n416\n\n'
        'Behinderten-Parkplätze-Anzahl:\n8\n\nKosten:\nkostenpflichtig"\n'
    )
    table, _ = utilities.park_and_ride(given(park_and_ride=text))
    assert (table["spaces"][0].as_py(), table["is_free_of_charge"][0].as_py()) == (416, False)


def test_another_table_than_expected_is_refused(given):
    with pytest.raises(Invalid, match="has no column"):
        utilities.park_and_ride(given(park_and_ride="a;b\n1;2\n"))
    with pytest.raises(Invalid, match="no GeoJSON"):
        utilities.stops(given(stops='{"type": "Feature"}'))
    with pytest.raises(Invalid, match="one is needed"):
        utilities.stops({})
