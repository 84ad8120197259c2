"""Telling origins of our copies: once it works, then never again; and once more when one is gone.

An announcement is a row that is due until the origin's inbox took it. Announcing twice changes
nothing there, so a worker that dies between sending and writing costs nothing.
"""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import orjson

from citycommons.collect.polite import Polite
from citycommons.collect.sending import Sent, send
from citycommons.core.errors import CityError
from citycommons.core.types import ANYONE, SYSTEM, Dataset
from citycommons.govern import audit
from citycommons.govern.access import Action, allows
from citycommons.measure.republication import backlinks, iris, messages, partners, signatures
from citycommons.measure.republication.looking import guest, services
from citycommons.measure.republication.messages import Kind, Sender
from citycommons.measure.republication.signatures import Request
from citycommons.store import catalogue, notices
from citycommons.store.notices import Announcement
from citycommons.store.signing_key import signing_key
from citycommons.store.work import City, Work

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 5 * 60, 14 * 60, 26 * 60))
"""Before the second try and each further one: eight tries in two days."""

LATER = timedelta(days=30)  # an origin that wants to know nothing may want to later
BUSY = timedelta(minutes=1)  # the origin asks for a pause: that is no failure
_AT_ONCE = 500
_LEASE_S = 120


def announce_due(city: City, limit: int = 200) -> int:
    """Tell origins what is due; answers how many announcements were tried."""
    note_new(city)
    done = 0
    with guest(city.settings) as client:
        while done < limit and (one := _claimed(city)) is not None:
            _tell(city, client, one)
            done += 1
    return done


def note_new(city: City) -> int:
    """Write down what came from elsewhere and what went or came back since; answers how much."""
    with city.work(SYSTEM, may_write=False) as work:
        new = notices.unannounced(work.db, _AT_ONCE)
    if new:
        with city.work(SYSTEM) as work:
            for one in new:
                notices.save_announcement(work.db, replace(one, due=work.now))
    return len(new)


def _claimed(city: City) -> Announcement | None:
    with city.work(SYSTEM, may_write=False) as work:
        if not notices.is_announcement_due(work.db, work.now):
            return None
    with city.work(SYSTEM) as work:
        return notices.claim_announcement(work.db, work.now, seconds=_LEASE_S)


def _kind(work: Work, one: Announcement) -> Kind:
    """Whether the dataset stands here for everybody to see, as a copy, or does not."""
    dataset = catalogue.find_dataset(work.db, one.dataset)
    return Kind.ANNOUNCE if dataset and _is_shown(dataset) else Kind.UNDO


def _is_shown(dataset: Dataset) -> bool:
    return dataset.removed is None and allows(ANYONE, Action.DISCOVER, dataset)


def _tell(city: City, client: Polite, one: Announcement) -> None:
    with city.work(SYSTEM, may_write=False) as work:
        kind = _kind(work, one)
    if kind is Kind.UNDO and one.delivered is None:
        _settle(city, one, kind, None, "it is not shown to everybody")
        return
    if iris.host_of(one.origin) == iris.host_of(city.settings.url):
        _settle(city, one, kind, None, "its origin is this portal")
        return
    try:
        inbox = one.inbox or _discovered(city, client, one.origin)
    except CityError as error:
        _settle(city, one, kind, Sent(status=None, reason=error.message), "")
        return
    if not inbox:
        _settle(city, one, kind, None, "its origin has no inbox")
        return
    _settle(city, one, kind, _send(city, one, kind, inbox), "", inbox)


def _discovered(city: City, client: Polite, origin: str) -> str:
    """The inbox that the origin advertises; its portal's key is noted, as it will ask us."""
    found = client.document(origin, accept=backlinks.ACCEPT)
    base, inbox = services(found, origin)
    if base:
        partners.learn(city, client, base, inbox=inbox)
    return inbox


def _send(city: City, one: Announcement, kind: Kind, inbox: str) -> Sent:
    base, now = city.settings.url, city.clock()
    document = messages.relationship(
        kind,
        copy=iris.dataset_iri(base, one.dataset),
        origin=one.origin,
        sender=Sender(url=base, name=city.settings.name),
        inbox=inbox,
        now=now,
    )
    headers = {"content-type": messages.MEDIA_TYPE}
    request = Request(method="POST", url=inbox, headers=headers, body=orjson.dumps(document))
    signatures.sign_request(request, signing_key(city.settings.home), partners.keyid(base), now)
    return send(inbox, request.body, request.headers, allow_hosts=city.settings.allow_hosts)


def _settle(
    city: City, one: Announcement, kind: Kind, sent: Sent | None, error: str, inbox: str = ""
) -> None:
    """Write down how it went. `sent` None: nothing was sent, and `error` says why."""
    with city.work(SYSTEM) as work:
        now, delivered, due, reason = work.now, one.delivered, None, error
        if sent is None:
            due = None if kind is Kind.UNDO else now + LATER
        elif sent.is_taken:
            delivered = now if kind is Kind.ANNOUNCE else None
            audit.record(work, f"tell-origin-{kind.lower()}", one.dataset, origin=one.origin)
        elif sent.status == HTTPStatus.TOO_MANY_REQUESTS:
            due, reason = now + BUSY, "it asks for a pause"
        else:
            is_over = one.attempts > len(PAUSES)
            due = now + (LATER if is_over else PAUSES[one.attempts - 1])
            reason = sent.reason if sent.status is None else f"it answers {sent.status}"
        left = Announcement(
            dataset=one.dataset,
            origin=one.origin,
            # One that fails is looked up again: the origin may have moved it.
            inbox=inbox if sent is not None and sent.is_taken else "",
            due=due,
            attempts=0 if due is None or sent is None else one.attempts,
            delivered=delivered,
            error=reason[:500],
        )
        notices.save_announcement(work.db, left)
