"""A forecast as a table for spreadsheets and as a page to print."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from citycommons.act.roadworks.types import Forecast, HourForecast, Range, StreetChange

_SHOWN = 40  # streets on the printed page; the table has all
_COLUMNS = (
    *("phase", "day", "hour", "link", "street", "before_veh_h", "after_veh_h", "after_low"),
    *("after_high", "change_veh_h", "change_low", "change_high", "minutes_longer"),
)


def as_csv(found: Forecast) -> str:
    """Each street that changes, one row for each detailed hour."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for hour in found.hours:
        for one in hour.streets:
            rows.writerow(
                [
                    *(hour.phase + 1, hour.day.value, hour.hour, one.link, one.street),
                    *(round(value, 1) for value in (one.before, one.after.middle)),
                    *(round(value, 1) for value in (one.after.low, one.after.high)),
                    *(round(value, 1) for value in (one.change.middle, one.change.low)),
                    *(round(one.change.high, 1), round(one.minutes.middle, 3)),
                ]
            )
    return text.getvalue()


def lines(found: Forecast) -> Iterator[str]:
    """The forecast in plain sentences, the most important first."""
    for hour in found.hours:
        yield (
            f"Phase {hour.phase + 1}, {hour.day.value}, {hour.hour}:00 to {hour.hour + 1}:00: "
            f"{said(hour.delay)} vehicle-hours more; {said(hour.drivers_changing, 0)} drivers take "
            f"another way; {said(hour.minutes_per_trip)} minutes longer for each trip that is "
            f"touched; {said(hour.co2, 0)} kg CO2 more."
        )
        if hour.no_alternative:
            trips = sum(one.trips for one in hour.no_alternative)
            yield f"  {trips:.0f} trips find no way at all, between {_pairs(hour)}."
    yield (
        f"Over the calendar: {said(found.total_delay, 0)} vehicle-hours, "
        f"{said(found.cost.amount, 0)} {found.cost.currency} of {found.cost.year} at "
        f"{found.cost.per_hour:.2f} an hour, {said(found.co2, 0)} kg CO2."
    )
    if found.parking_lost:
        yield f"{found.parking_lost} parking places are lost."
    if found.bus_lines:
        yield "Bus lines touched: " + ", ".join(found.bus_lines) + "."
    if found.cycle_routes:
        yield "Cycle routes touched: " + ", ".join(found.cycle_routes) + "."


def basis(found: Forecast) -> Iterator[str]:
    """What the numbers stand on, and their limits."""
    yield (
        f"Forecast {found.id}: model {found.model}, seed {found.seed}, ranges of 90 % from "
        f"{found.runs} runs, corrected by {found.correction:.2f} and widened by "
        f"{found.widening:.2f} after past works."
    )
    yield f"Value of time: {found.cost.source} ({found.cost.country})."
    if found.emission_source:
        yield f"CO2: {found.emission_source}."
    yield from found.notes


def by_street(hour: HourForecast) -> list[tuple[str, StreetChange]]:
    """Each street that gains and each that loses, in words, with its link that changes most."""
    links: dict[tuple[str, bool], list[StreetChange]] = defaultdict(list)
    for one in hour.streets:
        links[one.street or f"link {one.link}", one.change.middle > 0].append(one)
    return [
        (f"{name} ({len(those)} pieces)" if len(those) > 1 else name, those[0])
        for (name, _), those in links.items()
    ]


def said(one: Range, digits: int = 1) -> str:
    """“12.3 (8.0 to 19.5)”."""
    middle, low, high = (f"{value + 0.0:.{digits}f}" for value in (one.middle, one.low, one.high))
    return f"{middle} ({low} to {high})"


def as_html(found: Forecast, title: str) -> str:
    """One page without anything from elsewhere: sentences, streets, areas, and their basis."""
    body = [f"<h1>{escape(title)}</h1>", *(f"<p>{escape(one)}</p>" for one in lines(found))]
    for hour in found.hours:
        name = f"Phase {hour.phase + 1}, {hour.day.value}, {hour.hour}:00"
        body.append(f"<h2>{escape(name)}</h2>")
        streets = [
            (
                name,
                f"{one.before:.0f}",
                said(one.after, 0),
                said(one.change, 0),
            )
            for name, one in by_street(hour)[:_SHOWN]
        ]
        body.append(_table("Vehicles an hour", ("Street", "Before", "After", "Change"), streets))
        areas = [
            (one.area, "from" if one.is_origin else "to", f"{one.trips:.0f}", said(one.delay))
            for one in hour.areas
        ]
        body.append(_table("Who is delayed", ("Area", "Trips", "An hour", "Vehicle-hours"), areas))
        weeks = [(str(one.week), said(one.delay)) for one in hour.weeks]
        body.append(_table("The first weeks", ("Week", "Vehicle-hours in this hour"), weeks))
    body.append("<h2>What this stands on</h2><ul>")
    body += [f"<li>{escape(one)}</li>" for one in basis(found)]
    body.append("</ul>")
    return _PAGE.format(title=escape(title), body="\n".join(body))


def _table(caption: str, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heading)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>\n{body}</table>"
    )


def _pairs(hour: HourForecast) -> str:
    shown = [f"{one.origin} and {one.destination}" for one in hour.no_alternative[:3]]
    more = len(hour.no_alternative) - len(shown)
    return "; ".join(shown) + (f"; and {more} pairs more" if more else "")


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0; width: 100% }}
caption {{ text-align: left; font-weight: 600; padding-bottom: .3rem }}
th, td {{ text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884 }}
</style></head>
<body><main>
{body}
</main></body></html>
"""
