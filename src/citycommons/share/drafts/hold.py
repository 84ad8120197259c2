"""A delivery that came by itself and waits for a person becomes a draft of the source's owner."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from citycommons.core.types import (
    SYSTEM,
    ActorId,
    Dataset,
    DatasetId,
    Digest,
    Parcel,
    Plan,
    Source,
    SourceId,
)
from citycommons.share.drafts.draft import UPLOAD, Draft, File
from citycommons.share.drafts.keep import every, lay_down, put_away
from citycommons.store import catalogue, plans
from citycommons.store.work import City

_COPY = 1 << 20


def hold(
    city: City,
    source: Source,
    parcels: Sequence[Parcel],
    *,
    waits_for: str,
    dataset: DatasetId | None = None,
    plan: Plan | None = None,
) -> Draft:
    """Keep the files of one delivery at the desk of the source's owner, who is told why it waits.

    `dataset` is whose next version they are (the source's own when nothing is said). The same
    delivery is held once; a newer one of the same dataset takes the place of the one that waited.
    """
    wanted = dataset or source.dataset
    entry, base = _entry(city, source, wanted)
    digests = tuple(parcel.digest or _digest(parcel.path) for parcel in parcels)
    earlier = [one for one in waiting(city, source.id) if one.dataset.id == entry.id]
    for one in earlier:
        if (one.digest, *(file.digest for file in one.others)) == digests:
            return one
    first, *more = parcels

    def make(folder: Path) -> Draft:
        for number, parcel in enumerate(parcels):
            _copy(parcel.path, folder / (f"{UPLOAD}-{number}" if number else UPLOAD))
        now = city.clock()
        return Draft(
            id=uuid.uuid4().hex,
            owner=source.owner,
            created=first.received,
            changed=now,
            file_name=first.name[-200:] or UPLOAD,
            media_type=first.media_type,
            bytes=sum(parcel.path.stat().st_size for parcel in parcels),
            digest=digests[0],
            dataset=entry,
            replaces=entry.id if base is not None else None,
            base=base or 0,
            begun=entry if base is not None else None,
            plan=plan or _remembered(city, entry) or Plan(),
            remembered=plans.of_dataset(entry.id) if plan else "",
            is_described=base is not None,
            is_licensed=base is not None,
            others=tuple(
                File(
                    name=parcel.name,
                    media_type=parcel.media_type,
                    digest=digest,
                    profile=parcel.profile,
                    part=parcel.part,
                )
                for parcel, digest in zip(more, digests[1:], strict=True)
            ),
            source=source.id,
            waits_for=waits_for,
        )

    draft = lay_down(city, make)
    for one in earlier:
        put_away(city, one)
    return draft


def waiting(
    city: City, source: SourceId | None = None, owner: ActorId | None = None
) -> list[Draft]:
    """Deliveries that wait for a person: of one source, or of one owner."""
    return [
        draft
        for draft in every(city)
        if draft.source is not None
        and not draft.discarded
        and (source is None or draft.source == source)
        and (owner is None or draft.owner == owner)
    ]


def _entry(city: City, source: Source, id: DatasetId | None) -> tuple[Dataset, int | None]:
    """The entry that the delivery belongs to, and its newest version; None for a new entry."""
    with city.work(SYSTEM, may_write=False) as work:
        if id and (there := catalogue.find_dataset(work.db, id)):
            versions = catalogue.versions(work.db, id)
            return there, versions[0].number if versions else 0
    return (
        Dataset(
            id=id or DatasetId(""),
            title={"en": source.title},
            publisher=source.publisher,
            license=source.license,
            attribution=source.attribution,
        ),
        None,
    )


def _remembered(city: City, entry: Dataset) -> Plan | None:
    with city.work(SYSTEM, may_write=False) as work:
        kept = plans.find(work.db, [plans.of_dataset(entry.id)]) if entry.id else None
    return replace(kept or Plan(), rules=entry.rules) if entry.rules else kept


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as there, target.open("wb") as here:
        shutil.copyfileobj(there, here, _COPY)
        here.flush()
        os.fsync(here.fileno())


def _digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())
