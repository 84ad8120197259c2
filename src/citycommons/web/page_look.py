"""The look at a dataset: its automatic chart and its map, each with words, source and its table."""

from typing import Any

from citycommons.core.types import Dataset, Version
from citycommons.share.open import Opened
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand.charts import Chart, Kind, Message, Said, as_date, chart
from citycommons.understand.places import Places, Shape, places
from citycommons.web import base_map, figures, maps
from citycommons.web.language import N_
from citycommons.web.page_map import small_map
from citycommons.web.presentation import Says
from citycommons.web.render import speaker
from citycommons.web.view import View

_MOST_LINES = 200  # of a figure's own table; the data themselves stand below


def look(work: Work, view: View, opened: Opened) -> list[dict[str, Any]]:
    """The figures of a version, the most telling first; none where there is nothing to show."""
    says = speaker(view)
    found = []
    if drawn := chart(opened, view.settings.timezone):
        found.append(chart_figure(work, opened, drawn, says))
    if located := places(opened):
        found.append(map_figure(work, view, opened, located, says))
    if found and located and _is_about_places(drawn, located):
        found.reverse()
    return found


def _is_about_places(drawn: Chart | None, located: Places) -> bool:
    is_timed = drawn is not None and drawn.kind in (Kind.WEEK, Kind.LINE)
    return not is_timed and located.every > 1


def titles(version: Version, says: Says) -> dict[str, str]:
    """Columns' names as people read them."""
    return {field.name: says.field_title(field) for field in version.fields}


def source(work: Work, one: Dataset) -> str:
    """Whom to name under a figure."""
    return one.attribution or catalogue.publisher(work.db, one.publisher).name


def chart_figure(work: Work, opened: Opened, drawn: Chart, says: Says) -> dict[str, Any]:
    """The chart with everything that stands around it."""
    one, version = opened.dataset, opened.version
    names = titles(version, says)
    headline = figures.say(drawn.headline, says, names)
    subtitle = figures.say(drawn.subtitle, says, names)
    if drawn.kind is Kind.WEEK:
        subtitle += "; " + says._(N_("the band holds four of five hours"))
    base = f"/datasets/{one.id}@{version.number}"
    return {
        "id": "chart",
        "is_map": False,
        "headline": headline,
        "subtitle": subtitle,
        "svg": figures.draw(drawn, says, f"{headline}. {subtitle}"),
        "legend": "",
        "source": source(work, one),
        "as_of": says._(N_("version {number}")).format(number=version.number),
        "how_sure": _how_sure(drawn, says),
        "tools": [
            {"href": f"{base}/chart.svg", "words": says._(N_("image"))},
            {"href": f"/embed/{one.id}@{version.number}/chart", "words": says._(N_("embed"))},
        ],
        "heads": _heads(drawn, names, says),
        "lines": [_line(drawn, i, says) for i in range(min(len(drawn.points), _MOST_LINES))],
    }


def _how_sure(drawn: Chart, says: Says) -> str:
    every = drawn.used + drawn.left_out
    if drawn.left_out and every:
        share = says.percent(drawn.left_out / every)
        text = N_("{used} rows; {share} doubtful or empty, left out")
        return says._(text).format(used=says.number(drawn.used), share=share)
    return says._(N_("all {used} rows it could use")).format(used=says.number(drawn.used))


def _heads(drawn: Chart, names: dict[str, str], says: Says) -> list[str]:
    first = {
        Kind.WEEK: N_("Hour of the week"),
        Kind.LINE: N_("When"),
        Kind.BARS: N_("What"),
        Kind.HISTOGRAM: N_("From"),
    }[drawn.kind]
    amount = names.get(drawn.measure) or says._(N_("Rows"))
    if drawn.kind is Kind.HISTOGRAM:
        amount = says._(N_("Rows"))
    heads = [says._(first), amount]
    if drawn.kind is Kind.WEEK:
        heads += [says._(N_("one in ten below")), says._(N_("one in ten above"))]
    return heads


