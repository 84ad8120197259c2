"""The rows of a version in their order: along the Hilbert curve, by the key, or as delivered.

A table that lies in files is sorted in files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Bbox
from citycommons.share import arrange
from citycommons.store import spill
from citycommons.store.lake import BBOX
from citycommons.store.scratch import scratch

_PLACE, _ROW = "\0place", "\0row"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A table in its order; with a geometry, each row's box stands in the last column."""

    table: pa.Table
    bounds: Bbox | None = None


def ordered(table: pa.Table, geometry: str | None, key: Sequence[str]) -> Ordered:
    """The rows along the Hilbert curve with their boxes, or by the key, or as delivered."""
    if geometry and len(table):
        return _along_the_curve(table, geometry)
    if not key or geometry or is_in_order(table, key):
        return Ordered(table)
    if spill.is_large(table):
        return Ordered(_sorted_in_files(table, key))
    return Ordered(table.sort_by([(name, "ascending") for name in key]))


def is_in_order(table: pa.Table, key: Sequence[str]) -> bool:
    """Whether the rows lie in the order of the key already, empty values last."""
    for start in range(0, max(len(table) - 1, 0), spill.PIECE):
        some = table.select(list(key)).slice(start, spill.PIECE + 1).combine_chunks()
        before, after = some.slice(0, len(some) - 1), some.slice(1)
        is_less = np.zeros(len(before), bool)
        is_same = np.ones(len(before), bool)
        for name in key:
            a, b = before[name], after[name]
            less = pc.fill_null(pc.less(a, b), False)
            less = pc.or_(less, pc.and_(pc.is_valid(a), pc.is_null(b)))
            same = pc.fill_null(pc.equal(a, b), False)
            same = pc.or_(same, pc.and_(pc.is_null(a), pc.is_null(b)))
            is_less |= is_same & np.asarray(less)
            is_same &= np.asarray(same)
        if not (is_less | is_same).all():
            return False
        if spill.is_large(table):
            spill.ease()
    return True


def _along_the_curve(table: pa.Table, geometry: str) -> Ordered:
    is_large = spill.is_large(table)
    schema = pa.schema([(BBOX, pa.struct([(n, pa.float64()) for n in arrange.SIDES]))])
    bounds: Bbox | None = None
    middle: Bbox | None = None  # the box around all centres
    with spill.Spill(schema, on_disk=is_large) as kept:
        for piece in spill.pieces(table.column(geometry)):
            boxes = arrange.boxes_of(piece)
            bounds = arrange.around(bounds, arrange.bounds_of(boxes))
            middle = arrange.around(middle, arrange.bounds_of(arrange.centres_of(boxes)))
            kept.write(pa.table({BBOX: arrange.covering(boxes)}, schema=schema))
        covering = kept.table().column(0)
    with spill.Spill(pa.schema([(_PLACE, pa.int64())]), on_disk=is_large) as kept:
        for piece in spill.pieces(covering):
            centres = arrange.centres_of(arrange.boxes_in(piece))
            kept.write(pa.table({_PLACE: arrange.hilbert_distances(centres, middle)}))
        places = kept.table()
    table = table.append_column(BBOX, covering)
    if is_large:
        table = table.append_column(_PLACE, places.column(0))
        return Ordered(_sorted_in_files(table, [_PLACE]).drop_columns([_PLACE]), bounds)
    order = np.argsort(places.column(0).to_numpy(), kind="stable")
    return Ordered(table.take(pa.array(order)), bounds)


def _sorted_in_files(table: pa.Table, key: Sequence[str]) -> pa.Table:
    """Sort by DuckDB, which spills; rows with the same key stay in the order they had."""
    schema = table.schema
    with spill.Spill(pa.schema([(_ROW, pa.int64())]), on_disk=True) as kept:
        for start in range(0, len(table), spill.PIECE):
            stop = min(start + spill.PIECE, len(table))
            kept.write(pa.table({_ROW: np.arange(start, stop)}))
        numbered = table.append_column(_ROW, kept.table().column(0))
    # Columns go by their number: names of people's columns may be anything.
    by = [f"c{schema.get_field_index(name)}" for name in key] + [f"c{len(schema)}"]
    plain = numbered.rename_columns([f"c{place}" for place in range(numbered.num_columns)])
    given = ", ".join(f"c{place}" for place in range(len(schema)))
    wanted = ", ".join(f"{name} ASC NULLS LAST" for name in by)
    with scratch() as duck, spill.Spill(schema, on_disk=True) as kept:
        duck.register("given", _eased(plain.replace_schema_metadata(None)))
        found = duck.execute(f"SELECT {given} FROM given ORDER BY {wanted}")
        for batch in found.to_arrow_reader(spill.PIECE):
            rows = pa.Table.from_batches([batch]).rename_columns(schema.names)
            kept.write(rows.cast(schema))
        return kept.table()


def _eased(table: pa.Table) -> pa.RecordBatchReader:
    """The table as a stream that gives its pages back."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.to_batches(spill.PIECE):
            yield batch
            spill.ease()

    return pa.RecordBatchReader.from_batches(table.schema, batches())
