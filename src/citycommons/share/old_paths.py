"""Paths of CKAN, Opendatasoft and Socrata portals: which thing of theirs each names, in what shape.

References
----------
CKAN 2.11: routes of `dataset`, `resource`, `organization`; ckanext-dcat: `/dataset/{id}.{format}`.
Opendatasoft: `/explore/dataset/{id}/`, Explore API v1.0, v2.0 and v2.1. Socrata: `/d/{4x4}`,
`/{category}/{name}/{4x4}`, SODA 2 `/resource/{4x4}`, `/api/views/{4x4}`.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

_LANGUAGE = r"(?:/[a-z]{2}(?:[_-][A-Za-z]{2,4})?)?"
_FOUR = r"(?P<four>[a-z0-9]{4}-[a-z0-9]{4})"
_NAME = r"(?P<name>[^/]{1,200}?)"
_LINKED = r"(?:\.(?P<linked>ttl|rdf|xml|jsonld|n3|nt))?"
_PATTERNS = tuple(
    (system, re.compile(pattern))
    for system, pattern in (
        (
            "ckan-resource",
            _LANGUAGE + rf"/dataset/{_NAME}/resource/(?P<resource>[^/]{{1,100}})"
            r"(?P<download>/download(?:/[^/]*)?|/view/[^/]*|/embed)?/?",
        ),
        ("socrata", rf"/dataset/[^/]{{1,200}}/{_FOUR}(?:/\w+)?/?"),
        ("ckan", _LANGUAGE + rf"/dataset/(?:activity/|groups/)?{_NAME}{_LINKED}/?"),
        ("ckan-organization", _LANGUAGE + rf"/organization/(?:about/|activity/)?{_NAME}/?"),
        (
            "opendatasoft",
            _LANGUAGE
            + rf"/(?:explore/(?:embed/)?dataset|api/(?:explore/)?v2\.[01]/catalog/datasets)"
            rf"/{_NAME}(?:/(?P<rest>.*))?",
        ),
        ("socrata", rf"/(?:d|resource|api/geospatial|api/id|download)/{_FOUR}(?:\.(?P<as>\w+))?/?"),
        ("socrata", rf"/api/views/{_FOUR}(?:\.\w+|/rows\.(?P<as>\w+)|/[\w/]*)?/?"),
        ("socrata", rf"/[^/]{{1,100}}/[^/]{{1,300}}/{_FOUR}(?:/\w+)?/?"),
    )
)
_FORMATS = {"xls": "xlsx", "jsonl": "ndjson", "shp": "shp.zip", "original": "geojson"}
_LINKED_FORMATS = {"xml": "rdf", "n3": "ttl"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPath:
    """What an address of an earlier portal asks for."""

    names: tuple[tuple[str, str], ...]  # system and name, the narrowest first
    format: str = ""  # of rows as a file: "csv"
    linked: str = ""  # of the description: "ttl"
    is_file: bool = False  # the file itself, not a page about it


def parse(path: str, query: str = "") -> OldPath | None:
    """The old address as a question; None for a path that no such portal had."""
    if len(path) > 1000:
        return None
    path = unquote(path)
    for system, pattern in _PATTERNS:
        if found := pattern.fullmatch(path):
            return _asked(system, found.groupdict(), query)
    return None


def _asked(system: str, part: dict[str, str | None], query: str) -> OldPath:
    if system == "ckan-resource":
        names = (("ckan-resource", part["resource"] or ""), ("ckan", part["name"] or ""))
        is_file = (part["download"] or "").startswith("/download")
        return OldPath(names=_small(names), is_file=is_file)
    name = part.get("four") or part.get("name") or ""
    linked = part.get("linked") or ""
    format = (part.get("as") or "").lower()
    if system == "opendatasoft":
        format = _exported(part.get("rest") or "", query)
    return OldPath(
        names=_small(((system, name),)),
        format=_FORMATS.get(format, format),
        linked=_LINKED_FORMATS.get(linked, linked),
        is_file=bool(format),
    )


def _exported(rest: str, query: str) -> str:
    """The format of an export: the end of its path, or `format` in the query."""
    if found := re.fullmatch(r"exports/(\w+)/?", rest):
        return found[1].lower()
    if rest.startswith("download") and (said := re.search(r"(?:^|&)format=(\w+)", query)):
        return said[1].lower()
    return ""


def _small(names: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((system, name.casefold()) for system, name in names)
