"""The quality of what a version holds, measured on its values: five dimensions of 20 points.

References
----------
ISO/IEC 25012 (completeness, consistency, currentness, accuracy) and DAMA UK (2013), The Six Primary
Dimensions for Data Quality Assessment (completeness, uniqueness, timeliness, validity, accuracy,
consistency). Accuracy needs a second source and is not measured here.
"""

from collections.abc import Collection

from citycommons.core.types import FieldRole, Version
from citycommons.understand.scores import Metric, Score

SOURCE = "https://iso25000.com/index.php/en/iso-25000-standards/iso-25012"
_EACH = 20.0
_TWICE = frozenset({"unique", "duplicate-row"})
_TOGETHER = frozenset(
    {"sum", "order", "reference", "jump", "stuck", "time-gap", "total-row", "row-count"}
)
_ASIDE = frozenset({"footer", "column-missing"})
_ENOUGH = 0.995  # shown as 100 per cent


def content(version: Version, *, is_timely: bool | None) -> Score:
    """Five measures of a version; `is_timely` is None where no rhythm was promised."""
    return Score(
        method="content",
        title="Measured content",
        source=SOURCE,
        metrics=(
            _complete(version),
            _valid(version),
            _unique(version),
            _timely(is_timely),
            _consistent(version),
        ),
    )


def _metric(name: str, title: str, share: float, next_step: str) -> Metric:
    share = min(max(share, 0.0), 1.0)
    share = 1.0 if share >= _ENOUGH else share
    return Metric(
        name=name,
        title=title,
        dimension="content",
        points=round(_EACH * share, 1) if share < 1 else _EACH,
        of=_EACH,
        value=share,
        next_step="" if share == 1.0 else next_step,
    )


def _complete(version: Version) -> Metric:
    flags = {field.name for field in version.fields if field.role is FieldRole.FLAG}
    counted = [one for one in version.statistics if one.name not in flags]
    cells = version.rows * len(counted)
    empty = sum(one.nulls for one in counted)
    worst = max(counted, key=lambda one: one.nulls, default=None)
    step = "Deliver rows."
    if worst is not None and version.rows:
        step = (
            f"Fill column “{worst.name}”: {worst.nulls} of {version.rows} cells are empty. If they "
            "have to be, say why in its description."
        )
    return _metric("completeness", "Cells that are filled", 1 - empty / cells if cells else 0, step)


def _valid(version: Version) -> Metric:
    """Cells without a fault; a row kept aside counts as one row of faulty cells."""
    width = max(len(version.fields), 1)
    cells = (version.rows + version.rejected) * width
    others = _TWICE | _TOGETHER | _ASIDE
    wrong = [fault for fault in version.faults if fault.rule not in others and fault.column]
    faulty = sum(fault.count for fault in wrong if not fault.is_rejected)
    faulty += version.rejected * width
    step = "Deliver rows."
    if version.rejected:
        step = (
            f"Download the {version.rejected} rows that were kept aside, repair them, and send "
            "them again."
        )
    elif wrong:
        worst = max(wrong, key=lambda fault: fault.count)
        step = f"Mend column “{worst.column}” where it is kept: {worst.count} values do not fit."
    return _metric("validity", "Cells without a fault", 1 - faulty / cells if cells else 0, step)


def _unique(version: Version) -> Metric:
    twice = _broken(version, _TWICE)
    step = (
        f"Remove the {twice} rows that stand there twice, or add the column that tells them apart."
    )
    return _metric("uniqueness", "Rows that stand there once", _share(twice, version.rows), step)


def _timely(is_timely: bool | None) -> Metric:
    step = (
        "Say how often the data are updated."
        if is_timely is None
        else "Publish a new version, or state the rhythm that you can keep."
    )
    return _metric("timeliness", "As fresh as was promised", float(bool(is_timely)), step)


def _consistent(version: Version) -> Metric:
    """Rows that agree with each other and with other datasets, by the rules between them."""
    odd = _broken(version, _TOGETHER)
    worst = max(
        (fault for fault in version.faults if fault.rule in _TOGETHER),
        key=lambda fault: fault.count,
        default=None,
    )
    step = f"Look at the {odd} places where rows do not agree."
    if worst is not None and worst.column:
        step = (
            f"Look at the {odd} places where rows do not agree, most of all in column "
            f"“{worst.column}”."
        )
    return _metric("consistency", "Rows that agree", _share(odd, version.rows), step)


def _broken(version: Version, rules: Collection[str]) -> int:
    return sum(fault.count for fault in version.faults if fault.rule in rules)


def _share(broken: int, rows: int) -> float:
    return 1 - broken / rows if rows else 0.0
