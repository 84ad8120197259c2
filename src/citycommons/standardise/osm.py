"""OpenStreetMap extracts (.osm.pbf, .osm): points, lines and areas, each with all of its tags."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source

SHEETS = ("lines", "points", "areas")
"""What `sheet` may name: streets and other ways, tagged nodes, closed ways and multipolygons."""

_ALIASES = {"multipolygons": "areas", "ways": "lines", "nodes": "points"}
_PER_OBJECT = 256  # bytes that an object takes in memory, at least
_PIECE = 50_000

# Fixed, so that the next extract has the same columns; `tags` holds all tags all the same.
_COMMON = ("name", "ref", "operator", "wikidata")
_KEYS: dict[str, tuple[str, ...]] = {
    "lines": (
        *("highway", "maxspeed", "lanes", "oneway", "surface", "width", "lit", "bridge", "tunnel"),
        *("cycleway", "sidewalk", "bicycle", "foot", "access", "railway", "waterway", "barrier"),
    ),
    "points": (
        *("highway", "amenity", "shop", "public_transport", "railway", "natural", "barrier"),
        *("tourism", "office", "emergency", "addr:street", "addr:housenumber", "addr:postcode"),
        *("opening_hours", "wheelchair"),
    ),
    "areas": (
        *("building", "building:levels", "landuse", "leisure", "natural", "amenity", "shop"),
        *("boundary", "admin_level", "place", "tourism", "office", "addr:street"),
        *("addr:housenumber", "addr:postcode"),
    ),
}
# Closed ways with these keys are rings and no areas, unless they say `area=yes`.
_LINEAR = ("highway", "barrier", "railway", "waterway", "aerialway", "route")
_UNTOLD = frozenset(("created_by", "source", "odbl", "note"))


class Osm:
    """OSM PBF and OSM XML."""

    def recognises(self, source: Source) -> float:
        if source.head[4:].startswith(b"\n\tOSMHeader") or b"OSMHeader" in source.head[:64]:
            return 1.0
        head = source.head[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
        return 1.0 if head.startswith(b"<") and b"<osm " in head and b"version=" in head else 0.0

    def read(self, source: Source) -> Draft:
        sheet = _ALIASES.get(source.sheet or "", source.sheet or SHEETS[0])
        if sheet not in SHEETS:
            raise NotFound(f"{source.name} has no “{sheet}”; it has {', '.join(SHEETS)}.")
        rows = _Rows(sheet, source)
        # The reader tells PBF from XML by the name of the file.
        path = _named(source)
        try:
            for tags, identifier, shape in _objects(path, sheet):
                rows.add(tags, identifier, shape)
        except RuntimeError as cause:
            raise Invalid(
                f"{source.name} is a damaged OSM extract: {cause}. Download it again."
            ) from cause
        steps = ["format OpenStreetMap", f"layer {sheet}"]
        if source.sheet is None:
            steps.append(f"other layers not read: {', '.join(SHEETS[1:])}")
        return Draft(
            table=rows.table(),
            faults=rows.faults,
            steps=steps,
            geometries=("geometry",),
            is_typed=True,
        )


class _Rows:
    def __init__(self, sheet: str, source: Source) -> None:
        self._keys = (*_COMMON, *_KEYS[sheet])
        self._most = source.most_bytes // _PER_OBJECT
        self._name = source.name
        self._columns: dict[str, list[Any]] = {}
        self._pieces: list[pa.Table] = []
        self._count = 0
        self.faults = Faults()
        self._clear()

    def _clear(self) -> None:
        self._columns = {n: [] for n in ("osm_id", *self._keys, "tags", "geometry")}

    def add(self, tags: dict[str, str], identifier: str, shape: bytes | None) -> None:
        self._count += 1
        if self._count > self._most:
            raise TooMuch(
                f"{self._name} holds more than {self._most} objects. Cut out the city with "
                "“osmium extract”, or raise the setting unpacked_limit_mb."
            )
        columns = self._columns
        columns["osm_id"].append(identifier)
        for key in self._keys:
            columns[key].append(tags.get(key))
        columns["tags"].append(orjson.dumps(tags, option=orjson.OPT_SORT_KEYS).decode())
        columns["geometry"].append(shape)
        if shape is None:
            message = "its nodes are not all in the extract; the geometry is left empty."
            self.faults.add("geometry-empty", message, line=self._count, value=identifier)
        if len(columns["osm_id"]) >= _PIECE:
            self._pack()

    def _pack(self) -> None:
        kinds = {"geometry": pa.binary()}
        self._pieces.append(
            pa.table({n: pa.array(v, kinds.get(n, pa.string())) for n, v in self._columns.items()})
        )
        self._clear()

    def table(self) -> pa.Table:
        self._pack()
        return pa.concat_tables(self._pieces)


def _named(source: Source) -> Path:
    is_pbf = b"OSMHeader" in source.head[:64]
    path = source.workspace / ("extract.osm.pbf" if is_pbf else "extract.osm")
    if not path.exists():
        path.symlink_to(source.path.resolve())
    return path


def _objects(path: Path, sheet: str) -> Iterator[tuple[dict[str, str], str, bytes | None]]:
    import osmium
    from osmium.filter import EmptyTagFilter

    shapes = osmium.geom.WKBFactory()
    file = osmium.FileProcessor(str(path))
    if sheet == "points":
        file = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(EmptyTagFilter())
    else:
        file = file.with_locations()
        file = file.with_areas() if sheet == "areas" else file.with_filter(EmptyTagFilter())
    found: Any  # which kind it is, its letter says
    for found in file:
        kind = found.type_str()
        if kind != sheet[0].replace("l", "w").replace("p", "n"):
            continue
        tags = {tag.k: tag.v for tag in found.tags}
        if not tags or tags.keys() <= _UNTOLD:
            continue
        if kind == "n":
            yield tags, f"n{found.id}", _hex(shapes.create_point, found)
        elif kind == "w" and not _is_area(found, tags):
            yield tags, f"w{found.id}", _line(shapes, found)
        elif kind == "a":
            if found.from_way() and not _closed_is_area(tags):
                continue
            letter = "w" if found.from_way() else "r"
            yield tags, f"{letter}{found.orig_id()}", _hex(shapes.create_multipolygon, found)


def _is_area(way: Any, tags: dict[str, str]) -> bool:
    """Closed ways that are no rings; streets are lines even where they are squares."""
    if "highway" in tags or not way.is_closed():
        return False
    return _closed_is_area(tags)


def _closed_is_area(tags: dict[str, str]) -> bool:
    if "area" in tags:
        return tags["area"] != "no"
    return not any(key in tags for key in _LINEAR)


def _hex(make: Any, what: Any) -> bytes | None:
    import osmium

    try:
        return bytes.fromhex(make(what))
    # A location that is not in the extract, or a ring that does not close.
    except (osmium.InvalidLocationError, RuntimeError, ValueError):
        return None


def _line(shapes: Any, way: Any) -> bytes | None:
    """The way as far as its nodes are in the extract."""
    if (whole := _hex(shapes.create_linestring, way)) is not None:
        return whole
    import shapely

    there = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
    if len(there) < 2:
        return None
    made: bytes = shapely.to_wkb(shapely.LineString(np.array(there)))
    return made
