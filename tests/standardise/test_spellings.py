"""Dates, times, numbers, words for nothing and for yes, as four languages write them."""

from datetime import UTC, date, datetime, time
from datetime import time as clock

import pytest
from tests.standardise.parcels import fields, read_text, rules

from citycommons.core.types import FieldType


def column(folder, values, name="v", **wishes):
    """The column as it is read from a file of two columns, so that blank cells are cells."""
    text = f"{name}\tk\n" + "".join(f"{value}\t{i}\n" for i, value in enumerate(values))
    table, report = read_text(folder, text, "t.tsv", **wishes)
    return table[name].to_pylist(), fields(table)[name], report, table


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["1er mars 2024", "15 août 2024"], [date(2024, 3, 1), date(2024, 8, 15)]),
        (["3. Mai 2024", "12. Dezember 2023"], [date(2024, 5, 3), date(2023, 12, 12)]),
        (["1° maggio 2024", "25 dicembre 2023"], [date(2024, 5, 1), date(2023, 12, 25)]),
        (["May 3rd, 2024", "December 25, 2023"], [date(2024, 5, 3), date(2023, 12, 25)]),
        (["3-May-24", "25-Dec-98"], [date(2024, 5, 3), date(1998, 12, 25)]),
        (["Mo, 27.05.2024", "Fr, 31.05.2024"], [date(2024, 5, 27), date(2024, 5, 31)]),
        (["lundi 27 mai 2024", "vendredi 31 mai 2024"], [date(2024, 5, 27), date(2024, 5, 31)]),
        (["27. 5. 2024", "31. 5. 2024"], [date(2024, 5, 27), date(2024, 5, 31)]),
        (["2024/05/27", "2024/05/31"], [date(2024, 5, 27), date(2024, 5, 31)]),
    ],
)
def test_dates_are_read_in_four_languages(tmp_path, texts, days):
    values, field, report, _ = column(tmp_path, texts)
    assert (values, field.type) == (days, FieldType.DATE)
    assert not [f for f in report.faults if f.rule == "date"]


@pytest.mark.parametrize(
    ("texts", "moments"),
    [
        (["31.05.2024 12h30", "31.05.2024 8h05"], [(31, 12, 30), (31, 8, 5)]),
        (["31.05.2024 um 14:30 Uhr", "30.05.2024 um 07:00 Uhr"], [(31, 14, 30), (30, 7, 0)]),
        (["31 mai 2024 à 9h15", "30 mai 2024 à 10h00"], [(31, 9, 15), (30, 10, 0)]),
        (["30.05.2024 24:00", "30.05.2024 23:00"], [(31, 0, 0), (30, 23, 0)]),
        (["20240531T143000Z", "20240530T070000Z"], [(31, 14, 30), (30, 7, 0)]),
        (["2024-05-31 16:30 CEST", "2024-05-30 09:00 CEST"], [(31, 14, 30), (30, 7, 0)]),
        (["2024-05-31T16:30:00+02:00[Europe/Berlin]"] * 2, [(31, 14, 30)] * 2),
        (["Fri, 31 May 2024 14:30:00 GMT"] * 2, [(31, 14, 30)] * 2),
    ],
)
def test_times_of_days_are_read(tmp_path, texts, moments):
    values, field, *_ = column(tmp_path, texts)
    assert field.type is FieldType.DATETIME, field.evidence
    assert values == [datetime(2024, 5, d, h, m, tzinfo=UTC) for d, h, m in moments]


def test_clocks_have_several_signs(tmp_path):
    values, field, *_ = column(tmp_path, ["12h30", "8h05", "23h59"])
    assert (values, field.type) == ([clock(12, 30), clock(8, 5), time(23, 59)], FieldType.TIME)
    assert column(tmp_path, ["9.30 Uhr", "10.15 Uhr"])[0] == [clock(9, 30), clock(10, 15)]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["2024-W05", "2024-W06"], "weeks"),
        (["Q1 2024", "Q2 2024"], "quarters"),
        (["01/2024", "02/2024"], "months"),
        (["2024-01", "2024-02"], "months"),
        (["Jan-24", "Feb-24"], "months"),
        (["März 2024", "April 2024"], "months"),
    ],
)
def test_what_names_no_day_keeps_its_text(tmp_path, texts, kind):
    values, field, *_ = column(tmp_path, texts)
    assert (values, field.type) == (texts, FieldType.STRING)
    assert field.evidence.startswith(f"{kind}, kept as they are: no value names a day")


