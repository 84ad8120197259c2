"""Rows of publishers, datasets and versions ↔ their types."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, String, cast, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.errors import NotFound
from citycommons.core.types import (
    Category,
    Dataset,
    DatasetId,
    Digest,
    Publisher,
    PublisherId,
    Version,
)
from citycommons.store.tables import datasets as datasets_table
from citycommons.store.tables import publishers as publishers_table
from citycommons.store.tables import search_entries
from citycommons.store.tables import versions as versions_table


def _upsert(db: Connection, table: Any, key: str, values: dict[str, Any]) -> None:
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    changed = {name: value for name, value in values.items() if name != key}
    db.execute(
        insert(table).values(**values).on_conflict_do_update(index_elements=[key], set_=changed)
    )


def save_publisher(db: Connection, publisher: Publisher) -> None:
    """Create the publisher, or replace what is known of it."""
    body = msgspec.to_builtins(publisher)
    _upsert(db, publishers_table, "id", {"id": publisher.id, "body": body})


def publisher(db: Connection, id: PublisherId) -> Publisher:
    """One publisher; `NotFound` if there is none of this id."""
    body = db.scalar(select(publishers_table.c.body).where(publishers_table.c.id == id))
    if body is None:
        raise NotFound(f"There is no publisher “{id}”.", publisher=id)
    return msgspec.convert(body, Publisher)


def publishers(db: Connection) -> list[Publisher]:
    """All publishers by id."""
    bodies = db.scalars(select(publishers_table.c.body).order_by(publishers_table.c.id))
    return [msgspec.convert(body, Publisher) for body in bodies]


def save_dataset(db: Connection, dataset: Dataset) -> None:
    """Create the dataset, or replace its description; versions stay as they are."""
    _upsert(
        db,
        datasets_table,
        "id",
        {
            "id": dataset.id,
            "publisher": dataset.publisher,
            "access": dataset.access.value,
            "source": dataset.source,
            "identifier": dataset.identifier,
            "modified": dataset.modified,
            "body": msgspec.to_builtins(dataset),
        },
    )


def find_dataset(db: Connection, id: DatasetId) -> Dataset | None:
    """The dataset, or None."""
    body = db.scalar(select(datasets_table.c.body).where(datasets_table.c.id == id))
    return None if body is None else msgspec.convert(body, Dataset)


def dataset(db: Connection, id: DatasetId) -> Dataset:
    """The dataset; `NotFound` names what to do."""
    if (found := find_dataset(db, id)) is None:
        raise NotFound(f"There is no dataset “{id}”. Search for it, or list all.", dataset=id)
    return found


def datasets(db: Connection, ids: list[DatasetId] | None = None) -> list[Dataset]:
    """Datasets by id, all or the given ones (in no promised order)."""
    query = select(datasets_table.c.body).order_by(datasets_table.c.id)
    if ids is not None:
        query = query.where(datasets_table.c.id.in_(ids))
    return [msgspec.convert(body, Dataset) for body in db.scalars(query)]


def ids_beginning(db: Connection, start: str) -> list[DatasetId]:
    """Ids of datasets that begin so."""
    ids = datasets_table.c.id
    return [
        DatasetId(id)
        for id in db.scalars(select(ids).where(ids.startswith(start, autoescape=True)))
    ]


def ids(db: Connection) -> list[DatasetId]:
    """Ids of all datasets, those that are longest here first."""
    created = datasets_table.c.body["created"].as_string()
    query = select(datasets_table.c.id).order_by(created, datasets_table.c.id)
    return [DatasetId(id) for id in db.scalars(query)]


def state(db: Connection) -> tuple[int, str]:
    """Changes when a dataset comes: how many there are, and when one changed last."""
    found = db.execute(select(func.count(), func.max(datasets_table.c.modified)))
    count, modified = found.one()
    return int(count), str(modified)


def open_entries(
    db: Connection, *, offset: int, limit: int
) -> list[tuple[DatasetId, datetime | None]]:
    """Ids of listed entries that are open to anyone, with when they changed."""
    query = select(search_entries.c.dataset, search_entries.c.modified)
    query = query.where(search_entries.c.access == "public").order_by(search_entries.c.dataset)
    return [(DatasetId(row[0]), row[1]) for row in db.execute(query.offset(offset).limit(limit))]


def removed_since(db: Connection, since: datetime, limit: int) -> list[Dataset]:
    """Datasets that were taken away since then, the last first."""
    listed = select(search_entries.c.dataset)  # what is taken away leaves the search
    query = select(datasets_table.c.body).where(
        datasets_table.c.modified >= since, datasets_table.c.id.not_in(listed)
    )
    newest = query.order_by(datasets_table.c.modified.desc()).limit(limit)
    found = (msgspec.convert(body, Dataset) for body in db.scalars(newest))
    return [one for one in found if one.removed is not None]


def of_publishers(
    db: Connection,
    publishers: Collection[PublisherId] | None,
    *,
    words: Sequence[str] = (),
    has_data: bool | None = None,
    category: Category | None = None,
    has_dead_links: bool = False,
    offset: int = 0,
    limit: int | None = None,
) -> tuple[int, list[Dataset]]:
    """How many datasets these publishers have (None: all of them), and one page, newest first.

    `words` are folded, and each must occur in what search knows of the dataset.
    """
    query = select(datasets_table.c.body, datasets_table.c.modified, datasets_table.c.id)
    if publishers is not None:
        query = query.where(datasets_table.c.publisher.in_(sorted(publishers)))
    if has_data is not None:
        latest = datasets_table.c.latest
        query = query.where(latest.is_not(None) if has_data else latest.is_(None))
    body = cast(datasets_table.c.body, String)
    if category is not None:
        query = query.where(_has_pair(body, "category", f'"{category.value}"'))
    if has_dead_links:
        # Statuses from 400 on; 0 stands for no answer.
        starts = ("4", "5", "0,", "0}")
        query = query.where(or_(*(_has_pair(body, "status", start) for start in starts)))
    if words:
        query = query.join(search_entries, search_entries.c.dataset == datasets_table.c.id)
        for word in words:
            there = search_entries.c.title.contains(word, autoescape=True)
            query = query.where(there | search_entries.c.body.contains(word, autoescape=True))
    total = db.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(datasets_table.c.modified.desc(), datasets_table.c.id)
    page = page.offset(offset).limit(limit)
    return total, [msgspec.convert(row.body, Dataset) for row in db.execute(page)]


def _has_pair(body: ColumnElement[str], name: str, start: str) -> ColumnElement[bool]:
    # SQLite keeps the JSON as it was written, PostgreSQL writes a space after the colon.
    return or_(*(body.contains(f'"{name}":{gap}{start}', autoescape=True) for gap in ("", " ")))


def add_version(db: Connection, version: Version) -> None:
    """Add a version and make it the latest; the number must be free (`IntegrityError` if not)."""
    db.execute(
        versions_table.insert().values(
            dataset=version.dataset,
            number=version.number,
            digest=version.digest,
            file=version.file,
            rows=version.rows,
            created=version.created,
            body=msgspec.to_builtins(version),
        )
    )
    _set_latest(db, version.dataset, version.created)


def replace_version(db: Connection, version: Version) -> None:
    """Write down that a version was withdrawn; nothing else of a version ever changes."""
    db.execute(
        update(versions_table)
        .where(versions_table.c.dataset == version.dataset)
        .where(versions_table.c.number == version.number)
        .values(withdrawn=version.withdrawn, body=msgspec.to_builtins(version))
    )
    _set_latest(db, version.dataset, version.withdrawn)


def _set_latest(db: Connection, id: DatasetId, modified: datetime | None) -> None:
    newest = (
        select(func.max(versions_table.c.number))
        .where(versions_table.c.dataset == id, versions_table.c.withdrawn.is_(None))
        .scalar_subquery()
    )
    values: dict[str, Any] = {"latest": newest}
    if modified is not None:
        values["modified"] = modified
    db.execute(update(datasets_table).where(datasets_table.c.id == id).values(**values))


def version(db: Connection, id: DatasetId, number: int | None = None) -> Version | None:
    """The version of this number, or the latest that is not withdrawn; None if there is none."""
    query = select(versions_table.c.body).where(versions_table.c.dataset == id)
    if number is None:
        query = query.join(
            datasets_table,
            (datasets_table.c.id == versions_table.c.dataset)
            & (datasets_table.c.latest == versions_table.c.number),
        )
    else:
        query = query.where(versions_table.c.number == number)
    body = db.scalar(query)
    return None if body is None else msgspec.convert(body, Version)


def version_by_digest(db: Connection, id: DatasetId, start: str) -> Version | None:
    """The newest version whose content digest starts so."""
    body = db.scalar(
        select(versions_table.c.body)
        .where(versions_table.c.dataset == id, versions_table.c.digest.startswith(start))
        .order_by(versions_table.c.number.desc())
        .limit(1)
    )
    return None if body is None else msgspec.convert(body, Version)


def versions(
    db: Connection, id: DatasetId, *, limit: int | None = None, offset: int = 0
) -> list[Version]:
    """Versions of a dataset, newest first, withdrawn ones included; all unless said otherwise."""
    bodies = db.scalars(
        select(versions_table.c.body)
        .where(versions_table.c.dataset == id)
        .order_by(versions_table.c.number.desc())
        .limit(limit)
        .offset(offset or None)
    )
    return [msgspec.convert(body, Version) for body in bodies]


def version_state(db: Connection, id: DatasetId) -> tuple[int, int]:
    """How many versions a dataset has and how many are withdrawn: changes when its list does."""
    row = db.execute(
        select(func.count(), func.count(versions_table.c.withdrawn)).where(
            versions_table.c.dataset == id
        )
    ).one()
    return int(row[0]), int(row[1])


def latest_versions(db: Connection, ids: list[DatasetId] | None = None) -> dict[DatasetId, Version]:
    """The latest version of each dataset that has one, in one query."""
    query = select(versions_table.c.body).join(
        datasets_table,
        (datasets_table.c.id == versions_table.c.dataset)
        & (datasets_table.c.latest == versions_table.c.number),
    )
    if ids is not None:
        query = query.where(datasets_table.c.id.in_(ids))
    found = (msgspec.convert(body, Version) for body in db.scalars(query))
    return {one.dataset: one for one in found}


def latest_states(db: Connection) -> list[tuple[DatasetId, int, datetime, str]]:
    """Datasets with data by id: number of the latest version, when and how the entry last changed.

    A cheap look, without a body: whoever keeps something by these knows when it is stale.
    """
    table = datasets_table.c
    query = select(table.id, table.latest, table.modified, table.access)
    found = db.execute(query.where(table.latest.is_not(None)).order_by(table.id))
    return [(DatasetId(id), latest, modified, access) for id, latest, modified, access in found]


def derived_from(db: Connection, id: DatasetId, number: int) -> list[Version]:
    """Versions that were made from this one and are not withdrawn."""
    named = cast(versions_table.c.body, String).contains(f'"{id}@{number}"', autoescape=True)
    query = select(versions_table.c.body).where(named, versions_table.c.withdrawn.is_(None))
    found = (msgspec.convert(body, Version) for body in db.scalars(query))
    return [one for one in found if f"{id}@{number}" in one.provenance.derived_from]


def files_in_use(db: Connection) -> set[Digest]:
    """Digests of all lake files that a version names, with faults and rejected rows."""
    named: set[Digest] = set()
    for body in db.scalars(select(versions_table.c.body)):
        one = msgspec.convert(body, Version)
        named.add(one.file)
        named |= {digest for digest in (one.report, one.rejects) if digest}
    return named


def readable_files(db: Connection) -> set[Digest]:
    """Digests of the files of all versions that are not withdrawn."""
    live = versions_table.c.withdrawn.is_(None)
    return {Digest(one) for one in db.scalars(select(versions_table.c.file).where(live))}


def totals(db: Connection) -> tuple[int, int, int]:
    """How many datasets, datasets with data, and rows in latest versions, from kept counts."""
    every = db.scalar(select(func.count()).select_from(datasets_table)) or 0
    row = db.execute(
        select(func.count(), func.coalesce(func.sum(versions_table.c.rows), 0))
        .select_from(versions_table)
        .join(
            datasets_table,
            (datasets_table.c.id == versions_table.c.dataset)
            & (datasets_table.c.latest == versions_table.c.number),
        )
    ).one()
    return every, int(row[0]), int(row[1])
