"""Rows of reuses ↔ `Reuse`; contacts stand beside them and leave by functions of their own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from citycommons.core.reuses import Reuse, ReuseId, ReuseKind, ReuseState
from citycommons.core.types import Access, DatasetId, PublisherId
from citycommons.store import leases
from citycommons.store.proof_tables import reuse_datasets as links
from citycommons.store.proof_tables import reuses as table
from citycommons.store.search import words
from citycommons.store.tables import datasets

_AT_ONCE = 500  # well below the number of values that a statement may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Whose datasets somebody may discover; a reuse is seen with any of its datasets."""

    is_signed_in: bool
    publishers: frozenset[PublisherId] | None  # all of whose datasets; None is all publishers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reuses are looked for; every condition that is given has to hold."""

    seen: Seen
    states: frozenset[ReuseState]
    kind: ReuseKind | None = None
    publisher: PublisherId | None = None
    of_publishers: frozenset[PublisherId] | None = None  # any of these; None is no condition
    dataset: DatasetId | None = None
    datasets: Collection[DatasetId] | None = None
    ids: Collection[ReuseId] | None = None
    since: datetime | None = None  # created
    text: str = ""


def get(db: Connection, id: ReuseId) -> Reuse | None:
    """The reuse, in any state."""
    body = db.scalar(select(table.c.body).where(table.c.id == id))
    return None if body is None else msgspec.convert(body, Reuse)


def by_address(db: Connection, address: str) -> Reuse | None:
    """The reuse at this normalised address, in any state."""
    body = db.scalar(select(table.c.body).where(table.c.address == address))
    return None if body is None else msgspec.convert(body, Reuse)


def add(db: Connection, one: Reuse, *, address: str, contact: str = "", by: str = "") -> None:
    """Keep a new reuse, with who claimed it; its link is asked for at once."""
    row = _row(one) | {"address": address, "contact": contact, "due": one.created}
    row["claimed_by"] = by
    db.execute(insert(table).values(row | {"created": one.created, "id": one.id}))
    _link(db, one)


def save(db: Connection, one: Reuse, **columns: Any) -> None:
    """Write what changed, with other columns (`address`, `due`, `tell`) beside it."""
    db.execute(update(table).where(table.c.id == one.id).values(_row(one) | columns))
    db.execute(delete(links).where(links.c.reuse == one.id))
    _link(db, one)


def find(db: Connection, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Reuse]:
    """Newest first."""
    query = _where(select(table.c.body), wanted)
    query = query.order_by(table.c.created.desc(), table.c.id).limit(limit).offset(offset)
    return [msgspec.convert(body, Reuse) for body in db.scalars(query)]


def count(db: Connection, wanted: Wanted) -> int:
    """How many there are."""
    return int(db.scalar(_where(select(func.count()).select_from(table), wanted)) or 0)


def kinds(db: Connection, wanted: Wanted) -> dict[ReuseKind, int]:
    """How many there are of each kind, most first."""
    query = _where(select(table.c.kind, func.count().label("n")), wanted)
    rows = db.execute(query.group_by(table.c.kind).order_by(func.count().desc(), table.c.kind))
    return {ReuseKind(row.kind): int(row.n) for row in rows}


def publishers(db: Connection, wanted: Wanted) -> dict[PublisherId, int]:
    """How many there are with data of each publisher, most first."""
    n = func.count(links.c.reuse.distinct())
    query = select(datasets.c.publisher, n.label("n"))
    query = query.join(links, links.c.dataset == datasets.c.id)
    query = query.where(links.c.reuse.in_(_where(select(table.c.id), wanted)))
    query = query.where(*_seen(wanted.seen))
    rows = db.execute(query.group_by(datasets.c.publisher).order_by(n.desc(), datasets.c.publisher))
    return {PublisherId(row.publisher): int(row.n) for row in rows}


def counts(
    db: Connection, seen: Seen, ids: Collection[DatasetId] | None = None
) -> dict[DatasetId, dict[ReuseKind, int]]:
    """Confirmed reuses of each dataset that is seen and has any, by kind."""
    found: dict[DatasetId, dict[ReuseKind, int]] = {}
    query = select(links.c.dataset, table.c.kind, func.count().label("n"))
    query = query.join(table, table.c.id == links.c.reuse)
    query = query.join(datasets, datasets.c.id == links.c.dataset)
    query = query.where(table.c.state == ReuseState.CONFIRMED, *_seen(seen))
    query = query.group_by(links.c.dataset, table.c.kind)
    parts = [None] if ids is None else _some(sorted(ids))
    for some in parts:
        narrowed = query if some is None else query.where(links.c.dataset.in_(some))
        for row in db.execute(narrowed):
            kinds = found.setdefault(DatasetId(row.dataset), {})
            kinds[ReuseKind(row.kind)] = int(row.n)
    return found


def of_actor(db: Connection, actor: str, *, limit: int) -> list[Reuse]:
    """What an account claimed, newest first, in any state."""
    query = select(table.c.body).where(table.c.claimed_by == actor)
    query = query.order_by(table.c.created.desc(), table.c.id).limit(limit)
    return [msgspec.convert(body, Reuse) for body in db.scalars(query)]


