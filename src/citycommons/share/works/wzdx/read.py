"""A WZDx work zone feed, of versions 4.0 to 4.2, as works."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import ActorId, PublisherId
from citycommons.core.works import (
    Effect,
    Line,
    Measure,
    Party,
    Phase,
    Works,
    WorksId,
    WorksState,
    WorkType,
)
from citycommons.share.works.calendar import between
from citycommons.share.works.edition import Found, Reader
from citycommons.share.works.places import checked

MOST_BYTES = 128 * 2**20
MOST_EVENTS = 20_000  # of one undertaking
_Word = TypeVar("_Word", bound=StrEnum)
_STATES = {
    "planned": WorksState.PROPOSED,
    "pending": WorksState.PERMITTED,
    "active": WorksState.ACTIVE,
    "completed": WorksState.CLOSED,
    "cancelled": WorksState.CANCELLED,
}
_OPEN_LANES = ("open", "shift-left", "shift-right", "alternating-flow")
_UNREAD = ("worker_presence", "impacted_cds_curb_zones")
_Json = Mapping[str, Any]


@dataclass(slots=True)
class _Gathered:
    """The events of one undertaking."""

    works: list[_Json] = field(default_factory=list)
    detours: list[_Json] = field(default_factory=list)


def read(data: bytes, reader: Reader) -> Found:
    """Works of all events of the feed.

    Occurrences of one event are one undertaking, and so are our own events of the same works; a
    detour belongs to what it is related to. Raises `Invalid` for what is no such feed.
    """
    features = _features(data, reader.name)
    remarks: dict[str, None] = {}
    found = []
    for id, gathered in _gathered(features).items():
        count = len(gathered.works) + len(gathered.detours)
        if count > MOST_EVENTS:
            remarks[f"“{id[:80]}” has {count} events, more than {MOST_EVENTS}; left out."] = None
            continue
        try:
            one = _works(id, gathered, reader, remarks)
        except (LookupError, TypeError, AttributeError, ValueError) as cause:
            raise Invalid(
                f"{reader.name}: event “{id}” lacks {cause} or has it in another shape than "
                "WZDx 4 says. Check the feed against its schema."
            ) from cause
        if one is not None:
            found.append(one)
    return Found(works=tuple(found), remarks=tuple(remarks))


def _features(data: bytes, name: str) -> list[_Json]:
    if len(data) > MOST_BYTES:
        raise TooMuch(f"{name} is larger than {MOST_BYTES // 2**20} MB. Ask for a smaller part.")
    try:
        feed = orjson.loads(data)
    except orjson.JSONDecodeError as cause:
        raise Invalid(f"{name} is no JSON: {cause}. Ask for it again at its source.") from cause
    info = (
        feed.get("feed_info") or feed.get("road_event_feed_info") if isinstance(feed, dict) else 0
    )
    if not isinstance(info, dict) or not isinstance(feed.get("features"), list):
        raise Invalid(f"{name} is no WZDx feed: it has no “feed_info” and “features”.")
    if not str(info.get("version", "")).startswith("4"):
        raise Invalid(
            f"{name} is WZDx of version {str(info.get('version'))[:20]}; versions 4.0 to 4.2 are "
            "read. Ask its publisher for the present one."
        )
    features: list[_Json] = [one for one in feed["features"] if isinstance(one, dict)]
    if len(features) != len(feed["features"]):
        raise Invalid(f"{name} has features that are no objects. Check it against its schema.")
    return features


def _gathered(features: list[_Json]) -> dict[str, _Gathered]:
    """Events by the id of the works they belong to."""
    groups: dict[str, _Gathered] = {}
    belongs: dict[str, str] = {}  # event → works
    for one in features:
        if _kind(one) == "work-zone":
            id = str(_own(one).get("works") or _related(one, "first-occurrence") or one.get("id"))
            groups.setdefault(id, _Gathered()).works.append(one)
            belongs[str(one.get("id"))] = id
    for one in features:
        if _kind(one) == "detour":
            whose = _own(one).get("works") or _related(one, "related-work-zone") or ""
            if (id := belongs.get(str(whose), str(whose))) in groups:
                groups[id].detours.append(one)
    return groups


def _works(id: str, gathered: _Gathered, reader: Reader, remarks: dict[str, None]) -> Works | None:
    first = gathered.works[0]
    about = next((o for o in map(_own, gathered.works) if "revision" in o), {})
    core = _core(first)
    phases = _own_phases(gathered, about) if about else _phases(gathered, reader, remarks)
    if not any(phase.measures for phase in phases):
        remarks[f"Event “{id}” has no line on the map and was left out."] = None
        return None
    created = _moments(gathered.works, "creation_date", reader)
    updated = _moments(gathered.works, "update_date", reader)
    state = _STATES.get(str(first["properties"].get("event_status")), WorksState.PERMITTED)
    told = str(core.get("description") or "")
    return Works(
        id=WorksId(id),
        revision=int(about.get("revision", 1)),
        title=about.get("title", {"en": str(core.get("name") or ", ".join(_streets(core)))}),
        description=about.get("description", {"en": told} if told else {}),
        streets=tuple(about.get("streets", _streets(core))),
        state=_enum(WorksState, about.get("state"), state),
        party=_enum(Party, about.get("party"), reader.party),
        owner=PublisherId(str(core["data_source_id"])) if about else reader.owner,
        contractor=about.get("contractor", ""),
        contact=about.get("contact", ""),
        phases=phases,
        stays_open_to=frozenset(about.get("stays_open_to", ()))
        or _stays(gathered.works, bool(about)),
        detour=_detour(gathered.detours, id),
        detour_words=about.get("detour_words", _detour_words(gathered.detours)),
        types=_types(about.get("types", _type_names(gathered.works))),
        is_place_exact=bool(about.get("is_place_exact", True)),
        source="wzdx",
        source_id=id,
        created=min(created, default=reader.now),
        updated=max(updated, default=reader.now),
        updated_by=ActorId(reader.by),
    )


def _type_names(events: list[_Json]) -> list[str]:
    kinds = (kind for event in events for kind in event["properties"].get("types_of_work") or ())
    return [str(kind.get("type_name")) for kind in kinds]


def _types(words: Iterable[Any]) -> frozenset[WorkType]:
    known = frozenset(WorkType)
    return frozenset(WorkType(word) for word in words if word in known)


def _own_phases(gathered: _Gathered, about: _Json) -> tuple[Phase, ...]:
    """Phases as we wrote them; an event says which of them it belongs to."""
    phases = [_calendar(one) for one in about["phases"]]
    seen: set[tuple[int, str]] = set()
    for event in gathered.works:
        own = _own(event)
        number, name = int(own["phase"]), str(own["measure"])
        if (number, name) in seen or not 0 <= number < len(phases):
            continue
        seen.add((number, name))
        line = _line(event)
        measure = Measure(
            effect=_enum(Effect, own.get("effect"), Effect.LANES),
            line=tuple(reversed(line)) if own.get("back") else line,
            both_directions=bool(own.get("both")),
            lanes_total=own.get("lanes_total"),
            lanes_open=own.get("lanes_open"),
            speed_kmh=own.get("speed_kmh"),
            parking_lost=int(own.get("parking_lost", 0)),
        )
        held = phases[number]
        phases[number] = replace(held, measures=(*held.measures, measure))
    return tuple(phases)


def _calendar(said: _Json) -> Phase:
    try:
        return Phase(
            first_day=date.fromisoformat(said["first_day"]),
            last_day=date.fromisoformat(said["last_day"]),
            measures=(),
            weekdays=frozenset(int(day) for day in said["weekdays"]),
            opens=time.fromisoformat(said["opens"]),
            closes=time.fromisoformat(said["closes"]) if said["closes"] else None,
            name=str(said["name"]),
            is_certain=bool(said["is_certain"]),
        )
    except ValueError as cause:
        raise Invalid(f"A phase of the feed has no day or hour: {cause}.") from cause


def _phases(gathered: _Gathered, reader: Reader, remarks: dict[str, None]) -> tuple[Phase, ...]:
    """Phases of events that others wrote: each event is one restriction in one time."""
    found: dict[Phase, Phase] = {}
    for event in gathered.works:
        said = event["properties"]
        for name in _UNREAD:
            if said.get(name):
                remarks[f"The feed says “{name}”, which works have no word for."] = None
        for lane in said.get("restrictions") or ():
            if lane.get("type") not in ("no-parking", "local-access-only"):
                remarks[f"The restriction “{lane.get('type')}” has no word in works."] = None
        line = _line(event)
        if not line:
            continue
        begins, ends = (_moment(said, name, reader) for name in ("start_date", "end_date"))
        certain = said.get("is_start_date_verified") or said.get("start_date_accuracy")
        for phase in between(begins, ends, reader.zone):
            held = found.get(phase, phase)
            found[phase] = replace(
                held,
                measures=(*held.measures, *_measures(event, line)),
                is_certain=certain in (True, "verified"),
            )
    return tuple(_joined(list(found.values())))


def _joined(phases: list[Phase]) -> list[Phase]:
    """Days after one another with the same hours and measures are one phase."""
    found: list[Phase] = []
    for phase in sorted(phases, key=lambda one: (one.first_day, one.opens)):
        last = found[-1] if found else None
        if last is not None and _goes_on(last, phase):
            found[-1] = replace(last, last_day=phase.last_day)
        else:
            found.append(phase)
    return found


def _goes_on(last: Phase, phase: Phase) -> bool:
    is_alike = phase == replace(last, first_day=phase.first_day, last_day=phase.last_day)
    return is_alike and phase.first_day == last.last_day + timedelta(days=1)


def _measures(event: _Json, line: Line) -> list[Measure]:
    said = event["properties"]
    lanes = [one for one in said.get("lanes") or () if one.get("type") == "general"]
    left = [one for one in lanes if one.get("status") in _OPEN_LANES]
    impact = str(said.get("vehicle_impact"))
    speed = said.get("reduced_speed_limit_kph")
    effect = Effect.LANES
    if impact == "all-lanes-closed":
        effect = Effect.CLOSED
    elif impact.startswith("all-lanes-open") and speed is not None:
        effect = Effect.SPEED
    one = Measure(
        effect=effect,
        line=line,
        lanes_total=len(lanes) or None,
        lanes_open=len(left) if lanes else None,
        speed_kmh=float(speed) if isinstance(speed, int | float) else None,
    )
    no_parking = any(r.get("type") == "no-parking" for r in said.get("restrictions") or ())
    return [one, *([Measure(effect=Effect.PARKING, line=line)] if no_parking else [])]


def _stays(events: list[_Json], is_own: bool) -> frozenset[str]:
    found = (r.get("type") for e in events for r in e["properties"].get("restrictions") or ())
    return frozenset(("residents",)) if not is_own and "local-access-only" in found else frozenset()


def _detour(events: list[_Json], id: str) -> Line:
    line: Line = ()
    for event in events:
        more = _line(event)
        line += more[1:] if line and more and more[0] == line[-1] else more
    return checked(list(line), f"The detour of “{id}”")


def _detour_words(events: list[_Json]) -> dict[str, str]:
    told = [str(_core(one).get("description") or _core(one).get("name") or "") for one in events]
    words = "\n".join(dict.fromkeys(text for text in told if text))
    return {"en": words} if words else {}


def _line(event: _Json) -> Line:
    found = event["geometry"]["coordinates"]
    pairs = [(float(one[0]), float(one[1])) for one in found]
    line = checked(pairs, f"Event “{event.get('id')}”")
    return line[:1] if len(line) == 2 and line[0] == line[1] else line


def _moments(events: list[_Json], name: str, reader: Reader) -> list[datetime]:
    return [_moment(_core(one), name, reader) for one in events if _core(one).get(name)]


def _moment(said: _Json, name: str, reader: Reader) -> datetime:
    try:
        found = datetime.fromisoformat(str(said[name]))
    except ValueError as cause:
        raise Invalid(
            f"{reader.name}: {name} “{str(said[name])[:40]}” is no date-time like "
            "2026-03-31T08:00:00Z."
        ) from cause
    if not 1900 < found.year < 2200:
        raise Invalid(f"{reader.name}: {name} lies in the year {found.year}.")
    return found if found.tzinfo else found.replace(tzinfo=reader.zone)


def _core(event: _Json) -> dict[str, Any]:
    core: dict[str, Any] = event["properties"]["core_details"]
    return core


def _kind(event: _Json) -> str:
    try:
        return str(_core(event)["event_type"])
    except (KeyError, TypeError):
        return ""


def _own(event: _Json) -> _Json:
    own = event["properties"].get("citycommons")
    return own if isinstance(own, dict) else {}


def _related(event: _Json, kind: str) -> str:
    found = _core(event).get("related_road_events") or ()
    return next((str(one.get("id")) for one in found if one.get("type") == kind), "")


def _streets(core: _Json) -> list[str]:
    return [str(name) for name in core.get("road_names") or ()]


def _enum(kind: type[_Word], word: Any, default: _Word) -> _Word:
    try:
        return kind(word) if word else default
    except ValueError:
        return default
