"""Real messy files of cities, read as they came; skipped where they are not at hand."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from tests.standardise.parcels import fields, parcel, parcel_of, rules

from citycommons.core.tables import Report
from citycommons.core.types import FieldRole, FieldType
from citycommons.standardise.read import read
from citycommons.standardise.read import standardised as read_parcels
from citycommons.standardise.sheets import sheets


def real(shared: Path, path: str, **wishes) -> tuple[pa.Table, Report]:
    return read(parcel_of(shared / "data" / path), **wishes)


def member(shared: Path, folder: Path, archive: str, name: str, **wishes):
    with zipfile.ZipFile(shared / "data" / archive) as opened:
        return read(parcel(folder, opened.read(name), Path(name).name), **wishes)


def test_berlin_crashes_are_cp1252_with_decimal_commas_and_one_lost_place(shared):
    table, report = real(
        shared, "berlin/AfSBBB_BE_LOR_Strasse_Strassenverkehrsunfaelle_2019_Datensatz.csv"
    )
    assert table.num_rows == 13_390
    assert report.steps[0] == "encoding cp1252"
    assert table["STRASSE"][0].as_py() == "Wittenau Süd"
    assert table["XGCSWGS84"][0].as_py() == 13.34146
    assert table["geometry"].null_count == 1
    assert [(f.rule, f.line) for f in report.faults] == [
        ("integer", 11895),
        ("position-far", 11895),
    ]


def test_utrecht_subsidies_have_titles_cp850_and_lost_euro_signs(shared):
    table, report = real(shared, "route_to_pa_messy/dataset19.csv")
    assert "encoding cp850" in report.steps
    assert table["Datum"][0].as_py() == date(2016, 12, 18)
    assert table["Aangevraagd_bedrag"].slice(0, 2).to_pylist() == [1000.0, 2000.0]
    assert table["Verleend_bedrag"].slice(0, 2).to_pylist() == [None, 1000.0]
    assert "Coöperatieve Theatertalent Utrecht" in table["Subsidieaanvrager"].to_pylist()


def test_dublin_works_end_lines_with_carriage_returns(shared):
    table, _ = real(shared, "route_to_pa_messy/dataset02.csv")
    assert table.num_rows == 14
    assert table["X Co-ordinate"][0].as_py() == 312_687_107.67
    assert "geometry" not in table.column_names


def test_issy_car_parks_have_a_point_in_one_cell(shared):
    table, _ = real(shared, "route_to_pa_messy/dataset05.csv")
    first = shapely.from_wkb(table["geometry"][0].as_py())
    assert (first.x, first.y) == (2.191042652, 48.8263722052)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("dataset01.json", 56),
        ("dataset11_nullvalues.json", 56),
        ("dataset13_geojson.json", 10),
        ("dataset14_undefined.json", 56),
        ("dataset15_campania.json", 50),
        ("dataset15_elezioniregionali.csv", 98),
        ("dataset04.csv", 43),
        ("dataset08.csv", 13),
    ],
)
def test_messy_files_of_the_quality_checker_are_read_whole(shared, name, rows):
    table, report = real(shared, f"route_to_pa_messy/{name}")
    assert (table.num_rows, report.rejected) == (rows, 0)


def test_charging_points_have_decimal_commas_and_days(shared):
    table, report = real(shared, "muenster/utilities/ladesaeulen-muenster.csv")
    assert (table.num_rows, report.faults) == (166, ())
    assert table["Inbetriebnahmedatum"][0].as_py() == date(2022, 3, 7)
    assert table["Postleitzahl"][0].as_py() == "48143"
    assert table["geometry"].null_count == 0
    assert fields(table)["P1 [kW]"].unit == "kW"


def test_glass_containers_end_with_their_date(shared):
    table, report = real(shared, "muenster/utilities/awm-glascontainer-combined.csv")
    assert table.num_rows == 249
    assert [(f.line, f.value) for f in report.faults] == [(251, "Datum,2024-11-28")]


def test_climate_data_keep_their_odd_characters(shared):
    table, report = real(shared, "muenster/environment/klimarelevante_daten.csv")
    assert (table.num_rows, report.rejected) == (1490, 0)
    assert table["WERT"][0].as_py() == 39.2
    assert sum("\u0085" in text for text in table["MERKMAL"].to_pylist()) > 0


def test_cycle_counts_are_month_first_and_say_when_they_were_out_of_order(shared):
    folder = "muenster/bike_counts/hourly_2015_2016"
    table, report = real(
        shared, f"{folder}/zaehlstelle_neutor_2016_stundenauswertung.csv", zone="Europe/Berlin"
    )
    assert table.num_rows == 8784
    assert table["Stunden"][0].as_py() == datetime(2015, 12, 31, 23, tzinfo=UTC)
    assert rules(report)["integer", "FR stadteinwärts"] == 36
    assert len(set(table["Stunden"].to_pylist())) == 8783  # 27 March has 3:00 twice
    assert report.faults[0].value == "Jahressumme,4105177,,,,,"


def test_the_workbook_and_the_csv_of_2015_hold_the_same(shared):
    name = "muenster/bike_counts/hourly_2015_2016/zaehlstelle_neutor_2015_stundenauswertung"
    assert real(shared, f"{name}.xlsx")[0].to_pydict() == real(shared, f"{name}.csv")[0].to_pydict()


def test_junctions_keep_their_zeros(shared):
    table, _ = real(shared, "muenster/network/lsa_signal_junctions.csv")
    assert table["ID"][0].as_py() == "01010"
    assert (table.num_rows, table["geometry"].null_count) == (308, 0)


def test_the_catalogue_is_read_whole(shared):
    table, report = real(shared, "muenster/catalogue/datensaetze.xlsx")
    assert (table.num_rows, report.faults) == (941, ())
    assert not any("_x000D_" in str(text) for text in table["Description"].to_pylist())


def test_motor_counts_have_a_spare_cell_and_short_rows(shared, tmp_path):
    archive = "muenster/traffic_counts/kfz_counts_2015_2016_raw.zip"
    table, report = member(shared, tmp_path, archive, "2015_01_09_24mq.csv")
    assert table.num_columns == 25
    assert report.rejected == 0
    assert {fault.rule for fault in report.faults} == {"short-row"}
    empty, _ = member(shared, tmp_path, archive, "2015_05_14_24mq.csv")
    assert empty.num_rows == 0


def test_car_parks_of_2026_keep_closed_apart_from_free(shared, tmp_path):
    archive = "muenster/parking/parking_raw_selected_days.zip"
    table, _ = member(shared, tmp_path, archive, "2026-08-07.csv", zone="Europe/Berlin")
    assert table.num_rows == 240
    assert set(table["PP Hörsterplatz (status)"].to_pylist()) == {None, "ges", "bes"}
    assert table["Busparkplatz"].null_count == 240
    assert fields(table)["PH Theater"].description == {"und": "(743)"}


def test_air_quality_counts_to_24_o_clock(shared, tmp_path):
    archive = "muenster/environment/air_quality_hourly_2020_2023_raw.zip"
    name = "luftqualitaet_muenster_2020-01-01_2022-01-01_station1140.csv"
    table, report = member(shared, tmp_path, archive, name)
    assert table["Date"].null_count == 0
    assert table["Date"][23].as_py() == datetime(2020, 1, 2, tzinfo=UTC)
    assert [fault.rule for fault in report.faults] == ["footer"]


@pytest.mark.parametrize(
    ("name", "rows"), [("stadtbezirke", 9), ("stadtteile", 45), ("stadtzellen", 174)]
)
def test_boundaries_are_shapes(shared, name, rows):
    table, _ = real(shared, f"muenster/boundaries/{name}.geojson")
    assert (table.num_rows, table["geometry"].null_count) == (rows, 0)
    assert shapely.is_valid(shapely.from_wkb(table["geometry"].to_numpy())).all()


LETTERS = {
    FieldType.STRING: "s",
    FieldType.INTEGER: "i",
    FieldType.NUMBER: "n",
    FieldType.BOOLEAN: "b",
    FieldType.DATE: "d",
    FieldType.DATETIME: "t",
    FieldType.TIME: "c",
    FieldType.GEOMETRY: "g",
}
"""One letter a column, in the order of the file; places come last."""

MESSY, HOURLY = "route_to_pa_messy", "muenster/bike_counts/hourly_2015_2016"
TWICE = {("time-twice", "Stunden"): 1}
"""The hour that came twice stands there once: which of the two it is, nobody can tell."""

# Counted by reading the files: rows, types of the columns, places, faults by rule and column.
WHOLE = [
    (f"{MESSY}/dataset01.json", 56, "ssnistsssn", 0, {}),
    (f"{MESSY}/dataset02.csv", 14, "ssissssinsddsssnnns", 0, {}),
    (f"{MESSY}/dataset04.csv", 43, "ssssstsiiiiiisiiiiiisiiiiiii", 0, {}),
    (f"{MESSY}/dataset05.csv", 69, "sbssssssbisssg", 69, {}),
    (f"{MESSY}/dataset08.csv", 13, "ssssssssssg", 13, {}),
    (f"{MESSY}/dataset11_nullvalues.json", 56, "nisssssn", 0, {}),
    (f"{MESSY}/dataset13_geojson.json", 10, "ssssissbsssbsisbtisstg", 10, {}),
    (f"{MESSY}/dataset14_undefined.json", 56, "ssnistsssn", 0, {}),
    (f"{MESSY}/dataset15_campania.json", 50, "sniiis", 0, {}),
    (f"{MESSY}/dataset15_elezioniregionali.csv", 98, "sinis", 0, {}),
    (f"{MESSY}/dataset19.csv", 1693, "dsssnn", 0, {}),
    ("muenster/network/lsa_signal_junctions.csv", 308, "issssssssssnng", 308, {}),
    ("muenster/boundaries/population_per_district_2022.csv", 45, "idsi", 0, {}),
    ("muenster/boundaries/stadtbezirke.geojson", 9, "isg", 9, {}),
    ("muenster/boundaries/stadtteile.geojson", 45, "isg", 45, {}),
    ("muenster/boundaries/stadtzellen.geojson", 174, "isg", 174, {}),
    ("muenster/mobility_survey/mobilitaetsdaten.csv", 54, "is" + "n" * 31 + "i" * 15, 0, {}),
    ("muenster/environment/klimarelevante_daten.csv", 1490, "ssissns", 0, {}),
    ("muenster/parking/car_park_capacity.csv", 20, "sis", 0, {}),
    ("muenster/parking/parking_spaces.geojson", 16, "sbg", 16, {}),
    ("muenster/roadworks/disruptions_seen_in_counts.csv", 7, "sdssssiiss", 0, {}),
    ("muenster/roadworks/documented_closures.csv", 7, "ssssddsssss", 0, {}),
    ("muenster/bike_counts/station_locations_geocoded.csv", 23, "isnnsbbg", 23, {}),
    (
        "muenster/utilities/awm-glascontainer-combined.csv",
        249,
        "sssbbbsnng",
        249,
        {("footer", ""): 1},
    ),
    ("muenster/utilities/awm-glascontainer2017.geojson", 259, "isssinng", 259, {}),
    ("muenster/utilities/haltestellen.geojson", 1584, "ssisg", 1584, {}),
    ("muenster/utilities/ladesaeulen-muenster.csv", 166, "ssssssssnndnsisnssnssissisg", 166, {}),
    ("muenster/utilities/park_and_ride_stationen.csv", 16, "isnnsg", 16, {}),
    ("muenster/utilities/pv_anlagen_stadt_muenster_details.csv", 78, "sssisins", 0, {}),
    ("muenster/portal_usage/beliebteste-datensaetze.csv", 14, "iss", 0, {}),
    ("muenster/portal_usage/datenformate.csv", 10, "si", 0, {}),
    ("muenster/portal_usage/datensaetze-kategorien-2023.csv", 10, "si", 0, {}),
    ("muenster/portal_usage/zugriffszahlen.csv", 45, "diisiisssss", 0, {}),
    (
        f"{HOURLY}/zaehlstelle_neutor_2015_stundenauswertung.csv",
        8760,
        "tiiiii",
        0,
        {**TWICE, ("sum-row", ""): 1},
    ),
    (
        f"{HOURLY}/zaehlstelle_neutor_2015_stundenauswertung.xlsx",
        8760,
        "tiiiii",
        0,
        {**TWICE, ("sum-row", ""): 1},
    ),
    (
        f"{HOURLY}/zaehlstelle_neutor_2016_stundenauswertung.csv",
        8784,
        "tiiiiis",
        0,
        {
            ("integer", "FR stadteinwärts"): 36,
            ("integer", "Temperatur (°C)"): 24,
            ("integer", "Windstärke (km/h)"): 24,
            **TWICE,
            ("sum-row", ""): 1,
        },
    ),
    (
        f"{HOURLY}/zaehlstelle_wolbecker_2016_stundenauswertung.csv",
        8784,
        "tiiiiis",
        0,
        {("integer", "Wolbecker Straße (gesamt)"): 48, **TWICE, ("sum-row", ""): 1},
    ),
    ("berlin/unfaelle_berlin_2018_abschnitte.geojson.gz", 7413, "isssing", 7413, {}),
    ("citizen_text/lille_decidim_debate_comments_2019.csv", 693, "itsiiiiss", 0, {}),
    ("citizen_text/lille_decidim_debates_2019.csv", 29, "isssitsi", 0, {}),
    ("citizen_text/lille_decidim_proposal_comments_2019.csv", 44, "itsiiiiss", 0, {}),
    ("citizen_text/lille_decidim_proposals_2019.csv", 196, "iisssssssiitsis", 0, {}),
    ("muenster/bike_counts/bike_counts_hourly_2019_2026.parquet", 930_750, "sstnii", 0, {}),
    ("muenster/bike_counts/site_min.json", 23, "siis", 0, {}),
    ("muenster/network/osm_centre_streets_2019.geojson.gz", 4535, "iiisng", 4535, {}),
    ("muenster/parking/parking_hourly_2019_2026.parquet", 907_174, "stisi", 0, {}),
    ("helsinki/Helsinki.osm.pbf", 3847, "s" * 23 + "g", 3747, {("geometry-empty", ""): 100}),
]

COUNTS = "muenster/traffic_counts/kfz_counts_2015_2016_raw.zip"
PARKING = "muenster/parking/parking_raw_selected_days.zip"
WAITING = "muenster/waiting_times/citizen_centre_waiting_2019_2021_raw.zip"
AIR = "muenster/environment/air_quality_hourly_2020_2023_raw.zip"
CYCLES = "muenster/bike_counts/bike_counters_15min_raw_selected.zip"
STATION = "luftqualitaet_muenster_20"
AIR_FAULTS = {("time-skipped", "Date"): 2, ("time-twice", "Date"): 2, ("footer", ""): 1}

MEMBERS = [
    (COUNTS, "2015_01_01_24mq.csv", 610, "s" + "i" * 24, {}),
    (COUNTS, "2015_01_09_24mq.csv", 610, "s" + "i" * 24, {("short-row", ""): 14}),
    (COUNTS, "2015_05_14_24mq.csv", 0, "s" * 25, {}),
    (COUNTS, "2016_12_31_24mq.csv", 594, "s" + "i" * 24, {("short-row", ""): 8}),
    (PARKING, "2019-08-19.csv", 14, "t" + "i" * 16, {}),
    (WAITING, "data_citizen_center/2020-06-23.csv", 120, "tiiic", {}),
    (AIR, f"{STATION}20-01-01_2022-01-01_station1140.csv", 17545, "stinnss", AIR_FAULTS),
    (AIR, f"{STATION}20-01-01_2022-01-01_station1303.csv", 17545, "stisnss", AIR_FAULTS),
    (AIR, f"{STATION}22-01-01_2024-01-01_station1140.csv", 17521, "stinnis", AIR_FAULTS),
    (AIR, f"{STATION}22-01-01_2024-01-01_station1303.csv", 17521, "stisnis", AIR_FAULTS),
    (CYCLES, "300037926/2025-12.csv", 2884, "tiiissssssiiissssss", {}),
    (CYCLES, "100031297/2020-05.csv", 2976, "t" + "i" * 14, {}),
]


def found(table: pa.Table, report: Report) -> tuple[int, str, int, dict[tuple[str, str], int]]:
    """Rows, letters of the types, places, and faults by rule and column."""
    known = fields(table)
    places = [n for n, field in known.items() if field.type is FieldType.GEOMETRY]
    # What the checks of the whole table say (rows that stand there twice) is tested with them.
    of_reading = {key: n for key, n in rules(report).items() if key[0] != "duplicate-row"}
    return (
        table.num_rows,
        "".join(LETTERS[field.type] for field in known.values()),
        sum(table.num_rows - table[name].null_count for name in places),
        of_reading,
    )


@pytest.mark.parametrize(("path", "rows", "types", "places", "faults"), WHOLE)
def test_each_real_file_arrives_as_it_was_read_by_hand(shared, path, rows, types, places, faults):
    assert found(*real(shared, path, zone="Europe/Berlin")) == (rows, types, places, faults)


@pytest.mark.parametrize(("archive", "name", "rows", "types", "faults"), MEMBERS)
def test_each_day_of_an_archive_arrives(shared, tmp_path, archive, name, rows, types, faults):
    given = found(*member(shared, tmp_path, archive, name, zone="Europe/Berlin"))
    assert given == (rows, types, 0, faults)


@pytest.mark.parametrize(
    ("feed", "rows"),
    [
        (
            "sample-feed-1.zip",
            {"agency": 1, "calendar": 2, "calendar_dates": 1, "fare_attributes": 2}
            | {"fare_rules": 4, "frequencies": 11, "routes": 5, "shapes": 0, "stop_times": 28}
            | {"stops": 9, "trips": 11},
        ),
        (
            "test_broken_gtfs.zip",
            {"agency": 1, "calendar": 4068, "calendar_dates": 32, "fare_attributes": 7}
            | {"fare_rules": 29, "feed_info": 1, "routes": 479, "stop_times": 1999, "stops": 199}
            | {"transfers": 11, "trips": 401},
        ),
    ],
)
def test_each_table_of_a_feed_is_a_sheet(shared, feed, rows):
    given = parcel_of(shared / "data/gtfs" / feed)
    assert {name.removesuffix(".txt") for name in sheets(given)} == set(rows)
    assert {name: read(given, sheet=name)[0].num_rows for name in rows} == rows
    stops, report = read(given)
    assert (stops.num_rows, stops["geometry"].null_count) == (rows["stops"], 0)
    assert any("a GTFS feed" in step for step in report.steps)
    fares, report = read(given, sheet="fare_attributes")
    assert (set(fares["currency_type"].to_pylist()) <= {"USD", "EUR"}, report.faults) == (True, ())


def test_what_real_files_do_not_say_is_asked(shared):
    def asked(path):
        found = read_parcels([parcel_of(shared / "data" / path)])
        return [question.id for question in found.report.questions]

    assert asked(f"{MESSY}/dataset02.csv") == ["crs:X Co-ordinate,Y Co-ordinate"]
    assert asked(f"{MESSY}/dataset04.csv") == ["date-order:DATA"]


def test_costs_that_were_broken_on_export_are_numbers_again(shared):
    table, _ = real(shared, f"{MESSY}/dataset02.csv")
    costs = table["Final Cost"].to_pylist()
    assert costs[0] == 22789.43
    assert {20878.33, 24272.74} <= set(costs)


def test_texts_of_citizens_stay_whole_and_their_keys_are_keys(shared):
    table, _ = real(shared, "citizen_text/lille_decidim_debate_comments_2019.csv")
    assert fields(table)["author/id"].role is FieldRole.IDENTIFIER
    assert table["id"][0].as_py() == 515
    assert table["body"][0].as_py().startswith("l'état devrait mieux écouter les maires ")
    assert table["created_at"][0].as_py() == datetime(2019, 1, 17, 9, 38, 20, tzinfo=UTC)
