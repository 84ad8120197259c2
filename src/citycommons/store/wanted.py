"""Rows of requests for data ↔ `DataRequest`, with who voted: hashes, and contacts until told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    false,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.reuses import DataRequest, RequestId, RequestState
from citycommons.core.types import DatasetId
from citycommons.store import leases
from citycommons.store.proof_tables import data_request_votes as votes
from citycommons.store.proof_tables import data_requests as table
from citycommons.store.search import words

_FEW = 20  # datasets that one question may name


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """Who needs the data too: a hash, and an address for the answer where one was left."""

    key: str
    contact: str = ""
    language: str = ""


def get(db: Connection, id: RequestId) -> DataRequest | None:
    """The request with its votes."""
    row = db.execute(select(table).where(table.c.id == id)).first()
    return None if row is None else _request(row)


def add(db: Connection, one: DataRequest, voter: Voter) -> None:
    """Keep a new request; who asks is its first voter."""
    db.execute(insert(table).values(_row(one) | {"id": one.id, "created": one.created, "votes": 1}))
    db.execute(
        insert(votes).values(
            request=one.id,
            voter=voter.key,
            at=one.created,
            contact=voter.contact,
            language=voter.language,
        )
    )


def save(db: Connection, one: DataRequest) -> None:
    """Write what changed; votes are counted where they are cast."""
    db.execute(update(table).where(table.c.id == one.id).values(_row(one)))


def vote(db: Connection, id: RequestId, voter: Voter, now: datetime) -> bool:
    """Count a voter; false for one who was counted before (whose address is kept all the same)."""
    make = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"request": id, "voter": voter.key, "at": now, "language": voter.language}
    added = make(votes).values(row | {"contact": voter.contact}).on_conflict_do_nothing()
    if db.execute(added.returning(votes.c.voter)).first() is not None:
        db.execute(update(table).where(table.c.id == id).values(votes=table.c.votes + 1))
        return True
    if voter.contact:
        mine = update(votes).where(votes.c.request == id, votes.c.voter == voter.key)
        db.execute(mine.values(contact=voter.contact, language=voter.language))
    return False


def find(
    db: Connection,
    *,
    states: Collection[RequestState] | None = None,
    text: str = "",
    any_word: bool = False,
    newest_first: bool = False,
    limit: int,
    offset: int = 0,
) -> list[DataRequest]:
    """Most votes first, unless the newest are wanted first."""
    query = _where(select(table), states, text, any_word)
    order = (table.c.created.desc(), table.c.id)
    query = query.order_by(*(order if newest_first else (table.c.votes.desc(), *order)))
    return [_request(row) for row in db.execute(query.limit(limit).offset(offset))]


def count(db: Connection, *, states: Collection[RequestState] | None = None, text: str = "") -> int:
    """How many there are."""
    query = _where(select(func.count()).select_from(table), states, text, False)
    return int(db.scalar(query) or 0)


def by_state(db: Connection) -> dict[RequestState, int]:
    """How many there are in each state."""
    rows = db.execute(select(table.c.state, func.count().label("n")).group_by(table.c.state))
    return {RequestState(row.state): int(row.n) for row in rows}


def asked_since(db: Connection, since: datetime) -> int:
    """How many were asked since then."""
    query = select(func.count()).select_from(table).where(table.c.created >= since)
    return int(db.scalar(query) or 0)


def answered_by(db: Connection, datasets: Collection[DatasetId]) -> dict[DatasetId, int]:
    """How many published requests name each of these datasets as their answer."""
    query = select(table.c.body).where(table.c.state == RequestState.PUBLISHED)
    if len(datasets) <= _FEW:
        query = query.where(or_(false(), *map(_names, datasets)))
    found: dict[DatasetId, int] = {}
    for body in db.scalars(query):
        for id in body["datasets"]:
            if id in datasets:
                found[DatasetId(id)] = found.get(DatasetId(id), 0) + 1
    return found


def waiting_for(db: Connection, dataset: DatasetId) -> list[DataRequest]:
    """Open and planned requests that this dataset would answer."""
    states = [RequestState.OPEN, RequestState.PLANNED]
    query = select(table).where(table.c.state.in_(states), _names(dataset))
    found = (_request(row) for row in db.execute(query))
    return [one for one in found if dataset in one.datasets]


def _names(dataset: DatasetId) -> ColumnElement[bool]:
    """Whether the list of datasets may hold this one; whoever reads the list makes sure."""
    listed = table.c.body["datasets"].as_string()
    found: ColumnElement[bool] = listed.contains(f'"{dataset}"', autoescape=True)
    return found


def contact_uses(db: Connection, contact: str) -> int:
    """How many answers this address waits for."""
    query = select(func.count()).select_from(votes).where(votes.c.contact == contact)
    return int(db.scalar(query) or 0)


def owe_answer(db: Connection, id: RequestId, due: datetime | None) -> None:
    """Let everybody with an address be told then; None takes that back."""
    mine = update(votes).where(votes.c.request == id, votes.c.contact != "")
    db.execute(mine.values(due=due, attempts=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that somebody who asked or voted is owed."""

    request: DataRequest
    voter: str
    contact: str
    language: str
    attempts: int


