"""What a link leads to, in one short word: from a media type, a table of the EU, or an ending.

References
----------
IANA media types. EU Publications Office: authority table file-type.
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

_MEDIA = {
    "text/csv": "CSV",
    "text/tab-separated-values": "TSV",
    "text/plain": "TXT",
    "text/html": "HTML",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "application/vnd.geo+json": "GeoJSON",
    "application/ld+json": "JSON-LD",
    "application/x-ndjson": "NDJSON",
    "application/xml": "XML",
    "text/xml": "XML",
    "application/rdf+xml": "RDF/XML",
    "text/turtle": "Turtle",
    "application/pdf": "PDF",
    "application/zip": "ZIP",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS",
    "application/gml+xml": "GML",
    "application/vnd.google-earth.kml+xml": "KML",
    "application/vnd.google-earth.kmz": "KMZ",
    "application/geopackage+sqlite3": "GeoPackage",
    "application/geopackage+vnd.sqlite3": "GeoPackage",
    "application/vnd.apache.parquet": "Parquet",
    "application/x-parquet": "Parquet",
    "application/vnd.shp": "Shapefile",
    "application/gpx+xml": "GPX",
    "application/vnd.google.protobuf": "Protobuf",
    "application/protobuf": "Protobuf",
}
_NAMES = {
    "csv": "CSV", "comma separated values": "CSV", "tsv": "TSV", "tab": "TSV", "txt": "TXT",
    "json": "JSON", "geojson": "GeoJSON", "geojsonl": "GeoJSON", "ndjson": "NDJSON",
    "jsonld": "JSON-LD", "json ld": "JSON-LD", "xml": "XML", "rdf": "RDF/XML", "rdf xml": "RDF/XML",
    "ttl": "Turtle", "rdf turtle": "Turtle", "turtle": "Turtle", "n3": "N3", "pdf": "PDF",
    "zip": "ZIP", "xls": "XLS", "excel": "XLS", "xlsx": "XLSX", "excel xlsx": "XLSX", "ods": "ODS",
    "gml": "GML", "kml": "KML", "kmz": "KMZ", "gpkg": "GeoPackage", "geopackage": "GeoPackage",
    "shp": "Shapefile", "shape": "Shapefile", "shapefile": "Shapefile",
    "esri shapefile": "Shapefile",
    "parquet": "Parquet", "geoparquet": "Parquet", "fgb": "FlatGeobuf", "flatgeobuf": "FlatGeobuf",
    "html": "HTML", "htm": "HTML", "php": "", "aspx": "", "wfs": "WFS", "wfs srvc": "WFS",
    "ogc wfs": "WFS", "ogc:wfs": "WFS", "wms": "WMS", "wms srvc": "WMS", "ogc wms": "WMS",
    "ogc:wms": "WMS", "wmts": "WMTS", "wmts srvc": "WMTS", "wcs": "WCS", "atom": "Atom",
    "ogc api features": "OGC API Features", "ogcapi features": "OGC API Features",
    "esri rest": "ArcGIS", "arcgis geoservices rest api": "ArcGIS", "gtfs": "GTFS",
    "gtfs rt": "GTFS-RT", "gbfs": "GBFS", "netex": "NeTEx", "siri": "SIRI", "datex ii": "DATEX II",
    "sensorthings": "SensorThings", "api": "API", "web app": "HTML", "dxf": "DXF", "dwg": "DWG",
    "tiff": "TIFF", "tif": "TIFF", "geotiff": "GeoTIFF", "png": "PNG", "jpg": "JPEG",
    "jpeg": "JPEG", "docx": "DOCX", "doc": "DOC", "gpx": "GPX", "osm": "OSM", "pbf": "OSM PBF",
    "avro": "Avro", "sqlite": "SQLite", "mdb": "MDB", "dbf": "DBF", "sparql": "SPARQL",
    "sparqlq": "SPARQL", "rss": "RSS", "ics": "ICS", "csv zip": "CSV", "zip csv": "CSV",
}  # fmt: skip
_VAGUE = frozenset(("", "unknown", "other", "autre", "altro", "octet stream", "op datpro", "file",
                    "data", "link", "url", "www link 1.0 http  link", "binary"))  # fmt: skip


def format_of(said: Iterable[str], url: str) -> str:
    """The first format that is known; else what the ending tells; else the first word said."""
    words = [one.strip() for one in said if one and one.strip()]
    for word in words:
        if known := _known(word):
            return known
    ending = PurePosixPath(unquote(urlsplit(url).path)).suffix.lstrip(".").casefold()
    if known := _NAMES.get(ending, ""):
        return known
    service = re.search(r"[?&]service=(wfs|wms|wmts|wcs)\b", url, re.I)
    if service:
        return service[1].upper()
    clear = [
        word
        for word in words
        if _plain(word) not in _VAGUE and not re.match(r"www:|\w+://", word, re.I)
    ]
    return clear[0].upper()[:20] if clear and "/" not in clear[0] else ""


def _known(word: str) -> str:
    if service := re.match(r"ogc:(wfs|wms|wmts|wcs)", word, re.I):
        return service[1].upper()
    media = word.casefold().partition(";")[0].strip()
    if "/media-types/" in media:
        media = media.partition("/media-types/")[2]
    if media in _MEDIA:
        return _MEDIA[media]
    return _NAMES.get(_plain(word), "")


def _plain(word: str) -> str:
    last = re.split(r"[/#]", word.rstrip("/"))[-1] if "://" in word else word
    return re.sub(r"[\s_./()-]+", " ", last.casefold()).strip()
