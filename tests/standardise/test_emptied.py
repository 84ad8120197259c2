"""Words that say nothing become empty cells, and the field says which and how many."""

import pytest
from tests.standardise.parcels import fields, read_text

from citycommons.core.types import FieldType


@pytest.mark.parametrize(
    ("values", "found", "kind", "told"),
    [
        (["1", "-", "3"], [1, None, 3], FieldType.INTEGER, "1 cells with “-” read as empty"),
        (["1,5", "k.A.", "-", "k.A."], [1.5, *[None] * 3], FieldType.NUMBER, "3 cells with “k.A.”"),
        (["a", "NULL", "b c"], ["a", None, "b c"], FieldType.STRING, "1 cells with “NULL”"),
        (["ja", "nein", "-"], [True, False, None], FieldType.BOOLEAN, "1 cells with “-”"),
        (["10:30", "n/a"], None, FieldType.TIME, "1 cells with “n/a”"),
        (["2023-05-14", "-"], None, FieldType.DATE, "1 cells with “-”"),
        (["14.05.2023", "-"], None, FieldType.DATE, "1 cells with “-”"),
    ],
)  # fmt: skip
def test_words_that_became_empty_are_said(tmp_path, values, found, kind, told):
    text = "".join(f"k{n};{value}\n" for n, value in enumerate(values))
    table, report = read_text(tmp_path, f"key;v\n{text}")
    field = fields(table)["v"]
    assert found in (None, table["v"].to_pylist())
    assert (field.type, report.faults) == (kind, ())
    assert f"; {told}" in field.evidence
    assert table["v"].null_count == sum(v in ("-", "k.A.", "NULL", "n/a") for v in values)


def test_null_is_a_surname(tmp_path):
    table, _ = read_text(tmp_path, "surname;n\nNull;1\nNone;2\nRossi;3\n")
    assert table["surname"].to_pylist() == ["Null", "None", "Rossi"]
    table, _ = read_text(tmp_path, "Nachname;n\nNULL;1\nMEIER;2\n")
    assert table["Nachname"].to_pylist() == ["NULL", "MEIER"]


def test_values_that_do_not_fit_are_faults_and_not_words_for_nothing(tmp_path):
    rows = "".join(f"{n};x\n" for n in range(98))
    table, report = read_text(tmp_path, f"v;w\n{rows}viele 2;x\n-;x\n")
    assert fields(table)["v"].evidence.endswith("; 1 cells with “-” read as empty")
    assert [(fault.line, fault.value) for fault in report.faults] == [(100, "viele 2")]


def test_a_row_of_dashes_is_a_row(tmp_path):
    table, _ = read_text(tmp_path, "a;b;c\n1;2;3\n-;-;-\n4;5;6\n")
    assert table["a"].to_pylist() == [1, None, 4]
