"""What languages of the SQL family share reads as SQL does: precedence, nulls, quotation marks."""

from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.odsql import Odsql
from citycommons.share.expressions.soql import Soql
from citycommons.share.expressions.tokens import Kind, Spelling
from citycommons.share.expressions.tree import Column, Literal, call
from citycommons.share.query import Query
from citycommons.share.rows import rows

FIELDS = (
    Field(name="a", type=FieldType.INTEGER),
    Field(name="b", type=FieldType.INTEGER),
    Field(name="s", type=FieldType.STRING),
)
NAMES = Names(fields=FIELDS)
A, B = Column("a"), Column("b")


def soql(text: str) -> Any:
    return Soql(text, NAMES).whole()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a = 1", call("eq", A, Literal(1))),
        ("a + b * 2", call("add", A, call("mul", B, Literal(2)))),
        ("a - b - 1", call("sub", call("sub", A, B), Literal(1))),
        ("(a - b) * 2", call("mul", call("sub", A, B), Literal(2))),
        ("-a", call("neg", A)),
        ("- - 3", Literal(3)),
        ("a < -1", call("lt", A, Literal(-1))),
        ("not not a = 1", call("eq", A, Literal(1))),
        ("not a in (1, 2)", call("not", call("in", A, Literal(1), Literal(2)))),
        ("A = 1", call("eq", A, Literal(1))),
        ("s = 'it''s'", call("eq", Column("s"), Literal("it's"))),
        ("s = 5", call("eq", Column("s"), Literal("5"))),
        ("b = '5'", call("eq", B, Literal(5))),
        ("a is not true", call("not", call("eq", call("coalesce", A, Literal(False)),
                                           Literal(True)))),
        ("`a` > .5", call("gt", A, Literal(0.5))),
        ("a = 1 or b = 2 and a = 3",
         call("or", call("eq", A, Literal(1)),
              call("and", call("eq", B, Literal(2)), call("eq", A, Literal(3))))),
    ],
)  # fmt: skip
def test_a_text_means_this_tree(text: str, meant: Any) -> None:
    assert soql(text) == meant


def test_a_chain_is_flat_however_long_it_is() -> None:
    assert len(soql(" and ".join(["a = 1"] * 500)).arguments) == 500


@pytest.mark.parametrize("text", ["", "a =", "(a", "a b", "a in ()", "1 +", "f(", "s = 'x", "a is"])
def test_what_cannot_be_read_is_told_with_its_place(text: str) -> None:
    with pytest.raises(Invalid, match="letter") as told:
        soql(text)
    assert told.value.where["at"] >= 1


@given(st.text(max_size=60))
def test_tokens_are_found_or_refused_and_nothing_is_lost(text: str) -> None:
    try:
        tokens = Spelling().tokens(text)
    except Invalid:
        return
    assert tokens[-1].kind is Kind.END
    assert [one.at for one in tokens] == sorted(one.at for one in tokens)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=6, unique=True))
def test_every_column_has_a_name_of_its_own(texts: list[str]) -> None:
    names = Names(fields=[Field(name=one, type=FieldType.STRING) for one in texts])
    assert len({one.lower() for one in names.of.values()}) == len(
        {one.lower() for one in texts if one.isascii() and one.isidentifier()}
    ) + sum(not (one.isascii() and one.isidentifier()) for one in texts)
    for one in texts:
        assert names.column(one) == Column(one)


NUMBERS = st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 3).map(str))
SUMS = st.recursive(
    NUMBERS,
    lambda part: (
        st.builds("({} {} {})".format, part, st.sampled_from("+-*"), part)
        | st.builds("{} {} {}".format, part, st.sampled_from("+-*"), part)
        | part.map("- {}".format)
    ),
    max_leaves=4,
)
COMPARED = st.one_of(
    st.builds("{} {} {}".format, SUMS, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), SUMS),
    st.builds("{} in ({}, {})".format, SUMS, SUMS, SUMS),
    st.builds("{} not in ({}, {})".format, SUMS, SUMS, SUMS),
    st.builds("{} between {} and {}".format, SUMS, SUMS, SUMS),
    st.builds("{} not between {} and {}".format, SUMS, SUMS, SUMS),
    SUMS.map("{} is null".format),
    SUMS.map("{} is not null".format),
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda part: (
        st.builds("{} {} {}".format, part, st.sampled_from(["and", "or"]), part)
        | st.builds("({} {} {})".format, part, st.sampled_from(["and", "or"]), part)
        | part.map("not ({})".format)
    ),
    max_leaves=4,
)
SOME = [None, 0, 1, 2, 3]
TABLE = pa.table(
    {
        "a": pa.array([a for a in SOME for _ in SOME], pa.int64()),
        "b": pa.array([b for _ in SOME for b in SOME], pa.int64()),
        "s": pa.array([None] * 25, pa.string()),
    }
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=CONDITIONS)
def test_both_languages_find_the_rows_that_sql_finds(opened: Any, text: str) -> None:
    one = opened(TABLE, *FIELDS)
    grid = TABLE  # by this name the database finds it
    wanted = duckdb.sql(f"SELECT a, b FROM grid WHERE {text} ORDER BY a, b").fetchall()
    assert grid is TABLE
    for found in (soql(text), Odsql(text, NAMES).condition()):
        table = rows(one, Query(filter=found, columns=("a", "b"))).table
        pairs = zip(table.column("a").to_pylist(), table.column("b").to_pylist(), strict=True)
        assert sorted(map(repr, pairs)) == sorted(map(repr, wanted)), text
