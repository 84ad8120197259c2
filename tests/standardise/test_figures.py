"""Numbers whose sign may mean two things are asked; numberings are no numbers."""

import pytest
from tests.standardise.parcels import fields, parcel

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldType, Plan
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised


def read(tmp_path, text, plan=Plan()):  # noqa: B008 (frozen)
    return standardised([parcel(tmp_path, text)], plan=plan)


@pytest.mark.parametrize(
    ("text", "columns", "taken", "choices"),
    [
        ("place,pop\nA,1.234\nB,12.345\n", ("pop",), [1.234, 12.345], [".", ","]),
        (
            "Stadtteil;2019;2020\nA;1.234;1.300\nB;9.876;9.999\n",
            ("2019", "2020"),
            [1234, 9876],
            [",", "."],
        ),
        ("place;n\nA;1,234\nB;9,876\n", ("n",), [1.234, 9.876], [",", "."]),
        ('place,n\nA,"1,234"\nB,"9,876"\n', ("n",), [1234, 9876], [".", ","]),
    ],
)
def test_a_sign_before_three_digits_throughout_is_asked(tmp_path, text, columns, taken, choices):
    found = read(tmp_path, text)
    (question,) = [q for q in found.report.questions if q.kind == "decimal"]
    assert (question.columns, [c.value for c in question.choices]) == (columns, choices)
    assert found.table[columns[0]].to_pylist() == taken


def test_the_answer_is_used_for_the_next_delivery(tmp_path):
    text = "Stadtteil;2019;2020\nA;1.234;1.300\nB;9.876;9.999\n"
    (question,) = read(tmp_path, text).report.questions
    assert question.choices[0].title == "It groups thousands: 1.234 is 1234"
    assert question.choices[1].title == "A decimal sign: 1.234 is 1.234"
    for value, numbers in ((",", [5125, 6125]), (".", [5.125, 6.125])):
        plan = answered(Plan(), question, value)
        after = read(tmp_path, "Stadtteil;2019;2020\nA;5.125;1.300\nB;6.125;9.999\n", plan)
        assert after.report.questions == ()
        assert after.table["2019"].to_pylist() == numbers
    with pytest.raises(Invalid):
        answered(Plan(), question, "both")


@pytest.mark.parametrize(
    "text",
    [
        "place,pop,share\nA,1.234,0.5\nB,12.345,1.5\n",  # another column tells
        "place,pop\nA,1.234\nB,0.345\n",  # no number of thousands begins with a zero
        "place,n,lat,lon\nA,1.234,51.962,7.625\nB,9.876,51.963,7.626\n",  # degrees tell
    ],
)
def test_what_the_file_says_is_not_asked(tmp_path, text):
    found = read(tmp_path, text)
    assert [q for q in found.report.questions if q.kind == "decimal"] == []
    assert found.table.column(1).to_pylist()[0] == 1.234


@pytest.mark.parametrize("name", ["room", "Raum-Nr.", "Version", "Kapitel", "capitolo", "release"])
def test_numberings_keep_their_zeros(tmp_path, name):
    found = read(tmp_path, f"id;{name}\na;1.1\nb;1.10\nc;1.9\n")
    assert found.table[name].to_pylist() == ["1.1", "1.10", "1.9"]
    assert fields(found.table)[name].type is FieldType.STRING


def test_two_spellings_of_one_number_are_said(tmp_path):
    found = read(tmp_path, "id;v\na;1.1\nb;1.10\nc;1.9\n")
    assert found.table["v"].to_pylist() == [1.1, 1.1, 1.9]
    assert "1.1 and 1.10 are one number" in fields(found.table)["v"].evidence


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["-0", "+5", "\u22127", "\u20138"], [0, 5, -7, -8]),
        (["1'234.50", "-1'000.-", "5.\u2013"], [1234.5, -1000, 5]),
    ],
)
def test_signs_of_below_zero_and_of_no_cents(tmp_path, values, numbers):
    rows = "".join(f"k{n};{value}\n" for n, value in enumerate(values))
    assert read(tmp_path, f"key;v\n{rows}").table["v"].to_pylist() == numbers
