"""A DATEX II `SituationPublication` as works."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from xml.etree.ElementTree import Element

from citycommons.core.errors import Invalid
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
from citycommons.share.works.calendar import WEEK, between
from citycommons.share.works.datex2.elements import (
    count,
    every,
    hours_of,
    joined,
    kind_of,
    language_of,
    lines_of,
    local,
    moment,
    number,
    root_of,
    spoken,
    text_of,
    whole_number,
)
from citycommons.share.works.datex2.words import DAYS, EFFECTS, OWN, STATES, TYPES
from citycommons.share.works.edition import Found, Reader

MOST_RECORDS = 5000  # of one situation; a street has some dozens
_OPEN_ENDED = timedelta(days=365)
_WORDS = frozenset(WorkType)
_Word = TypeVar("_Word", bound=StrEnum)
_CAUSES = ("roadMaintenance", "constructionWork", "roadOrCarriagewayOrLaneManagement")


def read(data: bytes, reader: Reader) -> Found:
    """Works of all situations that hold road works.

    Raises `Invalid` for what is no DATEX II of version 3, is broken or is unsafe XML, and
    `TooMuch` past `MOST_BYTES`. What works have no word for is told in the remarks.
    """
    root = root_of(data, reader.name)
    found: list[Works] = []
    remarks: list[str] = []
    for situation in every(root, "situation"):
        one = _Situation(situation, reader)
        made = one.works()
        remarks += one.remarks
        if made is not None:
            found.append(made)
    if not found and not remarks:
        raise Invalid(
            f"{reader.name} is DATEX II, but no publication with situations. "
            "Road works come in a SituationPublication."
        )
    return Found(works=tuple(found), remarks=tuple(remarks))


@dataclass(slots=True)
class _Parts:
    """What has been gathered of one situation."""

    phases: dict[object, Phase] = field(default_factory=dict)  # calendar or own number → phase
    title: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    detour_words: dict[str, str] = field(default_factory=dict)
    detours: list[Line] = field(default_factory=list)
    streets: dict[str, None] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)
    offices: dict[str, None] = field(default_factory=dict)
    created: list[datetime] = field(default_factory=list)
    updated: list[datetime] = field(default_factory=list)
    revisions: list[int] = field(default_factory=list)
    states: list[WorksState] = field(default_factory=list)


class _Situation:
    """Reads one situation."""

    def __init__(self, element: Element, reader: Reader) -> None:
        self._element = element
        self._reader = reader
        self._id = element.get("id") or ""
        self._parts = _Parts()
        self._language = language_of(element)
        self._remarks: dict[str, None] = {}
        self._own: Element | None = None

    def works(self) -> Works | None:
        records = [e for e in self._element if local(e.tag) == "situationRecord"]
        kept = [record for record in records if self._is_ours(record)]
        if not self._id or not kept:
            self._remark("holds no road works and was left out")
            return None
        if len(kept) > MOST_RECORDS:
            self._remark(f"has {len(kept)} records, more than {MOST_RECORDS}, and was left out")
            return None
        self._own = next((e for r in kept for e in r.iter(f"{OWN}works")), None)
        for record in kept:
            self._record(record)
        parts = self._parts
        if not any(phase.measures for phase in parts.phases.values()):
            self._remark("says no restriction with a line on the map and was left out")
            return None
        return self._made(parts)

    def _made(self, parts: _Parts) -> Works:
        reader, own = self._reader, self._own
        ours = own.attrib if own is not None else {}
        detours = dict.fromkeys(parts.detours)
        if len(detours) > 1:
            self._remark(f"has {len(detours)} diversions; the first one was taken")
        return Works(
            id=WorksId(self._id),
            revision=max(parts.revisions, default=1),
            title=parts.title if own is not None or parts.title else self._title(),
            description=parts.description,
            streets=tuple(parts.streets),
            state=_enum(WorksState, ours.get("state"), self._state()),
            party=_enum(Party, ours.get("party"), reader.party),
            owner=PublisherId(next(iter(parts.sources), reader.owner)),
            contractor=ours.get("contractor", ""),
            contact=ours.get("contact", "") or next(iter(parts.offices), ""),
            phases=tuple(parts.phases.values()),
            stays_open_to=frozenset(ours.get("staysOpenTo", "").split()),
            detour=next(iter(detours), ()),
            detour_words=parts.detour_words,
            types=self._types(ours),
            is_place_exact=ours.get("placeExact") != "false",
            source="datex2",
            source_id=self._id,
            created=min(parts.created, default=reader.now),
            updated=max(parts.updated, default=reader.now),
            updated_by=ActorId(reader.by),
        )

    def _types(self, ours: Mapping[str, str]) -> frozenset[WorkType]:
        if ours:
            return frozenset(WorkType(w) for w in ours.get("types", "").split() if w in _WORDS)
        words = (e.text or "" for e in every(self._element, "roadMaintenanceType"))
        return frozenset(TYPES[word] for word in words if word in TYPES)

    def _title(self) -> dict[str, str]:
        return {self._language: ", ".join(self._parts.streets) or self._id}

    def _state(self) -> WorksState:
        return next(iter(self._parts.states), WorksState.PERMITTED)

    def _is_ours(self, record: Element) -> bool:
        kind = kind_of(record)
        if kind in ("MaintenanceWorks", "ConstructionWorks"):
            return True
        cause = text_of(record, "causeType")
        return "Management" in kind and (not cause or cause in _CAUSES)

    def _record(self, record: Element) -> None:
        parts = self._parts
        self._shared(record)
        phases = self._calendar(record)
        kind = kind_of(record)
        for phase in phases:
            parts.phases.setdefault(self._key(record, phase), phase)
        if kind == "ReroutingManagement":
            self._detour(record)
        elif kind not in ("MaintenanceWorks", "ConstructionWorks"):
            self._measure(record, kind, phases)

    def _shared(self, record: Element) -> None:
        parts = self._parts
        if (
            created := moment(text_of(record, "situationRecordCreationTime"), self._reader.zone)
        ) is not None:
            parts.created.append(created)
        if (
            updated := moment(text_of(record, "situationRecordVersionTime"), self._reader.zone)
        ) is not None:
            parts.updated.append(updated)
        version = record.get("version", "")
        if version.isdecimal() and len(version) < 10:
            parts.revisions.append(int(version))
        status = text_of(record, "operatorActionStatus")
        if status in STATES:
            parts.states.append(STATES[status])
        for source in (e for e in record if local(e.tag) == "source"):
            name = text_of(source, "sourceIdentification")
            if name and self._own is not None:
                parts.sources.setdefault(name)
            elif told := text_of(source, "value") or name:
                parts.offices.setdefault(told)
        for road in every(record, "roadInformation"):
            if name := text_of(road, "roadName") or text_of(road, "roadNumber"):
                parts.streets.setdefault(name)
        words = parts.detour_words if kind_of(record) == "ReroutingManagement" else None
        for comment in (e for e in record if local(e.tag) == "generalPublicComment"):
            self._comment(comment, words)

    def _comment(self, comment: Element, into: dict[str, str] | None) -> None:
        kind = text_of(comment, "commentType")
        if kind == "warning" and self._own is not None:
            return  # the forecast of this house, which is made anew
        if into is None:
            into = self._parts.title if kind == "roadworksName" else self._parts.description
        language = self._language
        for key, text in spoken(comment, "comment", language).items():
            if self._own is not None:  # a long text goes on in a further comment
                into[key] = into.get(key, "") + text
            elif text not in into.get(key, ""):
                into[key] = f"{into.get(key, '')}\n{text}".strip()

    def _key(self, record: Element, phase: Phase) -> object:
        own = next(iter(record.iter(f"{OWN}measure")), None)
        if own is not None and own.get("phase", "").isdecimal():
            return int(own.get("phase", "0"))
        if self._own is not None and kind_of(record) == "MaintenanceWorks":
            return len(self._parts.phases)
        if self._own is not None:
            return next(
                (k for k, p in self._parts.phases.items() if _same(p, phase)), _calendar_of(phase)
            )
        return _calendar_of(phase)

    def _calendar(self, record: Element) -> list[Phase]:
        """Phases of a record's validity, without measures."""
        found = next(iter(every(record, "validityTimeSpecification")), None)
        if found is None:
            self._remark(f"record “{record.get('id')}” has no times and was taken as from today")
            return between(self._reader.now, self._reader.now + _OPEN_ENDED, self._reader.zone)
        begins = moment(text_of(found, "overallStartTime"), self._reader.zone) or self._reader.now
        ends = moment(text_of(found, "overallEndTime"), self._reader.zone)
        if ends is None:
            ends = max(begins, self._reader.now) + _OPEN_ENDED
            self._remark(f"has no end and was taken as lasting to {ends.date()}")
        if any(local(e.tag) == "exceptionPeriod" for e in found):
            self._remark("says exceptions to its times, which were not taken")
        periods = [e for e in found if local(e.tag) == "validPeriod"]
        is_certain = text_of(record, "probabilityOfOccurrence") == "certain"
        phases: list[Phase] = []
        for period in periods:
            phases += self._period(period, begins, ends)
        phases = phases or between(begins, ends, self._reader.zone)
        if kind_of(record) in ("MaintenanceWorks", "ReroutingManagement") and self._own is not None:
            named = self._own.get("certain", "").split()
            return [replace(p, is_certain=str(n) in named) for n, p in enumerate(phases)]
        return [replace(phase, is_certain=is_certain) for phase in phases]

    def _period(self, period: Element, begins: datetime, ends: datetime) -> list[Phase]:
        start = moment(text_of(period, "startOfPeriod"), self._reader.zone) or begins
        end = moment(text_of(period, "endOfPeriod"), self._reader.zone) or ends
        language = self._language
        name = next(iter(spoken(period, "periodName", language).values()), "")
        week = frozenset(
            DAYS.index(day.text or "")
            for day in every(period, "applicableDay")
            if (day.text or "") in DAYS
        )
        if every(period, "applicableMonth") or every(period, "recurringSpecialDay"):
            self._remark("recurs by months or special days, which were not taken")
        hours = [e for e in period if local(e.tag) == "recurringTimePeriodOfDay"]
        phases = between(start, end, self._reader.zone)
        if hours:
            first, last = phases[0].first_day, phases[-1].last_day
            phases = [
                Phase(first_day=first, last_day=last, measures=(), opens=opens, closes=closes)
                for opens, closes in map(hours_of, hours)
            ]
        return [replace(one, name=name, weekdays=week or WEEK) for one in phases]

    def _measure(self, record: Element, kind: str, phases: list[Phase]) -> None:
        own = next(iter(record.iter(f"{OWN}measure")), None)
        line = self._line(record)
        if not line:
            return
        for phase in phases:
            key = self._key(record, phase)
            measure = self._restriction(record, kind, own, line)
            if measure is None:
                return
            held = self._parts.phases[key]
            self._parts.phases[key] = replace(
                held, measures=(*held.measures, measure), is_certain=phase.is_certain
            )

    def _restriction(
        self, record: Element, kind: str, own: Element | None, line: Line
    ) -> Measure | None:
        ours = own.attrib if own is not None else {}
        effect = self._effect(record, kind)
        if effect is None:
            return None
        effect = _enum(Effect, ours.get("effect"), effect)
        direction = text_of(record, "applicableForTrafficDirection")
        left = whole_number(record, "numberOfOperationalLanes")
        lost = whole_number(record, "numberOfLanesRestricted")
        total = whole_number(record, "originalNumberOfLanes")
        if total is None and left is not None and lost is not None and not ours:
            total = left + lost
        elif left is None and total is not None and lost is not None:
            left = max(total - lost, 0)
        speed = number(ours.get("speedKmh") or text_of(record, "temporarySpeedLimit"))
        if not ours:
            total = total or None  # no lanes at all is nothing said
            if effect is Effect.SPEED and not speed:
                self._remark(f"record “{record.get('id')}” says no speed and was left out")
                return None
        return Measure(
            effect=effect,
            line=line,
            both_directions=direction in ("bothWays", "allDirections"),
            lanes_total=total,
            lanes_open=left,
            speed_kmh=speed,
            parking_lost=count(ours.get("parkingLost", "")) or 0,
        )

    def _effect(self, record: Element, kind: str) -> Effect | None:
        name = record.get("id", "")
        if kind == "SpeedManagement":
            return Effect.SPEED
        word = next(iter(every(record, "roadOrCarriagewayOrLaneManagementType")), None)
        if word is None:
            self._remark(f"record “{name}” is a {kind}, which works have no word for")
            return None
        said = word.get("_extendedValue") or (word.text or "").strip()
        if any(local(e.tag) == "forVehiclesWithCharacteristicsOf" for e in record):
            self._remark(f"record “{name}” ({said}) holds for some vehicles only")
            return Effect.LANES
        effect = EFFECTS.get(said)
        if effect is None and record.find(f".//{OWN}measure") is None:
            self._remark(f"record “{name}” says “{said}”; it was taken as lanes that are changed")
        return effect or Effect.LANES

    def _line(self, record: Element) -> Line:
        place = next((e for e in record if local(e.tag) == "locationReference"), None)
        found = [] if place is None else lines_of(place, self._id)
        if not found:
            self._remark(f"record “{record.get('id')}” has no line on the map and was left out")
            return ()
        return joined(found)

    def _detour(self, record: Element) -> None:
        words = self._parts.detour_words
        language = self._language
        told = spoken(record, "reroutingItineraryDescription", language)
        for key, text in told.items():
            if self._own is not None:  # what was too long for it stands in a comment
                words[key] = text + words.get(key, "")
            elif text not in words.get(key, ""):
                words[key] = f"{words.get(key, '')}\n{text}".strip()
        for route in (e for e in record if local(e.tag) == "alternativeRoute"):
            if found := lines_of(route, self._id):
                self._parts.detours.append(joined(found))

    def _remark(self, words: str) -> None:
        self._remarks.setdefault(f"Situation “{self._id}” {words}.")

    @property
    def remarks(self) -> list[str]:
        """What works have no word for, in sentences."""
        return list(self._remarks)


def _calendar_of(phase: Phase) -> Phase:
    return replace(phase, measures=(), is_certain=False)


def _same(one: Phase, other: Phase) -> bool:
    return _calendar_of(one) == _calendar_of(other)


def _enum(kind: type[_Word], word: str | None, default: _Word) -> _Word:
    try:
        return kind(word) if word else default
    except ValueError:
        return default
