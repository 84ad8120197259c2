"""What is sent to an action: JSON, a form, or a form with a file, each within its bounds."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from litestar import Request
from litestar.datastructures import UploadFile

from citycommons.core.errors import TooMuch
from citycommons.core.types import Parcel
from citycommons.govern.access import Action, allows_anywhere
from citycommons.web.door import MB
from citycommons.web.faces.ckan.call import Call, Wrong
from citycommons.web.refusals import NotUnderstood
from citycommons.web.running import RunningRequest
from citycommons.web.writing import aside, parts_of, saved

MOST_BYTES = 4 * MB  # of all that is not a file

_Request = Request[Any, Any, Any]


@asynccontextmanager
async def called(running: RunningRequest, request: _Request) -> AsyncIterator[Call]:
    """The call; a file that came with it lies aside until it is answered."""
    media = running.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "multipart/form-data":
        body = await _bounded(request)
        read = _of_form if media == "application/x-www-form-urlencoded" else _of_json
        yield Call(running=running, data=read(body))
        return
    _check_form(running)
    form = await request.form()
    folder = Path(await asyncio.to_thread(aside, running))
    try:
        data, parcel = await _of_parts(running, form, folder)
        yield Call(running=running, data=data, parcel=parcel)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await form.close()


def _check_form(running: RunningRequest) -> None:
    """Who may publish nothing sends no file; and nobody one of unknown length."""
    length = running.headers.get("content-length")
    if length is None:
        raise NotUnderstood("Say how long the form is: it needs a Content-Length")
    if int(length) > MOST_BYTES and not allows_anywhere(running.actor, Action.PUBLISH):
        raise TooMuch("Files are taken from who may publish.")


async def _bounded(request: _Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise TooMuch(f"The body is larger than {MOST_BYTES // MB} MB; send files as a form.")
        parts.append(part)
    return b"".join(parts)


def _of_json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as cause:
        raise NotUnderstood(f"JSON Error: Error decoding JSON data. {cause}") from cause
    if not isinstance(found, dict):
        raise NotUnderstood("JSON Error: Request data must be a dictionary")
    return found


def _of_form(body: bytes) -> dict[str, Any]:
    """Names and values; or, as curl's `-d` sends it, one name that is JSON without a value."""
    try:
        text = body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=1_000)
    except ValueError as cause:
        raise NotUnderstood("JSON Error: The form cannot be read") from cause
    if text.lstrip().startswith("{") and text.rstrip().endswith(("}", "}=", "}=1")):
        return _of_json(text.rstrip().removesuffix("=1").removesuffix("=").encode())
    return mixed(pairs)


def mixed(pairs: list[tuple[str, Any]] | tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Parameters by name; those given several times are lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


async def _of_parts(
    running: RunningRequest, form: Any, folder: Path
) -> tuple[dict[str, Any], Parcel | None]:
    pairs, parcel = [], None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name != "upload" or parcel is not None:
                raise Wrong(**{name: "One file can be sent, as “upload”"})
            parcel = await saved(
                running, folder, value.filename, value.content_type, parts_of(value)
            )
        else:
            pairs.append((name, value))
    return mixed(pairs), parcel
