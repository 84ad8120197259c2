"""Filters have three values of truth, as SQL has: what a small interpreter says, rows say too."""

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycommons.core.types import Field, FieldType
from citycommons.share.expressions import cql2_text
from citycommons.share.expressions.tree import Call, Column, Expression, Literal, call
from citycommons.share.query import Query
from citycommons.share.rows import rows

NUMBERS = (None, -7, -1, 0, 1, 2, 10)
TEXTS = (None, "", "a", "A", "ab", "straße", "Éa_%")
FLAGS = (None, True, False)
ROWS = [(n, m, t, f) for n in NUMBERS for m in (None, 0, 3) for t in TEXTS for f in FLAGS]
FIELDS = (
    Field(name="id", type=FieldType.INTEGER),
    Field(name="n", type=FieldType.INTEGER),
    Field(name="m", type=FieldType.NUMBER),
    Field(name="t", type=FieldType.STRING),
    Field(name="f", type=FieldType.BOOLEAN),
)


@pytest.fixture(scope="module")
def data(opened):
    n, m, t, f = (list(column) for column in zip(*ROWS, strict=True))
    table = pa.table(
        {
            "id": list(range(len(ROWS))),
            "n": pa.array(n, pa.int64()),
            "m": pa.array(m, pa.float64()),
            "t": pa.array(t, pa.string()),
            "f": pa.array(f, pa.bool_()),
        }
    )
    return opened(table, *FIELDS)


def said(one: Expression, row: dict[str, Any]) -> Any:
    """What an expression is of a row; None is unknown."""
    match one:
        case Column(name):
            return row[name]
        case Literal(value):
            return value
        case Call("and" | "or" as sign, parts):
            found = {said(part, row) for part in parts}
            decisive = sign == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case Call("is_null", (part,)):
            return said(part, row) is None
        case Call("in", (first, *rest)):
            return said(Call("or", tuple(call("eq", first, other) for other in rest)), row)
        case Call("between", (first, low, high)):
            return said(call("and", call("ge", first, low), call("le", first, high)), row)
        case Call(function, arguments):
            values = [said(argument, row) for argument in arguments]
            return None if None in values else WORKED_OUT[function](*values)
    raise AssertionError(one)


def like(text: str, pattern: str) -> bool:
    signs = {"%": ".*", "_": "."}
    regex = "".join(
        re.escape(part[1]) if len(part) == 2 else signs.get(part, re.escape(part))
        for part in re.findall(r"\\.|.", pattern, re.DOTALL)
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None


WORKED_OUT: dict[str, Any] = {
    "not": lambda one: not one,
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "like": like,
    "casei": str.casefold,
    "add": lambda one, other: one + other,
    "sub": lambda one, other: one - other,
    "mul": lambda one, other: one * other,
    "div": lambda one, other: one / other if other else None,
    "int_div": lambda one, other: int(one / other) if other else None,
}

sums = st.sampled_from(["+", "-", "*", "/", "div"])
numbers = st.recursive(
    st.sampled_from(["n", "m", "2", "-1", "0", "0.5"]),
    lambda inner: st.builds("({} {} {})".format, inner, sums, inner),
    max_leaves=3,
)
texts = st.sampled_from(["t", "'a'", "'A'", "'straße'", "CASEI(t)", "CASEI('STRASSE')"])
patterns = st.sampled_from(["'a%'", "'%a'", "'_'", "'%\\_\\%'", "'%'", "''"])
signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
nots = st.sampled_from(["", "NOT "])
plain = st.one_of(
    st.builds("{} {} {}".format, numbers, signs, numbers),
    st.builds("{} {} {}".format, texts, signs, texts),
    st.builds("t {}LIKE {}".format, nots, patterns),
    st.builds("{} {}BETWEEN {} AND {}".format, numbers, nots, numbers, numbers),
    st.builds("{} {}IN ({}, {})".format, numbers, nots, numbers, numbers),
    st.builds("{} IS {}NULL".format, numbers | texts, nots),
    st.sampled_from(["f", "TRUE", "FALSE", "f = TRUE", "f <> FALSE"]),
)
filters = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(filters)
def test_rows_are_those_of_which_the_filter_is_true(data, text):
    tree = cql2_text.parse(text)
    names = [field.name for field in FIELDS]
    expected = [
        place
        for place, row in enumerate(ROWS)
        if said(tree, dict(zip(names, (place, *row), strict=True))) is True
    ]
    page = rows(data, Query(filter=tree, columns=("id",), limit=10_000))
    assert page.table.column("id").to_pylist() == expected
    assert page.total == len(expected)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(filters)
def test_a_filter_its_opposite_and_the_unknown_are_all_rows(data, text):
    tree = cql2_text.parse(text)
    parts = (tree, call("not", tree), call("is_null", tree))
    assert sum(rows(data, Query(filter=part, limit=1)).total for part in parts) == len(ROWS)
