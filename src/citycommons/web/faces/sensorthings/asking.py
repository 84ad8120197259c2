"""One request: follows the path, then writes what it leads to."""

from typing import Any

import orjson

from citycommons.core.errors import Invalid, NotFound
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
from citycommons.share.sensorthings.observations import Observed
from citycommons.share.sensorthings.request import DATA_ARRAY, Options, Segment, parse_options
from citycommons.share.sensorthings.tables import as_csv, as_geojson
from citycommons.share.sensorthings.written import Writer, at_skip, data_arrays, values_of
from citycommons.web.faces.sensorthings.described import JSON, ROOT
from citycommons.web.running import RunningRequest

_ENDS = ("$ref", "$value", "$count")


class Asking:
    """A question and the service that knows the answer."""

    def __init__(self, running: RunningRequest, service: Service) -> None:
        self._running, self._service = running, service
        self._base = running.url + ROOT

    def answer(self, segments: tuple[Segment, ...]) -> tuple[bytes | None, str]:
        """Content and media type; no content for a property without a value."""
        path, ends = _split(segments)
        options = self._options(path, ends)
        reached = self._service.reach(path, options.filter)
        if ends:
            return self._end(reached, ends, options)
        if isinstance(reached, Entities | Observing):
            return self._list(reached, options)
        return self._one(reached, options)

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
