"""Time series for tests: counters with their places, a series of days, and one without a key."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import shapely
from tests.web.web_portal import Portal, described

from citycommons.core.types import Access, Field, FieldRole, FieldType

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = 48
COUNTERS = {"c1": "Bridge", "c2": "Gate", "c3": "Park o'Hill (east)"}


def counts() -> pa.Table:
    """48 hours at three counters; each fifth count of cyclists is missing."""
    keys = [(c, START + timedelta(hours=h)) for c in COUNTERS for h in range(HOURS)]
    return pa.table(
        {
            "counter": [c for c, _ in keys],
            "time": pa.array([t for _, t in keys], pa.timestamp("us", "UTC")),
            "cyclists": [None if i % 5 == 4 else i for i in range(len(keys))],
            "speed": [10.5 + i % 3 for i in range(len(keys))],
            "weather": ["dry" if i % 2 else "wet" for i in range(len(keys))],
        }
    )


def counters() -> pa.Table:
    points = [shapely.to_wkb(shapely.Point(7.6 + i / 10, 51.9)) for i in range(3)]
    return pa.table(
        {"counter": list(COUNTERS), "name": list(COUNTERS.values()), "place": pa.array(points)}
    )


FIELDS = (
    Field(name="counter", type=FieldType.STRING, role=FieldRole.IDENTIFIER),
    Field(name="time", type=FieldType.DATETIME, role=FieldRole.TIME),
    Field(
        name="cyclists",
        type=FieldType.INTEGER,
        role=FieldRole.MEASURE,
        unit="{cyclists}/h",
        title={"en": "Cyclists"},
    ),
    Field(name="speed", type=FieldType.NUMBER, role=FieldRole.MEASURE, unit="km/h"),
    Field(name="weather", type=FieldType.STRING, role=FieldRole.CATEGORY),
)


def add_counters(portal: Portal) -> None:
    """`cycling` and its twin `cycling-inside` that is internal, and `counters` with the places."""
    keyed: dict[str, Any] = {"key": ("counter", "time"), "fields": FIELDS}
    portal.publish(described("cycling", **keyed), counts())
    portal.publish(described("cycling-inside", access=Access.INTERNAL, **keyed), counts())
    portal.publish(described("counters", key=("counter",)), counters())


def renamed() -> tuple[Field, ...]:
    """The fields with another name of the station, for which `counters` says no place."""
    return (replace(FIELDS[0], name="sensor"), *FIELDS[1:])


def relabelled() -> pa.Table:
    return counts().rename_columns(["sensor", "time", "cyclists", "speed", "weather"])


def relabelled_places() -> pa.Table:
    return counters().rename_columns(["sensor", "name", "place"])


def visits() -> pa.Table:
    """Days without a station; one value is missing, one time is."""
    days: list[date | None] = [date(2026, 1, 1) + timedelta(days=n) for n in range(10)]
    days[7] = None
    seen = [None if n == 3 else n * 10 for n in range(10)]
    return pa.table({"day": pa.array(days, pa.date32()), "visits": seen})


def levels() -> pa.Table:
    """Levels by pump and pipe, without a key: two rows of one pipe have the same time."""
    return pa.table(
        {
            "pump": ["p"] * 4 + ["q"] * 4 + [None] * 2,
            "pipe": [1, 1, 2, 2, 1, 1, 2, 2, 1, 1],
            "seen": pa.array([START + timedelta(hours=n // 2) for n in range(10)]),
            "level": [float(n) for n in range(10)],
        }
    )


def add_odd_series(portal: Portal, *, is_keyed: bool = True) -> None:
    """`visits` of days, and `levels` of stations that two columns tell apart."""
    days = (
        Field(name="day", type=FieldType.DATE, role=FieldRole.TIME),
        Field(name="visits", type=FieldType.INTEGER, role=FieldRole.MEASURE),
    )
    portal.publish(described("visits", key=("day",) if is_keyed else (), fields=days), visits())
    pumps = (
        Field(name="pump", type=FieldType.STRING, role=FieldRole.IDENTIFIER),
        Field(name="pipe", type=FieldType.INTEGER, role=FieldRole.IDENTIFIER),
        Field(name="seen", type=FieldType.DATETIME, role=FieldRole.TIME),
        Field(name="level", type=FieldType.NUMBER, role=FieldRole.MEASURE, unit="m"),
    )
    key = ("pump", "pipe", "seen") if is_keyed else ()
    portal.publish(described("levels", key=key, fields=pumps), levels())
