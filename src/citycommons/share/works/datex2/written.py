"""Works as a DATEX II `SituationPublication`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta

from citycommons.core.errors import Invalid
from citycommons.core.types import Text
from citycommons.core.works import Effect, Line, Measure, Phase, Works
from citycommons.share.works.calendar import WEEK, is_whole_days, utc, whole
from citycommons.share.works.datex2.words import (
    BANDS,
    DAYS,
    LONGEST,
    MAINTENANCE,
    MANAGEMENT,
    NAMESPACES,
    SEVERITY,
    STATUS,
)
from citycommons.share.works.edition import Delay, Edition, lines
from citycommons.share.works.markup import HEAD, leaf, tag
from citycommons.share.works.places import latitude_first

MEDIA = "application/xml"
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")


def written(works: Sequence[Works], edition: Edition) -> bytes:
    """The document. Raises `Invalid` for works without any line: a record must lie somewhere."""
    head = {f"xmlns__{prefix}": uri for prefix, uri in NAMESPACES.items()}
    creator = leaf("com:country", edition.country.lower() or "eu") + leaf(
        "com:nationalIdentifier", edition.city[:LONGEST]
    )
    inside = (
        leaf("com:publicationTime", utc(edition.made)),
        tag("com:publicationCreator", creator),
        *(_situation(one, edition) for one in works),
    )
    payload = tag(
        "d2:payload",
        inside,
        **head,
        xsi__type="sit:SituationPublication",
        lang=edition.language,
        modelBaseVersion="3",
    )
    return (HEAD + payload).encode()


def _situation(one: Works, edition: Edition) -> str:
    header = leaf("com:confidentiality", "noRestriction") + leaf("com:informationStatus", "real")
    effects = {measure.effect for phase in one.phases for measure in phase.measures}
    found = [SEVERITY.get(effect, "low") for effect in effects]
    worst = next((word for word in ("high", "medium", "low") if word in found), "unknown")
    return tag(
        "sit:situation",
        (
            leaf("sit:overallSeverity", worst),
            leaf("sit:situationVersionTime", utc(one.updated)),
            tag("sit:headerInformation", header),
            *_records(one, edition),
        ),
        id=one.id,
    )


def _records(one: Works, edition: Edition) -> Iterator[str]:
    if not (every := lines(one)):
        raise Invalid(
            f"“{one.id}” has no line on the map, and DATEX II wants a place. "
            "Draw where the works are, then publish them."
        )
    yield _works(one, edition, every)
    for number, phase in enumerate(one.phases):
        for place, measure in enumerate(phase.measures):
            yield _measure(one, edition, number, place, phase, measure)
    if one.detour or one.detour_words:
        yield _detour(one, edition, every)


def _works(one: Works, edition: Edition, every: list[Line]) -> str:
    own = {
        "state": one.state.value,
        "party": one.party.value,
        "contractor": one.contractor,
        "contact": one.contact,
        "staysOpenTo": " ".join(sorted(one.stays_open_to)),
        "types": " ".join(sorted(one.types)),
        "placeExact": "true" if one.is_place_exact else "false",
        "certain": " ".join(str(n) for n, phase in enumerate(one.phases) if phase.is_certain),
    }
    is_certain = all(phase.is_certain for phase in one.phases)
    comments = [*_comments(one.title, "roadworksName"), *_comments(one.description, "description")]
    delay = edition.delays.get(one.id)
    if delay is not None:
        comments += _comments(delay.words, "warning")
    return _record(
        "MaintenanceWorks",
        one,
        edition,
        "works",
        phases=one.phases,
        is_certain=is_certain,
        impact=_delays(delay) if delay is not None else "",
        comments=comments,
        place=_places(one, every),
        own=tag("cc:works", **own),
        rest=leaf("sit:operatorActionStatus", STATUS[one.state])
        + "".join(leaf("sit:roadMaintenanceType", word) for word in _kinds(one)),
        link=tag("sit:urlLink", leaf("com:urlLinkAddress", edition.page(one))),
    )


def _kinds(one: Works) -> list[str]:
    found = (MAINTENANCE.get(kind, "roadworks") for kind in sorted(one.types))
    return list(dict.fromkeys(found)) or ["roadworks"]


def _measure(
    one: Works, edition: Edition, number: int, place: int, phase: Phase, measure: Measure
) -> str:
    if not measure.line:
        raise Invalid(
            f"“{one.id}”: a restriction of its phase {number + 1} has no line on the map, and "
            "DATEX II wants a place. Draw it, then publish the works."
        )
    own = {
        "effect": measure.effect.value,
        "phase": str(number),
        "parkingLost": str(measure.parking_lost),
    }
    if measure.speed_kmh is not None:
        own["speedKmh"] = repr(measure.speed_kmh)
    direction = "bothWays" if measure.both_directions else "aligned"
    shared = (
        leaf("sit:operatorActionStatus", STATUS[one.state]),
        leaf("sit:complianceOption", "mandatory"),
        leaf("sit:applicableForTrafficDirection", direction),
    )
    if measure.effect is Effect.SPEED:
        kind = "SpeedManagement"
        rest = leaf("sit:speedManagementType", "speedRestrictionInOperation")
        rest += leaf("sit:temporarySpeedLimit", measure.speed_kmh)
    else:
        kind = "RoadOrCarriagewayOrLaneManagement"
        word, more = MANAGEMENT[measure.effect]
        extended = {"_extendedValue": more} if more else {}
        rest = leaf("sit:roadOrCarriagewayOrLaneManagementType", word, **extended)
    return _record(
        kind,
        one,
        edition,
        f"{number}.{place}",
        phases=(phase,),
        is_certain=phase.is_certain,
        impact=_lanes(measure),
        place=_place("sit:locationReference", one, measure.line, measure.lanes_total),
        own=tag("cc:measure", **own),
        rest="".join(shared) + rest,
    )


def _detour(one: Works, edition: Edition, every: list[Line]) -> str:
    first = {key: text[:LONGEST] for key, text in one.detour_words.items()}
    more = {key: text[LONGEST:] for key, text in one.detour_words.items()}
    route = ""
    if one.detour:
        location = tag("loc:location", _gml(one.detour), xsi__type="loc:LinearLocation")
        held = tag("loc:locationContainedInItinerary", location, index="0")
        route = tag("sit:alternativeRoute", held, xsi__type="loc:ItineraryByIndexedLocations")
    return _record(
        "ReroutingManagement",
        one,
        edition,
        "detour",
        phases=one.phases,
        is_certain=all(phase.is_certain for phase in one.phases),
        comments=_comments(more, "description"),
        place=_places(one, every),
        rest=leaf("sit:operatorActionStatus", STATUS[one.state])
        + leaf("sit:complianceOption", "advisory")
        + leaf("sit:reroutingManagementType", "followDiversionSigns")
        + _spoken("sit:reroutingItineraryDescription", first)
        + route,
    )


def _record(
    kind: str,
    one: Works,
    edition: Edition,
    name: str,
    *,
    phases: Sequence[Phase],
    is_certain: bool,
    place: str,
    rest: str,
    impact: str = "",
    comments: Iterable[str] = (),
    own: str = "",
    link: str = "",
) -> str:
    source = leaf("com:sourceIdentification", one.owner[:LONGEST])
    source += _spoken("com:sourceName", {edition.language: edition.owner(one)[:LONGEST]})
    inside = (
        leaf("sit:situationRecordCreationReference", one.id),
        leaf("sit:situationRecordCreationTime", utc(one.created)),
        leaf("sit:situationRecordVersionTime", utc(one.updated)),
        leaf("sit:probabilityOfOccurrence", "certain" if is_certain else "probable"),
        tag("sit:source", source),
        _validity(phases, edition),
        tag("sit:impact", impact) if impact else "",
        tag("sit:cause", leaf("sit:causeType", "roadMaintenance")),
        *comments,
        link,
        place,
        tag("sit:_situationRecordExtension", own) if own else "",
        rest,
    )
    return tag(
        "sit:situationRecord",
        inside,
        xsi__type=f"sit:{kind}",
        id=f"{one.id}.{name}",
        version=str(one.revision),
    )


def _validity(phases: Sequence[Phase], edition: Edition) -> str:
    spans = [whole(phase, edition.zone) for phase in phases]
    inside = (
        leaf("com:overallStartTime", utc(min(begins for begins, _ in spans))),
        leaf("com:overallEndTime", utc(max(ends for _, ends in spans))),
        *(_period(phase, edition) for phase in phases),
    )
    return tag(
        "sit:validity",
        leaf("com:validityStatus", "definedByValidityTimeSpec")
        + tag("com:validityTimeSpecification", inside),
    )


def _period(phase: Phase, edition: Edition) -> str:
    """Its days from midnight to midnight; hours and days of the week as what recurs in them."""
    midnight = datetime.combine(phase.first_day, time(0), edition.zone)
    after = datetime.combine(phase.last_day + timedelta(days=1), time(0), edition.zone)
    hours = ""
    if not is_whole_days(phase):
        closes = "24:00:00" if phase.closes is None else phase.closes.isoformat()
        hours = tag(
            "com:recurringTimePeriodOfDay",
            leaf("com:startTimeOfPeriod", phase.opens.isoformat())
            + leaf("com:endTimeOfPeriod", closes),
        )
    week = ""
    if phase.weekdays != WEEK:
        chosen = [leaf("com:applicableDay", DAYS[day]) for day in sorted(phase.weekdays)]
        week = tag("com:recurringDayWeekMonthPeriod", chosen)
    return tag(
        "com:validPeriod",
        leaf("com:startOfPeriod", utc(midnight))
        + leaf("com:endOfPeriod", utc(after))
        + _spoken("com:periodName", {edition.language: phase.name[:LONGEST]})
        + hours
        + week,
    )


def _delays(delay: Delay) -> str:
    band = next((word for most, word in BANDS if delay.middle <= most), "longerThanSixHours")
    own = tag(
        "cc:delay",
        lowMinutes=f"{delay.low:.1f}",
        middleMinutes=f"{delay.middle:.1f}",
        highMinutes=f"{delay.high:.1f}",
        sure="0.9",
        made=utc(delay.made),
    )
    inside = (
        leaf("sit:delayBand", band),
        leaf("sit:delayTimeValue", f"{max(delay.middle, 0) * 60:.0f}"),
        tag("sit:_delaysExtension", own),
    )
    return tag("sit:delays", inside)


def _lanes(measure: Measure) -> str:
    total, left = measure.lanes_total, measure.lanes_open
    restricted = None if total is None or left is None else max(total - left, 0)
    return leaf("sit:numberOfLanesRestricted", restricted) + leaf(
        "sit:numberOfOperationalLanes", left
    )


def _places(one: Works, every: list[Line]) -> str:
    if len(every) == 1:
        return _place("sit:locationReference", one, every[0])
    held = [_place("loc:locationContainedInGroup", one, line) for line in every]
    return tag("sit:locationReference", held, xsi__type="loc:LocationGroupByList")


def _place(name: str, one: Works, line: Line, lanes: int | None = None) -> str:
    road = ""
    if lanes is not None:
        road = tag(
            "loc:carriageway",
            leaf("loc:carriageway", "unspecifiedCarriageway")
            + leaf("loc:originalNumberOfLanes", lanes),
        )
    named = [
        tag("loc:roadInformation", leaf("loc:roadName", street[:LONGEST]))
        for street in one.streets
        if street
    ]
    more = road + "".join(named)
    described = tag("loc:supplementaryPositionalDescription", more) if more else ""
    return tag(name, described + _gml(line), xsi__type="loc:LinearLocation")


def _gml(line: Line) -> str:
    # GmlPosList has at least two positions; a line of one is that position twice.
    drawn = line if len(line) > 1 else line * 2
    listed = leaf("loc:posList", latitude_first(drawn))
    return tag("loc:gmlLineString", listed, srsName="WGS 84")


def _comments(text: Text, kind: str) -> list[str]:
    """A value has a longest length: what is longer goes on in a further comment of its kind."""
    longest = max((len(said) for said in text.values()), default=0)
    found = []
    for begins in range(0, longest, LONGEST):
        piece = {key: said[begins : begins + LONGEST] for key, said in text.items()}
        if comment := _spoken("sit:comment", piece):
            found.append(tag("sit:generalPublicComment", comment + leaf("sit:commentType", kind)))
    return found


def _spoken(name: str, text: Text) -> str:
    values = [
        leaf("com:value", said, lang=key)
        for key, said in text.items()
        if said and _LANGUAGE.fullmatch(key)
    ]
    return tag(name, tag("com:values", values)) if any(values) else ""
