"""Rows of actors, grants, sessions and API keys ↔ their types; secrets come in hashed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from citycommons.core.types import Actor, ActorId, ActorKind, Grant, PublisherId, Role
from citycommons.store.tables import actors, grants, keys, sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An actor as administrators see it."""

    actor: Actor
    created: datetime
    disabled: datetime | None
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser; its token is kept as a hash only."""

    actor: Actor
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key without its secret."""

    id: str
    actor: ActorId
    label: str
    scopes: tuple[str, ...] | None  # None: whatever the actor may
    created: datetime
    expires: datetime | None
    used: datetime | None
    revoked: datetime | None


def kept_token(text: str) -> str:
    """A secret as it is kept. Plain sha-256 will do: 256 random bits cannot be guessed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _with_grants(*more: Any) -> Select[Any]:
    """Actors with one row for each grant, `more` columns beside; one query wherever it is used."""
    joined = actors.outerjoin(grants, grants.c.actor == actors.c.id)
    columns = (actors, grants.c.role, grants.c.publisher, *more)
    return select(*columns).select_from(joined).order_by(actors.c.id, grants.c.id)


def _actor(rows: list[Row[Any]]) -> Actor:
    row = rows[0]
    return Actor(
        id=ActorId(row.id),
        name=row.name,
        kind=ActorKind(row.kind),
        email=row.email or "",
        language=row.language,
        grants=tuple(
            Grant(
                role=Role(one.role),
                publisher=None if one.publisher is None else PublisherId(one.publisher),
            )
            for one in rows
            if one.role is not None
        ),
    )


def _account(rows: list[Row[Any]]) -> Account:
    row = rows[0]
    return Account(
        actor=_actor(rows),
        created=row.created,
        disabled=row.disabled,
        has_password=bool(row.password),
    )


def add_actor(db: Connection, actor: Actor, password: str | None, now: datetime) -> None:
    """Add the actor with its grants left out; `IntegrityError` if id or e-mail are taken."""
    db.execute(
        actors.insert().values(
            id=actor.id,
            email=actor.email or None,
            name=actor.name,
            kind=actor.kind.value,
            language=actor.language,
            password=password,
            created=now,
        )
    )


def account(db: Connection, id: ActorId) -> Account | None:
    """The account, or None."""
    rows = list(db.execute(_with_grants().where(actors.c.id == id)))
    return _account(rows) if rows else None


def account_by_email(db: Connection, email: str) -> Account | None:
    """The account of an e-mail address in lower case, or None."""
    rows = list(db.execute(_with_grants().where(actors.c.email == email)))
    return _account(rows) if rows else None


def accounts(db: Connection) -> list[Account]:
    """All accounts by name."""
    by_id: dict[str, list[Row[Any]]] = {}
    for row in db.execute(_with_grants()):
        by_id.setdefault(row.id, []).append(row)
    found = [_account(rows) for rows in by_id.values()]
    return sorted(found, key=lambda one: one.actor.name.casefold())


def password(db: Connection, id: ActorId) -> str | None:
    """The hash of the actor's password; None if it cannot sign in by one."""
    found: str | None = db.scalar(select(actors.c.password).where(actors.c.id == id))
    return found


def set_password(db: Connection, id: ActorId, hashed: str | None) -> None:
    db.execute(update(actors).where(actors.c.id == id).values(password=hashed))


def set_disabled(db: Connection, id: ActorId, since: datetime | None) -> None:
    db.execute(update(actors).where(actors.c.id == id).values(disabled=since))


def set_language(db: Connection, id: ActorId, language: str) -> None:
    db.execute(update(actors).where(actors.c.id == id).values(language=language))


def add_grant(db: Connection, id: ActorId, grant: Grant, now: datetime, by: ActorId) -> None:
    db.execute(
        grants.insert().values(
            actor=id, role=grant.role.value, publisher=grant.publisher, given=now, given_by=by
        )
    )


def remove_grant(db: Connection, id: ActorId, grant: Grant) -> None:
    db.execute(
        delete(grants).where(
            grants.c.actor == id,
            grants.c.role == grant.role.value,
            grants.c.publisher.is_not_distinct_from(grant.publisher),  # null: the whole city
        )
    )


def count_city_grants(db: Connection, role: Role, *, besides: ActorId) -> int:
    """How many other enabled actors hold the role for the whole city."""
    found = db.scalar(
        select(func.count(func.distinct(actors.c.id)))
        .select_from(actors.join(grants, grants.c.actor == actors.c.id))
        .where(grants.c.role == role.value, grants.c.publisher.is_(None))
        .where(actors.c.disabled.is_(None), actors.c.id != besides)
    )
    return int(found or 0)


def add_session(
    db: Connection, token: str, id: ActorId, created: datetime, expires: datetime
) -> None:
    """`token` is the sha-256 of what the browser holds."""
    db.execute(sessions.insert().values(token=token, actor=id, created=created, expires=expires))


def session(db: Connection, token: str) -> Session | None:
    """The session of an enabled actor, expired or not."""
    query = _with_grants(sessions.c.created.label("since"), sessions.c.expires)
    query = query.join(sessions, sessions.c.actor == actors.c.id)
    rows = list(
        db.execute(query.where(sessions.c.token == token).where(actors.c.disabled.is_(None)))
    )
    if not rows:
        return None
    return Session(actor=_actor(rows), created=rows[0].since, expires=rows[0].expires)


def extend_session(db: Connection, token: str, expires: datetime) -> None:
    db.execute(update(sessions).where(sessions.c.token == token).values(expires=expires))


def remove_session(db: Connection, token: str) -> None:
    db.execute(delete(sessions).where(sessions.c.token == token))


def remove_sessions(db: Connection, id: ActorId, *, keep: str = "") -> None:
    """End the actor's sessions, but for one."""
    db.execute(delete(sessions).where(sessions.c.actor == id, sessions.c.token != keep))


def remove_expired(db: Connection, now: datetime) -> None:
    db.execute(delete(sessions).where(sessions.c.expires < now))


def add_key(db: Connection, key: Key, secret: str) -> None:
    """`secret` is the sha-256 of the secret half."""
    db.execute(
        keys.insert().values(
            id=key.id,
            secret=secret,
            actor=key.actor,
            label=key.label,
            scopes=None if key.scopes is None else list(key.scopes),
            created=key.created,
            expires=key.expires,
        )
    )


def _key(row: Any) -> Key:
    return Key(
        id=row.id,
        actor=ActorId(row.actor),
        label=row.label,
        scopes=None if row.scopes is None else tuple(row.scopes),
        created=row.created,
        expires=row.expires,
        used=row.used,
        revoked=row.revoked,
    )


def key(db: Connection, id: str) -> tuple[Key, str] | None:
    """The key and the hash of its secret, or None."""
    row = db.execute(select(keys).where(keys.c.id == id)).first()
    return (_key(row), row.secret) if row else None


def keys_of(db: Connection, ids: Iterable[ActorId] | None = None) -> list[Key]:
    """Keys of the actors (of all, if None), newest first, revoked ones included."""
    query = select(keys).order_by(keys.c.created.desc(), keys.c.id)
    if ids is not None:
        query = query.where(keys.c.actor.in_(list(ids)))
    return [_key(row) for row in db.execute(query)]


def mark_key_used(db: Connection, id: str, now: datetime) -> None:
    db.execute(update(keys).where(keys.c.id == id).values(used=now))


def revoke_key(db: Connection, id: str, now: datetime) -> None:
    db.execute(update(keys).where(keys.c.id == id).values(revoked=now))
