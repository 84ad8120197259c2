"""The last step: what publishing will do, in figures; then the publication itself."""

import contextlib
import hashlib
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields

import msgspec

from citycommons.core.errors import Conflict, Invalid
from citycommons.core.types import Actor, Dataset, Plan, Provenance, Version
from citycommons.govern.access import Action, require
from citycommons.share import publish as publishing
from citycommons.share.diff import Counts, Side, count
from citycommons.share.doubts import warnings
from citycommons.share.drafts import keep
from citycommons.share.drafts.draft import Draft, write_whole
from citycommons.share.drafts.reading import Reading, read, table_of
from citycommons.share.publish import Prepared, Published
from citycommons.store import catalogue, plans
from citycommons.store.lake import Lake
from citycommons.store.work import City, Work

_KEPT = "prepared.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A draft that waits for the last word."""

    draft: Draft
    reading: Reading
    prepared: Prepared
    number: int  # of the version it would become
    changes: Counts | None = None  # against the latest version, where there is one
    is_same: bool = False  # the content is the latest version's: publishing makes none
    warnings: tuple[str, ...] = ()  # what should be read before: persons, open questions


def ready(city: City, actor: Actor, id: str) -> Ready:
    """Sort, measure and write the table, and count what would change; nobody can read it yet.

    Raises `Invalid` that names the step still to be done, and what reading and preparing raise.
    """
    draft, reading = read(city, actor, id)
    if not draft.is_described:
        raise Invalid("Describe the data first: they need a title.", step="describe")
    if not draft.is_licensed:
        raise Invalid("Choose a licence and a category first.", step="license")
    dataset = _dataset(draft, reading)
    prepared = _prepared(city, actor, draft, reading, dataset)
    with city.work(actor, may_write=False) as work:
        require(work, Action.PUBLISH, dataset)
        every = catalogue.versions(work.db, dataset.id)
        latest = catalogue.version(work.db, dataset.id) if draft.replaces else None
        if not draft.replaces and catalogue.find_dataset(work.db, dataset.id):
            raise _taken(dataset)
    changes = None
    if latest is not None:
        old = _side(city.lake, f"version {latest.number}", latest)
        changes = count(old, _side(city.lake, "the new file", prepared), dataset.key)
    return Ready(
        draft=draft,
        reading=reading,
        prepared=prepared,
        number=every[0].number + 1 if every else 1,
        changes=changes,
        is_same=latest is not None and latest.digest == prepared.digest,
        warnings=warnings(dataset, reading.fields, reading.report.questions, latest),
    )


def _side(lake: Lake, name: str, one: Version | Prepared) -> Side:
    return Side(
        name=name,
        path=lake.existing(one.file),
        digest=one.digest,
        fields=one.fields,
        rows=one.rows,
        lake=lake,
    )


def publish(city: City, actor: Actor, id: str, *, note: str = "") -> Published:
    """Publish the draft; it is gone from the desk afterwards.

    Raises `Conflict` when somebody published or described the same dataset since the draft began,
    or took the address of a new one; the draft stays as it is.
    """
    draft, reading = read(city, actor, id)
    dataset = _dataset(draft, reading)
    if not (draft.is_described and draft.is_licensed):
        raise Invalid("Describe the data and choose a licence first.", step="describe")
    prepared = _prepared(city, actor, draft, reading, dataset)
    with city.work(actor) as work:
        there = catalogue.find_dataset(work.db, dataset.id)
        if there and not draft.replaces:
            raise _taken(dataset)
        if there and draft.begun and there.modified != draft.begun.modified:
            raise Conflict(
                f"Somebody changed the description of “{dataset.id}” since you began. Take their "
                "change over, look at it, then publish.",
                dataset=dataset.id,
            )
        publishing.describe(work, dataset)
        published = publishing.publish(
            work, catalogue.dataset(work.db, dataset.id), prepared, note=note, expected=draft.base
        )
        _remember(work, dataset, draft.plan, reading.shape)
    keep.remove(city, actor, id)
    return published


def catch_up(city: City, actor: Actor, id: str) -> Draft:
    """Take over what somebody else published or described meanwhile, and keep what was typed here.

    Where both changed the same part of the description, what was typed here stays.
    """
    draft = keep.get(city, actor, id)
    if draft.begun is None:
        return draft
    begun, typed = draft.begun, draft.dataset
    with city.work(actor, may_write=False) as work:
        current = catalogue.dataset(work.db, begun.id)
        every = catalogue.versions(work.db, begun.id)
    merged = replace(
        current,
        **{
            part.name: getattr(typed, part.name)
            for part in dataclass_fields(typed)
            if getattr(typed, part.name) != getattr(begun, part.name)
        },
    )
    base = every[0].number if every else 0
    return keep.change(
        city, actor, id, lambda d: replace(d, dataset=merged, begun=current, base=base)
    )


def _taken(dataset: Dataset) -> Conflict:
    return Conflict(
        f"There is a dataset “{dataset.id}” already. Choose another address, or open that one and "
        "replace its file.",
        column="id",
    )


def _dataset(draft: Draft, reading: Reading) -> Dataset:
    """The description with what was said of the columns that are there."""
    said = {field.name: field for field in (*draft.dataset.fields, *draft.plan.fields)}
    there = tuple(said[field.name] for field in reading.fields if field.name in said)
    return replace(draft.dataset, fields=there, rules=draft.plan.rules)


def _remember(work: Work, dataset: Dataset, plan: Plan, shape: str) -> None:
    """What was said is used for the next delivery, and for the next file of this shape."""
    by, now = work.actor.id, work.now
    # The rules of the entry are the ones that hold; kept twice, they could differ.
    plans.save(work.db, plans.of_dataset(dataset.id), replace(plan, rules=()), by=by, now=now)
    if shape:
        plans.save(work.db, plans.of_shape(dataset.publisher, shape), plan, by=by, now=now)


def _prepared(
    city: City, actor: Actor, draft: Draft, reading: Reading, dataset: Dataset
) -> Prepared:
    """Prepared once for the same rows, key and fields; again when a sweep took the file away."""
    folder = keep.folder_of(city, actor, draft.id)
    parts = (reading.file, dataset.key, dataset.fields)
    name = hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        kept = msgspec.json.decode((folder / _KEPT).read_bytes(), type=tuple[str, Prepared])
        if kept[0] == name and city.lake.path(kept[1].file).exists():
            return kept[1]
    prepared = publishing.prepare(
        city.lake,
        dataset,
        table_of(folder, reading),
        reading.report,
        rejects=reading.rejects(folder),
        faults=reading.listed(folder),
        provenance=Provenance(
            origin=draft.file_name,
            received=draft.created,
            parcels=(
                draft.digest,
                *(one.digest for one in draft.others),
                *(one.digest for one in draft.repairs),
            ),
        ),
    )
    write_whole(folder / _KEPT, (name, prepared))
    return prepared
