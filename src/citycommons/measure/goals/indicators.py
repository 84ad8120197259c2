"""Indicators: a question put to published versions, whose answer can be computed again.

A measurement pins the text, the day asked about and the digest of every version read. The question
runs on one thread in the order of the files (`store.sandbox`), so the same question of the same
versions answers the same to the last bit. It is the house's own reading, so it is not counted as a
use: a city that measured its goals each day would be its own best user.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.goals import (
    Baseline,
    Better,
    Goal,
    GoalId,
    Indicator,
    Measurement,
    MeasurementId,
)
from citycommons.core.types import Access, DatasetId
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.measure.goals import keeping, question, reading
from citycommons.share import open as door
from citycommons.share.open import Opened
from citycommons.store import ledger, sandbox
from citycommons.store.work import Work

TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A measurement computed again: what comes out now, or why nothing does."""

    measurement: Measurement
    value: float | None
    why_not: str = ""  # a version that was withdrawn, a question that is no longer put
    engine: str = ""

    @property
    def is_same(self) -> bool | None:
        """Whether it is the same to the last bit; None if it could not be computed."""
        return None if self.value is None else self.value.hex() == self.measurement.value.hex()


def measure(
    work: Work,
    goal_id: GoalId,
    *,
    day: date | None = None,
    versions: Mapping[DatasetId, int] | None = None,
) -> Measurement:
    """Put the goal's question to the latest versions (or the given ones) and keep the answer.

    Without a `day` the answer is about today if the question asks for the day (`$day`); if it does
    not, it is about the day of the newest version read, and about no other. Asked again of the
    same, the kept measurement is answered.

    Raises `Forbidden` without the right to keep the goal's ledger or to read a dataset, `Invalid`
    for an answer that is not one number, `TooMuch` past 20 s, `NotFound` for what is not there.
    """
    return keep(work, answer(work, goal_id, day=day, versions=versions))


def answer(
    work: Work,
    goal_id: GoalId,
    *,
    day: date | None = None,
    versions: Mapping[DatasetId, int] | None = None,
    at_version: bool = False,
) -> Measurement:
    """The same without keeping it: reads only, so that nobody waits to write meanwhile.

    Older `versions` are asked about a `day` that they can know of. With `at_version` the day is
    that of the newest version read, also where the question asks for the day: what is done twice
    is then done alike.
    """
    goal = reading.goal(work, goal_id)
    return ask(work, goal, day=day, versions=versions, at_version=at_version)


def ask(
    work: Work,
    goal: Goal,
    *,
    day: date | None = None,
    versions: Mapping[DatasetId, int] | None = None,
    at_version: bool = False,
) -> Measurement:
    """The same of a goal as it is given, which need not be saved yet: to try its question."""
    require(work, Action.KEEP_LEDGER, goal.publisher)
    if not goal.indicator.sql:
        raise Invalid(
            f"“{goal.id}” has no question to data: give the number yourself, and its source.",
            column="sql",
        )
    question.check(goal.indicator)
    opened = [door.look(work, id, (versions or {}).get(id)) for id in goal.indicator.datasets]
    _check_open(goal, opened)
    newest = max(one.version.created for one in opened).date()
    asked = _day_of(work, goal.indicator, day, newest, at_version=at_version)
    if versions and asked > newest:
        raise Invalid(
            f"The version that is asked is of {newest}: it knows nothing of {asked}.", column="day"
        )
    value = _ask(goal.indicator.sql, opened, asked, question.asks_day(goal.indicator))
    return _measurement(work, goal, asked, value, opened)


def keep(work: Work, one: Measurement) -> Measurement:
    """Keep an answer; one that is kept already is answered as it was kept."""
    goal = reading.goal(work, one.goal)
    require(work, Action.KEEP_LEDGER, goal.publisher)
    if before := ledger.measurement(work.db, one.id):
        return before
    ledger.add_measurement(work.db, one)
    audit.record(work, "measure-goal", one.goal, measurement=one.id, value=one.value)
    return one


def state(work: Work, goal_id: GoalId, *, value: float, day: date, source: str) -> Measurement:
    """Keep a number that a person has from elsewhere, with where it is from.

    Raises `Invalid` without a source, and for an indicator that asks data: nobody overrules those.
    """
    goal = reading.goal(work, goal_id)
    require(work, Action.KEEP_LEDGER, goal.publisher)
    if goal.indicator.sql:
        raise Invalid(f"“{goal_id}” asks published data: measure it; a number is not typed in.")
    if not source.strip():
        raise Invalid(
            "Say where the number comes from: a count, a survey, a page.", column="source"
        )
    if not isfinite(value):
        raise Invalid("A measurement needs a finite number.", column="value")
    if day > work.now.date():
        raise Invalid(f"{day} is still to come: nothing can be measured on it yet.", column="day")
    said = _measurement(work, goal, day, value + 0.0, [])
    return keep(work, replace(said, source=source.strip(), id=_id(said, source.strip())))


def number(work: Work, sql: str, datasets: tuple[DatasetId, ...]) -> tuple[float, tuple[str, ...]]:
    """One number that published data give today, and the versions that it was read from.

    Raises as `measure` does; nothing is kept.
    """
    asked = Indicator(name={}, unit="", better=Better.LOWER, datasets=datasets, sql=sql)
    question.check(asked)
    opened = [door.look(work, id) for id in datasets]
    value = _ask(sql, opened, work.now.date(), question.asks_day(asked))
    return value, _pins(opened)


