"""CQL2 JSON, read into the tree.

References
----------
OGC 21-065r2, Common Query Language (CQL2), clause 6.3 and the JSON Schema.
"""

import math
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.share.crs import WORLD, System
from citycommons.share.expressions import cql2_terms as terms
from citycommons.share.expressions.tree import Call, Column, Expression, Interval, Literal

_PLAIN = {"and": "and", "or": "or", "not": "not", "like": "like", "between": "between"}
_ARITHMETIC = {**terms.SUMS, **terms.PRODUCTS, "^": "pow"}
_GEOMETRIES = frozenset(
    (
        *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
        "GeometryCollection",
    )
)
_COUNTS = {"not": 1, "like": 2, "between": 3, "isnull": 1, "casei": 1, "accenti": 1}


def parse(text: str | bytes, system: System = WORLD) -> Expression:
    """The filter as an expression; coordinates in it are of `system`.

    Raises `Invalid` that names the part that makes no sense.
    """
    if len(text) > terms.MOST_SIGNS:
        raise Invalid(f"The filter is longer than {terms.MOST_SIGNS} signs. Ask for less.")
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as cause:
        raise Invalid(f"The filter is no JSON: {cause}.") from cause
    return read(given, system)


def read(given: Any, system: System = WORLD) -> Expression:
    """The same from JSON that is read already."""
    return _Reader(system).read(given, 0)


class _Reader:
    def __init__(self, system: System) -> None:
        self._system = system

    def read(self, given: Any, depth: int) -> Expression:
        if depth > terms.MOST_DEPTH:
            raise Invalid(f"The filter is nested deeper than {terms.MOST_DEPTH}; write it flatter.")
        if isinstance(given, bool | str):
            return Literal(given)
        if isinstance(given, int | float):
            return _number(given)
        if isinstance(given, list):
            return Call("array", tuple(self.read(one, depth + 1) for one in given))
        if isinstance(given, dict):
            return self._object(given, depth)
        raise Invalid("“null” is no value; ask with “isNull”.")

    def _object(self, given: dict[str, Any], depth: int) -> Expression:
        if "op" in given:
            return self._operation(given, depth)
        if isinstance(name := given.get("property"), str):
            return Column(name)
        if "date" in given:
            return terms.day(_text(given["date"]))
        if "timestamp" in given:
            return terms.moment(_text(given["timestamp"]))
        if "interval" in given:
            return self._interval(given["interval"], depth)
        if given.get("type") in _GEOMETRIES:
            return terms.shape_of_geojson(orjson.dumps(given), self._system)
        if "bbox" in given:
            return terms.shape_of_box(_numbers(given["bbox"]), self._system)
        raise Invalid(f"“{_shown(given)}” is neither an operation nor a value.")

    def _operation(self, given: dict[str, Any], depth: int) -> Expression:
        name, args = given["op"], given.get("args")
        if not isinstance(name, str) or not isinstance(args, list):
            raise Invalid(f"“{_shown(given)}”: “op” is a name and “args” a list.")
        word = name.lower()
        if word == "in":
            return self._among(args, depth)
        parts = tuple(self.read(one, depth + 1) for one in args)
        self._check(name, word, len(parts))
        if word in _PLAIN:
            return Call(_PLAIN[word], parts)
        if word == "isnull":
            return Call("is_null", parts)
        if word in terms.COMPARISONS:
            return Call(terms.COMPARISONS[word], parts)
        if word in _ARITHMETIC:
            return Call(_ARITHMETIC[word], parts)
        if word in terms.FOLDS or word in terms.SPATIAL:
            return Call(word, parts)
        if word in terms.TEMPORAL:
            return Call(terms.TEMPORAL[word], parts)
        if word in terms.ARRAYS:
            return Call(terms.ARRAYS[word], parts)
        # A function of the server's own keeps its name; that there is none is said later.
        return Call(f"{name}()", parts)

    @staticmethod
    def _check(name: str, word: str, count: int) -> None:
        wanted = _COUNTS.get(word)
        if wanted is None and (word in terms.COMPARISONS or word in _ARITHMETIC):
            wanted = 2
        if wanted is not None and count != wanted:
            raise Invalid(f"“{name}” takes {wanted} values, not {count}.")
        if word in ("and", "or") and count < 2:
            raise Invalid(f"“{name}” takes two values or more.")

    def _among(self, args: list[Any], depth: int) -> Expression:
        if len(args) != 2 or not isinstance(args[1], list):
            raise Invalid("“in” takes a value and a list.")
        some = (self.read(one, depth + 1) for one in args[1])
        return Call("in", (self.read(args[0], depth + 1), *some))

    def _interval(self, given: Any, depth: int) -> Interval:
        if not isinstance(given, list) or len(given) != 2:
            raise Invalid("“interval” is a list of two times.")
        start, end = (
            terms.edge(one) if isinstance(one, str) else self.read(one, depth + 1) for one in given
        )
        return Interval(start, end)


def _number(given: int | float) -> Literal:
    if not -(2**63) <= given < 2**63:
        given = float(given)
    if not math.isfinite(given):
        raise Invalid("A number is too large.")
    return Literal(given)


def _numbers(given: Any) -> list[float]:
    is_list = isinstance(given, list) and all(type(one) in (int, float) for one in given)
    if not is_list:
        raise Invalid("“bbox” is a list of four or six numbers.")
    return [float(one) for one in given]


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise Invalid(f"“{_shown(given)}” is no time in quotation marks.")
    return given


def _shown(given: Any) -> str:
    return orjson.dumps(given).decode()[:60]
