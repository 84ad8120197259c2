"""Any page of a version equals what a plain Python filter, sort and slice would give."""

import operator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.core.errors import TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share import rows as subject
from citycommons.share.query import Comparison, Condition, Order, Query, parse_query
from citycommons.share.rows import batches, rows
from citycommons.store.lake import ROW_GROUP, Lake

COLUMNS = {
    "n": (FieldType.INTEGER, pa.int64(), st.integers(-3, 3)),
    "f": (FieldType.NUMBER, pa.float64(), st.sampled_from([-1.5, 0.0, 0.1, 1e300])),
    "s": (FieldType.STRING, pa.string(), st.sampled_from(["", "a", "Ä", "a'b", 'x"; --'])),
    "b": (FieldType.BOOLEAN, pa.bool_(), st.booleans()),
    "d": (FieldType.DATE, pa.date32(), st.dates(date(2026, 1, 1), date(2026, 1, 4))),
    "t": (
        FieldType.DATETIME,
        pa.timestamp("us", "UTC"),
        st.integers(0, 3).map(lambda h: datetime(2026, 3, 29, h, tzinfo=UTC)),
    ),
    "h": (FieldType.TIME, pa.time64("us"), st.integers(0, 3).map(lambda h: time(h, 30))),
}
FIELDS = tuple(Field(name=name, type=kind) for name, (kind, _, _) in COLUMNS.items())
SIGNS = {
    Comparison.EQ: operator.eq,
    Comparison.GT: operator.gt,
    Comparison.GTE: operator.ge,
    Comparison.LT: operator.lt,
    Comparison.LTE: operator.le,
}

records = st.lists(
    st.fixed_dictionaries({n: st.none() | values for n, (_, _, values) in COLUMNS.items()}),
    max_size=12,
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(list(COLUMNS)))
    values = COLUMNS[name][2]
    comparison = draw(st.sampled_from([c for c in Comparison if c is not Comparison.CONTAINS]))
    if comparison is Comparison.ISNULL:
        return Condition(column=name, comparison=comparison, value=draw(st.booleans()))
    if comparison is Comparison.IN:
        many = tuple(draw(st.lists(values, max_size=3)))
        return Condition(column=name, comparison=comparison, value=many)
    return Condition(column=name, comparison=comparison, value=draw(values))


def holds(one: Condition, row: dict[str, Any]) -> bool:
    cell = row[one.column]
    match one.comparison:
        case Comparison.ISNULL:
            return (cell is None) is one.value
        case Comparison.NE:
            return cell != one.value
        case Comparison.IN:
            return cell in one.value  # type: ignore[operator]
        case _:
            return cell is not None and SIGNS[one.comparison](cell, one.value)


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.table({n: pa.array([r[n] for r in rows], a) for n, (_, a, _) in COLUMNS.items()})


