"""Vector files through GDAL: GeoJSON, Shapefile, GeoPackage, KML, FlatGeobuf, GML; WKB in CRS84."""

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from shapely.errors import ShapelyError

from citycommons.core.errors import Invalid, NotFound
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.plain import plain_table
from citycommons.standardise.positions import NAME, outside
from citycommons.standardise.sniff import as_utf8

IN_PLANE = (
    "no reference system named, and these are no degrees: shapes kept as text until somebody says "
    "which system it is"
)
_DEGREES = re.compile(r"^(?:EPSG:4326|OGC:CRS84|EPSG:4258|EPSG:4979)$", re.IGNORECASE)


class Vector:
    """What the vector formats share: GDAL reads them; `driver` says which kind it is."""

    driver: ClassVar[str]
    is_typed: ClassVar[bool] = False
    is_drawn: ClassVar[bool] = False  # in units of a sheet or a plane: never in degrees

    def read(self, source: Source) -> Draft:
        with _clear(source):
            return self._read(source)

    def _read(self, source: Source) -> Draft:
        path = source.path
        layer, others = _layer(path, source)
        steps = [f"format {self.driver}"]
        if others:
            steps += [f"layer {layer}", f"other layers not read: {', '.join(others)}"[:300]]
        has_ids = self.has_ids(source)
        meta, table = _read(path, layer, has_ids)
        crs = meta["crs"]
        is_warped = bool(crs) and not _DEGREES.match(crs) and "CRS84" not in crs
        if is_warped:
            meta, table = _read(_warped(path, layer, source), layer, has_ids)
            steps.append(f"positions brought from {_short(crs)} to CRS84")
        # GDAL takes GeoJSON that names no system for degrees; metres in it are metres all the same.
        is_plane = (not crs and self.is_drawn) or (not is_warped and _is_plane(meta, table))
        if is_plane:
            steps.append(IN_PLANE)
        elif not crs and meta["geometry_name"] in table.column_names:
            steps.append("no reference system named; taken as longitude and latitude")
        draft = _draft(meta, table, source, steps, is_plane=is_plane)
        draft.is_typed = self.is_typed
        return draft

    def has_ids(self, source: Source) -> bool:
        """Whether features have numbers of their own beside their columns."""
        return False


class GeoJson(Vector):
    """GeoJSON features."""

    driver = "GeoJSON"

    def recognises(self, source: Source) -> float:
        start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"{"):
            return 0.0
        is_features = re.search(rb'"type"\s*:\s*"Feature(?:Collection)?"', start)
        return 0.95 if is_features and b'"geometry"' in start else 0.0

    def has_ids(self, source: Source) -> bool:
        """GDAL makes a column of ids that are texts, and hides those that are numbers."""
        first = _first_feature(source.head)
        is_number = type(first.get("id")) is int
        return is_number and "id" not in (first.get("properties") or {})

    def read(self, source: Source) -> Draft:
        text = as_utf8(source.path, source.workspace)
        draft = Vector.read(self, replace(source, path=text.path))
        draft.steps[:0] = [step for step in text.steps if step != "encoding utf-8"]
        return draft


class Shapefile(Vector):
    """ESRI Shapefile, out of its ZIP."""

    driver = "Shapefile"
    is_typed = True

    def recognises(self, source: Source) -> float:
        return 1.0 if source.head.startswith(b"\x00\x00\x27\x0a") else 0.0


class GeoPackage(Vector):
    """OGC GeoPackage."""

    driver = "GeoPackage"
    is_typed = True

    def recognises(self, source: Source) -> float:
        is_package = b"GPKG" in source.head[:100] or source.suffix == ".gpkg"
        return 1.0 if source.head.startswith(b"SQLite format 3") and is_package else 0.0


class FlatGeobuf(Vector):
    """FlatGeobuf."""

    driver = "FlatGeobuf"
    is_typed = True

    def recognises(self, source: Source) -> float:
        return 1.0 if source.head.startswith(b"fgb\x03fgb") else 0.0


class Kml(Vector):
    """KML placemarks."""

    driver = "KML"

    def recognises(self, source: Source) -> float:
        return 1.0 if re.search(rb"<(?:\w+:)?kml[\s>]", source.head[:4096]) else 0.0


class Gml(Vector):
    """GML features, as of a WFS."""

    driver = "GML"

    def recognises(self, source: Source) -> float:
        if not source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return 0.0
        return 0.95 if b"http://www.opengis.net/gml" in source.head else 0.0


