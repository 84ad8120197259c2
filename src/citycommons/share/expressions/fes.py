"""Filter Encoding in XML, read into the one tree: FES 2.0, and 1.1 of older clients.

References
----------
OGC 09-026r2: Filter Encoding 2.0. OGC 04-095: Filter Encoding 1.1.
"""

from collections.abc import Callable, Sequence
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions import gml
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Shape,
    call,
)

MOST_DEPTH = 40
_COMPARED = {
    "PropertyIsEqualTo": "eq",
    "PropertyIsNotEqualTo": "ne",
    "PropertyIsLessThan": "lt",
    "PropertyIsGreaterThan": "gt",
    "PropertyIsLessThanOrEqualTo": "le",
    "PropertyIsGreaterThanOrEqualTo": "ge",
}
_SPATIAL = {
    "Equals": "s_equals",
    "Disjoint": "s_disjoint",
    "Touches": "s_touches",
    "Within": "s_within",
    "Overlaps": "s_overlaps",
    "Crosses": "s_crosses",
    "Intersects": "s_intersects",
    "Contains": "s_contains",
}
_TEMPORAL = {
    "After": "t_after",
    "Before": "t_before",
    "During": "t_during",
    "TEquals": "t_equals",
    "AnyInteracts": "t_intersects",
    "Begins": "t_starts",
    "BegunBy": "t_started_by",
    "Ends": "t_finishes",
    "EndedBy": "t_finished_by",
    "TContains": "t_contains",
    "TOverlaps": "t_overlaps",
    "OverlappedBy": "t_overlapped_by",
    "Meets": "t_meets",
    "MetBy": "t_met_by",
}
_ARITHMETIC = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div"}
_IDS = ("ResourceId", "FeatureId", "GmlObjectId")
_METRES = {"m": 1.0, "metre": 1.0, "meter": 1.0, "km": 1000.0, "ft": 0.3048, "mi": 1609.344}
NORTH_FIRST = "urn:ogc:def:crs:EPSG::4326"