def _line(drawn: Chart, place: int, says: Says) -> list[str]:
    point = drawn.points[place]
    value = says.number(round(point.y, 2))
    if drawn.kind is Kind.WEEK:
        day, hour = (int(part) for part in point.x.split("-"))
        name = f"{says.weekday(day)}, {says.hour(hour)}"
        return [name, value, says.number(point.low or 0.0), says.number(point.high or 0.0)]
    if drawn.kind is Kind.LINE:
        day_of = as_date(point.x)
        if drawn.step == "year":
            return [str(day_of.year), value]
        if drawn.step == "month":
            return [f"{says.month(day_of.month)} {day_of.year}", value]
        return [point.x.replace("T", " ") if drawn.step == "hour" else point.x[:10], value]
    if drawn.kind is Kind.HISTOGRAM:
        return [says.number(float(point.x)), value]
    return [point.x, value]


def map_figure(
    work: Work, view: View, opened: Opened, located: Places, says: Says
) -> dict[str, Any]:
    """The map with everything that stands around it."""
    one, version = opened.dataset, opened.version
    names = titles(version, says)
    below = [id for id in view.settings.basemap if id != one.id]
    layers = base_map.base_layers(work, below)
    headline, subtitle = _map_words(located, names, says)
    drawn = maps.draw(layers, located, says, f"{headline}. {subtitle}")
    credits = dict.fromkeys([source(work, one), *base_map.credits(work, below)])
    shown = sorted(located.places, key=lambda p: -(p.value or 0))[:_MOST_LINES]
    return {
        "id": "map",
        "headline": headline,
        "subtitle": subtitle,
        "svg": drawn.svg,
        "legend": _legend(drawn, located, says),
        "source": ", ".join(credits),
        "as_of": says._(N_("version {number}")).format(number=version.number),
        "how_sure": _located_words(located, says),
        "tools": [{"href": f"/map?layers={one.id}", "words": says._(N_("open in the map"))}],
        "heads": [says._(N_("Place")), names.get(located.measure) or says._(N_("Rows"))],
        "lines": [
            [
                place.name or place.kind or "–",
                says.number(place.value if located.measure else place.rows),
            ]
            for place in shown
        ],
        "is_map": True,
        "layer": small_map(work, view, [(one, version, located)], located.bounds),
    }


def _map_words(located: Places, names: dict[str, str], says: Says) -> tuple[str, str]:
    count = says.number(located.every)
    if not located.measure:
        shape = located.places[0].shape if located.places else Shape.POINT
        what = {
            Shape.POINT: N_("Where they are: {count} places"),
            Shape.LINE: N_("Where they run: {count} lines"),
            Shape.AREA: N_("Where they lie: {count} areas"),
        }[shape]
        how = N_("Each as it is in the data")
        if shape is Shape.POINT:
            how = N_("Each dot is one place")
        return says._(what).format(count=count), says._(how)
    best = max(located.places, key=lambda p: p.value if p.value is not None else float("-inf"))
    values: dict[str, tuple[Said, str | float]] = {
        "name": (Said.TEXT, best.name),
        "count": (Said.NUMBER, located.every),
        "value": (Said.NUMBER, _rounded(best.value or 0.0)),
        "measure": (Said.COLUMN, located.measure),
    }
    is_point = best.shape is Shape.POINT
    text = N_("Most at {name}: {value}") if is_point else N_("Most in {name}: {value}")
    if not best.name:
        text = N_("How much, and where")
    many = any(place.rows > 1 for place in located.places)
    how = (
        (
            N_("{measure}, mean at each of {count} places; the area of a dot is the amount")
            if many
            else N_("{measure} at each of {count} places; the area of a dot is the amount")
        )
        if is_point
        else N_("{measure} in each of {count} areas; darker is more")
    )
    return (
        figures.say(Message(text=text, values=values), says, names),
        figures.say(Message(text=how, values=values), says, names),
    )


def _rounded(value: float) -> float:
    return round(value) if abs(value) >= 20 else round(value, 2)


def _legend(drawn: maps.Drawn, located: Places, says: Says) -> Any:
    if not drawn.classes:
        return ""
    return maps.legend(drawn.classes, says)


def _located_words(located: Places, says: Says) -> str:
    parts = []
    if located.every > len(located.places):
        text = says._(N_("{shown} of {every} places shown; the map explorer shows all"))
        parts.append(
            text.format(shown=says.number(len(located.places)), every=says.number(located.every))
        )
    if located.without:
        text = says._(N_("{count} rows have no place"))
        parts.append(text.format(count=says.number(located.without)))
    return "; ".join(parts)
