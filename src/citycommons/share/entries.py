"""A record of another catalogue as an entry of ours: read, named, and put together with edits."""

import hashlib
from dataclasses import fields, replace
from typing import Any

from citycommons.collect.cache import Cache
from citycommons.core.errors import CityError
from citycommons.core.types import Dataset, DatasetId, Digest, Fault, Link, Parcel, Source
from citycommons.govern.access import Action
from citycommons.share.holding import Holding
from citycommons.standardise import records as understanding
from citycommons.store import audit, catalogue, records
from citycommons.store.work import Work

_LONGEST = 100  # of an id
_OURS = frozenset({"id", "created", "modified", "removed", "removed_reason"})


def read(source: Source, parcel: Parcel, language: str) -> Dataset:
    """The entry that a record describes, as the source's publisher gives it.

    Raises `Invalid` for a record that describes no dataset.
    """
    found: Dataset = understanding.entry(
        parcel,
        publisher=source.publisher,
        license=source.license,
        attribution=source.attribution,
        prefix=source.prefix,
        language=language,
    )
    return found


def fingerprint(entry: Dataset) -> str:
    """Of what is described, whatever its identifier."""
    found: str = understanding.fingerprint(entry)
    return found


def free_id(
    work: Work, source: Source, parcel: Parcel, identifier: str, entry: Dataset
) -> DatasetId:
    """The id of a new entry: made of its name; the same again whenever it is asked for.

    One that another entry bears gets an ending made of source and identifier; whoever gives an
    entry of theirs that very ending gains nothing by it.
    """
    wanted: DatasetId = understanding.id_of(parcel, entry, source.prefix)
    id, number = wanted, 0
    while (there := catalogue.find_dataset(work.db, id)) is not None:
        if _is_ours(work, source, there, entry):
            return id
        made = f"{source.id}\0{identifier}" + f"\0{number}" * bool(number)
        ending = hashlib.sha256(made.encode()).hexdigest()[:8]
        id, number = DatasetId(f"{wanted[: _LONGEST - 9]}-{ending}"), number + 1
    return id


def _is_ours(work: Work, source: Source, there: Dataset, entry: Dataset) -> bool:
    """Whether an entry came from this very record before anybody kept a list."""
    if there.publisher != source.publisher or not entry.identifier:
        return False
    is_same = (there.source, there.identifier) == (entry.source, entry.identifier)
    return is_same and not records.of_dataset(work.db, there.id)


def reconciled(
    work: Work, holding: Holding, ours: Dataset, theirs: Dataset, parcel: Parcel, earlier: str
) -> Dataset:
    """The entry after the origin changed its record.

    The origin wins wherever nobody here said otherwise; what somebody here changed stays. That is
    found by comparing with what the origin said `earlier` (the digest of its bytes).
    """
    theirs = replace(theirs, links=with_statuses(theirs.links, ours.links))
    theirs = _with_own(theirs, ours, _OURS)
    if not _is_edited(work, holding, ours.id):
        return theirs
    base = _base(holding, parcel, earlier)
    if base is None:
        holding.blame(
            Fault(
                rule="edited-here",
                message=f"“{ours.id}” was edited here and changed at the origin; it stays as it is "
                "here, because what the origin said before is no longer at hand.",
                value=parcel.identifier,
                column=parcel.origin,
            )
        )
        return replace(ours, source=theirs.source, identifier=theirs.identifier)
    kept = frozenset(
        one.name
        for one in fields(Dataset)
        if one.name not in _OURS
        and _plain(getattr(ours, one.name)) != _plain(getattr(base, one.name))
    )
    return _with_own(theirs, ours, kept - {"source", "identifier"})


def _with_own(theirs: Dataset, ours: Dataset, names: frozenset[str]) -> Dataset:
    own: dict[str, Any] = {name: getattr(ours, name) for name in names}
    return replace(theirs, **own)


def _is_edited(work: Work, holding: Holding, id: DatasetId) -> bool:
    """Whether anybody but the source described the entry."""
    return audit.has_other_actor(work.db, action=Action.DESCRIBE, thing=id, actor=holding.actor.id)


def _base(holding: Holding, parcel: Parcel, earlier: str) -> Dataset | None:
    """What the origin said before, from the bytes that were kept."""
    cache = Cache(holding.city.settings.home / "parcels")
    if not cache.has(earlier):
        return None
    before = replace(parcel, path=cache.path(earlier), digest=Digest(earlier))
    try:
        return read(holding.source, before, holding.city.settings.language)
    except (CityError, ValueError, KeyError, TypeError):
        return None


def _plain(value: Any) -> Any:
    """Links without what was found out about them here."""
    if isinstance(value, tuple) and value and isinstance(value[0], Link):
        return tuple((one.url, one.title, one.format) for one in value)
    return value


def with_statuses(theirs: tuple[Link, ...], ours: tuple[Link, ...]) -> tuple[Link, ...]:
    """Their links, with how our own of the same address answered when last checked."""
    known = {link.url: link for link in ours}
    return tuple(
        replace(link, status=known[link.url].status, checked=known[link.url].checked)
        if link.url in known and link.status is None
        else link
        for link in theirs
    )
