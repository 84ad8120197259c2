"""Telling followers: a fact of works becomes one message for each, sent until it is taken.

At least once: a message is leased by its due time and comes back when its worker dies. Its id is
made of who, which works and which revision, so nothing is written down twice, a mail has the same
Message-ID at each try, and a file in the spool the same name.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from citycommons.collect.sending import Sent
from citycommons.collect.sending import send as post
from citycommons.core.errors import Invalid
from citycommons.core.types import SYSTEM, Bbox
from citycommons.core.works import Works, WorksState
from citycommons.engage.followers import following, mail, push, saying
from citycommons.engage.followers.mail import Letter, Posted
from citycommons.govern import audit
from citycommons.standardise.gazetteer import street_key
from citycommons.store import followers as rows
from citycommons.store import works as works_rows
from citycommons.store.followers import Follower, Message
from citycommons.store.outbox import WorksFact, WorksStateChanged
from citycommons.store.work import City, Work

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60))
"""Before the second try and each further one: seven tries in a day and a half."""
KEPT = timedelta(days=30)
_LEASE_S = 120
_PUBLIC = frozenset({WorksState.PERMITTED, WorksState.ACTIVE, WorksState.CLOSED})
_TELLS = ("phases", "streets", "detour", "detour_words", "stays_open_to")
_LONGEST_PUSH = 1500  # octets of what a browser shows

Delay = Callable[[Work, Works], tuple[float, float, float] | None]
"""Minutes that trips take longer, low, middle and high; None where nothing was forecast."""


def no_delay(work: Work, works: Works) -> None:
    """Nothing was forecast."""


def tell(city: City, fact: WorksFact, delay: Delay = no_delay) -> None:
    """Write down one message for each follower of these works, if followers care for the change."""
    with city.work(SYSTEM, may_write=False) as work:
        everybody = rows.confirmed(work.db)
        if not everybody:
            return
        revision = works_rows.revision(work.db, fact.works, fact.revision)
        if revision is None or (what := _what(work, fact, revision.works)) is None:
            return
        one = revision.works
        body = _body(one, what, delay(work, one))
        caring = [who for who in everybody if _cares(who, one) and _was_there(who, revision.at)]
        # Who follows a street and the area around it is told once.
        each = {(who.channel, who.address): who for who in reversed(caring)}
        made = [_message(who, one, body, work) for who in each.values()]
    with city.work(SYSTEM) as work:
        rows.enqueue(work.db, made)


def _what(work: Work, fact: WorksFact, one: Works) -> str | None:
    """Which change the public should hear of; None for all others."""
    if isinstance(fact, WorksStateChanged):
        if one.state in _PUBLIC:
            return one.state.value
        was_public = works_rows.was_in(work.db, one.id, _PUBLIC)
        return "cancelled" if one.state is WorksState.CANCELLED and was_public else None
    if one.state not in _PUBLIC:
        return None
    before = works_rows.revision(work.db, one.id, one.revision - 1)
    if before is None:  # came by a feed, permitted already
        return one.state.value
    is_other = any(getattr(before.works, name) != getattr(one, name) for name in _TELLS)
    return "changed" if is_other else None


def _body(one: Works, what: str, delay: tuple[float, float, float] | None) -> dict[str, Any]:
    return {
        "what": what,
        "title": dict(one.title),
        "streets": list(one.streets),
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "detour": dict(one.detour_words),
        "delay": list(delay) if delay else None,
    }


def _message(who: Follower, one: Works, body: dict[str, Any], work: Work) -> Message:
    parts = (who.id, one.id, str(one.revision))
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return Message(
        id=f"rw-{digest}",
        follower=who.id,
        works=one.id,
        body=body,
        created=work.now,
        due=work.now,
    )


def _was_there(who: Follower, at: datetime) -> bool:
    """Whether they followed when it happened: what was before they read on the page."""
    return who.confirmed is not None and who.confirmed <= at


def _cares(who: Follower, one: Works) -> bool:
    if who.area is not None:
        return _touch(who.area, one.bounds)
    key = street_key(who.street or "")
    return any(street_key(name) == key for name in one.streets)


def _touch(area: Bbox, other: Bbox) -> bool:
    return (
        area[0] <= other[2] and other[0] <= area[2] and area[1] <= other[3] and other[1] <= area[3]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How messages leave the house; tests put others in."""

    mail: Callable[..., Posted] = mail.send
    push: Callable[..., Sent] = post


