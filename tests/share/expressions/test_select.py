"""SQL questions are read into trees as PostgreSQL binds them; everything else is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.share.expressions.select import parse
from citycommons.share.expressions.tree import Call, Column, Expression, Literal, Named, call

A, B, C = Column("a"), Column("b"), Column("c")


def expression(text: str) -> Expression:
    (item,) = parse(f"SELECT {text} AS x FROM t").items
    assert item is not None
    return item.expression


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a OR b AND NOT c", call("or", A, call("and", B, call("not", C)))),
        ("NOT NOT a", A),
        ("a + b * c", call("add", A, call("mul", B, C))),
        ("(a + b) * c", call("mul", call("add", A, B), C)),
        ("a - b - c", call("sub", call("sub", A, B), C)),
        ("-a", call("neg", A)),
        ("- 1", Literal(-1)),
        ("a = b + 1", call("eq", A, call("add", B, Literal(1)))),
        ("a || b || 'x'", Call("concat", (A, B, Literal("x")))),
        ("a < 1 AND b > 2.5", call("and", call("lt", A, Literal(1)), call("gt", B, Literal(2.5)))),
        ("a BETWEEN 1 AND 2 AND b", call("and", call("between", A, Literal(1), Literal(2)), B)),
        ("a NOT IN (1, 2)", call("not", Call("in", (A, Literal(1), Literal(2))))),
        ("a IS NOT NULL", call("not", call("is_null", A))),
        ("a ILIKE 'x%'", call("like", call("casei", A), call("casei", Literal("x%")))),
        ("a::text = 'x'", call("eq", call("text", A), Literal("x"))),
        ("CAST(a AS double precision)", call("number", A)),
        ("a::numeric(10,2)", call("number", A)),
        ("'2026-01-01'::timestamp with time zone", Literal("2026-01-01")),
        ("DATE '2026-01-01'", Literal("2026-01-01")),
        ("date_trunc('month', a)", call("trunc_month", A)),
        ("extract(dow FROM a)", call("day_of_week", A)),
        ("substring(a, 2, 3)", call("substring_of", A, Literal(1), Literal(3))),
        ("count(DISTINCT a)", call("count_distinct", A)),
        ("t.a", A),
        ('"t"."B b"', Column("B b")),
        ("'it''s'", Literal("it's")),
        ("1e3", Literal(1000.0)),
        ("null", Literal(None)),
    ],
)
def test_an_expression_binds_as_in_postgresql(text: str, meant: Expression) -> None:
    assert expression(text) == meant


def test_the_clauses_of_a_question_are_read() -> None:
    found = parse(
        'SELECT DISTINCT a, b c FROM "t-csv" AS q WHERE q.a > 1 GROUP BY 2, a HAVING count(*) > 1 '
        "ORDER BY 1 DESC NULLS LAST, b LIMIT 10 OFFSET 5;"
    )
    assert (found.table, found.is_distinct, found.limit, found.offset) == ("t-csv", True, 10, 5)
    assert found.items == (Named(name="a", expression=A), Named(name="c", expression=B))
    assert found.where == call("gt", A, Literal(1))
    assert found.group_by == (B, A)
    assert [(one.expression, one.descending) for one in found.order] == [(A, True), (B, False)]


@pytest.mark.parametrize("text", ["SELECT a FROM t OFFSET 2 LIMIT ALL", "select t.* from t"])
def test_other_spellings_are_read(text: str) -> None:
    assert parse(text).table == "t"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        parse(text)
    with suppress(Invalid):
        parse(f"SELECT {text} FROM t")
