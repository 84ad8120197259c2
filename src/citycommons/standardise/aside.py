"""Rows kept aside: as they stood in the file, with their line and all that was wrong with them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import LINE, REASON
from citycommons.standardise.formats import Draft, Rows

_TEXT = pa.string()


class Aside:
    """Collects the rows of one draft that do not become data."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._found: list[tuple[Rows, Sequence[str]]] = []
        self._rows: Rows = np.empty(0, np.int64)

    def add(self, rows: Rows, reasons: Sequence[str]) -> None:
        """Keep these rows of the draft aside, each with its reason; a row may have several."""
        if len(rows):
            self._found.append((rows, reasons))
            self._rows = np.union1d(self._rows, rows)

    def __len__(self) -> int:
        return len(self._rows)

    def left(self) -> Rows:
        """The rows of the draft that stay, in order."""
        stays = np.ones(self.draft.table.num_rows, bool)
        stays[self._rows] = False
        return np.flatnonzero(stays)

    def table(self) -> pa.Table | None:
        """All of them by line, columns named as in the file; None where every row became data.

        A cell beyond the last column has a column of its own. Shapes are left out: nobody repairs
        them in a spreadsheet.
        """
        loose = self.draft.faults.aside
        if not loose and not len(self):
            return None
        names = [n for n in self.draft.table.column_names if n not in self.draft.geometries]
        given = self.draft.table.select(names).take(pa.array(self._rows))
        lines = pa.array(self.draft.lines(self._rows), pa.int64())
        columns = [lines, self._reasons(), *(pc.cast(given[name], _TEXT) for name in names)]
        whole = pa.Table.from_arrays(columns, names=[LINE, REASON, *_beside(names)])
        if loose:
            whole = pa.concat_tables([whole, self._loose(names)], promote_options="default")
        return whole.sort_by(LINE)

    def _reasons(self) -> pa.Array:
        said = np.full(len(self._rows), "", dtype=object)
        for rows, reasons in self._found:
            at = np.searchsorted(self._rows, rows)
            for place, reason in zip(at.tolist(), reasons, strict=True):
                before = said[place]
                said[place] = f"{before}; {reason}" if before else reason
        return pa.array(said, _TEXT)

    def _loose(self, names: list[str]) -> pa.Table:
        """Rows that the format itself kept out."""
        aside = self.draft.faults.aside
        rows = [(whole,) if isinstance(whole, str) else whole for _, _, whole in aside]
        width = max(len(names), *map(len, rows))
        called = [*_beside(names), *(f"column_{at + 1}" for at in range(len(names), width))]
        columns = [
            pa.array([(row[at] or None) if at < len(row) else None for row in rows], _TEXT)
            for at in range(width)
        ]
        lines = pa.array([line for line, _, _ in aside], pa.int64())
        reasons = pa.array([reason for _, reason, _ in aside], _TEXT)
        return pa.Table.from_arrays([lines, reasons, *columns], names=[LINE, REASON, *called])


def _beside(names: list[str]) -> list[str]:
    """The file's names, moved aside where they are those of the two columns before them."""
    return [f"{name}_2" if name in (LINE, REASON) else name for name in names]
