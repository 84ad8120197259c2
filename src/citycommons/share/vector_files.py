"""A version as a file of maps: GeoPackage, FlatGeobuf and KML, written by GDAL from Arrow batches.

The same version gives the same bytes: times of making are the version's own. A time of day becomes
text, since none of these formats has a type for it; FlatGeobuf has none for a day, KML for neither
these nor a flag.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyogrio.raw import write_arrow

from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import Field, FieldType
from citycommons.share.cells import plain_cells
from citycommons.share.open import Opened

Batches = Iterator[pa.RecordBatch]
Rows = Callable[[], Batches]
CRS = "OGC:CRS84"
_CLOCK = "OGR_CURRENT_DATE"
_clock = threading.Lock()  # GDAL's options belong to the whole process
_MOST_INDEXED = 3_000_000  # rows of which GDAL may hold the index of FlatGeobuf in memory


def geopackage(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    """One layer named like the dataset."""
    names = {field.name.casefold() for field in fields}
    fid = next(name for name in ("fid", "row_id", "city_row_id") if name not in names)
    with _at(opened):
        _write(path, "GPKG", opened, fields, rows, layer_options={"FID": fid})


def flatgeobuf(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    """With a spatial index, so that a reader can fetch a box of it over HTTP.

    The format knows none where a row has no place.
    """
    place = next(field.name for field in fields if field.type is FieldType.GEOMETRY)
    is_indexed = opened.version.rows <= _MOST_INDEXED and not any(
        batch.column(place).null_count for batch in rows()
    )
    options = {"SPATIAL_INDEX": "YES" if is_indexed else "NO"}
    days = (FieldType.DATE,)  # the format knows times of a day only
    _write(path, "FlatGeobuf", opened, fields, rows, kept_as_text=days, layer_options=options)


def kml(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    """Placemarks with all columns as extended data, under their names."""
    as_text = (FieldType.DATE, FieldType.DATETIME, FieldType.BOOLEAN)
    _write(path, "KML", opened, fields, rows, kept_as_text=as_text)


def _write(
    path: Path,
    driver: str,
    opened: Opened,
    fields: tuple[Field, ...],
    rows: Rows,
    *,
    kept_as_text: tuple[FieldType, ...] = (),
    **more: Any,
) -> None:
    as_text = (FieldType.TIME, *kept_as_text)
    place = next(field.name for field in fields if field.type is FieldType.GEOMETRY)
    write_arrow(
        reader(fields, rows(), as_text),
        path,
        layer=opened.version.dataset,
        driver=driver,
        geometry_name=place,
        geometry_type="Unknown",
        crs=CRS,
        **more,
    )


def reader(
    fields: tuple[Field, ...], rows: Batches, as_text: tuple[FieldType, ...]
) -> pa.RecordBatchReader:
    """The batches with columns of some types as text."""

    def kind(field: Field) -> pa.DataType:
        return pa.string() if field.type in as_text else ARROW_TYPES[field.type]

    def written(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            plain_cells(batch.column(f.name)) if f.type in as_text else batch.column(f.name)
            for f in fields
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    schema = pa.schema([pa.field(field.name, kind(field)) for field in fields])
    return pa.RecordBatchReader.from_batches(schema, map(written, rows))


@contextmanager
def _at(opened: Opened) -> Iterator[None]:
    """GDAL's clock stands at the time of the version."""
    now = opened.version.created.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with _clock:
        pyogrio.set_gdal_config_options({_CLOCK: now})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({_CLOCK: None})


WRITERS = {"gpkg": geopackage, "fgb": flatgeobuf, "kml": kml}
