"""Works as a WZDx work zone feed."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.works import Effect, Line, Measure, Phase, Works, WorksState
from citycommons.share.works.calendar import Window, is_unbroken, utc, whole, windows
from citycommons.share.works.edition import CC0, Edition, lines, said
from citycommons.share.works.places import bearing

MEDIA = "application/geo+json"
MOST_WINDOWS = 31  # events of one restriction that lasts some hours of each day
_STATUS = {
    WorksState.PROPOSED: "planned",
    WorksState.COORDINATED: "planned",
    WorksState.PERMITTED: "pending",
    WorksState.ACTIVE: "active",
    WorksState.CLOSED: "completed",
    WorksState.CANCELLED: "cancelled",
}
_IMPACT = {
    Effect.CLOSED: "all-lanes-closed",
    Effect.LANES: "some-lanes-closed",
    Effect.SPEED: "all-lanes-open",
    Effect.PARKING: "all-lanes-open",
    Effect.NEW_LINK: "all-lanes-open",
    Effect.ONE_WAY: "all-lanes-closed",  # against the line
    Effect.TURN_BAN: "unknown",  # the standard has no word for it
}
_QUARTERS = ("northbound", "eastbound", "southbound", "westbound")


def written(works: Sequence[Works], edition: Edition) -> bytes:
    """The feed. Raises `Invalid` for works without any line: an event must lie somewhere."""
    owners = {one.owner: edition.owner(one) for one in works}
    sources = [
        {"data_source_id": owner, "organization_name": name} for owner, name in owners.items()
    ]
    info: dict[str, Any] = {
        "publisher": edition.city,
        "version": "4.2",
        "update_date": utc(edition.made),
        "update_frequency": 60,
        "data_sources": sources or [{"data_source_id": "city", "organization_name": edition.city}],
    }
    if edition.license == CC0:  # the only one that the standard knows
        info["license"] = CC0
    if edition.contact:
        info |= {"contact_name": edition.city, "contact_email": edition.contact}
    features = [event for one in works for event in _events(one, edition)]
    feed = {"feed_info": info, "type": "FeatureCollection", "features": features}
    return orjson.dumps(feed)


def _events(one: Works, edition: Edition) -> Iterator[dict[str, Any]]:
    if not lines(one):
        raise Invalid(
            f"“{one.id}” has no line on the map, and WZDx wants a place. "
            "Draw where the works are, then publish them."
        )
    detour = f"{one.id}.detour" if one.detour else ""
    is_first = True
    for number, phase in enumerate(one.phases):
        for place, measure in enumerate(phase.measures):
            if not measure.line:
                continue
            for event in _measure(one, edition, number, phase, measure, f"{number}.{place}"):
                if detour:
                    _relate(event, "related-detour", detour)
                if is_first:
                    event["properties"]["citycommons"] |= _about(one)
                    is_first = False
                yield event
    if detour:
        yield _detour(one, edition, detour)


def _measure(
    one: Works, edition: Edition, number: int, phase: Phase, measure: Measure, name: str
) -> Iterator[dict[str, Any]]:
    spans = windows(phase, edition.zone, edition.made, MOST_WINDOWS)
    if is_unbroken(phase):
        names = [f"{one.id}.{name}"]
    else:
        names = [f"{one.id}.{name}.{begins.date():%Y%m%d}" for begins, _ in spans]
    for count, (span, id) in enumerate(zip(spans, names, strict=True)):
        for line, end, is_back in _directions(measure):
            event = _event(one, edition, phase, measure, span, id + end, line, is_back)
            own = {"works": one.id, "phase": number, "measure": name, "effect": measure.effect}
            own |= {"occurrence": count, "back": is_back, "both": measure.both_directions}
            own |= {"speed_kmh": measure.speed_kmh, "parking_lost": measure.parking_lost}
            own |= {"lanes_total": measure.lanes_total, "lanes_open": measure.lanes_open}
            event["properties"]["citycommons"] = own
            if count:
                _relate(event, "first-occurrence", names[0] + end)
            if count + 1 < len(names):
                _relate(event, "next-occurrence", names[count + 1] + end)
            yield event


def _directions(measure: Measure) -> list[tuple[Line, str, bool]]:
    """Lines in driving order, with what the event's id ends on."""
    back = tuple(reversed(measure.line))
    if measure.effect is Effect.ONE_WAY:
        return [(back, "", True)]
    if measure.both_directions:
        return [(measure.line, "", False), (back, ".back", True)]
    return [(measure.line, "", False)]


