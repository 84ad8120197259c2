"""A version as an OGC GeoPackage, written by GDAL from Arrow batches."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.raw import write_arrow

from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import Field, FieldType
from citycommons.share.cells import plain_cells
from citycommons.share.open import Opened

_CLOCK = "OGR_CURRENT_DATE"
_clock = threading.Lock()  # GDAL's options belong to the whole process


def write(
    path: Path, opened: Opened, fields: tuple[Field, ...], found: Iterator[pa.RecordBatch]
) -> None:
    """Write one layer named like the dataset, in CRS84; the same version gives the same bytes.

    A time of day becomes text, since the format has no type for it.
    """
    place = next(field.name for field in fields if field.type is FieldType.GEOMETRY)
    schema = pa.schema([pa.field(f.name, _written(f)) for f in fields])
    reader = pa.RecordBatchReader.from_batches(
        schema, (_as_written(batch, fields, schema) for batch in found)
    )
    names = {field.name.casefold() for field in fields}
    fid = next(name for name in ("fid", "row_id", "city_row_id") if name not in names)
    with _clock:
        pyogrio.set_gdal_config_options(
            {_CLOCK: opened.version.created.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        )
        try:
            write_arrow(
                reader,
                path,
                layer=opened.version.dataset,
                driver="GPKG",
                geometry_name=place,
                geometry_type="Unknown",
                crs="OGC:CRS84",
                layer_options={"FID": fid},
            )
        finally:
            pyogrio.set_gdal_config_options({_CLOCK: None})


def _written(field: Field) -> pa.DataType:
    return pa.string() if field.type is FieldType.TIME else ARROW_TYPES[field.type]


def _as_written(
    batch: pa.RecordBatch, fields: tuple[Field, ...], schema: pa.Schema
) -> pa.RecordBatch:
    columns = [
        plain_cells(batch.column(f.name)) if f.type is FieldType.TIME else batch.column(f.name)
        for f in fields
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
