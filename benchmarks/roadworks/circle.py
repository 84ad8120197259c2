"""The whole circle in Città Ideale: a bridge is closed, forecast before, measured after.

    citycommons demo --city ideal --once --home COPY && python -m benchmarks.roadworks.circle COPY

The truth is planted, so both the forecast and the measurement can be held against it.
"""

import json
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import shapely

from citycommons.act.model import build, kept
from citycommons.act.model.types import DayType
from citycommons.act.roadworks import asked, evaluate, register, wrong
from citycommons.act.roadworks import kept as forecasts
from citycommons.act.roadworks.forecast import forecast
from citycommons.act.roadworks.question import Options
from citycommons.core.settings import read_settings
from citycommons.core.types import SYSTEM, ActorId, DatasetId, PublisherId
from citycommons.core.works import Effect, Measure, Party, Phase, Works, WorksId, WorksState
from citycommons.share import open as door
from citycommons.store.work import City, Work

FIRST, LAST = date(2025, 5, 12), date(2025, 7, 6)
NEVER, BEFORE = datetime(1970, 1, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)
BRIDGE = "L0074"
STEPS = (WorksState.COORDINATED, WorksState.PERMITTED, WorksState.ACTIVE, WorksState.CLOSED)


def main(home: Path) -> int:
    city = City.open(read_settings(home))
    with city.work(SYSTEM, may_write=False) as work:
        model = build.build(work, until=FIRST)
        works = _bridge(work)
    with city.work(SYSTEM) as work:
        kept.keep(work, model)
        works = register.propose(work, works)
    with city.work(SYSTEM, may_write=False) as work:
        question = asked.of_works(work, model, works.id)
        hours = [(DayType.WORKDAY, 8), (DayType.WORKDAY, 17)]
        said = [
            forecast(
                model,
                question.stages,
                Options(hour=hour, experience=question.experience),
                days=question.days,
                works=question.works,
                created=BEFORE,
            )
            for hour in hours
        ]
    with city.work(SYSTEM) as work:
        forecasts.keep(work, replace(said[0], hours=said[0].hours + said[1].hours))
    for state in STEPS:
        with city.work(SYSTEM) as work:
            register.advance(work, works.id, state)
    with city.work(SYSTEM, may_write=False) as work:
        done = evaluate.evaluate(work, works.id)
    with city.work(SYSTEM) as work:
        evaluate.keep(work, done)
        print(wrong.record(work))
    _tell(done, json.loads((home / "ideal" / "truth.json").read_text())["closure"]["detectors"])
    city.close()
    return 0


def _bridge(work: Work) -> Works:
    rows = door.look(work, DatasetId("streets")).query(
        "SELECT * FROM rows WHERE link = ?", [BRIDGE]
    )
    shape = next(one for one in rows.to_pylist()[0].values() if isinstance(one, bytes))
    line = tuple((float(x), float(y)) for x, y in shapely.from_wkb(shape).coords)
    closed = Measure(effect=Effect.CLOSED, line=line, both_directions=True)
    return Works(
        id=WorksId(""),
        title={"en": "Repair of the arches of Ponte dei Mercanti"},
        description={"en": "The bridge is closed to motor vehicles."},
        streets=("Ponte dei Mercanti",),
        state=WorksState.PROPOSED,
        party=Party.MUNICIPALITY,
        owner=PublisherId("works"),
        phases=(Phase(first_day=FIRST, last_day=LAST, is_certain=True, measures=(closed,)),),
        detour_words={},
        created=NEVER,
        updated=NEVER,
        updated_by=ActorId("nobody"),
    )


def _tell(done: evaluate.Evaluation, planted: list[dict[str, object]]) -> None:
    true = {one["detector"]: float(str(one["ratio"])) - 1 for one in planted}
    held = 0
    for one in done.counters:
        inside = one.change.low <= true[one.counter] <= one.change.high
        held += inside
        print(
            f"{one.counter} true {true[one.counter]:+.2f}, measured {one.change.middle:+.2f} "
            f"[{one.change.low:+.2f}, {one.change.high:+.2f}], forecast "
            + ", ".join(
                f"{hour.hour}:00 [{hour.predicted.low:+.2f}, {hour.predicted.high:+.2f}]"
                f"{'' if hour.is_hit else ' missed'}"
                for hour in one.hours
            )
        )
    hits = sum(hour.is_hit for hour in done.hours)
    print(f"measured intervals hold the truth: {held} of {len(done.counters)} counters")
    print(f"forecast ranges hold what was measured: {hits} of {len(done.hours)} hours")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
