"""Reuses: what was made of the data. Anyone claims one, a steward of its data confirms it.

Vocabulary: `dqv`'s sibling DUV (Data Usage Vocabulary, W3C 2017) for “usage”, the kinds as
data.gouv.fr's reuses have them. A contact is for the steward's question alone: it is never
published, and forgotten when its owner was told of the decision, or after a year.
"""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMuch
from citycommons.core.reuses import Reuse, ReuseId, ReuseKind, ReuseState
from citycommons.core.types import (
    LANGUAGES,
    ActorKind,
    Dataset,
    DatasetId,
    PublisherId,
)
from citycommons.engage import typed
from citycommons.govern import audit
from citycommons.govern.access import (
    Action,
    allows,
    allows_anywhere,
    publishers_for,
    visible_publishers,
)
from citycommons.share import catalogue
from citycommons.store import catalogue as entries
from citycommons.store import reuses as rows
from citycommons.store.reuses import Seen, Wanted
from citycommons.store.work import Work

MOST = 100  # on one page
MOST_DATASETS = 20  # of one reuse
LONGEST_TITLE, LONGEST_MAKER, LONGEST_TEXT, LONGEST_REASON = 120, 120, 2000, 1000
GRACE = timedelta(minutes=15)
"""Until whoever claimed it is told of a decision: as long a slip can be undone unseen."""
_AN_HOUR, _UNDECIDED = 60, 2000  # claims of all strangers: more is no work for stewards but a flood
_KEEP_CONTACTS = timedelta(days=365)
_DECIDED = frozenset({ReuseState.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says of a reuse, as typed."""

    title: str
    kind: str
    url: str
    description: str = ""
    maker: str
    datasets: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which confirmed reuses are looked for."""

    kind: ReuseKind | None = None
    publisher: PublisherId | None = None
    dataset: DatasetId | None = None
    text: str = ""
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of reuses; `kinds` say how many each kind would give."""

    total: int
    reuses: tuple[Reuse, ...]
    kinds: dict[ReuseKind, int]
    publishers: dict[PublisherId, int]  # of their data, most first


def claim(work: Work, given: Claim, *, contact: str = "") -> Reuse:
    """Keep a reuse that somebody says there is, for a steward to confirm.

    Raises `Invalid` that names the column, `NotFound` for a dataset the actor may not discover,
    `Conflict` for an address that was claimed before, `TooMuch` while too many come.
    """
    one = _read(work, given)
    address = typed.email(contact)
    if work.actor.kind is ActorKind.ANYONE:
        _require_room(work)
    if before := rows.by_address(work.db, typed.same_address(one.url)):
        raise _known(before)
    by = "" if work.actor.kind is ActorKind.ANYONE else work.actor.id
    rows.add(work.db, one, address=typed.same_address(one.url), contact=address, by=by)
    audit.record(work, "claim-reuse", one.id, kind=one.kind.value, datasets=list(one.datasets))
    return one


def find(work: Work, asked: Asked) -> Found:
    """Confirmed reuses of data that the actor may discover, newest first."""
    wanted = Wanted(
        seen=_seen(work),
        states=_DECIDED,
        kind=asked.kind,
        publisher=asked.publisher,
        dataset=asked.dataset,
        text=asked.text[:200],
    )
    limit = max(0, min(asked.limit, MOST))
    question = ("reuses", repr(wanted), limit, asked.offset)

    def load() -> Found:
        return Found(
            total=rows.count(work.db, wanted),
            reuses=tuple(rows.find(work.db, wanted, limit=limit, offset=asked.offset)),
            kinds=rows.kinds(work.db, replace(wanted, kind=None)),
            publishers=rows.publishers(work.db, replace(wanted, publisher=None)),
        )

    return work.known(question, load)


def get(work: Work, id: ReuseId) -> Reuse:
    """A confirmed reuse; its stewards see it in any state. Raises `NotFound` for all else."""
    one = rows.get(work.db, id)
    if one is None:
        raise _absent(id)
    mine = _entries(work, one)
    if one.state is ReuseState.CONFIRMED and any(
        allows(work.actor, Action.DISCOVER, each) for each in mine
    ):
        return one
    if not any(allows(work.actor, Action.DESCRIBE, each) for each in mine):
        raise _absent(id)
    return one


def confirmed(
    work: Work,
    datasets: Collection[DatasetId] | None = None,
    since: datetime | None = None,
    *,
    limit: int = 1000,
) -> tuple[Reuse, ...]:
    """Confirmed reuses of these datasets (None: of all) that the actor may know of, newest first;
    `since` is when they were claimed."""
    wanted = Wanted(seen=_seen(work), states=_DECIDED, datasets=datasets, since=since)
    return tuple(rows.find(work.db, wanted, limit=limit))


def named(work: Work, ids: Collection[ReuseId]) -> tuple[Reuse, ...]:
    """Those of these that are confirmed and that the actor may know of, newest first."""
    wanted = Wanted(seen=_seen(work), states=_DECIDED, ids=ids)
    return tuple(rows.find(work.db, wanted, limit=MOST))


def counts(
    work: Work, datasets: Collection[DatasetId] | None = None
) -> dict[DatasetId, dict[ReuseKind, int]]:
    """How many confirmed reuses each dataset the actor may discover has by kind, if it has any."""
    return rows.counts(work.db, _seen(work), datasets)


def mine(work: Work) -> tuple[Reuse, ...]:
    """What the actor claimed with an account, newest first, in any state."""
    if work.actor.kind is ActorKind.ANYONE:
        return ()
    return tuple(rows.of_actor(work.db, work.actor.id, limit=MOST))


def may_decide(work: Work, one: Reuse) -> bool:
    """Whether the actor is steward of one of its datasets."""
    return any(allows(work.actor, Action.DESCRIBE, each) for each in _entries(work, one))


def for_stewards(
    work: Work, state: ReuseState, *, limit: int = 25, offset: int = 0
) -> tuple[int, tuple[Reuse, ...], dict[ReuseId, str]]:
    """How many reuses of the actor's own datasets are in a state, a page of them, and contacts."""
    if not allows_anywhere(work.actor, Action.DESCRIBE):
        raise Forbidden("Confirming reuses needs a role at a publisher. Ask an administrator.")
    mine = publishers_for(work.actor, Action.DESCRIBE)
    seen = Seen(is_signed_in=True, publishers=None)
    wanted = Wanted(seen=seen, states=frozenset({state}), of_publishers=mine)
    found = tuple(rows.find(work.db, wanted, limit=limit, offset=offset))
    return rows.count(work.db, wanted), found, rows.contacts(work.db, [one.id for one in found])


def waiting(work: Work) -> int:
    """How many claims wait for the actor."""
    if not allows_anywhere(work.actor, Action.DESCRIBE):
        return 0
    wanted = Wanted(
        seen=Seen(is_signed_in=True, publishers=None),
        states=frozenset({ReuseState.CLAIMED}),
        of_publishers=publishers_for(work.actor, Action.DESCRIBE),
    )
    return rows.count(work.db, wanted)


def confirm(work: Work, id: ReuseId) -> Reuse:
    """Say that it is what it says: it is shown, and counts."""
    one = _mine(work, id)
    decided = replace(one, state=ReuseState.CONFIRMED, decided=work.now, reason="")
    return _decide(work, one, decided)


def refuse(work: Work, id: ReuseId, reason: str) -> Reuse:
    """Say why it is not shown; whoever claimed it is told the reason."""
    one = _mine(work, id)
    words = typed.lines(reason, "reason", longest=LONGEST_REASON, shortest=3)
    decided = replace(one, state=ReuseState.REFUSED, decided=work.now, reason=words)
    return _decide(work, one, decided)


def reopen(work: Work, id: ReuseId) -> Reuse:
    """Take a decision back: it waits again, and nobody is told what was not yet told."""
    one = _mine(work, id)
    undone = replace(one, state=ReuseState.CLAIMED, decided=None, reason="")
    rows.save(work.db, undone, tell=None, attempts=0)
    audit.record(work, "reopen-reuse", id, before=one.state.value)
    return undone


def edit(work: Work, id: ReuseId, given: Claim) -> Reuse:
    """Correct what was claimed; its state stays.

    Raises `Invalid` unless one dataset of the actor's is still among its datasets.
    """
    one = _mine(work, id)
    # Datasets of others that the actor may not know of stay, and none can be put in.
    hidden = _hidden(work, one)
    read = _read(work, given)
    named = tuple(dict.fromkeys((*read.datasets, *hidden)))
    changed = replace(
        read,
        id=one.id,
        state=one.state,
        created=one.created,
        decided=one.decided,
        reason=one.reason,
        datasets=named,
        link_failed=one.link_failed if read.url == one.url else None,
    )
    if not may_decide(work, changed):
        raise Invalid("Keep at least one dataset of yours.", column="datasets")
    address = typed.same_address(changed.url)
    other = rows.by_address(work.db, address)
    if other is not None and other.id != id:
        raise _known(other)
    is_moved = changed.url != one.url
    rows.save(work.db, changed, address=address, **({"due": work.now} if is_moved else {}))
    audit.record(work, "edit-reuse", id)
    return changed


def forget_contacts(work: Work) -> int:
    """Forget contacts that nobody used for a year; answers how many."""
    return rows.forget_contacts(work.db, work.now - _KEEP_CONTACTS)


def _decide(work: Work, before: Reuse, after: Reuse) -> Reuse:
    if before.state is not ReuseState.CLAIMED:
        raise Conflict(f"“{before.title}” was decided already. Take the decision back first.")
    is_waited_for = bool(rows.contacts(work.db, [before.id]))
    rows.save(work.db, after, tell=work.now + GRACE if is_waited_for else None, attempts=0)
    audit.record(work, f"{after.state.value}-reuse", after.id)
    return after


def _read(work: Work, given: Claim) -> Reuse:
    if given.kind not in set(ReuseKind):
        raise Invalid("Choose what it is.", column="kind")
    title = typed.line(given.title, "title", longest=LONGEST_TITLE, shortest=3)
    maker = typed.line(given.maker, "maker", longest=LONGEST_MAKER, shortest=2)
    text = typed.lines(given.description, "description", longest=LONGEST_TEXT)
    url = typed.web_address(given.url)
    named = tuple(dict.fromkeys(DatasetId(one.strip()) for one in given.datasets if one.strip()))
    if not named:
        raise Invalid("Name at least one dataset it was made with.", column="datasets")
    if len(named) > MOST_DATASETS:
        raise Invalid(f"Name at most {MOST_DATASETS} datasets.", column="datasets")
    there = {one.dataset.id for one in catalogue.of_ids(work, named)}
    if absent := [one for one in named if one not in there]:
        raise Invalid(
            f"There is no dataset “{absent[0][:60]}”. Take its id from its address.",
            column="datasets",
        )
    return Reuse(
        id=ReuseId(f"re-{secrets.token_hex(5)}"),
        title=title,
        kind=ReuseKind(given.kind),
        url=url,
        description=text,
        maker=maker,
        datasets=named,
        state=ReuseState.CLAIMED,
        language=given.language if given.language in LANGUAGES else "",
        created=work.now,
    )


def _mine(work: Work, id: ReuseId) -> Reuse:
    one = get(work, id)
    if not may_decide(work, one):
        raise Forbidden("Only a steward of one of its datasets decides this.")
    return one


def _entries(work: Work, one: Reuse) -> list[Dataset]:
    return entries.datasets(work.db, list(one.datasets))


def _hidden(work: Work, one: Reuse) -> Iterator[DatasetId]:
    for each in _entries(work, one):
        if not allows(work.actor, Action.DISCOVER, each):
            yield each.id


def _seen(work: Work) -> Seen:
    return Seen(
        is_signed_in=work.actor.kind is not ActorKind.ANYONE,
        publishers=visible_publishers(work.actor),
    )


def _require_room(work: Work) -> None:
    if (
        rows.claimed_since(work.db, work.now - timedelta(hours=1)) >= _AN_HOUR
        or rows.undecided(work.db) >= _UNDECIDED
    ):
        raise TooMuch("Too many reuses are told at the moment. Try again in an hour.")


def _known(one: Reuse) -> Conflict:
    if one.state is ReuseState.CONFIRMED:
        return Conflict(
            f"This address is listed already, as “{one.title}”.", column="url", reuse=one.id
        )
    return Conflict("This address was told to us before; a steward looks at it.", column="url")


def _absent(id: ReuseId) -> NotFound:
    return NotFound(f"There is no reuse “{id[:40]}”. See all at /reuses.", reuse=id)
