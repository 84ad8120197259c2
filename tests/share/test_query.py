"""Parameters of an address become a query, or a sentence that says what is wrong."""

from datetime import UTC, date, datetime, time

import pytest

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.query import Comparison, Condition, Order, Query, parse_query

FIELDS = tuple(
    Field(name=name, type=kind)
    for name, kind in [
        ("name", FieldType.STRING),
        ("free", FieldType.INTEGER),
        ("share", FieldType.NUMBER),
        ("open", FieldType.BOOLEAN),
        ("day", FieldType.DATE),
        ("at", FieldType.DATETIME),
        ("from", FieldType.TIME),
        ("limit", FieldType.INTEGER),
        ("odd__gt", FieldType.INTEGER),
        ("geometry", FieldType.GEOMETRY),
    ]
)


def only(**params: str) -> Condition:
    (found,) = parse_query(params, FIELDS).where
    return found


def test_nothing_given_is_the_first_page_of_everything():
    assert parse_query({}, FIELDS) == Query()


def test_values_take_the_type_of_their_column():
    assert only(name="").value == ""
    assert only(free="42").value == 42
    assert only(free__gt="2.5").value == 2.5
    assert only(share="1e3").value == 1000.0
    assert only(open="true").value is True
    assert only(day__lte="2026-03-31").value == date(2026, 3, 31)
    assert only(at="2026-03-31").value == datetime(2026, 3, 31, tzinfo=UTC)
    assert only(**{"from": "08:30"}).value == time(8, 30)
    assert only(name__in='"a,b",c').value == ("a,b", "c")
    assert only(geometry__isnull="false").value is False


def test_a_plus_sign_that_became_a_space_is_still_a_zone():
    moments = (only(at=f"2026-03-31T08:00:00{zone}").value for zone in ("+02:00", " 02:00"))
    assert {moment.isoformat() for moment in moments} == {"2026-03-31T06:00:00+00:00"}


def test_columns_named_like_parameters_or_comparisons_can_be_asked_for():
    assert only(limit__eq="3") == Condition(column="limit", value=3)
    assert only(odd__gt="3") == Condition(column="odd__gt", value=3)
    assert only(odd__gt__gt="3").comparison is Comparison.GT


def test_order_groups_and_aggregates():
    query = parse_query({"order": "-free, name"}, FIELDS)
    assert query.order == (Order(column="free", descending=True), Order(column="name"))
    query = parse_query(
        {"group": "name,month(at)", "aggregate": "sum(free),count", "order": "-sum(free)"}, FIELDS
    )
    assert [g.name for g in query.group] == ["name", "month(at)"]
    assert [a.name for a in query.aggregates] == ["sum(free)", "count"]
    assert [a.name for a in parse_query({"group": "name"}, FIELDS).aggregates] == ["count"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"colour": "red"}, "colour.*nor a column.*name, free"),
        ({"free": "many"}, "free.*many.*whole number"),
        ({"free": ""}, "free__isnull=true"),
        ({"free": "9223372036854775808"}, "whole number"),
        ({"share": "nan"}, "number"),
        ({"share": "1_000"}, "number"),
        ({"day": "31.03.2026"}, "date, such as 2026-03-31"),
        ({"open": "maybe"}, "neither true nor false"),
        ({"free__contains": "4"}, "integer, not text"),
        ({"free__like": "4"}, "no comparison “like”"),
        ({"geometry": "x"}, "bbox"),
        ({"order": "size"}, "no column “size” to sort by"),
        ({"columns": "name,size"}, "no column “size”"),
        ({"columns": "name", "group": "name"}, "not both"),
        ({"group": "week(at)"}, "neither a column nor one of year"),
        ({"group": "day(name)"}, "no dates"),
        ({"group": "hour(day)"}, "days, not hours"),
        ({"aggregate": "sum(name)"}, "sum needs numbers"),
        ({"aggregate": "mode(name)"}, "not one of count"),
        ({"bbox": "1,2,3"}, "west,south,east,north"),
        ({"bbox": "1,5,3,4"}, "south above"),
        ({"bbox": "1,2,3,inf"}, "south above"),
        ({"limit": "-1"}, "no whole number"),
        ({"limit": "10001"}, "at most 10000"),
        ([("limit", "1"), ("limit", "2")], "given twice"),
    ],
)
def test_what_is_wrong_is_named(params, words):
    with pytest.raises(Invalid, match=f"(?s){words}"):
        parse_query(params, FIELDS)


def test_places_and_words_need_a_column_of_their_kind():
    numbers = (Field(name="free", type=FieldType.INTEGER),)
    with pytest.raises(Invalid, match="no geometry"):
        parse_query({"bbox": "1,2,3,4"}, numbers)
    with pytest.raises(Invalid, match="no column of text"):
        parse_query({"q": "x"}, numbers)


def test_a_file_may_hold_more_rows_than_a_page():
    assert parse_query({"limit": "50000"}, FIELDS, limit=None).limit == 50_000
    assert parse_query({}, FIELDS, limit=None).limit is None
