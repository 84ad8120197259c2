"""The inbox: messages are taken at once, believed only after a look at what they speak of.

A message that was taken is a row that waits; what it says has no effect by itself. Two that say the
same are one row, so a sender who repeats himself, or is repeated by others, changes nothing.

References
----------
W3C: Linked Data Notifications, 2017. COAR Notify 1.0.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from citycommons.collect.polite import Polite
from citycommons.core.copies import Copy, CopyState
from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound, TooMuch, TooOften
from citycommons.core.types import SYSTEM
from citycommons.govern import audit
from citycommons.govern.access import Action, require
from citycommons.measure.republication import (
    iris,
    mentions,
    messages,
    partners,
    pushing,
    signatures,
    verifying,
)
from citycommons.measure.republication.looking import guest
from citycommons.measure.republication.messages import Kind, Relation
from citycommons.measure.republication.signatures import NotGenuine, Request
from citycommons.store import copies, notices
from citycommons.store.notices import Notice
from citycommons.store.work import City, Work

MOST_BYTES = 64 << 10  # of a message
MOST_WAITING = 20_000
KEPT = timedelta(days=90)
WAITING, TAKEN, REFUSED = "waiting", "taken", "refused"
MEDIA_TYPES = frozenset({"application/ld+json", "application/activity+json", "application/json"})

_LEASE_S = 180
_PAUSES = tuple(timedelta(minutes=m) for m in (5, 30, 3 * 60, 12 * 60, 24 * 60))


class WrongMediaType(Invalid):
    """A message in a form that is not read (415)."""

    http_status, title = 415, "Media type not read"


def receive(city: City, request: Request) -> Notice:
    """Take a message in, or say why not.

    Raises `WrongMediaType`, `TooMuch`, `Invalid`, `NotFound` for a dataset that is not ours,
    `NotGenuine` for a signature that does not hold, `Forbidden` for a portal that is blocked,
    `Conflict` for a report that was taken before.
    """
    document = _read(request)
    if "report-datasets" in document or "report-header" in document:
        return pushing.receive(city, request, document)
    if len(request.body) > MOST_BYTES:
        raise TooMuch(f"A message has at most {MOST_BYTES >> 10} KB.")
    relation = messages.read(document)
    if iris.host_of(relation.copy) == iris.host_of(city.settings.url):
        raise Invalid("The copy is an address of this portal, which is no copy of itself.")
    sender = _signed_by(city, request)
    with city.work(SYSTEM) as work:
        if partners.is_blocked(work, relation.copy):
            raise Forbidden(f"{iris.root_of(relation.copy)} is not listened to here.")
        if relation.kind is Kind.ANNOUNCE:
            verifying.dataset_of(work, relation.origin, city.settings.url)
        if notices.waiting(work.db) >= MOST_WAITING:
            raise TooOften("Too many messages wait here already. Send it again in an hour.",
                           retry_after_s=3600)  # fmt: skip
        return _kept(work, relation, request, document, sender)


def _read(request: Request) -> Mapping[str, Any]:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA_TYPES:
        raise WrongMediaType(f"“{media[:60]}” is not read here; send {messages.MEDIA_TYPE}.")
    if len(request.body) > pushing.MOST_BYTES:
        raise TooMuch(f"A message has at most {pushing.MOST_BYTES >> 20} MB.")
    try:
        document = orjson.loads(request.body)
    except orjson.JSONDecodeError as cause:
        raise Invalid("The message is no JSON.") from cause
    if not isinstance(document, dict):
        raise Invalid("A message is one JSON object.")
    return document


def _signed_by(city: City, request: Request) -> str:
    """Address of the portal whose signature holds; empty where none is made, or its key unknown.

    What an unknown portal signed is looked at again once its key was read.
    """
    if not signatures.is_signed(request.headers):
        return ""
    with city.work(SYSTEM) as work:
        found = partners.signer(work, request)
        return found.url if found else ""


def _kept(
    work: Work,
    relation: Relation,
    request: Request,
    document: Mapping[str, Any],
    sender: str,
) -> Notice:
    said = "\n".join((relation.kind, iris.plain(relation.copy), iris.plain(relation.origin)))
    made = Notice(
        id=hashlib.sha256(said.encode()).hexdigest()[:24],
        received=work.now,
        sender=sender,
        state=WAITING,
        due=work.now,
        body={"message": dict(document), "request": {} if sender else _evidence(request)},
    )
    if notices.add(work.db, made):
        return made
    known = notices.get(work.db, made.id)
    is_same = known is not None and known.body.get("message", {}).get("id") == relation.id
    if known is not None and (known.due is not None or is_same):
        return known
    notices.renew(work.db, made)
    return made


def _evidence(request: Request) -> dict[str, Any]:
    """What a signature is of, until the key is known against which it is held."""
    if not signatures.is_signed(request.headers):
        return {}
    names = ("content-type", "content-digest", "signature-input", "signature")
    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: request.headers[name] for name in names if name in request.headers},
        "body": request.body.decode("utf-8", "replace"),
    }


def listed(work: Work, *, limit: int = 100, offset: int = 0) -> list[Notice]:
    """Messages in the inbox, newest first, for those who run the house."""
    require(work, Action.MANAGE_CITY)
    return notices.newest(work.db, limit=limit, offset=offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message that was refused, as a person reads of it."""

    received: datetime
    of: str  # address of the portal, or of the copy that was spoken of
    reason: str


