"""Patterns of dates as ODSQL writes them (those of Joda-Time), as an expression.

References
----------
Opendatasoft: Explore API reference v2.1, “date_format”.
"""

import re

from citycommons.core.errors import Invalid
from citycommons.share.expressions.tree import Expression, Literal, call

_SIGNS = {
    **dict.fromkeys(("yy", "YY"), "%y"),
    **dict.fromkeys(("yyyy", "YYYY", "y", "Y"), "%Y"),
    "xxxx": "%G",
    "ww": "%V",
    "e": "%u",
    "E": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "D": "%-j",
    "DDD": "%j",
    "M": "%-m",
    "MM": "%m",
    "MMM": "%b",
    "MMMM": "%B",
    "d": "%-d",
    "dd": "%d",
    "H": "%-H",
    "HH": "%H",
    "h": "%-I",
    "hh": "%I",
    "a": "%p",
    "m": "%-M",
    "mm": "%M",
    "s": "%-S",
    "ss": "%S",
    "SSS": "%g",
}
_TOKEN = re.compile(r"'(?P<text>(?:[^']|'')*)'|(?P<sign>([A-Za-z])\3*)|(?P<other>[^A-Za-z'])")
_MOST = 200


def formatted(time: Expression, pattern: str) -> Expression:
    """The time written by the pattern.

    Raises `Invalid` for a sign that means nothing.
    """
    if len(pattern) > _MOST:
        raise Invalid(f"A pattern of dates has {_MOST} letters at most.")
    parts: list[Expression] = []
    text = ""
    place = 0
    while place < len(pattern):
        found = _TOKEN.match(pattern, place)
        if found is None:
            raise Invalid(f"The quotation in the pattern “{pattern[:40]}” has no end.")
        place = found.end()
        if (sign := found["sign"]) in ("w", "xx"):
            parts += [call("format_time", time, Literal(text)), _special(sign, time)]
            text = ""
        elif sign:
            if sign not in _SIGNS:
                raise Invalid(f"“{sign}” means nothing in a pattern of dates. Take yyyy-MM-dd.")
            text += _SIGNS[sign]
        else:
            plain = found["other"] or (found["text"].replace("''", "'") if found["text"] else "'")
            text += plain.replace("%", "%%")
    parts.append(call("format_time", time, Literal(text)))
    return parts[0] if len(parts) == 1 else call("concat", *parts)


def _special(sign: str, time: Expression) -> Expression:
    if sign == "w":
        return call("text", call("week", time))
    year = call("format_time", time, Literal("%G"))
    return call("substring", year, Literal(2))
