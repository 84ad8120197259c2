"""Checks of sums."""

import pyarrow as pa
from tests.standardise.checks.looking import at, look


def test_parts_that_do_not_add_up_are_told_with_their_sum():
    table = pa.table(
        {
            "men": [10, 20, None, None],
            "women": [12, 21, 5, None],
            "total": pa.array([22, 40, 5, 7]),
        }
    )
    (fault,) = look(table, "sum", "total", "men", "women")
    assert fault.message == ("Column “total”, line 3: the total is 40; its parts add up to 41.")


def test_rounded_parts_may_be_off_by_their_rounding():
    table = pa.table({"a": [33.33, 1.0], "b": [33.33, 1.0], "c": [33.33, 1.0], "sum": [100.0, 4.0]})
    found = look(table, "sum", "sum", "a", "b", "c")
    assert [fault.line for fault in found] == [3]
    assert look(table, "sum", "sum", "a", "b", "c", tolerance=1) == ()


def test_a_sum_among_the_rows_is_told_where_it_adds_up():
    table = pa.table(
        {
            "district": ["Mitte", "Nord", "Summe", "West", "Totale Oper", "Ost", "Hafen", "Süd"],
            "people": [100, 50, 150, 70, 3, 30, 1, 2],
        }
    )
    assert at(look(table, "total-row")) == [(4, "district", "Summe")]
