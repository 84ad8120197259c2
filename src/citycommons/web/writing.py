"""Writing through the API: describe a dataset, publish a version, withdraw one.

Each asks `govern` before the body is read; a file is written aside and read before the writing
transaction opens, so that no writer waits for it.
"""

import asyncio
import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from litestar import Request, delete, post, put
from litestar.datastructures import UploadFile
from litestar.params import FromPath, RawBody
from litestar.response import Response

from citycommons.core.errors import Conflict, Invalid, TooMuch, Unavailable
from citycommons.core.tables import Report
from citycommons.core.types import (
    Dataset,
    DatasetId,
    Digest,
    Parcel,
    Provenance,
    Version,
)
from citycommons.govern.access import Action, require
from citycommons.share import publish as publishing
from citycommons.share.publish import Published
from citycommons.share.receive import received
from citycommons.store import catalogue
from citycommons.web.addresses import dataset_path, parse_name
from citycommons.web.datasets import entity_tag
from citycommons.web.door import MB
from citycommons.web.negotiate import as_json, is_same
from citycommons.web.refusals import Changed
from citycommons.web.rows import version_summary
from citycommons.web.running import Running, RunningRequest

_FORGOTTEN_S = 24 * 3600
_FORM = "multipart/form-data"


def described_by(body: bytes, id: DatasetId | None = None) -> Dataset:
    """The dataset in a JSON body. Raises `Invalid` that names the wrong field."""
    try:
        raw = msgspec.json.decode(body)
        if not isinstance(raw, dict):
            raise Invalid("The body must be a JSON object that describes a dataset.")
        if unknown := sorted(set(raw) - {one.name for one in fields(Dataset)}):
            raise Invalid(f"A dataset has no field “{unknown[0]}”.", field=unknown[0])
        if id is not None and raw.setdefault("id", id) != id:
            raise Invalid("The id in the body is not that of the address.", field="id")
        return msgspec.convert(raw, Dataset)
    except msgspec.ValidationError as cause:
        text, _, path = str(cause).partition(" - at `$.")
        where = path.rstrip("`") or "body"
        raise Invalid(f"“{where}”: {text}.", field=where) from cause
    except msgspec.DecodeError as cause:
        raise Invalid(f"The body is no JSON: {cause}.") from cause


def _answer(running: Running, dataset: Dataset, status: int) -> Response[bytes]:
    made = as_json(running, msgspec.json.encode(dataset))
    made.status_code = status
    made.headers["etag"] = entity_tag(dataset)
    made.headers["location"] = running.url + dataset_path(dataset.id)
    return made


@post("/datasets", sync_to_thread=True, opt={"may": Action.DESCRIBE})
def create(running: Running, body: RawBody) -> Response[bytes]:
    """Describe a new dataset; `Conflict` if there is one of this id."""
    dataset = described_by(body)
    with running.work(may_write=True) as work:
        require(work, Action.DESCRIBE, dataset.publisher)
        if catalogue.find_dataset(work.db, dataset.id) is not None:
            raise Conflict(
                f"There is a dataset “{dataset.id}” already. Change it with PUT, or choose "
                "another id.",
                dataset=dataset.id,
            )
        made = publishing.describe(work, replace(dataset, created=None, modified=None))
    return _answer(running, made, 201)


@put("/datasets/{name:str}", sync_to_thread=True, opt={"may": Action.DESCRIBE, "of": "dataset"})
def replace_description(running: Running, name: FromPath[str], body: RawBody) -> Response[bytes]:
    """Replace the description; with `If-Match` only if nobody changed it meanwhile."""
    id, _ = parse_name(name)
    with running.work() as work:
        require(work, Action.DESCRIBE, catalogue.dataset(work.db, id))
    dataset = described_by(body, id)
    with running.work(may_write=True) as work:
        before = catalogue.dataset(work.db, id)
        require(work, Action.DESCRIBE, before)
        _check_unchanged(running, entity_tag(before))
        made = publishing.describe(
            work, replace(dataset, created=before.created, modified=before.modified)
        )
    return _answer(running, made, 200)


