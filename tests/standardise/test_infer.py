"""Types are found by all values of a column, with evidence; what does not fit is a fault."""

from datetime import UTC, date, datetime, time

import pytest
from tests.standardise.parcels import fields, read_text, rules

from citycommons.core.types import Field, FieldRole, FieldType


def column(tmp_path, values, name="v", **wishes):
    """The values under a name beside an id, as they come back."""
    lines = [f"key;{name}", *(f"k{i};{value}" for i, value in enumerate(values))]
    table, report = read_text(tmp_path, "\n".join(lines) + "\n", **wishes)
    return table[name].to_pylist(), fields(table)[name], report


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1.234,56", "7,5", "12"], [1234.56, 7.5, 12]),
        (["1,234.56", "7.5", "12"], [1234.56, 7.5, 12]),
        (["1 234,5", "12 345 678,25"], [1234.5, 12345678.25]),
        (["1\u00a0234,5", "1\u202f000,25"], [1234.5, 1000.25]),
        (["1'234.50", "22'000"], [1234.5, 22000]),
        (["1.234.567", "12"], [1234567, 12]),
        (["€ 3.000,00", "€ 1,50", "€ -"], [3000, 1.5, None]),
        (["12,5 %", "3,5 %"], [12.5, 3.5]),
        (["-5", "\u22127", "+3"], [-5, -7, 3]),
        (["1.5e-3", "2E+2"], [0.0015, 200]),
        ([" 12", "13 ", " 14 "], [12, 13, 14]),
        ([",5", "0,25"], [0.5, 0.25]),
    ],
)
def test_numbers_of_any_style_are_read(tmp_path, values, found):
    assert column(tmp_path, values)[0] == found


@pytest.mark.parametrize(
    "values",
    [
        ["01010", "48149"],
        ["0x1F", "0x20"],
        ["12345678901234567890", "1"],
        ["+491701234567", "+49251492"],
        ["5E2", "7E1"],
        ["1.2.3", "1.2.4"],
        ["nan-ja", "inf-o"],
    ],
)
def test_codes_stay_text(tmp_path, values):
    found, field, _ = column(tmp_path, values)
    assert (found, field.type) == (values, FieldType.STRING)


@pytest.mark.parametrize(
    "name", ["PLZ", "Postleitzahl", "Code postal", "CAP", "Hausnummer", "Tel."]
)
def test_names_of_codes_make_text_of_digits(tmp_path, name):
    assert column(tmp_path, ["48149", "48151"], name)[0] == ["48149", "48151"]


def test_groups_of_three_follow_the_other_columns(tmp_path):
    table, _ = read_text(tmp_path, "a;b\n1.234;0,5\n2.500;1,25\n")
    assert table["a"].to_pylist() == [1234, 2500]
    assert "as in the file's other columns" in fields(table)["a"].evidence
    table, _ = read_text(tmp_path, "a;b\n1.234;0.5\n2.500;1.25\n")
    assert table["a"].to_pylist() == [1.234, 2.5]


def test_groups_of_three_alone_are_called_ambiguous(tmp_path):
    found, field, _ = column(tmp_path, ["1.234", "2.500"])
    assert found == [1234, 2500]  # semicolons between the cells speak for decimal commas
    assert "ambiguous" in field.evidence


WORDS = ["", "-", "NA", "n/a", "n/d", "k.A.", "null", "undefined", "kei…", "kei", "N/A", "NULL"]


@pytest.mark.parametrize("word", WORDS)
def test_words_for_nothing_are_no_faults(tmp_path, word):
    found, field, report = column(tmp_path, ["1", word, "3"])
    assert (found, field.type, report.faults) == ([1, None, 3], FieldType.INTEGER, ())


