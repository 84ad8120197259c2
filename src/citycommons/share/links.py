"""Links of entries: asked for now and then, told to their owner when dead, kept as copies.

A link is dead when it failed twice, an hour or more apart: then its entry says so, and its steward
finds a task. What an open licence allows to pass on is kept while it is there, so that readers
still get the last state when the origin is gone.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import disk_usage

from citycommons.collect import probe as probing
from citycommons.collect.polite import Polite
from citycommons.collect.probe import Answer, probe
from citycommons.core.errors import NotFound
from citycommons.core.types import SYSTEM, Access, Category, Dataset, DatasetId, Link
from citycommons.govern.access import Action, require
from citycommons.govern.licenses import LICENSES
from citycommons.store import catalogue, records
from citycommons.store import links as rows
from citycommons.store.links import Watched
from citycommons.store.work import City, Work

AT_ONCE = 200  # links of one call
PER_HOST = 20
HOSTS_AT_ONCE = 8
WEEK = timedelta(days=7)
FIRST_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=30)
DEAD_AFTER = 2  # failures in a row
_FREE_SHARE = 0.1  # of the disk; with less no further copies are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The last good content of a link."""

    path: Path
    name: str
    url: str
    copied: datetime
    bytes: int


def folder(city: City) -> Path:
    """Where copies of links lie."""
    return city.settings.home / "copies"


def check_due(city: City, client: Polite | None = None, *, limit: int = AT_ONCE) -> int:
    """Ask for links that are due, host by host; answers how many were asked.

    Each answer is written down when its host is done, so that a killed checker loses little.
    """
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_due(work.db, work.now):
            return 0
    with city.work(SYSTEM) as work:
        claimed = rows.claim(work.db, work.now, limit=limit, per_host=PER_HOST)
        entries = catalogue.datasets(work.db, sorted({one.dataset for one in claimed}))
        outside = {one.id for one in entries if _is_harvested(work, one.id)}
    may_copy = {entry.id for entry in entries if _may_copy(entry)} if _has_room(city) else set()
    by_host: dict[str, list[Watched]] = defaultdict(list)
    for one in claimed:
        by_host[one.host].append(one)
    with (
        client or probing.polite(folder(city), city.settings.allow_hosts) as polite,
        # What others wrote must not lead to hosts inside: a copy would be read by all.
        replace(polite, allow_hosts=()) as stranger,
        ThreadPoolExecutor(HOSTS_AT_ONCE) as pool,
    ):

        def ask(links: list[Watched]) -> list[tuple[Watched, Answer]]:
            found = []
            for one in links:
                asking = stranger if one.dataset in outside else polite
                answer = probe(asking, one.url, with_copy=one.dataset in may_copy)
                found.append((one, answer))
            return found

        for answered in pool.map(ask, by_host.values()):
            _save(city, answered)
    return len(claimed)


def of_dataset(work: Work, id: DatasetId) -> tuple[Watched, ...]:
    """What is known of the links of an entry that the actor may read."""
    require(work, Action.DISCOVER, catalogue.dataset(work.db, id))
    return tuple(rows.of_dataset(work.db, id))


def key(url: str) -> str:
    """A short name of a link, for the address of its copy."""
    return sha256(url.encode()).hexdigest()[:16]


def copy(city: City, work: Work, id: DatasetId, name: str) -> Copy:
    """The kept copy of the link whose `key` is `name`; `NotFound` where there is none."""
    require(work, Action.READ, catalogue.dataset(work.db, id))
    for one in rows.of_dataset(work.db, id):
        if key(one.url) == name and one.copy and one.copied:
            path = Polite(cache=folder(city)).parcels.path(one.copy)
            if path.is_file():
                return Copy(
                    path=path,
                    name=one.copy_name or "copy",
                    url=one.url,
                    copied=one.copied,
                    bytes=one.copy_bytes or path.stat().st_size,
                )
    raise NotFound(f"There is no kept copy of this link of “{id}”.", dataset=id)


def sweep(city: City) -> int:
    """Remove copies that no link names any more; answers how many."""
    with city.work(SYSTEM, may_write=False) as work:
        named = rows.copies(work.db)
    gone = [path for path in folder(city).glob("??/*") if path.name not in named]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def judged(one: Watched, answer: Answer, now: datetime) -> Watched:
    """The link after an answer: when it is asked again, and since when it fails."""
    if answer.is_good:
        return replace(
            one,
            checked=now,
            status=answer.status,
            reason="",
            failures=0,
            failing_since=None,
            next_check=now + WEEK,
            copy=answer.copy or one.copy,
            copied=answer.copied or one.copied,
            copy_name=answer.copy_name or one.copy_name,
            copy_bytes=answer.copy_bytes if answer.copy else one.copy_bytes,
        )
    if not answer.is_known:
        # Nobody knows: the entry keeps what was known before.
        return replace(one, reason=answer.reason, next_check=now + LONGEST_PAUSE)
    pause = min(FIRST_PAUSE * 6**one.failures, LONGEST_PAUSE)
    return replace(
        one,
        checked=now,
        status=answer.status,
        reason=answer.reason,
        failures=one.failures + 1,
        failing_since=one.failing_since or now,
        next_check=now + pause,
    )


def _save(city: City, answered: Sequence[tuple[Watched, Answer]]) -> None:
    with city.work(SYSTEM) as work:
        found = [judged(one, answer, work.now) for one, answer in answered]
        rows.save(work.db, found)
        by_dataset: dict[DatasetId, dict[str, Watched]] = defaultdict(dict)
        for one in found:
            by_dataset[one.dataset][one.url] = one
        for entry in catalogue.datasets(work.db, list(by_dataset)):
            links = tuple(_told(link, by_dataset[entry.id]) for link in entry.links)
            if links != entry.links:
                # What was promised is the same: `modified` stays.
                catalogue.save_dataset(work.db, replace(entry, links=links))


def _told(link: Link, found: dict[str, Watched]) -> Link:
    """The link as its entry tells it; a first failure is not told yet."""
    one = found.get(link.url)
    if one is None or one.checked is None or 0 < one.failures < DEAD_AFTER:
        return link
    return replace(link, status=one.status, checked=one.checked.date())


def _is_harvested(work: Work, id: DatasetId) -> bool:
    return bool(records.of_dataset(work.db, id))


def _may_copy(entry: Dataset) -> bool:
    """Passing on what others publish needs an open licence, and data that are nobody's secret."""
    known = LICENSES.get(entry.license)
    is_open = known is not None and known.is_open
    return is_open and entry.access is Access.PUBLIC and entry.category is not Category.PERSONAL


def _has_room(city: City) -> bool:
    folder(city).mkdir(parents=True, exist_ok=True)
    found = disk_usage(folder(city))
    return found.free > _FREE_SHARE * found.total
