"""Addresses of the portal that a city had before: kept at import, and where each leads now."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from citycommons.collect.dump import Dump, identifier
from citycommons.core.ids import slug
from citycommons.core.types import DatasetId, PublisherId, Source, SourceId, Version
from citycommons.govern import audit
from citycommons.govern.access import Action, allows, require
from citycommons.share.exports import formats
from citycommons.share.old_paths import OldPath, parse
from citycommons.store import catalogue, old_addresses, records
from citycommons.store.old_addresses import OldAddress
from citycommons.store.work import City, Work

_BATCH = 200


def remember(city: City, work: Work, source: Source) -> int:
    """Keep the names of every thing in a dump, for entries that its import made; answers how many.

    Doing it again changes nothing. Raises `Forbidden` for who may not describe for the publisher.
    """
    require(work, Action.DESCRIBE, source.publisher)
    known = {one.id for one in catalogue.publishers(work.db)}
    dump = Dump(
        path=Path(source.options["path"]),
        system=source.options["system"],
        portal=source.options["portal"],
        roots=(city.settings.home / "inbox" / source.publisher,),
    )
    kept = 0
    for batch in _batches(dump.records()):
        ids = [identifier(dump.system, one) for one in batch]
        became = records.of_identifiers(work.db, source.id, ids)
        kept += old_addresses.save(
            work.db,
            (
                name
                for id, one in zip(ids, batch, strict=True)
                if (record := became.get(id)) and record.dataset
                for name in _names(source, dump.system, id, one, record.dataset, known)
            ),
        )
    audit.record(work, "keep-old-addresses", source.id, names=kept)
    return kept


def _batches(found: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for one in found:
        batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _names(
    source: Source,
    system: str,
    id: str,
    record: dict[str, Any],
    dataset: DatasetId,
    publishers: set[PublisherId],
) -> Iterator[OldAddress]:
    """All names that addresses of one dataset had there."""
    other = {"ckan": "name", "opendatasoft": "dataset_uid"}.get(system, "")
    for name in dict.fromkeys((id, str(record.get(other) or ""))):
        if name:
            yield OldAddress(system=system, name=name.casefold(), source=source.id, dataset=dataset)
    if system == "ckan":
        yield from _resources(source, record, dataset)
        yield from _organization(source, record, publishers)


def _resources(source: Source, record: dict[str, Any], dataset: DatasetId) -> Iterator[OldAddress]:
    listed = record.get("resources")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("id"):
            yield OldAddress(
                system="ckan-resource",
                name=str(one["id"]).casefold(),
                source=source.id,
                dataset=dataset,
                url=str(one.get("url") or ""),
                format=str(one.get("format") or "").casefold(),
            )


def _organization(
    source: Source, record: dict[str, Any], publishers: set[PublisherId]
) -> Iterator[OldAddress]:
    """An organisation is the publisher of its name, where there is one; else who imported it."""
    said = record.get("organization")
    if not isinstance(said, dict):
        return
    named = [str(said.get(key) or "") for key in ("name", "title")]
    ours = next((one for text in named if (one := PublisherId(slug(text))) in publishers), None)
    for key in ("name", "id"):
        if name := str(said.get(key) or ""):
            yield OldAddress(
                system="ckan-organization",
                name=name.casefold(),
                source=source.id,
                publisher=ours or source.publisher,
            )


_OURS = ("/api/", "/resource/")


def lead(work: Work, path: str, query: str = "") -> str | None:
    """Where an old address leads now; None where the actor may not know what it was."""
    if (asked := parse(path, query)) is None:
        return None
    for one in old_addresses.find(work.db, asked.names):
        if one.publisher:
            return f"/publishers/{quote(one.publisher, safe='')}"
        if one.dataset and (there := catalogue.find_dataset(work.db, one.dataset)):
            if not allows(work.actor, Action.DISCOVER, there):
                return None
            return _place(asked, one, catalogue.version(work.db, there.id))
    # There our own faces answer by these names: what they do not have is not there.
    return None if path.startswith(_OURS) else _by_our_name(work, asked)


def _by_our_name(work: Work, asked: OldPath) -> str | None:
    """Clients make such addresses themselves, of the names that our faces tell them."""
    for system, name in asked.names:
        if system == "ckan-organization" and name in {p.id for p in catalogue.publishers(work.db)}:
            return f"/publishers/{quote(name, safe='')}"
        there = catalogue.find_dataset(work.db, DatasetId(name))
        if there and system != "ckan-resource" and allows(work.actor, Action.DISCOVER, there):
            one = OldAddress(system=system, name=name, source=SourceId(""), dataset=there.id)
            return _place(asked, one, catalogue.version(work.db, there.id))
    return None


def _place(asked: OldPath, one: OldAddress, version: Version | None) -> str:
    """The page, its description as linked data, or the same rows as a file."""
    name = quote(one.dataset or "", safe="")
    if asked.linked:
        return f"/datasets/{name}.{asked.linked}"
    if asked.is_file and version is not None and (format := _format(asked, one, version)):
        return f"/data/{name}@latest.{format}"
    return f"/datasets/{name}"


def _format(asked: OldPath, one: OldAddress, version: Version) -> str:
    """In which format the version stands for the old file; empty where it is another file."""
    there = [format.id for format in formats(version)]
    if asked.format:
        return asked.format if asked.format in there else ""
    if not one.url or one.url not in version.provenance.origin:
        return ""
    return one.format if one.format in there else there[0]
