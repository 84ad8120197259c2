"""Rows of webhooks and of what is delivered to them; a delivery is leased to one worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import ActorId, DatasetId, PublisherId
from citycommons.store.tables import webhook_deliveries as deliveries
from citycommons.store.tables import webhooks as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told what happens to one dataset, to a publisher's, or to all."""

    id: str
    owner: ActorId
    url: str
    dataset: DatasetId | None = None
    publisher: PublisherId | None = None
    events: tuple[str, ...]
    secret: str
    created: datetime
    failures: int = 0  # in a row
    rest_until: datetime | None = None
    disabled: datetime | None = None
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one webhook, and how far it got."""

    id: str
    webhook: str
    event: str
    dataset: DatasetId | None
    body: str
    created: datetime
    due: datetime | None  # None: over
    attempts: int = 0
    delivered: datetime | None = None
    status: int | None = None  # of the last answer
    error: str = ""


def _webhook(row: Any) -> Webhook:
    return Webhook(**{**row, "events": tuple(row["events"])})


def _delivery(row: Any) -> Delivery:
    return Delivery(**{name: value for name, value in row.items() if name != "leased_until"})


def add(db: Connection, one: Webhook) -> None:
    """Keep a new webhook."""
    names = [column.name for column in table.c]
    values = {name: getattr(one, name) for name in names}
    db.execute(table.insert().values({**values, "events": list(one.events)}))


def get(db: Connection, id: str) -> Webhook | None:
    """The webhook, or None."""
    row = db.execute(select(table).where(table.c.id == id)).mappings().first()
    return None if row is None else _webhook(row)


def of_owner(db: Connection, owner: ActorId) -> list[Webhook]:
    """Webhooks of an actor, newest first."""
    query = select(table).where(table.c.owner == owner).order_by(table.c.created.desc(), table.c.id)
    return [_webhook(row) for row in db.execute(query).mappings()]


def remove(db: Connection, id: str) -> None:
    """Forget the webhook and all that was delivered to it."""
    db.execute(delete(deliveries).where(deliveries.c.webhook == id))
    db.execute(delete(table).where(table.c.id == id))


def is_any(db: Connection) -> bool:
    """Whether anybody waits to be told anything."""
    return (
        db.execute(select(table.c.id).where(table.c.disabled.is_(None)).limit(1)).first()
        is not None
    )


def waiting(
    db: Connection, event: str, dataset: DatasetId, publisher: PublisherId
) -> list[Webhook]:
    """Webhooks in service that want to be told of this event of this dataset."""
    none: ColumnElement[bool] = table.c.dataset.is_(None) & table.c.publisher.is_(None)
    is_about = or_(table.c.dataset == dataset, table.c.publisher == publisher, none)
    found = db.execute(select(table).where(table.c.disabled.is_(None), is_about)).mappings()
    return [one for one in map(_webhook, found) if event in one.events]


def set_state(db: Connection, id: str, **values: Any) -> None:
    """Change `failures`, `rest_until`, `disabled`, `disabled_reason`."""
    db.execute(update(table).where(table.c.id == id).values(**values))


def enqueue(db: Connection, found: Sequence[Delivery]) -> None:
    """Let these be delivered; one that is there already stays as it is."""
    if not found:
        return
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    names = [column.name for column in deliveries.c if column.name != "leased_until"]
    rows = [{name: getattr(one, name) for name in names} for one in found]
    db.execute(insert(deliveries).on_conflict_do_nothing(index_elements=["id"]), rows)


def _free(now: datetime) -> Any:
    """The oldest delivery that is due, of a webhook that is in service and not being served."""
    is_free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until < now)
    is_awake = or_(table.c.rest_until.is_(None), table.c.rest_until <= now)
    served = select(deliveries.c.webhook).where(deliveries.c.leased_until >= now)
    return (
        select(deliveries.c.id)
        .join(table, table.c.id == deliveries.c.webhook)
        .where(deliveries.c.due <= now, is_free, is_awake, table.c.disabled.is_(None))
        .where(deliveries.c.webhook.not_in(served))
        .order_by(deliveries.c.due)
        .limit(1)
    )


def is_due(db: Connection, now: datetime) -> bool:
    """Whether anything waits to be sent; asks without taking the write lock."""
    return db.execute(_free(now)).first() is not None


def lease(db: Connection, now: datetime, *, seconds: int) -> Delivery | None:
    """Take a delivery for so many seconds; if its worker dies it comes back then."""
    free = _free(now).with_for_update(skip_locked=True, of=deliveries)
    values = {
        "leased_until": now + timedelta(seconds=seconds),
        "attempts": deliveries.c.attempts + 1,
    }
    held = db.execute(
        update(deliveries)
        .where(deliveries.c.id == free.scalar_subquery())
        .values(**values)
        .returning(deliveries)
    )
    row = held.mappings().first()
    return None if row is None else _delivery(row)


def settle(db: Connection, id: str, **values: Any) -> None:
    """Write down how a try ended: `due`, `delivered`, `status`, `error`; the lease ends."""
    db.execute(update(deliveries).where(deliveries.c.id == id).values(leased_until=None, **values))


def recent(db: Connection, webhook: str, limit: int) -> list[Delivery]:
    """The last deliveries of a webhook, newest first."""
    query = (
        select(deliveries)
        .where(deliveries.c.webhook == webhook)
        .order_by(deliveries.c.created.desc(), deliveries.c.id)
        .limit(limit)
    )
    return [_delivery(row) for row in db.execute(query).mappings()]


def count(db: Connection, owner: ActorId) -> int:
    """How many webhooks an actor has."""
    found = db.scalar(select(func.count()).select_from(table).where(table.c.owner == owner))
    return int(found or 0)


def forget(db: Connection, before: datetime) -> int:
    """Remove what was sent, or waited in vain, before this; answers how much."""
    return db.execute(delete(deliveries).where(deliveries.c.created < before)).rowcount
