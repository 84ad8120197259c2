"""What needs a steward today, in order: late data, faulty versions, dead links."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from citycommons.core.types import Category, Dataset, Version
from citycommons.govern import privacy
from citycommons.govern.access import Action, allows, publishers_for
from citycommons.store import catalogue, search
from citycommons.store.work import Work

MOST = 20  # of one kind
_DAYS = {
    "CONT": 1.0,
    "UPDATE_CONT": 1.0,
    "HOURLY": 1.0,
    "DAILY": 1.0,
    "WEEKLY": 7.0,
    "MONTHLY": 31.0,
    "QUARTERLY": 92.0,
    "ANNUAL_2": 183.0,
    "ANNUAL": 366.0,
    "BIENNIAL": 731.0,
}
_GRACE = 1.5  # of the promised time, before somebody is reminded


class TaskKind(StrEnum):
    """What kind of thing waits."""

    OVERDUE = "overdue"
    FAULTS = "faults"
    DEAD_LINKS = "dead-links"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One dataset that waits for its steward."""

    kind: TaskKind
    dataset: Dataset
    version: Version | None = None
    days: int = 0  # since the data were due
    count: int = 0  # faults, or dead links
    rejected: int = 0  # rows kept aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What waits, most pressing first, and how many there are of each kind beyond those listed."""

    listed: tuple[Task, ...]
    more: dict[TaskKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """One page of the datasets the actor may describe, newest first, with their latest versions."""

    total: int
    entries: tuple[tuple[Dataset, Version | None], ...]


def tasks(work: Work) -> Tasks:
    """What waits for the actor, at most `MOST` of each kind."""
    publishers = publishers_for(work.actor, Action.PUBLISH)
    _, with_data = catalogue.of_publishers(work.db, publishers, has_data=True)
    latest = catalogue.latest_versions(work.db, [dataset.id for dataset in with_data])
    pairs = [(dataset, latest[dataset.id]) for dataset in with_data if dataset.id in latest]
    late = sorted(_overdue(work, pairs), key=lambda task: -task.days)
    faulty = sorted(_faulty(pairs), key=lambda task: (-task.rejected, -task.count))
    total, broken = catalogue.of_publishers(
        work.db, publishers, has_dead_links=True, limit=MOST + 1
    )
    dead = [
        Task(
            kind=TaskKind.DEAD_LINKS,
            dataset=dataset,
            count=sum(is_dead(link.status) for link in dataset.links),
        )
        for dataset in broken
    ]
    more = {
        TaskKind.OVERDUE: max(0, len(late) - MOST),
        TaskKind.FAULTS: max(0, len(faulty) - MOST),
        TaskKind.DEAD_LINKS: max(0, total - MOST),
    }
    return Tasks(listed=(*late[:MOST], *faulty[:MOST], *dead[:MOST]), more=more)


def is_dead(status: int | None) -> bool:
    """Whether a link's last answer says that nothing is there; 0 is no answer at all."""
    return status is not None and (status == 0 or status >= 400)


def _overdue(work: Work, pairs: list[tuple[Dataset, Version]]) -> Iterator[Task]:
    for dataset, version in pairs:
        if (days := _DAYS.get(dataset.frequency)) is None:
            continue
        if work.now - version.created > timedelta(days=days * _GRACE):
            late = (work.now - version.created - timedelta(days=days)).days
            yield Task(kind=TaskKind.OVERDUE, dataset=dataset, version=version, days=late)


def _faulty(pairs: list[tuple[Dataset, Version]]) -> Iterator[Task]:
    for dataset, version in pairs:
        if count := sum(fault.count for fault in version.faults):
            yield Task(
                kind=TaskKind.FAULTS,
                dataset=dataset,
                version=version,
                count=count,
                rejected=version.rejected,
            )


def mine(work: Work, *, text: str = "", offset: int = 0, limit: int = 25) -> Mine:
    """Datasets of the publishers the actor may describe for; each word of `text` must occur."""
    publishers = publishers_for(work.actor, Action.DESCRIBE)
    total, found = catalogue.of_publishers(
        work.db, publishers, words=search.words(text), offset=offset, limit=limit
    )
    latest = catalogue.latest_versions(work.db, [dataset.id for dataset in found])
    return Mine(total=total, entries=tuple((one, latest.get(one.id)) for one in found))


def awaiting_privacy(work: Work) -> list[tuple[Dataset, privacy.Decision | None]]:
    """Personal datasets the actor decides about: undecided ones first, then those decided."""
    publishers = publishers_for(work.actor, Action.DECIDE_PRIVACY)
    _, found = catalogue.of_publishers(work.db, publishers, category=Category.PERSONAL)
    pairs = [
        (dataset, privacy.decision(work, dataset))
        for dataset in found
        if allows(work.actor, Action.DECIDE_PRIVACY, dataset)
    ]
    return sorted(pairs, key=lambda pair: (pair[1] is not None, pair[0].id))
