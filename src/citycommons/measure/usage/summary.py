"""Sums of counted uses as pages show them, robots left out where they are not named."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from citycommons.core.types import Channel, ClientKind, DatasetId, Use
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry
from citycommons.store import usage
from citycommons.store.work import Work

REGULAR = (ClientKind.PERSON, ClientKind.MACHINE)
"""Who is counted in totals; robots, such as search engines, stand beside."""

_CHUNK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Uses from `since` to today, robots left out where they are not named."""

    since: date
    until: date
    total: int
    investigations: int  # looked at
    requests: int  # data taken
    channels: dict[Channel, int]  # most first
    clients: dict[ClientKind, int]  # robots among them
    daily: tuple[int, ...]  # one number a day, from `since` to `until`

    @property
    def first(self) -> date | None:
        """The first day with a use."""
        days = (self.since + timedelta(days=n) for n, count in enumerate(self.daily) if count)
        return next(days, None)


def of_dataset(work: Work, id: DatasetId, *, days: int = 30) -> Summary:
    """Uses of all versions of a dataset in the last `days`.

    Raises `NotFound` where the actor may not know of the dataset.
    """
    catalogue.get(work, id)
    return _summary(work, days, id)


def of_city(work: Work, *, days: int = 30) -> Summary:
    """Uses of everything in the last `days`, as sums that name no dataset."""
    return _summary(work, days, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Uses in one month, robots left out."""

    month: str  # 2026-03
    investigations: int
    requests: int


def by_month(
    work: Work, id: DatasetId, *, version: int | None = None, months: int = 12
) -> tuple[Month, ...]:
    """Uses of a dataset, or of one version, in the last months that have any, latest first.

    Raises `NotFound` where the actor may not know of the dataset.
    """
    catalogue.get(work, id)
    counts: dict[str, Counter[Use]] = {}
    found = usage.totals(work.db, "use", "day", "version", datasets=(id,), clients=REGULAR)
    for (use, day, number), count in found:
        if version is None or number == version:
            counts.setdefault(f"{day:%Y-%m}", Counter())[Use(use)] += count
    return tuple(
        Month(
            month=month,
            investigations=counts[month][Use.INVESTIGATION],
            requests=counts[month][Use.REQUEST],
        )
        for month in sorted(counts, reverse=True)[:months]
    )


def of_versions(work: Work, id: DatasetId, *, days: int | None = None) -> dict[int, int]:
    """Uses of each version, most first; `days` None is ever since."""
    catalogue.get(work, id)
    since = None if days is None else _since(work, days)
    found = usage.totals(work.db, "version", since=since, datasets=(id,), clients=REGULAR)
    return {version: count for (version,), count in found}


def by_day(
    work: Work, entries: Sequence[Entry], *, days: int = 30
) -> dict[DatasetId, tuple[int, ...]]:
    """Uses of each entry day by day, the oldest of the last `days` first."""
    since, ids = _since(work, days), [one.dataset.id for one in entries]
    counts: dict[DatasetId, list[int]] = {id: [0] * days for id in ids}
    found = usage.totals(work.db, "dataset", "day", since=since, datasets=ids, clients=REGULAR)
    for (id, day), count in found:
        if (place := (day - since).days) < days:
            counts[id][place] = count
    return {id: tuple(daily) for id, daily in counts.items()}


def most_used(work: Work, *, days: int = 30, limit: int = 10) -> tuple[tuple[Entry, int], ...]:
    """The datasets used most in the last `days`, among those the actor may discover."""
    found = usage.totals(work.db, "dataset", since=_since(work, days), clients=REGULAR)
    seen: list[tuple[Entry, int]] = []
    for start in range(0, len(found), _CHUNK):  # on, while some are not the actor's to see
        counts = {DatasetId(id): count for (id,), count in found[start : start + _CHUNK]}
        entries = catalogue.of_ids(work, tuple(counts))
        seen += [(entry, counts[entry.dataset.id]) for entry in entries]
        if len(seen) >= limit:
            break
    return tuple(seen[:limit])


def newest(work: Work, *, limit: int = 10) -> tuple[Entry, ...]:
    """The datasets with the newest data, among those the actor may discover."""
    wanted = catalogue.Search(has_data=True, sort=catalogue.Sort.NEWEST, limit=limit)
    return catalogue.find(work, wanted).entries


def _since(work: Work, days: int) -> date:
    return work.now.date() - timedelta(days=days - 1)


def _summary(work: Work, days: int, id: DatasetId | None) -> Summary:
    since, until = _since(work, days), work.now.date()
    uses: Counter[Use] = Counter()
    channels: Counter[Channel] = Counter()
    clients: Counter[ClientKind] = Counter()
    daily: Counter[date] = Counter()
    columns, datasets = ("use", "channel", "client", "day"), None if id is None else (id,)
    found = usage.totals(work.db, *columns, since=since, datasets=datasets)
    for (use, channel, client, day), count in found:
        clients[ClientKind(client)] += count
        if ClientKind(client) in REGULAR:
            uses[Use(use)] += count
            channels[Channel(channel)] += count
            daily[day] += count
    return Summary(
        since=since,
        until=until,
        total=uses.total(),
        investigations=uses[Use.INVESTIGATION],
        requests=uses[Use.REQUEST],
        channels=dict(channels.most_common()),
        clients=dict(clients.most_common()),
        daily=tuple(daily[since + timedelta(days=day)] for day in range(days)),
    )
