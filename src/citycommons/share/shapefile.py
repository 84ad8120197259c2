"""A version as ESRI Shapefile in a ZIP, as far as the format can carry it, and what it could not.

A Shapefile holds one kind of shape, names of ten letters, texts of 254 bytes and 2 GB. So there is
one layer for each kind (points, multipoints, lines, areas); `fields.csv` in the ZIP says which
column has which name and how many texts were cut. Times are text (ISO 8601), flags 1 or 0.

References
----------
ESRI Shapefile Technical Description, 1998; dBASE III field descriptors.
"""

import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import write_arrow

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.open import Opened
from citycommons.share.vector_files import CRS, Batches, Rows

_LONGEST = 254  # bytes of a text
_NAME = 10  # signs of a column's name
# By the number that GEOS gives the kind.
_KINDS = {0: "points", 1: "lines", 3: "areas", 4: "multipoints", 5: "lines", 6: "areas"}
_NOWHERE = -1
_TYPES = {
    "points": "Point",
    "lines": "MultiLineString",
    "areas": "MultiPolygon",
    "multipoints": "MultiPoint",
}


def write(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    """Write the ZIP; the same version gives the same bytes.

    Rows without a place go with the first layer. Raises `Invalid` for collections of shapes, which
    the format does not know, and `TooMuch` past 2 GB.
    """
    place = next(field for field in fields if field.type is FieldType.GEOMETRY)
    layers, table = _found(rows(), place), _Table(fields, place)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="shapes-") as folder:
        for number, (layer, is_high) in enumerate(layers.items()):
            stem = _stem(opened.dataset.id) + (f"-{layer}" if len(layers) > 1 else "")
            batches = (
                table.shortened(_picked(batch, place, layer, is_first=not number))
                for batch in rows()
            )
            _layer(Path(folder) / f"{stem}.shp", opened, batches, layer, is_high)
        (Path(folder) / "fields.csv").write_bytes(table.note())
        _zip(path, Path(folder), opened)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """A name of at most ten plain signs for each column, no two alike but for case."""
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        ascii = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore")
        plain = re.sub(r"\W+", "_", ascii.decode()).strip("_") or "field"
        made, count = plain[:_NAME], 1
        while made.casefold() in taken:
            count += 1
            made = f"{plain[: _NAME - len(str(count)) - 1]}_{count}"
        taken.add(made.casefold())
        short[name] = made
    return short


def _stem(id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", id)[:80] or "shapes"


def _shapes(batch: pa.RecordBatch, place: Field) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(batch.column(place.name).to_numpy(zero_copy_only=False)))


def _found(rows: Batches, place: Field) -> dict[str, bool]:
    """The layers there will be, and whether shapes of each have heights."""
    layers: dict[str, bool] = {}
    for batch in rows:
        shapes = _shapes(batch, place)
        kinds, are_high = shapely.get_type_id(shapes), shapely.has_z(shapes)
        for kind in np.unique(kinds).tolist():
            if kind not in _KINDS and kind != _NOWHERE:
                raise Invalid(
                    "There are collections of shapes, which no Shapefile holds. "
                    "Take gpkg, fgb or geojson.",
                    format="shp.zip",
                )
            if kind != _NOWHERE:
                is_high = bool(are_high[kinds == kind].any())
                layers[_KINDS[kind]] = layers.get(_KINDS[kind], False) or is_high
    return {one: layers[one] for one in _TYPES if one in layers} or {"points": False}


def _picked(batch: pa.RecordBatch, place: Field, layer: str, *, is_first: bool) -> pa.RecordBatch:
    kinds = [kind for kind, name in _KINDS.items() if name == layer]
    found = shapely.get_type_id(_shapes(batch, place))
    return batch.filter(pa.array(np.isin(found, [*kinds, _NOWHERE] if is_first else kinds)))


class _Table:
    """Columns as the format holds them: short names, texts cut to what fits, and counted."""

    def __init__(self, fields: Sequence[Field], place: Field) -> None:
        self.fields = [field for field in fields if field is not place]
        self.place = place
        self.names = short_names([field.name for field in self.fields])
        self.cut = dict.fromkeys(self.names, 0)
        self.is_text = {
            field.name: field.type in (FieldType.STRING, FieldType.TIME, FieldType.DATETIME)
            for field in self.fields
        }

    def shortened(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns, names = [], []
        for field in self.fields:
            column = batch.column(field.name)
            if self.is_text[field.name]:
                column = self._cut(field, cells.plain_cells(column))
            elif field.type is FieldType.INTEGER:
                column = column.cast(pa.int64())
            columns.append(column)
            names.append(self.names[field.name])
        columns.append(batch.column(self.place.name).cast(pa.binary()))
        return pa.RecordBatch.from_arrays(columns, [*names, "geometry"])

    def _cut(self, field: Field, column: pa.Array) -> pa.Array:
        too_long = pc.fill_null(pc.greater(pc.binary_length(column), _LONGEST), False)
        if not pc.any(too_long).as_py():
            return column
        self.cut[field.name] += pc.sum(too_long).as_py()
        texts = [_fitting(text) for text in column.to_pylist()]
        return pa.array(texts, pa.string())

    def note(self) -> bytes:
        """`fields.csv`: what became of each column."""
        rows = pa.table(
            {
                "field": [field.name for field in self.fields],
                "name": [self.names[field.name] for field in self.fields],
                "type": [str(field.type) for field in self.fields],
                "unit": [field.unit for field in self.fields],
                "texts cut at 254 bytes": [self.cut[field.name] for field in self.fields],
            }
        )
        texts = [Field(name=name, type=FieldType.STRING) for name in rows.column_names]
        return cells.csv_header(texts) + cells.csv_lines(rows, texts)


def _fitting(text: str | None) -> str | None:
    return None if text is None else text.encode()[:_LONGEST].decode(errors="ignore")


def _layer(
    path: Path, opened: Opened, batches: Iterator[pa.RecordBatch], layer: str, is_high: bool
) -> None:
    first = next(batches, None)
    if first is None:
        return
    reader = pa.RecordBatchReader.from_batches(first.schema, chain([first], batches))
    try:
        write_arrow(
            reader,
            path,
            driver="ESRI Shapefile",
            geometry_name="geometry",
            geometry_type=_TYPES[layer] + (" Z" if is_high else ""),
            crs=CRS,
            encoding="UTF-8",
            layer_options={
                "DBF_DATE_LAST_UPDATE": opened.version.created.strftime("%Y-%m-%d"),
                "2GB_LIMIT": "YES",
            },
        )
    except (DataLayerError, DataSourceError) as cause:
        if "2GB" not in str(cause) and "2 GB" not in str(cause):
            raise
        raise TooMuch(
            "These are more rows than the 2 GB of a Shapefile hold. Filter them, or take gpkg, "
            "fgb or parquet.",
            format="shp.zip",
        ) from cause


def _zip(path: Path, folder: Path, opened: Opened) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for one in sorted(folder.iterdir(), key=lambda file: (file.suffix != ".shp", file.name)):
            made = opened.version.created.timetuple()[:6]
            info = zipfile.ZipInfo(one.name, (max(made[0], 1980), *made[1:]))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with one.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
