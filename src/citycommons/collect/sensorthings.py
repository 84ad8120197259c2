"""Connector `sensorthings`: an OGC SensorThings API 1.0 or 1.1 (OGC 15-078r6, 18-088)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson

from citycommons.collect.asking import Document
from citycommons.collect.pages import MOST_ROWS, Pages, numbered
from citycommons.collect.polite import Polite
from citycommons.collect.since import back
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import Parcel

_SETS = {
    "things": "Things",
    "locations": "Locations",
    "datastreams": "Datastreams",
    "sensors": "Sensors",
    "observed_properties": "ObservedProperties",
    "features_of_interest": "FeaturesOfInterest",
    "observations": "Observations",
}
_EXPANDED = {
    "things": ("Locations",),
    "locations": ("Things($select=@iot.id,name)", "Things"),
    "datastreams": (
        "Thing($expand=Locations),ObservedProperty,Sensor",
        "Thing/Locations,ObservedProperty,Sensor",
        "Thing,ObservedProperty,Sensor",
    ),
    "observations": (
        "Datastream($select=@iot.id,name,unitOfMeasurement;$expand=Thing($select=@iot.id,name))",
        "Datastream($expand=Thing)",
        "Datastream/Thing",
        "Datastream",
    ),
}
"""What comes along, so that rows name what they belong to. Servers differ in what they understand:
the first form that one answers is taken."""

_DATA_ARRAY = "data-array"
_ID = re.compile(r"Datastreams\((.+?)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorThings:
    """Things, datastreams and observations, each set of entities as a table of its own.

    Observations come in the order of their time, and only those after `since`. `overlap` says how
    far back late ones are looked for; they then come twice, so the source is one of mode upsert.
    Where the service offers data arrays, observations are asked for as such and written as lines.
    """

    url: str = field(metadata={"says": "Address of the service, with its version: …/v1.1"})
    parts: tuple[str, ...] = field(
        default=("things", "locations", "datastreams", "observed_properties", "observations"),
        metadata={"says": "Sets of entities to bring", "choices": tuple(_SETS)},
    )
    filter: str = field(default="", metadata={"says": "Filter of observations: Datastream/id eq 5"})
    overlap: str = field(default="", metadata={"says": "How far back late ones may come: PT1H"})
    data_array: bool = field(
        default=True, metadata={"says": "Take data arrays where they are offered"}
    )
    top: int = field(default=0, metadata={"says": "Entities of one page; 0: as the service likes"})
    most_rows: int = field(default=MOST_ROWS, metadata={"says": "More entities are refused"})
    token: str = field(default="", metadata={"says": "Token for closed services", "secret": True})
    since: str = ""
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """One parcel a page; observations come last, and the last parcel has the cursor.

        Raises `Invalid` if the address is no such service, `NotFound` for a set that it has not,
        `Unavailable` when pages go in a circle or fewer entities come than it counts.
        """
        if wrong := [part for part in self.parts if part not in _SETS]:
            raise Invalid(f"“{wrong[0]}” is no part; there are {', '.join(_SETS)}.", column="parts")
        with self.client:
            service = self._service()
            sets = service.get("value") if isinstance(service, dict) else None
            if not isinstance(sets, list):
                raise Invalid(
                    f"{self.url} is no SensorThings service. Its address ends in /v1.1 or /v1.0.",
                    url=self.url,
                )
            there = {str(one.get("name")): str(one.get("url", "")) for one in sets}
            reached = [self.since]
            waiting: Parcel | None = None
            for part in sorted(self.parts, key=lambda one: one == "observations"):
                if not (address := there.get(_SETS[part])):
                    raise NotFound(f"{self.url} has no {_SETS[part]}; it has {', '.join(there)}.")
                for parcel in self._set(part, address, _offers_arrays(service), reached):
                    if waiting:
                        yield waiting
                    waiting = parcel
            if waiting:
                yield replace(waiting, cursor=reached[0])

    def _set(
        self, part: str, address: str, has_arrays: bool, reached: list[str]
    ) -> Iterator[Parcel]:
        address = urljoin(f"{self.url.rstrip('/')}/", address)
        is_observed = part == "observations"
        is_array = is_observed and has_arrays and self.data_array
        asked: dict[str, Any] = {"$count": "true"} | ({"$top": self.top} if self.top else {})
        if is_observed:
            asked |= {"$orderby": "phenomenonTime asc"} | self._filter()
        if is_array:
            asked["$resultFormat"] = "dataArray"
        pages, expected = Pages(where=f"{address}", most_rows=self.most_rows), None
        while address:
            pages.next(address)
            answer = self._first(address, asked, part, is_array) if asked else self._ask(address)
            said = answer.json()
            if not isinstance(said, dict) or not isinstance(said.get("value"), list):
                raise Invalid(f"{answer.url} gives no entities. Check the address.", url=answer.url)
            rows = _lines(said["value"]) if is_array else said["value"]
            expected = said.get("@iot.count", said.get("@odata.count")) if asked else expected
            pages.took(len(rows), orjson.dumps(rows))
            if is_observed:
                reached[0] = max([reached[0], *map(_time, rows)])
            if rows or (pages.count == 1 and not (is_observed and self.since)):
                yield self._parcel(part, answer, rows if is_array else None, pages.count)
            following = said.get("@iot.nextLink") or said.get("@odata.nextLink") or ""
            address, asked = urljoin(answer.url, following) if following else "", {}
        pages.check(int(expected) if expected is not None and not is_array else None)

    def _first(self, address: str, asked: dict[str, Any], part: str, is_array: bool) -> Document:
        """The first page with as much of what belongs to it as the service can expand."""
        expanded = ("",) if is_array else (*_EXPANDED.get(part, ()), "")
        # The order only keeps pages apart; the cursor is the latest of all observations.
        orders = (asked.get("$orderby", ""), "") if "$orderby" in asked else ("",)
        forms = [{"$orderby": order, "$expand": form} for order in orders for form in expanded]
        for form in forms:
            sent = {key: value for key, value in (asked | form).items() if value}
            try:
                return self._ask(address, sent)
            except Unavailable as cause:
                # Some services refuse what they do not know, others break on it.
                is_refused = cause.where.get("status") in (400, 404, 422)
                if form is forms[-1] or not (is_refused or "retry_after" in cause.where):
                    raise
        raise AssertionError("the last form is returned or raised")  # pragma: no cover

    def _service(self) -> Any:
        address = self.url.rstrip("/")
        try:
            return self._ask(address).json()
        except Unavailable as cause:
            if cause.where.get("status") != 404:
                raise
            return self._ask(f"{address}/").json()

    def _filter(self) -> dict[str, str]:
        after = ""
        if self.since:
            moment = back(datetime.fromisoformat(self.since), self.overlap)
            after = f"phenomenonTime gt {moment.astimezone(UTC).isoformat().replace('+00:00', 'Z')}"
        both = [f"({one})" if self.filter and after else one for one in (self.filter, after) if one]
        return {"$filter": " and ".join(both)} if both else {}

    def _ask(self, url: str, params: Mapping[str, Any] | None = None) -> Document:
        is_own = urlsplit(url)[:2] == urlsplit(self.url)[:2]
        headers = {"Authorization": f"Bearer {self.token}"} if self.token and is_own else {}
        return self.client.document(url, params=params, headers=headers, accept="application/json")

    def _parcel(
        self, part: str, answer: Document, rows: list[dict[str, Any]] | None, number: int
    ) -> Parcel:
        content = answer.content if rows is None else b"\n".join(map(orjson.dumps, rows)) + b"\n"
        return self.client.keep(
            content,
            name=numbered(part, number, "json" if rows is None else "ndjson"),
            origin=answer.url,
            media_type="application/json" if rows is None else "application/x-ndjson",
            part=part,
            profile="sensorthings",
        )


def _offers_arrays(service: Mapping[str, Any]) -> bool:
    """Whether the service names the data array among what it conforms to (18-088, 9.2)."""
    settings = service.get("serverSettings")
    said = settings.get("conformance") if isinstance(settings, dict) else ()
    return any(_DATA_ARRAY in str(one) for one in said or ())


def _lines(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Observations of data arrays, each with the id of its datastream (18-088, 13.2)."""
    return [
        {"Datastream.@iot.id": _datastream(group)}
        | dict(zip(map(_component, group.get("components", ())), values, strict=False))
        for group in groups
        for values in group.get("dataArray", ())
    ]


def _component(name: str) -> str:
    return "@iot.id" if name == "id" else name


def _datastream(group: Mapping[str, Any]) -> Any:
    link = str(group.get("Datastream@iot.navigationLink", ""))
    named = _ID.search(link)
    text = named[1].strip("'") if named else link
    return int(text) if text.isdigit() else text


def _time(observation: Mapping[str, Any]) -> str:
    """When it was so, in UTC and always as long: begin of a span, as later spans begin after it."""
    text = str(observation.get("phenomenonTime") or "").partition("/")[0]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
