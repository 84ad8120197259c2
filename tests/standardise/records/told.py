"""Records as parcels, and the entries they become."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from citycommons.core.types import Dataset, Parcel, PublisherId
from citycommons.standardise.records import entry


def parcel_of(
    folder: Path, profile: str, record: Any, *, identifier: str = "id-1", origin: str = ""
) -> Parcel:
    content = record if isinstance(record, bytes) else orjson.dumps(record)
    path = folder / "record"
    path.write_bytes(content)
    return Parcel(
        path=path,
        name="record",
        origin=origin or f"https://city.example/records/{identifier}",
        received=datetime(2026, 3, 31, tzinfo=UTC),
        profile=profile,
        identifier=identifier,
    )


def entry_of(folder: Path, profile: str, record: Any, **more: Any) -> Dataset:
    told = {key: more.pop(key) for key in ("identifier", "origin") if key in more}
    parcel = parcel_of(folder, profile, record, **told)
    return entry(parcel, publisher=PublisherId("city"), **more)


def links(dataset: Dataset) -> list[tuple[str, str]]:
    return [(link.url, link.format) for link in dataset.links]