def deliver_next(city: City, ways: Ways | None = None) -> bool:
    """Send one message that is due; false when there is none."""
    ways = ways or Ways()
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_due(work.db, work.now):
            return False
    with city.work(SYSTEM) as work:
        leased = rows.lease(work.db, work.now, seconds=_LEASE_S)
        if leased is None:
            return False
        who = rows.get(work.db, leased.follower)
        if who is None:
            rows.settle(work.db, leased.id, due=None, error="nobody follows by this any more")
            return True
        try:
            letter = _letter(work, city, leased, who)
            key = push.house_key(work) if who.channel == "push" else None
        except (Invalid, KeyError) as error:
            rows.settle(work.db, leased.id, due=None, error=str(error)[:300])
            return True
        now = work.now
    if key is None:
        posted = ways.mail(letter, city.settings)
    else:
        contact = f"mailto:{city.settings.contact}" if city.settings.contact else letter.stop
        shown = _shown(letter, city.settings.url, leased)
        url, body, headers = push.request(who.address, shown, key, contact=contact, now=now)
        posted = _posted(ways.push(url, body, headers))
    with city.work(SYSTEM) as work:
        _settle(work, city, leased, posted)
    return True


def _letter(work: Work, city: City, leased: Message, who: Follower) -> Letter:
    token = following.token_of(work, who)
    base = f"{city.settings.url}/roadworks/follow/{who.id}"
    link = f"{base}?token={token}&lang={who.language}"
    if leased.works:
        page = f"{city.settings.url}/roadworks/{leased.works}?lang={who.language}"
        words = saying.telling(who, leased.body, page=page, stop=link)
    else:
        words = saying.asking(who, city=city.settings.name, link=link)
    return Letter(
        id=leased.id,
        follower=who.id,
        to=who.address,
        language=who.language,
        subject=words.subject,
        text=words.text,
        stop=f"{base}/unsubscribe?token={token}",
        made=leased.created,
    )


def _shown(letter: Letter, url: str, leased: Message) -> bytes:
    """What the browser's worker shows."""
    lines = letter.text.split("\n\n")
    body = "\n".join(lines[1:-2]).encode()[:_LONGEST_PUSH].decode("utf-8", "ignore")
    return orjson.dumps(
        {
            "title": letter.subject[:200],
            "body": body,
            "tag": leased.works,
            "url": f"{url}/roadworks/{leased.works}?lang={letter.language}",
        }
    )


def _posted(sent: Sent) -> Posted:
    """404 and 410 say that the browser ended it (RFC 8030, 7.3)."""
    if sent.is_taken:
        return Posted(is_taken=True)
    reason = sent.reason if sent.status is None else f"{sent.status} {sent.reason}"
    return Posted(is_taken=False, reason=reason[:300], is_final=sent.status in (404, 410))


def _settle(work: Work, city: City, leased: Message, posted: Posted) -> None:
    if posted.is_taken:
        rows.settle(work.db, leased.id, due=None, delivered=work.now, error="")
        return
    if posted.is_final:  # the address is no more: it is forgotten
        rows.remove(work.db, leased.follower)
        mail.forget(city.settings.home, leased.follower)
        audit.record(work, "remove-follower", leased.follower, why="the address is gone")
        return
    is_over = leased.attempts > len(PAUSES)
    due = None if is_over else work.now + PAUSES[min(leased.attempts, len(PAUSES)) - 1]
    rows.settle(work.db, leased.id, due=due, error=posted.reason)


def sweep(city: City) -> int:
    """Forget who never said yes, and what was told a month ago; answers how many were forgotten."""
    with city.work(SYSTEM) as work:
        gone = rows.expired(work.db, work.now - following.WAIT)
        for id in gone:
            rows.remove(work.db, id)
            mail.forget(city.settings.home, id)
        rows.forget(work.db, work.now - KEPT)
        mail.forget_old(city.settings.home, work.now - KEPT)
    return len(gone)
