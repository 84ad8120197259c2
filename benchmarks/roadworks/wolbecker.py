"""Wolbecker Straße, Münster, summer 2016: forecast from counts before it, then measured.

    python -m benchmarks.roadworks.wolbecker --home DIR

Builds the traffic model from counts up to 2016-06-26, puts the works into the register as what they
may have been, forecasts each, and measures the same counters. `DIR` is a copy of the demo city.
"""

import argparse
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from citycommons.act.model import build, kept
from citycommons.act.model.types import DayType, TrafficModel
from citycommons.act.roadworks import asked, evaluate, register
from citycommons.act.roadworks.evaluation import Evaluation
from citycommons.act.roadworks.forecast import forecast
from citycommons.act.roadworks.question import Options
from citycommons.act.roadworks.types import Forecast
from citycommons.core.settings import read_settings
from citycommons.core.types import SYSTEM, ActorId, PublisherId
from citycommons.core.works import Effect, Measure, Party, Phase, Works, WorksId, WorksState
from citycommons.store.work import City, Work

UNTIL = date(2016, 6, 27)
FIRST, LAST, VACATION = date(2016, 6, 28), date(2016, 8, 8), date(2016, 7, 11)
WEST, JUNCTION, EAST = (7.64875, 51.95506), (7.65262, 51.95484), (7.66180, 51.95340)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
HOURS = ((DayType.WORKDAY, 8), (DayType.WORKDAY, 17), (DayType.VACATION, 8), (DayType.VACATION, 17))
VARIANTS: dict[str, tuple[Measure, ...]] = {
    "closed outbound, Andreas-Hofer-Straße to the east": (
        Measure(effect=Effect.CLOSED, line=(JUNCTION, EAST)),
    ),
    "closed both ways, Andreas-Hofer-Straße to the east": (
        Measure(effect=Effect.CLOSED, line=(JUNCTION, EAST), both_directions=True),
    ),
    "one lane of two in each direction, Ewaldistraße to the east": tuple(
        Measure(effect=Effect.LANES, line=line, both_directions=True, lanes_total=2, lanes_open=1)
        for line in ((WEST, JUNCTION), (JUNCTION, EAST))
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=24)
    args = parser.parse_args()
    city = City.open(read_settings(args.home))
    try:
        with city.work(SYSTEM, may_write=False) as work:
            model = build.build(work, until=UNTIL)
        with city.work(SYSTEM) as work:
            kept.keep(work, model)
        for name, measures in VARIANTS.items():
            with city.work(SYSTEM) as work:
                works = _registered(work, name, measures)
            with city.work(SYSTEM, may_write=False) as work:
                said = _forecast(work, model, works.id, args.runs)
                _tell(name, said, evaluate.evaluate(work, works.id, forecast=said))
    finally:
        city.close()
    return 0


def _registered(work: Work, name: str, measures: tuple[Measure, ...]) -> Works:
    phases = tuple(
        Phase(first_day=first, last_day=last, measures=measures)
        for first, last in ((FIRST, date(2016, 7, 10)), (VACATION, LAST))
    )
    return register.propose(
        work,
        Works(
            id=WorksId(""),
            title={"en": f"Wolbecker Straße: {name}"},
            description={"en": "Seen in the counts; no source names these works."},
            streets=("Wolbecker Straße",),
            state=WorksState.PROPOSED,
            party=Party.MUNICIPALITY,
            owner=PublisherId("stadt-muenster"),
            phases=phases,
            detour_words={},
            created=NEVER,
            updated=NEVER,
            updated_by=ActorId("nobody"),
        ),
    )


def _forecast(work: Work, model: TrafficModel, id: WorksId, runs: int) -> Forecast:
    """The forecast with the morning and evening hours of both kinds of working day."""
    question = asked.of_works(work, model, id)
    found = [
        forecast(
            model,
            question.stages,
            Options(runs=runs, hour=hour, experience=question.experience),
            days=question.days,
            works=question.works,
        )
        for hour in HOURS
    ]
    hours = tuple(one for each in found for one in each.hours if one.phase == 0)
    return replace(found[0], hours=hours)


def _tell(name: str, said: Forecast, done: Evaluation) -> None:
    total = said.total_delay
    print(f"\n## {name}")
    print(f"delay {total.low:.0f} to {total.high:.0f} vehicle-hours (middle {total.middle:.0f})")
    for one in done.counters:
        change = one.change
        print(
            f"{one.counter:12} a day {one.would_per_day:6.0f} -> {one.seen_per_day:6.0f} "
            f"{change.middle:+7.1%} [{change.low:+.1%}, {change.high:+.1%}] {one.verdict} "
            f"{one.claim}"
        )
        for hour in one.hours:
            print(
                f"    {hour.day:8} {hour.hour:2}:00 forecast {hour.predicted.middle:+.1%} "
                f"[{hour.predicted.low:+.1%}, {hour.predicted.high:+.1%}], measured "
                f"{hour.measured.middle:+.1%} {'hit' if hour.is_hit else 'missed'} "
                f"(model: {hour.vehicles:.0f} an hour before)"
            )
    hits = sum(hour.is_hit for hour in done.hours)
    print(f"within the range: {hits} of {len(done.hours)} hours at counters")
    for reason in (*done.left_out, *done.study.reasons):
        print("-", reason)


if __name__ == "__main__":
    raise SystemExit(main())
