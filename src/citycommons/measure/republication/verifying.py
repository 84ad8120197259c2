"""Copies as they were seen: noted when they name ours, gone when they do not; never erased."""

from dataclasses import replace
from datetime import datetime, timedelta

from citycommons.collect.polite import Polite
from citycommons.core.copies import Copy, CopyState, copy_id, portal_id
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import ANYONE, SYSTEM, DatasetId
from citycommons.govern import audit
from citycommons.govern.access import Action, allows
from citycommons.measure.republication import iris, partners
from citycommons.measure.republication.looking import Outcome, Seen, guest, look
from citycommons.measure.republication.taking import MOST_HOPS
from citycommons.store import catalogue, copies
from citycommons.store.work import City, Work

MONTH = timedelta(days=30)
AGAIN = timedelta(days=1)  # after one that did not answer
MOST_COPIES = 5  # of one dataset at a portal that nobody confirmed
_COUNTED = (CopyState.VERIFIED, CopyState.GONE)
_LEASE_S = 120


def dataset_of(work: Work, origin: str, base: str) -> tuple[DatasetId, str, str]:
    """Our dataset that an announced origin leads to, its version, and the copy between (`via`).

    Raises `NotFound`, in the same words for what is not there and for what is not public.
    """
    via, named = "", iris.dataset_at(origin, base)
    if named is None:
        between = _copy_like(work, origin)
        if between is not None and between.state is CopyState.VERIFIED:
            _check_hops(work, between)
            named, via = (between.dataset, ""), between.iri
    dataset = named and catalogue.find_dataset(work.db, named[0])
    if not named or not dataset or not allows(ANYONE, Action.DISCOVER, dataset):
        raise NotFound(f"“{origin[:200]}” names no dataset of this portal.", origin=origin[:200])
    return named[0], named[1], via


def _copy_like(work: Work, iri: str) -> Copy | None:
    """The copy at an address, with http or https, with or without a slash at the end."""
    rest = "//" + iri.partition("//")[2].rstrip("/")
    spelled = [f"{scheme}:{rest}{end}" for scheme in ("https", "http") for end in ("", "/")]
    return next(iter(copies.copies_at(work.db, spelled).values()), None)


def _check_hops(work: Work, copy: Copy) -> None:
    at: Copy | None = copy
    for _ in range(MOST_HOPS):
        if at is None or not at.via:
            return
        at = copies.copy_at(work.db, at.via)
    raise Invalid(f"Copies of copies are followed {MOST_HOPS} times, and no further.")


def note(
    city: City, client: Polite, copy: str, origin: str, *, name: str = "", is_own: bool = True
) -> Copy | None:
    """Look at an address that is said to be a copy of `origin`, and note what is seen there.

    `origin` names a dataset of ours, or a verified copy of one. `is_own`: the copy's own portal
    said so; else it stays announced. None where nothing answered: then nothing is known. What does
    not lead to ours is answered as refused, and kept nowhere.
    """
    base = city.settings.url
    with city.work(SYSTEM, may_write=False) as work:
        dataset, version, via = dataset_of(work, origin, base)
    seen = look(client, copy, lambda one: _leads_to(one, dataset, via, base))
    if seen.outcome is Outcome.SILENT:
        return None
    home = _home(city, client, copy, seen, name if is_own else "")
    said = Copy(
        id=copy_id(copy),
        dataset=dataset,
        iri=copy,
        portal=portal_id(home),
        state=CopyState.VERIFIED if is_own else CopyState.ANNOUNCED,
        version=_named(seen, base) or version,
        via=via,
    )
    if seen.outcome is not Outcome.LINKED:
        said = replace(said, state=CopyState.REFUSED, reason=seen.reason)
    with city.work(SYSTEM) as work:
        return _noted(work, said, home, name if is_own else "")


def _noted(work: Work, said: Copy, home: str, name: str) -> Copy:
    """Keep what was seen of a copy, beside what was known and what people decided."""
    known = copies.copy_at(work.db, said.iri)
    if said.state is CopyState.REFUSED or (known and not _may_become(known, said)):
        # Whoever says something wrong of a copy changes nothing of what is known of it.
        return known or said
    portal = partners.known(work, home, name)
    if known is None and not portal.is_trusted:
        _check_number(work, said)
    now = replace(said, seen=work.now)
    if known is not None:
        now = replace(now, similarity=known.similarity, accepted=known.accepted)
    if known is not None and known.state is CopyState.VERIFIED:
        now = replace(now, state=CopyState.VERIFIED)
    if known is not None and known.state in _COUNTED and not known.via:
        # Who announced itself as made of ours reports by itself, whoever else names it later.
        now = replace(now, via="")
    _save(work, known, now)
    if now.state is CopyState.VERIFIED and not now.via and not portal.is_blocked:
        copies.set_portal_due(work.db, portal.id, work.now)
    return now


