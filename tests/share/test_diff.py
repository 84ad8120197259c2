"""A diff says exactly which rows came, went and changed."""

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from citycommons.share.diff import Kind, diff

cells = st.none() | st.integers(0, 3)
keyed = st.dictionaries(
    cells, st.tuples(cells, st.none() | st.sampled_from(["a", "b"])), max_size=6
)


def table(rows) -> pa.Table:
    return pa.table(
        {
            "k": pa.array([k for k, _, _ in rows], pa.int64()),
            "n": pa.array([n for _, n, _ in rows], pa.int64()),
            "s": pa.array([s for _, _, s in rows], pa.string()),
        }
    )


@settings(max_examples=80, deadline=None)
@given(keyed, keyed)
def test_by_key_it_is_the_difference_of_two_dictionaries(opened, before, after):
    older = opened(table([(k, *v) for k, v in before.items()]), key=("k",))
    newer = opened(table([(k, *v) for k, v in after.items()]), key=("k",), number=2)
    found = diff(older, newer)
    changed = {k for k in before.keys() & after.keys() if before[k] != after[k]}
    assert found.key == ("k",)
    assert (found.added, found.removed, found.changed) == (
        len(after.keys() - before.keys()),
        len(before.keys() - after.keys()),
        len(changed),
    )
    assert found.unchanged == len(before.keys() & after.keys()) - len(changed)
    for change in found.changes:
        row = change.after or change.before
        assert row is not None
        match change.kind:
            case Kind.ADDED:
                assert row["k"] in after.keys() - before.keys()
            case Kind.REMOVED:
                assert row["k"] in before.keys() - after.keys()
            case Kind.CHANGED:
                pairs = zip(("n", "s"), before[row["k"]], after[row["k"]], strict=True)
                assert change.columns == tuple(name for name, one, two in pairs if one != two)
    assert len(found.changes) == found.added + found.removed + found.changed


@settings(max_examples=60, deadline=None)
@given(*[st.lists(st.tuples(cells, cells, st.sampled_from(["a", None])), max_size=7)] * 2)
def test_without_a_key_rows_count_as_often_as_they_occur(opened, before, after):
    found = diff(opened(table(before)), opened(table(after), number=2))
    one, two = Counter(before), Counter(after)
    assert found.added == (two - one).total()
    assert found.removed == (one - two).total()
    assert found.unchanged == (one & two).total()
    assert found.changed == 0
    came = [tuple(c.after.values()) for c in found.changes if c.after is not None]
    assert Counter(came) == two - one


def test_pages_and_kinds(opened):
    older = opened(table([(n, 0, "a") for n in range(10)]), key=("k",))
    newer = opened(table([(n, n % 2, "a") for n in range(2, 13)]), key=("k",), number=2)
    keys = [
        (c.kind, (c.after or c.before)["k"])  # type: ignore[index]
        for offset in (0, 4, 8)
        for c in diff(older, newer, limit=4, offset=offset).changes
    ]
    assert keys == [
        *((Kind.REMOVED, n) for n in (0, 1)),
        *((Kind.CHANGED, n) for n in (3, 5, 7, 9)),
        *((Kind.ADDED, n) for n in (10, 11, 12)),
    ]
    only = diff(older, newer, only=Kind.CHANGED).changes
    assert {c.columns for c in only} == {("n",)}
    assert [(c.before["n"], c.after["n"]) for c in only if c.before and c.after] == [(0, 1)] * 4


def test_columns_that_came_went_or_changed_their_type_are_said(opened):
    older = opened(pa.table({"k": ["a"], "old": [1], "n": [5]}), key=("k",))
    newer = opened(pa.table({"k": ["a"], "new": [1], "n": ["5"]}), key=("k",), number=2)
    found = diff(older, newer)
    assert [(f.name, f.before is None, f.after is None) for f in found.fields] == [
        ("old", False, True),
        ("n", False, False),
        ("new", True, False),
    ]
    assert (found.added, found.removed, found.changed, found.unchanged) == (0, 0, 0, 1)


def test_a_key_that_does_not_tell_rows_apart_is_left_and_said(opened):
    older = opened(table([(1, 1, "a")]), key=("k",))
    newer = opened(table([(1, 1, "a"), (1, 2, "a")]), key=("k",), number=2)
    found = diff(older, newer)
    assert found.key == ()
    assert "occur more than once in version 2" in found.note
    assert (found.added, found.unchanged) == (1, 1)
    gone = replace(newer, dataset=replace(newer.dataset, key=("x",)))
    assert "not in both versions" in diff(older, gone).note


@pytest.mark.parametrize("key", [("k",), ()])
def test_a_place_that_moved_is_a_change(opened, key):
    def placed(lon: float, number: int):
        wkb = shapely.to_wkb(shapely.points([lon, 7.0], [51.0, 52.0])).tolist()
        return opened(pa.table({"k": ["a", "b"], "geometry": wkb}), key=key, number=number)

    found = diff(placed(7.5, 1), placed(7.6, 2))
    if key:
        (change,) = found.changes
        assert change.columns == ("geometry",)
        assert change.after is not None
        assert change.after["geometry"] == "POINT (7.6 51)"
    else:
        assert (found.added, found.removed, found.unchanged) == (1, 1, 1)


def test_the_same_content_differs_in_nothing(opened):
    one = opened(table([(1, 1, "a")]))
    found = diff(one, one)
    assert (found.added, found.removed, found.changed, found.unchanged) == (0, 0, 0, 1)
    assert found.changes == ()
