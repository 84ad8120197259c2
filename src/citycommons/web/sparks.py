"""Figures as small as words: sparklines, distributions of columns, quality marks."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from citycommons.core.types import ColumnStatistics


def path(points: Sequence[tuple[float, float]]) -> str:
    """A line through the points, as SVG writes it."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def sparkline(
    values: Sequence[float], width: int = 120, height: int = 26, *, stretched: bool = False
) -> Markup:
    """A line without axes; it starts at zero. The words beside it say the numbers."""
    if len(values) < 2:
        return Markup("")
    high = max(values) or 1
    step = width / (len(values) - 1)
    points = [(i * step, height - 2 - v / high * (height - 4)) for i, v in enumerate(values)]
    under = f"{path(points)}L{width},{height}L0,{height}Z"
    fit = ' preserveAspectRatio="none"' if stretched else ""
    return Markup(  # noqa: S704
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-hidden="true"{fit}><path class="under" d="{under}"/>'
        f'<path d="{path(points)}"/></svg>'
    )


def distribution(one: ColumnStatistics | None, width: int = 60, height: int = 14) -> Markup:
    """A column's tiny distribution: steps of its values, or its most frequent values."""
    if one is None:
        return Markup("")
    counts = list(one.histogram) or [count for _, count in one.top]
    if not counts:
        return Markup("")
    step, high = width / len(counts), max(counts) or 1
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{height - h:.1f}" width="{max(0.6, step - 0.8):.1f}" '
        f'height="{h:.1f}"/>'
        for i, n in enumerate(counts)
        if (h := max(0.7, n / high * height) if n else 0)
    )
    kind = "dist" if height < 20 else "hist"
    return Markup(  # noqa: S704
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
    )


def marks(full: int, label: str, of: int = 9) -> Markup:
    """Nine small marks: full ones hold, empty ones do not."""
    rects = "".join(
        f'<rect x="{i * 15}" y="0" width="11" height="11" rx="2"/>'
        if i < full
        else f'<rect class="o" x="{i * 15 + 0.7}" y="0.7" width="9.6" height="9.6" rx="1.6"/>'
        for i in range(of)
    )
    return Markup(  # noqa: S704
        f'<svg class="marks" viewBox="0 0 {of * 15 - 4} 11" width="{of * 15 - 4}" height="11" '
        f'role="img" aria-label="{escape(label)}">{rects}</svg>'
    )
