"""What a WFS says of itself (OGC 04-094 for 1.1.0, OGC 09-025r2 for 2.0.0)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from citycommons.core.errors import Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_JSON = ("geojson", "application/geo+json", "application/json", "application/vnd.geo+json", "json")
_DEGREES = ("CRS84", "4326")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One feature type, and how to ask for it."""

    name: str
    version: str  # "2.0.0", "1.1.0"
    address: str  # of GetFeature
    format: str  # value of outputFormat; empty: the server's own GML
    is_json: bool
    system: str  # value of srsName; empty: the layer's own, which GML names itself
    others: tuple[str, ...]  # further ways to name longitude and latitude
    bounds: tuple[float, ...] = ()  # west, south, east, north


def parsed(content: bytes, url: str) -> "Element":
    """An answer of a WFS; its exceptions are raised as `Unavailable` in the server's words."""
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(content)
    except (ParseError, ValueError) as cause:
        start = " ".join(content[:80].decode("utf-8", "replace").split())
        raise Invalid(
            f"{url} answers “{start}”, which is no WFS. Give the address of the service.", url=url
        ) from cause
    if local(root) in ("ExceptionReport", "ServiceExceptionReport"):
        words = " ".join(" ".join(root.itertext()).split())
        raise Unavailable(f"{url} refuses: {words[:300]}", url=url, content=words)
    return root


def local(element: "Element") -> str:
    """The name of an element without its namespace, which differs from version to version."""
    return element.tag.rpartition("}")[2]


def named(element: "Element", *path: str) -> "Iterator[Element]":
    """Elements below `element` along the path of names."""
    if not path:
        yield element
        return
    for child in element:
        if local(child) == path[0]:
            yield from named(child, *path[1:])


def layer(root: "Element", url: str, wanted: str) -> Layer:
    """How to ask for the layer that is wanted, or for the only one there is.

    Raises `Invalid` if this is no WFS of a version we speak, `NotFound` with the layers there are.
    """
    version = root.get("version", "")
    if local(root) != "WFS_Capabilities" or version[:3] not in ("2.0", "1.1"):
        raise Invalid(
            f"{url} is no WFS 2.0.0 or 1.1.0 (it says {local(root)} {version}). Give the address "
            "of the service.",
            url=url,
        )
    there = {_text(one, "Name"): one for one in named(root, "FeatureTypeList", "FeatureType")}
    found = wanted or (next(iter(there)) if len(there) == 1 else "")
    if found not in there:  # many write it without its prefix
        found = next((name for name in there if name.rpartition(":")[2] == wanted), found)
    if found not in there:
        shown = ", ".join(list(there)[:50])
        raise NotFound(f"{url} has no layer “{wanted}”; it has {shown}.", column="layer")
    return _described(root, there[found], url, version)


def _described(root: "Element", found: "Element", url: str, version: str) -> Layer:
    operation = next(
        (
            one
            for one in named(root, "OperationsMetadata", "Operation")
            if one.get("name") == "GetFeature"
        ),
        None,
    )
    said = list(named(found, "OutputFormats", "Format"))
    offered = [(one.text or "").strip() for one in said or _formats(operation)]
    systems = [
        (one.text or "").strip()
        for one in found
        if local(one) in ("DefaultCRS", "OtherCRS", "DefaultSRS", "OtherSRS")
    ]
    degrees = _degrees(systems)
    json = next((one for one in offered if _is_json(one)), "")
    # Without degrees GeoJSON could not say where it lies; GML names its system itself.
    is_json = bool(json and degrees)
    return Layer(
        name=_text(found, "Name"),
        version="2.0.0" if version.startswith("2") else "1.1.0",
        address=_address(operation, url),
        format=json if is_json else "",
        is_json=is_json,
        system=degrees[0] if degrees else "",
        others=tuple(degrees[1:]),
        bounds=_bounds(found),
    )


def _degrees(systems: list[str]) -> list[str]:
    """Ways to ask for longitude and latitude, the surest first.

    CRS84 says longitude first. The short EPSG:4326 has meant so since before 1.1.0, and the URN
    means latitude first (OGC 06-121r9, OWS Common; GeoServer and MapServer document it so).
    """
    if not any(mark in one for one in systems for mark in _DEGREES):
        return []
    own = [one for one in systems if "CRS84" in one]
    return list(dict.fromkeys([*own, "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"]))


def _is_json(name: str) -> bool:
    plain = name.casefold().replace(" ", "")
    return plain in _JSON or "subtype=geojson" in plain


def _formats(operation: "Element | None") -> "list[Element]":
    if operation is None:
        return []
    return [
        value
        for one in named(operation, "Parameter")
        if one.get("name") == "outputFormat"
        for value in one.iter()
        if local(value) == "Value"
    ]


def _address(operation: "Element | None", url: str) -> str:
    """The address of GetFeature; the given one where a server behind a proxy names another host."""
    href = ""
    for one in named(operation, "DCP", "HTTP", "Get") if operation is not None else ():
        href = href or one.get("{http://www.w3.org/1999/xlink}href", "")
    given = urlsplit(url)
    same = urlsplit(href)[:2] == given[:2]
    return href if same else given._replace(query=_own(given.query), fragment="").geturl()


def _own(query: str) -> str:
    """Parameters of an address that are not those of the protocol: MAP=… stays."""
    ours = {"service", "request", "version", "acceptversions", "typename", "typenames"}
    kept = [one for one in query.split("&") if one and one.partition("=")[0].casefold() not in ours]
    return "&".join(kept)


def _bounds(found: "Element") -> tuple[float, ...]:
    corners = [
        _text(box, corner)
        for box in named(found, "WGS84BoundingBox")
        for corner in ("LowerCorner", "UpperCorner")
    ]
    try:
        return tuple(float(number) for corner in corners for number in corner.split())[:4]
    except ValueError:
        return ()


def _text(element: "Element", name: str) -> str:
    return next(((one.text or "").strip() for one in named(element, name)), "")
