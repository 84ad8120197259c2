"""How often intervals cover the truth, and how often nothing is taken for something.

python -m benchmarks.roadworks.coverage            200 simulated works with, 200 without effect
python -m benchmarks.roadworks.coverage --home DIR the same planted in real counts of a city
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.roadworks.simulated import SimulatedWorks, planted_effect, simulated_works
from citycommons.act.roadworks.watched import watched
from citycommons.core.errors import Invalid
from citycommons.core.settings import read_settings
from citycommons.core.types import SYSTEM
from citycommons.store.work import City
from citycommons.understand.cause import faults
from citycommons.understand.cause.measure import Question, untouched
from citycommons.understand.cause.trial import trial
from citycommons.understand.cause.types import Estimate, Interval, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Shares of works."""

    works: int
    covered_90: float
    covered_95: float
    alarms: float  # p below 0.05
    bias: float  # mean of estimate less truth, relative
    width_90: float  # median


def covered(cases: Iterable[SimulatedWorks]) -> Coverage:
    """Measure each that can be, and hold the intervals against what was planted."""
    found = []
    for case in cases:
        try:
            found.append((case.effect, measured(case)))
        except Invalid as reason:  # too few ordinary days: nothing would be said of such works
            print(f"not measured: {reason}", file=sys.stderr)
    share = 1 / len(found)
    width = sorted(one.interval_90.high - one.interval_90.low for _, one in found)
    return Coverage(
        works=len(found),
        covered_90=share * sum(_holds(one.interval_90, true) for true, one in found),
        covered_95=share * sum(_holds(one.interval_95, true) for true, one in found),
        alarms=share * sum(one.p < 0.05 for _, one in found),
        bias=share * sum(one.value - true for true, one in found),
        width_90=width[len(width) // 2],
    )


def measured(case: SimulatedWorks) -> Estimate:
    """The main estimate as `measure` makes it, without its tests and cross-checks."""
    panel, row = case.panel, case.panel.row(case.sensor)
    first, last = panel.day(case.window.first_day), panel.day(case.window.last_day)
    panel, _ = faults.clean(panel, closed=(case.sensor,), from_day=first, to_day=last + 1)
    others = frozenset(panel.sensors) - {case.sensor}
    question = Question(window=case.window, controls=others, junctions=case.junctions)
    return trial(panel, row, untouched(panel, row, question), first, last).estimate()


def planted_works(home: Path, many: int, *, has_effect: bool) -> Iterator[SimulatedWorks]:
    """Random detectors, days and effects in real counts, with all that real counts have in them."""
    city = City.open(read_settings(home))
    with city.work(SYSTEM, may_write=False) as work:
        seen = watched(work, date(2016, 3, 1), date(2016, 10, 31))
    city.close()
    chance = np.random.default_rng(7)
    panel, _ = faults.clean(seen.panel)
    daily = np.nansum(panel.values, axis=2)
    usual = np.isfinite(panel.values).any(axis=2)
    done = 0
    while done < many:
        row, length = int(chance.integers(len(panel.sensors))), int(chance.integers(7, 43))
        first = int(chance.integers(100, panel.values.shape[1] - 70))
        there = usual[row, first - 84 : first + length]
        if there.mean() < 0.9 or daily[row, first - 84 : first].mean() < 500:
            continue
        effect = planted_effect(chance) if has_effect else 0.0
        values = panel.values.copy()
        values[row, first : first + length] *= 1 + effect
        days = panel.days[[first, first + length - 1]].astype(object)
        yield SimulatedWorks(
            panel.with_values(values),
            panel.sensors[row],
            Window(first_day=days[0], last_day=days[1]),
            effect,
            seen.junctions,
        )
        done += 1


def _holds(interval: Interval, true: float) -> bool:
    return interval.low <= true <= interval.high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--works", type=int, default=200)
    parser.add_argument(
        "--home", type=Path, help="the demo city: effects are planted in its counts"
    )
    args = parser.parse_args()
    for has_effect in (True, False):
        begun = time.process_time()
        cases = (
            planted_works(args.home, args.works, has_effect=has_effect)
            if args.home
            else (simulated_works(seed, has_effect=has_effect) for seed in range(args.works))
        )
        found = covered(cases)
        spent = (time.process_time() - begun) / found.works
        print("with effect" if has_effect else "no effect  ", found, f"{spent:.2f} CPU s each")


if __name__ == "__main__":
    main()
