"""SensorThings API 1.1, reading: every dataset that is a time series, under one service.

References
----------
OGC 18-088, SensorThings API Part 1: Sensing 1.1.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError, Invalid, NotFound
from citycommons.core.types import Channel, DatasetId
from citycommons.share.open import Opened
from citycommons.share.open import open as open_version
from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.answer import (
    Answer,
    Entities,
    Observing,
    Reached,
    Service,
    listed,
    single,
)
from citycommons.share.sensorthings.entities import Entity
from citycommons.share.sensorthings.known import Known, known
from citycommons.share.sensorthings.observations import Observed
from citycommons.share.sensorthings.request import (
    DATA_ARRAY,
    Options,
    Segment,
    parse_options,
    parse_path,
)
from citycommons.share.sensorthings.series import Series
from citycommons.share.sensorthings.tables import as_csv, as_geojson
from citycommons.share.sensorthings.written import Writer, at_skip, data_arrays, values_of
from citycommons.store.work import Work
from citycommons.web import errors
from citycommons.web.negotiate import is_known
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May
from citycommons.web.turns import long_turn

ROOT = "/sensorthings/v1.1"
JSON = "application/json"
_REQUIREMENTS = "http://www.opengis.net/spec/iot_sensing/1.1/req"
CONFORMANCE = (
    f"{_REQUIREMENTS}/datamodel",
    f"{_REQUIREMENTS}/resource-path/resource-path-to-entities",
    f"{_REQUIREMENTS}/request-data",
    f"{_REQUIREMENTS}/data-array/data-array",
)
_ENDS = ("$ref", "$value", "$count")


def translate(running: RunningRequest, error: CityError) -> Response[bytes]:
    """The error as SensorThings' servers and clients write it; what cannot be read is 400."""
    status = 400 if error.http_status == 422 else error.http_status
    body = {
        "code": status,
        "type": "error",
        "message": error.message,
        "error": {"code": str(status), "message": error.message},
    }
    headers = {"cache-control": "no-store"}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="City Commons"'
    if "retry_after_s" in error.where:
        headers["retry-after"] = str(error.where["retry_after_s"])
    return Response(orjson.dumps(body), status_code=status, media_type=JSON, headers=headers)


def _options_of_openapi() -> list[dict[str, Any]]:
    told = {
        "$filter": ("A condition, such as result gt 5 and Datastream/id eq 'a@b@c'.", "string"),
        "$expand": ("What to write out: Datastreams($expand=Observations($top=1)).", "string"),
        "$select": ("Properties to give.", "string"),
        "$orderby": ("Properties to sort by, such as phenomenonTime desc.", "string"),
        "$top": ("How many at most.", "integer"),
        "$skip": ("How many to leave out first.", "integer"),
        "$count": ("Whether to say how many there are.", "boolean"),
        "$resultFormat": ("dataArray, CSV or GeoJSON.", "string"),
    }
    return [parameter(name, text, kind) for name, (text, kind) in told.items()]


_ANSWER: dict[str, Any] = {
    JSON: {"schema": {"type": "object"}},
    "text/csv": {"schema": {"type": "string"}},
    "application/geo+json": {"schema": {"type": "object"}},
    "text/plain": {"schema": {"type": "string"}},
}
_ENTITIES = operation(
    "sensorthings_read",
    "Entities of the SensorThings API 1.1: a set, one of it, what it leads to, or a property.",
    [
        parameter("path", "Such as Things('id')/Datastreams.", where="path", example="Things"),
        *_options_of_openapi(),
    ],
    _ANSWER,
    *("404", "413", "503"),
    tag="faces",
)
_ENTITIES["responses"] |= {
    "204": {"description": "The property has no value."},
    "304": {"description": "It is as the client holds it."},
}
_SERVICE = operation(
    "sensorthings_service",
    "The service's entity sets, and what it conforms to.",
    [],
    {JSON: {"schema": {"type": "object"}}},
    tag="faces",
)


