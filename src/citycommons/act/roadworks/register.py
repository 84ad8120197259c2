"""The register of works: one record of each dig, its life, and every change with who and why."""

import hashlib
import secrets
from dataclasses import dataclass, fields, replace
from datetime import date

import msgspec

from citycommons.act.roadworks import checks, rights
from citycommons.core.errors import Conflict, Invalid, NotFound
from citycommons.core.ids import slug
from citycommons.core.types import Bbox, PublisherId
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, require
from citycommons.standardise.gazetteer import street_key
from citycommons.store import catalogue, outbox
from citycommons.store import works as rows
from citycommons.store.outbox import WorksChanged, WorksFact, WorksStateChanged
from citycommons.store.work import Work
from citycommons.store.works import Revision, Wanted

MOST = 1000
"""Works on one page of the list."""
KEPT_BY_REGISTER = frozenset(
    {"id", "revision", "state", "created", "updated", "updated_by", "vanished", "source_digest"}
)
"""Fields that nobody edits; all others are what works say of themselves."""
BOUND = frozenset({"phases", "streets", "stays_open_to", "detour", "owner", "party"})
"""Fields that a permit is bound to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which works are looked for. `street` finds parts of names however they are spelled."""

    from_day: date | None = None  # still going on or to come on this day
    to_day: date | None = None  # begun by this day
    bbox: Bbox | None = None
    street: str = ""
    owner: PublisherId | None = None
    states: frozenset[WorksState] | None = None
    source: str | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of works, the first to begin first."""

    works: tuple[Works, ...]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that two revisions say otherwise."""

    field: str
    before: object
    after: object


def get(work: Work, id: WorksId) -> Works:
    """The works as they are now. Raises `NotFound`, also for works one may not know of."""
    return rights.require_sight(work, id, rows.get(work.db, id))


def find(work: Work, asked: Asked) -> Found:
    """The works that are asked for, of those one may see."""
    limit, offset = max(0, min(asked.limit, MOST)), max(0, asked.offset)
    if asked.street:
        all_of_them = every(work, asked)
        page, total = all_of_them[offset : offset + limit], len(all_of_them)
    else:
        wanted = _wanted(work, asked)
        total = rows.count(work.db, wanted)
        page = tuple(rows.find(work.db, wanted, limit=limit, offset=offset)) if limit else ()
    return Found(works=page, total=total, limit=limit, offset=offset)


def every(work: Work, asked: Asked) -> tuple[Works, ...]:
    """All works that are asked for, without pages (`limit` and `offset` do not count)."""
    street = street_key(asked.street)
    found = rows.find(work.db, _wanted(work, asked))
    return tuple(one for one in found if not street or _is_in(one, street))


def _wanted(work: Work, asked: Asked) -> Wanted:
    return Wanted(
        seen=rights.seen_by(work.actor),
        states=asked.states,
        owner=asked.owner,
        from_day=asked.from_day,
        to_day=asked.to_day,
        bbox=asked.bbox,
        source=asked.source,
    )


def counts(work: Work) -> dict[WorksState, int]:
    """How many works are in each state, of those one may see."""
    return rows.counts(work.db, rights.seen_by(work.actor))


def propose(work: Work, works: Works, *, why: str = "") -> Works:
    """Take new works into the register as a proposal of their owner.

    `id`, `revision`, `state` and who and when are set here, whatever they say.
    Raises `Forbidden`, or `Invalid` that names the field.
    """
    require(work, Action.PROPOSE_WORKS, works.owner)
    made = replace(
        works,
        id=_new_id(work, works),
        revision=1,
        state=WorksState.PROPOSED,
        vanished=None,
        created=work.now,
        updated=work.now,
        updated_by=work.actor.id,
    )
    return keep_new(work, made, why)


def change(work: Work, works: Works, *, why: str = "") -> Works:
    """Save changed works. `works.revision` is the one that the change was made from.

    Works that were coordinated become a proposal again when their owner changes what others
    agreed to. The state itself is changed by `advance`. What changes nothing makes no revision.
    Raises `Conflict` when somebody else saved meanwhile, `Forbidden`, `Invalid`, `NotFound`.
    """
    before = _at(work, works.id, works.revision)
    changed = {one.field for one in differences(before, works)}
    if not changed:
        return before
    is_bound = bool(changed & BOUND)
    rights.require_change(work, before, is_bound=is_bound)
    if works.owner != before.owner:
        require(work, Action.PROPOSE_WORKS, works.owner)
    state = before.state
    if (
        is_bound
        and state is WorksState.COORDINATED
        and not allows(work.actor, Action.COORDINATE_WORKS)
    ):
        state = WorksState.PROPOSED
    return keep_next(work, before, replace(works, state=state), why)


