"""Charts of the ledger as SVG: an indicator over time, sums over years, ranges as bars."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from citycommons.measure.appraisal.types import Year
from citycommons.web.figures import BROAD, NARROW, Frame, broad_and_narrow, gridlines, ticks
from citycommons.web.presentation import Says
from citycommons.web.sparks import path

_ROW, _THICK, _ROOM = 52.0, 14.0, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level beside a series: its words stand at its line; a dot on the day it is of."""

    value: float
    words: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A range on a common scale, with the words above it and beside its ends."""

    name: str
    low: float
    high: float
    middle: float | None
    at_low: str
    at_high: str
    is_cost: bool = False


def series(
    points: Sequence[tuple[date, float]],
    levels: Sequence[Level],
    began: date | None,
    says: Says,
    label: str,
    began_words: str,
) -> Markup:
    """What an indicator said; baseline and target as lines, the first step as a mark."""

    def hand(frame: Frame) -> tuple[str, Frame]:
        values = [value for _, value in points] + [one.value for one in levels]
        steps = ticks(min(0.0, *values), max(0.0, *values))
        low, high = steps[0], steps[-1]
        known = [one.day for one in levels if one.day] + ([began] if began else [])
        days = [day.toordinal() for day in [*known, *(day for day, _ in points)]]
        first, span = min(days), (max(days) - min(days)) or 1

        def x(day: date) -> float:
            return frame.left + 10 + (day.toordinal() - first) / span * (frame.inner - 20)

        placed = [(x(day), frame.y(value, low, high)) for day, value in points]
        parts = [gridlines(steps, frame, says)]
        for one in levels:
            y = frame.y(one.value, low, high)
            parts.append(
                f'<line class="level" x1="{frame.left:g}" x2="{frame.width - frame.right:g}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/><text class="note" x="{frame.width - frame.right:g}" '
                f'y="{max(y - 6, 14):.1f}" text-anchor="end">{escape(one.words)}</text>'
            )
            if one.day is not None:
                parts.append(f'<circle class="hollow" cx="{x(one.day):.1f}" cy="{y:.1f}" r="4"/>')
        if began is not None:
            parts.append(
                f'<line class="day" x1="{x(began):.1f}" x2="{x(began):.1f}" y1="{frame.top:g}" '
                f'y2="{frame.base:g}"/><text class="tick" x="{x(began) + 6:.1f}" '
                f'y="{frame.top - 8:g}">{escape(began_words)}</text>'
            )
        parts.append(f'<path class="ln" d="{path(placed)}"/>')
        parts += [f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="4"/>' for px, py in placed]
        for place in sorted({0, len(points) - 1}):
            anchor = "start" if place == 0 else "end"
            words = says.date(points[place][0], "medium")
            parts.append(
                f'<text class="tick" x="{placed[place][0]:.1f}" y="{frame.height - 8:g}" '
                f'text-anchor="{anchor}">{escape(words)}</text>'
            )
        return "".join(parts), frame

    return _both(hand, label)


def sums(years: Sequence[Year], says: Says, label: str) -> Markup:
    """Benefits less costs, added up: nine of ten draws as a band, the middle as a line."""

    def hand(frame: Frame) -> tuple[str, Frame]:
        frame = Frame(frame.width, frame.height, frame.left + 26, frame.right, frame.top)
        lows, highs = [one.sum.low for one in years], [one.sum.high for one in years]
        steps = ticks(min(0.0, *lows), max(0.0, *highs))
        low, high = steps[0], steps[-1]
        wide = frame.inner / max(1, len(years) - 1)

        def at(values: Sequence[float]) -> list[tuple[float, float]]:
            return [(frame.left + i * wide, frame.y(v, low, high)) for i, v in enumerate(values)]

        middle = at([one.sum.middle for one in years])
        parts = [gridlines(steps, frame, says)]
        parts.append(f'<path class="band" d="{path([*at(highs), *reversed(at(lows))])}Z"/>')
        parts.append(f'<path class="ln" d="{path(middle)}"/>')
        every = max(1, -(-len(years) * 44 // int(frame.inner)))
        for place in range(0, len(years), every):
            is_last = place == len(years) - 1 and len(years) > 1
            parts.append(
                f'<text class="tick" x="{middle[place][0]:.1f}" y="{frame.height - 8:g}" '
                f'text-anchor="{"end" if is_last else "middle"}">{years[place].year}</text>'
            )
        return "".join(parts), frame

    return _both(hand, label)


def bars(rows: Sequence[Bar], label: str, *, zero: float = 0.0, zero_words: str = "") -> Markup:
    """Ranges below one another on one scale; `zero` is where all of them are held against."""

    def hand(frame: Frame) -> tuple[str, Frame]:
        ends = [zero, *(one.low for one in rows), *(one.high for one in rows)]
        room = 8.0 * max(len(words) for one in rows for words in (one.at_low, one.at_high))
        room = min(room, frame.width * 0.24) + _ROOM
        low, span = min(ends), (max(ends) - min(ends)) or 1.0
        wide, top = frame.width - 2 * room, 18.0 if zero_words else 0.0
        shape = Frame(frame.width, len(rows) * _ROW + top + 8, room)

        def x(value: float) -> float:
            return room + (value - low) / span * wide

        middle = x(zero)
        parts = []
        if zero_words:
            anchor = "start" if middle < frame.width / 2 else "end"
            parts.append(
                f'<text class="tick" x="{middle:.1f}" y="12" text-anchor="{anchor}">'
                f"{escape(zero_words)}</text>"
            )
        for place, one in enumerate(rows):
            y = top + place * _ROW
            parts += _bar(one, y, x, frame)
            parts.append(  # beside the bars alone, so that it strikes no name out
                f'<line class="axis" x1="{middle:.1f}" x2="{middle:.1f}" y1="{y + 19:.1f}" '
                f'y2="{y + 25 + _THICK:.1f}"/>'
            )
        return "".join(parts), shape

    return _both(hand, label)


def _bar(one: Bar, y: float, x: Callable[[float], float], frame: Frame) -> list[str]:
    left, right = min(x(one.low), x(one.high)), max(x(one.low), x(one.high))
    most = int(frame.width / 8)
    name = one.name if len(one.name) <= most else one.name[: most - 1] + "…"
    base = y + 22 + _THICK - 2
    kind = "bar-mark rest" if one.is_cost else "bar-mark"
    width = max(2.0, right - left)
    found = [
        f'<text class="name" x="0" y="{y + 16:.1f}">{escape(name)}</text>',
        f'<rect class="{kind}" x="{left:.1f}" y="{y + 22:.1f}" width="{width:.1f}" '
        f'height="{_THICK:g}"><title>{escape(one.name)}</title></rect>',
        f'<text class="value" x="{left - 6:.1f}" y="{base:.1f}" text-anchor="end">'
        f"{escape(one.at_low)}</text>",
        f'<text class="value" x="{right + 6:.1f}" y="{base:.1f}">{escape(one.at_high)}</text>',
    ]
    if one.middle is not None:
        found.append(
            f'<line class="middle" x1="{x(one.middle):.1f}" x2="{x(one.middle):.1f}" '
            f'y1="{y + 19:.1f}" y2="{y + 25 + _THICK:.1f}"/>'
        )
    return found


def _both(hand: Callable[[Frame], tuple[str, Frame]], label: str) -> Markup:
    # Every text in it is escaped.
    return Markup(broad_and_narrow(hand(BROAD), hand(NARROW), label))  # noqa: S704
