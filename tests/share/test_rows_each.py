"""So many rows of each group, the first in an order: as plain Python sorts and cuts them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.share.test_rows import COLUMNS, FIELDS, records, table_of

from citycommons.share import rows as subject
from citycommons.share.expressions.tree import Column, Literal, Sorted, call
from citycommons.share.query import Query
from citycommons.share.rows import batches, count, rows

names = st.sampled_from(list(COLUMNS))
FILTER = call("ge", Column("n"), Literal(0))


def expected_rows(
    some: list[dict[str, Any]], each: list[str], sort: list[tuple[str, bool]], most: int
) -> list[int]:
    """Positions, in the order asked for."""
    order = list(range(len(some)))
    for name, descending in reversed(sort):
        known = [at for at in order if some[at][name] is not None]
        known.sort(key=lambda at, name=name: some[at][name], reverse=descending)  # type: ignore[misc]
        order = known + [at for at in order if some[at][name] is None]
    taken: dict[tuple[Any, ...], int] = {}
    found = []
    for at in order:
        key = tuple(some[at][name] for name in each)
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= most:
            found.append(at)
    return found


@settings(max_examples=120, deadline=None)
@given(
    some=records,
    each=st.lists(names, min_size=1, max_size=2, unique=True),
    sort=st.lists(st.tuples(names, st.booleans()), max_size=2, unique_by=lambda pair: pair[0]),
    most=st.integers(1, 3),
    limit=st.integers(1, 12),
    offset=st.integers(0, 3),
)
def test_so_many_of_each_are_what_plain_python_gives(opened, some, each, sort, most, limit, offset):
    query = Query(
        each=tuple(Column(name) for name in each),
        most_of_each=most,
        sort=tuple(Sorted(expression=Column(name), descending=down) for name, down in sort),
        limit=limit,
        offset=offset,
    )
    one = opened(table_of(some), *FIELDS)
    whole = expected_rows(some, each, sort, most)
    page = rows(one, query)
    assert list(page.positions) == whole[offset : offset + limit]
    assert page.total == len(whole)
    assert count(one, query) == len(whole)
    everything = Query(each=query.each, most_of_each=most, sort=query.sort, limit=None)
    streamed = [row["n"] for batch in batches(one, everything) for row in batch.to_pylist()]
    assert streamed == [some[at]["n"] for at in whole]


@given(some=records, most=st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_a_filter_comes_before_the_first_of_each(opened, some, most):
    sort = (Sorted(expression=Column("t"), descending=True),)
    query = Query(
        filter=FILTER, each=(Column("s"),), most_of_each=most, sort=sort, columns=("n", "s")
    )
    kept = [at for at, row in enumerate(some) if row["n"] is not None and row["n"] >= 0]
    expected = expected_rows([some[at] for at in kept], ["s"], [("t", True)], most)
    page = rows(opened(table_of(some), *FIELDS), query)
    assert list(page.positions) == [kept[at] for at in expected]


def test_whoever_knows_the_total_need_not_have_it_counted(opened, monkeypatch):
    one = opened(table_of([]), *FIELDS)
    assert rows(one, Query(), total=0).total == 0
    monkeypatch.setattr(subject, "_total", lambda *_: pytest.fail("it was counted"))
    some = [dict.fromkeys(COLUMNS) | {"n": n} for n in range(5)]
    page = rows(
        opened(table_of(some), *FIELDS),
        Query(filter=FILTER, limit=2, sort=(Sorted(expression=Column("n")),)),
        total=5,
    )
    assert page.total == 5
