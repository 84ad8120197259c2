"""API keys: `cc_<id>_<secret>`, narrowed to actions, ending, revocable."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import ANYONE, SYSTEM, Actor, ActorId, ActorKind
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, allows_anywhere, require
from citycommons.govern.people import existing
from citycommons.store import people as rows
from citycommons.store.people import Key, kept_token
from citycommons.store.work import City, Work

PREFIX = "cc"
DAYS = 365
_TOUCH = timedelta(minutes=30)  # how stale “last used” may be: a read need not write each time


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A new API key; `text` is shown once and kept nowhere."""

    key: Key
    text: str


def create(
    work: Work,
    *,
    label: str,
    scopes: tuple[str, ...],
    days: int | None = DAYS,
    owner: ActorId | None = None,
) -> NewKey:
    """Make an API key that may do what `scopes` (names of actions) say, and no more than its owner.

    Everybody makes their own; administrators also for devices and organisations, not for people.
    `days=None` never expires. Raises `Forbidden`, or `Invalid` for a scope that is none.
    """
    id = owner or work.actor.id
    found = existing(work, id)
    if work.actor.scopes is not None:
        raise Forbidden("A key cannot make keys; sign in.")
    if id != work.actor.id:
        require(work, Action.MANAGE_PEOPLE)
        if found.actor.kind is ActorKind.PERSON and work.actor.id != SYSTEM.id:
            raise Forbidden("A person's key is made by that person; let them sign in.")
    if not label.strip():
        raise Invalid("A key needs a label that says what it is for.", column="label")
    if not scopes:
        raise Invalid("Say what the key may do: one scope at least.", column="scopes")
    if wrong := [one for one in scopes if one not in set(Action)]:
        raise Invalid(f"“{wrong[0]}” is no scope. Scopes are {', '.join(Action)}.", column="scopes")
    if days is not None and not 1 <= days <= 3650:
        raise Invalid("A key lives 1 to 3650 days.", column="days")
    beyond = [one for one in scopes if not _may_ever(found.actor, Action(one))]
    if beyond:
        raise Invalid(
            f"“{id}” has no role that may {beyond[0]}; the key could not either.", column="scopes"
        )
    secret = secrets.token_hex(32)
    key = Key(
        id=secrets.token_hex(6),
        actor=id,
        label=label.strip()[:200],
        scopes=tuple(sorted(set(scopes))),
        created=work.now,
        expires=None if days is None else work.now + timedelta(days=days),
        used=None,
        revoked=None,
    )
    rows.add_key(work.db, key, kept_token(secret))
    audit.record(work, "create-key", key.id, owner=id, scopes=list(key.scopes or ()))
    return NewKey(key=key, text=f"{PREFIX}_{key.id}_{secret}")


def _may_ever(actor: Actor, action: Action) -> bool:
    return action in (Action.DISCOVER, Action.READ) or allows_anywhere(actor, action)


def keys(work: Work, owner: ActorId | None = None, *, every: bool = False) -> list[Key]:
    """Keys of an actor (one's own, if none is named); `every` lists all, for administrators."""
    id = owner or work.actor.id
    if every or id != work.actor.id:
        require(work, Action.MANAGE_PEOPLE)
    return rows.keys_of(work.db, None if every else [id])


def revoke(work: Work, id: str) -> None:
    """End a key at once: one's own, or anybody's for administrators."""
    found = rows.key(work.db, id)
    is_own = found is not None and found[0].actor == work.actor.id
    if work.actor.scopes is not None:
        raise Forbidden("A key cannot revoke keys; sign in.")
    if not is_own and not allows(work.actor, Action.MANAGE_PEOPLE):
        raise NotFound(f"You have no key “{id}”.")
    if found is None:
        raise NotFound(f"There is no key “{id}”.")
    if found[0].revoked:
        raise Conflict(f"The key “{id}” is revoked already.")
    rows.revoke_key(work.db, id, work.now)
    audit.record(work, "revoke-key", id, owner=found[0].actor)


def holder(city: City, text: str) -> Actor | None:
    """Who sends this key, narrowed to its scopes; None if it opens nothing."""
    prefix, _, rest = text.partition("_")
    id, _, secret = rest.partition("_")
    if prefix != PREFIX or not id or not secret or len(text) > 200:
        return None
    with city.work(ANYONE, may_write=False) as work:
        found = rows.key(work.db, id)
        owner = rows.account(work.db, found[0].actor) if found else None
        now = work.now
    if found is None or owner is None or not hmac.compare_digest(found[1], kept_token(secret)):
        return None
    key = found[0]
    if key.revoked or owner.disabled or (key.expires and now >= key.expires):
        return None
    if key.used is None or now - key.used > _TOUCH:
        with city.work(owner.actor) as work:
            rows.mark_key_used(work.db, id, now)
    scopes = None if key.scopes is None else frozenset(key.scopes)
    return replace(owner.actor, scopes=scopes)
