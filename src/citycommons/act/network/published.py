"""Tables of streets, junctions and areas, read from the city's own datasets through its door."""

import pyarrow as pa

from citycommons.core.types import DatasetId
from citycommons.share import open as door
from citycommons.share.rows import batches
from citycommons.store.work import Work


def read_dataset(
    work: Work, id: DatasetId, version: int | str | None = None
) -> tuple[pa.Table, str]:
    """All rows of a version, and what to quote as the source: `dataset@digest`.

    Counted as a use. Raises `NotFound`, `Withdrawn` or `Forbidden` as `share.open` does.
    """
    opened = door.open(work, id, version)
    parts = list(batches(opened))
    names = [one.name for one in opened.version.fields]
    table = pa.Table.from_batches(parts) if parts else pa.table({name: [] for name in names})
    return table, f"{id}@{opened.version.digest}"
