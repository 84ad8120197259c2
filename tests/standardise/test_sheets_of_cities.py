"""Sheets as cities make them: merged headers, several tables, units, sums, footnotes, errors."""

import time
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import xlsxwriter
from tests.standardise.parcels import fields, parcel_of, read_text, rules

from citycommons.core.errors import NotFound
from citycommons.core.types import Plan
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.read import read, standardised
from citycommons.standardise.workbook import Workbook


def sheet(path: Path, rows, merges=(), prepare=None, **options):
    """An XLSX of one sheet; `merges` are (first row, first column, last row, last column, text)."""
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet("Tabelle1")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(r, c, value, day)
                elif value is not None:
                    page.write(r, c, value)
        for merge in merges:
            page.merge_range(*merge)
        if prepare:
            prepare(page, book)
    return parcel_of(path)


def drafted(given, table=None) -> Draft:
    source = Source(
        path=given.path,
        name=given.name,
        head=given.path.read_bytes()[:65536],
        table=table,
        most_bytes=1 << 30,
        workspace=given.path.parent,
    )
    return Workbook().read(source)


def test_merged_header_rows_are_joined(tmp_path):
    rows = [
        ["Einwohner nach Stadtbezirk und Geschlecht"],
        [],
        [None, None, None, None, None],
        [None, "Männer", "Frauen", "Männer", "Frauen"],
        ["Mitte", 10, 12, 11, 13],
        ["West", 20, 22, 21, 23],
    ]
    merges = [(2, 0, 3, 0, "Bezirk"), (2, 1, 2, 2, "2023"), (2, 3, 2, 4, "2024")]
    table, report = read(sheet(tmp_path / "a.xlsx", rows, merges))
    assert table.to_pylist() == [
        {
            "Bezirk": "Mitte",
            "2023 / Männer": 10,
            "2023 / Frauen": 12,
            "2024 / Männer": 11,
            "2024 / Frauen": 13,
        },
        {
            "Bezirk": "West",
            "2023 / Männer": 20,
            "2023 / Frauen": 22,
            "2024 / Männer": 21,
            "2024 / Frauen": 23,
        },
    ]
    assert "1 title rows left out: Einwohner nach Stadtbezirk und Geschlecht" in report.steps
    assert "2 header rows joined" in report.steps


def test_a_header_of_two_lines_in_a_csv_is_joined_without_knowing_merges(tmp_path):
    text = "Bezirk;2023;;2024;\n;m;w;m;w\nMitte;10;12;11;13\nWest;20;22;21;23\n"
    table, _ = read_text(tmp_path, text)
    assert table.column_names == ["Bezirk", "2023 / m", "2023 / w", "2024 / m", "2024 / w"]
    assert table["2024 / w"].to_pylist() == [13, 23]


def test_units_below_the_header_are_those_of_the_columns(tmp_path):
    rows = [["Jahr", "Strom", "Fläche"], [None, "kWh", "m²"], [2023, 5.5, 3], [2024, 6.5, 4]]
    table, report = read(sheet(tmp_path / "a.xlsx", rows))
    assert table["Strom"].to_pylist() == [5.5, 6.5]
    assert (fields(table)["Strom"].unit, fields(table)["Fläche"].unit) == ("kWh", "m2")
    assert report.faults == ()


def test_a_row_that_numbers_the_columns_is_no_data(tmp_path):
    text = "Bezirk;Einwohner;Fläche\n1;2;3\nMitte;100;7\nWest;200;9\n"
    table, report = read_text(tmp_path, text)
    assert table["Einwohner"].to_pylist() == [100, 200]
    assert "a row that numbers the columns left out" in report.steps


def test_tables_below_and_beside_one_another_are_chosen_and_asked_for(tmp_path):
    rows = [
        ["Haushalte"],
        ["Bezirk", "Zahl", None, None, "Straße", "Länge"],
        ["Mitte", 10, None, None, "A", 1.5],
        ["West", 20, None, None, "B", 2.5],
        ["Ost", 30],
        [],
        ["Wohnungen"],
        ["Jahr", "leer", "belegt"],
        [2023, 1, 9],
        [2024, 2, 8],
    ]
    given = sheet(tmp_path / "a.xlsx", rows)
    draft = drafted(given)
    (question,) = draft.questions
    assert question.kind == "table"
    assert [choice.value for choice in question.choices] == ["1", "2", "3"]
    assert [choice.title for choice in question.choices] == ["Haushalte", "Wohnungen", "E2:F4"]
    assert drafted(given, 1).table["Bezirk"].to_pylist() == ["Mitte", "West", "Ost"]
    assert drafted(given, 2).table.to_pydict() == {
        "Jahr": ["2023", "2024"],
        "leer": ["1", "2"],
        "belegt": ["9", "8"],
    }
    assert drafted(given, 3).table["Länge"].to_pylist() == ["1.5", "2.5"]
    with pytest.raises(NotFound, match="no table 4"):
        drafted(given, 4)