def test_namibia_is_no_nothing_among_words(tmp_path):
    assert column(tmp_path, ["DE", "NA", "FR"])[0] == ["DE", "NA", "FR"]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["2026-03-31", "2026-04-01"], [date(2026, 3, 31), date(2026, 4, 1)]),
        (["31.03.2026", "1.4.2026"], [date(2026, 3, 31), date(2026, 4, 1)]),
        (["31/03/2026", "01/04/2026"], [date(2026, 3, 31), date(2026, 4, 1)]),
        (["03/31/2026", "04/01/2026"], [date(2026, 3, 31), date(2026, 4, 1)]),
        (["31.03.26", "01.04.99"], [date(2026, 3, 31), date(1999, 4, 1)]),
        (["18-dec-16", "22-okt-15"], [date(2016, 12, 18), date(2015, 10, 22)]),
        (["1 août 2020", "3 février 2021"], [date(2020, 8, 1), date(2021, 2, 3)]),
        (["3. März 2020", "12. Mai 2020"], [date(2020, 3, 3), date(2020, 5, 12)]),
        (["March 5, 2020", "May 12, 2020"], [date(2020, 3, 5), date(2020, 5, 12)]),
        (["'2020-01-01'", "'2020-01-02'"], [date(2020, 1, 1), date(2020, 1, 2)]),
    ],
)
def test_dates_of_any_order_are_read(tmp_path, values, found):
    assert column(tmp_path, values)[0] == found


def test_eight_digits_are_a_date_below_its_name_only(tmp_path):
    values = ["20260331", "20260401"]
    assert column(tmp_path, values, "Datum")[0] == [date(2026, 3, 31), date(2026, 4, 1)]
    assert column(tmp_path, values, "count")[0] == [20260331, 20260401]


def test_an_undecided_order_is_written_down_and_follows_other_columns(tmp_path):
    _, field, _ = column(tmp_path, ["01/02/2026", "03/04/2026"])
    assert field.type is FieldType.DATE
    assert "ambiguous" in field.evidence
    table, _ = read_text(tmp_path, "a;b\n01/02/2026;01/31/2026\n03/04/2026;02/28/2026\n")
    assert table["a"].to_pylist() == [date(2026, 1, 2), date(2026, 3, 4)]


def test_one_late_day_above_twelve_decides(tmp_path):
    values = ["01/02/2026"] * 5000 + ["02/28/2026"]
    found, field, _ = column(tmp_path, values)
    assert found[0] == date(2026, 1, 2)
    assert "month/day/year" in field.evidence


def test_days_that_the_calendar_lacks_are_faults(tmp_path):
    values = [f"{day:02d}.01.2026" for day in range(1, 32)] * 4 + ["31.02.2026"]
    found, _, report = column(tmp_path, values)
    assert found[-1] is None
    assert [(f.rule, f.line, f.value) for f in report.faults] == [("date", 126, "31.02.2026")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-03-31 14:05", datetime(2026, 3, 31, 12, 5, tzinfo=UTC)),
        ("2026-03-31T14:05:06.5", datetime(2026, 3, 31, 12, 5, 6, 500_000, tzinfo=UTC)),
        ("2026-03-31T14:05:06Z", datetime(2026, 3, 31, 14, 5, 6, tzinfo=UTC)),
        ("2026-03-31 14:05:06 +0100", datetime(2026, 3, 31, 13, 5, 6, tzinfo=UTC)),
        ("31.03.2026 24:00", datetime(2026, 3, 31, 22, 0, tzinfo=UTC)),
        ("3/31/2026 2:05 PM", datetime(2026, 3, 31, 12, 5, tzinfo=UTC)),
        ("31.03.2026, 14:05 Uhr", datetime(2026, 3, 31, 12, 5, tzinfo=UTC)),
    ],
)
def test_times_are_of_the_zone_and_kept_in_utc(tmp_path, text, found):
    values, field, _ = column(tmp_path, [text, text], zone="Europe/Berlin")
    assert values == [found, found]
    assert field.type is FieldType.DATETIME


def test_an_hour_that_the_clock_skipped_is_flagged(tmp_path):
    values = ["2016-03-27 01:00", "2016-03-27 02:30", "2016-03-27 03:00"]
    found, _, report = column(tmp_path, values, zone="Europe/Berlin")
    assert found[0] == datetime(2016, 3, 27, 0, 0, tzinfo=UTC)
    assert found[1] == datetime(2016, 3, 27, 1, 30, tzinfo=UTC)
    assert found[2] == datetime(2016, 3, 27, 1, 0, tzinfo=UTC)
    assert [(f.rule, f.line) for f in report.faults] == [("time-skipped", 3)]


