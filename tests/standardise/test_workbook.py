"""Workbooks: sheets, titles, dates as serial numbers, and mixed cells."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from tests.standardise.biff import DAY
from tests.standardise.biff import workbook as workbook_97
from tests.standardise.parcels import fields, parcel, parcel_of

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.read import read


def workbook(path: Path, **sheets):
    """An XLSX whose sheets hold these rows; dates are written as dates."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(r, c, value, moment)
                    elif isinstance(value, date):
                        sheet.write_datetime(r, c, value, day)
                    elif value is not None:
                        sheet.write(r, c, value)
    return parcel_of(path)


def test_a_sheet_with_title_and_sum_is_read(tmp_path):
    rows = [
        ["Counts of 2015"],
        [],
        ["hour", "count", "code", "open"],
        [datetime(2015, 1, 1, 0, 0), 111, "007", True],  # noqa: DTZ001
        [datetime(2015, 1, 1, 1, 0), 230.5, "012", False],  # noqa: DTZ001
        ["Total", 341.5],
    ]
    table, report = read(workbook(tmp_path / "w.xlsx", Counts=rows), zone="Europe/Berlin")
    assert table.to_pydict() == {
        "hour": [datetime(2014, 12, 31, 23, tzinfo=UTC), datetime(2015, 1, 1, 0, tzinfo=UTC)],
        "count": [111.0, 230.5],
        "code": ["007", "012"],
        "open": [True, False],
    }
    assert [(f.rule, f.line) for f in report.faults] == [("sum-row", 6)]
    assert "sheet Counts" in report.steps


def test_serial_numbers_below_a_dates_name_are_dates(tmp_path):
    rows = [["Datum", "n"], [45747, 45747], [45748, 45748]]
    table, _ = read(workbook(tmp_path / "w.xlsx", A=rows))
    assert table["Datum"].to_pylist() == [date(2025, 3, 31), date(2025, 4, 1)]
    assert table["n"].to_pylist() == [45747, 45748]
    assert fields(table)["Datum"].evidence == "days of the workbook's calendar"


def test_the_largest_sheet_is_read_and_the_others_named(tmp_path):
    sheets = {"Info": [["a note"]], "Data": [["a", "b"], [1, 2], [3, 4]]}
    given = workbook(tmp_path / "w.xlsx", **sheets)
    table, report = read(given)
    assert table.to_pydict() == {"a": [1, 3], "b": [2, 4]}
    assert "other sheets not read: Info" in report.steps
    with pytest.raises(NotFound, match="Info, Data"):
        read(given, sheet="Missing")


def test_lines_are_rows_of_the_sheet(tmp_path):
    rows = [["t"], [], ["a", "b"], *([i, "x"] for i in range(60)), [None, None], ["ca. 3", "x"]]
    _, report = read(workbook(tmp_path / "w.xlsx", A=rows))
    assert [(f.line, f.value) for f in report.faults] == [(65, "ca. 3")]


def test_an_empty_sheet_is_invalid(tmp_path):
    with pytest.raises(Invalid, match="empty"):
        read(workbook(tmp_path / "w.xlsx", A=[]))


def test_an_old_office_document_is_no_workbook(tmp_path):
    given = parcel(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "letter.xls")
    with pytest.raises(Invalid, match=r"letter\.xls is no workbook"):
        read(given)


def test_a_workbook_of_excel_97_is_read_with_dates_and_merged_cells(tmp_path):
    rows = [
        ["Zählung im Frühjahr", None, None, None],
        ["Straße", "Tag", "Kfz", "offen"],
        ["Müllerstraße", (45016.0, DAY), 41.5, True],
        [None, (45017.0, DAY), 100.0, False],
        ["Königsallee", (45018.0, DAY), 3.0, True],
        ["Summe", None, 144.5, None],
    ]
    data = workbook_97("Zählung", rows, merged=[(0, 0, 0, 3), (2, 3, 0, 0)])
    table, report = read(parcel(tmp_path, data, "zaehlung.xls"))
    assert table.to_pydict() == {
        "Straße": ["Müllerstraße", "Müllerstraße", "Königsallee"],
        "Tag": [date(2023, 3, 31), date(2023, 4, 1), date(2023, 4, 2)],
        "Kfz": [41.5, 100.0, 3.0],
        "offen": [True, False, True],
    }
    assert "sheet Zählung" in report.steps
    assert [(f.rule, f.line) for f in report.faults] == [("sum-row", 6)]
