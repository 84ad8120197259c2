"""Nobody computes a count of 1 to 4 from what is shown, even who knows the rule by heart.

Each attack lists every table there could be, groups those that look the same from outside, and
asks whether a small count is the same in all of them: then it would be known.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.measure.usage.small import LEAST, exactly, shown_pair, told_apart

Table = tuple[int, ...]


def recovered(tables: Iterable[Table], seen: Callable[[Table], Any]) -> list[tuple[Table, int]]:
    """Tables of which a cell from 1 to 4 follows from what is seen of them."""
    alike: dict[Any, list[Table]] = defaultdict(list)
    for one in tables:
        alike[seen(one)].append(one)
    return [
        (group[0], place)
        for group in alike.values()
        for place in range(len(group[0]))
        if 0 < group[0][place] < LEAST and len({one[place] for one in group}) == 1
    ]


def test_looks_and_takes_below_five_stay_hidden_beside_their_sum():
    def seen(table: Table) -> Any:
        looks, takes = table
        return shown_pair(looks + takes, takes)

    assert recovered((one for one in product(range(40), repeat=2) if sum(one) < 40), seen) == []


@pytest.mark.parametrize(("parts", "most"), [(2, 30), (3, 18), (4, 11)])
def test_parts_below_five_stay_hidden_beside_the_sum(parts, most):
    def seen(table: Table) -> Any:
        return shown_pair(sum(table), 0)[0], told_apart(dict(enumerate(table)), parts)

    # Sums that also tables outside the range have would look surer than they are.
    tables = [one for one in product(range(most), repeat=parts) if sum(one) < most]
    assert recovered(tables, seen) == []


def test_two_tables_of_the_same_uses_do_not_tell_together_what_each_hides():
    """By day and by channel: 2 × 2 uses, both margins told apart, the sum exact."""

    def seen(table: Table) -> Any:
        a, b, c, d = table
        rows, columns = {0: a + b, 1: c + d}, {0: a + c, 1: b + d}
        return shown_pair(sum(table), 0)[0], told_apart(rows, 2), told_apart(columns, 2)

    tables = [one for one in product(range(15), repeat=4) if sum(one) < 15]
    assert recovered(tables, seen) == []


def test_a_city_minus_its_datasets_tells_of_no_dataset():
    """Two datasets with looks and takes; shown are each of them and the sums of what is shown."""

    def seen(table: Table) -> Any:
        pairs = [shown_pair(table[i] + table[i + 1], table[i + 1]) for i in (0, 2)]
        sums = tuple(sum(one) for one in zip(*pairs, strict=True))
        return tuple(pairs), sums, told_apart({i: pair[0] for i, pair in enumerate(pairs)}, 30)

    # A pair's sum stays small, or the end of the range would tell what the rule does not.
    tables = (one for one in product(range(16), repeat=4) if max(sum(one[:2]), sum(one[2:])) < 16)
    assert recovered(tables, seen) == []


@given(st.dictionaries(st.integers(0, 12), st.integers(0, 400)))
def test_parts_and_rest_add_up_and_none_is_small(counts):
    found, total = told_apart(counts, 13), sum(counts.values())
    shown = sum(count for _, count in found.parts) + found.rest
    assert shown == (total if total >= LEAST else 0)
    assert all(count >= LEAST for _, count in found.parts)
    assert found.rest == 0 or found.rest >= LEAST
    assert all(count <= counts[key] for key, count in found.parts)


@given(st.integers(0, 60), st.integers(0, 60))
def test_what_is_shown_is_never_more_than_there_was_and_lacks_four_at_most(looks, takes):
    investigations, requests = shown_pair(looks + takes, takes)
    assert requests <= investigations
    assert 0 <= takes - requests < LEAST
    assert 0 <= looks + takes - investigations < LEAST
    assert all(one == 0 or one >= LEAST for one in (investigations, requests))


def test_the_house_sees_all():
    assert exactly({"page": 2, "api": 7, "file": 0}).parts == (("api", 7), ("page", 2))