def _check_unchanged(running: Running, tag: str) -> None:
    given = running.headers.get("if-match", "")
    if given and given != "*" and not is_same(given, tag):
        raise Changed("Somebody changed this meanwhile. Load it again, then repeat your change.")


@post(
    "/datasets/{name:str}/versions",
    opt={"may": Action.PUBLISH, "of": "dataset"},
    request_max_body_size=None,  # the door holds `upload_limit_mb`, and `saved` counts
)
async def publish(
    running: Running, name: FromPath[str], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Publish a file as the newest version: the body is the file, or a form with `file`."""
    id, _ = parse_name(name)
    expected = await asyncio.to_thread(_before_reading, running, id)
    folder = Path(await asyncio.to_thread(aside, running))
    try:
        is_form = running.headers.get("content-type", "").startswith(_FORM)
        form = await request.form() if is_form else {}
        file = form.get("file")
        if is_form and not isinstance(file, UploadFile):
            raise Invalid("The form needs a part “file” with a file.", parameter="file")
        given = {**{k: v for k, v in form.items() if isinstance(v, str)}, **dict(running.query)}
        if isinstance(file, UploadFile):
            parcel = await saved(running, folder, file.filename, file.content_type, parts_of(file))
        else:
            media = running.headers.get("content-type", "")
            parcel = await saved(
                running,
                folder,
                given.get("filename") or _name(running, id),
                media,
                request.stream(),
            )
        return await asyncio.to_thread(_publish, running, id, parcel, given, expected)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _before_reading(running: Running, id: DatasetId) -> int | None:
    """Refuse who may not before taking a single byte; answers the version of `If-Match`."""
    with running.work() as work:
        require(work, Action.PUBLISH, catalogue.dataset(work.db, id))
        latest = catalogue.version(work.db, id)
        every = catalogue.versions(work.db, id)
    given = running.headers.get("if-match", "")
    if not given or given == "*":
        return None
    if latest is None or not is_same(given, f'"{latest.digest}"'):
        raise Changed("The latest version is not the one in If-Match. Look at it, then repeat.")
    return every[0].number


def aside(running: Running) -> str:
    """A folder for what is sent; `Unavailable` where the disk takes nothing."""
    folder = running.city.settings.home / "incoming"
    try:
        folder.mkdir(exist_ok=True)
        return tempfile.mkdtemp(prefix="upload-", dir=folder)
    except OSError as cause:
        raise Unavailable(f"Cannot take files now: {cause.strerror or cause}.") from cause


def forget_uploads(home: Path) -> None:
    """Remove what a killed process left of uploads more than a day ago."""
    for folder in (home / "incoming").glob("upload-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _FORGOTTEN_S:
                shutil.rmtree(folder, ignore_errors=True)


def _name(running: Running, id: DatasetId) -> str:
    disposition = running.headers.get("content-disposition", "")
    _, mark, rest = disposition.partition("filename=")
    if mark:
        return unquote(rest.split(";")[0].strip().strip('"'))
    kind = running.headers.get("content-type", "").partition(";")[0].strip()
    suffix = {
        "text/csv": "csv",
        "application/json": "json",
        "application/geo+json": "geojson",
        "application/geopackage+sqlite3": "gpkg",
        "application/vnd.apache.parquet": "parquet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    }.get(kind, "")
    return f"{id}.{suffix}" if suffix else str(id)


async def parts_of(file: UploadFile) -> AsyncIterator[bytes]:
    """A file of a form, piece by piece."""
    while chunk := await file.read(1 << 20):
        yield chunk


async def saved(
    running: Running, folder: Path, name: str, media: str, parts: AsyncIterator[bytes]
) -> Parcel:
    """What is sent, as a parcel in the folder; `TooMuch` past the limit, `Invalid` for nothing."""
    limit = running.city.settings.upload_limit_mb
    path, size, digest = folder / "file", 0, hashlib.sha256()
    with path.open("wb") as file:
        async for part in parts:
            size += len(part)
            if size > limit * MB:
                raise TooMuch(f"The file is larger than {limit} MB. Split it.", limit_mb=limit)
            digest.update(part)
            await asyncio.to_thread(file.write, part)
    if not size:
        raise Invalid("The file is empty.", parameter="file")
    # The name says the format and nothing else: no part of it becomes a path.
    plain = name.replace("\\", "/").rpartition("/")[2][:200] or "file"
    return Parcel(
        path=path,
        name=plain,
        media_type=media.partition(";")[0].strip(),
        origin=plain,
        received=running.city.clock(),
        digest=Digest(digest.hexdigest()),
    )


def _publish(
    running: Running, id: DatasetId, parcel: Parcel, given: dict[str, str], expected: int | None
) -> Response[bytes]:
    if text := given.get("expected"):
        if not text.isdecimal():
            raise Invalid(f"“expected”: “{text}” is no version number.", parameter="expected")
        expected = int(text)
    published, report = published_parcel(
        running,
        id,
        parcel,
        sheet=given.get("sheet", ""),
        note=given.get("note", ""),
        expected=expected,
    )
    version = published.version
    with running.work() as work:
        dataset = catalogue.dataset(work.db, id)
    body = version_summary(dataset, version, running.url) | {
        "is_new": published.is_new,
        "faults": msgspec.to_builtins(report.summary),
    }
    made = as_json(running, body)
    made.status_code = 201 if published.is_new else 200
    made.headers["etag"] = f'"{version.digest}"'
    made.headers["location"] = running.url + dataset_path(id, version.number)
    return made


def published_parcel(
    running: RunningRequest,
    id: DatasetId,
    parcel: Parcel,
    *,
    sheet: str = "",
    note: str = "",
    expected: int | None = None,
) -> tuple[Published, Report]:
    """A file as the dataset's newest version, and what was found in it.

    It is read before the writing transaction opens, so that no writer waits for it.
    """
    with running.work() as work:
        dataset, actor = catalogue.dataset(work.db, id), work.actor
    found = received(running.city, actor, dataset, [parcel], sheet=sheet)
    provenance = Provenance(
        origin=parcel.origin, received=parcel.received, parcels=(parcel.digest,)
    )
    prepared = publishing.prepare(
        running.city.lake,
        dataset,
        found.table,
        found.report,
        provenance=provenance,
        rejects=found.rejects,
        faults=found.faults,
    )
    with running.work(may_write=True) as work:
        published = publishing.publish(work, dataset, prepared, note=note, expected=expected)
    return published, found.report


def _check_withdraw(running: Running, name: str) -> None:
    """Whoever may not learns nothing about what is wrong with the rest."""
    with running.work() as work:
        require(work, Action.WITHDRAW, catalogue.dataset(work.db, parse_name(name)[0]))


def _withdraw(running: Running, name: str, number: int, reason: str) -> Response[bytes]:
    id, _ = parse_name(name)
    with running.work(may_write=True) as work:
        version: Version = publishing.withdraw(work, id, number, reason=reason)
        dataset = catalogue.dataset(work.db, id)
    return as_json(running, version_summary(dataset, version, running.url))


_WITHDRAW = {"may": Action.WITHDRAW, "of": "dataset"}


@delete(
    "/datasets/{name:str}/versions/{number:int}",
    sync_to_thread=True,
    status_code=200,
    opt=_WITHDRAW,
)
def delete_version(running: Running, name: FromPath[str], number: FromPath[int]) -> Response[bytes]:
    """Withdraw a version: `?reason=…` stays with its tombstone."""
    return _withdraw(running, name, number, running.get("reason"))


@post(
    "/datasets/{name:str}/versions/{number:int}/withdraw",
    sync_to_thread=True,
    status_code=200,
    opt=_WITHDRAW,
)
def withdraw(
    running: Running, name: FromPath[str], number: FromPath[int], body: RawBody
) -> Response[bytes]:
    """Withdraw a version: the JSON body says the `reason`."""
    _check_withdraw(running, name)
    try:
        given = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as cause:
        raise Invalid('The body must be JSON: {"reason": "…"}.') from cause
    return _withdraw(running, name, number, str(given.get("reason", "")))


HANDLERS = [create, replace_description, publish, delete_version, withdraw]