def test_seconds_since_1970_are_times_when_the_name_says_so(tmp_path):
    moment = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)
    seconds = str(int(moment.timestamp()))
    assert column(tmp_path, [seconds] * 2, "timestamp")[0] == [moment] * 2
    assert column(tmp_path, [f"{seconds}000"] * 2, "unix_time")[0] == [moment] * 2
    assert column(tmp_path, [seconds] * 2, "visitors")[1].type is FieldType.INTEGER


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1 234,5", "12 345,25", "7,0"], [1234.5, 12345.25, 7.0]),
        (["1\u00a0234,5", "12\u202f345,25", "7,0"], [1234.5, 12345.25, 7.0]),
        (["1\u2009234.5", "12\u2009345.25", "7.0"], [1234.5, 12345.25, 7.0]),
        (["1'234.50", "12’345.25", "7.00"], [1234.5, 12345.25, 7.0]),
        (["1.234,56", "12.345,25", "7,00"], [1234.56, 12345.25, 7.0]),
        (["1,234.56", "12,345.25", "7.00"], [1234.56, 12345.25, 7.0]),
        (["1.234,56-", "12,50", "7,00"], [-1234.56, 12.5, 7.0]),
        (["(1,234.56)", "12.50", "7.00"], [-1234.56, 12.5, 7.0]),
        (["€ 1.234,56", "-€ 12,50", "€ 7,00"], [1234.56, -12.5, 7.0]),
        (["1.234,56 EUR", "-12,50 EUR", "7,00 EUR"], [1234.56, -12.5, 7.0]),
        (["12,5 %", "7,0 %", "-1,5%"], [12.5, 7.0, -1.5]),
        (["1.5E+3", "2.5E-1", "1.0E+0"], [1500.0, 0.25, 1.0]),
        (["22789.43", "_20,878.33", "22789.43"], [22789.43, 20878.33, 22789.43]),
        (["−5,5", "3,25", "2,0"], [-5.5, 3.25, 2.0]),
    ],
)
def test_numbers_are_read_as_they_are_written(tmp_path, texts, numbers):
    values, field, *_ = column(tmp_path, texts)
    assert (values, field.type) == (numbers, FieldType.NUMBER), field.evidence


def test_a_unit_after_each_number_is_the_columns_unit(tmp_path):
    values, field, *_ = column(tmp_path, ["12,5 kW", "22 kW", "3,7 kW"])
    assert (values, field.unit) == ([12.5, 22.0, 3.7], "kW")


def test_what_is_only_roughly_known_stands_beside(tmp_path):
    values, _, _, table = column(tmp_path, ["12", "< 5", "30", "ca. 20", "8", "9", "11"])
    assert values == [12, None, 30, None, 8, 9, 11]
    assert table["v (status)"].to_pylist() == [None, "< 5", None, "ca. 20", None, None, None]


@pytest.mark.parametrize(
    "word",
    [
        *("k.A.", "keine Angabe", "n.d.", "n.c.", "s.o.", "non disponibile", "non renseigné", "–"),
        *("…", "#N/A", "N/A", "null", "-", "/", "unbekannt", "#NV", "dato non disponibile", "?"),
    ],
)
def test_words_for_nothing_are_nothing_among_numbers(tmp_path, word):
    values, field, report, _ = column(tmp_path, ["1,5", word, "2,5", word.upper(), "3,5"])
    assert (values, field.type) == ([1.5, None, 2.5, None, 3.5], FieldType.NUMBER)
    assert ("number", "v") not in rules(report)


def test_minus_9999_is_a_number_until_somebody_says_otherwise(tmp_path):
    assert column(tmp_path, ["1", "-9999", "3"])[0] == [1, -9999, 3]


@pytest.mark.parametrize(
    ("yes", "no"),
    [("ja", "nein"), ("Oui", "Non"), ("sì", "no"), ("VERO", "FALSO"), ("wahr", "falsch")],
)
def test_yes_and_no_are_known(tmp_path, yes, no):
    values, field, *_ = column(tmp_path, [yes, no, "", yes])
    assert (values, field.type) == ([True, False, None, True], FieldType.BOOLEAN)


def test_a_cross_is_yes_and_a_blank_says_nothing(tmp_path):
    values, field, *_ = column(tmp_path, ["x", "", "X", ""])
    assert (values, field.type) == ([True, None, True, None], FieldType.BOOLEAN)


def test_north_and_south_are_no_answers(tmp_path):
    assert column(tmp_path, ["N", "S", "N", "S"])[1].type is FieldType.STRING
