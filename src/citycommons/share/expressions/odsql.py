"""ODSQL, the query language of Opendatasoft's Explore API 2.1.

References
----------
Opendatasoft: Explore API reference v2.1, “Opendatasoft Query Language (ODSQL)”.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldType
from citycommons.share.expressions import places
from citycommons.share.expressions.date_patterns import formatted
from citycommons.share.expressions.grammar import Grammar
from citycommons.share.expressions.odsql_ranges import static_range, width_range
from citycommons.share.expressions.odsql_values import box_of, edge, moment, place
from citycommons.share.expressions.tokens import Kind, Spelling
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Literal,
    Named,
    Shape,
    Sorted,
    call,
)
from citycommons.share.expressions.words import held, said

_SAME = {
    **{name: name for name in ("count", "sum", "avg", "min", "max", "median")},
    **{name: name for name in ("year", "month", "day", "hour", "minute", "second", "quarter")},
    **{name: name for name in ("length", "lower", "upper", "trim", "abs", "round", "floor")},
    "stddev": "stddev_samp",
    "variance": "var_samp",
    "stddev_pop": "stddev_pop",
    "var_pop": "var_pop",
    "ceil": "ceiling",
    "dayofweek": "day_of_week",
    "concat": "concat",
    "bounding": "hull",
    "centroid": "centroid",
}
_METRES = {
    "m": 1.0,
    "km": 1000.0,
    "cm": 0.01,
    "mm": 0.001,
    "mi": 1609.344,
    "yd": 0.9144,
    "ft": 0.3048,
}
_MODES = {
    **dict.fromkeys(("intersects", "intersect"), "s_intersects"),
    "disjoint": "s_disjoint",
    "within": "s_within",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What `select` says; `computed` is empty for every column."""

    computed: tuple[Named, ...] = ()