class Reader:
    """Reads one filter over these fields.

    `column` turns a name as the client writes it into a column's name.
    """

    def __init__(
        self, fields: Sequence[Field], column: Callable[[str], str], system: str = NORTH_FIRST
    ) -> None:
        self._fields = {field.name: field for field in fields}
        self._place = next((f.name for f in fields if f.type is FieldType.GEOMETRY), "")
        self._column = column
        self._system = system  # of geometries that do not say theirs

    def filter(self, element: Any) -> Expression:
        """The condition in a `Filter`. Raises `Invalid` that says what cannot be read."""
        inner = list(element)
        if local(element) != "Filter" or not inner:
            raise Invalid("The filter has to be one Filter element with one condition.")
        parts = tuple(self._condition(one, 0) for one in inner)
        return parts[0] if len(parts) == 1 else Call("and", parts)

    def _condition(self, one: Any, depth: int) -> Expression:
        if depth > MOST_DEPTH:
            raise Invalid(f"The filter is nested deeper than {MOST_DEPTH}; write it flatter.")
        name, inner = local(one), list(one)
        if name in ("And", "Or"):
            parts = tuple(self._condition(part, depth + 1) for part in inner)
            if len(parts) < 2:
                raise Invalid(f"{name} takes two conditions or more.")
            return Call(name.lower(), parts)
        if name == "Not":
            return call("not", self._condition(_only(one, 1)[0], depth + 1))
        if name in _COMPARED:
            return self._comparison(one, depth)
        if name == "PropertyIsBetween":
            return self._between(one, depth)
        if name == "PropertyIsLike":
            return self._like(one)
        if name in ("PropertyIsNull", "PropertyIsNil"):
            return call("is_null", self._value(_only(one, 1)[0], depth + 1))
        if name == "BBOX":
            return self._bbox(inner)
        if name in _SPATIAL:
            first, second = (self._place_of(part) for part in _only(one, 2))
            return call(_SPATIAL[name], first, second)
        if name in ("DWithin", "Beyond"):
            return self._distance(one)
        if name in _TEMPORAL:
            first, second = (self._time_of(part, depth) for part in _only(one, 2))
            return call(_TEMPORAL[name], first, second)
        if name in _IDS:
            raise Invalid("Ids stand alone in a filter here, not beside conditions.")
        raise Invalid(f"“{name[:60]}” is no condition that can be asked here.")

    def _comparison(self, one: Any, depth: int) -> Expression:
        first, second = (self._value(part, depth + 1) for part in _only(one, 2))
        if isinstance(first, Column):
            second = self._fitted(second, first)
        elif isinstance(second, Column):
            first = self._fitted(first, second)
        is_text = self._is_text(first) and self._is_text(second)
        if one.get("matchCase", "true").lower() == "false" and is_text:
            first, second = call("casei", first), call("casei", second)
        return call(_COMPARED[local(one)], first, second)

    def _is_text(self, one: Expression) -> bool:
        if isinstance(one, Column):
            return self._fields[one.name].type is FieldType.STRING
        return isinstance(one, Literal) and isinstance(one.value, str)

    def _between(self, one: Any, depth: int) -> Expression:
        value, low, high = _only(one, 3)
        column = self._value(value, depth + 1)
        edges = (self._value(_only(edge, 1)[0], depth + 1) for edge in (low, high))
        if isinstance(column, Column):
            edges = (self._fitted(edge, column) for edge in edges)
        return call("between", column, *edges)

    def _like(self, one: Any) -> Expression:
        column, pattern = (self._value(part, 0) for part in _only(one, 2))
        if not isinstance(pattern, Literal):
            column, pattern = pattern, column
        if not isinstance(pattern, Literal):
            raise Invalid("PropertyIsLike takes a pattern as a Literal.")
        many, single = one.get("wildCard", "*"), one.get("singleChar", "?")
        mark = one.get("escapeChar", one.get("escape", "\\"))
        said = Literal(_pattern(str(pattern.value), many, single, mark))
        if isinstance(column, Column) and self._fields[column.name].type is not FieldType.STRING:
            column = call("text", column)
        if one.get("matchCase", "true").lower() == "false":
            return call("like", call("casei", column), call("casei", said))
        return call("like", column, said)

    def _bbox(self, inner: list[Any]) -> Expression:
        envelope = next((part for part in inner if local(part) in ("Envelope", "Box")), None)
        if envelope is None:
            raise Invalid("BBOX holds a property, if any, and an Envelope.")
        named = [part for part in inner if local(part) in ("ValueReference", "PropertyName")]
        place = self._place_of(named[0]) if named and (named[0].text or "").strip() else None
        return call("s_intersects", place or self._geometry(), self._place_of(envelope))

    def _distance(self, one: Any) -> Expression:
        inner = list(one)
        if len(inner) != 3 or local(inner[2]) != "Distance":
            raise Invalid(f"{local(one)} takes a property, a geometry and a Distance.")
        first, second = self._place_of(inner[0]), self._place_of(inner[1])
        unit = inner[2].get("uom", inner[2].get("units", "m")).rpartition("#")[2]
        try:
            far = float(inner[2].text or "") * _METRES[unit]
        except (KeyError, ValueError) as cause:
            raise Invalid("A Distance is a number with its uom: m, km, ft or mi.") from cause
        measured = call("distance_m", first, second)
        return call("le" if local(one) == "DWithin" else "gt", measured, Literal(far))

    def _geometry(self) -> Column:
        if not self._place:
            raise Invalid("These features have no geometry.")
        return Column(self._place)

    def _place_of(self, one: Any) -> Expression:
        if local(one) in ("ValueReference", "PropertyName"):
            found = self._named(one)
            if self._fields[found.name].type is not FieldType.GEOMETRY:
                raise Invalid(f"“{found.name}” is no geometry.")
            return found
        return Shape(gml.wkb(one, self._system))

    def _time_of(self, one: Any, depth: int) -> Expression:
        if local(one) == "TimePeriod":
            texts = [part.text.strip() for part in one.iter() if part.text and part.text.strip()]
            if len(texts) != 2:
                raise Invalid("A TimePeriod has a begin and an end.")
            return Interval(Literal(texts[0]), Literal(texts[1]))
        if local(one) == "TimeInstant":
            return Literal("".join(part.text or "" for part in one.iter()).strip())
        return self._value(one, depth + 1)

    def _value(self, one: Any, depth: int) -> Expression:
        if depth > MOST_DEPTH:
            raise Invalid(f"The filter is nested deeper than {MOST_DEPTH}; write it flatter.")
        name = local(one)
        if name in ("ValueReference", "PropertyName"):
            return self._named(one)
        if name == "Literal":
            return Literal("".join(part.text or "" for part in one.iter()))
        if name in _ARITHMETIC:
            parts = [self._value(part, depth + 1) for part in _only(one, 2)]
            return call(_ARITHMETIC[name], *map(_number, parts))
        if name == "Function":
            raise Invalid("Functions are not offered here; compare a property with a Literal.")
        raise Invalid(f"“{name[:60]}” is no value that can be compared here.")

    def _named(self, one: Any) -> Column:
        name = self._column((one.text or "").strip())
        if name not in self._fields:
            raise Invalid(
                f"There is no property “{name[:80]}”. Properties are: {', '.join(self._fields)}."
            )
        return Column(name)

    def _fitted(self, one: Expression, column: Column) -> Expression:
        """A literal as the column's type: in XML all are texts."""
        if not isinstance(one, Literal):
            return one
        kind, said = self._fields[column.name].type, str(one.value).strip()
        if kind in (FieldType.INTEGER, FieldType.NUMBER):
            return _number(one)
        if kind is FieldType.BOOLEAN:
            if said.lower() not in ("true", "false", "1", "0"):
                raise Invalid(f"“{said[:40]}” is neither true nor false.")
            return Literal(said.lower() in ("true", "1"))
        return one


def _number(one: Expression) -> Expression:
    if not isinstance(one, Literal):
        return one
    said = str(one.value).strip()
    try:
        return Literal(int(said)) if said.lstrip("+-").isdecimal() else Literal(float(said))
    except ValueError as cause:
        raise Invalid(f"“{said[:40]}” is no number.") from cause


def _pattern(said: str, many: str, single: str, mark: str) -> str:
    """The pattern with SQL's own signs."""
    out, at = [], 0
    while at < len(said):
        sign = said[at]
        if mark and sign == mark and at + 1 < len(said):
            at += 1
            out.append(_plain(said[at]))
        elif sign == many:
            out.append("%")
        elif sign == single:
            out.append("_")
        else:
            out.append(_plain(sign))
        at += 1
    return "".join(out)


def _plain(sign: str) -> str:
    return "\\" + sign if sign in "%_\\" else sign


def _only(one: Any, count: int) -> list[Any]:
    inner = list(one)
    if len(inner) != count:
        raise Invalid(f"{local(one)} takes {count} elements, not {len(inner)}.")
    return inner


def ids(element: Any) -> list[str] | None:
    """Ids of features, of a filter that asks for these alone."""
    inner = list(element)
    if not inner or not all(local(one) in _IDS for one in inner):
        return None
    found = []
    for one in inner:
        values = [v for k, v in one.attrib.items() if k.rpartition("}")[2] in ("rid", "fid", "id")]
        found += values[:1]
    return found


def local(element: Any) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
