"""Telling webhooks: a fact becomes one message for each address, sent until it is taken.

At least once: a message is leased while it is sent, and comes back when its worker dies; its id is
made of what happened, so a receiver knows it again. After `PAUSES` is used up the address is given
up, and its owner finds a note.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from citycommons.collect.sending import SECONDS, Sent, send
from citycommons.core.counting import Asker
from citycommons.core.types import SYSTEM, Actor, Channel, Dataset, DatasetId, Use, Version
from citycommons.engage.webhooks import Event, may_reach_inside
from citycommons.govern import audit
from citycommons.govern.access import Action, allows
from citycommons.share import standard_webhooks
from citycommons.store import catalogue, people
from citycommons.store import webhooks as rows
from citycommons.store.outbox import (
    DatasetDescribed,
    DatasetFact,
    DatasetPublished,
    DatasetRemoved,
    VersionWithdrawn,
)
from citycommons.store.webhooks import Delivery, Webhook
from citycommons.store.work import City, Work

PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 14 * 60, 26 * 60)
)
"""Before the second try and each further one: eight tries in two days."""

REST = timedelta(minutes=10)  # how long an address that failed is left alone at most
KEPT = timedelta(days=30)
_LEASE_S = int(SECONDS) * 3
_JITTER = 0.1

Sender = Callable[..., Sent]


def tell(city: City, fact: DatasetFact) -> None:
    """Write down one message for each webhook that waits for this fact."""
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_any(work.db):
            return
        happened = _happened(work, fact, city.settings.url)
        if happened is None:
            return
        made = [_delivery(one, happened, work.now) for one in _waiting(work, happened)]
    with city.work(SYSTEM) as work:
        rows.enqueue(work.db, made)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happened:
    event: Event
    dataset: Dataset
    time: datetime
    mark: str  # tells it from what else happened to the dataset
    data: dict[str, Any]


def _happened(work: Work, fact: DatasetFact, base: str) -> _Happened | None:
    dataset = catalogue.find_dataset(work.db, fact.dataset)
    if dataset is None:
        return None
    data: dict[str, Any] = {
        "dataset": dataset.id,
        "title": dict(dataset.title),
        "publisher": dataset.publisher,
        "license": dataset.license,
        "url": f"{base}/datasets/{dataset.id}",
    }
    if isinstance(fact, DatasetDescribed):
        event, moment, mark = Event.DESCRIBED, fact.modified, fact.modified.isoformat()
    elif isinstance(fact, DatasetRemoved):
        event, moment, mark = Event.REMOVED, fact.removed, fact.removed.isoformat()
        data |= {"reason": dataset.removed_reason, "successor": dataset.successor}
    else:
        version = catalogue.version(work.db, fact.dataset, fact.version)
        if version is None:
            return None
        event, moment, more = _of_version(fact, version)
        data |= more | {"version": version.number, "url": f"{data['url']}@{version.number}"}
        mark = str(version.number)
    return _Happened(event=event, dataset=dataset, time=moment, mark=mark, data=data)


def _of_version(
    fact: DatasetPublished | VersionWithdrawn, version: Version
) -> tuple[Event, datetime, dict[str, Any]]:
    if isinstance(fact, VersionWithdrawn):
        told = {"reason": version.withdrawn_reason}
        return Event.WITHDRAWN, version.withdrawn or version.created, told
    more = {"rows": version.rows, "digest": version.digest, "note": version.note}
    return Event.PUBLISHED, version.created, more


def _waiting(work: Work, happened: _Happened) -> list[Webhook]:
    one = happened.dataset
    found = rows.waiting(work.db, happened.event.value, one.id, one.publisher)
    owners = {id: _owner(work, id) for id in {hook.owner for hook in found}}
    return [hook for hook in found if _may_know(owners[hook.owner], one)]


def _owner(work: Work, id: Any) -> Actor | None:
    account = people.account(work.db, id)
    return None if account is None or account.disabled else account.actor


def _may_know(owner: Actor | None, dataset: Dataset | None) -> bool:
    if owner is None or dataset is None:
        return False
    return allows(owner, Action.DISCOVER, dataset)


def _delivery(hook: Webhook, happened: _Happened, now: datetime) -> Delivery:
    parts = (hook.id, happened.event.value, happened.dataset.id, happened.mark)
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return Delivery(
        id=f"msg_{digest}",
        webhook=hook.id,
        event=happened.event.value,
        dataset=happened.dataset.id,
        body=standard_webhooks.body(happened.event.value, happened.time, happened.data),
        created=now,
        due=now,
    )


def deliver_next(city: City, sender: Sender = send) -> bool:
    """Send one message that is due; false when there is none."""
    with city.work(SYSTEM, may_write=False) as work:
        if not rows.is_due(work.db, work.now):
            return False
    with city.work(SYSTEM) as work:
        leased = rows.lease(work.db, work.now, seconds=_LEASE_S)
        if leased is None:
            return False
        hook = rows.get(work.db, leased.webhook)
        owner = None if hook is None else _owner(work, hook.owner)
        if hook is None or owner is None or not _may_still(work, owner, leased):
            told = "not sent: its owner may not know of this any more"
            rows.settle(work.db, leased.id, due=None, error=told)
            return True
        sent_at = work.now
    headers = standard_webhooks.headers(leased.id, sent_at, leased.body, hook.secret)
    inside = city.settings.allow_hosts if may_reach_inside(owner) else ()
    sent = sender(hook.url, leased.body.encode(), headers, allow_hosts=inside)
    asker = Asker(user=f"webhook {hook.id}", is_program=True)
    with city.work(SYSTEM, channel=Channel.SUBSCRIPTION, asker=asker) as work:
        _settle(work, hook.id, leased, sent)
    return True


def _may_still(work: Work, owner: Actor, leased: Delivery) -> bool:
    if leased.dataset is None:
        return True
    return _may_know(owner, catalogue.find_dataset(work.db, leased.dataset))


def _settle(work: Work, id: str, leased: Delivery, sent: Sent) -> None:
    hook = rows.get(work.db, id)
    if hook is None:  # removed meanwhile, and its deliveries with it
        return
    if sent.is_taken:
        rows.settle(work.db, leased.id, due=None, delivered=work.now, status=sent.status, error="")
        rows.set_state(work.db, id, failures=0, rest_until=None)
        _count(work, leased)
        return
    error = sent.reason if sent.status is None else f"it answers {sent.status} {sent.reason}"
    is_over = leased.attempts > len(PAUSES) or sent.status == 410
    pause = _pause(leased.attempts)
    due = None if is_over else work.now + pause
    rows.settle(work.db, leased.id, due=due, status=sent.status, error=error.strip()[:500])
    if is_over:
        _give_up(work, hook, sent, error.strip(), leased.attempts)
        return
    rest = work.now + min(pause, REST)
    rows.set_state(work.db, id, failures=hook.failures + 1, rest_until=rest)


def _count(work: Work, taken: Delivery) -> None:
    """A message that was taken told its subscriber of a version, who looked at its description."""
    version = orjson.loads(taken.body).get("data", {}).get("version")
    if taken.dataset and isinstance(version, int):
        work.use(DatasetId(taken.dataset), version, Use.INVESTIGATION)


def _pause(attempts: int) -> timedelta:
    # Jitter, so that what failed together does not come back together.
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311


def _give_up(work: Work, hook: Webhook, sent: Sent, error: str, attempts: int) -> None:
    reason = f"given up after {attempts} tries: {error}"
    if sent.status == 410:
        reason = "the address says that it is gone (410)"
    rows.set_state(work.db, hook.id, disabled=work.now, disabled_reason=reason[:500])
    audit.record(work, "disable-webhook", hook.id, tries=attempts, status=sent.status)


def sweep(city: City) -> int:
    """Forget what was delivered, or waited in vain, a month ago; answers how much."""
    with city.work(SYSTEM) as work:
        return rows.forget(work.db, work.now - KEPT)
