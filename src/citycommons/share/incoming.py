"""Tables that arrive by themselves: read as was said once, compared, and published or held.

A delivery whose meaning is not certain is held: nothing is published, its files wait at the desk of
the source's owner, and the cursor stays where it was. The cursor, the note of what was taken in and
the version are written in one transaction, so nothing is lost and nothing comes twice.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.collect.cache import Cache
from citycommons.core.errors import Invalid
from citycommons.core.ids import slug
from citycommons.core.tables import Standardised, fields_of
from citycommons.core.types import (
    Dataset,
    DatasetId,
    Digest,
    Fault,
    Mode,
    Parcel,
    Plan,
    Provenance,
    Version,
)
from citycommons.govern.access import Action, require
from citycommons.share import drafts, publish
from citycommons.share.doubts import differences, doubt
from citycommons.share.gazetteer import gazetteer
from citycommons.share.holding import Holding
from citycommons.share.known import known_for
from citycommons.share.merged import merged, rows_of
from citycommons.share.open import Opened
from citycommons.share.publish import Prepared
from citycommons.standardise import read as reader
from citycommons.store import catalogue, notes, plans, sources
from citycommons.store.work import Work

_BY_HAND = "by hand"  # stands for the plan of files that a person published
_MOST_REMEMBERED = 2000  # deliveries that were taken in, by their digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the files of one run."""

    published: tuple[Version, ...] = ()
    same: tuple[DatasetId, ...] = ()
    held: tuple[tuple[DatasetId, str], ...] = ()  # and why

    @property
    def outcome(self) -> str:
        return "held" if self.held else "done"

    @property
    def message(self) -> str:
        """What happened, in sentences."""
        said = [
            f"Version {one.number} of “{one.dataset}” was published: {one.rows} rows."
            for one in self.published
        ]
        said += [f"“{id}” waits for its owner. {why}" for id, why in self.held]
        if self.same and not said:
            said = ["Nothing new: the content is as it was."]
        return " ".join(said) or "Nothing new came."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """The files of one dataset, weighed: prepared, the same as before, or held."""

    dataset: DatasetId
    parcels: tuple[Parcel, ...]
    plan: str = ""  # digest of the plan it was read with
    entry: Dataset | None = None
    base: int = 0  # number of the newest version when it was compared
    prepared: Prepared | None = None
    reason: str = ""  # why it is held
    kept: tuple[Parcel, ...] = ()  # what is held: the files, or the rows with those before


