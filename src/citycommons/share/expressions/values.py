"""Texts as values of a kind, and literals that fit the column they are compared with."""

import math
import re
from datetime import UTC, date, datetime, time

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.expressions.tree import Expression, Literal

Value = str | int | float | bool | date | datetime | time
_INT64 = 2**63
_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)


def typed(kind: FieldType, text: str) -> Value:
    """The text as a value of a kind; times without a zone are UTC.

    Raises `ValueError` or `OverflowError` if it is none.
    """
    if kind in _NUMERIC:
        if kind is FieldType.INTEGER and re.fullmatch(r"[+-]?\d+", text):
            number = int(text)
            if not -_INT64 <= number < _INT64:
                raise OverflowError
            return number
        if not math.isfinite(float(text)) or "_" in text:
            raise ValueError
        return float(text)
    if kind is FieldType.BOOLEAN:
        return _flag(text)
    if kind is FieldType.DATE:
        return date.fromisoformat(text)
    if kind is FieldType.TIME:
        return time.fromisoformat(text).replace(tzinfo=None)
    if kind is FieldType.STRING:
        return text
    # A plus sign in an address arrives as a space: 08:00:00 02:00 means +02:00.
    moment = datetime.fromisoformat(re.sub(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)$", r"\1+\2", text))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _flag(text: str) -> bool:
    if text.strip().lower() in ("true", "1", "yes"):
        return True
    if text.strip().lower() in ("false", "0", "no"):
        return False
    raise ValueError


def fitted(one: Expression, field: Field) -> Expression:
    """A literal as the column's kind, where a language writes every value as text (or none so).

    Raises `Invalid` if it cannot be that.
    """
    if not isinstance(one, Literal) or one.value is None:
        return one
    value, kind = one.value, field.type
    if kind is FieldType.STRING and isinstance(value, int | float) and value is not True:
        return one if isinstance(value, bool) else Literal(str(value))
    if not isinstance(value, str) or kind in (FieldType.STRING, FieldType.GEOMETRY):
        return one
    if kind in (FieldType.DATE, FieldType.DATETIME):
        return one  # the writer reads these, whole years too
    try:
        return Literal(typed(kind, value.strip()))
    except (ValueError, OverflowError) as cause:
        raise Invalid(
            f"“{value[:60]}” is no {kind}, and “{field.name}” holds such.", column=field.name
        ) from cause
