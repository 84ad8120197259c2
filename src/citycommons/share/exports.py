"""A version, or what a query picks of it, as a file: streamed, without a cap, in bounded memory.

A whole version gives the same bytes at the same address for ever. Texts in CSV that a spreadsheet
would take for a formula (they begin with `=`, `+`, `-`, `@`, tab or carriage return) get an
apostrophe in front; numbers, and every other format, carry values unchanged. GeoJSON rounds
degrees to 1 cm; times are UTC.
"""

import itertools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import Field, FieldType, Version
from citycommons.share import cells, packed, sql, workbook
from citycommons.share.arrange import geo_metadata
from citycommons.share.kept import kept
from citycommons.share.open import Opened
from citycommons.share.query import EVERYTHING, Query
from citycommons.share.rows import batches, rows

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format that a version can be had in."""

    id: str
    title: str
    media_type: str
    suffix: str
    needs_geometry: bool = False


FORMATS: dict[str, Format] = {
    one.id: one
    for one in (
        Format(id="csv", title="CSV", media_type="text/csv; charset=utf-8", suffix="csv"),
        Format(
            id="xlsx",
            title="Excel",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            suffix="xlsx",
        ),
        Format(id="json", title="JSON", media_type="application/json", suffix="json"),
        Format(id="ndjson", title="JSON lines", media_type="application/x-ndjson", suffix="ndjson"),
        Format(
            id="parquet",
            title="Parquet",
            media_type="application/vnd.apache.parquet",
            suffix="parquet",
        ),
        Format(
            id="geojson",
            title="GeoJSON",
            media_type="application/geo+json",
            suffix="geojson",
            needs_geometry=True,
        ),
        Format(
            id="geoparquet",
            title="GeoParquet",
            media_type="application/vnd.apache.parquet",
            suffix="parquet",
            needs_geometry=True,
        ),
        Format(
            id="gpkg",
            title="GeoPackage",
            media_type="application/geopackage+sqlite3",
            suffix="gpkg",
            needs_geometry=True,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file on its way: `path` when it lies ready on the disk, else only `chunks`."""

    media_type: str
    filename: str
    chunks: Iterator[bytes]  # to be read once
    path: Path | None = None


def formats(version: Version) -> tuple[Format, ...]:
    """The formats this version can be had in, Parquet once."""
    has_place = version.geometry is not None
    left_out = "parquet" if has_place else "geoparquet"
    return tuple(
        one
        for one in FORMATS.values()
        if (has_place or not one.needs_geometry)
        and one.id != left_out
        and (one.id != "xlsx" or version.rows <= workbook.MOST_ROWS)
    )


def export(opened: Opened, format: str, query: Query | None = None) -> Export:
    """The version (or what the query picks) in this format.

    Raises `Invalid` for an unknown format or one that needs a geometry that is not there, and
    `TooMuch` for more rows than a workbook holds; both name the formats that can be had.
    """
    chosen = _chosen(opened, format, query)
    whole = query is None or query == EVERYTHING
    query = _with_place(query or EVERYTHING, opened.version, chosen)
    path = _ready(opened, chosen) if whole else None
    mark = "" if whole else "-selection"
    return Export(
        media_type=chosen.media_type,
        filename=f"{opened.dataset.id}@{opened.version.number}{mark}.{chosen.suffix}",
        chunks=_primed(_file(path) if path else _stream(opened, chosen, query, whole=whole)),
        path=path,
    )


def _chosen(opened: Opened, format: str, query: Query | None) -> Format:
    names = ", ".join(one.id for one in formats(opened.version))
    if format not in FORMATS:
        raise Invalid(f"There is no format “{format}” here. Take one of {names}.", format=format)
    chosen = FORMATS[format]
    no_place = opened.version.geometry is None or (query is not None and query.is_grouped)
    if chosen.needs_geometry and no_place:
        raise Invalid(
            f"{chosen.title} needs a geometry, and there is none. Take one of {names}.",
            format=format,
        )
    if format == "xlsx" and _count(opened, query) > workbook.MOST_ROWS:
        others = ", ".join(one.id for one in formats(opened.version) if one.id != "xlsx")
        raise TooMuch(
            f"These are more rows than a workbook holds ({workbook.MOST_ROWS}). "
            f"Filter them, or take one of {others}.",
            format=format,
        )
    return chosen


