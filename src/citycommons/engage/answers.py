"""Telling people what became of a reuse they claimed, or of data they asked for: one mail each.

At least once: what is owed is a due time beside the claim or the vote, leased while it is sent, so
that it comes back when its worker dies; the mail has the same name at each try. When a decision is
final and told, the address is forgotten.
"""

import hashlib
import tomllib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

from citycommons.core.reuses import RequestState, ReuseState
from citycommons.core.types import LANGUAGES, SYSTEM, Access, DatasetId
from citycommons.engage import reuses
from citycommons.engage.followers import mail
from citycommons.engage.followers.mail import Letter, Posted
from citycommons.engage.wanted import asking, missing
from citycommons.govern import audit
from citycommons.store import catalogue
from citycommons.store import reuses as reuse_rows
from citycommons.store import wanted as request_rows
from citycommons.store.work import City, Work

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60))
"""Before the second try and each further one, as for followers of road works."""
_LEASE_S = 120
_FINAL = frozenset({RequestState.PUBLISHED, RequestState.DECLINED})

Post = Callable[..., Posted]


def deliver_next(city: City, post: Post = mail.send) -> bool:
    """Send one message that is due; false when there is none."""
    return _of_reuse(city, post) or _of_request(city, post)


def sweep(city: City) -> int:
    """Forget contacts that waited too long, and rare terms of old searches; answers how many."""
    with city.work(SYSTEM) as work:
        gone = reuses.forget_contacts(work) + asking.forget_contacts(work)
        return gone + missing.forget(work)


def _of_reuse(city: City, post: Post) -> bool:
    with city.work(SYSTEM, may_write=False) as work:
        if not reuse_rows.is_telling_due(work.db, work.now):
            return False
    with city.work(SYSTEM) as work:
        owed = reuse_rows.lease_telling(work.db, work.now, seconds=_LEASE_S)
        if owed is None:
            return False
        if not owed.contact or owed.reuse.state is ReuseState.CLAIMED:
            reuse_rows.forget_contact(work.db, owed.reuse.id)
            return True
        letter = _reuse_letter(work, city, owed)
    posted = post(letter, city.settings)
    with city.work(SYSTEM) as work:
        pause = _pause(owed.attempts)
        if posted.is_taken or posted.is_final or pause is None:
            reuse_rows.forget_contact(work.db, owed.reuse.id)
            audit.record(work, "tell-claimant", owed.reuse.id, taken=posted.is_taken)
        else:
            reuse_rows.put_off(work.db, owed.reuse.id, until=work.now + pause)
    return True


def _of_request(city: City, post: Post) -> bool:
    with city.work(SYSTEM, may_write=False) as work:
        if not request_rows.is_telling_due(work.db, work.now):
            return False
    with city.work(SYSTEM) as work:
        owed = request_rows.lease_telling(work.db, work.now, seconds=_LEASE_S)
        if owed is None:
            return False
        letter = _request_letter(work, city, owed)
    posted = post(letter, city.settings)
    with city.work(SYSTEM) as work:
        pause = None if posted.is_taken or posted.is_final else _pause(owed.attempts)
        # Of a plan or a question more will be told; a dead address is no use to anybody.
        keeps = pause is not None or (
            posted.is_taken and owed.request.state not in _FINAL and bool(owed.contact)
        )
        due = work.now + pause if pause else None
        request_rows.settle(work.db, owed, due=due, keeps_contact=keeps)
    return True


def _reuse_letter(work: Work, city: City, owed: reuse_rows.Owed) -> Letter:
    one, said = owed.reuse, _said(owed.reuse.language)
    is_listed = one.state is ReuseState.CONFIRMED
    page = f"{city.settings.url}/reuses/" + (one.id if is_listed else "new")
    told = said[one.state.value].format(
        title=one.title, city=city.settings.name, page=page, reason=one.reason
    )
    return Letter(
        id=_id(one.id, str(one.decided)),
        follower=one.id,
        to=owed.contact,
        language=one.language or LANGUAGES[0],
        subject=said[f"{one.state.value}_subject"].format(title=one.title),
        text=f"{told}\n\n{said['gone']}\n",
        stop="",
        made=work.now,
    )


def _request_letter(work: Work, city: City, owed: request_rows.Owed) -> Letter:
    one, said = owed.request, _said(owed.language)
    base = f"{city.settings.url}/requests/{one.id}"
    token = asking.token(work, one.id, owed.voter)
    forget = f"{base}/forget?voter={owed.voter}&token={token}"
    parts = [
        said["asked"].format(city=city.settings.name, title=one.title),
        said[one.state.value],
        one.answer,
        "\n".join(f"{city.settings.url}/datasets/{each}" for each in _public(work, one.datasets)),
        f"{said['more']}\n{base}",
        said["gone"] if one.state in _FINAL else f"{said['forget']}\n{forget}",
    ]
    return Letter(
        id=_id(one.id, owed.voter, str(one.answered)),
        follower=owed.voter,
        to=owed.contact,
        language=owed.language or LANGUAGES[0],
        subject=said[f"{one.state.value}_subject"].format(title=one.title),
        text="\n\n".join(part for part in parts if part) + "\n",
        stop="" if one.state in _FINAL else forget,
        made=work.now,
    )


def _public(work: Work, ids: Sequence[DatasetId]) -> list[DatasetId]:
    """What a stranger may be told of: a planned dataset may still be internal."""
    found = catalogue.datasets(work.db, list(ids))
    return [one.id for one in found if one.access is Access.PUBLIC]


def _pause(attempts: int) -> timedelta | None:
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def _id(*parts: str) -> str:
    """Equal for each try, so that a message is there once."""
    return f"an-{hashlib.blake2b('|'.join(parts).encode(), digest_size=16).hexdigest()}"


def _said(language: str) -> dict[str, str]:
    return _messages()[language if language in LANGUAGES else LANGUAGES[0]]


@cache
def _messages() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("answers.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
