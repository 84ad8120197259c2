"""The entities of one time series, made once a version and linked with one another."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote

import orjson
import shapely

from citycommons.core.types import Field, FieldType, Text
from citycommons.share.cells import DECIMALS
from citycommons.share.sensorthings import names
from citycommons.share.sensorthings.series import Series
from citycommons.share.sensorthings.stations import Station, is_day, text_of
from citycommons.share.sensorthings.values import Period

_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
_UCUM = "http://www.opengis.net/def/uom/UCUM/"
GEOJSON = "application/geo+json"


@dataclass(slots=True, eq=False)
class Entity:
    """One entity; `one` and `many` lead to others of the same series."""

    set: str
    id: str
    values: dict[str, Any]  # as JSON has them
    series: Series
    station: int = -1
    measure: int = -1
    shown: dict[str, Any] = field(default_factory=dict)  # what conditions compare, where it differs
    one: dict[str, "Entity"] = field(default_factory=dict)
    many: dict[str, list["Entity"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where another dataset says that a station is."""

    wkb: bytes | None
    name: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """A dataset of places, by the text of its key."""

    dataset: str
    of: Mapping[str, Place]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A time series with all its entities but the observations."""

    series: Series
    stations: tuple[Station, ...]
    sets: Mapping[str, list[Entity]]
    by_id: Mapping[str, Mapping[str, Entity]]
    streams: tuple[tuple[Entity | None, ...], ...]  # by station, by measure
    features: tuple[Entity, ...]  # by station
    counts: tuple[int, ...]  # observations by measure
    places: Mapping[tuple[Any, ...], int]  # number of a station by its key

    @property
    def size(self) -> int:
        return sum(map(len, self.sets.values()))


def moment(value: Any) -> datetime:
    """A time or day of the data as a moment in UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise TypeError(value)


def iso(value: Any) -> str:
    """A time or day of the data as ISO 8601 in UTC."""
    text = moment(value).astimezone(UTC).isoformat()
    text = text.replace("+00:00", "")
    return (text.rstrip("0") if "." in text else text) + "Z"


def told(text: Text, language: str, otherwise: str = "") -> str:
    """The text in this language, or else in English, or in any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "") or otherwise


def titled(field: Field, language: str) -> str:
    return told(field.title, language, field.name)


@dataclass(frozen=True, slots=True)
class Manner:
    """In which language entities are told, and the portal's address in what they refer to."""

    language: str
    url: str


def model_of(
    series: Series, stations: tuple[Station, ...], places: Places | None, manner: Manner
) -> Model:
    """All entities of the series."""
    return _Maker(series, stations, places, manner).model()


