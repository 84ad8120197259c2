"""What people decide of copies and portals; each decision is written down and can be taken back."""

from dataclasses import replace

from citycommons.core.copies import Copy, CopyId, CopyState, Portal, PortalId
from citycommons.core.errors import Conflict, Invalid, NotFound
from citycommons.core.types import Dataset
from citycommons.govern import audit
from citycommons.govern.access import Action, publishers_for, require
from citycommons.measure.republication import copied, outliers, partners
from citycommons.measure.republication.copied import Copied
from citycommons.store import catalogue, copy_sums
from citycommons.store import copies as rows
from citycommons.store.work import Work

LONGEST_REASON = 300


def mine(work: Work, *, limit: int = 50, after: str = "") -> tuple[list[Copied], str]:
    """Copies of datasets that the actor may describe, a page of them, and where the next begins.

    Copies of others' datasets are passed over, so a page may be shorter than `limit`.
    """
    able = publishers_for(work.actor, Action.DESCRIBE)
    found = rows.copies_of(work.db, limit=limit, after=after)
    following = found[-1].id if len(found) == limit else ""
    datasets = {one.id: one for one in catalogue.datasets(work.db, [c.dataset for c in found])}
    wanted = [
        one
        for one in found
        if one.dataset in datasets and (able is None or datasets[one.dataset].publisher in able)
    ]
    return list(copied.of_copies(work, wanted)), following


def waiting(work: Work) -> int:
    """How many copies of the actor's data wait for a decision."""
    return copy_sums.waiting(work.db, publishers_for(work.actor, Action.DESCRIBE))


def copy(work: Work, id: CopyId) -> Copy:
    """A copy that the actor may decide about.

    Raises `NotFound`, also where the dataset is not the actor's to know of, and `Forbidden`.
    """
    found = rows.copy(work.db, id)
    if found is None:
        raise NotFound(f"There is no copy “{id[:80]}”. See the list of copies.")
    require(work, Action.DESCRIBE, _dataset(work, found))
    return found


def _dataset(work: Work, one: Copy) -> Dataset:
    return catalogue.dataset(work.db, one.dataset)


def confirm(work: Work, id: CopyId) -> Copy:
    """A person says that what was found is a copy of ours: what its portal counts is declared."""
    found = copy(work, id)
    if found.state is not CopyState.FOUND:
        raise Conflict("Only a copy that was found waits for this. It was decided already.")
    return _change(
        work, replace(found, state=CopyState.VERIFIED, seen=work.now), "confirm-copy", found
    )


def refuse(work: Work, id: CopyId, why: str = "") -> Copy:
    """A person says that it is no copy of ours; it is not found again, and is in no sum."""
    found = copy(work, id)
    if found.state is CopyState.REFUSED:
        raise Conflict("This copy is refused already.")
    reason = " ".join(why.split())[:LONGEST_REASON] or found.reason
    refused = replace(found, state=CopyState.REFUSED, reason=reason)
    return _change(work, refused, "refuse-copy", found)


def reconsider(work: Work, id: CopyId) -> Copy:
    """Take a decision back: what was found waits again; what was announced is verified anew."""
    found = copy(work, id)
    if found.similarity is not None and found.state in (CopyState.VERIFIED, CopyState.REFUSED):
        again = replace(found, state=CopyState.FOUND, seen=None)
    elif found.state is CopyState.REFUSED:
        again = replace(found, state=CopyState.ANNOUNCED, reason="")
        rows.save_copy(work.db, again, due=work.now)
    else:
        raise Conflict("There is no decision about this copy that could be taken back.")
    return _change(work, again, "reconsider-copy", found)


def accept(work: Work, id: CopyId) -> Copy:
    """A person looked at the numbers that stand apart and takes them for true, up to the largest.

    Later numbers up to it are taken as they come. Raises `Conflict` where none stands apart.
    """
    found = copy(work, id)
    apart = [one for one in copied.counts_of(work, found) if one.is_outlier]
    if not apart:
        raise Conflict("No number of this copy stands apart.")
    largest = max(outliers.uses_of(ones) for ones in copied.by_period(apart).values())
    accepted = _change(work, replace(found, accepted=largest), "accept-outlier", found)
    _mark_anew(work, accepted)
    return accepted


def doubt(work: Work, id: CopyId) -> Copy:
    """Take `accept` back: what is far from all that is known stands apart again."""
    found = copy(work, id)
    if not found.accepted:
        raise Conflict("No number of this copy was accepted.")
    doubted = _change(work, replace(found, accepted=0), "doubt-outlier", found)
    _mark_anew(work, doubted)
    return doubted


def _mark_anew(work: Work, one: Copy) -> None:
    rows.replace(work.db, outliers.marked(work, [one], copied.counts_of(work, one)))


def _change(work: Work, now: Copy, action: str, before: Copy) -> Copy:
    rows.change_copy(work.db, now)
    audit.record(
        work,
        action,
        now.id,
        dataset=now.dataset,
        portal=now.portal,
        before=before.state.value,
        now=now.state.value,
        accepted=now.accepted,
    )
    return now


# Portals, beside what `partners` does


def unblock(work: Work, id: PortalId) -> Portal:
    """Take a block back, without trusting the portal for it."""
    found = partners.get(work, id)
    if not found.is_blocked:
        raise Conflict(f"{found.name} is not blocked.")
    now = replace(found, is_blocked=False)
    rows.save_portal(work.db, now)
    rows.set_portal_due(work.db, id, work.now)
    audit.record(work, "unblock-portal", id)
    return now


def distrust(work: Work, id: PortalId) -> Portal:
    """Take trust back; the portal is neither confirmed nor blocked."""
    now = replace(partners.get(work, id), is_trusted=False)
    rows.save_portal(work.db, now)
    audit.record(work, "distrust-portal", id)
    return now


def remove(work: Work, id: PortalId) -> Portal:
    """Forget a portal that no copy stands at; one with copies keeps their history.

    It is brought back by adding its address again. Raises `Invalid` that says what to do instead.
    """
    found = partners.get(work, id)
    if rows.copies_of(work.db, portal=id, limit=1):
        raise Invalid(
            f"Copies are known at {found.name}, and what they counted stays. Block it instead."
        )
    copy_sums.forget_portal(work.db, id)
    audit.record(work, "remove-portal", id, url=found.url)
    return found


def pull_now(work: Work, id: PortalId) -> Portal:
    """Let a portal be asked for its counts in a moment, by whoever keeps data of the city.

    Raises `NotFound`, and `Conflict` for a blocked portal.
    """
    found = portal(work, id)
    rows.set_portal_due(work.db, id, work.now)
    audit.record(work, "ask-portal", id)
    return found


def portal(work: Work, id: PortalId) -> Portal:
    """A portal that is listened to, for who may describe any data."""
    require_keeper(work)
    found = rows.portal(work.db, id)
    if found is None:
        raise NotFound(f"There is no portal “{id[:80]}”. See the list of portals.")
    if found.is_blocked:
        raise Conflict(f"{found.name} is blocked: it is not asked.")
    return found


def require_keeper(work: Work) -> None:
    """Go on if the actor may describe the data of any publisher; else `Forbidden`."""
    if publishers_for(work.actor, Action.DESCRIBE) == frozenset():
        require(work, Action.DESCRIBE)
