"""What a table gets checked without anybody asking."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from citycommons.core.types import Field, FieldRole, FieldType, Policy
from citycommons.standardise.checks import Known, check, suggested
from citycommons.standardise.faults import Faults

START = datetime(2026, 3, 1, tzinfo=UTC)


def test_totals_that_add_up_in_most_rows_are_summed_and_the_others_told():
    table = pa.table(
        {
            "Jahr": [2020, 2021, 2022, 2023, 2024],
            "männlich": [10, 11, 12, 13, 14],
            "weiblich": [20, 21, 22, 23, 24],
            "Insgesamt": [30, 32, 34, 99, 38],
        }
    )
    kinds = (FieldRole.CATEGORY, FieldRole.MEASURE, FieldRole.MEASURE, FieldRole.MEASURE)
    fields = [
        Field(name=name, type=FieldType.INTEGER, role=role)
        for name, role in zip(table.column_names, kinds, strict=True)
    ]
    rules = {rule.kind: rule for rule in suggested(table, fields)}
    assert rules["sum"].columns == ("Insgesamt", "männlich", "weiblich")
    assert "Insgesamt is the sum of männlich, weiblich" in rules["sum"].reason
    faults = Faults()
    check(table, tuple(rules.values()), lines=lambda rows: rows + 2, faults=faults)
    assert [fault.line for fault in faults.report(()).faults] == [5]


def test_a_time_series_is_looked_at_by_its_station():
    hours = 200
    times = [START + timedelta(hours=n) for n in range(hours)] * 2
    values = [(n * 37) % 101 for n in range(hours)] + [(n * 53) % 97 for n in range(hours)]
    values[50] = 90_000
    values[300:340] = [44] * 40
    table = pa.table(
        {
            "time": pa.array(times, pa.timestamp("us", tz="UTC")),
            "station": ["Nord"] * hours + ["Süd"] * hours,
            "count": values,
        }
    )
    fields = [
        Field(name="time", type=FieldType.DATETIME, role=FieldRole.TIME),
        Field(name="station", type=FieldType.STRING, role=FieldRole.CATEGORY),
        Field(name="count", type=FieldType.INTEGER, role=FieldRole.MEASURE),
    ]
    known = Known()
    rules = suggested(table, fields, known)
    assert {rule.policy for rule in rules} == {Policy.FLAG}
    assert all(rule.reason for rule in rules)
    said = [dict(rule.options)["series"] for rule in rules if "series" in rule.options]
    assert said == [["station"]] * 3
    faults = Faults()
    check(table, rules, lines=lambda rows: rows + 2, faults=faults, known=known)
    assert [(f.rule, f.line) for f in faults.report(()).faults] == [("stuck", 302), ("jump", 52)]


def test_a_list_without_times_has_no_series_and_an_empty_table_no_checks():
    fields = [Field(name="name", type=FieldType.STRING)]
    table = pa.table({"name": ["a", "b"]})
    assert [rule.kind for rule in suggested(table, fields)] == ["total-row"]
    assert suggested(table.slice(0, 0), fields) == ()