def _count(opened: Opened, query: Query | None) -> int:
    if query is None or not (query.is_filtered or query.is_grouped):
        most = opened.version.rows
        return most if query is None or query.limit is None else min(most, query.limit)
    total = rows(opened, replace(query, limit=1, order=())).total
    return total if query.limit is None else min(total, query.limit)


def _with_place(query: Query, version: Version, chosen: Format) -> Query:
    place = version.geometry
    if not chosen.needs_geometry or not query.columns or place is None or place in query.columns:
        return query
    return replace(query, columns=(*query.columns, place))


def _ready(opened: Opened, chosen: Format) -> Path | None:
    """The file of a whole version that is kept beside it, made at the first wish."""
    if chosen.suffix == "parquet":
        return opened.path
    if chosen.id == "geojson":
        return packed.geojson(opened)
    if chosen.id == "xlsx":
        return kept(opened, ".xlsx", lambda path: _workbook(path, opened, EVERYTHING))
    if chosen.id == "gpkg":
        return kept(opened, ".gpkg", lambda path: _geopackage(path, opened, EVERYTHING))
    return None


def _stream(opened: Opened, chosen: Format, query: Query, *, whole: bool) -> Iterator[bytes]:
    fields = sql.result_fields(query, opened.version.fields)
    found = batches(opened, query)
    match chosen.id:
        case "csv":
            return _csv(found, fields)
        case "ndjson":
            return (cells.json_objects(batch, fields) for batch in found)
        case "json":
            texts = (cells.json_objects(batch, fields, ",\n")[:-2] for batch in found)
            return _listed(b"[\n", texts, b"\n]\n")
        case "geojson":
            head = b'{"type":"FeatureCollection","features":[\n'
            return _listed(head, _features(found, fields, numbered=whole), b"\n]}\n")
    return _made(opened, chosen, query)


def _csv(found: Iterator[pa.RecordBatch], fields: tuple[Field, ...]) -> Iterator[bytes]:
    yield cells.csv_header(fields)
    for batch in found:
        yield cells.csv_lines(batch, fields)


def _features(
    found: Iterator[pa.RecordBatch], fields: tuple[Field, ...], *, numbered: bool
) -> Iterator[bytes]:
    first = 0
    for batch in found:
        lines = cells.features(batch, fields, first if numbered else None)
        yield cells.payload(cells.joined([lines, ",\n"]))[:-2]
        first += batch.num_rows


def _listed(head: bytes, texts: Iterator[bytes], tail: bytes) -> Iterator[bytes]:
    before = head
    for text in texts:
        if text:
            yield before
            yield text
            before = b",\n"
    if before is head:
        yield head
    yield tail


def _made(opened: Opened, chosen: Format, query: Query) -> Iterator[bytes]:
    """A file that is written aside, read out and thrown away."""
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        path = Path(folder) / f"selection.{chosen.suffix}"
        match chosen.suffix:
            case "xlsx":
                _workbook(path, opened, query)
            case "gpkg":
                _geopackage(path, opened, query)
            case _:
                _parquet(path, opened, query)
        yield from _file(path)


def _workbook(path: Path, opened: Opened, query: Query) -> None:
    fields = sql.result_fields(query, opened.version.fields)
    workbook.write(path, opened, fields, batches(opened, query))


def _geopackage(path: Path, opened: Opened, query: Query) -> None:
    from citycommons.share import geopackage  # loads GDAL

    fields = sql.result_fields(query, opened.version.fields)
    geopackage.write(path, opened, fields, batches(opened, query))


def _parquet(path: Path, opened: Opened, query: Query) -> None:
    fields = sql.result_fields(query, opened.version.fields)
    schema = pa.schema([pa.field(f.name, ARROW_TYPES[f.type]) for f in fields])
    place = next((f.name for f in fields if f.type is FieldType.GEOMETRY), None)
    if place:
        schema = schema.with_metadata({b"geo": geo_metadata(place, None, covered=False)})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches(opened, query):
            writer.write_batch(batch.cast(schema))


def _file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _primed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, head and first rows made now: what cannot be done fails before it starts."""
    return itertools.chain(list(itertools.islice(chunks, 2)), chunks)
