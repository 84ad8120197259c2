"""Parcels of one part become one table as the plan says; what does not fit is kept and told."""

from datetime import date

import pytest
from tests.standardise.parcels import fields, parcel

from citycommons.core.errors import Invalid
from citycommons.core.tables import LINE, REASON
from citycommons.core.types import Field, FieldType, Plan, Policy
from citycommons.standardise.read import standardised


def test_the_pages_of_one_table_are_one_table(tmp_path):
    pages = [
        parcel(tmp_path, "id;name;count\n1;north;5\n2;south;x7\n", "p1.csv"),
        parcel(tmp_path, "count;ID;note\n9;3;late\n", "p2.csv"),
        parcel(tmp_path, '[{"id": 4, "name": "west"}]', "p3.json"),
    ]
    found = standardised(pages)
    assert found.table.to_pydict() == {
        "id": [1, 2, 3, 4],
        "name": ["north", "south", None, "west"],
        "count": ["5", "x7", "9", None],
        "note": [None, None, "late", None],
    }
    assert found.lines == (2, 3, 2, 1)
    assert "3 files put one after the other: p1.csv, p2.csv, p3.json" in found.report.steps


def test_rows_that_do_not_fit_are_kept_as_they_stood_where_the_plan_says_so(tmp_path):
    content = (
        "day;count;flow\n1.3.2026;4;2,5\n2.3.2026;viele;weg\n3.3.2026;5;7,25\n31.2.2026;6;1,0\n"
        "5.3.2026;7;1,5;too;much\n"
    )
    declared = (
        Field(name="count", type=FieldType.INTEGER),
        Field(name="flow", type=FieldType.NUMBER),
        Field(name="day", type=FieldType.DATE),
    )
    plan = Plan(fields=declared, policy=Policy.REJECT_ROW)
    found = standardised([parcel(tmp_path, content)], plan=plan)
    assert found.table.to_pydict() == {
        "day": [date(2026, 3, 1), date(2026, 3, 3)],
        "count": [4, 5],
        "flow": [2.5, 7.25],
    }
    assert found.rejects is not None
    kept = found.rejects.select([LINE, REASON, "day", "count", "flow"]).to_pylist()
    assert kept[:2] == [
        {
            LINE: 3,
            REASON: "“count” does not fit; “flow” does not fit",
            "day": "2.3.2026",
            "count": "viele",
            "flow": "weg",
        },
        {
            LINE: 5,
            REASON: "“day” does not fit",
            "day": "31.2.2026",
            "count": "6",
            "flow": "1,0",
        },
    ]
    assert kept[2][LINE] == 6
    assert kept[2]["day"].startswith("5.3.2026")
    assert found.report.rejected == 3
    assert found.lines == (2, 4)
    assert {(f.line, f.column, f.is_rejected) for f in found.report.faults} == {
        (6, "", True),
        (3, "count", True),
        (3, "flow", True),
        (5, "day", True),
        (6, "", True),
    }


def test_a_delivery_waits_where_the_plan_says_so(tmp_path):
    given = parcel(tmp_path, "count\n4\nviele\n")
    count = (Field(name="count", type=FieldType.INTEGER),)
    held = standardised([given], plan=Plan(fields=count, policy=Policy.REJECT_DELIVERY))
    assert held.report.verdict is Policy.REJECT_DELIVERY
    assert standardised([given], plan=Plan(fields=count)).report.verdict is Policy.FLAG


def test_a_renamed_column_is_declared_under_its_new_name(tmp_path):
    declared = (Field(name="counter", type=FieldType.STRING, title={"en": "Counter"}),)
    plan = Plan(renames={"Zähl-Stelle": "counter", "n": "Wert"}, fields=declared)
    found = standardised([parcel(tmp_path, "ZÄHL-STELLE;n;Wert\n7;1;2\n")], plan=plan)
    assert found.table.to_pydict() == {"counter": ["7"], "n": [1], "Wert": [2]}
    assert fields(found.table)["counter"].title == {"en": "Counter"}
    again = standardised([parcel(tmp_path, "wert;Zähl stelle;N\n2;7;1\n")])
    assert again.shape == found.shape


def test_unsure_dates_are_asked_and_the_answer_is_kept(tmp_path):
    given = parcel(tmp_path, "seen;n\n01/02/2026;1\n03/04/2026;2\n")
    found = standardised([given])
    (question,) = found.report.questions
    assert (question.id, question.kind) == ("date-order:seen", "date-order")
    assert [choice.value for choice in question.choices] == ["day.month.year", "month/day/year"]
    assert found.table["seen"].to_pylist() == [date(2026, 2, 1), date(2026, 4, 3)]
    told = standardised([given], plan=Plan(answers={"date-order:seen": "month/day/year"}))
    assert told.table["seen"].to_pylist() == [date(2026, 1, 2), date(2026, 3, 4)]
    assert told.report.questions == ()


def test_no_file_at_all_is_said():
    with pytest.raises(Invalid, match="no file"):
        standardised([])
