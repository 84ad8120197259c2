"""Works that partners deliver (DATEX II, WZDx, tables): taken in so that nothing is lost.

(source, source id) names works for ever. A delivery that says again what it said before changes
nothing, so an edit made here stays until the source itself says something new; what it replaces
then is in the history. Works that are missing from a whole delivery are marked, never removed.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from citycommons.act.roadworks import register, rights
from citycommons.core.errors import CityError, Invalid
from citycommons.core.ids import slug
from citycommons.core.types import Fault
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.govern.access import Action, allows, require
from citycommons.store import works as rows
from citycommons.store.work import Work
from citycommons.store.works import Seen, Wanted

_OVER = (WorksState.CLOSED, WorksState.CANCELLED)
_BEYOND_PERMIT = (WorksState.ACTIVE, *_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a delivery did, by ids of works; nothing that came is in none of these."""

    added: tuple[WorksId, ...] = ()
    changed: tuple[WorksId, ...] = ()
    same: tuple[WorksId, ...] = ()
    vanished: tuple[WorksId, ...] = ()  # missing from this delivery, marked just now
    repeated: tuple[str, ...] = ()  # source ids that came more than once; the last one counts
    faults: tuple[Fault, ...] = ()  # works that could not be taken, and why


def receive(
    work: Work, source: str, delivered: Sequence[Works], *, is_complete: bool = True
) -> Received:
    """Take a delivery into the register; `is_complete`: what is not in it is gone at its source.

    The actor needs the right to propose for each owner. Who may not permit delivers proposals
    only, whatever state the source gives them. Raises `Invalid` for a source without a name;
    works that cannot be used are told as faults and do not stop the others.
    """
    if not source.strip():
        raise Invalid("A delivery needs the name of its source.", column="source")
    named = [(_source_id(one), one) for one in delivered]
    last = dict(named)
    repeated = [id for id, times in Counter(id for id, _ in named).items() if times > 1]
    before = rows.of_sources(work.db, source, list(last))
    sorted_out: dict[str, list[WorksId]] = {"added": [], "changed": [], "same": []}
    faults: list[Fault] = []
    for number, (id, one) in enumerate(last.items(), start=1):
        given = replace(one, source=source, source_id=id, vanished=None)
        try:
            what, kept = _take(work, given, before.get(id))
        except CityError as error:
            faults.append(_fault(error, number, id))
            continue
        sorted_out[what].append(kept.id)
    return Received(
        added=tuple(sorted_out["added"]),
        changed=tuple(sorted_out["changed"]),
        same=tuple(sorted_out["same"]),
        vanished=tuple(_mark_vanished(work, source, last)) if is_complete else (),
        repeated=tuple(repeated),
        faults=tuple(faults),
    )


def _take(work: Work, given: Works, before: Works | None) -> tuple[str, Works]:
    require(work, Action.PROPOSE_WORKS, given.owner)
    digest = register.content_digest(given)
    if before is None:
        made = replace(
            given,
            id=_id(given),
            revision=1,
            state=_state(work, given, None),
            source_digest=digest,
            created=work.now,
            updated=work.now,
            updated_by=work.actor.id,
        )
        return "added", register.keep_new(work, made, f"received from {given.source}")
    require(work, Action.PROPOSE_WORKS, before.owner)
    if digest == before.source_digest and before.vanished is None:
        return "same", before
    if digest == before.source_digest:  # it is there again, as it was
        after = replace(before, vanished=None)
    else:
        after = replace(
            given,
            id=before.id,
            state=_state(work, given, before),
            source_digest=digest,
        )
    return "changed", register.keep_next(work, before, after, f"received from {given.source}")


def _state(work: Work, given: Works, before: Works | None) -> WorksState:
    """The state that a delivery may give: a permit comes from who may permit, and from no feed.

    Raises `Forbidden` where it would change what a permit is bound to.
    """
    if allows(work.actor, Action.PERMIT_WORKS):
        knows_more = before is not None and before.state in _BEYOND_PERMIT
        # A feed that still says “permitted” does not say that what has begun here has not.
        return before.state if before and knows_more and _says_less(given) else given.state
    if before is None:
        is_off = given.state is WorksState.CANCELLED
        return WorksState.CANCELLED if is_off else WorksState.PROPOSED
    changed = {one.field for one in register.differences(before, given)}
    is_bound = bool(changed & register.BOUND)
    if changed:
        rights.require_change(work, before, is_bound=is_bound)
    if any(step.after is given.state for step in rights.steps(work.actor, before)):
        return given.state
    agreed = before.state is WorksState.COORDINATED
    return WorksState.PROPOSED if is_bound and agreed else before.state


def _says_less(given: Works) -> bool:
    return given.state in (WorksState.PROPOSED, WorksState.COORDINATED, WorksState.PERMITTED)


def _mark_vanished(work: Work, source: str, there: Iterable[str]) -> list[WorksId]:
    known = rows.find(work.db, Wanted(seen=Seen(states=None), source=source))
    is_there, marked = set(there), []
    for one in known:
        if one.source_id in is_there or one.vanished or one.state in _OVER:
            continue
        if not allows(work.actor, Action.PROPOSE_WORKS, one.owner):
            continue
        gone = replace(one, vanished=work.now)
        register.keep_next(work, one, gone, f"no longer delivered by {source}")
        marked.append(one.id)
    return marked


def _source_id(works: Works) -> str:
    """The source's own id; where it gives none, one made of where, when and what."""
    if works.source_id:
        return works.source_id
    said = msgspec.json.encode(
        (works.title, works.streets, works.owner, works.phases), order="deterministic"
    )
    return hashlib.blake2b(said, digest_size=8).hexdigest()


def _id(works: Works) -> WorksId:
    """Made of source and source id, so two workers who take the same delivery make one works."""
    name = f"{works.source}\n{works.source_id}".encode()
    start = slug(works.streets[0] if works.streets else "", 40) or "works"
    return WorksId(f"{start}-{hashlib.blake2b(name, digest_size=5).hexdigest()}")


def _fault(error: CityError, number: int, id: str) -> Fault:
    return Fault(
        rule=error.title.lower(),
        message=error.message,
        line=number,
        column=str(error.where.get("column", "")),
        value=id,
        is_rejected=True,
        action="kept aside",
    )