def test_the_hour_that_comes_twice_is_two_hours_of_one_series(tmp_path):
    values = ["30.10.2016 01:00", "30.10.2016 02:00", "30.10.2016 02:00", "30.10.2016 03:00"]
    found, _, _ = column(tmp_path, values, zone="Europe/Berlin")
    assert [moment.hour for moment in found] == [23, 0, 1, 2]
    both = [values[0], values[0], values[1], values[1], values[3], values[3]]
    found, _, _ = column(tmp_path, both, zone="Europe/Berlin")
    assert [moment.hour for moment in found] == [23, 23, 0, 0, 2, 2]


def test_times_of_day_are_times(tmp_path):
    assert column(tmp_path, ["08:04", "8:05:30"])[0] == [time(8, 4), time(8, 5, 30)]


@pytest.mark.parametrize(
    "words", [("yes", "no"), ("ja", "nein"), ("oui", "non"), ("sì", "no"), ("True", "False")]
)
def test_yes_and_no_of_four_languages_are_booleans(tmp_path, words):
    yes, no = words
    assert column(tmp_path, [yes, no, "", yes.upper()])[0] == [True, False, None, True]


def test_zero_and_one_stay_numbers(tmp_path):
    found, field, _ = column(tmp_path, ["0", "1", "1"])
    assert (found, field.role) == ([0, 1, 1], FieldRole.CATEGORY)


def test_two_in_a_hundred_may_miss_and_are_flagged(tmp_path):
    values = [str(i) for i in range(98)] + ["ca. 5", "viele 2"]
    found, field, report = column(tmp_path, values)
    assert field.type is FieldType.INTEGER
    assert field.evidence == "98 of 100 values are whole numbers"
    assert found[98:] == [None, None]
    assert [(f.line, f.column, f.value, f.rule) for f in report.faults] == [
        (100, "v", "ca. 5", "integer"),
        (101, "v", "viele 2", "integer"),
    ]


def test_three_in_a_hundred_make_text(tmp_path):
    values = [str(i) for i in range(97)] + ["ca. 5", "viele 2", "3-4"]
    found, field, report = column(tmp_path, values)
    assert (found, field.type, report.faults) == (values, FieldType.STRING, ())


def test_status_words_among_numbers_stand_in_a_column_beside(tmp_path):
    text = "t;P1\n" + "".join(f"{i};{'ges' if i % 3 == 0 else i}\n" for i in range(9))
    table, report = read_text(tmp_path, text)
    assert table["P1"].to_pylist() == [None, 1, 2, None, 4, 5, None, 7, 8]
    assert table["P1 (status)"].to_pylist() == ["ges", None, None] * 3
    assert fields(table)["P1 (status)"].role is FieldRole.FLAG
    assert report.faults == ()


def test_declared_fields_win(tmp_path):
    declared = (
        Field(name="code", type=FieldType.STRING, title={"en": "Code"}),
        Field(name="V", type=FieldType.NUMBER, unit="kW", role=FieldRole.MEASURE),
        Field(name="gone", type=FieldType.DATE),
    )
    text = "code;v\n1;5\n2;much\n3;lots\n"
    table, report = read_text(tmp_path, text, declared=declared)
    assert table["code"].to_pylist() == ["1", "2", "3"]
    assert table["v"].to_pylist() == [5.0, None, None]
    assert table["gone"].to_pylist() == [None] * 3
    assert fields(table)["v"].unit == "kW"
    assert rules(report) == {("number", "v"): 2, ("column-missing", "gone"): 1}


def test_units_come_from_names_and_signs(tmp_path):
    table, _ = read_text(tmp_path, "P [kW];T (°C);cost\n1;2;€ 3\n2;3;€ 4\n")
    found = {name: field.unit for name, field in fields(table).items()}
    assert found == {"P [kW]": "kW", "T (°C)": "Cel", "cost": "EUR"}


def test_roles_say_what_columns_are_for(tmp_path):
    text = "id;day;kind;count;note\n" + "".join(
        f"{i};2026-01-{i + 1:02d};{'ab'[i % 2]};{i * 3};text {i}\n" for i in range(20)
    )
    table, _ = read_text(tmp_path, text)
    assert [field.role for field in fields(table).values()] == [
        FieldRole.IDENTIFIER,
        FieldRole.TIME,
        FieldRole.CATEGORY,
        FieldRole.MEASURE,
        FieldRole.TEXT,
    ]
