"""Times mean what their column says: named zones, doubled hours, years of two digits."""

from datetime import UTC, date, datetime

import pytest
from tests.standardise.parcels import fields, parcel, read_text, rules

from citycommons.core.types import FieldType, Plan
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised


def read(tmp_path, name, values, zone="Europe/Berlin"):
    text = "\n".join([f"key;{name}", *(f"k{n};{value}" for n, value in enumerate(values))])
    table, report = read_text(tmp_path, text + "\n", zone=zone)
    return table[name].to_pylist(), fields(table)[name], report


@pytest.mark.parametrize(
    ("name", "hour", "said"),
    [
        ("Date Time, GMT+01:00", 11, "in UTC+01:00, as the column's name says"),
        ("Date Time, GMT-05:00", 17, "in UTC-05:00, as the column's name says"),
        ("measured (UTC+5:30)", 6, "in UTC+05:30, as the column's name says"),
        ("Etc/GMT-1 time", 11, "in UTC+01:00, as the column's name says"),
        ("time_utc", 12, "in UTC, as the column's name says"),
        ("timeUTC", 12, "in UTC, as the column's name says"),
        ("Zeit (MEZ)", 11, "in UTC+01:00, as the column's name says"),
        ("Zeit [MESZ]", 10, "in UTC+02:00, as the column's name says"),
        ("Zeit MEZ/MESZ", 10, "local to Europe/Berlin"),
        ("ora (Europe/London)", 11, "local to Europe/London"),
        ("Zeit", 10, "local to Europe/Berlin"),
        ("Gumbest Zeit", 10, "local to Europe/Berlin"),
    ],
)
def test_a_zone_in_the_name_of_the_column_is_that_of_its_times(tmp_path, name, hour, said):
    found, field, _ = read(tmp_path, name, ["13.07.2023 12:00", "14.07.2023 12:00"])
    assert found == [
        datetime(2023, 7, 13, hour, 30 if "5:30" in name else 0, tzinfo=UTC),
        datetime(2023, 7, 14, hour, 30 if "5:30" in name else 0, tzinfo=UTC),
    ]
    assert field.evidence.endswith(said)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2023-07-13 12:00 UTC+1", 11),
        ("2023-07-13 12:00 GMT-05:00", 17),
        ("13.07.23 12:00 MEZ", 11),
    ],
)
def test_a_zone_beside_each_time_is_read(tmp_path, text, hour):
    found, _, _ = read(tmp_path, "Zeit", [text, text])
    assert found == [datetime(2023, 7, 13, hour, tzinfo=UTC)] * 2


def test_an_hour_that_comes_twice_is_told_apart_by_the_order_of_the_rows(tmp_path):
    night = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    rising = [f"29.10.2023 {clock}" for clock in night]
    hours = [(23, 30), (0, 0), (0, 30), (1, 0), (1, 30), (2, 0)]
    for values, clocks in ((rising, hours), (rising[::-1], hours[::-1])):
        found, _, report = read(tmp_path, "Zeit", [*values, "01.05.2023 12:00"])
        assert [(at.hour, at.minute) for at in found[:-1]] == clocks
        assert report.summary == ()


def test_the_doubled_hour_of_several_sensors_below_each_other(tmp_path):
    night = [f"29.10.2023 {clock}" for clock in ("00:00", "01:00", "02:00", "02:00", "03:00")]
    found, _, report = read(
        tmp_path, "Zeit", [*night, "29.10.2023 04:00", *night, "29.10.2023 04:00"]
    )
    assert [at.hour for at in found] == [22, 23, 0, 1, 2, 3] * 2
    assert report.summary == ()


def test_a_time_that_came_twice_and_may_be_either_is_a_fault(tmp_path):
    found, _, report = read(
        tmp_path, "Zeit", ["29.10.2023 09:00", "29.10.2023 02:15", "28.10.2023 23:00"]
    )
    assert found[1] == datetime(2023, 10, 29, 0, 15, tzinfo=UTC)
    assert [(f.rule, f.line, f.value) for f in report.faults] == [
        ("time-twice", 3, "29.10.2023 02:15")
    ]


def test_years_of_two_digits_are_never_far_ahead(tmp_path):
    found, field, _ = read(tmp_path, "geb", ["13.02.68", "14.04.69", "15.06.99", "16.08.00"])
    assert [day.year for day in found] == [1968, 1969, 1999, 2000]
    assert "years of two digits are 19" in field.evidence


def test_years_of_two_digits_that_end_something_may_lie_ahead(tmp_path):
    found, _, _ = read(tmp_path, "gültig bis", ["13.02.25", "31.12.55"])
    assert found == [date(2025, 2, 13), date(2055, 12, 31)]


def test_total_and_female_are_not_true_and_false(tmp_path):
    found, field, _ = read(tmp_path, "sex", ["T", "F", "T"])
    assert (found, field.type) == (["T", "F", "T"], FieldType.STRING)
    assert read(tmp_path, "open", ["T", "F", "T"])[0] == [True, False, True]
    assert rules(read(tmp_path, "sex", ["T", "F"])[2]) == {}


def test_a_day_that_the_calendar_does_not_have_is_a_fault_in_a_column_of_dates(tmp_path):
    found, field, report = read(tmp_path, "am", ["28.02.2023", "31.02.2023", "14.03.2023"])
    assert (found, field.type) == ([date(2023, 2, 28), None, date(2023, 3, 14)], FieldType.DATE)
    assert [(fault.rule, fault.line, fault.value) for fault in report.faults] == [
        ("date", 3, "31.02.2023")
    ]
    mixed = ["13.01.2023", "14.01.2023", "01.13.2023"]
    assert read(tmp_path, "am", mixed)[0] == mixed  # two orders: nothing is emptied


def test_days_without_signs_between_may_be_nothing_or_impossible(tmp_path):
    values = ["20230131", "20230228", "20230231", "00000000", "20230331"]
    found, field, report = read(tmp_path, "Datum", values)
    assert found == [date(2023, 1, 31), date(2023, 2, 28), None, None, date(2023, 3, 31)]
    assert "1 cells with “00000000” read as empty" in field.evidence
    assert [(fault.line, fault.value) for fault in report.faults] == [(4, "20230231")]


def test_days_of_a_spreadsheet_in_a_csv_are_asked(tmp_path):
    file = parcel(tmp_path, "Datum,v\n44927,1\n44928,2\n")
    found = standardised([file])
    (question,) = found.report.questions
    assert question.choices[0].title == "Days of a spreadsheet: 2023-01-01"
    assert found.table["Datum"].to_pylist() == [44927, 44928]
    after = standardised([file], plan=answered(Plan(), question, "days"))
    assert after.table["Datum"].to_pylist() == [date(2023, 1, 1), date(2023, 1, 2)]
    assert after.report.questions == ()
    assert standardised([file], plan=answered(Plan(), question, "numbers")).report.questions == ()