class _Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a source has brought to a dataset so far."""

    taken: tuple[str, ...] = ()  # digests of files that are in
    plan: str = ""  # digest of the plan that read the last of them
    held: tuple[str, ...] = ()  # digests of files that wait
    files: tuple[str, ...] = ()  # digests of the draft's files, where they are other ones
    draft: str = ""
    cursor: str = ""  # of what waits
    refused: tuple[str, ...] = ()  # digests of files that their owner discarded


def take_in(holding: Holding, parcels: Sequence[Parcel]) -> Taken:
    """Publish what a source of tables brought, or hold it; its cursor follows what is in.

    Parcels of one part are one table. With APPEND and UPSERT nothing is published unless all can
    be, because the cursor stands for all of them. Raises what reading and publishing raise.
    """
    source = holding.source
    found = [
        _weigh(holding, dataset, some, source.mode) for dataset, some in _by_part(source, parcels)
    ]
    if source.mode is not Mode.REPLACE and any(one.reason for one in found):
        found = [
            one if one.reason or one.prepared is None else replace(one, reason=_TOGETHER)
            for one in found
        ]
    cursor = next((one.cursor for one in reversed(parcels) if one.cursor), "")
    is_held = any(one.reason for one in found)
    for one in found:
        if one.reason:
            _hold(holding, one, cursor)
    return _publish(holding, found, "" if is_held else cursor)


_TOGETHER = "Another part of the same delivery waits, and they belong together."


def take_one(holding: Holding, dataset: DatasetId, parcels: Sequence[Parcel]) -> Taken:
    """Publish files as the next version of this dataset, or hold them; no cursor moves."""
    one = _weigh(holding, dataset, tuple(parcels), Mode.REPLACE)
    if one.reason:
        _hold(holding, one, "")
    return _publish(holding, [one], "", counted_as="data")


def settle(holding: Holding) -> None:
    """Learn what became of deliveries that were held: published by hand, discarded, or waiting.

    What was published counts as taken in, and the cursor follows. What was discarded is not held
    again as long as it is the same.
    """
    with holding.reading() as work:
        prefix = _name(holding, DatasetId(""))
        noted = {name: _decoded(body) for name, body in notes.starting(work.db, prefix).items()}
    if not (open_ones := {name: note for name, note in noted.items() if note.draft}):
        return
    waiting = {one.id for one in drafts.waiting(holding.city, holding.source.id)}
    for name, note in open_ones.items():
        if note.draft in waiting:
            continue
        dataset = DatasetId(name.removeprefix(prefix))
        with holding.writing() as work:
            version = catalogue.version(work.db, dataset)
            there = set(version.provenance.parcels) if version else set()
            if there & {*note.files, *note.held}:
                _write(work, holding, dataset, _with_taken(note, note.held, _BY_HAND))
                if note.cursor:
                    sources.set_since(work.db, holding.source.id, note.cursor)
            else:
                refused = replace_note(note, held=(), files=(), draft="", refused=note.held)
                _write(work, holding, dataset, refused)


def _by_part(source: Any, parcels: Iterable[Parcel]) -> list[tuple[DatasetId, tuple[Parcel, ...]]]:
    parts: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        parts.setdefault(parcel.part, []).append(parcel)
    return [
        (DatasetId(f"{source.dataset}-{slug(part)}" if part else source.dataset), tuple(some))
        for part, some in parts.items()
    ]


def _part_of(work: Work, holding: Holding, id: DatasetId) -> Dataset | None:
    """The entry of a part that is new, where the dataset of the whole source is described."""
    whole = holding.source.dataset
    there = catalogue.find_dataset(work.db, whole) if whole and id != whole else None
    if there is None or whole is None:
        return None
    part = id.removeprefix(f"{whole}-")
    title = {language: f"{text}: {part}" for language, text in there.title.items()}
    return replace(there, id=id, title=title, fields=(), key=(), rules=(), links=())


def _weigh(holding: Holding, id: DatasetId, parcels: tuple[Parcel, ...], mode: Mode) -> _Delivery:
    """Read and compare one delivery, without changing anything that readers see."""
    with holding.reading() as work:
        there = catalogue.find_dataset(work.db, id)
        if there is not None:  # a part can be called like anybody's dataset
            require(work, Action.PUBLISH, there)
        entry = there or _part_of(work, holding, id)
        latest = catalogue.version(work.db, id)
        every = catalogue.versions(work.db, id)
        plan = plans.find(work.db, [plans.of_dataset(id)]) or Plan()
        note = _note(work, holding, id)
    holding.alive()
    said = _digest_of((plan, entry.rules if entry else (), entry.key if entry else ()))
    base = every[0].number if every else 0
    one = _Delivery(dataset=id, parcels=parcels, plan=said, entry=entry, base=base)
    if mode is Mode.APPEND:
        one = replace(one, parcels=tuple(p for p in parcels if p.digest not in note.taken))
    digests = tuple(parcel.digest for parcel in one.parcels)
    if not digests or digests == note.refused:
        return one
    is_taken = digests == note.taken[-len(digests) :] and note.plan in (said, _BY_HAND)
    if is_taken and mode is not Mode.APPEND:
        return one
    if entry is None:
        why = "It is the first delivery of a dataset that is not described yet."
        return replace(one, reason=why, kept=one.parcels)
    is_part = holding.source.dataset not in (None, id)
    if is_part and latest is not None and not (note.taken or note.refused):
        why = f"“{id}” was there before, and what it holds never came from this source."
        return replace(one, reason=why, kept=one.parcels)
    found = _read(holding, one, plan, latest, mode)
    holding.alive()
    other = () if latest is None else differences(latest, found.table, mode)
    for drifted in other:
        rule = f"drift-{drifted.kind}"
        holding.blame(Fault(rule=rule, message=drifted.words, column=drifted.column))
    opened = Opened(dataset=entry, version=latest, lake=holding.city.lake) if latest else None
    reason = doubt(entry, found, opened, mode, other)
    table = found.table
    if opened is not None and mode is not Mode.REPLACE:
        try:
            table = merged(rows_of(opened), table, mode, entry.key)
        except Invalid as cause:
            return replace(one, reason=reason or cause.message, kept=one.parcels)
    if reason:
        return replace(one, reason=reason, kept=_kept(holding, one, table, latest, mode))
    prepared = publish.prepare(
        holding.city.lake,
        entry,
        table,
        found.report,
        provenance=_provenance(one.parcels),
        rejects=found.rejects,
        faults=found.faults,
    )
    holding.alive()
    return replace(one, prepared=prepared)


def _read(
    holding: Holding, one: _Delivery, plan: Plan, latest: Version | None, mode: Mode
) -> Standardised:
    """The table as the plan reads it; what nobody spoke about keeps the type it had."""
    settings = holding.city.settings
    rules = one.entry.rules if one.entry else ()
    with holding.reading() as work:
        # Rows that are added say nothing about how many there were.
        whole = latest if mode is Mode.REPLACE else None
        known = known_for(work, (*plan.rules, *rules), before=whole)
        places = gazetteer(work, settings.addresses)

    def read(plan: Plan) -> Standardised:
        return reader.standardised(
            one.parcels,
            plan=plan,
            rules=rules,
            zone=settings.timezone,
            bounds=settings.boundary,
            known=known,
            gazetteer=places,
            upload_limit_mb=settings.upload_limit_mb,
            unpacked_limit_mb=settings.unpacked_limit_mb,
        )

    found = read(plan)
    said = {field.name for field in plan.fields}
    before = {field.name: field for field in latest.fields} if latest else {}
    other = [
        replace(before[field.name], evidence="declared")
        for field in fields_of(found.table)
        if field.name in before
        and field.name not in said
        and before[field.name].type is not field.type
    ]
    return read(replace(plan, fields=(*plan.fields, *other))) if other else found


def _kept(
    holding: Holding, one: _Delivery, table: pa.Table, latest: Version | None, mode: Mode
) -> tuple[Parcel, ...]:
    """What waits at the desk: the files, or for some rows of a table, the table with those before.

    A draft replaces the whole table, so new rows alone would remove the others.
    """
    if latest is None or mode is Mode.REPLACE:
        return one.parcels
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    cache = Cache(holding.city.settings.home / "parcels")
    digest, path = cache.store([sink.getvalue().to_pybytes()], 2 << 40)
    last = one.parcels[-1]
    name = f"{one.dataset}-with-new-rows.parquet"
    return (replace(last, path=path, name=name, media_type="", digest=digest, profile=""),)


def _hold(holding: Holding, one: _Delivery, cursor: str) -> None:
    kept = one.kept or one.parcels
    draft = drafts.hold(
        holding.city, holding.source, kept, waits_for=one.reason, dataset=one.dataset
    )
    with holding.writing() as work:
        note = _note(work, holding, one.dataset)
        held = tuple(parcel.digest for parcel in one.parcels)
        files = tuple(parcel.digest for parcel in kept)
        note = replace_note(note, held=held, files=files, draft=draft.id, cursor=cursor, refused=())
        _write(work, holding, one.dataset, note)
        holding.count(held=1)


def _publish(
    holding: Holding, found: Sequence[_Delivery], cursor: str, counted_as: str = "new"
) -> Taken:
    """All that is prepared becomes versions, in the transaction in which the cursor moves."""
    published: list[Version] = []
    same: list[DatasetId] = []
    with holding.writing() as work:
        for one in found:
            if one.reason:
                continue
            if one.prepared is None or one.entry is None:
                same.append(one.dataset)
                continue
            done = publish.publish(work, one.entry, one.prepared, expected=one.base)
            note = _note(work, holding, one.dataset)
            digests = tuple(parcel.digest for parcel in one.parcels)
            _write(work, holding, one.dataset, _with_taken(note, digests, one.plan))
            if done.is_new:
                published.append(done.version)
            else:
                same.append(one.dataset)
        if cursor:
            sources.set_since(work.db, holding.source.id, cursor)
        if counted_as == "new":  # in a harvest these are counts of records
            holding.count(same=len(same))
        holding.count(
            **{counted_as: len(published)},
            rows=sum(one.rows for one in published),
            rejected=sum(one.rejected for one in published),
        )
    held = tuple((one.dataset, one.reason) for one in found if one.reason)
    return Taken(published=tuple(published), same=tuple(same), held=held)


def _provenance(parcels: Sequence[Parcel]) -> Provenance:
    return Provenance(
        origin=" ".join(dict.fromkeys(parcel.origin for parcel in parcels))[:2000],
        received=max(parcel.received for parcel in parcels),
        parcels=tuple(Digest(parcel.digest) for parcel in parcels[:_MOST_REMEMBERED]),
    )


def _with_taken(note: _Note, digests: tuple[str, ...], plan: str) -> _Note:
    taken = (*(one for one in note.taken if one not in digests), *digests)
    return _Note(taken=taken[-_MOST_REMEMBERED:], plan=plan)


def replace_note(note: _Note, **changes: Any) -> _Note:
    """The note with some of it changed."""
    return msgspec.structs.replace(note, **changes)


def _name(holding: Holding, dataset: DatasetId) -> str:
    return f"source:{holding.source.id}:brought:{dataset}"


def _note(work: Work, holding: Holding, dataset: DatasetId) -> _Note:
    body = notes.read(work.db, _name(holding, dataset))
    return _decoded(body) if body else _Note()


def _decoded(body: Any) -> _Note:
    return msgspec.convert(body, _Note)


def _write(work: Work, holding: Holding, dataset: DatasetId, note: _Note) -> None:
    notes.write(work.db, _name(holding, dataset), msgspec.to_builtins(note))


def _digest_of(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]