@get(
    ROOT,
    opt={"may": May.ANYONE, "operation": _SERVICE},
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
    opt={"may": May.ANYONE, "operation": _ENTITIES},
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
        with long_turn():
            return _Asking(running, _service(work, readable, running)).answer(segments, headers)


def _service(work: Work, readable: dict[DatasetId, Known], running: RunningRequest) -> Service:
    opened: dict[DatasetId, Opened] = {}

    def open(series: Series) -> Opened:
        id = series.dataset.id
        if id not in opened:  # one question is one use, however often it looks
            opened[id] = open_version(work, id, series.version.number)
        return opened[id]

    language = running.city.settings.language
    return Service(work=work, readable=readable, language=language, open=open)


def _tag(running: RunningRequest, readable: Mapping[DatasetId, Known]) -> str:
    # What may be read and the question give the answer, so they name it before it is worked out.
    states = tuple(one.state for one in readable.values())
    question = (running.path, running.raw_query, running.url, states)
    is_timed = "now(" in running.raw_query
    asked = repr((*question, running.city.clock() if is_timed else None))
    return f'W/"{blake2b(asked.encode(), digest_size=12).hexdigest()}"'


class _Asking:
    """One request: follows the path, then writes what it leads to."""

    def __init__(self, running: RunningRequest, service: Service) -> None:
        self._running, self._service = running, service
        self._base = running.url + ROOT

    def answer(self, segments: tuple[Segment, ...], headers: dict[str, str]) -> Response[bytes]:
        path, ends = _split(segments)
        options = self._options(path, ends)
        reached = self._service.reach(path, options.filter)
        if ends:
            content, media = self._end(reached, ends, options)
        elif isinstance(reached, Entities | Observing):
            content, media = self._list(reached, options)
        else:
            content, media = self._one(reached, options)
        if content is None:
            return Response(b"", status_code=204, headers=headers)
        return Response(content, media_type=media, headers=headers)

    def _options(self, path: tuple[Segment, ...], ends: tuple[Segment, ...]) -> Options:
        set = path[0].name
        for segment in path[1:]:
            if (found := names.led_to(set, segment.name)) is None:
                raise NotFound(f"{set} lead to no “{segment.name[:60]}”.")
            set = found[0]
        return parse_options(set, self._running.query, self._service.work.now)

    def _writer(self, answer: Answer) -> Writer:
        return Writer(self._base, answer.expanded)

    def _list(self, reached: Entities | Observing, options: Options) -> tuple[bytes, str]:
        answer = listed(self._service, reached, options)
        writer = self._writer(answer)
        observed = [item for item in answer.items if isinstance(item, Observed)]
        if options.format == DATA_ARRAY:
            if not isinstance(reached, Observing):
                raise Invalid("Only Observations come as dataArray.", parameter="$resultFormat")
            return self._page(data_arrays(observed, options, writer), answer, options)
        if options.format:
            write = as_csv if options.format == "CSV" else as_geojson
            return write(answer.items, options, writer)
        return self._page([writer.json(item, options) for item in answer.items], answer, options)

    def _page(self, value: list[Any], answer: Answer, options: Options) -> tuple[bytes, str]:
        body: dict[str, Any] = {}
        if answer.total is not None:
            body["@iot.count"] = answer.total
        if answer.has_more and answer.items:
            skip = options.skip + len(answer.items)
            here = self._running.url + self._running.path
            body["@iot.nextLink"] = at_skip(here, self._running.query, skip)
        return orjson.dumps(body | {"value": value}), JSON

    def _one(self, reached: Entity | Observed, options: Options) -> tuple[bytes, str]:
        answer = single(self._service, reached, options)
        return orjson.dumps(self._writer(answer).json(reached, options)), JSON

    def _end(
        self, reached: Reached, ends: tuple[Segment, ...], options: Options
    ) -> tuple[bytes | None, str]:
        last = ends[-1].name
        if isinstance(reached, Entities | Observing):
            return self._set_end(reached, ends, options)
        writer = Writer(self._base, {})
        if last == "$ref" and len(ends) == 1:
            return orjson.dumps({"@iot.selfLink": writer.link(reached)}), JSON
        return _property(reached, ends)

    def _set_end(
        self, reached: Entities | Observing, ends: tuple[Segment, ...], options: Options
    ) -> tuple[bytes, str]:
        if len(ends) > 1 or ends[0].name not in ("$ref", "$count"):
            raise NotFound(f"A set of entities has no “{ends[0].name[:60]}”.")
        if ends[0].name == "$count":
            asked = Options(filter=options.filter, top=0, count=True)
            total = listed(self._service, reached, asked).total
            return str(total or 0).encode(), "text/plain"
        answer = listed(self._service, reached, options)
        writer = self._writer(answer)
        links = [{"@iot.selfLink": writer.link(item)} for item in answer.items]
        return self._page(links, answer, options)


def _set_of(reached: Entities | Observing) -> str:
    return reached.set if isinstance(reached, Entities) else names.OBSERVATIONS


def _split(segments: tuple[Segment, ...]) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """The path to entities, and what follows: a property, `$ref`, `$value` or `$count`."""
    set, end = segments[0].name, len(segments)
    if set not in names.SETS:
        raise NotFound(f"There is no “{set[:60]}”. There are: {', '.join(names.SETS)}.")
    for place, segment in enumerate(segments[1:], 1):
        if (found := names.led_to(set, segment.name)) is None:
            end = place
            break
        set = found[0]
    ends = segments[end:]
    is_known_end = not ends or ends[0].name in (*_ENDS, *names.SETS[set], "id", "@iot.id")
    if not is_known_end or any(one.id is not None for one in ends):
        raise NotFound(f"{set} have no “{ends[0].name[:60]}”.")
    return segments[:end], ends


def _property(item: Entity | Observed, ends: tuple[Segment, ...]) -> tuple[bytes | None, str]:
    *parts, last = (segment.name for segment in ends)
    is_raw = last == "$value"
    if not is_raw:
        parts.append(last)
    if not parts or any(part.startswith("$") for part in parts):
        raise NotFound("Name one property, such as Things('id')/name/$value.")
    values: Any = {**values_of(item), "id": item.id, "@iot.id": item.id}
    for part in parts:
        values = values.get(part) if isinstance(values, dict) else None
    if not is_raw:
        return orjson.dumps({parts[-1]: values}), JSON
    if values is None:
        return None, ""
    text = values.encode() if isinstance(values, str) else orjson.dumps(values)
    return text, JSON if isinstance(values, dict | list) else "text/plain"


class SensorThings:
    """The face `sensorthings`: `/sensorthings/v1.1`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """The service, and everything below it."""
        return [service, read]
