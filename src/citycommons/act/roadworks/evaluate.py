"""Forecast against measured: what works that are over did, beside what was said they would do."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from citycommons.act.model import kept as models
from citycommons.act.model.types import DayType, Placed, TrafficModel
from citycommons.act.network.types import Floats
from citycommons.act.roadworks import kept, register
from citycommons.act.roadworks.evaluation import Evaluation, from_row
from citycommons.act.roadworks.measured import Predicted, measured, study
from citycommons.act.roadworks.types import Forecast, HourForecast, Range, StreetChange
from citycommons.act.roadworks.watched import Watched, summed, watched
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.works import Effect, Position, Works, WorksId
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.store import evaluations as rows
from citycommons.store.work import Work
from citycommons.understand.cause.claim import Timing
from citycommons.understand.cause.controls import by_forecast, by_ring
from citycommons.understand.cause.measure import Question
from citycommons.understand.cause.types import Window

MOST_COUNTERS = 16
_NEAR_KM = 0.4  # a counter so near to works is looked at whatever the forecast says
_TOUCHED = 0.05  # predicted relative change from which a counter is looked at
_LONGEST = timedelta(days=120)  # later days say less of the works than of the season
_WORDS = "What did the works “{title}” do to traffic from {first} to {last}?"


def break_of(
    work: Work,
    sensors: Sequence[str],
    first_day: date,
    last_day: date,
    *,
    junction: str = "",
    is_over: bool = True,
    timing: Timing = Timing.UNKNOWN,
) -> Evaluation:
    """Measure a break at named detectors, or at all of a junction, without works in the register.

    Controls lie 1.5 km away or more, in a small town as far as they can; nothing is kept.
    Raises `NotFound` for a junction or detectors that are not there, `Invalid` for days without
    counts.
    """
    _check_days(first_day, last_day)
    seen = watched(work, first_day, last_day)
    chosen = list(sensors) or [
        one for one in seen.panel.sensors if seen.junctions.get(one) == junction
    ]
    if unknown := [one for one in chosen if one not in seen.panel.sensors]:
        raise NotFound(f"There is no detector “{unknown[0]}” in these days. See the detectors.")
    if not chosen:
        raise NotFound(f"There is no junction “{junction}” with counts in these days.")
    places = [seen.places[one] for one in chosen if one in seen.places]
    question = Question(
        window=Window(first_day=first_day, last_day=last_day),
        controls=by_ring(seen.places, places),
        timing=timing,
        is_over=is_over,
        junctions=seen.junctions,
    )
    found, left = measured(seen, chosen, question, {})
    words = f"What happened at {', '.join(chosen[:3])} from {first_day} to {last_day}?"
    return Evaluation(
        id="",
        works=None,
        title=", ".join(chosen[:3]),
        forecast=None,
        first_day=first_day,
        last_day=last_day,
        counters=tuple(found),
        left_out=tuple(left),
        study=study(work, words, found, seen.inputs),
        created=work.now,
    )


def evaluate(work: Work, id: WorksId, *, forecast: Forecast | None = None) -> Evaluation:
    """Measure works that are over beside their kept forecast (or the given one); nothing is kept.

    Raises `NotFound` for unknown works, `Invalid` if they are not over, or nothing near them or
    forecast to change is counted.
    """
    works = register.get(work, id)
    if works.last_day >= work.now.date():
        raise Invalid(f"“{id}” is not over before {works.last_day}: evaluate it after that day.")
    last = min(works.last_day, works.first_day + _LONGEST)
    seen = watched(work, works.first_day, last)
    said = forecast or _forecast(work, works)
    predicted: dict[str, tuple[Predicted, ...]] = {}
    lost: tuple[str, ...] = ()
    if said is not None:
        try:
            model = models.get(work, said.model)
        except NotFound as gone:  # the effect is measured all the same
            lost = (f"The forecast cannot be compared: {gone}",)
        else:
            seen = summed(seen, model, works.first_day, last)
            predicted = predictions(model, said)
    chosen = _counters(works, seen, predicted)
    if not chosen:
        raise Invalid(
            f"No counter stands near “{id}” or is forecast to change: nothing to measure."
        )
    found, left = measured(
        seen, chosen, _question(works, last, seen, predicted), predicted
    )  # fmt: skip
    words = _WORDS.format(title=_title(works), first=works.first_day, last=works.last_day)
    return Evaluation(
        id=secrets.token_hex(8),
        works=id,
        title=_title(works),
        forecast=None if said is None else said.id,
        correction=1.0 if said is None else said.correction,
        widening=1.0 if said is None else said.widening,
        first_day=works.first_day,
        last_day=last,
        counters=tuple(found),
        left_out=(*lost, *left),
        study=study(work, words, found, seen.inputs),
        created=work.now,
    )


def keep(work: Work, done: Evaluation) -> Evaluation:
    """Keep the evaluation as the newest of its works; earlier ones stay on record.

    Raises `Forbidden` for those who may not run the works.
    """
    if done.works is None:
        raise Invalid("An evaluation is kept with works. Keep these works in the register first.")
    require(work, Action.RUN_WORKS, register.get(work, done.works).owner)
    known = done.forecast if done.forecast and _is_kept(work, done.forecast) else None
    rows.add(
        work.db,
        rows.EvaluationRow(
            id=done.id,
            works=done.works,
            forecast=known,
            created=work.now,
            by=work.actor.id,
            body=msgspec.to_builtins(done, str_keys=True),
        ),
    )
    audit.record(
        work, "works.evaluate", done.works, forecast=done.forecast or "", claim=done.study.claim
    )
    return done


def latest(work: Work, id: WorksId) -> Evaluation | None:
    """The newest evaluation of works that one may see."""
    register.get(work, id)
    row = rows.of_works(work.db, id)
    return None if row is None else from_row(row)


def predictions(model: TrafficModel, said: Forecast) -> dict[str, tuple[Predicted, ...]]:
    """What the forecast says of each counter of its model.

    A link that the forecast does not list changes by less than what it lists, and by nothing that
    counts. Only hours of working days are taken: those are measured hour by hour.
    """
    flow = {(one.day, one.hour): one.base.flow for one in model.periods}
    found: dict[str, list[Predicted]] = {}
    for hour in said.hours:
        if hour.day not in (DayType.WORKDAY, DayType.VACATION):
            continue
        changes = {street.link: street for street in hour.streets}
        base = flow.get((hour.day, hour.hour))
        for counter in model.counters:
            if (one := _of_counter(counter, hour, changes, base)) is not None:
                found.setdefault(counter.id, []).append(one)
    return {name: tuple(many) for name, many in found.items()}


def _of_counter(
    counter: Placed, hour: HourForecast, changes: Mapping[int, StreetChange], base: Floats | None
) -> Predicted | None:
    """The change of a weighted sum of streets, relative to what it would be without the works."""
    before, ends = 0.0, [0.0, 0.0, 0.0]
    for link, weight in zip(
        counter.links, counter.weights or (1.0,) * len(counter.links), strict=True
    ):
        if (street := changes.get(link)) is None:
            before += 0.0 if base is None else weight * float(base[link])
            continue
        before += weight * street.before
        for at, end in enumerate((street.change.low, street.change.middle, street.change.high)):
            ends[at] += weight * end
    if before <= 0:
        return None
    low, middle, high = (max(-1.0, end / before) for end in ends)  # no street has less than none
    return Predicted(
        day=hour.day,
        hour=hour.hour,
        change=Range(low=low, middle=middle, high=high),
        before=before,
    )


def _forecast(work: Work, works: Works) -> Forecast | None:
    """The last forecast of the works, not of a variant, that was made before they began.

    Where there is none, the first that was made afterwards.
    """
    made = [one.forecast for one in kept.of_works(work, works.id) if not one.variant]
    before = [one for one in made if one.created.date() < works.first_day]
    return before[0] if before else made[-1] if made else None


def _is_kept(work: Work, forecast: str) -> bool:
    try:
        kept.get(work, forecast)
    except NotFound:
        return False
    return True


def _question(
    works: Works, last: date, seen: Watched, predicted: Mapping[str, tuple[Predicted, ...]]
) -> Question:
    largest = {
        name: max((abs(one.change.middle) for one in many), default=0.0)
        for name, many in predicted.items()
    }
    known = by_forecast(largest)
    is_certain = all(phase.is_certain for phase in works.phases)
    return Question(
        window=Window(first_day=works.first_day, last_day=last),
        controls=known if known else by_ring(seen.places, _places(works)),
        by_forecast=bool(known),
        timing=Timing.DOCUMENTED if is_certain else Timing.UNKNOWN,
        is_over=last == works.last_day,
        junctions=seen.junctions,
    )


def _counters(
    works: Works, seen: Watched, predicted: Mapping[str, tuple[Predicted, ...]]
) -> list[str]:
    """Those forecast to change, the most first, and those near; all of them counted."""
    here = frozenset(seen.panel.sensors)
    far = by_ring(seen.places, _places(works), ring_km=_NEAR_KM)
    near = [name for name in seen.panel.sensors if name in seen.places and name not in far]
    moved = {
        name: max(abs(one.change.middle) * one.before for one in many)
        for name, many in predicted.items()
        if many and max(abs(one.change.middle) for one in many) >= _TOUCHED and name in here
    }
    ordered = sorted(moved, key=lambda name: (-moved[name], name))
    return list(dict.fromkeys([*ordered, *near]))[:MOST_COUNTERS]


def _places(works: Works) -> list[Position]:
    return [
        place
        for phase in works.phases
        for one in phase.measures
        if one.effect is not Effect.PARKING
        for place in one.line
    ]


def _title(works: Works) -> str:
    return next((text for text in works.title.values() if text), str(works.id))


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Invalid(f"The last day, {last_day}, lies before the first, {first_day}.")
    if last_day - first_day > timedelta(days=366):
        raise Invalid("A break is measured over at most a year. Name a nearer last day.")
