"""SoQL, the query language of Socrata's SODA 2.1, as a `Query`.

References
----------
Socrata developer documentation: “Queries using SODA” (the clauses), “Data types and functions”.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from citycommons.core.errors import Invalid
from citycommons.share.expressions import places
from citycommons.share.expressions.grammar import Grammar
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.tokens import Kind, Spelling
from citycommons.share.expressions.tree import (
    Column,
    Expression,
    Literal,
    Named,
    Sorted,
    call,
)

_SAME = {
    **{name: name for name in ("count", "sum", "avg", "min", "max", "median", "stddev_pop")},
    **{name: name for name in ("stddev_samp", "var_pop", "var_samp", "starts_with", "contains")},
    **{name: name for name in ("lower", "upper", "trim", "length", "abs", "floor", "ln", "sign")},
    **{name: name for name in ("coalesce", "greatest", "least", "exp", "sqrt", "nullif")},
    "ceil": "ceiling",
    "unaccent": "accenti",
    "log": "log10",
    "num_points": "points",
    "not": "not",
    "ends_with": "ends_with",
    "convex_hull": "hull",
    "centroid": "centroid",
    "date_trunc_y": "trunc_year",
    "date_trunc_ym": "trunc_month",
    "date_trunc_ymd": "trunc_day",
    "date_extract_y": "year",
    "date_extract_m": "month",
    "date_extract_d": "day",
    "date_extract_hh": "hour",
    "date_extract_mm": "minute",
    "date_extract_ss": "second",
    "date_extract_dow": "day_of_week",
    "date_extract_woy": "week",
    "distance_in_meters": "distance_m",
    "intersects": "s_intersects",
}
"""Functions of SoQL that one of ours is."""

_CLAUSES = (
    *("$select", "$where", "$group", "$having", "$order", "$limit", "$offset", "$q", "$query"),
)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question in SoQL says, clause by clause."""

    select: tuple[Named, ...] = ()  # empty: every column
    where: Expression | None = None
    group: tuple[Expression, ...] = ()
    having: Expression | None = None
    order: tuple[Sorted, ...] = ()
    limit: int | None = None
    offset: int = 0
    search: str = ""


class Soql(Grammar):
    """One clause of SoQL, or a whole question."""

    spelling: ClassVar[Spelling] = Spelling(
        texts="'\"",
        names="`",
        name=r":@?[^\W\d]\w*|[^\W\d]\w*",
        signs=("<=", ">=", "<>", "!=", "==", "||", "::", ":*", *"=<>+-*/%(),"),
    )
    what = "SoQL"

    def called(self, name: str, arguments: tuple[Expression, ...]) -> Expression:
        if name in _SAME:
            return call(_SAME[name], *_placed(_SAME[name], arguments))
        match name, arguments:
            case "case", (_, _, *_):
                return _case(arguments)
            case "iif", (condition, then, otherwise):
                return call("if", then, otherwise, condition)
            case "within_box", (place, *edges) if len(edges) == 4:
                north, west, south, east = map(_number, edges)
                return call("s_intersects", place, places.box(west, south, east, north))
            case "within_circle", (place, lat, lon, metres):
                spot = places.point(_number(lon), _number(lat))
                return places.near(place, spot, _number(metres))
            case "within_polygon", (place, area):
                return call("s_within", place, _place(area))
            case "substring", (text, start, *rest):
                return _substring(text, start, rest)
            case "round", (number,):
                return call("round", number)
            case "round", (number, digits):
                return call("round_to", number, digits)
            case (("percentile" | "percentile_cont"), (number, part)):
                return call("percentile", number, part)
        raise Invalid(
            f"There is no function “{name[:40]}” here that takes {len(arguments)} values.",
            function=name[:40],
        )

    def selected(self) -> tuple[Named, ...]:
        """What `$select` says; empty for `*` alone. The names it gives are known from then on."""
        groups = self.listed(self._item)
        if groups == (self._everything(),):
            return ()
        found: list[Named] = []
        taken: set[str] = set()
        for one in (item for group in groups for item in group):
            name, number = one.name, 1
            while name in taken:
                name, number = f"{one.name}_{number}", number + 1
            taken.add(name)
            found.append(replace(one, name=name))
            self.aliases.setdefault(name.lower(), one.expression)
        return tuple(found)

    def _item(self) -> tuple[Named, ...]:
        if self.takes_sign("*"):
            left_out = self._left_out() if self.next.is_sign("(") else ()
            return tuple(one for one in self._everything() if one.expression not in left_out)
        if self.takes_sign(":*"):
            return tuple(Named(name=n, expression=e) for n, e in self.names.system.items())
        start, is_name = self.at, self.next.kind in (Kind.NAME, Kind.QUOTED)
        found = self.expression()
        text = self.since(start)
        if self.takes_word("as"):
            if self.next.kind not in (Kind.NAME, Kind.QUOTED):
                self.fail("a name was expected after AS")
            name = self.take().text[:200]
        elif isinstance(found, Column) and is_name:
            name = self.names.of[found.name]
        else:
            name = text.lower() if text.lower() in self.names.system else _implied(text)
        return (Named(name=name, expression=found),)

    def _everything(self) -> tuple[Named, ...]:
        names = self.names.of
        return tuple(Named(name=names[f], expression=Column(f)) for f in names)

    def _left_out(self) -> tuple[Expression, ...]:
        self.want_sign("(")
        self.want_word("except")
        found = self.listed(self.expression)
        self.want_sign(")")
        return found

    def condition(self) -> Expression:
        """What `$where` says; a column is meant before a computed one of the same name."""
        aliases = self.aliases
        self.aliases = {n: one for n, one in aliases.items() if self.names.find(n) is None}
        found = self.expression()
        self.aliases = aliases
        return found

    def sorted_by(self) -> tuple[Sorted, ...]:
        """What `$order` says."""
        return self.listed(self._sorted)

    def _sorted(self) -> Sorted:
        found = self.expression()
        is_down = self.takes_word("desc")
        if not is_down:
            self.takes_word("asc")
        if self.takes_word("nulls"):  # empty ones come last here, whatever is asked
            self.take()
        return Sorted(expression=found, descending=is_down)

    def question(self) -> Asked:
        """What `$query` says, in the order of its clauses."""
        found = Asked()
        if self.takes_word("select"):
            found = replace(found, select=self.selected())
        if self.takes_word("where"):
            found = replace(found, where=self.condition())
        if self.takes_word("group", "by"):
            found = replace(found, group=self.listed(self.expression))
        if self.takes_word("having"):
            found = replace(found, having=self.expression())
        if self.takes_word("order", "by"):
            found = replace(found, order=self.sorted_by())
        if self.takes_word("search"):
            found = replace(found, search=self.take().text)
        if self.takes_word("limit"):
            found = replace(found, limit=self.whole_number())
        if self.takes_word("offset"):
            found = replace(found, offset=self.whole_number())
        self.want_end()
        return found


