"""Accounts and roles; each act asks `access` and is written down."""

import re
import secrets

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.types import ANYONE, LANGUAGES, SYSTEM, Actor, ActorId, ActorKind, Grant, Role
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.govern.passwords import check_password, hashed, is_right
from citycommons.store import catalogue
from citycommons.store import people as rows
from citycommons.store.people import Account, kept_token
from citycommons.store.work import Work

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


def clean_email(email: str) -> str:
    """The address as it is kept: without spaces around it, in lower case."""
    return email.strip().casefold()


def create(
    work: Work,
    *,
    name: str,
    email: str = "",
    password: str = "",
    kind: ActorKind = ActorKind.PERSON,
    language: str = "en",
    id: str = "",
) -> Actor:
    """Create an account without any role.

    Without a password nobody can sign in with it, but it may own keys (a device, a utility).
    Hashing takes some 30 ms. Raises `Forbidden`, `Conflict` for an e-mail that is taken, `Invalid`
    for a poor password or a malformed address.
    """
    require(work, Action.MANAGE_PEOPLE)
    email = clean_email(email)
    if not name.strip():
        raise Invalid("An account needs a name.", column="name")
    if language not in LANGUAGES:
        raise Invalid(f"Languages are {', '.join(LANGUAGES)}.", column="language")
    if (password or email) and not _EMAIL.fullmatch(email):
        raise Invalid(f"“{email}” is no e-mail address, such as ada@city.example.", column="email")
    if email and rows.account_by_email(work.db, email):
        raise Conflict("There is an account with this e-mail address already.", column="email")
    if password:
        check_password(password, email, name)
    made = id or f"u-{secrets.token_hex(5)}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", made) or made in (ANYONE.id, SYSTEM.id):
        raise Invalid(f"“{made}” cannot be an id: use a-z, 0-9 and -.", column="id")
    if rows.account(work.db, ActorId(made)):
        raise Conflict(f"There is an account “{made}” already.", column="id")
    actor = Actor(id=ActorId(made), name=name.strip(), email=email, kind=kind, language=language)
    rows.add_actor(work.db, actor, hashed(password) if password else None, work.now)
    audit.record(work, "create-account", actor.id, kind=kind.value)
    return actor


def accounts(work: Work) -> list[Account]:
    """All accounts by name, for administrators of the city."""
    require(work, Action.MANAGE_PEOPLE)
    return rows.accounts(work.db)


def account(work: Work, id: ActorId) -> Account:
    """One account: one's own, or any for an administrator of the city."""
    if id != work.actor.id:
        require(work, Action.MANAGE_PEOPLE)
    return existing(work, id)


def account_by_email(work: Work, email: str) -> Account:
    """The account of an e-mail address, for administrators of the city."""
    require(work, Action.MANAGE_PEOPLE)
    if (found := rows.account_by_email(work.db, clean_email(email))) is None:
        raise NotFound(f"There is no account for {email}.")
    return found


def existing(work: Work, id: ActorId) -> Account:
    """The account, whoever asks; `NotFound` if there is none."""
    if (found := rows.account(work.db, id)) is None:
        raise NotFound(f"There is no account “{id}”.", account=id)
    return found


def disable(work: Work, id: ActorId) -> None:
    """Shut the account: its sessions end, its keys open nothing; what it did stays written down."""
    require(work, Action.MANAGE_PEOPLE)
    found = existing(work, id)
    if found.disabled:
        raise Conflict(f"The account “{id}” is disabled already.")
    _keep_an_administrator(work, id, found.actor.grants)
    rows.set_disabled(work.db, id, work.now)
    rows.remove_sessions(work.db, id)
    audit.record(work, "disable-account", id)


def enable(work: Work, id: ActorId) -> None:
    """Open a disabled account again, with the roles it had."""
    require(work, Action.MANAGE_PEOPLE)
    if not existing(work, id).disabled:
        raise Conflict(f"The account “{id}” is not disabled.")
    rows.set_disabled(work.db, id, None)
    audit.record(work, "enable-account", id)


