"""Parameters and names as the older OGC services write them.

References
----------
OGC 06-121r9: Web Services Common 2.0. ISO 9075-14: names of columns as XML names.
"""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from citycommons.core.errors import Invalid
from citycommons.share.crs import System
from citycommons.share.expressions.gml import axes

MOST_TEXT = 100_000  # characters of one parameter
PREFIX, NAMESPACE = "city", "urn:citycommons:features"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Letters that every edition of XML 1.0 has in names: clients' parsers keep to different ones.
_STARTS = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131"
_NOT_IN_NAME = re.compile(rf"^[^{_STARTS}]|[^{_STARTS}\-.0-9\u00b7]|_(?=x[0-9A-F]{{4}}_)")
_ESCAPED = re.compile(r"_x([0-9A-F]{4,6})_")


def parameters(query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name in lower case: case does not count (11.5.2); of two the first holds.

    Raises `Invalid` for one that is too long.
    """
    found: dict[str, str] = {}
    for name, value in query:
        if len(value) > MOST_TEXT:
            raise Invalid(f"“{name[:40]}” is longer than {MOST_TEXT} signs.", parameter=name)
        found.setdefault(name.lower(), value)
    return found


def xml_name(text: str) -> str:
    """A name as an XML name without a colon: signs that it cannot have become `_x0020_`."""
    return _NOT_IN_NAME.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)


def plain_name(text: str) -> str:
    """The name back, without a prefix."""
    local = text.rpartition(":")[2] if ":" in text else text
    return _ESCAPED.sub(lambda code: chr(min(int(code[1], 16), 0x10FFFF)), local)


def text(content: object) -> str:
    """Content of an element."""
    return escape(_UNWRITABLE.sub("", str(content)))


def quoted(content: object) -> str:
    """An attribute's value with its marks."""
    return quoteattr(_UNWRITABLE.sub("", str(content)))


def spoken(name: str, default: System, parameter: str) -> tuple[System, bool]:
    """A reference system, and whether its axes are turned so that east comes first.

    By URN or URI the axes are as the authority has them; by `EPSG:4326` east is first, as clients
    of these services have it.
    """
    if not name:
        return default, False
    try:
        return axes(name)
    except Invalid as cause:
        raise Invalid(
            f"“{parameter}”: “{name[:80]}” is no reference system that is offered here.",
            parameter=parameter,
        ) from cause


def whole(given: dict[str, str], name: str, default: int, most: int = 2**53) -> int:
    """A whole number from 0. Raises `Invalid` that names the parameter."""
    value = given.get(name, "").strip()
    if not value:
        return default
    if not (value.isascii() and value.isdecimal()) or int(value[:20]) > most:
        raise Invalid(f"“{name}”: “{value[:40]}” is no whole number from 0.", parameter=name)
    return int(value)


def urn(one: System) -> str:
    """The system's URN."""
    return f"urn:ogc:def:crs:EPSG::{one.code}" if one.code else "urn:ogc:def:crs:OGC:1.3:CRS84"