def _event(
    one: Works,
    edition: Edition,
    phase: Phase,
    measure: Measure,
    span: Window,
    id: str,
    line: Line,
    is_back: bool,
) -> dict[str, Any]:
    certain = phase.is_certain
    properties: dict[str, Any] = {
        "core_details": _core(one, edition, "work-zone", line),
        "start_date": utc(span[0]),
        "end_date": utc(span[1]),
        "is_start_date_verified": certain,
        "is_end_date_verified": certain,
        "is_start_position_verified": one.is_place_exact,
        "is_end_position_verified": one.is_place_exact,
        "location_method": "unknown",
        "event_status": _STATUS[one.state],
        "vehicle_impact": _impact(measure),
        "lanes": _lanes(measure),
    }
    if one.types:
        properties["types_of_work"] = [{"type_name": kind} for kind in sorted(one.types)]
    if measure.speed_kmh is not None:
        properties["reduced_speed_limit_kph"] = measure.speed_kmh
    if measure.effect is Effect.PARKING or measure.parking_lost:
        properties["restrictions"] = [{"type": "no-parking"}]
    return _feature(id, properties, line)


def _impact(measure: Measure) -> str:
    if measure.effect is Effect.LANES:
        if measure.lanes_open == 0:
            return "all-lanes-closed"
        if measure.lanes_open is not None and measure.lanes_open == measure.lanes_total:
            return "all-lanes-open"
    return _IMPACT[measure.effect]


def _lanes(measure: Measure) -> list[dict[str, Any]]:
    """Lanes from the left; which of them are closed nobody said, so the right ones are."""
    total = measure.lanes_total
    if total is None or measure.effect not in (Effect.LANES, Effect.CLOSED):
        return []
    left = measure.lanes_open if measure.effect is Effect.LANES else 0
    if left is None:
        return []
    return [
        {"order": n + 1, "type": "general", "status": "open" if n < left else "closed"}
        for n in range(total)
    ]


def _detour(one: Works, edition: Edition, id: str) -> dict[str, Any]:
    spans = [whole(phase, edition.zone) for phase in one.phases]
    certain = all(phase.is_certain for phase in one.phases)
    core = _core(one, edition, "detour", one.detour)
    core |= {"description": said(one.detour_words, edition.language)} if one.detour_words else {}
    properties: dict[str, Any] = {
        "core_details": core,
        "start_date": utc(min(begins for begins, _ in spans)),
        "end_date": utc(max(ends for _, ends in spans)),
        "is_start_date_verified": certain,
        "is_end_date_verified": certain,
        "event_status": _STATUS[one.state],
        "citycommons": {"works": one.id},
    }
    number, place = next(
        (n, k) for n, p in enumerate(one.phases) for k, m in enumerate(p.measures) if m.line
    )
    event = _feature(id, properties, one.detour)
    first = one.phases[number]
    main = f"{one.id}.{number}.{place}"
    if not is_unbroken(first):
        begins = windows(first, edition.zone, edition.made, 1)[0][0]
        main += f".{begins.date():%Y%m%d}"
    _relate(event, "related-work-zone", main)
    return event


def _core(one: Works, edition: Edition, kind: str, line: Line) -> dict[str, Any]:
    way = bearing(line)
    found = {
        "data_source_id": one.owner,
        "event_type": kind,
        "road_names": list(one.streets) or ["unnamed road"],
        "direction": "undefined" if way is None else _QUARTERS[int((way + 45) // 90) % 4],
        "name": said(one.title, edition.language),
        "description": _description(one, edition),
        "creation_date": utc(one.created),
        "update_date": utc(one.updated),
    }
    return {key: value for key, value in found.items() if value}


def _description(one: Works, edition: Edition) -> str:
    delay = edition.delays.get(one.id)
    told = said(one.description, edition.language)
    return f"{told}\n{said(delay.words, edition.language)}".strip() if delay else told


def _about(one: Works) -> dict[str, Any]:
    """What the first event says for all: it has no place in the standard's words."""
    return {
        "revision": one.revision,
        "title": dict(one.title),
        "description": dict(one.description),
        "detour_words": dict(one.detour_words),
        "streets": list(one.streets),
        "state": one.state,
        "party": one.party,
        "contractor": one.contractor,
        "contact": one.contact,
        "stays_open_to": sorted(one.stays_open_to),
        "types": sorted(one.types),
        "is_place_exact": one.is_place_exact,
        "phases": [_calendar(phase) for phase in one.phases],
    }


def _calendar(phase: Phase) -> dict[str, Any]:
    return {
        "first_day": phase.first_day,
        "last_day": phase.last_day,
        "weekdays": sorted(phase.weekdays),
        "opens": phase.opens,
        "closes": phase.closes,
        "name": phase.name,
        "is_certain": phase.is_certain,
    }


def _feature(id: str, properties: dict[str, Any], line: Line) -> dict[str, Any]:
    # A LineString has two positions at least (RFC 7946, 3.1.4).
    drawn = line if len(line) > 1 else line * 2
    geometry = {"type": "LineString", "coordinates": drawn}
    return {"id": id, "type": "Feature", "properties": properties, "geometry": geometry}


def _relate(event: dict[str, Any], kind: str, id: str) -> None:
    core = event["properties"]["core_details"]
    core.setdefault("related_road_events", []).append({"type": kind, "id": id})