def set_password(work: Work, id: ActorId, password: str) -> None:
    """Give somebody a new password; all their sessions end."""
    require(work, Action.MANAGE_PEOPLE)
    found = existing(work, id)
    if not found.actor.email:
        raise Invalid(f"“{id}” has no e-mail address to sign in with.", column="email")
    check_password(password, found.actor.email, found.actor.name)
    rows.set_password(work.db, id, hashed(password))
    rows.remove_sessions(work.db, id)
    audit.record(work, "set-password", id)


def change_password(work: Work, *, old: str, new: str, token: str = "") -> None:
    """Change one's own password; other sessions than the one of `token` end.

    Raises `Invalid` when the old one is wrong or the new one is poor.
    """
    found = existing(work, work.actor.id)
    if work.actor.scopes is not None:
        raise Forbidden("A key cannot change a password; sign in.")
    if not is_right(rows.password(work.db, work.actor.id), old):
        raise Invalid("The old password is not right.", column="old")
    check_password(new, found.actor.email, found.actor.name)
    if old == new:
        raise Invalid("The new password is the old one.", column="new")
    rows.set_password(work.db, work.actor.id, hashed(new))
    rows.remove_sessions(work.db, work.actor.id, keep=kept_token(token) if token else "")
    audit.record(work, "change-password", work.actor.id)


def set_language(work: Work, language: str) -> None:
    """Choose the language of one's own pages."""
    if language not in LANGUAGES:
        raise Invalid(f"Languages are {', '.join(LANGUAGES)}.", column="language")
    existing(work, work.actor.id)
    rows.set_language(work.db, work.actor.id, language)


def give(work: Work, id: ActorId, grant: Grant) -> None:
    """Give a role at a publisher, or for the whole city (`publisher=None`).

    An administrator of one publisher gives roles of that publisher only. Nobody makes themselves
    data protection officer: who runs the house does not also release personal data.
    """
    require(work, Action.MANAGE_PEOPLE, grant.publisher)
    if grant.role is Role.DATA_PROTECTION_OFFICER:
        require(work, Action.MANAGE_PEOPLE)
        if id == work.actor.id:
            raise Forbidden("Nobody makes themselves data protection officer; ask a colleague.")
    found = existing(work, id)
    if grant.publisher is not None:
        catalogue.publisher(work.db, grant.publisher)
    if grant in found.actor.grants:
        raise Conflict(f"“{id}” is {_words(grant)} already.")
    rows.add_grant(work.db, id, grant, work.now, work.actor.id)
    audit.record(work, "give-role", id, role=grant.role.value, publisher=grant.publisher)


def take(work: Work, id: ActorId, grant: Grant) -> None:
    """Take a role away. Raises `Conflict` for the last administrator of the city."""
    require(work, Action.MANAGE_PEOPLE, grant.publisher)
    if grant.role is Role.DATA_PROTECTION_OFFICER:
        require(work, Action.MANAGE_PEOPLE)
    if grant not in existing(work, id).actor.grants:
        raise NotFound(f"“{id}” is not {_words(grant)}.")
    _keep_an_administrator(work, id, (grant,))
    rows.remove_grant(work.db, id, grant)
    audit.record(work, "take-role", id, role=grant.role.value, publisher=grant.publisher)


def _words(grant: Grant) -> str:
    return f"{grant.role.value} of {grant.publisher or 'the city'}"


def _keep_an_administrator(work: Work, id: ActorId, lost: tuple[Grant, ...]) -> None:
    # The machine's own account can always make another one, from the command line.
    if Grant(role=Role.ADMINISTRATOR) not in lost or work.actor.id == SYSTEM.id:
        return
    if not rows.count_city_grants(work.db, Role.ADMINISTRATOR, besides=id):
        raise Conflict("This is the last administrator of the city; name another one first.")
