"""Works with a known effect: it is found, bounded, and claimed only as far as the tests carry."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from benchmarks.roadworks.coverage import covered
from benchmarks.roadworks.simulated import simulated_works

from citycommons.core.errors import Invalid
from citycommons.core.study import ClaimClass
from citycommons.understand.cause.artefact import Verdict
from citycommons.understand.cause.claim import Timing
from citycommons.understand.cause.measure import Question, measure
from citycommons.understand.cause.types import FaultKind, Window


@pytest.fixture(scope="module")
def closure():
    """Works that took at least half of a street's traffic."""
    seeds = (seed for seed in range(99) if simulated_works(seed, has_effect=True).effect < -0.5)
    return simulated_works(next(seeds), has_effect=True)


@pytest.fixture(scope="module")
def found(closure):
    return measure(closure.panel, closure.sensor, _question(closure))


def test_intervals_cover_and_nothing_is_not_taken_for_something():
    # A seeded sample; the whole is benchmarks/roadworks/coverage.py.
    with_effect = covered(simulated_works(seed, has_effect=True) for seed in range(20))
    without = covered(simulated_works(seed, has_effect=False) for seed in range(100, 120))
    both = (with_effect.covered_90 + without.covered_90) / 2
    assert 0.85 <= both <= 0.98
    assert without.alarms <= 2 / 20
    assert with_effect.alarms > 0.85
    assert abs(with_effect.bias) < 0.02


def test_a_closure_is_measured_and_the_claim_is_earned(closure, found):
    assert found.relative.value == pytest.approx(closure.effect, abs=0.03)
    assert found.relative.p < 0.05
    assert found.total.value == pytest.approx(
        sum(day.seen - day.would for day in found.days if day.day >= closure.window.first_day),
        rel=1e-6,
    )
    assert found.claim.level is ClaimClass.CAUSAL, found.claim.reasons


def test_other_methods_agree_on_a_clear_effect(closure, found):
    assert len(found.others) == 3
    for one in found.others:
        assert one.value == pytest.approx(closure.effect, abs=0.08), one.method


def test_an_effect_is_told_by_kind_of_day_and_hour(closure, found):
    assert found.by_kind_of_day["workday"].value == pytest.approx(closure.effect, abs=0.06)
    rush = found.by_hour[8]
    assert rush.interval_90.low < closure.effect < rush.interval_90.high
    assert len(found.by_hour) == 24


def test_nothing_known_of_the_timing_earns_no_cause(closure):
    for timing in (Timing.FROM_COUNTS, Timing.UNKNOWN):
        found = measure(closure.panel, closure.sensor, _question(closure, timing=timing))
        assert found.claim.level is ClaimClass.ASSOCIATIONAL
        assert len(found.claim.reasons) == 1


def test_few_controls_earn_no_cause(closure):
    others = [name for name in closure.panel.sensors if name != closure.sensor][:7]
    found = measure(closure.panel, closure.sensor, _question(closure, controls=frozenset(others)))
    assert found.claim.level is not ClaimClass.CAUSAL
    assert any("controls; 10 are needed" in reason for reason in found.claim.reasons)


def test_a_renumbered_junction_is_an_artefact_and_only_described(closure):
    panel, first = closure.panel, closure.panel.day(closure.window.first_day)
    values = panel.values.copy()
    lanes = [panel.row(closure.sensor), *(row for row in range(0, 10, 2))]
    for at, row in enumerate(lanes):
        values[row, first - 20 : first] = np.nan
        values[row, first:] = panel.values[lanes[(at + 1) % len(lanes)], first:] * (3, 0.3)[at % 2]
    junctions = {panel.sensors[row]: "J1" for row in lanes}
    found = measure(
        panel.with_values(values),
        closure.sensor,
        _question(closure, junctions=junctions, is_over=False),
    )
    assert found.signs.verdict is Verdict.ARTEFACT
    assert found.signs.gap_days >= 20
    assert found.claim.level is ClaimClass.DESCRIPTIVE
    assert any("renumbered" in reason for reason in found.claim.reasons)


def test_a_lasting_change_of_one_lane_stays_unclear(closure):
    panel, first = closure.panel, closure.panel.day(closure.window.first_day)
    values = panel.values.copy()
    row = panel.row(closure.sensor)
    values[row, first:] = values[row, first:] * 0.4
    found = measure(panel.with_values(values), closure.sensor, _question(closure, is_over=False))
    assert found.signs.verdict is Verdict.UNCLEAR
    assert found.claim.level is ClaimClass.ASSOCIATIONAL


def test_faulty_values_are_left_out_and_named(closure):
    panel = closure.panel
    values = panel.values.copy()
    row = panel.row(closure.sensor)
    values[row, 3, 5], values[row, 4, 7] = -17, 65_535
    values[row, 10:13] = 0
    values[row, 20, 8:18] = 333
    found = measure(panel.with_values(values), closure.sensor, _question(closure))
    kinds = {one.kind for one in found.faults if one.sensor == closure.sensor}
    assert kinds == set(FaultKind)
    assert found.relative.value == pytest.approx(closure.effect, abs=0.03)


def test_an_empty_street_is_no_dead_sensor(closure):
    panel = closure.panel
    values = panel.values.copy()
    first, last = (panel.day(day) for day in (closure.window.first_day, closure.window.last_day))
    values[panel.row(closure.sensor), first : last + 1] = 0
    found = measure(panel.with_values(values), closure.sensor, _question(closure))
    assert found.relative.value == pytest.approx(-1, abs=0.001)
    assert not [one for one in found.faults if one.first_day >= closure.window.first_day
                and one.sensor == closure.sensor]  # fmt: skip


def test_what_cannot_be_measured_is_refused_with_a_reason(closure):
    with pytest.raises(Invalid, match="no counts of a sensor"):
        measure(closure.panel, "S99", _question(closure))
    with pytest.raises(Invalid, match="untouched"):
        measure(closure.panel, closure.sensor, _question(closure, controls=frozenset()))
    early = Window(first_day=date(2025, 2, 10), last_day=date(2025, 2, 20))
    with pytest.raises(Invalid, match="ordinary days before"):
        measure(closure.panel, closure.sensor, _question(closure, window=early))


def _question(case, **changes):
    asked = Question(
        window=case.window,
        controls=frozenset(case.panel.sensors) - {case.sensor},
        timing=Timing.DOCUMENTED,
        junctions={},
    )
    return replace(asked, **changes)
