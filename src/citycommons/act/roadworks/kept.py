"""Forecasts that are kept: of works as they stood, to be held against what is measured afterwards,
and of variants that were drawn, to be compared side by side."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from citycommons.act.roadworks import register
from citycommons.act.roadworks.types import Forecast
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import ActorId
from citycommons.core.works import WorksId
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.store import forecasts as rows
from citycommons.store.work import Work

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A forecast, what it was asked by, and who kept it."""

    forecast: Forecast
    variant: str  # as its author calls it; empty for the works as they stand in the register
    question: str  # the query of the studio that draws and asks it again
    created: datetime
    by: ActorId


def keep(work: Work, forecast: Forecast, *, variant: str = "", question: str = "") -> Kept:
    """Keep the forecast; the same one under another name is renamed.

    Raises `Forbidden` without the right to propose works of their owner, `Invalid` for a forecast
    of no works.
    """
    if forecast.works is None:
        raise Invalid("A forecast is kept with works. Keep these works in the register first.")
    works = register.get(work, forecast.works)
    require(work, Action.PROPOSE_WORKS, works.owner)
    name = " ".join(variant.split())[:LONGEST_NAME]
    body = {
        "forecast": msgspec.to_builtins(replace(forecast, created=work.now)),
        "variant": name,
        "question": question,
    }
    row = rows.Row(
        id=forecast.id,
        works=forecast.works,
        revision=forecast.revision,
        model=forecast.model,
        created=work.now,
        by=work.actor.id,
        body=body,
    )
    rows.save(work.db, row)
    audit.record(
        work,
        "keep-forecast",
        forecast.works,
        forecast=forecast.id,
        revision=forecast.revision,
        model=forecast.model,
        variant=name,
    )
    return _kept(row)


def get(work: Work, id: str) -> Kept:
    """The forecast of this id. Raises `NotFound`, also for works that one may not know of."""
    row = rows.get(work.db, id)
    if row is None or row.works is None:
        raise NotFound(f"There is no forecast “{id}”.", forecast=id)
    register.get(work, row.works)
    return _kept(row)


def of_works(work: Work, id: WorksId) -> list[Kept]:
    """All forecasts kept for these works, the latest first. Raises `NotFound`."""
    register.get(work, id)
    return [_kept(row) for row in rows.of_works(work.db, id)]


def latest(work: Work, id: WorksId) -> Kept | None:
    """The latest forecast of the works as they stood, not of a variant; None if none was kept."""
    return next((one for one in of_works(work, id) if not one.variant), None)


def discard(work: Work, id: str) -> None:
    """Take a variant away. Raises `Invalid` for a forecast of the works: that is evidence."""
    one = get(work, id)
    works = register.get(work, WorksId(str(one.forecast.works)))
    require(work, Action.PROPOSE_WORKS, works.owner)
    if not one.variant:
        raise Invalid("This forecast is held against what will be measured: it stays.")
    rows.remove(work.db, id)
    audit.record(work, "discard-forecast", works.id, forecast=id, variant=one.variant)


def _kept(row: rows.Row) -> Kept:
    return Kept(
        forecast=msgspec.convert(row.body["forecast"], Forecast),
        variant=str(row.body.get("variant", "")),
        question=str(row.body.get("question", "")),
        created=row.created,
        by=row.by,
    )
