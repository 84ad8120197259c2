"""Columns by month in two parts, one on the other, as SVG text."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from citycommons.web.figures import BROAD, NARROW, Frame, broad_and_narrow, ticks
from citycommons.web.presentation import Says

_ROOM = {"broad": 56, "narrow": 70}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A month: what stands below, and what on top of it."""

    name: str  # on the axis
    said: str  # all of it in words
    lower: int
    upper: int


def columns(found: Sequence[Column], says: Says, label: str) -> Markup:
    """A broad and a narrow drawing; empty where there is nothing above nought."""
    if not any(one.lower + one.upper for one in found):
        return Markup("")
    broad, narrow = _drawn(found, says, BROAD, "broad"), _drawn(found, says, NARROW, "narrow")
    return Markup(broad_and_narrow((broad, BROAD), (narrow, NARROW), label))  # noqa: S704


def _drawn(found: Sequence[Column], says: Says, frame: Frame, size: str) -> str:
    steps = ticks(0.0, float(max(one.lower + one.upper for one in found)))
    parts = [_gridline(step, steps[-1], frame, says) for step in steps]
    width = frame.inner / len(found)
    every = max(1, round(_ROOM[size] / width))
    thick = min(width * 0.72, 56)
    for place, one in enumerate(found):
        x = frame.left + place * width + (width - thick) / 2
        middle = frame.y(one.lower, 0, steps[-1])
        top = frame.y(one.lower + one.upper, 0, steps[-1])
        parts.append(
            f"<g><title>{escape(one.said)}</title>"
            f'<rect class="bar-mark" x="{x:.1f}" y="{middle:.1f}" width="{thick:.1f}" '
            f'height="{frame.base - middle:.1f}"/>'
            f'<rect class="bar-mark rest" x="{x:.1f}" y="{top:.1f}" width="{thick:.1f}" '
            f'height="{middle - top:.1f}"/></g>'
        )
        if (len(found) - 1 - place) % every == 0:
            at = min(x + thick / 2, frame.width - 4 * len(one.name) - 2)
            parts.append(
                f'<text class="tick" x="{at:.1f}" y="{frame.height - 8:g}" '
                f'text-anchor="middle">{escape(one.name)}</text>'
            )
    return "".join(parts)


def _gridline(step: float, high: float, frame: Frame, says: Says) -> str:
    y = frame.y(step, 0, high)
    kind = "grid" if step else "axis"
    text = says.compact(step) if step >= 10_000 else says.number(step)
    return (
        f'<line class="{kind}" x1="{frame.left:g}" x2="{frame.width - frame.right:g}" '
        f'y1="{y:.1f}" y2="{y:.1f}"/><text class="tick" x="{frame.left - 8:g}" '
        f'y="{y + 4.5:.1f}" text-anchor="end">{escape(text)}</text>'
    )
