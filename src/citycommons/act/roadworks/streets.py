"""Where a street lies, from the street datasets that the city publishes.

For works that come with a name and no line. What is found so is a guess, and works say it
(`is_place_exact`): the piece of the street between two named junctions where both are known, else
its longest connected piece, else a short line at a junction that bears its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
import shapely.ops

from citycommons.core.errors import CityError
from citycommons.core.settings import Settings
from citycommons.core.types import DatasetId, FieldType, Version
from citycommons.core.works import Line
from citycommons.share.open import look
from citycommons.standardise.gazetteer import street_key
from citycommons.store.work import Work

_NAMED = ("name", "street", "strasse", "straße", "streets", "via", "rue")
_STUB = 0.0006  # degrees, some 50 m: how far works at a junction reach into its arms
_MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line for a street, and how it was found, in words."""

    line: Line
    how: str


class Streets:
    """Named lines and junctions of a city."""

    def __init__(self, named: Iterable[tuple[str, bytes]]) -> None:
        """From names of streets, several parted by “/” or “;” for a junction, with WKB shapes."""
        self._lines: dict[str, list[shapely.Geometry]] = defaultdict(list)
        self._points: dict[str, list[tuple[frozenset[str], Any]]] = defaultdict(list)
        for name, wkb in named:
            shape: Any = shapely.from_wkb(wkb)
            keys = [key for key in map(street_key, _parts(name)) if key]
            if shape.geom_type in ("LineString", "MultiLineString"):
                for key in keys:
                    self._lines[key].append(shape)
            elif shape.geom_type == "Point" and len(keys) > 1:
                for key in keys:
                    self._points[key].append((frozenset(keys), shape))

    def __bool__(self) -> bool:
        return bool(self._lines or self._points)

    def find(self, street: str, crossing: Sequence[str] = ()) -> Found | None:
        """A line along the street; between the streets of `crossing` where they are known."""
        key = street_key(street)
        between = [other for other in map(street_key, crossing) if other]
        if len(pieces := self._lines.get(key, ())):
            return self._along(key, pieces, between)
        return self._at_junctions(key, between)

    def _along(self, key: str, pieces: Sequence[shapely.Geometry], between: Sequence[str]) -> Found:
        merged = shapely.line_merge(shapely.union_all(np.array(pieces, object)))
        longest: Any = max(shapely.get_parts(merged), key=lambda one: one.length)
        ends = [at for other in between if (at := self._meets(key, other, longest)) is not None]
        if len(ends) >= 2 and abs(max(ends) - min(ends)) > 1e-5:
            cut = shapely.ops.substring(longest, min(ends), max(ends))
            return Found(line=_line(cut), how="the street between two junctions")
        if ends:
            cut = shapely.ops.substring(longest, max(0.0, ends[0] - _STUB), ends[0] + _STUB)
            return Found(line=_line(cut), how="the street on both sides of a junction")
        return Found(line=_line(longest), how="the longest piece of the street")

    def _meets(self, key: str, other: str, line: Any) -> float | None:
        """How far along the line the other street meets it."""
        shapes: list[Any] = [*self._lines.get(other, ())]
        shapes += [point for keys, point in self._points.get(other, ()) if key in keys]
        if not shapes:
            return None
        nearest = min(shapes, key=lambda one: float(shapely.distance(one, line)))
        if shapely.distance(nearest, line) > 5 * _STUB:
            return None
        at = shapely.ops.nearest_points(line, nearest)[0]
        return float(shapely.line_locate_point(line, at))

    def _at_junctions(self, key: str, between: Sequence[str]) -> Found | None:
        known = self._points.get(key, [])
        wanted = [point for keys, point in known if keys & set(between)] or [p for _, p in known]
        if not wanted:
            return None
        if len(wanted) == 1:
            lon, lat = wanted[0].x, wanted[0].y
            stub = ((lon - _STUB, lat), (lon, lat), (lon + _STUB, lat))
            return Found(line=stub, how="a junction of the street")
        ends = _farthest(wanted)
        return Found(line=ends, how="straight between junctions of the street")


def streets(work: Work, settings: Settings) -> Streets:
    """The streets of the datasets that the city's maps and addresses are drawn from."""
    ids = tuple(dict.fromkeys([*settings.basemap, *filter(None, [settings.addresses])]))
    ids = (*ids, "junctions")
    return work.known(("works-streets", ids), lambda: Streets(_named(work, ids)))


def _named(work: Work, ids: Sequence[str]) -> Iterable[tuple[str, bytes]]:
    for id in ids:
        try:
            opened = look(work, DatasetId(id))
        except CityError:  # not here, or not to be read: the others do
            continue
        name, shape = _name_column(opened.version), opened.version.geometry
        if name is None or shape is None:
            continue
        asked = f'SELECT "{name}" AS name, "{shape}" AS shape FROM rows WHERE "{name}" <> \'\''
        for row in opened.query(f"{asked} LIMIT {_MOST}").to_pylist():
            if row["shape"]:
                yield row["name"], bytes(row["shape"])


def _name_column(version: Version) -> str | None:
    texts = [one.name for one in version.fields if one.type is FieldType.STRING]
    return next((name for word in _NAMED for name in texts if name.casefold() == word), None)


def _parts(name: str) -> list[str]:
    return [part.strip() for one in name.split(";") for part in one.split("/") if part.strip()]


def _line(shape: shapely.Geometry) -> Line:
    return tuple((float(lon), float(lat)) for lon, lat in shapely.get_coordinates(shape))


def _farthest(points: Sequence[shapely.Point]) -> Line:
    pairs = [(a, b) for i, a in enumerate(points) for b in points[i + 1 :]]
    a, b = max(pairs, key=lambda pair: float(shapely.distance(*pair)))
    return ((a.x, a.y), (b.x, b.y))
