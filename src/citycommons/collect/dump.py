"""Connector `dump`: the datasets of a portal that is left behind, from the file it was dumped to.

References
----------
ckanapi: `ckanapi dump datasets --all`, one package a line. Opendatasoft: Explore API v2.1,
`/catalog/exports/json`. Socrata: Discovery API `/api/catalog/v1`, and `/api/views`.
"""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import orjson

from citycommons.collect.arrivals import inside
from citycommons.collect.listing import kept, once
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.core.types import Brings, Parcel

SYSTEMS = ("ckan", "opendatasoft", "socrata")
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz")
_LISTS = ("results", "datasets", "result")
_MOST_BYTES = 2 << 30  # unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """Datasets of a CKAN, Opendatasoft or Socrata portal, from a file or a folder of files.

    JSON and JSON lines, also packed with gzip. Each record comes as its portal would have given it,
    so that a later source of the portal itself knows it again.
    """

    path: Path = field(metadata={"says": "File or folder, inside a folder that may be read"})
    system: str = field(metadata={"says": "What wrote it", "choices": SYSTEMS})
    portal: str = field(metadata={"says": "Address the portal had, https://data.city.org"})
    roots: tuple[Path, ...] = ()
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every dataset once.

        Raises `NotFound` without the file, `Forbidden` when it may not be read, and `Invalid` for
        what is no dump of such a portal.
        """
        if self.system not in SYSTEMS:
            raise Invalid(
                f"“{self.system}” is none of {', '.join(SYSTEMS)}.",
                column="system",
            )
        with self.client:
            yield from once(map(self._kept, self.records()))

    def records(self) -> Iterator[dict[str, Any]]:
        """The datasets as the dump has them."""
        found = 0
        for path in self._files():
            for record in _records(path):
                if identifier(self.system, record):
                    found += 1
                    yield record
        if not found:
            raise Invalid(
                f"{self.path.name} holds no dataset as {self.system} dumps them. "
                "Say which portal wrote it.",
                column="path",
            )

    def _files(self) -> list[Path]:
        path = inside(self.path, self.roots)
        if path.is_dir():
            files = [one for one in sorted(path.iterdir()) if one.suffix.lower() in _SUFFIXES]
        else:
            files = [path]
        if not files or not all(one.is_file() for one in files):
            raise NotFound(f"There is no dump at {self.path}. Check the path.")
        return files

    def _kept(self, record: dict[str, Any]) -> Parcel:
        id = identifier(self.system, record)
        portal = self.portal.rstrip("/")
        origin = {
            "ckan": f"{portal}/api/3/action/package_show?id={id}",
            "opendatasoft": f"{portal}/api/explore/v2.1/catalog/datasets/{id}",
            "socrata": f"{portal}/d/{id}",
        }[self.system]
        if self.system == "opendatasoft":
            record = _as_explored(record)
        return kept(
            self.client,
            record,
            profile=self.system,
            identifier=id,
            origin=origin,
            is_deleted=record.get("state") == "deleted",
        )


def identifier(system: str, record: dict[str, Any]) -> str:
    """The record's identifier; empty for one that is no dataset (an organisation, a story)."""
    match system:
        case "ckan":
            is_dataset = "resources" in record or record.get("type") == "dataset"
            return str(record.get("id") or record.get("name") or "") if is_dataset else ""
        case "opendatasoft":
            return str(record.get("dataset_id") or record.get("datasetid") or "")
        case _:
            about = record.get("resource")
            said = about if isinstance(about, dict) else record
            return str(said.get("id") or "")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file: one a line, or a list, wherever its answer keeps it."""
    content = _content(path)
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from _lines(content, path.name)
        return
    for key in _LISTS:
        while isinstance(whole, dict) and isinstance(whole.get(key), list | dict):
            whole = whole[key]
    listed = whole if isinstance(whole, list) else [whole]
    yield from (one for one in listed if isinstance(one, dict))


def _lines(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(io.BytesIO(content), start=1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as cause:
            raise Invalid(
                f"{name}, line {number}: this is no JSON ({cause}). Dump the portal again."
            ) from cause
        if isinstance(record, dict):
            yield record


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream: Any = gzip.GzipFile(fileobj=file) if packed else file
        try:
            content: bytes = stream.read(_MOST_BYTES + 1)
        except (OSError, EOFError) as cause:
            raise Invalid(f"{path.name} cannot be unpacked: {cause}.") from cause
    if len(content) > _MOST_BYTES:
        raise TooMuch(f"{path.name} holds more than {_MOST_BYTES >> 30} GB. Split it.")
    return content


def _as_explored(record: dict[str, Any]) -> dict[str, Any]:
    """An export's record as Explore gives it: metas by template, whatever the version wrote.

    Exports write `default.title` flat; version 1 wrote `datasetid` and one list of metas.
    """
    found = dict(record)
    found.setdefault("dataset_id", record.get("datasetid"))
    said = found.get("metas")
    metas: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
    if metas and not any(isinstance(one, dict) for one in metas.values()):
        metas = {"default": metas}
    for key, value in record.items():
        template, dot, name = key.partition(".")
        if dot and value is not None:
            metas.setdefault(template, {})[name] = value
    found["metas"] = metas
    return found
