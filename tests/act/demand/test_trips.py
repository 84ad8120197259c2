"""Single trips become a matrix by the zones their ends lie in."""

import numpy as np
import pytest

from citycommons.act.demand.trips import expanded, hour_is, observed
from citycommons.core.errors import Invalid


def test_trips_are_counted_by_zones_and_the_rest_is_said() -> None:
    shapely = pytest.importorskip("shapely")
    zones = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    start = np.array([[0.5, 0.5], [0.5, 0.5], [1.5, 0.5], [9.0, 9.0], [np.nan, 0.5], [1.0, 0.5]])
    end = np.array([[1.5, 0.5], [0.6, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [1.5, 0.5]])
    found = observed(start, end, zones, np.ones(6, bool))
    np.testing.assert_array_equal(found.trips, [[1, 2], [1, 0]])
    assert (found.kept, found.outside, found.unplaced) == (4, 1, 1)


def test_an_hour_is_the_clock_s() -> None:
    times = np.array(["2025-03-01T08:59:59", "2025-03-01T09:00:00"], "datetime64[us]")
    assert hour_is(times, 8).tolist() == [True, False]


def test_a_sample_is_expanded_to_what_a_zone_produces() -> None:
    trips = expanded(np.array([[0.0, 3.0], [0.0, 0.0]]), np.array([30.0, 10.0]))
    np.testing.assert_allclose(trips, [[0, 30], [0, 10]])
    with pytest.raises(Invalid, match="no trip"):
        expanded(np.zeros((2, 2)), np.ones(2))
    with pytest.raises(Invalid, match="two columns"):
        observed(np.zeros((2, 3)), np.zeros((2, 3)), [], np.ones(2, bool))
