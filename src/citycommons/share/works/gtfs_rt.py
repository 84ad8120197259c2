"""Service alerts for lines and stops that works touch.

References
----------
GTFS Realtime reference 2.0: FeedMessage, Alert (cause CONSTRUCTION, effect, informed_entity,
active_period).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.transit import gtfs_realtime_pb2

from citycommons.core.types import Text
from citycommons.core.works import Effect, Line, Position, Works, WorksId
from citycommons.share.works.calendar import windows
from citycommons.share.works.edition import Edition, lines
from citycommons.share.works.places import bounds

MEDIA = "application/x-protobuf"
NEAR_M = 40.0  # a stop so near to a line lies in that street
_MOST_PERIODS = 100
_M = 111_195.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Routes and stops of a GTFS feed that works touch, by its ids."""

    routes: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()


def stops_near(
    works: Iterable[Works], stops: Mapping[str, Position], within_m: float = NEAR_M
) -> dict[WorksId, Touched]:
    """Stops that lie in the streets of works that are closed or narrowed."""
    found: dict[WorksId, Touched] = {}
    for one in works:
        drawn = [line for line in lines(one) if _hinders(one, line)]
        if (box := bounds(drawn)) is None:
            continue
        west, south, east, north = box
        high = within_m / _M
        wide = high / max(0.01, cos(radians(max(abs(south), abs(north)))))
        near = tuple(
            id
            for id, (lon, lat) in stops.items()
            if west - wide <= lon <= east + wide
            and south - high <= lat <= north + high
            and _is_near((lon, lat), drawn, within_m)
        )
        if near:
            found[one.id] = Touched(stops=near)
    return found


def _hinders(one: Works, line: Line) -> bool:
    measures = (m for phase in one.phases for m in phase.measures if m.line == line)
    return any(m.effect not in (Effect.PARKING, Effect.NEW_LINK, Effect.SPEED) for m in measures)


def _is_near(place: Position, drawn: list[Line], within_m: float) -> bool:
    return any(
        _distance(place, a, b) <= within_m
        for line in drawn
        for a, b in zip(line, line[1:] or line, strict=False)
    )


def _distance(place: Position, a: Position, b: Position) -> float:
    """Metres from a position to a stretch, on the plane that touches the globe there."""
    east = _M * cos(radians(place[1]))
    ax, ay = (a[0] - place[0]) * east, (a[1] - place[1]) * _M
    bx, by = (b[0] - place[0]) * east, (b[1] - place[1]) * _M
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
    return float(((ax + t * dx) ** 2 + (ay + t * dy) ** 2) ** 0.5)


def message(
    works: Sequence[Works], edition: Edition, touched: Mapping[WorksId, Touched]
) -> gtfs_realtime_pb2.FeedMessage:
    """An alert for each of the works that touch anything; the others have no place in the feed."""
    feed = gtfs_realtime_pb2.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.incrementality = gtfs_realtime_pb2.FeedHeader.FULL_DATASET
    feed.header.timestamp = int(edition.made.timestamp())
    for one in works:
        found = touched.get(one.id, Touched())
        if found.routes or found.stops:
            _alert(feed.entity.add(), one, found, edition)
    return feed


def binary(message: gtfs_realtime_pb2.FeedMessage) -> bytes:
    """As vehicles' and planners' programs take it."""
    return bytes(message.SerializeToString())


def json(message: gtfs_realtime_pb2.FeedMessage) -> bytes:
    """The same, to look at."""
    return bytes(MessageToJson(message, preserving_proto_field_name=True).encode())


def _alert(
    entity: gtfs_realtime_pb2.FeedEntity, one: Works, found: Touched, edition: Edition
) -> None:
    alert = gtfs_realtime_pb2.Alert
    entity.id = one.id
    entity.alert.cause = alert.CONSTRUCTION
    entity.alert.effect = _effect(one)
    for phase in one.phases:
        for begins, ends in windows(phase, edition.zone, edition.made, _MOST_PERIODS):
            period = entity.alert.active_period.add()
            period.start, period.end = int(begins.timestamp()), int(ends.timestamp())
    for route in found.routes:
        entity.alert.informed_entity.add().route_id = route
    for stop in found.stops:
        entity.alert.informed_entity.add().stop_id = stop
    _say(entity.alert.url, {edition.language: edition.page(one)})
    _say(entity.alert.header_text, one.title)
    _say(entity.alert.description_text, _description(one))


def _effect(one: Works) -> Any:
    effects = {measure.effect for phase in one.phases for measure in phase.measures}
    if effects & {Effect.CLOSED, Effect.ONE_WAY, Effect.TURN_BAN}:
        # Where buses still pass they are only late.
        is_open = "bus" in one.stays_open_to
        kind = "SIGNIFICANT_DELAYS" if is_open else "DETOUR"
    else:
        kind = "SIGNIFICANT_DELAYS" if Effect.LANES in effects else "OTHER_EFFECT"
    return gtfs_realtime_pb2.Alert.Effect.Value(kind)


def _description(one: Works) -> dict[str, str]:
    found = {}
    for key in dict.fromkeys((*one.description, *one.detour_words)):
        parts = (one.description.get(key, ""), one.detour_words.get(key, ""))
        found[key] = "\n".join(part for part in parts if part)
    return found


def _say(into: gtfs_realtime_pb2.TranslatedString, text: Text) -> None:
    for language, words in text.items():
        if words:
            translation = into.translation.add()
            translation.text, translation.language = words, language
