"""What an expression asks is what the rows answer; what does not fit is said."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
import shapely

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.tree import (
    Column,
    Expression,
    Interval,
    Literal,
    Named,
    Shape,
    Sorted,
    call,
)
from citycommons.share.query import Query
from citycommons.share.rows import rows

FIELDS = (
    Field(name="n", type=FieldType.INTEGER),
    Field(name="name", type=FieldType.STRING),
    Field(name="size", type=FieldType.NUMBER),
    Field(name="seen", type=FieldType.DATETIME),
    Field(name="place", type=FieldType.GEOMETRY),
)
N, NAME, SIZE, SEEN, PLACE = (Column(field.name) for field in FIELDS)


@pytest.fixture
def trees(opened):
    table = pa.table(
        {
            "n": [1, 2, 3, 4, 5],
            "name": ["Ahorn", "Linde", "Àhorn", None, "eiche_x"],
            "size": [1.5, 2.5, None, 4.0, 4.0],
            "seen": pa.array(
                [datetime(2026, m, 1, 8, tzinfo=UTC) for m in (1, 2, 3, 4, 5)],
                pa.timestamp("us", tz="UTC"),
            ),
            "place": pa.array(
                [shapely.to_wkb(shapely.Point(n, n)) for n in (1, 2, 3, 4)] + [None], pa.binary()
            ),
        }
    )
    return opened(table, *FIELDS)


def found(trees, filter: Expression, **more) -> list[int]:
    return rows(trees, Query(filter=filter, columns=("n",), **more)).table.column("n").to_pylist()


BOX = Shape(shapely.to_wkb(shapely.box(1.5, 1.5, 3.5, 3.5)))


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (call("gt", N, Literal(3)), [4, 5]),
        (call("ne", NAME, Literal("Linde")), [1, 3, 5]),  # null is neither
        (call("and", call("ge", N, Literal(2)), call("lt", N, Literal(4))), [2, 3]),
        (call("or", call("eq", N, Literal(1)), call("is_null", NAME)), [1, 4]),
        (call("not", call("is_null", SIZE)), [1, 2, 4, 5]),
        (call("in", N, Literal(1), Literal(5)), [1, 5]),
        (call("between", SIZE, Literal(2), Literal(4)), [2, 4, 5]),
        (call("like", NAME, Literal("eiche\\_%")), [5]),
        (call("eq", call("accenti", call("casei", NAME)), Literal("ahorn")), [1, 3]),
        (call("eq", call("mod", N, Literal(2)), Literal(0)), [2, 4]),
        (call("eq", call("div", N, Literal(0)), Literal(1)), []),
        (call("ge", SEEN, Literal("2026-04-01")), [4, 5]),
        (call("eq", call("month", SEEN), Literal(2)), [2]),
        (call("s_intersects", PLACE, BOX), [2, 3]),
        (call("not", call("s_intersects", PLACE, BOX)), [1, 4]),  # no place: neither
        (
            call("t_during", SEEN, Interval(Literal("2026-01-15"), Literal("2026-03-15"))),
            [2, 3],
        ),
        (call("t_after", SEEN, Interval(Literal(None), Literal("2026-03-15"))), [4, 5]),
    ],
)
def test_an_expression_finds_its_rows(trees, filter, expected):
    assert sorted(found(trees, filter)) == expected


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        (call("eq", Column("nope"), Literal(1)), "no column “nope”"),
        (call("evil", N), "no function “evil”"),
        (call("eq", N, Literal("x")), "cannot be compared"),
        (call("lower", N), "needs string"),
        (N, "true or false"),
        (call("eq", SEEN, Literal("yesterday")), "is no time"),
        (call("s_intersects", PLACE, Literal(1)), "needs geometry"),
    ],
)
def test_what_does_not_fit_is_said(trees, filter, said):
    with pytest.raises(Invalid, match=said):
        found(trees, filter)


def test_a_question_nested_without_end_is_refused(trees):
    deep: Expression = call("gt", N, Literal(1))
    for _ in range(100):
        deep = call("not", deep)
    with pytest.raises(Invalid, match="nested"):
        found(trees, deep)


def test_columns_are_computed_sorted_and_grouped(trees):
    named = (
        Named(name="big", expression=call("upper", NAME)),
        Named(name="twice", expression=call("mul", N, Literal(2))),
    )
    page = rows(
        trees, Query(computed=named, sort=(Sorted(expression=Column("twice"), descending=True),))
    )
    assert page.table.to_pylist()[0] == {"big": "EICHE_X", "twice": 10.0}
    grouped = (
        Named(name="size", expression=SIZE),
        Named(name="how_many", expression=call("count")),
        Named(name="most", expression=call("max", N)),
    )
    page = rows(
        trees,
        Query(
            computed=grouped,
            group_by=(SIZE,),
            having=call("ge", Column("how_many"), Literal(1)),
            sort=(Sorted(expression=call("count"), descending=True),),
            limit=2,
        ),
    )
    assert page.total == 4
    assert page.table.to_pylist()[0] == {"size": 4.0, "how_many": 2, "most": 5}
    assert rows(trees, Query(computed=grouped[1:])).table.to_pylist() == [
        {"how_many": 5, "most": 5}
    ]
