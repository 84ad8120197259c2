"""Positions as WKB in CRS84: as people said, as names say, or asked where none can know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Choice, Field, FieldType, Plan, Position, Question
from citycommons.standardise import cellplaces, crs, degrees, hints
from citycommons.standardise.cellplaces import Cells
from citycommons.standardise.formats import Draft, Rows
from citycommons.standardise.plan import AS_NAMED, NOT_A_PLACE, SWAPPED
from citycommons.standardise.points import points
from citycommons.standardise.surroundings import NOWHERE, Surroundings
from citycommons.store import spill

Floats = npt.NDArray[np.float64]
NAME = "geometry"
_FAR_DEGREES = 5.0
_MIDDLE = 1_000_000  # values by which the middle of a longer column is found
_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER)
_AROUND = 0.25  # degrees around the city's box in which a position is still likely


@dataclass(frozen=True, slots=True)
class Placed:
    """A geometry column and the words on how it was found."""

    values: pa.Array
    evidence: str
    column: str = ""  # the text column that held it


@dataclass(frozen=True, slots=True)
class Located:
    """What was found of places: a geometry, questions, and the columns that are coordinates."""

    placed: Placed | None = None
    questions: tuple[Question, ...] = ()
    columns: tuple[str, ...] = ()


def locate(
    table: pa.Table,
    fields: list[Field],
    draft: Draft,
    plan: Plan = Plan(),  # noqa: B008 (frozen)
    around: Surroundings = NOWHERE,
) -> Located:
    """The table's positions as WKB points (or shapes) in CRS84, or what has to be asked for them.

    What the plan says is done; degrees below a clear name are taken; metres of a plane are never
    guessed but asked. Positions outside the world, and those far from all others, are faults.
    """
    finder = _Finder(table, fields, draft, around)
    if plan.position is not None:
        return finder.as_said(plan.position)
    return finder.by_itself()


def outside(bounds: Floats) -> npt.NDArray[np.bool_]:
    """Which of the boxes (rows of west, south, east, north) do not lie within the world."""
    west, south, east, north = bounds.T
    with np.errstate(invalid="ignore"):
        wrong: npt.NDArray[np.bool_] = (west < -180) | (east > 180) | (south < -90) | (north > 90)
    return wrong


class _Finder:
    """Looks for the positions of one table."""

    def __init__(
        self, table: pa.Table, fields: list[Field], draft: Draft, around: Surroundings
    ) -> None:
        self.table, self.draft, self.around = table, draft, around
        self.fields = {field.name: field for field in fields}

    # What people said

    def as_said(self, said: Position) -> Located:
        if said.kind == "none":
            return Located()
        if missing := [name for name in said.columns if name not in self.fields]:
            message = "positions were to come from this column; the file has no such column."
            for name in missing:
                self.draft.faults.add("column-missing", message, column=name)
            return Located()
        if said.kind == "address":
            return self._addresses(said.columns)
        if len(said.columns) == 2:
            return self._columns(said)
        (name,) = said.columns
        cells = cellplaces.understood(_texts(self.table[name]), self.around.bounds)
        if cells is None:
            message = "no position can be read from these values; no geometry was made."
            self.draft.faults.add("geometry", message, column=name)
            return Located()
        return self._cells(name, replace(cells, crs=said.crs or cells.crs), said.is_swapped)

    def _columns(self, said: Position) -> Located:
        names = (said.columns[0], said.columns[1])
        first, second = (self._degrees_or_numbers(name) for name in names)
        east, north = (second, first) if said.is_swapped else (first, second)
        lon, lat = crs.to_degrees(east, north, said.crs)
        system = "" if crs.is_degrees(said.crs) else f", in {said.crs}"
        evidence = f"from the columns {names[0]} and {names[1]}{system}, as said"
        values = self._checked(lon, lat, names, (first, second))
        return Located(Placed(values, evidence), columns=names)

    def _degrees_or_numbers(self, name: str) -> Floats:
        if self.fields[name].type in _NUMBERS:
            return _floats(self.table[name])
        texts = _texts(self.table[name])
        sample = pc.drop_null(texts.slice(0, 5_000)).slice(0, 200).to_pylist()
        is_west = cellplaces.is_o_west(sample, texts, self.around.bounds)
        return degrees.parse(texts, is_o_west=is_west)

    def _addresses(self, columns: Sequence[str]) -> Located:
        if self.around.gazetteer is None:
            message = "addresses cannot be placed: no addresses of the city are known here."
            self.draft.faults.add("address", message, column=", ".join(columns))
            return Located()
        from citycommons.standardise.addresses import placed

        values, evidence = placed(self.table, columns, self.around.gazetteer, self.draft)
        return Located(Placed(values, evidence))

    # What the file says by itself

    def by_itself(self) -> Located:
        """Degrees first, then a plane whose system is stated or asked, then positions in cells."""
        if (found := self._named_degrees()) is not None:
            return found
        asked: tuple[Question, ...] = ()
        columns: tuple[str, ...] = ()
        if (pair := self._axes("x", "y", _NUMBERS)) is not None:
            found = self._plane(pair)
            if found.placed is not None:
                return found
            asked, columns = found.questions, found.columns
        understood = {
            name: cells
            for name, field in self.fields.items()
            if field.type is FieldType.STRING
            and (cells := cellplaces.understood(self.table[name], self.around.bounds)) is not None
        }
        # Shapes say more than pairs of numbers, so a column of them goes first.
        for name in sorted(understood, key=lambda one: understood[one].shapes is None):
            cells = understood[name]
            if name in self.draft.is_local and cells.shapes is not None and not cells.crs:
                centre = shapely.centroid(cells.shapes)
                found = self._ask((name,), shapely.get_x(centre), shapely.get_y(centre))
            else:
                found = self._cells(name, cells)
            if found.placed is not None:
                return found
            asked += found.questions
        if not asked and self.around.gazetteer is not None:
            from citycommons.standardise.addresses import question

            asked = question(self.table, list(self.fields.values()), self.around.gazetteer)
        return Located(questions=asked, columns=columns)

    def _axes(self, east: str, north: str, types: tuple[FieldType, ...]) -> tuple[str, str] | None:
        """Names of the first columns of these types for two axes, of one object where nested."""
        named: dict[tuple[str, str], str] = {}
        for field in self.fields.values():
            if field.type in types and (axis := hints.axis(field.name)):
                named.setdefault((hints.parent(field.name), axis), field.name)
        parents = dict.fromkeys(parent for parent, _ in named)
        pairs = ((named.get((one, east)), named.get((one, north))) for one in parents)
        return next(((x, y) for x, y in pairs if x and y), None)

    def _named_degrees(self) -> Located | None:
        """Longitude and latitude in columns named so, as numbers or as people write degrees."""
        if (pair := self._axes("lon", "lat", _NUMBERS)) is not None:
            x, y = (_floats(self.table[name]) for name in pair)
            if _is_degrees(x, y, is_named=True) or _turned(x, y, NOWHERE):
                return self._with_axes(pair, x, y)
            return self._plane(pair)
        if (pair := self._axes("lon", "lat", (FieldType.STRING,))) is None:
            return None
        if not all(self._holds_degrees(name) for name in pair):
            return None
        return self._with_axes(pair, *(self._degrees_or_numbers(name) for name in pair))

    def _holds_degrees(self, name: str) -> bool:
        sample = pc.drop_null(self.table[name].slice(0, 5_000)).slice(0, 200).to_pylist()
        # Their name says degrees, so “51,96” beside 51°57′N is one way to write them, too.
        return bool(sample) and sum(map(degrees.may_be, sample)) * 2 > len(sample)

    def _with_axes(self, pair: tuple[str, str], x: Floats, y: Floats) -> Located:
        """Degrees as named, unless only the other order is possible; asked where it is likely."""
        evidence = f"from the columns {pair[0]} and {pair[1]}"
        turned = _turned(x, y, self.around)
        count = int((np.isfinite(x) & np.isfinite(y)).sum())
        column = f"{pair[0]}, {pair[1]}"
        if turned == "surely":
            message = (
                "latitude and longitude had changed places: as named, they lie outside the world."
            )
            self.draft.faults.add_many(
                "axes-swapped", message, column=column, found=(), total=count, action="mended"
            )
            values = self._checked(y, x, pair, (x, y))
            return Located(Placed(values, f"{evidence}, which had changed places"), columns=pair)
        values = self._checked(x, y, pair, (x, y))
        if turned != "perhaps":
            return Located(Placed(values, evidence), columns=pair)
        message = "the positions lie in the city only if latitude and longitude change places."
        self.draft.faults.add_many("axes-swapped", message, column=column, found=(), total=count)
        return Located(Placed(values, evidence), (self._axes_asked(pair, x, y),), pair)

    def _axes_asked(self, pair: tuple[str, str], x: Floats, y: Floats) -> Question:
        first = np.flatnonzero(np.isfinite(x) & np.isfinite(y))[0]
        choices = [
            Choice(
                value=value,
                title=title,
                evidence=f"{_share(a, b, self.around):.0%} of the positions lie inside the city",
                sample=f"{a[first]:.5f}, {b[first]:.5f}",
                fits=_share(a, b, self.around),
            )
            for value, title, a, b in (
                (AS_NAMED, "The columns are named rightly", x, y),
                (SWAPPED, "Latitude and longitude changed places", y, x),
            )
        ]
        return Question(
            id=f"axes:{pair[0]},{pair[1]}",
            kind="axes",
            text=f"Are the columns “{pair[0]}” and “{pair[1]}” named rightly? The positions lie in "
            "the city only if latitude and longitude change places.",
            columns=pair,
            choices=tuple(sorted(choices, key=lambda choice: -choice.fits)),
        )

    def _plane(self, pair: tuple[str, str]) -> Located:
        """Columns of x and y: degrees throughout, metres of a stated system, or a question."""
        x, y = (_floats(self.table[name]) for name in pair)
        if _is_degrees(x, y, is_named=False):
            return self._with_axes(pair, x, y)
        if system := self._stated(pair):
            lon, lat = crs.to_degrees(x, y, system)
            if np.isfinite(lon).any() and not crs.is_degrees(system):
                evidence = f"from the columns {pair[0]} and {pair[1]}, in {system} as the file says"
                values = self._checked(lon, lat, pair, (x, y))
                return Located(Placed(values, evidence), columns=pair)
        return self._ask(pair, x, y)

    def _stated(self, pair: tuple[str, str]) -> str:
        """The reference system that names, notes or a column of its own state."""
        said = [text for name in pair for text in (name, self.draft.notes.get(name, ""))]
        for name in self.fields:
            if name.strip().casefold() in ("epsg", "srid", "crs", "epsg_code", "koordinatensystem"):
                codes = pc.unique(self.table[name].slice(0, 100_000).drop_null()).to_pylist()
                said += [f"EPSG:{str(code).rpartition(':')[2]}" for code in codes[:2]] * (
                    len(codes) == 1
                )
        return crs.stated(*said)

    def _ask(self, names: tuple[str, ...], x: Floats, y: Floats) -> Located:
        """The question for the reference system; nothing where these are no positions at all."""
        hint = " ".join(name.replace("_", " ") for name in (*names, *self.fields))
        found = crs.choices(x, y, bounds=self.around.bounds, hint=hint)
        if not found:
            return Located()
        first = np.flatnonzero(np.isfinite(x) & np.isfinite(y))[0]
        columns = ", ".join(f"“{name}”" for name in names)
        nothing = Choice(value=NOT_A_PLACE, title="These are no positions")
        question = Question(
            id=f"crs:{','.join(names)}",
            kind="crs",
            text=f"In which reference system are the positions of {columns} given, such as "
            f"{x[first]:.12g}, {y[first]:.12g}? The file does not say.",
            columns=names,
            choices=(*found, nothing),
        )
        return Located(questions=(question,), columns=names if len(names) == 2 else ())

    # Positions in one cell

    def _cells(self, name: str, cells: Cells, is_swapped: bool | None = None) -> Located:
        if cells.shapes is not None:
            return self._shapes(name, cells)
        assert cells.first is not None  # noqa: S101 (pairs have both)
        assert cells.second is not None  # noqa: S101
        a, b = cells.first, cells.second
        names = (name, name)
        if cells.kind == "degrees":
            evidence = f"from the column {name}, degrees, minutes and seconds"
            return Located(Placed(self._checked(a, b, names, (b, a)), evidence, name))
        there = np.isfinite(a) & np.isfinite(b)
        if not crs.is_degrees(cells.crs):
            east, north = (b, a) if is_swapped else (a, b)
            lon, lat = crs.to_degrees(east, north, cells.crs)
            evidence = f"from the column {name}, in {cells.crs}"
            return Located(Placed(self._checked(lon, lat, names, (a, b)), evidence, name))
        if float((outside(np.column_stack([a, b, a, b])[there]) &
                  outside(np.column_stack([b, a, b, a])[there])).mean()) > 0.5:  # fmt: skip
            return self._ask((name,), a, b)
        # Portals write latitude first in one cell; longitude first only where that alone is
        # possible, or where only so the positions lie in the city.
        is_lon_first = bool((np.abs(a[there]) > 90).any())
        if hints.is_geojson(name) and not (np.abs(b[there]) > 90).any():
            is_lon_first = _share(b, a, self.around) <= max(0.5, _share(a, b, self.around))
        elif not is_lon_first and self.around.bounds is not None:
            is_lon_first = _share(a, b, self.around) > max(0.5, _share(b, a, self.around))
        if is_swapped is not None:
            is_lon_first = is_swapped
        x, y = (a, b) if is_lon_first else (b, a)
        order = "longitude, latitude" if is_lon_first else "latitude, longitude"
        values = self._checked(x, y, names, (a, b))
        return Located(Placed(values, f"from the column {name}, read as {order}", name))

    def _shapes(self, name: str, cells: Cells) -> Located:
        column = self.table[name]
        shapes = crs.shapes_to_degrees(cells.shapes, cells.crs)
        there = np.asarray(column.is_valid())
        bounds = shapely.bounds(shapes)
        if crs.is_degrees(cells.crs):
            beyond = outside(bounds)
            if beyond.sum() * 2 > there.sum():
                centre = shapely.centroid(cells.shapes)
                return self._ask((name,), shapely.get_x(centre), shapely.get_y(centre))
        shapes[outside(bounds) | ~_is_finite(bounds)] = None
        lost: Rows = np.flatnonzero(there & ~shapely.is_geometry(shapes))
        if len(lost) * 2 > there.sum():
            return Located()
        shown = lost[: self.draft.faults.left]
        self.draft.faults.add_column(
            "geometry",
            f"“{{value}}” is no {cells.kind} that lies in the world; no geometry was made.",
            column=name,
            lines=self.draft.lines(shown),
            values=column.take(pa.array(shown)),
            total=len(lost),
        )
        values = pa.array(shapely.to_wkb(shapes, output_dimension=2), pa.binary())
        system = "" if crs.is_degrees(cells.crs) else f" in {cells.crs}"
        return Located(Placed(values, f"from the column {name}, {cells.kind}{system}", name))

    # Points

    def _checked(
        self, x: Floats, y: Floats, names: tuple[str, str], given: tuple[Floats, Floats]
    ) -> pa.Array:
        """Points of longitude and latitude; what cannot be a place is told as it was given."""
        known = np.isfinite(given[0]), np.isfinite(given[1])
        there = known[0] & known[1]
        with np.errstate(invalid="ignore"):
            inside = there & (x >= -180) & (x <= 180) & (y >= -90) & (y <= 90)
        half = there ^ (known[0] | known[1])
        empty = there & (given[0] == 0) & (given[1] == 0)
        inside &= ~empty
        far = inside & _far(x, y, inside)
        column = f"{names[0]}, {names[1]}" if names[0] != names[1] else names[0]
        for rule, wrong, message in (
            ("position-outside", there & ~inside & ~empty, "{value} lies outside the world"),
            ("position-zero", empty, "{value} is the zero of the map, not a place"),
            (
                "position-far",
                far,
                "{value} lies far from all other positions; are the axes swapped?",
            ),
            ("position-half", half, "{value} is only half a position"),
        ):
            self._flag(rule, f"{message}; no geometry was made.", column, wrong, given)
        return points(x, y, inside & ~far)

    def _flag(
        self,
        rule: str,
        message: str,
        column: str,
        wrong: npt.NDArray[np.bool_],
        given: tuple[Floats, Floats],
    ) -> None:
        rows: Rows = np.flatnonzero(wrong)
        if not len(rows):
            return
        shown = rows[: self.draft.faults.left]
        texts = [f"{given[0][row]:.12g}, {given[1][row]:.12g}" for row in shown.tolist()]
        found = zip(self.draft.lines(shown).tolist(), texts, strict=True)
        self.draft.faults.add_many(rule, message, column=column, found=found, total=len(rows))


def _turned(x: Floats, y: Floats, around: Surroundings) -> str:
    """Whether longitude x and latitude y changed places: "surely", "perhaps", or not at all."""
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return ""
    if (np.abs(y[there]) > 90).mean() > 0.5 and (np.abs(x[there]) <= 90).all():
        return "surely"
    if around.bounds is None:
        return ""
    is_home = _share(y, x, around) > 0.9 and _share(x, y, around) < 0.1
    return "perhaps" if is_home else ""


def _share(x: Floats, y: Floats, around: Surroundings) -> float:
    """How many of the positions lie in the city's box or near it."""
    there = np.isfinite(x) & np.isfinite(y)
    if around.bounds is None or not there.any():
        return 0.0
    west, south, east, north = around.bounds
    a, b = x[there], y[there]
    inside = (a >= west - _AROUND) & (a <= east + _AROUND)
    return float((inside & (b >= south - _AROUND) & (b <= north + _AROUND)).mean())


