"""Charts as SVG text, in two widths.

Everything is drawn with presentation attributes and classes of `city.css`, so that the strict
content security policy holds and light, dark and print come by themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from markupsafe import Markup, escape

from citycommons.understand.charts import Chart, Kind, Message, Point, Said, as_date
from citycommons.web.presentation import Says
from citycommons.web.sparks import path


@dataclass(frozen=True, slots=True)
class Frame:
    """Size and margins of one drawing, in units that are about pixels."""

    width: float
    height: float
    left: float
    right: float = 10
    top: float = 30
    bottom: float = 28

    @property
    def inner(self) -> float:
        return self.width - self.left - self.right

    @property
    def base(self) -> float:
        return self.height - self.bottom

    def y(self, value: float, low: float, high: float) -> float:
        return self.base - (value - low) / ((high - low) or 1) * (self.base - self.top)


BROAD = Frame(920, 300, 56)
NARROW = Frame(400, 250, 46)


def say(message: Message, says: Says, columns: dict[str, str]) -> str:
    """The message in the reader's language; `columns` gives the titles of columns."""
    values = {
        name: _said(kind, value, says, columns) for name, (kind, value) in message.values.items()
    }
    return says._(message.text).format(**values)


def _said(kind: Said, value: str | float, says: Says, columns: dict[str, str]) -> str:
    if kind is Said.COLUMN:
        return columns.get(str(value), str(value))
    if kind is Said.TEXT:
        return str(value)
    if kind is Said.DATE:
        return says.date(str(value))
    if kind is Said.MONTH:
        day = as_date(str(value))
        return f"{says.month(day.month)} {day.year}"
    number = float(value)
    if kind is Said.NUMBER:
        return says.number(int(number) if number.is_integer() else number)
    if kind is Said.SHARE:
        return says.percent(number)
    if kind is Said.HOUR:
        return says.hour(int(number))
    return says.weekday(int(number)) if kind is Said.WEEKDAY else str(int(number))


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round steps that hold all values; from `low` rounded down to `high` rounded up."""
    span = (high - low) or abs(high) or 1
    raw = span / about
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def draw(chart: Chart, says: Says, label: str) -> Markup:
    """The chart in a broad and a narrow drawing; the style sheet shows one of them."""
    hands = {Kind.WEEK: _week, Kind.LINE: _line, Kind.BARS: _bars, Kind.HISTOGRAM: _histogram}
    hand = hands[chart.kind]
    broad, narrow = hand(chart, says, BROAD), hand(chart, says, NARROW)
    return Markup(broad_and_narrow(broad, narrow, label))  # noqa: S704  (every text is escaped)


class Sized(Protocol):
    """What a drawing is drawn on."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...


def broad_and_narrow(broad: tuple[str, Sized], narrow: tuple[str, Sized], label: str) -> str:
    """Two drawings of one figure."""
    return _svg(*broad, "broad", label) + _svg(*narrow, "narrow", label)


def image(chart: Chart, says: Says) -> tuple[str, Frame]:
    """The broad drawing's inner SVG and frame, to stand alone as an image."""
    hands = {Kind.WEEK: _week, Kind.LINE: _line, Kind.BARS: _bars, Kind.HISTOGRAM: _histogram}
    inner, frame = hands[chart.kind](chart, says, BROAD)
    return inner.rpartition(_POINTS)[2], frame


def _svg(inner: str, frame: Sized, name: str, label: str) -> str:
    # A drawing that can be read point by point begins with its points.
    points, mark, drawing = inner.partition(_POINTS)
    data = f' data-points="{points}"' if mark else ""
    return (
        f'<svg class="{name}" viewBox="0 0 {frame.width:g} {frame.height:g}" role="img" '
        f'aria-label="{escape(label)}"{data}>{drawing if mark else inner}</svg>'
    )


_POINTS = "\x00"


def _with_points(points: Sequence[tuple[float, float]], inner: str) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + _POINTS + inner


def gridlines(steps: Sequence[float], frame: Frame, says: Says) -> str:
    """A line and a number at each step, the one at zero as an axis."""
    low, high = steps[0], steps[-1]
    parts = []
    for step in steps:
        y = frame.y(step, low, high)
        kind = "axis" if step == 0 else "grid"
        parts.append(
            f'<line class="{kind}" x1="{frame.left:g}" x2="{frame.width - frame.right:g}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/><text class="tick" x="{frame.left - 8:g}" '
            f'y="{y + 4.5:.1f}" text-anchor="end">{escape(tick_words(step, says))}</text>'
        )
    return "".join(parts)


def tick_words(value: float, says: Says) -> str:
    """A number beside an axis."""
    if abs(value) >= 100_000:
        return says.compact(value)
    return says.number(int(value) if float(value).is_integer() else value)


