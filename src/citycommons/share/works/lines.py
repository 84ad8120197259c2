"""A line as people paste it: GeoJSON, WKT, or positions one after the other."""

import json
import re
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.works import Line
from citycommons.share.works.edition import LONGEST_LINE

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_PAIR = re.compile(rf"\(?\s*({_NUMBER})\s*[ ,]\s*({_NUMBER})\s*\)?")
_LONGEST_TEXT = 2_000_000
_HOW = (
    "Write a line as GeoJSON, as LINESTRING (7.62 51.96, 7.63 51.96), or as longitude and latitude "
    "of each position: 7.62 51.96; 7.63 51.96."
)


def line_in(text: str) -> Line:
    """The line in a text; empty for an empty text. Raises `Invalid` that says how to write one.

    >>> line_in("7.62 51.96; 7.63 51.97")
    ((7.62, 51.96), (7.63, 51.97))
    >>> line_in("LINESTRING (7.62 51.96, 7.63 51.97)")
    ((7.62, 51.96), (7.63, 51.97))
    """
    text = text.strip()
    if not text:
        return ()
    if len(text) > _LONGEST_TEXT:
        raise Invalid("This line is too long to be a street's.", column="line")
    if text[0] in "{[":
        return _of_json(text)
    if text[:1].isalpha():
        return _of_wkt(text)
    parts = re.split(r"\s*[;\n]\s*", text) if re.search(r"[;\n]", text) else text.split(",")
    found = [_PAIR.fullmatch(part.strip()) for part in parts if part.strip()]
    if not all(found):
        raise Invalid(f"“{text[:60]}” is no line. {_HOW}", column="line")
    return _line([(float(one[1]), float(one[2])) for one in found if one], text)


def _of_wkt(text: str) -> Line:
    match = re.fullmatch(r"(?:SRID=4326;)?\s*LINESTRING\s*Z?\s*\(([^()]*)\)", text, re.IGNORECASE)
    if match is None:
        raise Invalid(f"“{text[:60]}” is no line. {_HOW}", column="line")
    try:
        pairs = [tuple(map(float, one.split()))[:2] for one in match[1].split(",")]
    except ValueError as cause:
        raise Invalid(f"“{text[:60]}” is no line. {_HOW}", column="line") from cause
    return _line(pairs, text)


def _of_json(text: str) -> Line:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise Invalid(f"“{text[:60]}” is no GeoJSON. {_HOW}", column="line") from cause
    return _line(_coordinates(given), text)


def _coordinates(given: Any) -> Any:
    """Of a LineString, a feature with one, the first feature of a collection, or bare positions."""
    for _ in range(3):
        if not isinstance(given, dict):
            break
        if given.get("type") == "LineString":
            return given.get("coordinates")
        features = given.get("features")
        given = given.get("geometry") or (
            features[0] if isinstance(features, list) and features else None
        )
    return given


def _line(pairs: Any, text: str) -> Line:
    try:
        line = tuple((float(pair[0]), float(pair[1])) for pair in pairs)
    except (TypeError, ValueError, IndexError, KeyError) as cause:
        raise Invalid(f"“{text[:60]}” is no line. {_HOW}", column="line") from cause
    if not 2 <= len(line) <= LONGEST_LINE:
        raise Invalid(f"“{text[:60]}” is no line: it has {len(line)} positions.", column="line")
    return line
