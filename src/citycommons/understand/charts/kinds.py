"""Charts of kinds and amounts: at most eight bars, or how many rows hold which value."""

from typing import Any

from citycommons.core.types import Field, FieldRole
from citycommons.share.open import Opened
from citycommons.understand.charts.ask import ask, says_nothing, tidy_sql
from citycommons.understand.charts.parts import Chart, Kind, Message, Point, Said
from citycommons.understand.columns import NUMERIC, series_columns, statistics_of

BARS = 8
_FEW = 20


def bars(opened: Opened, measure: Field | None) -> Chart | None:
    version, known = opened.version, statistics_of(opened.version)
    for column in series_columns(version, most=max(60, BARS)):
        is_name = known[column.name].distinct >= 0.9 * version.rows
        if column.role is FieldRole.TEXT and not is_name and known[column.name].distinct > 40:
            continue
        if is_name and measure is None:
            continue
        if not is_name and version.rows < _FEW:
            continue  # the rows themselves are read as quickly
        found = ask(opened, tidy_sql(opened, None, measure if is_name else None, column), "bars")
        found = [one for one in found if one["y"] is not None]
        found.sort(key=lambda one: (-one["y"], one["s"]))
        if len(found) < 2 or found[0]["y"] <= 0 or found[-1]["y"] < 0:
            continue
        if not is_name and says_nothing([one["y"] for one in found]):
            continue
        return _as_bars(found, column, measure if is_name else None, version.rows)
    return None


def _as_bars(found: list[dict[str, Any]], column: Field, measure: Field | None, rows: int) -> Chart:
    shown = found[:BARS]
    total = float(sum(one["y"] for one in found))
    used = sum(one["n"] for one in found)
    values: dict[str, tuple[Said, str | float]] = {
        "name": (Said.TEXT, shown[0]["s"]),
        "value": (Said.NUMBER, shown[0]["y"]),
        "share": (Said.SHARE, shown[0]["y"] / total),
    }
    if measure is None:
        headline = Message(text="{name} is the most frequent: {share} of all", values=values)
        subtitle = Message(text="Rows by {column}", values={"column": (Said.COLUMN, column.name)})
    else:
        values |= {
            "second": (Said.TEXT, shown[1]["s"]),
            "second_value": (Said.NUMBER, shown[1]["y"]),
        }
        text = "{name} leads with {value}; {second} follows with {second_value}"
        headline = Message(text=text, values=values)
        subtitle = Message(
            text="{measure} by {column}",
            values={
                "measure": (Said.COLUMN, measure.name),
                "column": (Said.COLUMN, column.name),
            },
        )
    return Chart(
        kind=Kind.BARS,
        headline=headline,
        subtitle=subtitle,
        measure=measure.name if measure else "",
        unit=measure.unit if measure else "",
        points=tuple(Point(x=str(one["s"]), y=float(one["y"]), rows=one["n"]) for one in shown),
        marked=0,
        rest=float(sum(one["y"] for one in found[BARS:])) if measure is None else 0.0,
        used=used,
        left_out=rows - used,
    )


def histogram(opened: Opened, measure: Field) -> Chart | None:
    one = statistics_of(opened.version)[measure.name]
    if len(one.histogram) < 2 or measure.type not in NUMERIC:
        return None
    found = ask(opened, tidy_sql(opened, None, measure, None), "quartiles")[0]
    if found["low"] is None:
        return None
    width = (one.maximum - one.minimum) / len(one.histogram)
    values: dict[str, tuple[Said, str | float]] = {
        "low": (Said.NUMBER, found["low"]),
        "high": (Said.NUMBER, found["high"]),
    }
    return Chart(
        kind=Kind.HISTOGRAM,
        headline=Message(text="Half of all values lie between {low} and {high}", values=values),
        subtitle=Message(
            text="{measure}: how many rows hold which value",
            values={"measure": (Said.COLUMN, measure.name)},
        ),
        measure=measure.name,
        unit=measure.unit,
        points=tuple(
            Point(x=repr(one.minimum + i * width), y=float(n), rows=n)
            for i, n in enumerate(one.histogram)
        ),
        used=found["n"],
        left_out=one.nulls + found["doubtful"],
    )
