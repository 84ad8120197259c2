"""Faulty counters are found, each with its reason, and sound ones stay."""

import numpy as np

from citycommons.act.demand.screen import Series, screen, typical

DAYS = 60
SHAPE = np.array(
    [7, 4, 3, 3, 6, 16, 38, 78, 84, 58, 50, 50, 54, 56, 54, 56, 66, 82, 80, 60, 40, 26, 18, 11.0]
)
USUAL = np.arange(DAYS) % 7 < 5


def series(**change: object) -> Series:
    chance = np.random.default_rng(1)
    days = np.arange("2025-01-06", "2025-03-07", dtype="datetime64[D]")
    flow = chance.poisson(5 * SHAPE, (6, DAYS, 24)).astype(float)
    return Series(tuple("ABCDEF"), flow, days)


def reasons(flow: np.ndarray) -> dict[str, str]:
    found = screen(Series(tuple("ABCDEF"), flow, series().days), USUAL)
    return dict(one.split(": ", 1) for one in found.left_out)


def test_sound_counters_stay_and_their_usual_hour_comes_out() -> None:
    found = screen(series(), USUAL)
    assert found.left_out == ()
    assert found.masked_days == 0
    flow, spread = typical(found.series, USUAL, 8)
    np.testing.assert_allclose(flow, 5 * 84, rtol=0.03)
    assert (spread > 1).all()
    assert (spread < 10).all()


def test_each_fault_is_told_from_the_others() -> None:
    flow = series().flow.copy()
    flow[0, 10:50] = 0
    flow[1, 20:40, 5:] = 77
    flow[2, 30:] *= 5
    flow[3] = np.random.default_rng(2).poisson(100, flow[3].shape)
    flow[4, 3:] = np.nan
    said = reasons(flow)
    assert "silent all day on 40 of 60 days" in said["A"]
    assert "frozen" in said["B"]
    assert "renumbered" in said["C"]
    assert "do not follow" in said["D"]
    assert "whole usual days" in said["E"]
    assert "F" not in said


def test_an_overflow_is_left_out_and_the_counter_stays() -> None:
    flow = series().flow.copy()
    flow[0, 5, 8], flow[0, 6, 9] = 90_000, -61_000
    found = screen(Series(tuple("ABCDEF"), flow, series().days), USUAL)
    assert found.left_out == ()
    assert np.isnan(found.series.flow[0, 5, 8])
    assert np.isnan(found.series.flow[0, 6, 9])
    assert flow[0, 5, 8] == 90_000  # the caller's own stays


def test_a_silent_day_is_left_out_alone() -> None:
    flow = series().flow.copy()
    flow[2, 12] = 0
    found = screen(Series(tuple("ABCDEF"), flow, series().days), USUAL)
    assert found.left_out == ()
    assert found.masked_days == 1
    assert np.isnan(found.series.flow[2, 12]).all()


def test_a_counter_that_is_rarely_there_says_nothing() -> None:
    flow = series().flow.copy()
    flow[1, :, 3] = np.nan
    flow[1, :2, 3] = 9
    middle, _ = typical(Series(tuple("ABCDEF"), flow, series().days), np.ones(DAYS, bool), 3)
    assert np.isnan(middle[1])
    assert np.isfinite(middle[0])
