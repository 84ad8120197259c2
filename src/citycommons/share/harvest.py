"""Catalogues that arrive by themselves: each record becomes an entry, once, whatever happens.

A record is known by (source, identifier). Unchanged bytes are passed over; one bad record never
stops the rest; what the origin no longer lists becomes a tombstone, unless so much is gone that a
person has to look. Records are written in batches, so other writers get through, and a run that is
cut off goes on: what it saw bears its number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from citycommons.collect import sources
from citycommons.core.errors import CityError
from citycommons.core.types import Dataset, DatasetId, Fault, Parcel
from citycommons.share import entries, publish
from citycommons.share.bring import bring
from citycommons.share.holding import Holding
from citycommons.store import catalogue, records
from citycommons.store.records import Record
from citycommons.store.work import Work

BATCH = 50  # records in one transaction
FEW = 10  # records, of which half may go without anybody asking

GONE = "The origin no longer lists it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvested:
    """What became of a listing."""

    outcome: str  # "done" or "held"
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A record whose bytes are new to us, as an entry; `entry` is None when it is none."""

    parcel: Parcel
    identifier: str
    known: Record | None
    entry: Dataset | None = None
    fingerprint: str = ""
    error: str = ""


@dataclass(slots=True)
class _Listing:
    """One way through the catalogue of the origin."""

    holding: Holding
    seen: int = 0
    aside: dict[str, _Read] = field(default_factory=dict)  # maybe known by another identifier


def harvest(holding: Holding, parcels: Iterable[Parcel]) -> Harvested:
    """Take in the whole catalogue that a source of records lists.

    The records' faults are in the run's log. Raises what the listing raises; then what came before
    is in, and nothing is taken as gone.
    """
    listing = _Listing(holding)
    batch: list[Parcel] = []
    for parcel in parcels:
        batch.append(parcel)
        listing.seen += 1
        if len(batch) == BATCH:
            _take(listing, batch)
            batch = []
    if batch:
        _take(listing, batch)
    _name_anew(listing)
    return _close(listing)


def _take(listing: _Listing, batch: Sequence[Parcel]) -> None:
    """One batch: what is as it was is noted, the rest is read and written."""
    holding = listing.holding
    named = {parcel.identifier or f"unnamed:{parcel.digest}": parcel for parcel in batch}
    with holding.reading() as work:
        known = records.of_identifiers(work.db, holding.source.id, list(named))
    holding.count(parcels=len(batch))
    same = [id for id, parcel in named.items() if _is_same(parcel, known.get(id))]
    gone = [known[id] for id, parcel in named.items() if parcel.is_deleted and id in known]
    fresh = [
        _read(holding, parcel, id, known.get(id))
        for id, parcel in named.items()
        if id not in same and not parcel.is_deleted
    ]
    fresh = _set_aside(listing, fresh)
    with holding.writing() as work:
        run = holding.run.id
        holding.count(same=sum(known[id].run != run for id in same))
        records.seen(work.db, holding.source.id, same, run)
        records.save(work.db, [_write(work, holding, one) for one in fresh])
        for lost in gone:
            _bury(work, holding, lost)
    if holding.source.with_data:
        _bring_data(holding, named)


def _is_same(parcel: Parcel, known: Record | None) -> bool:
    return (
        known is not None
        and known.digest == parcel.digest
        and known.dataset is not None
        and known.gone is None
        and not known.error
        and not parcel.is_deleted
    )


def _read(holding: Holding, parcel: Parcel, identifier: str, known: Record | None) -> _Read:
    one = _Read(parcel=parcel, identifier=identifier, known=known)
    try:
        entry = entries.read(holding.source, parcel, holding.city.settings.language)
        return replace(one, entry=entry, fingerprint=entries.fingerprint(entry))
    except CityError as error:
        return replace(one, error=error.message)
    except Exception as error:  # noqa: BLE001 - whatever a record holds, the others go on
        return replace(one, error=f"It cannot be understood ({type(error).__name__}: {error}).")


def _set_aside(listing: _Listing, fresh: Sequence[_Read]) -> list[_Read]:
    """Keep new identifiers back whose content is known under another one, until all is listed.

    Only then is it clear whether the origin still has the other one.
    """
    holding = listing.holding
    new = {
        one.fingerprint
        for one in fresh
        if one.fingerprint and (one.known is None or one.known.dataset is None)
    }
    if not new:
        return list(fresh)
    with holding.reading() as work:
        alike = records.of_fingerprints(
            work.db, holding.source.id, sorted(new), unseen_by=holding.run.id
        )
    doubtful = {one.fingerprint for one in alike}
    kept = []
    for one in fresh:
        is_new = one.known is None or one.known.dataset is None
        if is_new and one.fingerprint in doubtful:
            listing.aside[one.identifier] = one
        else:
            kept.append(one)
    return kept


def _write(work: Work, holding: Holding, one: _Read, before: Record | None = None) -> Record:
    """Write the entry of one record; answers the record as it is to be kept."""
    known = before or one.known
    if one.entry is None:
        return _failed(work, holding, one, known, one.error)
    try:
        with work.db.begin_nested():
            id = (known.dataset if known else None) or entries.free_id(
                work, holding.source, one.parcel, one.identifier, one.entry
            )
            was = catalogue.find_dataset(work.db, id)
            entry = replace(one.entry, id=id)
            if was is not None:
                earlier = known.digest if known else ""
                entry = entries.reconciled(work, holding, was, entry, one.parcel, earlier)
            is_back = was is not None and was.removed is not None
            now = publish.describe(work, replace(entry, removed=None, removed_reason=""))
    except CityError as error:
        return _failed(work, holding, one, known, error.message)
    changed = "same" if was == now else "changed" if was else "new"
    holding.count(**{changed: 1}, back=int(is_back))
    return _record(holding, one, work, id)