def read(params: Mapping[str, str], names: Names) -> Asked:
    """What the parameters `$select`, `$where`, … say, or `$query` alone.

    Raises `Invalid` that names the place that cannot be read.
    """
    for name in params:
        if name.startswith("$") and not name.startswith("$$") and name not in _CLAUSES:
            raise Invalid(f"“{name[:40]}” is no clause. Clauses are: {', '.join(_CLAUSES)}.")
    if "$query" in params:
        clauses = [name for name in _CLAUSES if name in params and name != "$query"]
        if clauses:
            raise Invalid(f"Give $query alone: {', '.join(clauses)} stands in it.")
        return Soql(params["$query"], names).question()
    aliases: dict[str, Expression] = {}

    def clause(name: str, of: Callable[[Soql], T]) -> T | None:
        if not (text := params.get(name, "").strip()):
            return None
        one = Soql(text, names)
        one.aliases = aliases
        found = of(one)
        one.want_end()
        return found

    return Asked(
        select=clause("$select", Soql.selected) or (),
        where=clause("$where", Soql.condition),
        group=clause("$group", lambda one: one.listed(one.expression)) or (),
        having=clause("$having", Soql.expression),
        order=clause("$order", Soql.sorted_by) or (),
        limit=clause("$limit", Soql.whole_number),
        offset=clause("$offset", Soql.whole_number) or 0,
        search=params.get("$q", ""),
    )


def equal(name: str, text: str, names: Names) -> Expression:
    """The filter `name=text` of an address. Raises `Invalid` if there is no such column."""
    one = Soql("", names)
    return one.compared("eq", names.column(name), Literal(text))


def _case(arguments: tuple[Expression, ...]) -> Expression:
    """`case(condition, value, …)`: the value of the first condition that holds."""
    found: Expression = Literal(None)
    pairs = list(zip(arguments[::2], arguments[1::2], strict=False))
    if len(arguments) % 2:
        found = arguments[-1]
    if pairs and pairs[-1][0] == Literal(True):  # the usual way to say “else”
        found = pairs.pop()[1]
    for condition, value in reversed(pairs):
        found = call("if", value, found, condition)
    return found


def _placed(function: str, arguments: tuple[Expression, ...]) -> tuple[Expression, ...]:
    if function not in ("distance_m", "s_intersects"):
        return arguments
    return tuple(_place(one) for one in arguments)


def _place(one: Expression) -> Expression:
    """A text in the place of a geometry is well-known text."""
    if isinstance(one, Literal) and isinstance(one.value, str):
        return places.from_wkt(one.value)
    return one


def _number(one: Expression) -> float:
    if isinstance(one, Literal) and isinstance(one.value, int | float | str):
        try:
            if math.isfinite(found := float(one.value)):
                return found
        except ValueError:
            pass
    raise Invalid("Edges, middles and distances are numbers, such as 51.96.")


def _substring(text: Expression, start: Expression, rest: Sequence[Expression]) -> Expression:
    from_zero = call("sub", start, Literal(1))
    whole = call("int_div", from_zero, Literal(1))
    return call("substring_of", text, whole, *rest) if rest else call("substring", text, whole)


def _implied(text: str) -> str:
    """How a computed column is named that nobody named: `sum(size)` → `sum_size`."""
    return re.sub(r"\W+", "_", text).strip("_").lower()[:200] or "column"
