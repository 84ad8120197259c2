"""Controls lie where the event cannot reach."""

from datetime import date

import numpy as np
import pytest

from citycommons.understand.cause import controls
from citycommons.understand.cause.null import Null, student
from citycommons.understand.cause.types import Panel


def test_streets_that_the_forecast_touches_are_no_controls():
    predicted = {"closed": -1.0, "detour": 0.4, "near": 0.012, "far": -0.004, "farther": 0.0}
    assert controls.by_forecast(predicted) == {"far", "farther"}


def test_without_a_forecast_a_ring_around_the_event_is_left_free():
    near = {f"near {n}": (7.63 + n / 1000, 51.95) for n in range(20)}  # 69 m apart
    far = {f"far {n}": (7.66, 51.95 + n / 1000) for n in range(12)}
    event = [(7.63, 51.95)]
    assert controls.by_ring(near | far, event) == set(far)
    assert len(controls.by_ring(near, event)) == 10  # the farthest of a small town
    assert controls.by_ring({name: near[name] for name in list(near)[:5]}, event) == set()


def test_a_detector_that_was_moved_is_no_control():
    values = np.random.default_rng(1).normal(100, 3, (4, 60, 24))
    values[2, 30:] *= 2.5
    values[3] = np.nan
    panel = Panel(("a", "b", "moved", "silent"), date(2025, 1, 1), values)
    assert controls.steady(panel, np.arange(4), 0, 60).tolist() == [0, 1]


def test_quantiles_are_students():
    # Published table (Abramowitz and Stegun, 26.10).
    for degrees, at_975 in ((5, 2.571), (10, 2.228), (30, 2.042)):
        assert student(0.975, degrees) == pytest.approx(at_975, abs=0.02)


@pytest.mark.parametrize("placebos", [12, 60])
def test_intervals_of_a_null_are_as_wide_as_stated(placebos):
    chance = np.random.default_rng(2)
    inside = []
    for _ in range(2000):
        null = Null(chance.normal(size=placebos))
        inside.append(abs(chance.normal()) <= null.width(0.9))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)


def test_the_p_of_an_effect_agrees_with_its_interval():
    for placebos in (12, 60):
        null = Null(np.random.default_rng(3).normal(size=placebos))
        assert null.p(null.width(0.9) * 1.001) <= 0.1 + 1 / placebos
        assert null.p(0.0) > 0.9
        assert null.p(50.0) < 0.02
