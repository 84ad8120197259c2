"""CQL2 is read as it is meant; what is no CQL2 is told, whatever somebody writes."""

import contextlib
from datetime import UTC, date, datetime

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.share.crs import System
from citycommons.share.expressions import cql2_json, cql2_text
from citycommons.share.expressions.tree import Call, Column, Interval, Literal, Shape, call

A, B = Column("a"), Column("b")
ONE, TWO, THREE = Literal(1), Literal(2), Literal(3)
A1, B3, CUBE = call("eq", A, ONE), call("eq", B, THREE), call("pow", B, THREE)
HALF_PAST = Literal(datetime(2026, 3, 31, 8, 0, 0, 500_000, UTC))
MET_BY = call("t_met_by", Interval(A, Literal(None)), HALF_PAST)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a = 1 OR a = 2 AND b = 3", call("or", A1, call("and", call("eq", A, TWO), B3))),
        ("NOT a = 1", call("not", A1)),
        ("not not a = 1", A1),
        ("a + 2 * b ^ 3 > 1", call("gt", call("add", A, call("mul", TWO, CUBE)), ONE)),
        ("a - 1 - 2 = 3", call("eq", call("sub", call("sub", A, ONE), TWO), THREE)),
        ("a = -1.5e2", call("eq", A, Literal(-150.0))),
        ("a div 2 = 1", call("eq", call("int_div", A, TWO), ONE)),
        ("a LIKE 'it''s 50\\% \\'x\\''", call("like", A, Literal("it's 50\\% 'x'"))),
        ('"a b"" c" IS NOT NULL', call("not", call("is_null", Column('a b" c')))),
        ("date = DATE('2026-03-31')", call("eq", Column("date"), Literal(date(2026, 3, 31)))),
        ("t_metby(INTERVAL(a,'..'), TIMESTAMP('2026-03-31T08:00:00.5Z'))", MET_BY),
        ("a_equals((), (1))", call("a_equals", Call("array"), call("array", ONE))),
        ("Foo(a, TRUE)", call("Foo()", A, Literal(True))),
        ("straße = 'x'", call("eq", Column("straße"), Literal("x"))),
    ],
)  # fmt: skip
def test_text_is_read_by_the_rules_of_the_grammar(text, tree):
    assert cql2_text.parse(text) == tree


def test_a_box_across_the_date_line_comes_in_two_parts():
    found = cql2_text.parse("S_INTERSECTS(a, BBOX(170,-10,-170,10))")
    shape = shapely.from_wkb(found.arguments[1].wkb)
    assert [part.bounds for part in shape.geoms] == [(170, -10, 180, 10), (-180, -10, -170, 10)]
    assert (
        cql2_json.parse(
            '{"op":"s_intersects","args":[{"property":"a"},{"bbox":[170,-10,-170,10]}]}'
        )
        == found
    )


def test_coordinates_are_of_the_system_that_is_said():
    plain = cql2_text.parse("S_EQUALS(a, POINT(7.6 51.9))")
    swapped = cql2_text.parse("S_EQUALS(a, POINT(51.9 7.6))", System(4326))
    one, other = (shapely.from_wkb(found.arguments[1].wkb) for found in (plain, swapped))
    assert one.equals_exact(other, 1e-9)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a =", "= 1", "a = 1 b", "a IN ()x", "a NOT 1", "a BETWEEN 1", "(a = 1", "a = 1)"),
        *("a = 'open", "a = \x00", "DATE('2026-13-01') = a", "TIMESTAMP('2026-03-31') = a"),
        *("POINT(1) = a", "POINT(1 2 = a", "BBOX(1,2,3) = a"),
        *("BBOX('a',2,3,4) = a", "s_equals(a, POINT EMPTY)", "a = 1e999", "a ~ 1"),
        *("(" * 60 + "a", "-" * 60 + "1 = 1", "1" + "+1" * 60, "a = 1" + " " * 70_000),
        "S_INTERSECTS(a, BBOX(1,9,2,3))",
    ],
)  # fmt: skip
def test_what_is_no_cql2_text_is_told(text):
    with pytest.raises(Invalid):
        cql2_text.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "{", "{}", '{"op":"="}', '{"op":"=","args":[1]}', '{"op":1,"args":[]}'),
        *('{"op":"in","args":[1,2]}', '{"op":"and","args":[true]}', '{"interval":["a"]}'),
        *('{"date":"x"}', '{"date":1}', '{"bbox":[1,2]}', '{"bbox":["1"]}', '{"type":"Point"}'),
        *('{"type":"Point","coordinates":"x"}', "[" * 1000 + "]" * 1000, "[" * 100 + "]" * 100),
        '{"op":"s_equals","args":[{"property":"a"},{"type":"Polygon","coordinates":[]}]}',
    ],
)
def test_what_is_no_cql2_json_is_told(text):
    with pytest.raises(Invalid):
        cql2_json.parse(text)


SIGNS = """a b 1 2.5 'x' ( ) , = <> < and or not in like between is null true + - * / div ^ date('
'2026-01-01' casei( s_intersects( point(1 2) bbox(1,2,3,4) interval( '..' "c" %"""
WORDS = st.sampled_from(SIGNS.split())


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=60))
def test_whatever_is_written_is_read_or_told(text):
    for parse in (cql2_text.parse, cql2_json.parse):
        with contextlib.suppress(Invalid):
            parse(text)


def test_shapes_are_flat():
    found = cql2_text.parse("S_EQUALS(a, POINT Z (1 2 3))")
    assert found.arguments[1] == Shape(shapely.to_wkb(shapely.Point(1, 2)))
