"""Strongly connected components against an independent oracle."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from citycommons.act.network.components import connection, largest
from citycommons.act.network.types import Network


def network(nodes: int, ends: list[tuple[int, int]], first_through: int = 0) -> Network:
    links = len(ends)
    table = np.array(ends, dtype=np.int32).reshape(-1, 2)
    one = np.ones(links)
    return Network(
        node=np.arange(1, nodes + 1),
        zones=first_through,
        first_through=first_through,
        tail=table[:, 0],
        head=table[:, 1],
        capacity=one,
        free_time=one,
        fixed=one,
        b=one,
        power=one,
        delay=np.zeros(links, dtype=np.int8),
        banned_turns=np.empty((0, 2), dtype=np.int32),
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    nodes = draw(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    return nodes, draw(st.lists(st.tuples(node, node), max_size=30))


@given(graphs())
def test_the_parts_are_those_that_scipy_finds(graph):
    nodes, ends = graph
    found = connection(network(nodes, ends))
    table = np.array(ends, dtype=np.int32).reshape(-1, 2)
    matrix = coo_array((np.ones(len(ends)), (table[:, 0], table[:, 1])), shape=(nodes, nodes))
    count, label = connected_components(matrix, connection="strong")
    assert len(found.sizes) == count
    pairs = {(int(a), int(b)) for a, b in zip(found.part, label, strict=True)}
    assert len(pairs) == count  # the same parts, whatever they are called
    assert found.sizes.tolist() == sorted(found.sizes.tolist(), reverse=True)
    assert np.bincount(found.part).tolist() == found.sizes.tolist()


@given(graphs())
def test_what_is_left_hangs_together_and_keeps_its_links(graph):
    nodes, ends = graph
    whole = network(nodes, ends)
    part, kept = largest(whole)
    assert connection(part).is_whole
    assert part.node[part.tail].tolist() == whole.node[whole.tail[kept]].tolist()
    assert part.node[part.head].tolist() == whole.node[whole.head[kept]].tolist()


def test_one_way_ends_are_named_by_what_is_wrong_with_them():
    # 1 <-> 2 <-> 3, from 3 into 4 and no way back, from 5 to 1 and no way there, 6 alone
    found = connection(network(6, [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (4, 0)]))
    assert found.cannot_leave.tolist() == [4]
    assert found.cannot_reach.tolist() == [5]
    assert found.apart.tolist() == [6]


def test_a_zone_that_is_not_driven_through_joins_nothing():
    ends = [(1, 0), (0, 1), (2, 0), (0, 2)]
    assert connection(network(3, ends)).is_whole
    assert connection(network(3, ends, first_through=1)).sizes.tolist() == [1, 1, 1]