def test_a_blank_row_or_a_spacer_column_does_not_cut_a_table(tmp_path):
    rows = [
        ["Ort", "n", None, "m"],
        ["a", 1, None, 2],
        [],
        ["b", 3, None, 4],
    ]
    draft = drafted(sheet(tmp_path / "a.xlsx", rows))
    assert draft.questions == []
    assert draft.table.to_pydict() == {"Ort": ["a", "b"], "n": ["1", "3"], "m": ["2", "4"]}
    assert draft.lines(np.arange(2)).tolist() == [2, 4]


def test_sums_between_and_below_are_kept_aside_when_they_add_up(tmp_path):
    rows = [
        ["Bezirk", "Straße", "Zahl"],
        ["Mitte", "A", 10],
        ["Mitte", "B", 20],
        ["Summe", None, 30],
        ["West", "C", 5],
        ["West", "D", 6],
        ["Summe", None, 11],
        ["Gesamt", None, 41],
    ]
    table, report = read(sheet(tmp_path / "a.xlsx", rows))
    assert table["Zahl"].to_pylist() == [10, 20, 5, 6]
    assert [(f.rule, f.line, f.is_rejected) for f in report.faults] == [
        ("sum-row", 4, True),
        ("sum-row", 7, True),
        ("sum-row", 8, True),
    ]


def test_a_total_that_is_no_sum_stays_and_is_flagged(tmp_path):
    text = "sex,year,rate\nTotal,2023,7.1\nm,2023,6.0\nf,2023,8.0\nm,2024,6.5\nf,2024,7.5\n"
    table, report = read_text(tmp_path, text)
    assert table.num_rows == 5
    assert [(f.rule, f.line, f.is_rejected) for f in report.faults] == [("sum-row", 2, False)]


def test_the_header_in_the_middle_is_kept_aside(tmp_path):
    text = "id,name,n\n1,a,10\n2,b,20\nid,name,n\n3,c,30\n"
    table, report = read_text(tmp_path, text)
    assert table["n"].to_pylist() == [10, 20, 30]
    assert [(f.rule, f.line) for f in report.faults] == [("repeated-header", 4)]


def test_footnotes_and_sources_are_no_rows(tmp_path):
    rows = [
        ["Bezirk", "Zahl", "Anteil"],
        ["Mitte", 10, 0.5],
        ["West¹", 10, 0.5],
        ["Insgesamt", 20, 1],
        ["1) ohne Nebenwohnsitze"],
        [],
        ["Quelle: Statistikamt, eigene Berechnung"],
    ]
    table, report = read(sheet(tmp_path / "a.xlsx", rows))
    assert table["Bezirk"].to_pylist() == ["Mitte", "West¹"]
    assert sorted((f.rule, f.line) for f in report.faults) == [
        ("footer", 5),
        ("footer", 7),
        ("sum-row", 4),
    ]


def test_errors_hidden_parts_and_numbers_typed_as_text_are_told(tmp_path):
    def prepare(page, book):
        page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        page.set_row(3, None, None, {"hidden": True})
        page.set_column(2, 2, None, None, {"hidden": True})

    rows = [["a", "b", "c"], ["x", 1, 2], ["y", None, 3], ["z", "1.234,5", 4], ["w", 7.5, 5]]
    table, report = read(sheet(tmp_path / "a.xlsx", rows, prepare=prepare))
    assert table["b"].to_pylist() == [1.0, None, 1234.5, 7.5]
    assert rules(report)["formula-error", "B"] == 1
    assert rules(report)["text-number", "b"] == 1
    assert "1 hidden rows are data too, the first in line 4" in report.steps
    assert "hidden columns are data too: C" in report.steps


def test_the_calendar_of_1904_is_kept(tmp_path):
    rows = [["Datum", "n"], [date(2025, 3, 31), 1], [date(2025, 4, 1), 2]]
    table, report = read(sheet(tmp_path / "a.xlsx", rows, date_1904=True))
    assert table["Datum"].to_pylist() == [date(2025, 3, 31), date(2025, 4, 1)]
    assert "the workbook counts its days from 1904" in report.steps


def test_years_as_columns_stay_and_are_said(tmp_path):
    rows = [["Bezirk", 2021, 2022, 2023], ["Mitte", 1, 2, 3], ["West", 4, 5, 6]]
    table, report = read(sheet(tmp_path / "a.xlsx", rows))
    assert table.column_names == ["Bezirk", "2021", "2022", "2023"]
    assert "columns 2021 to 2023 are years: kept as one column a year" in report.steps


def test_a_hundred_thousand_rows_take_seconds(tmp_path):
    path = tmp_path / "big.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for c, name in enumerate("abcdefgh"):
            page.write(0, c, name)
        for r in range(1, 100_001):
            for c in range(8):
                page.write(r, c, r * c if c else f"row {r % 97}")
    start = time.perf_counter()
    draft = drafted(parcel_of(path))
    assert draft.table.num_rows == 100_000
    assert time.perf_counter() - start < 20


