"""Rows in each file format: as a stream of bytes, or as a file that a library writes."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import Field, FieldType
from citycommons.share import cells, frictionless, packing, sql, workbook
from citycommons.share.arrange import geo_metadata
from citycommons.share.kept import unless_ending
from citycommons.share.open import Opened
from citycommons.share.query import EVERYTHING, Query
from citycommons.share.rows import batches

_AHEAD = 2  # batches in work while one is taken
_encoders = ThreadPoolExecutor(2, "encode")  # for all files together
# GeoArrow, extension types: so that a reader knows the column for geometries in CRS84.
_GEOARROW = {
    "ARROW:extension:name": "geoarrow.wkb",
    "ARROW:extension:metadata": '{"crs":"OGC:CRS84","crs_type":"authority_code"}',
}

Batches = Iterator[pa.RecordBatch]


def stream(format: str, opened: Opened, query: Query, *, numbered: bool) -> Iterator[bytes]:
    """CSV, JSON, NDJSON, GeoJSON or a Data Package, a piece at a time.

    Features get numbers if `numbered`.
    """
    fields = sql.result_fields(query, opened.version.fields)
    found = batches(opened, query)
    match format:
        case "csv":
            lines = _ahead(found, lambda batch: cells.csv_lines(batch, fields))
            return chain([cells.csv_header(fields)], lines)
        case "datapackage.zip":
            described = frictionless.descriptor(opened.dataset, opened.version)
            rows = stream("csv", opened, query, numbered=False)
            return frictionless.archive(described, rows, opened.version)
        case "ndjson":
            return _ahead(found, lambda batch: cells.json_objects(batch, fields))
        case "json":
            texts = _ahead(found, lambda batch: cells.json_objects(batch, fields, ",\n")[:-2])
            return _listed(b"[\n", texts, b"\n]\n")
        case "geojson":
            return _listed(packing.HEAD, _features(found, fields, numbered=numbered), packing.TAIL)
    raise LookupError(f"no stream of {format}")


def _ahead(found: Batches, encode: Callable[[pa.RecordBatch], bytes]) -> Iterator[bytes]:
    """Batches encoded in order, a few ahead of what is taken, on more than one processor."""
    first = list(islice(found, 2))
    if len(first) < 2:
        yield from map(encode, first)
        return
    waiting: deque[Future[bytes]] = deque()
    try:
        for batch in chain(first, found):
            waiting.append(_encoders.submit(encode, batch))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for one in waiting:
            one.cancel()


def _features(found: Batches, fields: tuple[Field, ...], *, numbered: bool) -> Iterator[bytes]:
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


def write(format: str, path: Path, opened: Opened, query: Query) -> None:
    """The format's file in `path`."""
    if format == "pmtiles" and query == EVERYTHING:
        from citycommons.share.tiles import archive

        archive.whole(path, opened)
        return
    fields = sql.result_fields(query, opened.version.fields)
    _WRITERS[format](path, opened, fields, lambda: unless_ending(batches(opened, query)))


Rows = Callable[[], Batches]  # may be asked for more than once


def _workbook(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    workbook.write(path, opened, fields, rows())


def _parquet(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    schema = _schema(fields)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in rows():
            writer.write_batch(batch.cast(schema))


def _arrow(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    schema = _schema(fields)
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, schema) as writer:
        for batch in rows():
            writer.write_batch(batch.cast(schema))


def _schema(fields: tuple[Field, ...]) -> pa.Schema:
    schema = pa.schema(
        [
            pa.field(
                f.name,
                ARROW_TYPES[f.type],
                metadata=_GEOARROW if f.type is FieldType.GEOMETRY else None,
            )
            for f in fields
        ]
    )
    place = next((f.name for f in fields if f.type is FieldType.GEOMETRY), None)
    if place:
        schema = schema.with_metadata({b"geo": geo_metadata(place, None, covered=False)})
    return schema


def _shapefile(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    from citycommons.share import shapefile  # loads GDAL

    shapefile.write(path, opened, fields, rows)


def _pmtiles(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
    from citycommons.share.tiles import archive

    selected = path.with_name(f"{path.name}.parquet")
    try:
        _parquet(selected, opened, fields, rows)
        archive.selection(path, opened, fields, selected)
    finally:
        selected.unlink(missing_ok=True)


def _vector(driver: str) -> Callable[[Path, Opened, tuple[Field, ...], Rows], None]:
    def write(path: Path, opened: Opened, fields: tuple[Field, ...], rows: Rows) -> None:
        from citycommons.share import vector_files  # loads GDAL

        vector_files.WRITERS[driver](path, opened, fields, rows)

    return write


_WRITERS: dict[str, Callable[[Path, Opened, tuple[Field, ...], Rows], None]] = {
    "xlsx": _workbook,
    "parquet": _parquet,
    "geoparquet": _parquet,
    "arrow": _arrow,
    "shp.zip": _shapefile,
    "pmtiles": _pmtiles,
    **{one: _vector(one) for one in ("gpkg", "fgb", "kml")},
}
