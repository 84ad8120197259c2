"""A tile as it is sent: from memory where it was made before, packed for who takes that."""

import asyncio
import re
from collections.abc import Callable

from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.core.types import Channel, DatasetId, Version
from citycommons.share import tiles
from citycommons.share.open import open as open_version
from citycommons.web.addresses import caching
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running, RunningRequest
from citycommons.web.turns import long_turn

_WHOLE = re.compile(r"0|[1-9][0-9]{0,7}")
Place = tuple[int, int, int]


def whole(*texts: str) -> Place:
    """The tile's three numbers. Raises `NotFound` for what are no numbers."""
    if not all(_WHOLE.fullmatch(text) for text in texts):
        raise NotFound("There is no such tile: zoom, column and row are whole numbers.")
    first, second, third = (int(text) for text in texts)
    return first, second, third


async def tile(
    running: Running, id: DatasetId, version: str | None, place: Callable[[], Place]
) -> Response[bytes]:
    """The tile, on the loop itself where it lies in memory; making one takes a thread.

    `place` is read after the version was opened: who may not read it learns nothing of tiles.
    """
    known = running.city.recent.knows(("version", id, version))
    if known is not None and _is_kept(known, place):
        return _tile(running, id, version, place)
    return await asyncio.to_thread(_tile, running, id, version, place)


def _is_kept(version: Version, place: Callable[[], Place]) -> bool:
    try:
        return tiles.kept(version.file, *place()) is not None
    except NotFound:
        return False


def _tile(
    running: RunningRequest, id: DatasetId, version: str | None, place: Callable[[], Place]
) -> Response[bytes]:
    with running.work(channel=Channel.TILE) as work:
        opened = open_version(work, id, version)
    z, x, y = place()
    tag = f'W/"{opened.version.file[:24]}-{z}-{x}-{y}"'
    headers = {
        "etag": tag,
        "cache-control": caching(opened.dataset, version),
        "vary": "accept-encoding, authorization, cookie",
    }
    if is_known(running, tag):
        return Response(b"", status_code=304, media_type=tiles.MEDIA, headers=headers)
    if (found := tiles.kept(opened.version.file, z, x, y)) is None:
        with long_turn():
            found = tiles.tile(opened, z, x, y)
    if not found.body:
        return Response(b"", status_code=204, media_type=tiles.MEDIA, headers=headers)
    if "gzip" in running.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(found.packed, media_type=tiles.MEDIA, headers=headers)
    return Response(found.body, media_type=tiles.MEDIA, headers=headers)
