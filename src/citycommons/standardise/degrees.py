"""Degrees as people write them: 51°57′44″N, 51 57 44.1 N, N51.9623, 51° 57,73' Nord."""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]

_SIDE = r"(?i:Nord|Sud|Süd|North|South|East|West|Est|Ost|Ovest|Ouest|[NSEWO])"
_MARKS = r"[\s°ºd:˚]*"
_VALUE = (
    "(?P<sign>[-+\u2212])?"
    r"\s*(?P<d>\d{1,3}(?:[.,]\d+)?)" + _MARKS + r"(?:(?P<m>\d{1,2}(?:[.,]\d+)?)"
    r"\s*['′’`m:]?\s*(?:(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”s]|''|′′|’’)?)?)?"
)
PATTERN = rf"^\s*(?P<before>{_SIDE})?\.?\s*{_VALUE}\s*\.?(?P<after>{_SIDE})?\.?\s*$"
_BARE = re.sub(r"\(\?P<\w+>", "(?:", _VALUE)
_SIDED = rf"(?:{_SIDE}\.?\s*{_BARE}|{_BARE}\s*\.?{_SIDE}\.?)"
_PAIR = rf"^\s*(?P<a>{_SIDED})\s*[,;/]?\s*(?P<b>{_SIDED})\s*$"
_SOUTH = ("s", "sud", "süd", "south")
_WEST = ("w", "west", "ouest", "ovest")


def parse(texts: pa.Array | pa.ChunkedArray, *, is_o_west: bool = False) -> Floats:
    """Degrees as numbers, south and west negative; NaN where a text is no such value.

    “O” is Ost in German and Ouest or Ovest in French and Italian: `is_o_west` says which.
    """
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    parts = pc.extract_regex(array, PATTERN)
    degrees, minutes, seconds = (_number(parts, name) for name in ("d", "m", "s"))
    before, after = (
        np.asarray(pc.utf8_lower(pc.fill_null(pc.struct_field(parts, n), "")), dtype=object)
        for n in ("before", "after")
    )
    side = np.where(before != "", before, after)
    minus = np.asarray(pc.fill_null(pc.struct_field(parts, "sign"), ""), dtype=object)
    is_minus = (minus == "-") | (minus == "\u2212")
    west = (*_WEST, "o") if is_o_west else _WEST
    is_turned = np.isin(side, [*_SOUTH, *west])
    value = degrees + np.nan_to_num(minutes) / 60 + np.nan_to_num(seconds) / 3600
    wrong = (np.nan_to_num(minutes) >= 60) | (np.nan_to_num(seconds) >= 60) | (value > 180)
    wrong |= ((before != "") & (after != "")) | (is_minus & (side != ""))
    found: Floats = np.where(wrong, np.nan, np.where(is_minus | is_turned, -value, value))
    return found


def parse_pairs(
    texts: pa.Array | pa.ChunkedArray, *, is_o_west: bool = False
) -> tuple[Floats, Floats]:
    """Longitude and latitude of “51°57′44″N 7°37′32″E”; NaN where a text is no such pair."""
    array = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    parts = pc.extract_regex(array, _PAIR)
    lat = parse(pc.struct_field(parts, "a"))
    lon = parse(pc.struct_field(parts, "b"), is_o_west=is_o_west)
    half = ~np.isfinite(lat) | ~np.isfinite(lon) | (np.abs(lat) > 90)
    return np.where(half, np.nan, lon), np.where(half, np.nan, lat)


def has_o(texts: list[str]) -> tuple[bool, bool]:
    """Whether an “O” stands for a side at all, and whether that must be west (there is an east)."""
    ends = {text.strip().rstrip(".")[-1:].upper() for text in texts}
    starts = {text.strip()[:1].upper() for text in texts}
    sides = ends | starts
    return "O" in sides, "E" in sides


def written(value: float, *, is_lat: bool, digits: int = 2) -> str:
    """Degrees, minutes and seconds: `51°57′44.10″N`."""
    side = ("N" if value >= 0 else "S") if is_lat else ("E" if value >= 0 else "W")
    total = round(abs(value) * 3600, digits)
    degrees, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{int(degrees)}°{int(minutes):02d}′{seconds:0{3 + digits}.{digits}f}″{side}"


def _number(parts: pa.StructArray, name: str) -> Floats:
    text = pc.replace_substring(pc.struct_field(parts, name), ",", ".")
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return np.asarray(pc.fill_null(pc.cast(text, pa.float64()), np.nan), dtype=np.float64)


def is_value(text: str) -> bool:
    """Whether a text is one value with its side or its signs of degrees, not a mere number."""
    return bool(_ONE.match(text) and re.search(r"[°º˚′'″\"NSEWOnsewo]|\d\s+\d", text))


def may_be(text: str) -> bool:
    """Whether a text is one value below a name that says degrees: a mere number will do."""
    return bool(_ONE.match(text))


def is_pair(text: str) -> bool:
    """Whether a text is a latitude and a longitude, each with its side."""
    return bool(_TWO.match(text))


_ONE = re.compile(PATTERN)
_TWO = re.compile(_PAIR)
