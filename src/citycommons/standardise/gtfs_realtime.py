"""GTFS-Realtime 2.0 feeds (protocol buffers): vehicles, trip updates by stop, alerts."""

from collections.abc import Callable, Iterator
from typing import Any

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise import objects
from citycommons.standardise.formats import Draft, Source

_TIMES = frozenset(("timestamp", "arrival_time", "departure_time", "active_from", "active_until"))


class GtfsRealtime:
    """One feed message; `sheet` names what is read of it."""

    def recognises(self, source: Source) -> float:
        if source.profile == "gtfs-realtime":
            return 1.0
        # Field 1 is the header, whose field 1 is the version: 0a LL 0a 03 "2.0".
        head = source.head[:8]
        is_feed = head[:1] == b"\x0a" and head[2:4] == b"\x0a\x03" and head[4:7] in (b"2.0", b"1.0")
        return 0.99 if is_feed else 0.0

    def read(self, source: Source) -> Draft:
        from google.protobuf.message import DecodeError
        from google.transit import gtfs_realtime_pb2

        feed = gtfs_realtime_pb2.FeedMessage()
        try:
            feed.ParseFromString(source.path.read_bytes())
        except DecodeError as cause:
            raise Invalid(f"{source.name} is a broken GTFS-Realtime feed. Ask again.") from cause
        kinds = {
            name: [row for entity in feed.entity for row in rows(entity)]
            for name, rows in _KINDS.items()
        }
        sheet = source.sheet or max(kinds, key=lambda name: len(kinds[name]))
        if sheet not in kinds:
            raise NotFound(f"{source.name} has no “{sheet}”; it has {', '.join(kinds)}.")
        records = kinds[sheet]
        if not records:
            raise Invalid(f"{source.name} holds no {sheet.replace('_', ' ')} at this moment.")
        steps = [f"format GTFS-Realtime {feed.header.gtfs_realtime_version}", f"layer {sheet}"]
        if others := [name for name, rows in kinds.items() if rows and name != sheet]:
            steps.append(f"other layers not read: {', '.join(others)}")
        shapes = [record.pop("_place", None) for record in records]
        return objects.draft(records, steps=steps, times=_TIMES, shapes=shapes)


def _trip(trip: Any) -> dict[str, Any]:
    return {
        "trip_id": trip.trip_id or None,
        "route_id": trip.route_id or None,
        "direction_id": trip.direction_id if trip.HasField("direction_id") else None,
        "start_date": trip.start_date or None,
        "start_time": trip.start_time or None,
        "schedule_relationship": trip.ScheduleRelationship.Name(trip.schedule_relationship),
    }


def _vehicles(entity: Any) -> Iterator[dict[str, Any]]:
    if not entity.HasField("vehicle"):
        return
    found = entity.vehicle
    place = found.position if found.HasField("position") else None
    yield {
        "entity_id": entity.id,
        "vehicle_id": found.vehicle.id or None,
        "label": found.vehicle.label or None,
        **_trip(found.trip),
        "stop_id": found.stop_id or None,
        "current_status": found.VehicleStopStatus.Name(found.current_status),
        "timestamp": found.timestamp or None,
        "bearing": place.bearing if place and place.HasField("bearing") else None,
        "speed": place.speed if place and place.HasField("speed") else None,  # metres a second
        "occupancy_status": found.OccupancyStatus.Name(found.occupancy_status)
        if found.HasField("occupancy_status")
        else None,
        "_place": {"type": "Point", "coordinates": [place.longitude, place.latitude]}
        if place
        else None,
    }


def _updates(entity: Any) -> Iterator[dict[str, Any]]:
    if not entity.HasField("trip_update"):
        return
    found = entity.trip_update
    for stop in found.stop_time_update:
        yield {
            "entity_id": entity.id,
            **_trip(found.trip),
            "vehicle_id": found.vehicle.id or None,
            "timestamp": found.timestamp or None,
            "stop_sequence": stop.stop_sequence if stop.HasField("stop_sequence") else None,
            "stop_id": stop.stop_id or None,
            "arrival_delay": _given(stop, "arrival", "delay"),
            "arrival_time": _given(stop, "arrival", "time"),
            "departure_delay": _given(stop, "departure", "delay"),
            "departure_time": _given(stop, "departure", "time"),
            "stop_relationship": stop.ScheduleRelationship.Name(stop.schedule_relationship),
        }


def _alerts(entity: Any) -> Iterator[dict[str, Any]]:
    if not entity.HasField("alert"):
        return
    found = entity.alert
    texts = {
        f"{name}_{one.language}" if one.language else name: one.text
        for name, field in (("header", found.header_text), ("description", found.description_text))
        for one in field.translation
    }
    informed = [
        {"agency": i.agency_id, "route": i.route_id, "stop": i.stop_id, "trip": i.trip.trip_id}
        for i in found.informed_entity
    ]
    told = [{key: value for key, value in one.items() if value} for one in informed]
    for period in found.active_period or [None]:
        yield {
            "entity_id": entity.id,
            "cause": found.Cause.Name(found.cause),
            "effect": found.Effect.Name(found.effect),
            "active_from": (period.start or None) if period else None,
            "active_until": (period.end or None) if period else None,
            **texts,
            "informed_entities": told,
        }


def _given(stop: Any, event: str, name: str) -> int | None:
    if not stop.HasField(event):
        return None
    found = getattr(stop, event)
    return int(getattr(found, name)) if found.HasField(name) else None


_KINDS: dict[str, Callable[[Any], Iterator[dict[str, Any]]]] = {
    "vehicle_positions": _vehicles,
    "trip_updates": _updates,
    "alerts": _alerts,
}
