"""Parts of a file that a client asks for: the header `Range` of RFC 9110, section 14."""

import re
from itertools import pairwise

from citycommons.core.errors import Invalid

MOST_PARTS = 32
_BYTES = re.compile(r"bytes=[ \t]*(?P<parts>[0-9 \t,-]{1,2000})", re.IGNORECASE)
_PART = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")

Part = tuple[int, int]
"""First and last byte."""


class NoSuchRange(Invalid):
    """The asked part lies outside the file (416)."""

    http_status, title = 416, "No such range"


def parts(header: str, size: int) -> list[Part]:
    """The parts asked for; empty for all of it, as for what is no range of bytes.

    Parts that overlap, more than `MOST_PARTS` of them or more than the file holds are no honest
    question: the whole comes, as section 14.2 allows. Raises `NoSuchRange` when none lies inside.
    """
    found = _BYTES.fullmatch(header.strip())
    asked = [_PART.fullmatch(one.strip()) for one in found["parts"].split(",")] if found else []
    if not 0 < len(asked) <= MOST_PARTS:
        return []
    inside = []
    for one in asked:
        if one is None or not (one[1] or one[2]):
            return []
        first, last = _resolved(one[1], one[2], size)
        if 0 <= first <= last:
            inside.append((first, last))
    if not inside:
        raise NoSuchRange(f"The file has {size} bytes; the part asked for lies outside.", size=size)
    ordered = sorted(inside)
    if any(b[0] <= a[1] for a, b in pairwise(ordered)):
        return []
    return inside


def _resolved(start: str, end: str, size: int) -> Part:
    if start:
        return int(start), min(int(end), size - 1) if end else size - 1
    return max(0, size - int(end)), size - 1