def datasets_named(db: Connection, names: Collection[str]) -> dict[str, DatasetId]:
    """Datasets by their id, or by the identifier they have at the portal they came from."""
    found: dict[str, DatasetId] = {}
    for some in _some(sorted(names)):
        either = or_(datasets.c.id.in_(some), datasets.c.identifier.in_(some))
        for row in db.execute(select(datasets.c.id, datasets.c.identifier).where(either)):
            found[row.id] = DatasetId(row.id)
            if row.identifier:
                found.setdefault(row.identifier, DatasetId(row.id))
    return found


def claimed_since(db: Connection, since: datetime) -> int:
    """How many were claimed since then."""
    query = select(func.count()).select_from(table).where(table.c.created >= since)
    return int(db.scalar(query) or 0)


def undecided(db: Connection) -> int:
    """How many wait for a steward."""
    query = select(func.count()).select_from(table)
    return int(db.scalar(query.where(table.c.state == ReuseState.CLAIMED)) or 0)


def contacts(db: Connection, ids: Collection[ReuseId]) -> dict[ReuseId, str]:
    """How to reach who claimed these, where they said it and it is not forgotten yet."""
    query = select(table.c.id, table.c.contact).where(
        table.c.id.in_(sorted(ids)), table.c.contact != ""
    )
    return {ReuseId(row.id): row.contact for row in db.execute(query)}


def is_due(db: Connection, now: datetime) -> bool:
    """Whether a link waits to be asked for; takes no lock."""
    return leases.is_any(db, table.c.due, now)


def claim_links(db: Connection, now: datetime, *, limit: int, lease: timedelta) -> list[Reuse]:
    """Take reuses whose links are due; nobody else gets them until the lease is over."""
    due = select(table.c.id).where(table.c.due <= now).order_by(table.c.due).limit(limit)
    taken = db.execute(
        update(table)
        .where(table.c.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
        .values(due=now + lease)
        .returning(table.c.body)
    )
    return [msgspec.convert(row.body, Reuse) for row in taken]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that somebody who claimed a reuse is owed."""

    reuse: Reuse
    contact: str
    attempts: int


def is_telling_due(db: Connection, now: datetime) -> bool:
    """Whether somebody is to be told; takes no lock."""
    return leases.is_any(db, table.c.tell, now)


def lease_telling(db: Connection, now: datetime, *, seconds: int) -> Owed | None:
    """Take the oldest message that is due; it is due again then, should its worker die."""
    row = leases.take(db, table.c.tell, table.c.id, now, seconds=seconds)
    if row is None:
        return None
    one = msgspec.convert(row.body, Reuse)
    return Owed(reuse=one, contact=row.contact, attempts=row.attempts)


def put_off(db: Connection, id: ReuseId, *, until: datetime) -> None:
    """Try to tell them again then."""
    db.execute(update(table).where(table.c.id == id).values(tell=until))


def forget_contact(db: Connection, id: ReuseId) -> None:
    """They were told, or never can be: the contact is gone."""
    db.execute(update(table).where(table.c.id == id).values(contact="", tell=None, attempts=0))


def forget_contacts(db: Connection, before: datetime) -> int:
    """Forget contacts of what was claimed before then; answers how many."""
    gone = update(table).where(table.c.created < before, table.c.contact != "")
    return db.execute(gone.values(contact="", tell=None)).rowcount


def _link(db: Connection, one: Reuse) -> None:
    if one.datasets:
        rows = [{"reuse": one.id, "dataset": each} for each in dict.fromkeys(one.datasets)]
        db.execute(insert(links), rows)


def _row(one: Reuse) -> dict[str, Any]:
    text = " ".join(words(f"{one.title} {one.maker} {one.description}"))
    return {
        "state": one.state.value,
        "kind": one.kind.value,
        "words": text,
        "body": msgspec.to_builtins(one, order="deterministic"),
    }


def _where(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.where(table.c.state.in_([*wanted.states]))
    ways = _of_datasets(wanted)
    if ways:
        # Asked row by row, so that a page of the newest is found without looking at all.
        of = select(links.c.reuse).join(datasets, datasets.c.id == links.c.dataset)
        query = query.where(of.where(links.c.reuse == table.c.id, *ways).exists())
    if wanted.ids is not None:
        query = query.where(table.c.id.in_(sorted(wanted.ids)))
    if wanted.kind is not None:
        query = query.where(table.c.kind == wanted.kind)
    if wanted.since is not None:
        query = query.where(table.c.created >= wanted.since)
    for word in words(wanted.text)[:12]:
        query = query.where(table.c.words.contains(word, autoescape=True))
    return query


def _seen(seen: Seen) -> list[ColumnElement[bool]]:
    """Which datasets somebody may discover."""
    if seen.publishers is None:
        return []
    open_ones = [Access.PUBLIC, *([Access.RESTRICTED] if seen.is_signed_in else [])]
    mine = datasets.c.publisher.in_(sorted(seen.publishers))
    return [or_(datasets.c.access.in_(open_ones), mine)]


def _of_datasets(wanted: Wanted) -> list[ColumnElement[bool]]:
    ways = _seen(wanted.seen)
    if wanted.publisher is not None:
        ways.append(datasets.c.publisher == wanted.publisher)
    if wanted.of_publishers is not None:
        ways.append(datasets.c.publisher.in_(sorted(wanted.of_publishers)))
    if wanted.dataset is not None:
        ways.append(datasets.c.id == wanted.dataset)
    if wanted.datasets is not None:
        ways.append(datasets.c.id.in_(sorted(wanted.datasets)))
    return ways


def _some(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
