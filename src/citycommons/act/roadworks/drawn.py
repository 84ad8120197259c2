"""Works as a GeoJSON file: lines with what happens along them, and when."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.works import Line, Measure, Phase

_LARGEST = 5_000_000  # bytes
_CLOCK = re.compile(r"\d\d:\d\d")
_PHASE = ("first_day", "last_day", "weekdays", "opens", "closes")


def read_phases(path: Path) -> tuple[Phase, ...]:
    """Phases of a file's features: features of the same days and hours are one phase.

    Properties are those of `Measure` (without them a line is closed) and of `Phase`; without days
    it is today. Raises `NotFound` or `Invalid`, which names the feature.
    """
    found: dict[tuple[Any, ...], list[Measure]] = defaultdict(list)
    for number, feature in enumerate(_features(path), 1):
        said = feature.get("properties") or {}
        if not isinstance(said, dict):
            raise Invalid(f"{path.name}, feature {number}: its properties are no object.")
        for line in _lines(path, number, feature):
            measure = _converted(path, number, said, Measure, {"effect": "closed", "line": line})
            found[tuple(_value(said.get(name)) for name in _PHASE)].append(measure)
    if not found:
        raise Invalid(f"{path.name} holds no line. Draw where the works are, along the street.")
    phases = [_phase(path, key, measures) for key, measures in found.items()]
    return tuple(sorted(phases, key=lambda one: (one.first_day, one.last_day)))


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise Invalid(f"{path.name} is larger than 5 MB; works are a few lines.")
        whole = msgspec.json.decode(path.read_bytes())
    except OSError as cause:
        raise NotFound(f"Cannot read {path}: {cause.strerror}.") from cause
    except msgspec.DecodeError as cause:
        raise Invalid(f"{path.name} is no GeoJSON: {cause}.") from cause
    if isinstance(whole, dict) and whole.get("type") == "Feature":
        return [whole]
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise Invalid(f"{path.name} is no GeoJSON collection of features.")
    return features


def _lines(path: Path, number: int, feature: dict[str, Any]) -> list[Line]:
    shape = feature.get("geometry") or {}
    kind = shape.get("type") if isinstance(shape, dict) else None
    if kind not in ("LineString", "MultiLineString"):
        raise Invalid(f"{path.name}, feature {number}: a line is needed, here is “{kind}”.")
    parts = shape.get("coordinates")
    try:
        lines = msgspec.convert([parts] if kind == "LineString" else parts, list[list[list[float]]])
        found = [tuple((p[0], p[1]) for p in line) for line in lines]
    except (msgspec.ValidationError, IndexError) as cause:
        raise Invalid(f"{path.name}, feature {number}: these are no coordinates.") from cause
    for line in found:
        if len(line) < 2 or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in line):
            raise Invalid(
                f"{path.name}, feature {number}: a line has two places or more, as longitude and "
                "latitude."
            )
    return found


def _phase(path: Path, key: tuple[Any, ...], measures: list[Measure]) -> Phase:
    said = {name: value for name, value in zip(_PHASE, key, strict=True) if value is not None}
    today = date.today()  # noqa: DTZ011  (the day of whoever draws)
    given = {"first_day": said.get("last_day", today), "last_day": said.get("first_day", today)}
    phase: Phase = _converted(path, 0, {**given, **said}, Phase, {"measures": ()})
    if phase.last_day < phase.first_day:
        raise Invalid(f"{path.name}: the last day, {phase.last_day}, is before the first.")
    return replace(phase, measures=tuple(measures))


def _converted(path: Path, number: int, said: Any, kind: Any, more: dict[str, Any]) -> Any:
    names = set(kind.__dataclass_fields__)
    known = {name: value for name, value in dict(said).items() if name in names}
    try:
        return msgspec.convert({**more, **known}, kind, strict=False)
    except msgspec.ValidationError as cause:
        where = f", feature {number}" if number else ""
        raise Invalid(f"{path.name}{where}: {cause}.") from cause


def _value(value: Any) -> Any:
    """As a key; “07:00” becomes the time that is written with seconds."""
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    if value is None:
        return None
    text = str(value)
    return f"{text}:00" if _CLOCK.fullmatch(text) else text
