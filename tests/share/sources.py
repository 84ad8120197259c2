"""Sources for tests: connectors whose parcels a test says, and a clock that it moves."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson

from citycommons.collect import sources
from citycommons.collect.polite import Polite
from citycommons.core import plugs
from citycommons.core.types import (
    ActorId,
    Brings,
    DatasetId,
    Parcel,
    PublisherId,
    Run,
    Source,
    SourceId,
)
from citycommons.share import arrive
from citycommons.store.work import City

OFFERED: dict[str, Any] = {}
"""What the connectors of this module bring: records by identifier, or files by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """A catalogue of CKAN records: whatever the test put there; an exception is raised."""

    url: str = ""
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        for identifier, record in OFFERED.items():
            if isinstance(record, Exception):
                raise record
            body = record if isinstance(record, bytes) else orjson.dumps(record)
            yield self.client.keep(
                body,
                name="record.json",
                origin=f"https://origin.example/api/3/action/package_show?id={identifier}",
                media_type="application/json",
                profile="ckan",
                identifier=identifier,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Tables: whatever the test put there, `name` or `part/name` → text, with cursors."""

    client: Polite = field(default_factory=Polite)
    since: str = ""

    def fetch(self) -> Iterator[Parcel]:
        for name, content in OFFERED.items():
            if isinstance(content, Exception):
                raise content
            text, cursor = content if isinstance(content, tuple) else (content, "")
            if cursor and self.since and cursor <= self.since:
                continue
            part, _, file = name.rpartition("/")
            yield self.client.keep(
                text.encode(), name=file, origin=f"file:{name}", part=part, cursor=cursor
            )


def offer(monkeypatch: Any) -> dict[str, Any]:
    """Install the two connectors for one test; answers what they bring, to be filled."""
    installed, OFFERED_BEFORE = plugs.load, {"records": Records, "files": Files}

    def load(kind: str, name: str) -> Any:
        return OFFERED_BEFORE.get(name) or installed(kind, name)

    monkeypatch.setattr(plugs, "load", load)
    OFFERED.clear()
    return OFFERED


class Clock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


CATALOGUE = Source(
    id=SourceId("portal"),
    title="The other portal",
    connector="records",
    publisher=PublisherId("roads"),
    owner=ActorId("admin"),
    every="P1D",
    license="CC-BY-4.0",
)
TABLE = replace(CATALOGUE, id=SourceId("trees"), connector="files", dataset=DatasetId("trees"))


def add(city: City, actor: Any, source: Source) -> Source:
    with city.work(actor) as work:
        return sources.save(work, source)


def go(city: City, actor: Any, id: str, **more: Any) -> Run:
    """One run, now."""
    return arrive.run_named(city, actor, SourceId(id), **more)


def record(number: int, **more: Any) -> dict[str, Any]:
    """A record as CKAN's `package_show` gives it."""
    name = f"set-{number}"
    return {
        "id": name,
        "name": name,
        "title": f"Measured thing {number}",
        "notes": f"What was measured at place {number}.",
        "tags": [{"name": "things"}],
        "resources": [
            {"id": f"r{number}", "url": f"https://origin.example/{number}.csv", "format": "CSV"}
        ],
        **more,
    }
