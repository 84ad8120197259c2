"""What tiles of a version there are, as map clients and OGC write it.

References
----------
TileJSON 3.0.0. OGC 20-057: OGC API Tiles 1.0, and 17-083r4 (tile set metadata).
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from citycommons.core.types import Bbox, Field, FieldType
from citycommons.share.open import Opened
from citycommons.share.tiles import MEDIA, matrix
from citycommons.share.tiles.mercator import Mercator
from citycommons.share.tiles.shapes import LINE, POINT, POLYGON

CONFORMANCE = (
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{one}"
        for one in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")
    ),
    *(
        f"http://www.opengis.net/spec/tms/2.0/conf/{one}"
        for one in ("tilematrixset", "json-tilematrixset")
    ),
    *(
        f"http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/{one}"
        for one in ("core", "mapbox-styles")
    ),
)
"""Conformance classes of Tiles and Styles."""

DEEPEST_MADE = 16  # clients enlarge these: a unit is 15 cm
WORLD: Bbox = (-180.0, -matrix.NORTH, 180.0, matrix.NORTH)
_TYPES = {
    FieldType.INTEGER: "Number",
    FieldType.NUMBER: "Number",
    FieldType.BOOLEAN: "Boolean",
}
JSON_TYPES: dict[FieldType, dict[str, Any]] = {
    FieldType.STRING: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.DATETIME: {"type": "string", "format": "date-time"},
    FieldType.TIME: {"type": "string", "format": "time"},
}
"""Types of columns as JSON Schema has them."""

_DIMENSIONS = {POINT: 0, LINE: 1, POLYGON: 2}


def tilejson(opened: Opened, base: str, title: str, credit: str) -> dict[str, Any]:
    """TileJSON 3.0 of this very version."""
    west, south, east, north = shown_bounds(opened)
    return {
        "tilejson": "3.0.0",
        "name": title,
        "version": f"{opened.version.number}.0.0",
        "scheme": "xyz",
        "tiles": [f"{base}{xyz_path(opened)}/{{z}}/{{x}}/{{y}}.mvt"],
        "attribution": credit,
        "minzoom": 0,
        "maxzoom": DEEPEST_MADE,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, _zoom((west, south, east, north))],
        "vector_layers": [vector_layer(opened.dataset.id, opened.version.fields)],
    }


def vector_layer(id: str, fields: Sequence[Field]) -> dict[str, Any]:
    """The one layer and its attributes (TileJSON 3.0, section 3.3)."""
    return {
        "id": id,
        "fields": {f.name: _TYPES.get(f.type, "String") for f in attributes(fields)},
        "minzoom": 0,
        "maxzoom": DEEPEST_MADE,
    }


def attributes(fields: Sequence[Field]) -> list[Field]:
    """Fields that a feature carries beside its shape."""
    return [field for field in fields if field.type is not FieldType.GEOMETRY]


def xyz_path(opened: Opened) -> str:
    """Where tiles of this very version begin."""
    return tiles_path(opened.dataset.id, opened.version.number)


def tiles_path(dataset: str, version: int) -> str:
    """The same by the dataset's id and the version's number; `/{z}/{x}/{y}.mvt` stands behind."""
    return f"/tiles/{quote(dataset, safe='')}@{version}"


def shown_bounds(opened: Opened) -> Bbox:
    """The version's box as far as the projection shows it."""
    west, south, east, north = opened.version.bounds or WORLD
    low, high = max(south, -matrix.NORTH), min(north, matrix.NORTH)
    return (west, low, east, high) if low <= high else WORLD


def _zoom(box: Bbox) -> int:
    """The deepest zoom at which the box fits into two tiles."""
    for z in range(DEEPEST_MADE, 0, -1):
        left, right, top, bottom = matrix.over(box, z)
        if right - left <= 1 and bottom - top <= 1:
            return z
    return 0


def tilesets(opened: Opened, base: str, title: str) -> dict[str, Any]:
    """The list of the collection's tile sets (OGC API Tiles, /req/tilesets-list)."""
    root = f"{base}/ogc/collections/{quote(opened.dataset.id, safe='')}"
    item = {
        "title": title,
        "dataType": "vector",
        "crs": matrix.CRS,
        "tileMatrixSetURI": matrix.URI,
        "links": [
            _link("self", "application/json", f"{root}/tiles/{matrix.ID}", title),
            _link(
                "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme",
                "application/json",
                f"{base}/ogc/tileMatrixSets/{matrix.ID}",
                matrix.ID,
            ),
        ],
    }
    return {
        "links": [
            _link("self", "application/json", f"{root}/tiles", title),
            _link("collection", "application/json", root, title),
        ],
        "tilesets": [item],
    }


def tileset(opened: Opened, source: Mercator, base: str, title: str, credit: str) -> dict[str, Any]:
    """Metadata of the collection's tile set in WebMercatorQuad."""
    box = shown_bounds(opened)
    root = f"{base}/ogc/collections/{quote(opened.dataset.id, safe='')}"
    template = f"{root}/tiles/{matrix.ID}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt"
    scheme = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
    return {
        "title": title,
        "attribution": credit,
        "dataType": "vector",
        "crs": matrix.CRS,
        "tileMatrixSetURI": matrix.URI,
        "tileMatrixSetLimits": [_limits(box, z) for z in range(DEEPEST_MADE + 1)],
        "boundingBox": {
            "lowerLeft": list(box[:2]),
            "upperRight": list(box[2:]),
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        },
        "layers": [_layer(opened, kind) for kind in source.kinds],
        "links": [
            _link("self", "application/json", f"{root}/tiles/{matrix.ID}", title),
            _link(scheme, "application/json", f"{base}/ogc/tileMatrixSets/{matrix.ID}", matrix.ID),
            _link("item", MEDIA, template, "Tiles") | {"templated": True},
            _link("describedby", "application/json", f"{base}{xyz_path(opened)}.json", "TileJSON"),
            _link("styles", "application/json", f"{root}/styles", "Styles"),
        ],
    }


def _limits(box: Bbox, z: int) -> dict[str, Any]:
    left, right, top, bottom = matrix.over(box, z)
    return {
        "tileMatrix": str(z),
        "minTileRow": top,
        "maxTileRow": bottom,
        "minTileCol": left,
        "maxTileCol": right,
    }


def _layer(opened: Opened, kind: int) -> dict[str, Any]:
    properties = {
        field.name: dict(JSON_TYPES[field.type]) for field in attributes(opened.version.fields)
    }
    return {
        "id": opened.dataset.id,
        "dataType": "vector",
        "geometryDimension": _DIMENSIONS[kind],
        "propertiesSchema": {"type": "object", "properties": properties},
    }


def matrix_sets(base: str) -> dict[str, Any]:
    """The list of tile matrix sets: this one."""
    href = f"{base}/ogc/tileMatrixSets/{matrix.ID}"
    link = _link("self", "application/json", href, matrix.ID)
    item = {"id": matrix.ID, "title": matrix.ID, "uri": matrix.URI, "crs": matrix.CRS}
    return {
        "links": [_link("self", "application/json", f"{base}/ogc/tileMatrixSets", "")],
        "tileMatrixSets": [item | {"links": [link]}],
    }


def _link(rel: str, media: str, href: str, title: str) -> dict[str, Any]:
    return {"rel": rel, "type": media, "href": href, "title": title}