def advance(
    work: Work, id: WorksId, state: WorksState, *, revision: int | None = None, why: str = ""
) -> Works:
    """Take works to another state of their life (`rights.STEPS`).

    Raises `Conflict` for a step that life does not have or when somebody saved after `revision`,
    `Forbidden`, `Invalid` without a reason where one is needed, `NotFound`.
    """
    before = _at(work, id, revision)
    rights.require_step(work, before, state, why)
    return keep_next(work, before, replace(before, state=state), why)


def cancel(work: Work, id: WorksId, *, why: str, revision: int | None = None) -> Works:
    """Works will not be, or not go on; the reason is part of the record."""
    return advance(work, id, WorksState.CANCELLED, revision=revision, why=why)


def restore(
    work: Work, id: WorksId, number: int, *, revision: int | None = None, why: str = ""
) -> Works:
    """Make works say again what they said at an older revision, as a new revision.

    Their state stays as it is now: undoing an edit does not undo a permit.
    """
    now = _at(work, id, revision)
    older = rows.revision(work.db, id, number)
    if older is None or not _may_see_revision(work, older):
        raise NotFound(f"“{id}” has no revision {number}.", works=id)
    kept = {name: getattr(now, name) for name in KEPT_BY_REGISTER}
    return change(work, replace(older.works, **kept), why=why or f"back to revision {number}")


def history(work: Work, id: WorksId) -> list[Revision]:
    """All revisions, newest first; who does not belong to it sees those that were public."""
    get(work, id)
    return [one for one in rows.history(work.db, id) if _may_see_revision(work, one)]


def differences(before: Works, after: Works) -> tuple[Difference, ...]:
    """What two revisions say otherwise, but for what the register keeps itself."""
    return tuple(
        Difference(field=one.name, before=getattr(before, one.name), after=getattr(after, one.name))
        for one in fields(Works)
        if one.name not in KEPT_BY_REGISTER
        and getattr(before, one.name) != getattr(after, one.name)
    )


def content_digest(works: Works) -> str:
    """Of all that works say of themselves, and their state."""
    said = {
        one.name: getattr(works, one.name)
        for one in fields(Works)
        if one.name not in KEPT_BY_REGISTER or one.name == "state"
    }
    packed = msgspec.json.encode(said, order="deterministic")
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def keep_new(work: Work, works: Works, why: str) -> Works:
    """Write new works down, with audit and fact; rights are the caller's."""
    require_usable(work, works)
    rows.add(work.db, works, why=why.strip())
    audit.record(work, Action.PROPOSE_WORKS, works.id, owner=works.owner, state=works.state.value)
    fact = WorksChanged(works=works.id, revision=works.revision, state=works.state)
    outbox.add(work.db, fact, work.now)
    return works


def keep_next(work: Work, before: Works, after: Works, why: str) -> Works:
    """Write the next revision down, with audit and fact; rights are the caller's."""
    made = replace(
        after,
        revision=before.revision + 1,
        created=before.created,
        updated=work.now,
        updated_by=work.actor.id,
    )
    require_usable(work, made)
    rows.save(work.db, made, why=why.strip())
    changed = [one.field for one in differences(before, made)]
    audit.record(
        work,
        "change-works",
        made.id,
        revision=made.revision,
        fields=changed,
        before=before.state.value,
        state=made.state.value,
        why=why.strip()[:500],
    )
    fact: WorksFact = WorksChanged(works=made.id, revision=made.revision, state=made.state)
    if made.state is not before.state:
        fact = WorksStateChanged(
            works=made.id, revision=made.revision, before=before.state, state=made.state
        )
    outbox.add(work.db, fact, work.now)
    return made


def require_usable(work: Work, works: Works) -> None:
    """Go on if works can be kept as they are. Raises `Invalid` that names the field."""
    checks.check(works)
    if not any(one.id == works.owner for one in catalogue.publishers(work.db)):
        raise Invalid(f"There is no publisher “{works.owner}” to own works.", column="owner")


def _at(work: Work, id: WorksId, revision: int | None) -> Works:
    found = get(work, id)
    if revision is not None and revision != found.revision:
        raise Conflict(
            f"“{id}” was changed since you loaded it: it is at revision {found.revision}, "
            f"yours is {revision}. Load it again, and repeat what you did.",
            works=id,
            revision=found.revision,
        )
    return found


def _may_see_revision(work: Work, one: Revision) -> bool:
    return one.works.state in rights.PUBLIC or rights.is_insider(work.actor, one.works)


def _new_id(work: Work, works: Works) -> WorksId:
    start = slug(works.streets[0] if works.streets else "", 40) or "works"
    while True:
        id = WorksId(f"{start}-{secrets.token_hex(3)}")
        if rows.get(work.db, id) is None:
            return id


def _is_in(works: Works, street: str) -> bool:
    return any(street in street_key(name) for name in works.streets)