def _is_finite(bounds: Any) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.isfinite(bounds).all(axis=1)
    return found


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column if pa.types.is_string(column.type) else pc.cast(column, pa.string())


def _floats(column: pa.ChunkedArray) -> Floats:
    """A column as numbers, NaN for nothing; those of a large table lie in a file."""
    found = spill.numbers(len(column), on_disk=spill.is_mapped(column))
    row = 0
    for piece in spill.pieces(column):
        found[row : row + len(piece)] = pc.fill_null(pc.cast(piece, pa.float64()), np.nan)
        row += len(piece)
    return found


def _is_degrees(x: Floats, y: Floats, *, is_named: bool) -> bool:
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return False
    on_earth = (x >= -180) & (x <= 180) & (y >= -90) & (y <= 90)
    inside = float(on_earth[there].mean())
    # x and y may be metres or pixels: they must look like degrees throughout.
    has_fractions = any(bool((np.mod(x[some][there[some]], 1) != 0).any()) for some in _slices(x))
    return inside >= 0.5 if is_named else inside >= 0.98 and has_fractions


def _slices(x: Floats) -> Iterator[slice]:
    for start in range(0, len(x), spill.PIECE):
        yield slice(start, start + spill.PIECE)
        spill.ease()


def _far(x: Floats, y: Floats, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Positions more than 5 degrees from the middle, where 19 of 20 lie within 1 degree of it."""
    far = np.zeros(len(x), bool)
    if inside.sum() < 20:
        return far
    # The middle of a very long column is found from each tenth or hundredth of its values.
    step = max(1, len(x) // _MIDDLE)
    for axis in (x, y):
        middle = np.median(axis[::step][inside[::step]]) if inside[::step].any() else np.nan
        near = 0
        for some in _slices(axis):
            with np.errstate(invalid="ignore"):
                away = np.abs(axis[some] - middle)
                near += int((away[inside[some]] <= 1).sum())
                far[some] |= away > _FAR_DEGREES
        if near < 0.95 * inside.sum():
            return np.zeros(len(x), bool)
    return far