class Odsql(Grammar):
    """One clause of ODSQL."""

    spelling: ClassVar[Spelling] = Spelling(
        texts="'\"",
        names="`",
        signs=("<=", ">=", "<>", "!=", "==", "..", *"=<>+-*/%(),:[]"),
        has_escapes=True,
    )
    what = "ODSQL"
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)  # the request's clock

    # Values.

    def special(self) -> Expression | None:
        token, then = self.next, self.after_next()
        if token.kind is not Kind.NAME:
            return None
        word = token.text.lower()
        if then.kind is Kind.TEXT and word in ("date", "geom", "geometry", "geography"):
            self._pass(2)
            return moment(then.text) if word == "date" else place(then.text)
        if not then.is_sign("("):
            return None
        match word:
            case "distance" | "within_distance":
                self._pass(2)
                return self._distance()
            case "geometry":
                self._pass(2)
                return self._geometry()
            case "range":
                self._pass(2)
                return self._range()
            case "now":
                self._pass(2)
                return self._now()
            case "search":
                self._pass(2)
                return self._search()
        return None

    def _pass(self, tokens: int) -> None:
        for _ in range(tokens):
            self.take()

    def called(self, name: str, arguments: tuple[Expression, ...]) -> Expression:
        if name in _SAME:
            return call(_SAME[name], *arguments)
        match name, arguments:
            case "count_distinct", (one,):
                return call("count_distinct", one)
            case "percentile", (one, Literal(int() | float() as part)):
                return call("percentile", one, Literal(min(max(part, 0), 100) / 100))
            case "date_format", (one, Literal(str(pattern))):
                return formatted(one, pattern)
            case "startswith" | "starts_with", (*columns, text):
                begun = [call("starts_with", one, text) for one in columns or self._texts()]
                return Call("or", tuple(begun)) if begun else Literal(False)
            case "suggest", (*columns, Literal(str(text))):
                found = [held(one, text, is_prefix=True) for one in columns or self._texts()]
                return Call("or", tuple(found)) if found else Literal(False)
            case (("intersects" | "disjoint" | "within" | "equals"), (one, other)):
                return call(f"s_{name}", one, other)
            case "polygon", (one, area):
                return call("s_within", one, area)
            case "bbox", (one, Shape() as first, Shape() as second):
                return call("s_intersects", one, box_of(first, second))
            case "in_bbox", (one, *edges) if len(edges) == 4:
                lats, lons = edges[0::2], edges[1::2]
                south, north = sorted(map(edge, lats))
                west, east = sorted(map(edge, lons))
                return call("s_intersects", one, places.box(west, south, east, north))
        raise Invalid(
            f"There is no function “{name[:40]}” here that takes {len(arguments)} values.",
            function=name[:40],
        )

    def _distance(self) -> Expression:
        """`distance(field, geom'…')` is a number of metres; with a third value it is a filter."""
        place = self.expression()
        self.want_sign(",")
        middle = self.expression()
        metres = self._metres() if self.takes_sign(",") else None
        self.want_sign(")")
        if metres is None:
            return call("distance_m", place, middle)
        if not isinstance(middle, Shape):
            raise Invalid("The middle of a circle is written as geom'POINT(7.62 51.96)'.")
        return places.near(place, middle, metres)

    def _metres(self) -> float:
        token = self.take()
        if token.kind is not Kind.NUMBER:
            self.fail("a distance such as 1km was expected")
        unit = "m"
        if self.next.kind is Kind.NAME:
            unit = self.take().text.lower()
        if unit not in _METRES:
            raise Invalid(f"“{unit[:20]}” is no unit of length. Take {', '.join(_METRES)}.")
        return float(token.text) * _METRES[unit]

    def _geometry(self) -> Expression:
        place = self.expression()
        self.want_sign(",")
        shape = self.expression()
        mode = "intersects"
        if self.takes_sign(","):
            mode = self.take().text.lower()
        self.want_sign(")")
        if mode not in _MODES:
            raise Invalid(f"“{mode[:20]}” is no mode. Take INTERSECTS, DISJOINT or WITHIN.")
        return call(_MODES[mode], place, shape)

    def _now(self) -> Expression:
        """`now()`, or shifted: `now(days=-1, hours=+2)`."""
        found = self.now
        while not self.takes_sign(")"):
            unit = self.take().text.lower()
            self.want_sign("=")
            sign = self.takes_sign("-", "+")
            count = self.whole_number() * (-1 if sign == "-" else 1)
            if unit not in ("weeks", "days", "hours", "minutes", "seconds"):
                raise Invalid("“now” is shifted by weeks, days, hours, minutes or seconds.")
            try:
                found += timedelta(**{unit: count})
            except OverflowError as cause:
                raise Invalid("“now” cannot be shifted that far.") from cause
            if not self.takes_sign(","):
                self.want_sign(")")
                break
        return Literal(found)

    def _search(self) -> Expression:
        """`search(field, field, "words")`; without fields in every column of text."""
        if self.takes_sign("*"):
            self.want_sign(",")
        found = self.listed(self.expression)
        self.want_sign(")")
        *columns, text = found
        if not isinstance(text, Literal) or not isinstance(text.value, str):
            raise Invalid("search(…) ends with the words to look for, in quotation marks.")
        return said(text.value, columns or self._texts())

    def _texts(self) -> list[Expression]:
        return [Column(f.name) for f in self.names.fields if f.type is FieldType.STRING]

    # Comparisons.

    def also_compared(self, left: Expression) -> Expression | None:
        if not self.takes_sign(":"):
            return None
        if self.next.is_sign("[", "]"):
            return self.among(left)
        return self.compared("eq", left, self.sum())

    def among(self, left: Expression) -> Expression:
        """`IN (a, b)`, or a span: `IN [a..b]`, `IN ]a..b[`; an open end is left out."""
        opened = self.takes_sign("[", "]")
        if not opened:
            return super().among(left)
        parts: list[Expression] = []
        if not self._is_between():
            parts.append(self.compared("ge" if opened == "[" else "gt", left, self.sum()))
        if not (self.takes_sign("..") or self.takes_word("to")):
            self.fail("“..” was expected")
        if not self.next.is_sign("[", "]"):
            high = self.sum()
            is_in = self.next.is_sign("]")
            parts.append(self.compared("le" if is_in else "lt", left, high))
        if not self.takes_sign("[", "]"):
            self.fail("“]” was expected")
        return Call("and", tuple(parts)) if parts else call("not", call("is_null", left))

    def _is_between(self) -> bool:
        return self.next.is_sign("..") or self.next.is_word("to")

    def like(self, left: Expression, pattern: Expression) -> Expression:
        """Every word is held, whatever case and accents; `*` stands for any letters."""
        if isinstance(pattern, Literal) and isinstance(pattern.value, str):
            return held(left, pattern.value)
        return super().like(left, pattern)

    # Clauses.

    def condition(self) -> Expression:
        """What `where` says; a text alone is looked for in every column of text."""
        return self._searched(self.whole())

    def _searched(self, one: Expression) -> Expression:
        if isinstance(one, Literal) and isinstance(one.value, str):
            return said(one.value, self._texts())
        if isinstance(one, Call) and one.function in ("and", "or", "not"):
            return Call(one.function, tuple(self._searched(part) for part in one.arguments))
        return one

    def selected(self) -> Selected:
        """What `select` says. The names it gives are known from then on."""
        found: list[Named] = []
        left_out: set[str] = set()
        is_all = False
        while True:
            if self.takes_sign("*"):
                is_all = True
                found += self._everything()
            elif self.next.is_word("include", "exclude") and self.after_next().is_sign("("):
                is_wanted = self.take().text.lower() == "include"
                some = self._patterned()
                found += some if is_wanted else ()
                left_out |= set() if is_wanted else {one.name for one in some}
                is_all = is_all or not is_wanted
            else:
                found.append(self.named())
            if not self.takes_sign(","):
                break
        self.want_end()
        if is_all and not found:
            found = self._everything()
        kept = tuple({one.name: one for one in found if one.name not in left_out}.values())
        self.aliases |= {one.name.lower(): one.expression for one in kept}
        return Selected() if kept == tuple(self._everything()) else Selected(computed=kept)

    def _everything(self) -> list[Named]:
        return [Named(name=name, expression=Column(f)) for f, name in self.names.of.items()]

    def _patterned(self) -> list[Named]:
        """The fields that a name means, or the beginning of names: `pop*`."""
        self.want_sign("(")
        found: list[Named] = []
        while True:
            name = self.take().text.lower()
            is_start = bool(self.takes_sign("*"))
            found += [
                one
                for one in self._everything()
                if (one.name.lower().startswith(name) if is_start else one.name.lower() == name)
            ]
            if not self.takes_sign(","):
                break
        self.want_sign(")")
        return found

    def named(self) -> Named:
        """An expression with its name: after AS, else as it is written."""
        start = self.at
        found = self.expression()
        text = self.since(start)
        if self.takes_word("as"):
            if self.next.kind not in (Kind.NAME, Kind.QUOTED):
                self.fail("a name was expected after AS")
            return Named(name=self.take().text[:200], expression=found)
        if isinstance(found, Column):
            return Named(name=self.names.of[found.name], expression=found)
        return Named(name=re.sub(r"\s*([(),])\s*", r"\1", text)[:200], expression=found)

    def grouped(self) -> tuple[Named, ...]:
        """What `group_by` says."""
        found = self.listed(self.named)
        self.want_end()
        return found

    def sorted_by(self) -> tuple[Sorted, ...]:
        """What `order_by` says; `-field` and `random(seed)` too."""
        found = self.listed(self._sorted)
        self.want_end()
        return found

    def _sorted(self) -> Sorted:
        is_down = bool(self.takes_sign("-"))
        if self.next.is_word("random") and self.after_next().is_sign("("):
            self._pass(1)
            seed = self.arguments() or (Literal(0),)
            return Sorted(expression=call("digest", call("row"), *seed), descending=is_down)
        found = self.expression()
        if self.takes_word("desc"):
            is_down = not is_down
        else:
            self.takes_word("asc")
        return Sorted(expression=found, descending=is_down)

    def _range(self) -> Expression:
        """`range(field, width)`, or with steps: `range(field, [1, 2, 3[)`."""
        one = self.expression()
        field = self.names.field_of(one)
        if field is None:
            raise Invalid("range(…) is of a column.")
        self.want_sign(",")
        if opened := self.takes_sign("[", "]"):
            steps = self.listed(self.sum)
            closed = self.takes_sign("[", "]") or self.fail("“]” was expected")
            self.want_sign(")")
            return static_range(one, field, steps, starts=opened == "[", ends=closed == "]")
        token = self.take()
        if token.kind is not Kind.NUMBER:
            self.fail("a width such as 5 or 1 day was expected")
        unit = self.take().text if self.next.kind is Kind.NAME else ""
        self.want_sign(")")
        return width_range(one, field, token.text, unit)
