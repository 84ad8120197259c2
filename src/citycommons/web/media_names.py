"""The short name of what was sent, as uses are counted by: csv, geojson, mvt, html."""

from collections.abc import Iterable
from functools import lru_cache

from citycommons.share.exports import FORMATS, OTHER_NAMES

_FILES = "/data/"
_OTHERS = {
    "text/html": "html",
    "application/ld+json": "jsonld",
    "text/turtle": "turtle",
    "application/rdf+xml": "rdf",
    "application/n-triples": "ntriples",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/gml+xml": "gml",
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "text/calendar": "ics",
    "text/plain": "text",
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
    "application/vnd.mapbox-vector-tile": "mvt",
    "application/x-protobuf": "protobuf",
    "text/event-stream": "events",
    "application/csvm+json": "csv-metadata",
}


def media_name(path: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The name by the file's address, or else by the media type in the answer's headers.

    One that is not among the known ones is “other”: counts have few formats, whatever is asked.
    """
    if path.startswith(_FILES):
        for suffix in _suffixes(path):
            if (name := OTHER_NAMES.get(suffix, suffix)) in FORMATS:
                return name
    for header, value in headers:
        if header == b"content-type":
            return _by_media(value)
    return ""


def _suffixes(path: str) -> tuple[str, str]:
    rest, _, last = path.rpartition(".")  # shp.zip has two parts, csv one
    return f"{rest.rpartition('.')[2]}.{last}", last


@lru_cache(maxsize=256)
def _by_media(media: bytes) -> str:
    plain = media.decode("latin-1").partition(";")[0].strip().lower()
    if not plain or plain == "application/octet-stream":
        return ""
    kinds = {one.media_type.partition(";")[0]: one.id for one in reversed(FORMATS.values())}
    named = {**kinds, **_OTHERS}
    if found := named.get(plain):
        return found
    for ending in ("geo+json", "json", "xml", "zip"):
        if plain.endswith(ending):
            return {"geo+json": "geojson"}.get(ending, ending)
    return "other"