def _record(holding: Holding, one: _Read, work: Work, dataset: DatasetId | None) -> Record:
    return Record(
        source=holding.source.id,
        identifier=one.identifier,
        dataset=dataset,
        digest=one.parcel.digest,
        fingerprint=one.fingerprint,
        run=holding.run.id,
        changed=work.now,
    )


def _failed(work: Work, holding: Holding, one: _Read, known: Record | None, error: str) -> Record:
    """The record with what is wrong with it; the entry that it once was stays as it is."""
    run = holding.run.id
    if known is None or known.run != run or not known.error:
        holding.count(failed=1)
        where = one.parcel.origin or one.identifier
        fault = Fault(rule="record", message=error, value=one.identifier, column=where)
        holding.blame(fault)
    return replace(known or _record(holding, one, work, None), run=run, error=error[:2000])


def _name_anew(listing: _Listing) -> None:
    """Decide about what was set aside: the origin gave it another identifier, or it is new."""
    holding = listing.holding
    waiting = sorted(listing.aside.values(), key=lambda one: one.identifier)
    for at in range(0, len(waiting), BATCH):
        some = waiting[at : at + BATCH]
        with holding.writing() as work:
            alike = records.of_fingerprints(
                work.db,
                holding.source.id,
                sorted({one.fingerprint for one in some}),
                unseen_by=holding.run.id,
            )
            for one in some:
                old = next((old for old in alike if old.fingerprint == one.fingerprint), None)
                if old is not None:
                    alike.remove(old)
                    records.forget(work.db, holding.source.id, [old.identifier])
                    holding.count(renamed=1)
                    old = replace(old, identifier=one.identifier)
                records.save(work.db, [_write(work, holding, one, old)])
    listing.aside.clear()


def _close(listing: _Listing) -> Harvested:
    """All is listed: what was not seen is gone, unless that is hard to believe."""
    holding = listing.holding
    source = holding.source.id
    with holding.reading() as work:
        missing = records.unseen(work.db, source, holding.run.id)
        there, _ = records.counts(work.db, [source]).get(source, (0, 0))
        is_confirmed = sources.is_confirmed(work, source)
    known = there - holding.counts.get("new", 0)
    is_too_much = listing.seen == 0 or (known > FEW and 2 * len(missing) > known)
    if missing and is_too_much and not is_confirmed:
        holding.counts["missing"] = len(missing)
        return Harvested(outcome="held", message=_ask(holding, listing.seen, len(missing), known))
    for at in range(0, len(missing), BATCH):
        with holding.writing() as work:
            for one in missing[at : at + BATCH]:
                _bury(work, holding, one)
    if is_confirmed:
        with holding.writing() as work:
            sources.forget_confirmation(work, source)
    outcome = "held" if holding.counts.get("held") else "done"
    return Harvested(outcome=outcome, message=_said(holding))


def _bury(work: Work, holding: Holding, one: Record) -> None:
    """The origin no longer has it: the entry leaves the search, and its page says since when."""
    if one.gone is not None:
        records.save(work.db, [replace(one, run=holding.run.id)])
        return
    records.save(work.db, [replace(one, gone=work.now, run=holding.run.id)])
    holding.count(gone=1)
    entry = catalogue.find_dataset(work.db, one.dataset) if one.dataset else None
    if entry is None or entry.removed is not None:
        return
    others = (other for other in records.of_dataset(work.db, entry.id) if other.gone is None)
    if any(other.source != one.source or other.identifier != one.identifier for other in others):
        return  # another record stands for the same entry
    publish.describe(work, replace(entry, removed=work.now, removed_reason=GONE))


def _bring_data(holding: Holding, named: dict[str, Parcel]) -> None:
    """The best readable file of each entry of a batch, as its next version."""
    with holding.reading() as work:
        known = records.of_identifiers(work.db, holding.source.id, list(named))
        ids = [one.dataset for one in known.values() if one.dataset and one.gone is None]
        found = catalogue.datasets(work.db, ids)
    for dataset in found:
        bring(holding, dataset)


def _ask(holding: Holding, seen: int, missing: int, known: int) -> str:
    listed = "The origin lists nothing" if not seen else f"The origin lists {seen} records"
    return (
        f"{listed}, and {missing} of the {known} known ones are not among them. That may be a "
        "fault of the origin, so none was removed. If it is right, run the source once more and "
        f"confirm: citycommons sources run {holding.source.id} --confirm"
    )


def _said(holding: Holding) -> str:
    counts = holding.counts
    words = (
        ("new", "new"),
        ("changed", "changed"),
        ("renamed", "under another identifier"),
        ("gone", "gone"),
        ("failed", "with faults"),
        ("held", "with data that wait"),
        ("same", "as before"),
    )
    said = [f"{counts[name]} {word}" for name, word in words if counts.get(name)]
    return f"{counts.get('parcels', 0)} records: {', '.join(said) or 'nothing to do'}."
