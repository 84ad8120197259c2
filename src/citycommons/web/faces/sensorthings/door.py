"""`GET` of the service and of everything below it."""

from hashlib import blake2b

import orjson
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.types import Channel, DatasetId
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.answer import Service
from citycommons.share.sensorthings.entities import Manner
from citycommons.share.sensorthings.known import Readable, known
from citycommons.share.sensorthings.request import Segment, parse_path
from citycommons.share.sensorthings.series import Series
from citycommons.store.work import Work
from citycommons.web import errors
from citycommons.web.faces.sensorthings.asking import Asking
from citycommons.web.faces.sensorthings.described import (
    CONFORMANCE,
    ENTITIES,
    JSON,
    ROOT,
    SERVICE,
    translate,
)
from citycommons.web.faces.sensorthings.kept import Kept, Told
from citycommons.web.negotiate import is_known
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May
from citycommons.web.turns import long_turn

_told = Kept(24_000_000)


@get(
    ROOT,
    opt={"may": May.ANYONE, "operation": SERVICE},
    exception_handlers=errors.in_form(translate),
)
async def service(running: Running) -> Response[bytes]:
    """The sets of entities, and what the service conforms to (clause 9.2.2.1)."""
    base = running.url + ROOT
    body = {
        "value": [{"name": name, "url": f"{base}/{name}"} for name in names.SETS],
        "serverSettings": {"conformance": CONFORMANCE},
    }
    return Response(orjson.dumps(body), media_type=JSON, headers={"cache-control": "no-cache"})


@get(
    ROOT + "/{path:path}",
    sync_to_thread=True,
    opt={"may": May.ANYONE, "operation": ENTITIES},
    exception_handlers=errors.in_form(translate),
)
def read(running: Running, path: FromPath[str]) -> Response[bytes]:
    """Whatever a path leads to, with the options of the address."""
    segments = parse_path(path)
    with running.work(channel=Channel.SENSORTHINGS) as work:
        readable = known(work)
        tag = _tag(running, readable)
        headers = {
            "etag": tag,
            "cache-control": f"{'private' if running.is_signed_in else 'public'}, no-cache",
            "vary": "authorization, cookie",
        }
        if is_known(running, tag):
            return Response(b"", status_code=304, media_type=JSON, headers=headers)
        told = _kept(work, tag) or _worked_out(running, work, readable, segments, tag)
    if told.content is None:
        return Response(b"", status_code=204, headers=headers)
    return Response(told.content, media_type=told.media, headers=headers)


def _kept(work: Work, tag: str) -> Told | None:
    told = _told.get(tag)
    for one in told.opened if told else ():  # an answer that is kept is a use like any other
        open_version(work, one.dataset.id, one.version.number)
    return told


def _worked_out(
    running: RunningRequest,
    work: Work,
    readable: Readable,
    segments: tuple[Segment, ...],
    tag: str,
) -> Told:
    door, manner = _Door(work), Manner(running.city.settings.language, running.url)
    service = Service(work=work, readable=readable, manner=manner, open=door.open)
    with long_turn():
        content, media = Asking(running, service).answer(segments)
    told = Told(content, media, tuple(door.opened.values()))
    _told.keep(tag, told)
    return told


class _Door:
    """Opens series for one question, which is one use of each, however often it looks."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.opened: dict[DatasetId, Opened] = {}

    def open(self, series: Series) -> Opened:
        id = series.dataset.id
        if id not in self.opened:
            self.opened[id] = open_version(self._work, id, series.version.number)
        return self.opened[id]


def _tag(running: RunningRequest, readable: Readable) -> str:
    # What may be read and the question give the answer, so they name it before it is worked out.
    clock = running.city.clock() if "now(" in running.raw_query else None
    language = running.city.settings.language
    question = (readable.signature, running.url, running.path, running.raw_query, language, clock)
    return f'W/"{blake2b(repr(question).encode(), digest_size=12).hexdigest()}"'


HANDLERS: list[HTTPRouteHandler] = [service, read]
