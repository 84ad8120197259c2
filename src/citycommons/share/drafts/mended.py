"""A reading with its repairs: rows that were kept aside and mended are aside no more."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import LINE, REASON, Standardised
from citycommons.core.types import Fault
from citycommons.share.drafts.draft import Draft


def mended_path(folder: Path, digest: str) -> Path:
    """Where the rows that a repair took the place of are kept."""
    return folder / f"mended-{digest}.parquet"


def without_repaired(folder: Path, draft: Draft, found: Standardised) -> Standardised:
    """The reading of a delivery with its repairs: rows that were mended count as aside no more."""
    if not draft.repairs or found.rejects is None:
        return found
    left = found.rejects.to_pylist()
    gone: list[int] = []
    for repair in draft.repairs:
        for row in pq.read_table(mended_path(folder, repair.digest)).to_pylist():
            alike = _plain(row)
            place = next((n for n, one in enumerate(left) if _plain(one) == alike), None)
            if place is not None:
                gone.append(int(left.pop(place)[LINE] or 0))
    if not gone:
        return found
    kept = pa.Table.from_pylist(left, schema=found.rejects.schema)
    faults = tuple(f for f in found.report.faults if not (f.is_rejected and f.line in gone))
    report = replace(
        found.report,
        rejected=max(0, found.report.rejected - len(gone)),
        faults=faults,
        summary=_fewer(found.report.summary, found.report.faults, faults),
        steps=(*found.report.steps, f"{len(gone)} rows were repaired by hand"),
    )
    return replace(found, rejects=kept if left else None, report=report, faults=None)


def _plain(row: dict[str, object]) -> tuple[object, ...]:
    """A row without what was wrong with it, and without columns that are empty."""
    return tuple(sorted((k, str(v)) for k, v in row.items() if k != REASON and v not in (None, "")))


def _fewer(
    summary: Sequence[Fault], before: Sequence[Fault], after: Sequence[Fault]
) -> tuple[Fault, ...]:
    """The sums without the single faults that are gone."""
    gone: dict[tuple[str, str, bool], int] = {}
    for sign, faults in ((1, before), (-1, after)):
        for one in faults:
            key = (one.rule, one.column, one.is_rejected)
            gone[key] = gone.get(key, 0) + sign
    fewer = (
        replace(one, count=one.count - gone.get((one.rule, one.column, one.is_rejected), 0))
        for one in summary
    )
    return tuple(one for one in fewer if one.count > 0)