def test_an_open_document_sheet_is_read(tmp_path):
    path = tmp_path / "a.ods"
    columns = [np.array(["Mitte", "West"], object), np.array([10.5, 20.25])]
    pyogrio.raw.write(path, None, columns, ["Bezirk", "Anteil"], geometry_type=None, driver="ODS")
    table, report = read(parcel_of(path))
    assert table.to_pydict() == {"Bezirk": ["Mitte", "West"], "Anteil": [10.5, 20.25]}
    assert report.faults == ()


def test_codes_keep_the_zeros_that_the_sheet_shows(tmp_path):
    path = tmp_path / "codes.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A")
        five, two = (book.add_format({"num_format": zeros}) for zeros in ("00000", "00"))
        sheet.write_row(0, 0, ["Comune", "CAP", "Mese", "Valore"])
        for row, (name, code, month) in enumerate(
            [("Torino", 10121, 1), ("Roma", 118, 2), ("Ivrea", 10015, 11), ("?", 99.5, 12)], start=1
        ):
            sheet.write(row, 0, name)
            sheet.write(row, 1, code, five)
            sheet.write(row, 2, month, two)
            sheet.write(row, 3, row * 100)
    table, report = read(parcel_of(path))
    assert table["CAP"].to_pylist() == ["10121", "00118", "10015", "99.5"]
    assert table["Mese"].to_pylist() == ["01", "02", "11", "12"]
    assert table["Valore"].to_pylist() == [100, 200, 300, 400]
    assert "codes read with the leading zeros that the sheet shows: column B, C" in report.steps


def test_cells_merged_downwards_stand_in_each_of_their_rows(tmp_path):
    path = tmp_path / "streets.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A")
        sheet.write_row(0, 0, ["Straße", "Richtung", "Jahr", "Kosten", "Kfz"])
        sheet.merge_range("A2:A3", "Hauptstr.")
        sheet.merge_range("A4:A6", "Ring")
        sheet.merge_range("C2:C6", 2023)
        sheet.merge_range("D2:D3", 950.5)
        for row, (way, count) in enumerate(
            [("ein", 41), ("aus", 42), ("ein", 61), ("aus", 62), ("quer", 63)], start=1
        ):
            sheet.write(row, 1, way)
            sheet.write(row, 4, count)
        sheet.write_row(6, 0, ["Weg", "ein", 2024, 10, 71])
    table, report = read(parcel_of(path))
    assert table["Straße"].to_pylist() == ["Hauptstr."] * 2 + ["Ring"] * 3 + ["Weg"]
    assert table["Jahr"].to_pylist() == [2023] * 5 + [2024]
    assert table["Kosten"].to_pylist() == [950.5, 950.5, None, None, None, 10.0]
    assert table["Kfz"].to_pylist() == [41, 42, 61, 62, 63, 71]
    assert "2 merged cells of “Straße” filled down to all of their rows" in report.steps
    assert [(f.rule, f.column, f.line, f.value) for f in report.faults] == [
        ("merged-number", "Kosten", 2, "950.5")
    ]


def test_two_tables_side_by_side_are_asked_about(tmp_path):
    left = [["Zona", "Acc"], *([f"Z{i}", i] for i in range(5))]
    right = [["Mese", "Tot"], *([f"M{i}", i * i] for i in range(5))]
    rows = [[*a, None, None, *b] for a, b in zip(left, right, strict=True)]
    path = sheet(tmp_path / "side.xlsx", rows)
    found = standardised([path])
    assert found.table.to_pydict() == {"Zona": [f"Z{i}" for i in range(5)], "Acc": list(range(5))}
    (question,) = [q for q in found.report.questions if q.kind == "table"]
    assert [choice.evidence for choice in question.choices] == [
        "A1:B6, 6 rows, 2 columns",
        "E1:F6, 6 rows, 2 columns",
    ]
    other = standardised([path], plan=Plan(table=2))
    assert other.table["Tot"].to_pylist() == [0, 1, 4, 9, 16]


def test_repeated_cells_and_rows_of_an_open_document_stand_in_each_place(tmp_path):
    def cell(text, kind="string", more=""):
        value = f' office:value="{text}"' if kind == "float" else ""
        return (
            f'<table:table-cell office:value-type="{kind}"{value}{more}><text:p>{text}</text:p>'
            "</table:table-cell>"
        )

    twice = ' table:number-columns-repeated="2"'
    rows = [
        cell("Ort") + cell("2022") + cell("2023"),
        cell("Nord") + cell("7", "float", twice),
        cell("Süd") + "<table:table-cell/>" + cell("9.5", "float"),
    ]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    again = f'<table:table-row table:number-rows-repeated="3">{cell("West")}{cell("1", "float")}'
    body += f"{again}{cell('2', 'float')}</table:table-row>"
    empty = '<table:table-cell table:number-columns-repeated="1024"/>'
    body += f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text")
    )
    path = tmp_path / "again.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
            f'<office:spreadsheet><table:table table:name="A">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    table, report = read(parcel_of(path))
    assert table.to_pydict() == {
        "Ort": ["Nord", "Süd", "West", "West", "West"],
        "2022": [7, None, 1, 1, 1],
        "2023": [7.0, 9.5, 2.0, 2.0, 2.0],
    }
    assert "sheet A" in report.steps
