"""Webhooks: an address of one's own that is told what happens to a dataset, a publisher's, or all.

Made by whoever has an account; told no more than that person may discover at the time of telling.
"""

import secrets
from collections.abc import Collection
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from citycommons.collect.guard import check_address, is_public
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.types import Actor, ActorKind, DatasetId, PublisherId
from citycommons.govern import audit
from citycommons.govern.access import Action, allows
from citycommons.share import catalogue, standard_webhooks
from citycommons.store import webhooks as rows
from citycommons.store.webhooks import Delivery, Webhook
from citycommons.store.work import Work

MOST = 20  # webhooks of one person
SHOWN = 20  # deliveries in a list
_LONGEST_URL = 2000


class Event(StrEnum):
    """What a webhook may be told."""

    PUBLISHED = "version.published"
    WITHDRAWN = "version.withdrawn"
    DESCRIBED = "dataset.described"
    REMOVED = "dataset.removed"


TEST = "webhook.test"
"""The event of a message that is sent to see whether it arrives."""


def subscribe(
    work: Work,
    *,
    url: str,
    events: Collection[str] = tuple(Event),
    dataset: str = "",
    publisher: str = "",
) -> Webhook:
    """Let an address be told of a dataset, of a publisher's datasets, or (neither) of all.

    The webhook that is answered holds the secret; it is shown this once. Raises `Invalid` that
    names what is wrong, `NotFound` for what the actor may not discover, `TooMuch` past `MOST`.
    """
    require_account(work)
    url = url.strip()
    _check_url(url, may_be_inside=may_reach_inside(work.actor))
    if wrong := sorted(set(events) - set(Event)):
        raise Invalid(f"“{wrong[0]}” is no event. Events are: {', '.join(Event)}.", column="events")
    if not events:
        raise Invalid("Choose at least one event.", column="events")
    if dataset and publisher:
        raise Invalid("Choose a dataset or a publisher, not both.", column="dataset")
    if dataset:
        catalogue.get(work, DatasetId(dataset))
    if publisher:
        catalogue.publisher(work, PublisherId(publisher))
    if rows.count(work.db, work.actor.id) >= MOST:
        raise TooMuch(f"You have {MOST} webhooks, the most there may be. Remove one first.")
    made = Webhook(
        id=f"wh-{secrets.token_hex(8)}",
        owner=work.actor.id,
        url=url,
        dataset=DatasetId(dataset) if dataset else None,
        publisher=PublisherId(publisher) if publisher else None,
        events=tuple(one.value for one in Event if one in set(events)),
        secret=standard_webhooks.new_secret(),
        created=work.now,
    )
    rows.add(work.db, made)
    host = urlsplit(url).hostname
    audit.record(
        work, "create-webhook", made.id, host=host, dataset=made.dataset, publisher=made.publisher
    )
    return made


def require_account(work: Work) -> None:
    """Go on if the actor may have webhooks at all; else `Forbidden`."""
    if work.actor.kind is ActorKind.ANYONE:
        raise Forbidden("Sign in, or send an API key, to have webhooks.")
    scopes = work.actor.scopes
    if scopes is not None and Action.DISCOVER.value not in scopes:
        raise Forbidden("This key has no scope “discover”, which webhooks need.")


def may_reach_inside(owner: Actor) -> bool:
    """Whether hosts of the setting `allow_hosts` may be told: for those who run the house."""
    return allows(owner, Action.MANAGE_CITY)


def _check_url(url: str, *, may_be_inside: bool) -> None:
    """What can be known of an address without asking for it; all is checked again at each try."""
    if len(url) > _LONGEST_URL or not url.isprintable():
        raise Invalid(f"The address has at most {_LONGEST_URL} signs.", column="url")
    try:
        host, _ = check_address(url)
    except Invalid as error:
        raise Invalid(error.message, column="url") from error
    try:
        is_inside = not is_public(str(ip_address(host)))
    except ValueError:
        return  # a name: where it leads is found out when something is sent
    if is_inside and not may_be_inside:
        raise Invalid(f"{host} is an address inside this network.", column="url")


def mine(work: Work) -> list[Webhook]:
    """The actor's webhooks, newest first."""
    require_account(work)
    return rows.of_owner(work.db, work.actor.id)


def get(work: Work, id: str) -> Webhook:
    """One webhook of the actor's; another's is as if it were not there."""
    require_account(work)
    found = rows.get(work.db, id)
    if found is None or found.owner != work.actor.id:
        raise NotFound(f"You have no webhook “{id[:80]}”.")
    return found


def remove(work: Work, id: str) -> None:
    """Tell this address nothing any more."""
    found = get(work, id)
    rows.remove(work.db, found.id)
    audit.record(work, "remove-webhook", found.id)


def enable(work: Work, id: str) -> Webhook:
    """Begin again with an address that was given up; what still waits is sent."""
    found = get(work, id)
    if found.disabled is None:
        raise Conflict("This webhook is in service already.")
    rows.set_state(
        work.db, found.id, disabled=None, disabled_reason="", failures=0, rest_until=None
    )
    audit.record(work, "enable-webhook", found.id)
    return get(work, id)


def test(work: Work, id: str) -> Delivery:
    """Send a message to see whether it arrives; the worker does it in a moment."""
    found = get(work, id)
    if found.disabled is not None:
        raise Conflict("This webhook is not in service; enable it first.")
    made = Delivery(
        id=f"msg_{secrets.token_hex(16)}",
        webhook=found.id,
        event=TEST,
        dataset=None,
        body=standard_webhooks.body(TEST, work.now, {"webhook": found.id}),
        created=work.now,
        due=work.now,
    )
    rows.enqueue(work.db, [made])
    rows.set_state(work.db, found.id, rest_until=None)
    audit.record(work, "test-webhook", found.id)
    return made


def deliveries(work: Work, id: str, limit: int = SHOWN) -> list[Delivery]:
    """What was last sent to a webhook of the actor's, newest first."""
    return rows.recent(work.db, get(work, id).id, limit)