class _Maker:
    def __init__(
        self,
        series: Series,
        stations: tuple[Station, ...],
        places: Places | None,
        manner: Manner,
    ) -> None:
        self._series, self._stations = series, stations
        self._places, self._language = places, manner.language
        self._id, self._title = series.dataset.id, told(series.dataset.title, manner.language)
        # Worked out once: there may be ten thousand stations.
        self._texts = [text_of(station.key) for station in stations]
        self._units = [unit_of(field) for field in series.measures]
        self._address = f"{manner.url}/datasets/{quote(series.dataset.id, safe='')}"
        self._sets: dict[str, list[Entity]] = {
            name: [] for name in names.SETS if name != names.OBSERVATIONS
        }

    def model(self) -> Model:
        sensor = self._sensor()
        properties = [self._property(i) for i in range(len(self._series.measures))]
        streams, features = [], []
        for at, station in enumerate(self._stations):
            thing, feature, location = self._thing(at)
            features.append(feature)
            row = [self._stream(at, i, thing, location) for i in range(len(properties))]
            for stream, seen in zip(row, properties, strict=True):
                if stream:
                    stream.one |= {"Thing": thing, "Sensor": sensor, "ObservedProperty": seen}
                    for owner in (thing, sensor, seen):
                        owner.many.setdefault(names.DATASTREAMS, []).append(stream)
            if location:
                self._history(thing, location, station)
            streams.append(tuple(row))
        counts = [
            sum(span.count for one in self._stations if (span := one.spans[i]) is not None)
            for i in range(len(properties))
        ]
        return Model(
            series=self._series,
            stations=self._stations,
            sets=self._sets,
            by_id={name: {e.id: e for e in found} for name, found in self._sets.items()},
            streams=tuple(streams),
            features=tuple(features),
            counts=tuple(counts),
            places={station.key: at for at, station in enumerate(self._stations)},
        )

    def _add(self, set: str, id: str, values: dict[str, Any], **more: Any) -> Entity:
        made = Entity(set, id, values, self._series, **more)
        self._sets[set].append(made)
        return made

    def _sensor(self) -> Entity:
        dataset = self._series.dataset
        origin = dataset.source or dataset.landing_page
        values = {
            "name": self._title,
            "description": told(dataset.description, self._language, self._title),
            "encodingType": "text/html",
            "metadata": origin or self._address,
            "properties": self._about(),
        }
        return self._add(names.SENSORS, dataset.id, values)

    def _about(self) -> dict[str, Any]:
        dataset = self._series.dataset
        return {
            "dataset": dataset.id,
            "version": self._series.version.number,
            "license": dataset.license,
            **({"attribution": dataset.attribution} if dataset.attribution else {}),
        }

    def _property(self, measure: int) -> Entity:
        field = self._series.measures[measure]
        title = titled(field, self._language)
        values = {
            "name": title,
            "definition": f"{self._address}#{quote(field.name)}",
            "description": told(field.description, self._language, title),
            "properties": {"dataset": self._id, "column": field.name},
        }
        return self._add(names.PROPERTIES, f"{self._id}@{field.name}", values, measure=measure)

    def _place(self, at: int) -> Place | None:
        return self._places.of.get(self._texts[at]) if self._places else None

    def label(self, at: int) -> str:
        """What people call the station."""
        station, place = self._stations[at], self._place(at)
        if not station.key:
            return self._title
        texts = [value for value in station.constants.values() if isinstance(value, str) and value]
        named = place.name if place and place.name else (texts[0] if texts else "")
        return named or self._texts[at] or "?"

    def _thing(self, at: int) -> tuple[Entity, Entity, Entity | None]:
        station, label, place = self._stations[at], self.label(at), self._place(at)
        id = f"{self._id}@{self._texts[at]}" if station.key else str(self._id)
        keys = {f.name: v for f, v in zip(self._series.stations, station.key, strict=True)}
        described = f"{self._title}: {label}" if station.key else self._title
        said = {"name": label, "description": described}
        properties = keys | _plain(station.constants) | self._about()
        thing = self._add(names.THINGS, id, {**said, "properties": properties}, station=at)
        wkb = station.wkb or (place.wkb if place else None)
        shape = shapely.from_wkb(wkb) if wkb else None
        geometry = _geojson(shape)
        about = {"dataset": self._id, **keys}
        if place and self._places:
            about = {"dataset": self._places.dataset, **keys, **place.properties}
        location = None
        if shape is not None:
            values = {**said, "encodingType": GEOJSON, "location": geometry, "properties": about}
            location = self._add(names.LOCATIONS, id, values, station=at)
            location.shown["location"] = shape
            thing.many[names.LOCATIONS] = [location]
            location.many[names.THINGS] = [thing]
        nowhere: dict[str, Any] = {"type": "Feature", "geometry": None, "properties": {}}
        values = {**said, "encodingType": GEOJSON, "feature": geometry or nowhere}
        feature = self._add(names.FEATURES, id, {**values, "properties": about}, station=at)
        feature.shown["feature"] = shape
        return thing, feature, location

    def _history(self, thing: Entity, location: Entity, station: Station) -> None:
        firsts = [moment(span.first) for span in station.spans if span]
        since = min(firsts, default=moment(self._series.version.created))
        values = {"time": iso(since)}
        made = self._add(names.HISTORY, thing.id, values, station=thing.station)
        made.shown["time"] = since
        made.one["Thing"], made.many[names.LOCATIONS] = thing, [location]
        thing.many[names.HISTORY] = location.many[names.HISTORY] = [made]

    def _stream(
        self, at: int, measure: int, thing: Entity, location: Entity | None
    ) -> Entity | None:
        span, field = self._stations[at].spans[measure], self._series.measures[measure]
        if span is None:
            return None
        title, label = titled(field, self._language), thing.values["name"]
        first, last = span.first, span.latest.time
        kind = "OM_CountObservation" if field.type is FieldType.INTEGER else "OM_Measurement"
        is_one = not self._stations[at].key
        id = f"{self._id}@{field.name}"
        values = {
            "name": title if is_one else f"{title}, {label}",
            "description": f"{title}: {thing.values['description']}",
            "observationType": _OM + kind,
            "unitOfMeasurement": self._units[measure],
            "observedArea": location.values["location"] if location else None,
            "phenomenonTime": f"{iso(first)}/{iso(last)}",
            "resultTime": f"{iso(first)}/{iso(last)}",
            "properties": {**self._about(), "column": field.name}
            | ({"resolution": "P1D"} if is_day(self._series) else {}),
        }
        if not is_one:
            id = f"{id}@{self._texts[at]}"
        made = self._add(names.DATASTREAMS, id, values, station=at, measure=measure)
        span_shown = Period(moment(first), moment(last))
        made.shown |= {"phenomenonTime": span_shown, "resultTime": span_shown}
        made.shown["observedArea"] = location.shown["location"] if location else None
        return made


def unit_of(field: Field) -> dict[str, str | None]:
    """The unit as SensorThings wants it (clause 8.2.4); nothing for a plain number."""
    if not field.unit:
        return {"name": None, "symbol": None, "definition": None}
    definition = _UCUM + quote(field.unit, safe="")
    return {"name": field.unit, "symbol": field.unit, "definition": definition}


def _geojson(shape: Any) -> Any:
    if shape is None:
        return None
    rounded = shapely.set_precision(shape, 10**-DECIMALS, mode="pointwise")
    return orjson.loads(shapely.to_geojson(rounded))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: iso(value) if isinstance(value, date) else value for name, value in values.items()
    }