def refused(work: Work, limit: int = 20) -> list[Refused]:
    """What was refused last, for those who run the house."""
    require(work, Action.MANAGE_CITY)
    found = notices.newest(work.db, states=[REFUSED], limit=limit)
    return [
        Refused(received=each.received, of=each.sender or _spoken_of(each), reason=each.reason)
        for each in found
    ]


def _spoken_of(notice: Notice) -> str:
    if mentions.MENTION in notice.body:
        return str(notice.body[mentions.MENTION]["source"])
    return messages.read(notice.body["message"]).copy


def one(work: Work, id: str) -> Notice:
    """A message in the inbox."""
    require(work, Action.MANAGE_CITY)
    found = notices.get(work.db, id)
    if found is None:
        raise NotFound("There is no such message in the inbox.")
    return found


def work_off(city: City, limit: int = 50) -> int:
    """Look into messages that wait; answers how many were looked into."""
    done = 0
    with guest(city.settings) as client:
        while done < limit and (notice := _claimed(city)) is not None:
            try:
                _look_into(city, client, notice)
            except CityError as error:
                _settle(city, notice, REFUSED, error.message)
            done += 1
    return done


def _claimed(city: City) -> Notice | None:
    with city.work(SYSTEM, may_write=False) as work:
        if not notices.is_due(work.db, work.now):
            return None
    with city.work(SYSTEM) as work:
        return notices.claim(work.db, work.now, seconds=_LEASE_S)


def _look_into(city: City, client: Polite, notice: Notice) -> None:
    if mentions.MENTION in notice.body:
        judged = mentions.judged(city, client, notice)
        if judged is None:
            _put_off(city, notice)
        else:
            _settle(city, notice, *judged)
        return
    relation = messages.read(notice.body["message"])
    if relation.kind is Kind.UNDO:
        _look_again(city, relation)
        _settle(city, notice, TAKEN, "")
        return
    is_own = iris.host_of(relation.sender) == iris.host_of(relation.copy)
    is_own = is_own or iris.host_of(notice.sender) == iris.host_of(relation.copy)
    seen = verifying.note(
        city, client, relation.copy, relation.origin, name=relation.name, is_own=is_own
    )
    if seen is None:
        _put_off(city, notice)
        return
    _check_evidence(city, notice, seen)
    is_taken = seen.state in (CopyState.VERIFIED, CopyState.ANNOUNCED)
    _settle(city, notice, TAKEN if is_taken else REFUSED, seen.reason)


def _look_again(city: City, relation: Relation) -> None:
    """Somebody says that a copy is gone: whoever said it, it is looked at, and only that counts."""
    with city.work(SYSTEM) as work:
        known = copies.copy_at(work.db, relation.copy)
        if known is not None and known.state is CopyState.VERIFIED:
            copies.save_copy(work.db, known, due=work.now)


def _check_evidence(city: City, notice: Notice, seen: Copy) -> None:
    """A message that was signed before its portal's key was known: does the signature hold?

    The copy stays verified, as its own page says so; a false signature is told to the steward.
    """
    found = notice.body.get("request") or {}
    if not found:
        return
    request = Request(
        method=found["method"],
        url=found["url"],
        headers=found["headers"],
        body=found["body"].encode(),
    )
    with city.work(SYSTEM) as work:
        try:
            partners.signer(work, request, at=notice.received)
        except (NotGenuine, Forbidden) as error:
            audit.record(work, "refuse-signature", seen.id, reason=error.message[:200])


def _put_off(city: City, notice: Notice) -> None:
    if notice.attempts > len(_PAUSES):
        _settle(city, notice, REFUSED, "The copy's address does not answer.")
        return
    with city.work(SYSTEM) as work:
        due = work.now + _PAUSES[notice.attempts - 1]
        notices.settle(work.db, notice.id, due=due, reason="The copy's address does not answer.")


def _settle(city: City, notice: Notice, state: str, reason: str) -> None:
    with city.work(SYSTEM) as work:
        notices.settle(work.db, notice.id, state=state, due=None, reason=reason[:500])
        if state == REFUSED and notice.sender:  # strangers fill their inbox, not the log
            audit.record(work, "refuse-message", notice.id, reason=reason[:200])


def sweep(city: City) -> int:
    """Forget messages that were worked off long ago, and nonces; answers how much."""
    with city.work(SYSTEM) as work:
        gone = notices.forget(work.db, work.now - KEPT)
        return gone + notices.forget_nonces(work.db, work.now)
