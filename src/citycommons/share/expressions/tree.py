"""Expressions over the columns of a version: filters, computed columns, orders, groups.

Each outside language (CQL2, OData, ODSQL, SoQL) is read into this one tree, which knows nothing of
them; `expressions.sql` checks it against the fields and writes it as SQL. Null behaves as in SQL:
what is compared with nothing is neither true nor false.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | date | datetime | time | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written; times are aware and in UTC."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry as WKB in CRS84; what crosses the date line comes in two parts."""

    wkb: bytes


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time, of columns or literals; an open end is `Literal(None)`."""

    start: "Expression"
    end: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """One function of `sql.FUNCTIONS` with its arguments."""

    function: str
    arguments: tuple["Expression", ...] = ()


Expression: TypeAlias = Column | Literal | Shape | Interval | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A computed column of an answer, by the name it will have there."""

    name: str
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """One thing to sort by; empty values come last either way."""

    expression: Expression
    descending: bool = False


def call(function: str, *arguments: Expression) -> Call:
    """The function with its arguments, in fewer signs."""
    return Call(function, arguments)


def all_of(*parts: Expression) -> Expression | None:
    """What holds when every part does; None of no part."""
    return Call("and", parts) if len(parts) > 1 else next(iter(parts), None)


def within(one: Expression) -> Iterator[Expression]:
    """The expression and all it is made of."""
    yield one
    match one:
        case Call():
            for part in one.arguments:
                yield from within(part)
        case Interval():
            yield from within(one.start)
            yield from within(one.end)


def depth_of(one: Expression) -> int:
    """How deep calls stand within calls; does not recurse itself."""
    deepest, left = 0, [(one, 1)]
    while left:
        part, depth = left.pop()
        deepest = max(deepest, depth)
        if isinstance(part, Call):
            left += [(argument, depth + 1) for argument in part.arguments]
        elif isinstance(part, Interval):
            left += [(part.start, depth + 1), (part.end, depth + 1)]
    return deepest


def renamed(one: Expression, names: Mapping[str, str]) -> Expression:
    """The expression with other names for these columns."""
    match one:
        case Column(name):
            return Column(names.get(name, name))
        case Call(function, arguments):
            return Call(function, tuple(renamed(part, names) for part in arguments))
        case Interval(start, end):
            return Interval(renamed(start, names), renamed(end, names))
    return one


def columns_of(one: Expression) -> tuple[str, ...]:
    """Names of the columns it reads, each once."""
    return tuple(dict.fromkeys(part.name for part in within(one) if isinstance(part, Column)))
