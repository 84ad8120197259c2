"""The forecast of road works: what they will do to traffic, as ranges, by hour and over their days.

Each range comes from runs under drawn circumstances (demand, day, zones, capacities, the work
zone's capacity, how drivers comply), each of which compares two equilibria: without and with the
works. Runs share their bases, see `bases`; hours share periods, see `response`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks import draws, question, solving
from citycommons.act.roadworks.bases import KEPT
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import Days, by_weekday
from citycommons.act.roadworks.making import Making, base_key
from citycommons.act.roadworks.question import Options, Stage
from citycommons.act.roadworks.response import Hour, stand
from citycommons.act.roadworks.solving import Solver
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import Invalid
from citycommons.core.works import WorksId

_THREADS = 2  # of compiled code that holds no lock; more requests than one are answered at a time


def forecast(
    model: TrafficModel,
    stages: Sequence[Stage] | Effects,
    options: Options | None = None,
    *,
    solver: Solver | None = None,
    others: Effects | None = None,
    days: Days = by_weekday,
    works: tuple[WorksId, int] | None = None,
    created: datetime | None = None,
) -> Forecast:
    """What the works will do, with 90 % ranges from `options.runs` runs.

    Parameters
    ----------
    stages
        Phases of the works, or plain effects: then totals are of one working day.
    others
        Other works that are there at the same time; the forecast is of what comes on top.
    days
        Which day is of which type, by the city's holidays.
    works
        Id and revision the stages were made from.

    Raises
    ------
    Invalid
        If there is nothing to forecast, or the model has no base.
    TooMuch
        For more than 1000 runs, or works of more than ten years.
    """
    *_, last = refine(
        model,
        stages,
        options,
        solver=solver,
        others=others,
        days=days,
        works=works,
        created=created,
    )
    return last


def refine(
    model: TrafficModel,
    stages: Sequence[Stage] | Effects,
    options: Options | None = None,
    *,
    solver: Solver | None = None,
    others: Effects | None = None,
    days: Days = by_weekday,
    works: tuple[WorksId, int] | None = None,
    created: datetime | None = None,
) -> Iterator[Forecast]:
    """The same, told while it is computed: a rough answer, one of a third of the runs, the last.

    The rough one knows the expected run only, and says so in its notes and `runs=0`.
    """
    known = options or Options()
    question.check(model, known)
    staged = (Stage(effects=stages),) if isinstance(stages, Effects) else tuple(stages)
    if not staged:
        raise Invalid("These works have no phase. Say when they begin and end, and what is closed.")
    with ThreadPoolExecutor(_THREADS) as threads:
        making = Making(
            model=model,
            options=known,
            solver=solver or solving.own(),
            others=others,
            threads=threads,
            created=created or datetime.now(UTC),
            works=works,
            id=question.name(model, staged, known, others, works),
            parts=tuple(question.part(model, i, one, known, days) for i, one in enumerate(staged)),
        )
        yield making.rough()
        third = max(1, known.runs // 3)
        if 0 < third < known.runs:
            yield making.of_runs(third, is_last=False)
        yield making.of_runs(known.runs, is_last=True)


def prepare(
    model: TrafficModel,
    hour: Hour,
    options: Options | None = None,
    *,
    solver: Solver | None = None,
) -> int:
    """Solve the bases of an hour's runs before anybody asks; answers how many are kept.

    The first forecast of a process is then as quick as the later ones. A page that opens calls it
    in a thread of its own.
    """
    known, own = options or Options(), solver or solving.own()
    question.check(model, known)
    at = stand(model, hour)
    unsure = draws.of_period(known.uncertainty, at.period.fit)
    for number, draw in enumerate(
        draws.draws(known.runs, model.network.zones, unsure, seed=known.seed)
    ):
        make = partial(solving.base, own, at.period, draw, at.scale)
        KEPT.get(base_key(model, at, known, solving.BASE_GAP, number), make)
    return known.runs