def _note(x: float, y: float, text: str, frame: Frame) -> str:
    wide = 8.0 * len(text)
    if x + 12 + wide <= frame.width:
        place, anchor = x + 10, "start"
    elif x - 12 - wide >= 0:
        place, anchor = x - 10, "end"
    else:
        place, anchor = min(max(x, wide / 2), frame.width - wide / 2), "middle"
    return (
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
        f'<text class="note" x="{place:.1f}" y="{max(y - 8, 14):.1f}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _amount(value: float, chart: Chart, says: Says) -> str:
    shown = says.number(round(value) if abs(value) >= 20 else value)
    unit = says.unit(chart.unit) if chart.unit else ""
    return f"{shown} {unit}".strip()


def _week(chart: Chart, says: Says, frame: Frame) -> tuple[str, Frame]:
    top = max(point.high if point.high is not None else point.y for point in chart.points)
    floor = min(0.0, *(point.low or 0.0 for point in chart.points))
    steps = ticks(floor, top)
    low, high = steps[0], steps[-1]
    narrow = frame is NARROW

    def x(point: Point) -> float:
        day, hour = point.x.split("-")
        return frame.left + (int(day) * 24 + int(hour) + 0.5) / 168 * frame.inner

    upper = [(x(p), frame.y(p.high or 0, low, high)) for p in chart.points]
    lower = [(x(p), frame.y(p.low or 0, low, high)) for p in chart.points]
    middle = [(x(p), frame.y(p.y, low, high)) for p in chart.points]
    parts = [gridlines(steps, frame, says)]
    for day in range(7):
        at = frame.left + day / 7 * frame.inner
        name = says.weekday(day, "narrow" if narrow else "abbreviated")
        parts.append(
            f'<line class="day" x1="{at:.1f}" x2="{at:.1f}" y1="{frame.top:g}" '
            f'y2="{frame.base:g}"/><text class="tick" x="{at + frame.inner / 14:.1f}" '
            f'y="{frame.height - 8:g}" text-anchor="middle">{escape(name)}</text>'
        )
    parts.append(f'<path class="band" d="{path([*upper, *reversed(lower)])}Z"/>')
    parts.append(f'<path class="ln" d="{path(middle)}"/>')
    if chart.marked is not None:
        point = chart.points[chart.marked]
        day, hour = (int(part) for part in point.x.split("-"))
        text = f"{says.weekday(day)} {says.hour(hour)}: {_amount(point.y, chart, says)}"
        parts.append(_note(*middle[chart.marked], text, frame))
    return _with_points(middle, "".join(parts)), frame


def _line(chart: Chart, says: Says, frame: Frame) -> tuple[str, Frame]:
    values = [point.y for point in chart.points]
    low_value = min(values)
    # A line may leave zero out only where zero is far from all that happened.
    floor = low_value if low_value > 0.6 * max(values) else min(0.0, low_value)
    steps = ticks(floor, max(values))
    low, high = steps[0], steps[-1]
    days = [_days(point.x) for point in chart.points]
    span = (days[-1] - days[0]) or 1

    def x(day: float) -> float:
        return frame.left + 6 + (day - days[0]) / span * (frame.inner - 12)

    points = [(x(d), frame.y(v, low, high)) for d, v in zip(days, values, strict=True)]
    parts = [gridlines(steps, frame, says)]
    room, free = (52 if chart.step in ("year", "month") else 64), -100.0
    for (px, _), point in zip(points, chart.points, strict=True):
        if px - free >= room and px <= frame.width - room / 3:
            free = px
            parts.append(
                f'<text class="tick" x="{px:.1f}" y="{frame.height - 8:g}" '
                f'text-anchor="middle">{escape(_moment(point.x, chart.step, says))}</text>'
            )
    usual = sorted(b - a for a, b in pairwise(days))[len(days) // 2] if len(days) > 2 else span
    run: list[tuple[float, float]] = []
    for place, at in enumerate(points):
        if place and days[place] - days[place - 1] > 2.6 * usual:
            parts.append(f'<path class="ln" d="{path(run)}"/>')  # a gap is shown as a gap
            run = []
        run.append(at)
    parts.append(f'<path class="ln" d="{path(run)}"/>')
    if len(points) <= 40:
        parts += [f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="3"/>' for px, py in points]
    if chart.marked is not None:
        text = _amount(chart.points[chart.marked].y, chart, says)
        parts.append(_note(*points[chart.marked], text, frame))
    return _with_points(points, "".join(parts)), frame


def _days(x: str) -> float:
    hour = float(x[11:13]) if len(x) > 10 else 0.0
    return as_date(x).toordinal() + hour / 24


def _moment(x: str, step: str, says: Says) -> str:
    day = as_date(x)
    if step == "year":
        return str(day.year)
    if step == "month":
        return f"{says.month(day.month, 'abbreviated')} {day.year % 100:02d}"
    return f"{day.day} {says.month(day.month, 'abbreviated')}"


def _bars(chart: Chart, says: Says, frame: Frame) -> tuple[str, Frame]:
    rows: list[tuple[str, float, bool]] = [(p.x, p.y, False) for p in chart.points]
    if chart.rest:
        rows.append((says._("All others"), chart.rest, True))
    longest = max(len(name) for name, _, _ in rows)
    left = min(8.0 * longest + 16, frame.width * 0.36)
    room = 86
    step, thick = 34, 20
    high = max(value for _, value, _ in rows)
    shape = Frame(frame.width, len(rows) * step + 8, left)
    parts = []
    for place, (name, value, is_rest) in enumerate(rows):
        y = 4 + place * step
        width = max(1.5, value / high * (frame.width - left - room))
        kind = "bar-mark rest" if is_rest else "bar-mark"
        most = max(4, int(left / 8) - 1)
        shown = name if len(name) <= most else name[: most - 1] + "…"
        parts.append(
            f'<text class="name" x="{left - 12:.1f}" y="{y + 19:g}" text-anchor="end">'
            f"{escape(shown)}</text>"
            f'<rect class="{kind}" x="{left:.1f}" y="{y + 4:g}" width="{width:.1f}" '
            f'height="{thick}"><title>{escape(name)}</title></rect>'
            f'<text class="value" x="{left + width + 8:.1f}" y="{y + 19:g}">'
            f"{escape(_amount(value, chart, says))}</text>"
        )
    parts.append(
        f'<line class="axis" x1="{left:.1f}" x2="{left:.1f}" y1="0" y2="{shape.height:g}"/>'
    )
    return "".join(parts), shape


def _histogram(chart: Chart, says: Says, frame: Frame) -> tuple[str, Frame]:
    steps = ticks(0.0, max(point.y for point in chart.points))
    width = frame.inner / len(chart.points)
    starts = [float(point.x) for point in chart.points]
    size = starts[1] - starts[0]
    parts = [gridlines(steps, frame, says)]
    for place, point in enumerate(chart.points):
        top = frame.y(point.y, 0, steps[-1])
        parts.append(
            f'<rect class="bar-mark" x="{frame.left + place * width + 1:.1f}" y="{top:.1f}" '
            f'width="{width - 2:.1f}" height="{frame.base - top:.1f}"/>'
        )
    every = 5 if frame is NARROW else 2
    for place in range(0, len(starts) + 1, every):
        value = starts[0] + place * size
        parts.append(
            f'<text class="tick" x="{frame.left + place * width:.1f}" y="{frame.height - 8:g}" '
            f'text-anchor="middle">{escape(tick_words(_rounded(value, size), says))}</text>'
        )
    return "".join(parts), frame


def _rounded(value: float, step: float) -> float:
    digits = max(0, 1 - math.floor(math.log10(abs(step)))) if step else 0
    return round(value, digits)


_QUIET = 'fill="#5b6070" font-size="13"'
_ALONE = {
    "tick": _QUIET,
    "name": 'font-size="14"',
    "value": 'font-size="13"',
    "note": 'font-size="14" font-weight="600" paint-order="stroke" stroke="#fbfaf7" '
    'stroke-width="5"',
    "grid": 'stroke="#dddcd8"',
    "day": 'stroke="#dddcd8" stroke-dasharray="1 4"',
    "axis": 'stroke="#14171f"',
    "band": 'fill="{accent}" fill-opacity=".15"',
    "ln": 'fill="none" stroke="{accent}" stroke-width="2"',
    "dot": 'fill="{accent}" stroke="#fbfaf7" stroke-width="1.5"',
    "bar-mark": 'fill="{accent}"',
    "bar-mark rest": 'fill="#5b6070" fill-opacity=".55"',
}


def alone(inner: str, frame: Frame, lines: dict[str, str], accent: str) -> str:
    """A drawing as an SVG file of its own, with headline, subtitle and source; no style sheet."""
    for name, attributes in _ALONE.items():
        inner = inner.replace(f'class="{name}"', attributes.format(accent=accent))
    height = frame.height + 120
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-24 -24 {frame.width + 48:g} '
        f'{height + 24:g}" width="{frame.width + 48:g}" height="{height + 24:g}" fill="#14171f" '
        'font-family="Public Sans, Arial, sans-serif">'
        '<rect x="-24" y="-24" width="100%" height="100%" fill="#fbfaf7"/>'
        '<text x="0" y="20" font-family="Source Serif 4, Georgia, serif" font-size="24" '
        f'font-weight="600">{escape(lines["headline"])}</text>'
        f'<text {_QUIET} x="0" y="44">{escape(lines["subtitle"])}</text>'
        f'<g transform="translate(0 60)">{inner}</g>'
        f'<text {_QUIET} x="0" y="{height - 28:g}">{escape(lines["source"])}</text></svg>'
    )