@contextmanager
def _clear(source: Source) -> Iterator[None]:
    """Errors of GDAL as one sentence; its warnings of trifles are dropped, losses are counted."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, UnicodeError, pa.ArrowException, ShapelyError) as cause:
        said = str(cause).replace(str(source.workspace), "").replace(str(source.path), source.name)
        raise Invalid(
            f"{source.name} cannot be read: {said}. Export it again, or as GeoPackage."
        ) from cause


def _layer(path: Path, source: Source) -> tuple[str, list[str]]:
    """The layer that was asked for, or the one with most features; and the others."""
    import pyogrio

    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    if not names:
        raise Invalid(f"{source.name} has no layers. Export it again.")
    if len(names) == 1:
        return names[0], []
    if source.sheet is not None and source.sheet not in names:
        raise NotFound(f"{source.name} has no layer “{source.sheet}”; it has {', '.join(names)}.")

    def size(name: str) -> int:
        info = pyogrio.read_info(path, layer=name, force_feature_count=True)
        return int(info["features"])

    chosen = source.sheet or max(names, key=size)
    return chosen, [name for name in names if name != chosen]


def _read(path: Path, layer: str, has_ids: bool = False) -> tuple[dict[str, Any], pa.Table]:
    import pyogrio

    meta, table = pyogrio.read_arrow(path, layer=layer, return_fids=has_ids)
    if has_ids and "id" not in table.column_names:
        number = meta["fid_column"] or "OGC_FID"
        table = table.rename_columns(["id" if n == number else n for n in table.column_names])
    return dict(meta), table


def _first_feature(head: bytes) -> dict[str, Any]:
    """The first feature of a collection, where the head of the file holds it whole."""
    begin = re.search(rb'"features"\s*:\s*\[\s*', head)
    try:
        text = head[begin.end() if begin else 0 :].decode("utf-8", "ignore")
        found = json.JSONDecoder().raw_decode(text)[0]
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _warped(path: Path, layer: str, source: Source) -> Path:
    """A description by which GDAL brings the layer to CRS84 while reading."""
    target = source.workspace / "warped.vrt"
    target.write_text(
        f"<OGRVRTDataSource><OGRVRTWarpedLayer><OGRVRTLayer name={quoteattr(layer)}>"
        f"<SrcDataSource>{_escaped(str(path.resolve()))}</SrcDataSource>"
        f"<SrcLayer>{_escaped(layer)}</SrcLayer></OGRVRTLayer>"
        "<TargetSRS>OGC:CRS84</TargetSRS></OGRVRTWarpedLayer></OGRVRTDataSource>"
    )
    return target


def _escaped(text: str) -> str:
    return quoteattr(text)[1:-1]


def _short(crs: str) -> str:
    found = re.match(r'^\w+\["([^"]+)"', crs)
    return found[1] if found else crs[:60]


def _geometry(meta: dict[str, Any]) -> str:
    return meta["geometry_name"] or "wkb_geometry"


def _is_plane(meta: dict[str, Any], table: pa.Table) -> bool:
    """Whether most shapes lie where no degrees are: then they are metres of some plane."""
    import shapely

    if _geometry(meta) not in table.column_names or not table.num_rows:
        return False
    return lies_in_plane(shapely.from_wkb(table[_geometry(meta)].to_numpy(), on_invalid="ignore"))


def lies_in_plane(shapes: np.ndarray) -> bool:
    """Whether most of the shapes lie where no degrees are."""
    import shapely

    bounds = shapely.bounds(shapes)
    there = np.isfinite(bounds).all(axis=1)
    return bool(there.any() and outside(bounds[there]).mean() > 0.5)


def _draft(
    meta: dict[str, Any], table: pa.Table, source: Source, steps: list[str], *, is_plane: bool
) -> Draft:
    geometry = _geometry(meta)
    faults = Faults()
    table = table.replace_schema_metadata(None)
    if geometry not in table.column_names:
        return Draft(table=plain_table(table, source.zone), faults=faults, steps=steps, decimal=".")
    shapes = table[geometry]
    table = plain_table(table.drop_columns([geometry]), source.zone)
    name = NAME
    while name in table.column_names:
        name += "_2"
    if is_plane:
        table = table.append_column(name, as_text(shapes))
        return Draft(table=table, faults=faults, steps=steps, is_local=(name,), decimal=".")
    table = table.append_column(name, checked(shapes, faults))
    return Draft(table=table, faults=faults, steps=steps, geometries=(name,), decimal=".")


def as_text(shapes: pa.ChunkedArray) -> pa.Array:
    """The shapes as WKT, every digit kept."""
    import shapely

    found = shapely.from_wkb(shapes.to_numpy(), on_invalid="ignore")
    texts = shapely.to_wkt(found, trim=True, rounding_precision=-1, output_dimension=3)
    return pa.array(texts.tolist(), pa.string())


def checked(shapes: pa.ChunkedArray, faults: Faults) -> pa.Array:
    """The shapes as two-dimensional WKB; those outside the world or not closed are faults."""
    import shapely

    found = shapely.from_wkb(np.asarray(shapes.to_pylist(), dtype=object), on_invalid="ignore")
    wrong = outside(shapely.bounds(found)) & ~shapely.is_empty(found)
    message = "the position {value} lies outside the world; its geometry is left empty."
    _flag("position-outside", message, wrong, found, faults)
    is_empty = shapely.is_empty(found)
    found[wrong | is_empty] = None
    lost = np.asarray(pc.is_valid(shapes)) & ~shapely.is_geometry(found) & ~wrong
    _flag("geometry-empty", "the geometry is empty or cannot be read.", lost, found, faults)
    if (twisted := shapely.is_geometry(found) & ~shapely.is_valid(found)).any():
        message = "the shape crosses itself ({value}); it was mended."
        rows = np.flatnonzero(twisted)
        reasons = shapely.is_valid_reason(found[rows]).tolist()
        pairs = zip((rows + 1).tolist(), reasons, strict=True)
        faults.add_many("geometry-crossed", message, column=NAME, found=pairs, total=len(rows))
        found[rows] = shapely.make_valid(found[rows])
    flat = not shapely.has_z(found).any() or _is_level(
        shapely.get_coordinates(found, include_z=True)[:, 2]
    )
    return pa.array(shapely.to_wkb(found, output_dimension=2 if flat else 3), pa.binary())


def _is_level(heights: np.ndarray) -> bool:
    return bool((np.isnan(heights) | (heights == 0)).all())


def _flag(rule: str, message: str, wrong: np.ndarray, shapes: np.ndarray, faults: Faults) -> None:
    import shapely

    rows = np.flatnonzero(wrong)
    if len(rows):
        shown = rows[: faults.left]
        boxes = shapely.bounds(shapes[shown])
        texts = [f"{x:g}, {y:g}" for x, y in boxes[:, :2].tolist()]
        pairs = zip((shown + 1).tolist(), texts, strict=True)
        faults.add_many(rule, message, column=NAME, found=pairs, total=len(rows))
