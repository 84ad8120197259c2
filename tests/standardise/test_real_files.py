"""Real messy files of cities, read as they came; skipped where they are not at hand."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from tests.standardise.parcels import fields, parcel, parcel_of, rules

from citycommons.core.tables import Report
from citycommons.standardise.read import read


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