def _may_become(known: Copy, said: Copy) -> bool:
    """Not what a person refused, and not a copy of another dataset than it was."""
    is_other = known.state in _COUNTED and known.dataset != said.dataset
    return known.state is not CopyState.REFUSED and not is_other


def _check_number(work: Work, said: Copy) -> None:
    """A portal that no person has confirmed has a few copies of a dataset, not thousands."""
    at_portal = copies.copies_of(work.db, datasets=[said.dataset], portal=said.portal)
    if len(at_portal) >= MOST_COPIES:
        raise Invalid(
            f"{MOST_COPIES} copies of “{said.dataset}” are known at this portal. A portal has more "
            "once an administrator has confirmed it."
        )


def _leads_to(named: str, dataset: DatasetId, via: str, base: str) -> bool:
    found = iris.dataset_at(named, base)
    return (found is not None and found[0] == dataset) or (bool(via) and iris.is_same(named, via))


def _named(seen: Seen, base: str) -> str:
    """The version of ours that the copy names: by the address of its version or of its file."""
    ours = (iris.dataset_at(one, base) for one in seen.origins)
    return next((one[1] for one in ours if one and one[1]), "")


def _home(city: City, client: Polite, copy: str, seen: Seen, name: str) -> str:
    """Address of the copy's portal; where it gives reports, its key is read."""
    if seen.outcome is not Outcome.LINKED or not seen.base:
        return iris.root_of(copy)
    return partners.learn(city, client, seen.base, inbox=seen.inbox, name=name).url


def _save(work: Work, known: Copy | None, now: Copy) -> None:
    due = work.now + MONTH if now.state in _COUNTED else None
    copies.save_copy(work.db, now, due=due)
    if known is None or known.state is not now.state:
        before = known.state.value if known else ""
        audit.record(
            work, f"copy-{now.state.value}", now.id, iri=now.iri, dataset=now.dataset, before=before
        )


def check_due(city: City, limit: int = 20) -> int:
    """Look again at copies that are due; answers how many were looked at."""
    done = 0
    with guest(city.settings) as client:
        while done < limit and (copy := _claimed(city)) is not None:
            _check(city, client, copy)
            done += 1
    return done


def _claimed(city: City) -> Copy | None:
    with city.work(SYSTEM, may_write=False) as work:
        if not copies.is_copy_due(work.db, work.now):
            return None
    with city.work(SYSTEM) as work:
        return copies.claim_copy(work.db, work.now, seconds=_LEASE_S)


def _check(city: City, client: Polite, copy: Copy) -> None:
    base = city.settings.url
    if copy.state is CopyState.REFUSED:
        with city.work(SYSTEM) as work:
            copies.save_copy(work.db, copy, due=None)
        return
    seen = look(client, copy.iri, lambda one: _leads_to(one, copy.dataset, copy.via, base))
    with city.work(SYSTEM) as work:
        known = copies.copy(work.db, copy.id)
        if known is None or known.state is CopyState.REFUSED:
            return  # a person decided meanwhile
        if seen.outcome is Outcome.SILENT and not _is_lost(known, work.now):
            copies.save_copy(work.db, known, due=work.now + AGAIN)
            return
        _save(work, known, _judged(known, seen, work.now, _named(seen, base)))


def _is_lost(copy: Copy, now: datetime) -> bool:
    return copy.seen is None or now - copy.seen > 2 * MONTH


def _judged(known: Copy, seen: Seen, now: datetime, version: str) -> Copy:
    """Verified while it names ours; gone when not, with all that was counted of it."""
    if seen.outcome is Outcome.LINKED:
        version = version or known.version
        return replace(known, state=CopyState.VERIFIED, seen=now, reason="", version=version)
    if known.state is CopyState.GONE:
        return known
    if known.state is CopyState.ANNOUNCED:
        return replace(known, state=CopyState.REFUSED, reason=seen.reason)
    return replace(known, state=CopyState.GONE, reason=f"{now:%Y-%m-%d}: {seen.reason}"[:500])
