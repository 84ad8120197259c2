"""CQL2's array functions over lists that are written out: columns here hold no lists.

References
----------
OGC 21-065r2, Common Query Language (CQL2), clause 7.9: the lists are compared as sets.
"""

from collections.abc import Callable

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import (
    Call,
    Column,
    Expression,
    Interval,
    Literal,
    Shape,
    within,
)

_Members = frozenset[object]

ARRAYS: dict[str, Callable[[_Members, _Members], bool]] = {
    "a_contains": lambda one, other: one >= other,
    "a_contained_by": lambda one, other: one <= other,
    "a_equals": lambda one, other: one == other,
    "a_overlaps": lambda one, other: bool(one & other),
}


def compared(function: str, arguments: tuple[Expression, ...]) -> bool:
    """Whether it is true of the two lists. Raises `Invalid` for a list that rows would have."""
    if len(arguments) != 2:
        raise Invalid(f"“{function}” takes two lists, not {len(arguments)}.")
    one, other = (_members(argument, function) for argument in arguments)
    return ARRAYS[function](one, other)


def _members(one: Expression, function: str) -> _Members:
    if isinstance(one, Column):
        raise Invalid(f"“{function}” needs lists; column “{one.name}” holds single values.")
    is_list = isinstance(one, Call) and one.function == "array"
    if not is_list or any(isinstance(part, Column) for part in within(one)):
        raise Invalid(f"“{function}” is not implemented but for lists of values written out.")
    return frozenset(_member(part, function) for part in one.arguments)  # type: ignore[union-attr]


def _member(one: Expression, function: str) -> object:
    match one:
        case Literal(value):
            # True is 1 to Python, and no number to a reader.
            return ("flag", value) if isinstance(value, bool) else value
        case Shape() | Interval():
            return one
        case Call("array", arguments):
            return tuple(_member(part, function) for part in arguments)
    raise Invalid(f"“{function}” is not implemented but for lists of values written out.")
