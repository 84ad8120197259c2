"""OData's `$filter` and `$orderby`, with what SensorThings adds, into the one tree of expressions.

A path such as `Datastream/Thing/name` becomes `Column("Datastream/Thing/name")`; whoever asks says
with `resolved` what it stands for. An unknown name or function is said with its position.

References
----------
OGC 18-088, SensorThings API Part 1: Sensing 1.1, tables 21 and 22 (operators and functions).
OASIS: OData 4.01 ABNF construction rules.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

import shapely

from citycommons.core.errors import Invalid
from citycommons.share.expressions.odata_values import Duration, value_of
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Sorted,
    call,
)

MOST_SIGNS = 8_000
MOST_DEPTH = 40

_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?"
_MOMENT = rf"\d{{4}}-\d\d-\d\d(?:T{_TIME}(?:Z|[+-]\d\d:?\d\d)?)?"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<span>{_MOMENT}/{_MOMENT})
    |(?P<moment>{_MOMENT})
    |(?P<clock>{_TIME})
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<typed>(?:geography|geometry|duration|datetime|datetimeoffset|date|time)'(?:[^']|'')*')
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>@?[^\W\d][\w.\-]*(?:/@?[^\W\d][\w.\-]*)*)
    |(?P<sign>[(),\-])""",
    re.VERBOSE,
)
_MIN = datetime(1, 1, 1, tzinfo=UTC)
_MAX = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_SUMS = {"add": "add", "sub": "sub"}
_PRODUCTS = {"mul": "mul", "div": "div", "divby": "div", "mod": "mod"}
_TURNED = frozenset({"substringof"})  # the needle comes first

FUNCTIONS: dict[str, tuple[str, int, int]] = {
    "substringof": ("contains", 2, 2),
    "contains": ("contains", 2, 2),
    "endswith": ("ends_with", 2, 2),
    "startswith": ("starts_with", 2, 2),
    "length": ("length", 1, 1),
    "indexof": ("index_of", 2, 2),
    "substring": ("substring", 2, 3),
    "tolower": ("lower", 1, 1),
    "toupper": ("upper", 1, 1),
    "trim": ("trim", 1, 1),
    "concat": ("concat", 2, 2),
    "matchespattern": ("matches", 2, 2),
    "year": ("year", 1, 1),
    "month": ("month", 1, 1),
    "day": ("day", 1, 1),
    "hour": ("hour", 1, 1),
    "minute": ("minute", 1, 1),
    "second": ("second", 1, 1),
    "fractionalseconds": ("fractional_second", 1, 1),
    "date": ("date", 1, 1),
    "time": ("time", 1, 1),
    "round": ("round", 1, 1),
    "floor": ("floor", 1, 1),
    "ceiling": ("ceiling", 1, 1),
    "geo.distance": ("distance_deg", 2, 2),
    "geo.length": ("length_deg", 1, 1),
    "geo.intersects": ("s_intersects", 2, 2),
    "st_equals": ("s_equals", 2, 2),
    "st_disjoint": ("s_disjoint", 2, 2),
    "st_touches": ("s_touches", 2, 2),
    "st_within": ("s_within", 2, 2),
    "st_overlaps": ("s_overlaps", 2, 2),
    "st_crosses": ("s_crosses", 2, 2),
    "st_intersects": ("s_intersects", 2, 2),
    "st_contains": ("s_contains", 2, 2),
    "st_relate": ("s_relate", 3, 3),
    "before": ("t_before", 2, 2),
    "after": ("t_after", 2, 2),
    "meets": ("t_meets", 2, 2),
    "during": ("t_during", 2, 2),
    "overlaps": ("t_intersects", 2, 2),
    "starts": ("t_starts", 2, 2),
    "finishes": ("t_finishes", 2, 2),
}
"""OData's name → the tree's, with the least and the most arguments."""


_Part = Expression | Duration


def parse_filter(text: str, now: datetime) -> Expression:
    """The condition that `$filter` asks for; `now()` is `now`.

    Raises `Invalid` that says what was expected, and where.
    """
    reader = _Reader(text, "$filter", now)
    found = reader.whole(reader.disjunction(0))
    reader.end()
    return found


