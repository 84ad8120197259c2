"""The city's own addresses and streets: where an address written by a person lies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from citycommons.core.errors import Invalid
from citycommons.core.tables import fields_of
from citycommons.core.types import FieldType
from citycommons.standardise import address_parts

Floats = npt.NDArray[np.float64]

_CLOSE = 88  # of 100: how alike two names of streets must be to be one
_CLEAR = 4  # by how much the best one must be better than the next
_ABBREVIATIONS = (
    (r"\bstr\b|(?<=\w)str\b", "strasse"),
    (r"\bpl\b|(?<=\w)pl\b", "platz"),
    (r"\bst\b(?=.)|\bsaint\b", "sankt"),
    (r"\bv\b(?=.)", "via"),
    (r"\bv le\b|\bvle\b", "viale"),
    (r"\bc so\b|\bcso\b", "corso"),
    (r"\bp zza\b|\bpzza\b|\bp za\b", "piazza"),
    (r"\bv lo\b|\bvlo\b", "vicolo"),
    (r"\bl go\b|\blgo\b", "largo"),
    (r"\br\b(?=.)", "rue"),
    (r"\bav\b|\bave\b", "avenue"),
    (r"\bbd\b|\bbld\b|\bblvd\b|\bboul\b", "boulevard"),
    (r"\bimp\b(?=.)", "impasse"),
    (r"\brd\b", "road"),
    (r"(?<=.)\bst$", "street"),
    (r"\bln\b", "lane"),
    (r"\bdr\b(?=.)", "doktor"),
    (r"\bprof\b", "professor"),
)


class Match(IntEnum):
    """How well an address was found, best first."""

    EXACT = 4
    TOLERANT = 3  # the street's name was written a little differently
    STREET = 2  # the street, not the house
    AMBIGUOUS = 1  # several places answer to it
    NONE = 0


@dataclass(frozen=True, slots=True)
class Places:
    """Where addresses lie: longitude and latitude, NaN where unknown, and how well they match."""

    x: Floats
    y: Floats
    match: npt.NDArray[np.int8]


class Gazetteer:
    """Addresses by street, house number, postcode and place; or streets by their lines."""

    def __init__(
        self,
        streets: Sequence[str | None],
        shapes: Any,
        *,
        numbers: Sequence[str | None] | None = None,
        postcodes: Sequence[str | None] | None = None,
        towns: Sequence[str | None] | None = None,
    ) -> None:
        """Index addresses; `shapes` are shapely geometries in CRS84, one for each.

        Raises `Invalid` when no address has a street and a shape.
        """
        count = len(streets)
        nothing: list[str | None] = [None] * count
        self._by_house: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
        self._by_street: dict[str, list[int]] = {}
        points = _points(shapes)
        self._x, self._y = shapely.get_x(points), shapely.get_y(points)
        columns = (streets, numbers or nothing, postcodes or nothing, towns or nothing)
        for row, (street, number, postcode, town) in enumerate(zip(*columns, strict=True)):
            if not street or not np.isfinite(self._x[row]):
                continue
            name = street_key(street)
            self._by_street.setdefault(name, []).append(row)
            if number:
                place = (row, _code(postcode), plain(town or ""))
                self._by_house.setdefault((name, house_key(number)), []).append(place)
        if not self._by_street:
            raise Invalid("These are no addresses: no row has a street and a place on the map.")
        self._area = {row: (_code(columns[2][row]), plain(columns[3][row] or ""))
                      for rows in self._by_street.values() for row in rows}  # fmt: skip

    @classmethod
    def of(cls, table: pa.Table) -> Gazetteer:
        """From a table of addresses or streets whose columns say by their names what they are.

        Raises `Invalid` when it has no column of streets, or no geometry.
        """
        names = address_parts.parts(table.column_names)
        shape = next((f.name for f in fields_of(table) if f.type is FieldType.GEOMETRY), None)
        street = names.get("street") or names.get("name")
        if street is None or shape is None:
            raise Invalid(
                "A gazetteer needs a column of street names and a geometry. This table has "
                f"{', '.join(table.column_names)}."
            )

        def texts(part: str) -> list[str | None] | None:
            return address_parts.texts(table[names[part]]) if part in names else None

        numbers = texts("number")
        if numbers is not None and (suffixes := texts("suffix")) is not None:
            both = zip(numbers, suffixes, strict=True)
            numbers = [f"{n}{s or ''}" if n else n for n, s in both]
        return cls(
            address_parts.texts(table[street]),
            shapely.from_wkb(np.array(table[shape].to_pylist(), dtype=object)),
            numbers=numbers,
            postcodes=texts("postcode"),
            towns=texts("town"),
        )

    def __len__(self) -> int:
        return sum(map(len, self._by_street.values()))

    @cached_property
    def _streets(self) -> list[str]:
        return sorted(self._by_street)

    def find(self, street: str, number: str = "", postcode: str = "", town: str = "") -> tuple[
        float, float, Match
    ]:  # fmt: skip
        """Longitude, latitude and match quality of one address; NaN where it is not placed."""
        name, quality = self._street(street)
        if quality is Match.AMBIGUOUS or not name:
            return float("nan"), float("nan"), quality if name or quality else Match.NONE
        if number:
            here = self._by_house.get((name, house_key(number)), [])
            if not here and (whole := _leading(number)):
                here = self._by_house.get((name, whole), [])
            if here:
                return self._one([row for row, _, _ in self._near(here, postcode, town)], quality)
        rows = self._by_street[name]
        near = self._near([(row, *self._area[row]) for row in rows], postcode, town)
        return self._middle([row for row, _, _ in near])

    def places(
        self,
        streets: Sequence[str | None],
        numbers: Sequence[str | None] | None = None,
        postcodes: Sequence[str | None] | None = None,
        towns: Sequence[str | None] | None = None,
    ) -> Places:
        """Find many addresses; equal ones are looked up once."""
        count = len(streets)
        x, y = np.full(count, np.nan), np.full(count, np.nan)
        match = np.zeros(count, np.int8)
        nothing: list[str | None] = [None] * count
        seen: dict[tuple[str | None, ...], tuple[float, float, Match]] = {}
        columns = (streets, numbers or nothing, postcodes or nothing, towns or nothing)
        for row, key in enumerate(zip(*columns, strict=True)):
            if not key[0]:
                continue
            if (found := seen.get(key)) is None:
                found = seen[key] = self.find(*(part or "" for part in key))
            x[row], y[row], match[row] = found
        return Places(x, y, match)

    # One name among many

    def _street(self, written: str) -> tuple[str, Match]:
        """The key of the street that is meant, and whether it was written just so."""
        key = street_key(written)
        if key in self._by_street:
            return key, Match.EXACT
        return self._likely(key)

    def _likely(self, key: str) -> tuple[str, Match]:
        if (known := self._tried.get(key)) is None:
            known = self._tried[key] = self._alike(key)
        return known

    @cached_property
    def _tried(self) -> dict[str, tuple[str, Match]]:
        return {}

    def _alike(self, key: str) -> tuple[str, Match]:
        from rapidfuzz import fuzz, process

        if len(key) < 4:
            return "", Match.NONE
        best = process.extract(
            key, self._streets, scorer=fuzz.ratio, score_cutoff=_CLOSE - _CLEAR, limit=2
        )
        if not best or best[0][1] < _CLOSE:
            return "", Match.NONE
        if len(best) > 1 and best[0][1] - best[1][1] < _CLEAR:
            return best[0][0], Match.AMBIGUOUS
        return best[0][0], Match.TOLERANT

    def _near(
        self, found: list[tuple[int, str, str]], postcode: str, town: str
    ) -> list[tuple[int, str, str]]:
        """Those with the same postcode, then those of the same place, where that is said."""
        for place, said in ((1, _code(postcode)), (2, plain(town))):
            if said and any(one[place] == said for one in found):
                found = [one for one in found if one[place] == said]
        return found

    def _one(self, rows: list[int], quality: Match) -> tuple[float, float, Match]:
        """The place of one house: several that lie apart are none."""
        x, y = self._x[rows], self._y[rows]
        if len(rows) > 1 and _metres(x, y) > 200:
            return float("nan"), float("nan"), Match.AMBIGUOUS
        return float(x[0]), float(y[0]), quality

    def _middle(self, rows: list[int]) -> tuple[float, float, Match]:
        """The place of a street: of its part nearest to its middle."""
        x, y = self._x[rows], self._y[rows]
        if len(rows) > 1 and _metres(x, y) > 10_000:
            return float("nan"), float("nan"), Match.AMBIGUOUS
        away = np.hypot(x - x.mean(), y - y.mean())
        at = int(np.argmin(away))
        return float(x[at]), float(y[at]), Match.STREET


@lru_cache(maxsize=200_000)
def street_key(name: str) -> str:
    """A street's name as it is compared: “Bahnhofstr.” and “Bahnhofstraße” are one."""
    key = plain(name)
    for pattern, word in _ABBREVIATIONS:
        key = re.sub(pattern, word, key)
    return key.replace(" ", "")


