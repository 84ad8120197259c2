"""Rejected rows go out as a file, come back repaired, and become data once."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.tables import LINE, REASON
from citycommons.core.types import (
    ANYONE,
    Correspondence,
    Dataset,
    DatasetId,
    Digest,
    Field,
    FieldType,
    Parcel,
    Plan,
    Policy,
    PublisherId,
    Rule,
)
from citycommons.share import rejects
from citycommons.share.publish import describe, prepare, publish
from citycommons.standardise.read import standardised
from citycommons.store import plans

ID = DatasetId("counts")
NOT_BELOW = Rule(
    kind="range", columns=("riders",), options={"minimum": 0}, policy=Policy.REJECT_ROW
)
DATASET = Dataset(
    id=ID,
    title={"en": "Counts"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    rules=(NOT_BELOW,),
)
PLAN = Plan(
    fields=(
        Field(name="riders", type=FieldType.INTEGER),
        Field(name="speed", type=FieldType.NUMBER),
    ),
    policy=Policy.REJECT_ROW,
)
MESSY = """day;site;riders;speed
13.03.2026;Nord;120;17,5
14.03.2026;Nord;viele;18,25
15.03.2026;Nord;-4;19,0
16.03.2026;Nord;130;1.017,5;what
17.03.2026;Nord;140;16,75
"""


def parcel(path: Path) -> Parcel:
    digest = Digest(sha256(path.read_bytes()).hexdigest())
    received = datetime(2026, 3, 20, tzinfo=UTC)
    return Parcel(path=path, name=path.name, digest=digest, received=received)


@pytest.fixture
def counts(city, admin, tmp_path):
    """A published version of two rows, with three kept aside."""
    file = tmp_path / "counts.csv"
    file.write_text(MESSY)
    found = standardised([parcel(file)], plan=PLAN, rules=DATASET.rules)
    prepared = prepare(
        city.lake, DATASET, found.table, found.report, rejects=found.rejects, faults=found.faults
    )
    with city.work(admin) as work:
        version = publish(work, DATASET, prepared).version
        plans.save(work.db, plans.of_dataset(ID), PLAN, by=admin.id, now=work.now)
    return version


def edited(path: Path, to: Path, cells: dict[tuple[int, str], Any]) -> Path:
    """As somebody does it in a spreadsheet: open, change cells, save."""
    with CalamineWorkbook.from_path(str(path)) as book:
        names = book.sheet_names
        sheets = [book.get_sheet_by_name(name).to_python() for name in names]
    header = sheets[0][0]
    for row in sheets[0][1:]:
        for (line, name), value in cells.items():
            if row[header.index(LINE)] == line:
                row[header.index(name)] = value
    made = xlsxwriter.Workbook(str(to), {"default_date_format": "yyyy-mm-dd"})
    for name, rows in zip(names, sheets, strict=True):
        sheet = made.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    made.close()
    return to


def rows(city, version) -> list[tuple[Any, ...]]:
    table = pq.read_table(city.lake.existing(version.file))
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_rows_are_kept_as_they_stood_with_line_and_reason(city, admin, counts):
    assert (counts.rows, counts.rejected) == (2, 3)
    with city.work(admin) as work:
        aside = rejects.of_version(work, ID)
    assert aside.column_names == [LINE, REASON, "day", "site", "riders", "speed", "column_5"]
    assert aside[LINE].to_pylist() == [3, 4, 5]
    assert aside["riders"].to_pylist() == ["viele", "-4", "130"]
    assert aside["speed"].to_pylist() == ["18,25", "19,0", "1.017,5"]
    assert "“riders” does not fit" in aside[REASON][0].as_py()
    assert "“-4” is less than 0" in aside[REASON][1].as_py()
    assert "5 cells where 4 belong" in aside[REASON][2].as_py()


def test_rejected_rows_are_for_those_who_publish(city, counts):
    with city.work(ANYONE) as work, pytest.raises(Forbidden):
        rejects.of_version(work, ID)


def test_a_file_that_was_repaired_in_a_spreadsheet_makes_the_next_version(
    city, admin, counts, tmp_path
):
    with city.work(admin) as work:
        aside = rejects.of_version(work, ID)
    out = tmp_path / "out.xlsx"
    rejects.as_workbook(out, aside, about="Counts, version 1")
    # Line 3 gets a number and a day as spreadsheets hold them, line 5 loses its spare cell,
    # line 4 is repaired wrongly.
    back = edited(
        out,
        tmp_path / "back.xlsx",
        {(3, "riders"): 125, (3, "speed"): 18.5, (4, "riders"): -5, (5, "column_5"): None},
    )
    assert rejects.is_repair(parcel(back))
    done = rejects.repair(city, admin, ID, parcel(back))
    assert (done.added, done.still, done.unknown) == (2, 1, 0)
    assert (done.version.number, done.version.rows, done.version.rejected) == (2, 4, 1)
    speeds = {row[0].day: row[2:] for row in rows(city, done.version)}
    assert speeds == {13: (120, 17.5), 14: (125, 18.5), 16: (130, 1017.5), 17: (140, 16.75)}
    assert done.version.provenance.derived_from == ("counts@1",)
    left = pq.read_table(city.lake.existing(done.version.rejects))
    assert left.select([LINE, "riders"]).to_pylist() == [{LINE: 4, "riders": "-5"}]
    listed = pq.read_table(city.lake.existing(done.version.report))
    assert listed.filter(listed["is_rejected"])["line"].to_pylist() == [4]
    # The same file again adds nothing, and makes no version.
    again = rejects.repair(city, admin, ID, parcel(back))
    assert (again.added, again.version.number) == (0, 2)
    # The first download, repaired further, still finds the one row that is left.
    last = edited(out, tmp_path / "last.xlsx", {(4, "riders"): 4, (3, "riders"): 999})
    done = rejects.repair(city, admin, ID, parcel(last))
    assert (done.added, done.still, done.unknown) == (1, 0, 2)
    assert (done.version.number, done.version.rows, done.version.rejects) == (3, 5, None)
    assert done.version.rejected == 0
    assert [fault.rule for fault in done.version.faults] == []


def test_csv_goes_out_and_comes_back_whatever_the_spreadsheet_made_of_it(
    city, admin, counts, tmp_path
):
    with city.work(admin) as work:
        text = rejects.as_csv(rejects.of_version(work, ID)).decode("utf-8-sig")
    assert text.startswith("line,what was wrong,day,site,riders,speed,column_5\r\n3,")
    rewritten = "\n".join(
        [
            "line;what was wrong;day;site;riders;speed",
            "3;“riders” does not fit;14.03.2026;Nord;118;18,25",
        ]
    )
    back = tmp_path / "back.csv"
    back.write_bytes(rewritten.replace("“", "").replace("”", "").encode("cp1252"))
    done = rejects.repair(city, admin, ID, parcel(back))
    assert (done.added, done.version.rows) == (1, 3)
    assert (14, 118) in {(row[0].day, row[2]) for row in rows(city, done.version)}


def test_a_line_that_is_another_row_now_is_left_alone(city, admin, counts, tmp_path):
    back = tmp_path / "back.csv"
    back.write_text("line,what was wrong,day,site,riders,speed\n3,x,1.1.2020,Süd,1,1\n")
    done = rejects.repair(city, admin, ID, parcel(back))
    assert (done.added, done.unknown, done.version.number) == (0, 1, 1)


def test_a_file_that_is_no_repair_is_refused_in_words(city, admin, counts, tmp_path):
    file = tmp_path / "other.csv"
    file.write_text(MESSY)
    assert not rejects.is_repair(parcel(file))
    with pytest.raises(Invalid, match="no file of rejected rows"):
        rejects.repair(city, admin, ID, parcel(file))
    with pytest.raises(Forbidden):
        rejects.repair(city, ANYONE, ID, parcel(file))


def test_without_a_version_or_rejected_rows_nothing_is_done(city, admin, tmp_path):
    prepared = prepare(city.lake, DATASET, pa.table({"riders": [1]}))
    with city.work(admin) as work:
        publish(work, DATASET, prepared)
        with pytest.raises(NotFound, match="No rows"):
            rejects.of_version(work, ID)
    back = tmp_path / "back.csv"
    back.write_text("line,what was wrong,riders\n3,x,1\n")
    done = rejects.repair(city, admin, ID, parcel(back))
    assert (done.added, done.unknown) == (0, 1)


def test_a_row_that_stands_in_the_version_already_stays_aside(city, admin, counts, tmp_path):
    once = Rule(kind="unique", columns=("day", "site"), policy=Policy.REJECT_ROW)
    with city.work(admin) as work:
        describe(work, replace(DATASET, rules=(NOT_BELOW, once)))
    back = tmp_path / "back.csv"
    back.write_text(
        "line,what was wrong,day,site,riders,speed\n"
        '3,x,13.03.2026,Nord,125,"18,25"\n4,x,15.03.2026,Nord,4,"19,0"\n'
    )
    done = rejects.repair(city, admin, ID, parcel(back))
    assert (done.added, done.still, done.version.rows) == (1, 1, 3)
    left = pq.read_table(city.lake.existing(done.version.rejects))
    kept = {row[LINE]: row for row in left.to_pylist()}
    assert set(kept) == {3, 5}
    assert "a second time" in kept[3][REASON]
    assert kept[3]["day"] == "13.03.2026"


def test_rows_of_a_mapped_table_come_back_by_the_columns_of_the_file(city, admin, tmp_path):
    said = Correspondence(
        model="street-light", columns={"id": "Mast", "lamp": "Lampe", "power": "Leistung [kW]"}
    )
    plan = Plan(
        fields=(Field(name="Leistung [kW]", type=FieldType.NUMBER, unit="kW"),),
        mapping=said,
        policy=Policy.REJECT_ROW,
    )
    file = tmp_path / "lights.csv"
    file.write_text("Mast;Lampe;Leistung [kW]\nM-1;LED;0,035\nM-2;NAV;viel\nM-3;LED;0,06\n")
    found = standardised([parcel(file)], plan=plan)
    lights = replace(DATASET, id=DatasetId("lights"), rules=())
    prepared = prepare(city.lake, lights, found.table, found.report, rejects=found.rejects)
    with city.work(admin) as work:
        publish(work, lights, prepared)
        plans.save(work.db, plans.of_dataset(lights.id), plan, by=admin.id, now=work.now)
        aside = rejects.of_version(work, lights.id)
    out = tmp_path / "out.xlsx"
    rejects.as_workbook(out, aside)
    back = edited(out, tmp_path / "back.xlsx", {(3, "Leistung [kW]"): 0.07})
    done = rejects.repair(city, admin, lights.id, parcel(back))
    assert (done.added, done.still) == (1, 0)
    table = pq.read_table(city.lake.existing(done.version.file))
    assert dict(zip(table["id"].to_pylist(), table["power"].to_pylist(), strict=True)) == {
        "M-1": 35.0,
        "M-2": 70.0,
        "M-3": 60.0,
    }
    assert set(table["lamp"].to_pylist()) == {"led", "sodium"}