def is_telling_due(db: Connection, now: datetime) -> bool:
    """Whether somebody is to be told; takes no lock."""
    return leases.is_any(db, votes.c.due, now)


def lease_telling(db: Connection, now: datetime, *, seconds: int) -> Owed | None:
    """Take the oldest message that is due; it is due again then, should its worker die."""
    free = select(votes.c.request, votes.c.voter).where(votes.c.due <= now)
    free = free.order_by(votes.c.due).limit(1).with_for_update(skip_locked=True)
    chosen = db.execute(free).first()
    if chosen is None:
        return None
    mine = (votes.c.request == chosen.request, votes.c.voter == chosen.voter)
    again = now + timedelta(seconds=seconds)
    done = update(votes).where(*mine, votes.c.due <= now)
    row = db.execute(done.values(due=again, attempts=votes.c.attempts + 1).returning(votes)).first()
    request = get(db, RequestId(chosen.request))
    if row is None or request is None:
        return None
    return Owed(
        request=request,
        voter=row.voter,
        contact=row.contact,
        language=row.language,
        attempts=row.attempts,
    )


def settle(db: Connection, owed: Owed, *, due: datetime | None, keeps_contact: bool) -> None:
    """Write down how a try ended; an address that is not needed any more is gone."""
    mine = update(votes).where(votes.c.request == owed.request.id, votes.c.voter == owed.voter)
    db.execute(mine.values(due=due, **({} if keeps_contact else {"contact": ""})))


def forget_contact(db: Connection, id: RequestId, voter: str) -> None:
    """Forget the address of one voter; the vote stays."""
    mine = update(votes).where(votes.c.request == id, votes.c.voter == voter)
    db.execute(mine.values(contact="", due=None))


def forget_contacts(db: Connection, before: datetime) -> int:
    """Forget addresses left before then; answers how many."""
    gone = update(votes).where(votes.c.at < before, votes.c.contact != "")
    return db.execute(gone.values(contact="", due=None)).rowcount


def _where(
    query: Select[Any], states: Collection[RequestState] | None, text: str, any_word: bool
) -> Select[Any]:
    if states is not None:
        query = query.where(table.c.state.in_([*states]))
    each = [table.c.words.contains(word, autoescape=True) for word in words(text)[:12]]
    if any_word and each:
        some = each[0]
        for one in each[1:]:
            some |= one
        return query.where(some)
    return query.where(*each)


def _row(one: DataRequest) -> dict[str, Any]:
    return {
        "state": one.state.value,
        "words": " ".join(words(f"{one.title} {one.description} {one.purpose}")),
        "body": msgspec.to_builtins(one, order="deterministic"),
    }


def _request(row: Any) -> DataRequest:
    return msgspec.convert({**row.body, "votes": row.votes}, DataRequest)