def parse_orderby(text: str, now: datetime) -> tuple[Sorted, ...]:
    """What `$orderby` sorts by, first things first. Raises `Invalid` like `parse_filter`."""
    reader = _Reader(text, "$orderby", now)
    found = [reader.sorted()]
    while reader.takes(","):
        found.append(reader.sorted())
    reader.end()
    return tuple(found)


def resolved(one: Expression, meaning: Callable[[str], Expression]) -> Expression:
    """The expression with what each path stands for in its place."""
    match one:
        case Column(name):
            return meaning(name)
        case Call(function, arguments):
            return Call(function, tuple(resolved(part, meaning) for part in arguments))
        case Interval(start, end):
            return Interval(resolved(start, meaning), resolved(end, meaning))
    return one


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


class _Reader:
    """Recursive descent, one token ahead."""

    def __init__(self, text: str, option: str, now: datetime) -> None:
        if len(text) > MOST_SIGNS:
            raise Invalid(f"{option} has {len(text)} signs; {MOST_SIGNS} are the most.")
        self._option, self._now = option, now
        self._tokens, self._next = self._cut(text), 0

    def _cut(self, text: str) -> list[_Token]:
        found, place = [], 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise Invalid(
                    f"{self._option}: “{text[place : place + 20]}” cannot be read "
                    f"(sign {place + 1}).",
                    parameter=self._option,
                )
            if token.lastgroup != "space":
                found.append(_Token(str(token.lastgroup), token[0], place))
            place = token.end()
        found.append(_Token("end", "", len(text)))
        return found

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _fails(self, expected: str) -> NoReturn:
        there = f"“{self._token.text[:40]}”" if self._token.text else "the end"
        raise Invalid(
            f"{self._option}: {expected} was expected, not {there} (sign {self._token.place + 1}).",
            parameter=self._option,
        )

    def takes(self, *texts: str) -> str:
        """The next token's text if it is one of these, which is then read; else nothing."""
        token = self._token
        if token.kind in ("sign", "name") and token.text in texts:
            self._next += 1
            return token.text
        return ""

    def _must(self, text: str) -> None:
        if not self.takes(text):
            self._fails(f"“{text}”")

    def end(self) -> None:
        """Nothing may follow."""
        if self._token.kind != "end":
            self._fails("the end")

    def whole(self, part: _Part) -> Expression:
        """A part that may stand alone, as a duration may not."""
        if isinstance(part, Duration):
            raise Invalid(
                f"{self._option}: a duration is added to a moment, such as now() sub "
                "duration'PT1H'; it does not stand alone or beside a property.",
                parameter=self._option,
            )
        return part

    def sorted(self) -> Sorted:
        """One item of an order."""
        expression = self.whole(self.sum(0))
        return Sorted(expression=expression, descending=self.takes("asc", "desc") == "desc")

    def disjunction(self, depth: int) -> _Part:
        """Conditions of which one has to hold."""
        return self._joined("or", self._conjunction, depth)

    def _conjunction(self, depth: int) -> _Part:
        return self._joined("and", self._negation, depth)

    def _joined(self, word: str, part: Callable[[int], _Part], depth: int) -> _Part:
        first = part(depth)
        rest = []
        while self.takes(word):
            rest.append(self.whole(part(depth)))
        return Call(word, (self.whole(first), *rest)) if rest else first

    def _negation(self, depth: int) -> _Part:
        if self.takes("not"):
            return call("not", self.whole(self._negation(self._deeper(depth))))
        return self._comparison(depth)

    def _deeper(self, depth: int) -> int:
        if depth >= MOST_DEPTH:
            raise Invalid(f"{self._option} is nested deeper than {MOST_DEPTH}; write it flatter.")
        return depth + 1

    def _comparison(self, depth: int) -> _Part:
        left = self.sum(depth)
        if self.takes("in"):
            return Call("in", (self.whole(left), *self._listed(depth)))
        if not (sign := self.takes(*_COMPARISONS)):
            return left
        return _compared(sign, self.whole(left), self.whole(self.sum(depth)))

    def _listed(self, depth: int) -> list[Expression]:
        self._must("(")
        found = [self.whole(self.sum(depth))]
        while self.takes(","):
            found.append(self.whole(self.sum(depth)))
        self._must(")")
        return found

    def sum(self, depth: int) -> _Part:
        """Terms that are added or taken away."""
        left = self._product(depth)
        while sign := self.takes(*_SUMS):
            left = self._worked(sign, left, self._product(depth))
        return left

    def _worked(self, sign: str, left: _Part, right: _Part) -> _Part:
        if not isinstance(right, Duration):
            return call(sign, self.whole(left), self.whole(right))
        delta = right.value if sign == "add" else -right.value
        if isinstance(left, Duration):
            return Duration(left.value + delta)
        if isinstance(left, Literal) and isinstance(left.value, datetime):
            try:
                return Literal(left.value + delta)
            except OverflowError:
                self._fails("a moment between the years 1 and 9999")
        return self.whole(right)

    def _product(self, depth: int) -> _Part:
        left = self._single(depth)
        while sign := self.takes(*_PRODUCTS):
            right = self._single(depth)
            left = call(_PRODUCTS[sign], self.whole(left), self.whole(right))
        return left

    def _single(self, depth: int) -> _Part:
        depth = self._deeper(depth)
        if self.takes("-"):
            inner = self._single(depth)
            if isinstance(inner, Literal) and type(inner.value) in (int, float):
                return Literal(-inner.value)  # type: ignore[operator]
            return call("neg", self.whole(inner))
        if self.takes("("):
            found = self.disjunction(depth)
            self._must(")")
            return found
        token = self._token
        if token.kind in ("sign", "end"):
            self._fails("a property, a value or a function")
        self._next += 1
        if token.kind == "name":
            return self._named(token, depth)
        return self._value(token)

    def _named(self, token: _Token, depth: int) -> _Part:
        if self.takes("("):
            return self._called(token, depth)
        if token.text in ("true", "false"):
            return Literal(token.text == "true")
        return Literal(None) if token.text == "null" else Column(token.text)

    def _called(self, token: _Token, depth: int) -> Expression:
        name, given = token.text, []
        if not self.takes(")"):
            given.append(self.whole(self.disjunction(depth)))
            while self.takes(","):
                given.append(self.whole(self.disjunction(depth)))
            self._must(")")
        if name in ("now", "mindatetime", "maxdatetime", "totaloffsetminutes"):
            return self._constant(name, given)
        if name not in FUNCTIONS:
            raise Invalid(
                f"{self._option}: there is no function “{name[:40]}” (sign {token.place + 1}). "
                f"Functions are: {', '.join(FUNCTIONS)}.",
                parameter=self._option,
            )
        function, least, most = FUNCTIONS[name]
        if not least <= len(given) <= most:
            count = least if least == most else f"{least} or {most}"
            raise Invalid(
                f"{self._option}: “{name}” takes {count} values, not {len(given)}.",
                parameter=self._option,
            )
        if function == "substring" and len(given) == 3:
            function = "substring_of"
        return Call(function, tuple(reversed(given) if name in _TURNED else given))

    def _constant(self, name: str, given: list[Expression]) -> Expression:
        wanted = 1 if name == "totaloffsetminutes" else 0
        if len(given) != wanted:
            raise Invalid(f"{self._option}: “{name}” takes {wanted} values.")
        if name == "totaloffsetminutes":
            return Literal(0)  # all times are in UTC
        return Literal({"mindatetime": _MIN, "maxdatetime": _MAX}.get(name, self._now))

    def _value(self, token: _Token) -> _Part:
        text = token.text
        try:
            return value_of(token.kind, text)
        except (ValueError, OverflowError, shapely.errors.ShapelyError) as cause:
            raise Invalid(
                f"{self._option}: “{text[:60]}” is no such value (sign {token.place + 1}).",
                parameter=self._option,
            ) from cause


def _compared(sign: str, left: Expression, right: Expression) -> Expression:
    for one, other in ((left, right), (right, left)):
        if one == Literal(None) and sign in ("eq", "ne"):
            return call("is_null", other) if sign == "eq" else call("not", call("is_null", other))
    return call(sign, left, right)
