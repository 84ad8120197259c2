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

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Version
from citycommons.share import frictionless, packed, workbook, written
from citycommons.share.kept import Making, begun, found, kept, making, mark, place, unless_ending
from citycommons.share.open import Opened
from citycommons.share.query import EVERYTHING, Query
from citycommons.share.rows import rows

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format that a version can be had in."""

    id: str  # as in the file's address
    title: str
    media_type: str
    suffix: str
    needs_geometry: bool = False
    is_text: bool = False  # worth packing for the way
    is_streamed: bool = False  # written row by row: its beginning is there before its end
    is_described: bool = False  # says what the catalogue says, which may change; only whole


def _rows(id: str, title: str, media_type: str, **more: bool) -> Format:
    return Format(id=id, title=title, media_type=media_type, suffix=id, **more)


def _shapes(id: str, title: str, media_type: str, suffix: str = "", **more: bool) -> Format:
    return replace(_rows(id, title, media_type, **more), suffix=suffix or id, needs_geometry=True)


_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV = "text/csv; charset=utf-8"
_JSON, _NDJSON, _GEOJSON = "application/json", "application/x-ndjson", "application/geo+json"
_PARQUET, _ARROW = "application/vnd.apache.parquet", "application/vnd.apache.arrow.file"
_GPKG, _FGB = "application/geopackage+sqlite3", "application/flatgeobuf"
_PMTILES = "application/vnd.pmtiles"
_KML, _ZIP = "application/vnd.google-earth.kml+xml", "application/zip"

FORMATS: dict[str, Format] = {
    one.id: one
    for one in (
        _rows("csv", "CSV", _CSV, is_text=True, is_streamed=True),
        _rows("xlsx", "Excel", _SHEET),
        _rows("json", "JSON", _JSON, is_text=True, is_streamed=True),
        _rows("ndjson", "JSON lines", _NDJSON, is_text=True, is_streamed=True),
        _rows("parquet", "Parquet", _PARQUET),
        _rows("arrow", "Arrow", _ARROW),
        _rows("datapackage.zip", "Data Package", _ZIP, is_streamed=True, is_described=True),
        _shapes("geojson", "GeoJSON", _GEOJSON, is_text=True),
        _shapes("geoparquet", "GeoParquet", _PARQUET, suffix="parquet"),
        _shapes("gpkg", "GeoPackage", _GPKG),
        _shapes("fgb", "FlatGeobuf", _FGB),
        _shapes("shp.zip", "Shapefile", _ZIP),
        _shapes("kml", "KML", _KML, is_text=True),
        _shapes("pmtiles", "PMTiles", _PMTILES),
    )
}
OTHER_NAMES = {"shp": "shp.zip", "jsonl": "ndjson", "feather": "arrow"}


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
    picked = chosen(opened, format, query)
    whole = query is None or query == EVERYTHING
    query = _with_place(query or EVERYTHING, opened.version, picked)
    path = _file_of(opened, picked) if whole else None
    return Export(
        media_type=picked.media_type,
        filename=filename(opened, picked, "" if whole else "-selection"),
        chunks=primed(_read(path) if path else _pieces(opened, picked, query, whole=whole)),
        path=path,
    )


def filename(opened: Opened, format: Format, mark: str = "") -> str:
    """What the file is called where it is saved."""
    return f"{opened.dataset.id}@{opened.version.number}{mark}.{format.suffix}"


def chosen(opened: Opened, format: str, query: Query | None = None) -> Format:
    """The format of this name. Raises as `export` does."""
    format = OTHER_NAMES.get(format, format)
    names = ", ".join(one.id for one in formats(opened.version))
    if format not in FORMATS:
        raise Invalid(f"There is no format “{format}” here. Take one of {names}.", format=format)
    picked = FORMATS[format]
    no_place = opened.version.geometry is None or (query is not None and query.is_grouped)
    if picked.needs_geometry and no_place:
        raise Invalid(
            f"{picked.title} needs a geometry, and there is none. Take one of {names}.",
            format=format,
        )
    if picked.is_described and query is not None and query != EVERYTHING:
        raise Invalid(f"A {picked.title} holds a whole version; take csv.", format=format)
    if format == "xlsx" and _count(opened, query) > workbook.MOST_ROWS:
        others = ", ".join(one.id for one in formats(opened.version) if one.id != "xlsx")
        raise TooMuch(
            f"These are more rows than a workbook holds ({workbook.MOST_ROWS}). "
            f"Filter them, or take one of {others}.",
            format=format,
        )
    return picked


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


def _file_of(opened: Opened, format: Format) -> Path | None:
    """The whole version's file; None where it is not kept and the rows are as soon written."""
    if format.suffix == "parquet":
        return opened.path
    if format.id == "geojson":
        return packed.geojson(opened)
    suffix = _suffix(opened, format)
    if format.is_streamed:
        path = place(opened, suffix)
        return path if found(path) else None
    return kept(opened, suffix, lambda part: written.write(format.id, part, opened, EVERYTHING))


def file_of(opened: Opened, format: Format, query: Query | None = None) -> Path | Making:
    """The file of the version, or of what the query picks, ready or in the making."""
    if query is not None and query != EVERYTHING:
        picked = _with_place(query, opened.version, format)
        return _made_once(opened, format, picked, f"-{mark(repr(picked))}.{format.suffix}")
    if format.suffix == "parquet":
        return opened.path
    if format.id == "geojson":
        path = packed.path_of(opened)
        return path if path.exists() else begun(path, lambda _: packed.geojson(opened))
    return _made_once(opened, format, EVERYTHING, _suffix(opened, format))


def _suffix(opened: Opened, format: Format) -> str:
    if not format.is_described:
        return f".{format.suffix}"
    described = frictionless.descriptor(opened.dataset, opened.version)
    return f"-{mark(described.decode())}.{format.suffix}"


def _made_once(opened: Opened, format: Format, query: Query, suffix: str) -> Path | Making:
    def fill(part: Path) -> None:
        if not format.is_streamed:
            written.write(format.id, part, opened, query)
            return
        with part.open("wb") as out:
            for piece in unless_ending(_pieces(opened, format, query, whole=query == EVERYTHING)):
                out.write(piece)
                out.flush()  # read while it is written

    path = place(opened, suffix)
    return path if found(path) else making(opened, suffix, fill)


def _pieces(opened: Opened, format: Format, query: Query, *, whole: bool) -> Iterator[bytes]:
    if format.is_streamed or format.id == "geojson":
        return written.stream(format.id, opened, query, numbered=whole)
    return _made(opened, format, query)


def _made(opened: Opened, format: Format, query: Query) -> Iterator[bytes]:
    """A file that is written aside, read out and thrown away."""
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        path = Path(folder) / f"selection.{format.suffix}"
        written.write(format.id, path, opened, query)
        yield from _read(path)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def primed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same, head and first rows made now: what cannot be done fails before it starts."""
    return itertools.chain(list(itertools.islice(chunks, 2)), chunks)
