"""Links of OGC API documents (RFC 8288), and what this door conforms to."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
REL = "http://www.opengis.net/def/rel/ogc/1.0"

Link = dict[str, str]
Pairs = Sequence[tuple[str, str]]

_PLAIN = re.compile(r"[A-Za-z0-9_=&.,:~-]*")
_SPEC = "http://www.opengis.net/spec"
CONFORMANCE: tuple[str, ...] = (
    *(f"{_SPEC}/ogcapi-common-1/1.0/conf/{one}" for one in ("core", "landing-page", "json")),
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    *(f"{_SPEC}/ogcapi-features-1/1.0/conf/{one}" for one in ("core", "oas30", "geojson")),
    f"{_SPEC}/ogcapi-features-2/1.0/conf/crs",
    *(
        f"{_SPEC}/ogcapi-features-3/1.0/conf/{one}"
        for one in ("filter", "features-filter", "queryables", "queryables-query-parameters")
    ),
    *(f"{_SPEC}/ogcapi-features-5/1.0/conf/{one}" for one in ("schemas", "core-roles-features")),
    *(
        f"{_SPEC}/cql2/1.0/conf/{one}"
        for one in (
            *("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators"),
            *("case-insensitive-comparison", "accent-insensitive-comparison"),
            *("basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions"),
            *("temporal-functions", "property-property", "arithmetic"),
        )
    ),
)
"""Conformance classes of Features and of what it stands on; other parts add their own."""


def link(rel: str, href: str, type: str = JSON, title: str = "", **more: str) -> Link:
    """One link; a title only where it says more than the relation."""
    named = {"title": title} if title else {}
    return {"rel": rel, "type": type, "href": href, **named, **more}


def itself(address: str, *, type: str = JSON) -> list[Link]:
    """A document's own address, and that of its page."""
    return [link("self", address, type), link("alternate", as_html(address), HTML)]


def as_html(address: str) -> str:
    """The address that asks for a page."""
    return f"{address}{'&' if '?' in address else '?'}f=html"


def paging(
    address: str, pairs: Pairs, *, limit: int, offset: int, returned: int, matched: int, type: str
) -> list[Link]:
    """Links of one page: itself, its HTML, the next and the one before."""
    rest = [pair for pair in pairs if pair[0] not in ("limit", "offset", "f")]
    asked = _encoded([*rest, ("limit", str(limit))])

    def at(start: int, more: str = "") -> str:
        return f"{address}?{asked}&offset={start}{more}"

    links = [link("self", at(offset), type), link("alternate", at(offset, "&f=html"), HTML)]
    if returned and offset + returned < matched:
        links.append(link("next", at(offset + returned), type))
    if offset:
        links.append(link("prev", at(max(0, offset - limit)), type))
    return links


def _encoded(pairs: Pairs) -> str:
    # Quoting sign by sign takes longer than finding a box; most questions need none.
    plain = "&".join(f"{name}={text}" for name, text in pairs)
    return plain if _PLAIN.fullmatch(plain) else urlencode(pairs)
