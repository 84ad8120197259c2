"""Whose statement it is, of which days, for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from citycommons.core.types import (
    ANYONE,
    Actor,
    ActorId,
    ActorKind,
    Dataset,
    DatasetId,
    Grant,
    PublisherId,
    Role,
)
from citycommons.govern.access import Action, allows, require
from citycommons.measure.impact.period import Period
from citycommons.store import catalogue
from citycommons.store.work import Work


class Audience(StrEnum):
    """For whom it is: costs and goals that are not public are for the council alone."""

    COUNCIL = "council"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One statement: a period of a city, or of one of its publishers."""

    period: Period
    publisher: PublisherId | None = None
    audience: Audience = Audience.COUNCIL

    def as_of(self, today: date) -> date:
        """The last day that the statement knows of."""
        return min(self.period.last_day, today)


_AUDITOR = Actor(
    id=ActorId("statement"),
    kind=ActorKind.DEPARTMENT,
    name="Statement",
    grants=(Grant(role=Role.COUNCIL),),
)


def reading(work: Work, scope: Scope) -> Work:
    """The work in the eyes of the statement's readers, so that all of them read the same.

    Raises `Forbidden` for who may not read the council's statement of this publisher.
    """
    if scope.audience is Audience.PUBLIC:
        return replace(work, actor=ANYONE)
    require(work, Action.READ_LEDGER, scope.publisher)
    return replace(work, actor=_AUDITOR)


def end_of(day: date) -> datetime:
    """The moment at which a day is over, in UTC."""
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What all parts of one statement are made from."""

    work: Work  # in the eyes of the statement's readers
    scope: Scope
    as_of: date
    datasets: Mapping[DatasetId, Dataset]  # not removed by that day, as they are described now

    @property
    def until(self) -> datetime:
        """The moment at which the last day is over."""
        return end_of(self.as_of)


def basis(work: Work, scope: Scope) -> Basis:
    """What the statement is made from.

    Raises `Forbidden` for who may not read it, and `NotFound` for a publisher that is none.
    """
    if scope.publisher is not None:
        catalogue.publisher(work.db, scope.publisher)
    reader, as_of = reading(work, scope), scope.as_of(work.now.date())
    until = end_of(as_of)
    return Basis(
        work=reader,
        scope=scope,
        as_of=as_of,
        datasets={
            one.id: one
            for one in catalogue.datasets(work.db)
            if scope.publisher in (None, one.publisher)
            and allows(reader.actor, Action.DISCOVER, one)
            and (one.removed is None or one.removed >= until)
        },
    )