def house_key(number: str) -> str:
    """A house number as it is compared: “12 A”, “12a” and “12/a” are one, “12 bis” is 12bis."""
    key = plain(number)
    key = re.sub(r"^(?:nr|no|n|hausnummer|civico)\s*(?=\d)", "", key)
    key = re.sub(r"\bb\b|\bbis\b", "bis", key) if "bis" in key else key
    key = re.sub(r"(?<=\d)\s+(?=\d)", "/", key)
    return re.sub(r"[^\w/]|^0+", "", key.replace("snc", ""))


def plain(text: str) -> str:
    """Lower case without accents and signs, words parted by one space."""
    text = text.casefold().replace("œ", "oe").replace("ø", "o")
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        text = text.replace(umlaut, letters)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare).strip()


def _leading(number: str) -> str:
    """The first house of “12-14” or “12/14”; nothing where the number is one already."""
    found = re.match(r"\s*(\d+)\s*[-–/+]\s*\d+", number)
    return found[1] if found else ""


def _code(postcode: str | None) -> str:
    return re.sub(r"\W|\.0$", "", (postcode or "").removesuffix(".0")).upper()


def _points(shapes: Any) -> Any:
    """A point for each shape: the point itself, the middle of a line, the inside of an area."""
    kinds = shapely.get_type_id(shapes)
    is_line = np.isin(kinds, (1, 5))
    points = np.where(kinds == 0, shapes, shapely.point_on_surface(shapes))
    if is_line.any():
        lines = shapely.line_merge(shapes[is_line])
        simple = shapely.get_type_id(lines) == 1
        middle = shapely.line_interpolate_point(np.where(simple, lines, None), 0.5, normalized=True)
        points[is_line] = np.where(simple, middle, points[is_line])
    return points


def _metres(x: Floats, y: Floats) -> float:
    """The diagonal of the box around points of degrees, roughly."""
    wide = (x.max() - x.min()) * np.cos(np.radians(y.mean()))
    return float(np.hypot(wide, y.max() - y.min()) * 111_320)
