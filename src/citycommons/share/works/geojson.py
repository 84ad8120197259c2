"""Works as GeoJSON: a feature for each restriction and for each detour (RFC 7946)."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from citycommons.core.works import Line, Measure, Phase, Works
from citycommons.share.works.calendar import utc, whole
from citycommons.share.works.edition import Edition, said
from citycommons.share.works.places import bounds

MEDIA = "application/geo+json"


def written(works: Sequence[Works], edition: Edition) -> bytes:
    """The collection, with its box, publisher and licence as foreign members (section 6.1)."""
    features = [feature for one in works for feature in _features(one, edition)]
    lines = [tuple(feature["geometry"]["coordinates"]) for feature in features]
    found: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if (box := bounds(lines)) is not None:
        found["bbox"] = box
    found |= {"publisher": edition.city, "license": edition.license, "updated": utc(edition.made)}
    return orjson.dumps(found)


def _features(one: Works, edition: Edition) -> Iterator[dict[str, Any]]:
    about = _about(one, edition)
    for number, phase in enumerate(one.phases):
        times = _times(phase, edition)
        for place, measure in enumerate(phase.measures):
            if measure.line:
                more = about | {"kind": "restriction"} | times | _restriction(measure)
                yield _feature(f"{one.id}.{number}.{place}", measure.line, more)
    if one.detour:
        words = {"kind": "detour", "words": said(one.detour_words, edition.language)}
        yield _feature(f"{one.id}.detour", one.detour, about | words)


def _about(one: Works, edition: Edition) -> dict[str, Any]:
    delay = edition.delays.get(one.id)
    return {
        "works": one.id,
        "title": said(one.title, edition.language),
        "streets": list(one.streets),
        "state": one.state,
        "owner": edition.owner(one),
        "first_day": one.first_day,
        "last_day": one.last_day,
        "stays_open_to": sorted(one.stays_open_to),
        "delay_minutes": [delay.low, delay.middle, delay.high] if delay else None,
        "url": edition.page(one),
        "updated": utc(one.updated),
    }


def _times(phase: Phase, edition: Edition) -> dict[str, Any]:
    begins, ends = whole(phase, edition.zone)
    return {
        "phase": phase.name,
        "begins": utc(begins),
        "ends": utc(ends),
        "weekdays": sorted(phase.weekdays),
        "opens": phase.opens,
        "closes": phase.closes,
        "is_certain": phase.is_certain,
    }


def _restriction(measure: Measure) -> dict[str, Any]:
    return {
        "effect": measure.effect,
        "both_directions": measure.both_directions,
        "lanes_total": measure.lanes_total,
        "lanes_open": measure.lanes_open,
        "speed_kmh": measure.speed_kmh,
        "parking_lost": measure.parking_lost,
    }


def _feature(id: str, line: Line, properties: dict[str, Any]) -> dict[str, Any]:
    drawn = line if len(line) > 1 else line * 2
    geometry = {"type": "LineString", "coordinates": drawn}
    return {"type": "Feature", "id": id, "geometry": geometry, "properties": properties}
