"""Files as departments deliver them: CSV with semicolons, GeoJSON, JSON, XLSX."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import xlsxwriter

from citycommons.collect.ideal.chance import Floats

Columns = Mapping[str, Any]


def comma(values: Any, decimals: int = 1) -> pa.Array:
    """Numbers as Italian offices write them, `12,5`; not-a-number becomes an empty cell."""
    given = pa.array(np.round(np.asarray(values, float), decimals), from_pandas=True)
    exact = pc.cast(given, pa.decimal128(18, decimals), safe=False)
    return pc.replace_substring(pc.cast(exact, pa.string()), ".", ",")


def write_csv(
    path: Path,
    columns: Columns,
    *,
    delimiter: str = ";",
    preamble: str = "",
    encoding: str = "utf-8",
) -> None:
    """Write the columns under a header; a null is an empty cell."""
    table = pa.table(dict(columns))
    sink = BytesIO()
    options = pa.csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="needed")
    pa.csv.write_csv(table, sink, options)
    head = preamble + delimiter.join(columns) + "\n"
    text = head.encode() + sink.getvalue()
    path.write_bytes(text if encoding == "utf-8" else text.decode().encode(encoding))


def write_json(path: Path, content: Any) -> None:
    """Write JSON with one record a line, so that people can read and compare it."""
    if isinstance(content, list):
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in content)
        path.write_bytes(f"[\n{lines}\n]\n".encode())
    else:
        path.write_bytes((json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def records(columns: Columns) -> list[dict[str, Any]]:
    """Columns as a list of rows of plain Python values; not-a-number becomes null."""
    plain = [v.tolist() if isinstance(v, np.ndarray) else list(v) for v in columns.values()]
    return [
        {n: None if v != v else v for n, v in zip(columns, row, strict=True)}
        for row in zip(*plain, strict=True)
    ]


def write_geojson(path: Path, kind: str, shapes: Sequence[Any] | Floats, columns: Columns) -> None:
    """Write features of one geometry type, coordinates in CRS84 degrees.

    A `Polygon` is given as its outer ring, or as a list of rings.
    """
    features = []
    for shape, properties in zip(shapes, records(columns), strict=True):
        if kind == "Polygon":
            rings = shape if isinstance(shape, list) else [shape]
            coordinates: Any = [ring.tolist() for ring in rings]
        else:
            coordinates = shape.tolist()
        geometry = {"type": kind, "coordinates": coordinates}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_bytes(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'.encode())


def write_xlsx(path: Path, sheet: str, columns: Columns, *, above: Sequence[str] = ()) -> None:
    """Write one sheet, with title rows `above` the header if there are any."""
    raw = BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 1, 15, tzinfo=UTC)})
        bold = book.add_format({"bold": True})
        page = book.add_worksheet(sheet)
        for row, title in enumerate(above):
            page.write_string(row, 0, title)
        for place, (name, values) in enumerate(columns.items()):
            page.write_string(len(above), place, name, bold)
            plain = values.tolist() if isinstance(values, np.ndarray) else list(values)
            page.write_column(len(above) + 1, place, plain)
    # Packed again without compression: zlib is another one on every platform.
    with ZipFile(raw) as packed, ZipFile(path, "w") as stored:
        for name in packed.namelist():
            stored.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), packed.read(name))
