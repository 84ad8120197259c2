"""OData filters: the standard's own examples, what a text means, and that no text breaks it."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.share.expressions.odata import parse_filter, parse_orderby, resolved
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Shape,
    call,
    within,
)

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
A, B = Column("a"), Column("b")

OF_THE_STANDARD = """\
result lt 10.00
unitOfMeasurement/name eq 'Celsius'
unitOfMeasurement/name ne 'Celsius'
result gt 20.0
result ge 20.0
result lt 100
result le 100
result le 3.5 and FeatureOfInterest/id eq '1'
result gt 20 or result le 3.5
not startswith(description,'test')
result add 5 gt 10
result sub 5 gt 10
result mul 2 gt 2000
result div 2 gt 4
result mod 2 eq 0
(result sub 5) gt 10
substringof('Sensor Things',description)
endswith(description,'Things')
startswith(description,'Sensor')
length(description) eq 13
indexof(description,'Sensor') eq 1
substring(description,1) eq 'ensor Things'
tolower(description) eq 'sensor things'
toupper(description) eq 'SENSOR THINGS'
trim(description) eq 'Sensor Things'
concat(concat(unitOfMeasurement/symbol,', '), unitOfMeasurement/name) eq 'degree, Celsius'
year(resultTime) eq 2015
month(resultTime) eq 12
day(resultTime) eq 8
hour(resultTime) eq 1
minute(resultTime) eq 0
second(resultTime) eq 0
fractionalseconds(resultTime) eq 0
date(resultTime) ne date(validTime)
time(resultTime) le validTime
totaloffsetminutes(resultTime) eq 60
resultTime ge now()
resultTime gt mindatetime()
resultTime lt maxdatetime()
round(result) eq 32
floor(result) eq 32
ceiling(result) eq 33
geo.distance(location, geography'POINT (30 10)') lt 1
geo.length(geography'LINESTRING (30 10, 10 30, 40 40)') lt 1
geo.intersects(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))')
st_equals(location, geography'POINT (30 10)')
st_disjoint(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))')
st_touches(location, geography'LINESTRING (30 10, 10 30, 40 40)')
st_within(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))')
st_overlaps(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))')
st_crosses(location, geography'LINESTRING (30 10, 10 30, 40 40)')
st_intersects(location, geography'LINESTRING (30 10, 10 30, 40 40)')
st_contains(location, geography'POINT (30 10)')
st_relate(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))', 'T********')
Datastream/id eq '1' and phenomenonTime ge 2010-06-01T00:00:00Z
geo.distance(Locations/location, geography'POINT(-122 43)') gt 1
""".splitlines()
"""Operators and functions of OGC 18-088, tables 21 and 22, with the examples it gives."""


@pytest.mark.parametrize("text", OF_THE_STANDARD)
def test_the_standards_examples_are_read(text: str) -> None:
    assert isinstance(parse_filter(text, NOW), Call)


MEANINGS: list[tuple[str, Expression]] = [
    ("a eq 1", call("eq", A, Literal(1))),
    ("a eq 'it''s'", call("eq", A, Literal("it's"))),
    ("a eq null", call("is_null", A)),
    ("null ne a", call("not", call("is_null", A))),
    ("a eq -1.5e2", call("eq", A, Literal(-150.0))),
    (
        "a lt b or a gt 2 and b",
        call("or", call("lt", A, B), call("and", call("gt", A, Literal(2)), B)),
    ),
    ("not a and b", call("and", call("not", A), B)),
    ("(a or b) and a", call("and", call("or", A, B), A)),
    (
        "a sub 1 sub 2 eq 3",
        call("eq", call("sub", call("sub", A, Literal(1)), Literal(2)), Literal(3)),
    ),
    ("1 add a mul 2 eq b", call("eq", call("add", Literal(1), call("mul", A, Literal(2))), B)),
    ("a in (1, 2)", call("in", A, Literal(1), Literal(2))),
    ("substringof('x', a)", call("contains", A, Literal("x"))),
    (
        "substring(a, 1, 2) eq 'x'",
        call("eq", call("substring_of", A, Literal(1), Literal(2)), Literal("x")),
    ),
    ("a ge 2026-03-31", call("ge", A, Literal(date(2026, 3, 31)))),
    ("a ge 2026-03-31T14:00:00+02:00", call("ge", A, Literal(NOW))),
    ("a ge datetimeoffset'2026-03-31T12:00Z'", call("ge", A, Literal(NOW))),
    ("a gt now() sub duration'P1DT1H'", call("gt", A, Literal(NOW - timedelta(hours=25)))),
    ("x/y/id eq 5", call("eq", Column("x/y/id"), Literal(5))),
    (
        "during(a, 2026-03-31T12:00:00Z/2026-04-01)",
        call("t_during", A, Interval(Literal(NOW), Literal(date(2026, 4, 1)))),
    ),
]


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_a_text_means(text: str, meaning: Expression) -> None:
    assert parse_filter(text, NOW) == meaning


def test_a_place_is_well_known_text_with_or_without_its_reference_system() -> None:
    for text in ("geography'POINT(1 2)'", "geometry'SRID=4326;POINT (1 2)'"):
        found = parse_filter(f"st_equals(location, {text})", NOW)
        assert isinstance(found, Call)
        assert found.arguments[1] == Shape(shapely.to_wkb(shapely.Point(1, 2)))


WRONG = [
    *(
        "",
        "a eq",
        "eq 1",
        "a eq 1 b",
        "(a",
        "a)",
        "a eq 'x",
        "a == 1",
        "a eq 1;",
        "f(a)",
        "length()",
    ),
    *(
        "length(a, b)",
        "now(1) eq a",
        "a eq geography'POINT(1'",
        "a eq 2026-13-01",
        "not",
        "a in ()",
    ),
    *("a eq duration'P1D'", "a add duration'P1D' gt b", "a eq duration'x'", "date'x' eq a", "\x00"),
    *("st_equals(a, geography'SRID=3857;POINT(1 2)')", "a eq geography'POINT EMPTY'", ",", "a,b"),
    *("maxdatetime() add duration'P1D' gt a", "(" * 500 + "a" + ")" * 500, "not " * 500 + "a"),
    *("a" * 9000, "- " * 300 + "1 eq a"),
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_filter_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_filter(text, NOW)
    assert len(refused.value.message) < 1_000


def test_an_order_names_what_to_sort_by() -> None:
    found = parse_orderby("a desc,b/c,length(d) asc", NOW)
    assert [one.descending for one in found] == [True, False, False]
    assert found[1].expression == Column("b/c")


def test_paths_become_what_they_are_said_to_mean() -> None:
    found = resolved(
        parse_filter("a eq 1 and not contains(b, 'x')", NOW), lambda path: Column(path * 2)
    )
    assert [one.name for one in within(found) if isinstance(one, Column)] == ["aa", "bb"]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for read in (parse_filter, parse_orderby):
        with contextlib.suppress(Invalid):
            read(text, NOW)


WORDS = [
    "a",
    "eq",
    "and",
    "not",
    "(",
    ")",
    ",",
    "1",
    "'x'",
    "add",
    "-",
    "now()",
    "length(",
    "in",
    "2026-01-01",
    "duration'P1D'",
    "geography'POINT(1 2)'",
    "null",
    "sub",
    "concat(",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_no_order_of_words_breaks_the_reader(words: list[str]) -> None:
    with contextlib.suppress(Invalid):
        parse_filter(" ".join(words), NOW)


NAMES = st.sampled_from(["a", "b/c", "properties/x"]).map(Column)
VALUES = st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=8), st.booleans()).map(Literal)


def _written(one: Expression) -> str:
    match one:
        case Column(name):
            return name
        case Literal(value):
            if isinstance(value, bool):
                return str(value).lower()
            return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
        case Call("not", (inner,)):
            return f"not ({_written(inner)})"
        case Call(word, parts):
            return f" {word} ".join(f"({_written(part)})" for part in parts)
    raise AssertionError(one)


COMPARED = st.builds(
    lambda sign, one, other: call(sign, one, other),
    st.sampled_from(["eq", "ne", "lt", "ge"]),
    NAMES,
    VALUES,
)
TREES = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.builds(lambda one: call("not", one), inner),
        st.builds(
            lambda word, parts: Call(word, tuple(parts)),
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_is_read_back(tree: Call) -> None:
    assert parse_filter(_written(tree), NOW) == tree
