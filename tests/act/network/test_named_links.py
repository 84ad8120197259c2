"""Links are found by their ends, and what is not found says what is near."""

import numpy as np
import pytest
from tests.act.network.test_components import network

from citycommons.act.network.named_links import LinkNames, closed, factors
from citycommons.core.errors import Invalid, NotFound

NAMES = LinkNames(
    network(4, [(0, 1), (1, 2), (1, 2), (2, 1), (0, 3)]), ["7", "8", "A-1", "9"], rows=5
)


def test_a_pair_of_nodes_means_all_links_between_them_in_that_direction():
    assert NAMES.find("7-8").links == (0,)
    assert NAMES.find(" 8-A-1 ").links == (1, 2)
    assert NAMES.find("A-1-8").links == (3,)
    assert [one.links for one in closed(NAMES, "7-8, 8-A-1,")] == [(0,), (1, 2)]
    assert closed(NAMES, "") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("8-7", "no link from 8 to 7. There is one from 7 to 8."),
        ("7-A-1", "no link from 7 to A-1. From 7 lead 7-8, 7-9."),
        ("7-88", "node “88” is not in the network. Nodes with like names: 8."),
    ],
)
def test_an_unknown_link_says_what_is_near(text, says):
    with pytest.raises(NotFound, match=says):
        NAMES.find(text)


@pytest.mark.parametrize("text", ["7", "-", "7-", "-8", "7 8"])
def test_what_is_no_pair_is_refused_with_an_example(text):
    with pytest.raises(Invalid, match="Write FROM-TO, such as 7-8"):
        NAMES.find(text)


def test_factors_stand_behind_the_link():
    ((one, factor), (two, _)) = factors(NAMES, "7-8=0.5;8-A-1=1.25")
    assert (one.links, factor, two.links) == ((0,), 0.5, (1, 2))


@pytest.mark.parametrize(
    "text", ["7-8", "7-8=", "7-8=half", "7-8=nan", "7-8=inf", "7-8=0", "7-8=-1"]
)
def test_a_factor_that_is_none_is_refused(text):
    with pytest.raises(Invalid, match=r"FROM-TO=FACTOR|must be above 0"):
        factors(NAMES, text)


def test_joins_of_zones_are_no_links_of_the_file():
    names = LinkNames(network(2, [(0, 1), (1, 0)]), ["1", "2"], rows=1)
    with pytest.raises(NotFound):
        names.find("2-1")
    assert np.array_equal(names.find("1-2").links, [0])
