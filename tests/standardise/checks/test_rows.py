"""Checks of rows together."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.standardise.checks.looking import at, look

from citycommons.standardise.checks import Known
from citycommons.standardise.checks.rows import again


def test_a_key_that_stands_twice_is_told_and_empty_keys_are_not():
    table = pa.table({"site": ["A", "A", "B", None, None, "A"], "day": [1, 2, 1, None, None, 1]})
    assert at(look(table, "unique", "site", "day")) == [(7, "site", "A, 1")]


def test_a_row_that_stands_twice_is_told_once():
    table = pa.table(
        {
            "site": ["A", "B", "A", None, None],
            "count": [3, 4, 3, None, None],
            "is_open": [True, None, True, None, None],
        }
    )
    (fault,) = look(table, "duplicate-row")
    assert (fault.line, fault.value) == (4, "A, 3, true")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.one_of(st.none(), st.integers(0, 2)),
        st.sampled_from([0.0, 1.5, None]),
        st.sampled_from([True, False, None]),
    ),
    max_size=40,
)


@given(ROWS)
def test_rows_again_are_those_that_a_set_has_seen(rows):
    kinds = (pa.string(), pa.int64(), pa.float64(), pa.bool_())
    columns = list(zip(*rows, strict=True)) or [()] * 4
    table = pa.table(
        {
            name: pa.array(column, kind)
            for name, column, kind in zip("abcd", columns, kinds, strict=True)
        }
    )
    seen: set[object] = set()
    expected = [n for n, row in enumerate(rows) if row in seen or seen.add(row)]
    assert again(table, table.column_names).tolist() == expected


def test_a_reference_leads_to_a_row_of_the_other_dataset():
    table = pa.table({"station": [1, 2, 9, None]})
    known = Known(references={"stations.id": pa.array(["1", "2", "3"])})
    assert at(look(table, "reference", "station", to="stations.id", known=known)) == [
        (4, "station", "9")
    ]


def test_a_reference_that_cannot_be_looked_up_is_said_not_passed():
    (fault,) = look(pa.table({"station": [1]}), "reference", "station", to="stations.id")
    assert "could not be read" in fault.message


def test_a_leap_in_the_number_of_rows_is_told():
    table = pa.table({"a": list(range(40))})
    (fault,) = look(table, "row-count", known=Known(rows_before=100))
    assert fault.message == "only 40 rows; the version before had 100."
    assert look(table, "row-count", known=Known(rows_before=50)) == ()
    (fault,) = look(table, "row-count", minimum=41)
    assert fault.message == "40 rows; at least 41 belong here."