@settings(max_examples=150, deadline=None)
@given(
    records,
    st.lists(conditions(), max_size=2),
    st.lists(st.tuples(st.sampled_from(list(COLUMNS)), st.booleans()), max_size=2),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_a_page_is_what_plain_python_gives(opened, some, where, order, limit, offset):
    version = opened(table_of(some), *FIELDS)
    query = Query(
        where=tuple(where),
        order=tuple(Order(column=name, descending=down) for name, down in order),
        limit=limit,
        offset=offset,
    )
    wanted = [(place, r) for place, r in enumerate(some) if all(holds(w, r) for w in where)]
    for one in reversed(query.order):
        there = [p for p in wanted if p[1][one.column] is not None]
        there.sort(key=lambda p: p[1][one.column], reverse=one.descending)
        wanted = there + [p for p in wanted if p[1][one.column] is None]
    page = rows(version, query)
    assert page.total == len(wanted)
    shown = wanted[offset : offset + limit]
    assert page.rows == [tuple(row[name] for name in COLUMNS) for _, row in shown]
    assert list(page.positions) == [place for place, _ in shown]
    streamed = [row for batch in batches(version, query) for row in batch.to_pylist()]
    assert streamed == [row for _, row in shown]


def test_pages_neither_overlap_nor_leave_a_gap_across_row_groups(opened):
    count = ROW_GROUP * 2 + 77
    one = opened(pa.table({"n": range(count), "same": [1] * count}))
    for params in ({}, {"order": "same"}, {"same": "1"}):
        seen: list[int] = []
        offset: int | None = 0
        while offset is not None:
            page = rows(
                one,
                parse_query({**params, "limit": "9999", "offset": str(offset)}, one.version.fields),
            )
            assert page.total == count
            seen += page.table.column("n").to_pylist()
            offset = page.next_offset
        assert seen == list(range(count))


def test_words_and_contains_look_past_case_and_accents(opened):
    one = opened(
        pa.table({"s": ["Übergang Süd", "SUD", None, "Nord"], "k": ["x", "y", "z", "sud"]})
    )

    def found(**params: str) -> list[int]:
        return list(rows(one, parse_query(params, one.version.fields)).positions)

    assert found(s__contains="sud") == [0, 1]
    assert found(q="süd") == [0, 1, 3]
    assert found(q="SÜD uber") == [0]
    assert found(s__contains="%") == []


def test_a_box_finds_what_truly_touches_it_and_not_what_only_its_bounds_do(opened):
    shapes = [
        shapely.Point(7.6, 51.9),
        shapely.LineString([(7, 51), (8, 52)]),
        shapely.box(7.0, 51.0, 7.1, 51.1),
        None,
    ]
    one = opened(pa.table({"n": range(4), "geometry": shapely.to_wkb(shapes).tolist()}))

    def found(box: str) -> set[int]:
        page = rows(one, parse_query({"bbox": box}, one.version.fields))
        assert page.total == len(page.rows)
        return set(page.table.column("n").to_pylist())

    assert found("7.55,51.85,7.65,51.95") == {0}  # the line's bounds reach here, the line does not
    assert found("7.05,51.05,7.06,51.06") == {1, 2}
    assert found("6,50,9,53") == {0, 1, 2}
    assert found("7.6,50,7.05,53") == {0, 1, 2}  # across the date line: all but the middle


def test_groups_add_up_to_the_whole(opened):
    hours = [datetime(2026, 3, 31, tzinfo=UTC) + timedelta(hours=h) for h in range(48)]
    one = opened(
        pa.table({"at": pa.array(hours, pa.timestamp("us", "UTC")), "n": range(48)}),
        Field(name="at", type=FieldType.DATETIME),
        Field(name="n", type=FieldType.INTEGER, unit="1/h"),
    )
    asked = {"group": "day(at)", "aggregate": "count,sum(n),avg(n),median(n),min(at)"}
    page = rows(one, parse_query({**asked, "limit": "1", "offset": "1"}, one.version.fields))
    assert page.total == 2
    assert orjson.loads(page.json()) == [
        {
            "day(at)": "2026-04-01",
            "count": 24,
            "sum(n)": sum(range(24, 48)),
            "avg(n)": 35.5,
            "median(n)": 35.5,
            "min(at)": "2026-04-01T00:00:00Z",
        }
    ]
    assert next(f.unit for f in page.fields if f.name == "sum(n)") == "1/h"
    biggest = parse_query({"group": "day(at)", "order": "-count,-day(at)"}, one.version.fields)
    assert [row[0] for row in rows(one, biggest).rows] == [date(2026, 4, 1), date(2026, 3, 31)]


def test_a_sum_past_64_bits_is_still_a_number(opened):
    one = opened(pa.table({"n": [2**63 - 1, 2**63 - 1]}))
    page = rows(one, parse_query({"aggregate": "sum(n)"}, one.version.fields))
    assert page.rows == [(pytest.approx(2.0**64),)]


def test_an_empty_version_answers_every_question(opened):
    one = opened(
        pa.table({"s": pa.array([], pa.string()), "geometry": pa.array([], pa.binary())}),
        Field(name="s", type=FieldType.STRING),
        Field(name="geometry", type=FieldType.GEOMETRY),
    )
    for params in ({}, {"s": "a"}, {"bbox": "1,2,3,4"}, {"order": "s"}, {"q": "x"}):
        page = rows(one, parse_query(params, one.version.fields))
        assert (page.total, page.rows, page.json()) == (0, [], b"[]")
    assert rows(one, parse_query({"aggregate": "count"}, one.version.fields)).rows == [(0,)]


def test_names_with_quotes_and_values_with_sql_stay_what_they_are(opened):
    name = 'a"; DROP TABLE x; --'
    one = opened(pa.table({name: ["'; SELECT 1; --", "b"]}))
    page = rows(one, parse_query({name: "'; SELECT 1; --", "order": name}, one.version.fields))
    assert page.rows == [("'; SELECT 1; --",)]


def test_a_question_that_runs_away_is_stopped(opened, monkeypatch):
    one = opened(pa.table({"n": range(2_000_000)}))
    slow = Lake.query
    monkeypatch.setattr(Lake, "query", lambda *a, **k: slow(*a, **{**k, "timeout_s": 0.001}))
    with pytest.raises(TooMuch, match="Filter more"):
        rows(one, parse_query({"order": "-n", "limit": "10000"}, one.version.fields))


def test_what_a_filter_finds_is_worked_out_once_for_all_pages(opened, monkeypatch):
    one = opened(pa.table({"n": [1, 2, 3, 4] * 3}))
    asked: list[str] = []
    ask = Lake.query
    monkeypatch.setattr(
        Lake, "query", lambda lake, sql, *rest, **more: asked.append(sql) or ask(lake, sql, *rest)
    )
    found = []
    for offset in ("0", "2", "4"):
        asked_for = {"n__lt": "3", "limit": "2", "offset": offset}
        page = rows(one, parse_query(asked_for, one.version.fields))
        assert page.total == 6
        found += page.table.column("n").to_pylist()
    assert found == [1, 2] * 3
    assert sum("WHERE" in sql and "IN (" not in sql for sql in asked) == 1


def test_a_count_of_groups_is_worked_out_once(opened, monkeypatch):
    one = opened(pa.table({"n": [1, 2, 3, 4] * 3}))
    asked: list[str] = []
    ask = subject._asked
    monkeypatch.setattr(subject, "_asked", lambda o, s: asked.append(s.sql) or ask(o, s))
    for offset in ("0", "2"):
        rows(one, parse_query({"group": "n", "limit": "2", "offset": offset}, one.version.fields))
    assert sum("count(*) AS total" in statement for statement in asked) == 1


def test_a_box_and_a_filter_find_what_both_find(opened):
    spots = [shapely.Point(n % 10, n // 10) for n in range(100)]
    table = pa.table({"n": range(100), "place": pa.array(shapely.to_wkb(spots), pa.binary())})
    fields = (
        Field(name="n", type=FieldType.INTEGER),
        Field(name="place", type=FieldType.GEOMETRY),
    )
    one = opened(table, *fields)
    asked = {"bbox": "2,3,4,5", "n__gt": "40", "limit": "4", "offset": "1"}
    page = rows(one, parse_query(asked, one.version.fields))
    assert page.total == 6
    inside = [n for n in in_order(one) if 2 <= n % 10 <= 4 and 3 <= n // 10 <= 5 and n > 40]
    assert page.table.column("n").to_pylist() == inside[1:5]
    nothing = rows(one, parse_query({"bbox": "20,20,30,30", "n__gt": "40"}, one.version.fields))
    assert (nothing.total, nothing.rows) == (0, [])


def in_order(one):
    return rows(one, Query(columns=("n",))).table.column("n").to_pylist()


def test_each_category_is_looked_for_once_however_it_is_combined(opened, monkeypatch):
    one = opened(pa.table({"a": ["x", "y", "z"] * 20, "b": ["p", "q"] * 30, "n": range(60)}))
    asked: list[str] = []
    ask = Lake.query
    monkeypatch.setattr(
        Lake, "query", lambda lake, sql, *rest, **more: asked.append(sql) or ask(lake, sql, *rest)
    )
    table = rows(one, Query(limit=None)).rows
    for a in "xyz":
        for b in "pq":
            found = rows(one, parse_query({"a": a, "b": b, "columns": "n"}, one.version.fields))
            assert [n for (n,) in found.rows] == [n for x, y, n in table if (x, y) == (a, b)]
    assert sum("WHERE" in sql and "IN (" not in sql for sql in asked) == 5
