"""What a forecast of registered or drawn works needs from the city: links, other works, days."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from citycommons.act.model.calendar import calendar_at
from citycommons.act.model.types import TrafficModel
from citycommons.act.network.snapping import snap
from citycommons.act.roadworks import changes, register, rights, surroundings, wrong
from citycommons.act.roadworks.changes import Effects
from citycommons.act.roadworks.days import Days, by_weekday
from citycommons.act.roadworks.experience import Experience
from citycommons.act.roadworks.question import Stage
from citycommons.act.roadworks.surroundings import Touched
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.works import Phase, Works, WorksId, WorksState
from citycommons.store.work import Work

_THERE = frozenset({WorksState.PERMITTED, WorksState.ACTIVE})
"""Works that are taken for granted when others are forecast."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """All that a forecast is computed from beside the model; no database is asked afterwards."""

    stages: tuple[Stage, ...]
    days: Days
    experience: Experience
    touched: Touched
    works: tuple[WorksId, int] | None = None
    notes: tuple[str, ...] = ()


def of_works(work: Work, model: TrafficModel, id: WorksId) -> Asked:
    """The works as they stand in the register, with what else is permitted at the same time.

    Raises `NotFound` for works one may not know of, `Forbidden` for who plans no works, and
    `Invalid` where a line follows no street of the model.
    """
    require_right(work)
    works = register.get(work, id)
    asked = of_phases(work, model, works.phases, besides=id)
    return replace(asked, works=(works.id, works.revision))


def of_phases(
    work: Work, model: TrafficModel, phases: Sequence[Phase], *, besides: WorksId | None = None
) -> Asked:
    """Drawn phases, with what else is permitted at the same time."""
    others, notes = of_others(work, model, phases, besides=besides)
    stages = tuple(
        Stage(
            effects=changes.effects(model.network, phase.measures, snap), phase=phase, others=there
        )
        for phase, there in zip(phases, others, strict=True)
    )
    measures = [measure for phase in phases for measure in phase.measures]
    return Asked(
        stages=stages,
        days=days_of(model),
        experience=wrong.learned(work),
        touched=surroundings.touched(work, measures),
        notes=notes,
    )


def of_others(
    work: Work, model: TrafficModel, phases: Sequence[Phase], *, besides: WorksId | None = None
) -> tuple[tuple[Effects | None, ...], tuple[str, ...]]:
    """What else is permitted during each phase, and what a forecast says of it."""
    require_right(work)
    others, notes = _others(work, model, phases, besides)
    return tuple(_together(phase, others) for phase in phases), notes


def of_effects(work: Work, model: TrafficModel, effects: Effects) -> Asked:
    """Links by name, without dates: what they would do on one day."""
    require_right(work)
    streets = model.network.streets
    lines = [] if streets is None else [streets.lines[link] for link in sorted(effects.links)]
    return Asked(
        stages=(Stage(effects=effects),),
        days=days_of(model),
        experience=wrong.learned(work),
        touched=surroundings.along(work, lines) if lines else Touched(),
    )


def completed(found: Forecast, asked: Asked) -> Forecast:
    """The forecast with what runs along the works, and what it took for granted."""
    return replace(
        found,
        bus_lines=asked.touched.bus_lines,
        cycle_routes=asked.touched.cycle_routes,
        notes=(*found.notes, *asked.notes, *asked.touched.notes),
    )


def require_right(work: Work) -> None:
    """Go on if the actor plans works of anybody; what works do is worked out for nobody else."""
    if not rights.is_owner(work.actor):
        raise Forbidden(
            "What works will do is worked out for those who plan or coordinate works. Ask an "
            "administrator for the role of a road works planner."
        )


def days_of(model: TrafficModel) -> Days:
    """Day types by the calendar of the model's place; by weekday where there is none."""
    if not model.zones:
        return by_weekday
    try:
        return calendar_at(model.zones[0].lon, model.zones[0].lat).type_of
    except NotFound:
        return by_weekday


def _others(
    work: Work, model: TrafficModel, phases: Sequence[Phase], besides: WorksId | None
) -> tuple[list[tuple[Phase, Effects]], tuple[str, ...]]:
    """Phases of other works within these days, with their effects, and what is said of them."""
    first, last = _span(phases)
    found, notes = [], []
    asked = register.Asked(from_day=first, to_day=last, states=_THERE)
    for other in register.every(work, asked):
        if other.id == besides:
            continue
        try:
            own = [(p, changes.effects(model.network, p.measures, snap)) for p in other.phases]
        except (Invalid, NotFound):
            notes.append(
                f"“{_title(other)}” is there at the same time, but on none of our streets."
            )
            continue
        met = [pair for pair in own if any(_meet(pair[0], phase) for phase in phases)]
        if met:
            found += met
            notes.append(f"“{_title(other)}” is there at the same time, and taken for granted.")
    return found, tuple(notes)


def _together(phase: Phase, others: Sequence[tuple[Phase, Effects]]) -> Effects | None:
    there = [effects for other, effects in others if _meet(other, phase)]
    return changes.joined(*there) if there else None


def _meet(a: Phase, b: Phase) -> bool:
    return a.first_day <= b.last_day and b.first_day <= a.last_day


def _span(phases: Sequence[Phase]) -> tuple[date, date]:
    if not phases:
        raise Invalid("These works have no phase. Say when they begin and end, and what is closed.")
    return min(one.first_day for one in phases), max(one.last_day for one in phases)


def _title(works: Works) -> str:
    return next(iter(works.title.values()), str(works.id))