def baseline_of(measurement: Measurement) -> Baseline:
    """A baseline that anyone can compute again, or whose source is named."""
    source = " ".join(measurement.inputs) or measurement.source
    return Baseline(value=measurement.value, day=measurement.day, source=source)


def set_baseline(work: Work, measurement_id: MeasurementId, why: str = "") -> Goal:
    """Make a kept measurement its goal's baseline."""
    measurement = reading.measurement(work, measurement_id)
    goal = reading.goal(work, measurement.goal)
    words = why or f"Baseline measured on {measurement.day}"
    return keeping.save(work, replace(goal, baseline=baseline_of(measurement)), words)


def recompute(work: Work, measurement_id: MeasurementId) -> Again:
    """Put the pinned question to the pinned versions again, whatever came after them.

    A withdrawn version or a number of a person gives no value, with the reason; the kept number
    stays as it is.
    """
    one = reading.measurement(work, measurement_id)
    if not one.sql:
        return Again(measurement=one, value=None, why_not=f"A person gave it: {one.source}")
    pinned = [_pinned(pin) for pin in one.inputs]
    asked = Indicator(
        name={}, unit="", better=Better.LOWER, datasets=tuple(id for id, _ in pinned), sql=one.sql
    )
    try:
        question.check(asked)
        opened = [door.look(work, id, digest) for id, digest in pinned]
        value = _ask(one.sql, opened, one.day, question.asks_day(asked))
    except (NotFound, Invalid) as fault:
        return Again(measurement=one, value=None, why_not=fault.message)
    return Again(measurement=one, value=value, engine=sandbox.ENGINE)


def reading_dataset(work: Work, id: DatasetId) -> tuple[GoalId, ...]:
    """Goals whose indicator asks this dataset."""
    found = ledger.find(work.db, Goal)
    return tuple(one.id for one in found if one.indicator.sql and id in one.indicator.datasets)


def _check_open(goal: Goal, opened: list[Opened]) -> None:
    closed = [one.dataset.id for one in opened if one.dataset.access is not Access.PUBLIC]
    if goal.is_public and closed:
        raise Invalid(
            f"“{goal.id}” is public, but “{closed[0]}” is not open to all any more: open it, or "
            "keep the goal to those who may read the ledger."
        )


def _day_of(
    work: Work, indicator: Indicator, day: date | None, newest: date, *, at_version: bool
) -> date:
    """Which day an answer is about: nobody puts another day's label on a number."""
    asks_day = question.asks_day(indicator)
    if day is not None and day > work.now.date():
        raise Invalid(f"{day} is still to come: nothing can be measured on it yet.", column="day")
    if day is not None and day != newest and not asks_day:
        raise Invalid(
            f"The question does not ask for the day, so its answer is about {newest}, the day of "
            f"the newest version it reads. Write $day into it to ask about {day}.",
            column="day",
        )
    return day or (work.now.date() if asks_day and not at_version else newest)


def _ask(sql: str, opened: list[Opened], day: date, asks_day: bool) -> float:
    files = {str(one.dataset.id): one.path for one in opened}
    table = sandbox.ask(sql, files, day=day if asks_day else None, most_rows=2, timeout_s=TIMEOUT_S)
    if (table.num_rows, table.num_columns) != (1, 1):
        rows = "more than one row" if table.num_rows > 1 else f"{table.num_rows} rows"
        raise Invalid(
            f"An indicator answers with one number: this gave {rows} of {table.num_columns} "
            "columns. Sum it up, or count it.",
            column="sql",
        )
    return _number(table.column(0)[0].as_py())


def _number(found: Any) -> float:
    if found is None:
        raise Invalid("There is nothing to measure yet: the question gave no value.", column="sql")
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise Invalid(
            f"An indicator answers with a number: “{str(found)[:60]}” is none.", column="sql"
        )
    value = float(found) + 0.0  # no negative zero: stores write it differently
    if not isfinite(value):
        raise Invalid(
            "The question gave no finite number: is something divided by 0?", column="sql"
        )
    return value


def _measurement(
    work: Work, goal: Goal, day: date, value: float, opened: list[Opened]
) -> Measurement:
    one = Measurement(
        id=MeasurementId(""),
        goal=goal.id,
        at=work.now,
        day=day,
        value=value,
        inputs=_pins(opened),
        sql=goal.indicator.sql,
        engine=sandbox.ENGINE if opened else "",
        by=work.actor.id,
    )
    return replace(one, id=_id(one, ""))


def _id(one: Measurement, source: str) -> MeasurementId:
    """The same question of the same versions and day is the same measurement, however often."""
    parts = [one.goal, one.day.isoformat(), one.sql, *one.inputs]
    if not one.sql:  # a person may say two numbers of one day
        parts += [one.value.hex(), source]
    return MeasurementId(hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32])


def _pins(opened: list[Opened]) -> tuple[str, ...]:
    return tuple(f"{one.dataset.id}@{one.version.digest}" for one in opened)


def _pinned(pin: str) -> tuple[DatasetId, str]:
    id, _, digest = pin.partition("@")
    return DatasetId(id), digest
