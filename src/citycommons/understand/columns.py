"""Which columns of a version carry a figure: its time, its measure, what tells its series apart."""

import math
import re
from collections.abc import Iterable

from citycommons.core.types import ColumnStatistics, Field, FieldRole, FieldType, Version

NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
TIMED = (FieldType.DATETIME, FieldType.DATE)
_POSITION = re.compile(
    r"^(lon|lng|lat|long|latitude|longitude|x|y|easting|northing|.*(rechts|hoch)wert)$"
)
_FINE = ("ok", "complete", "valid", "0", "good", "none")


def quoted(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def statistics_of(version: Version) -> dict[str, ColumnStatistics]:
    """Statistics by column."""
    return {one.name: one for one in version.statistics}


def time_column(version: Version) -> Field | None:
    """The column that says when; None where no row has its own time."""
    found = [f for f in version.fields if f.type in TIMED and _varies(version, f)]
    return next((f for f in found if f.role is FieldRole.TIME), None) or next(iter(found), None)


def measure_column(version: Version) -> Field | None:
    """The first column that measures something and is filled best."""
    known = statistics_of(version)
    found = [
        f
        for f in version.fields
        if f.type in NUMERIC
        and f.role is FieldRole.MEASURE
        and not _POSITION.match(f.name.casefold())
        and _varies(version, f)
    ]
    return min(found, key=lambda f: known[f.name].nulls > version.rows / 2, default=None)


def series_columns(version: Version, most: int = 2000) -> list[Field]:
    """Columns whose values name a series or a kind, those people read best first."""
    known = statistics_of(version)
    order = {FieldRole.CATEGORY: 0, FieldRole.IDENTIFIER: 1, FieldRole.TEXT: 2}

    def rank(field: Field) -> tuple[bool, int, int]:
        example = known[field.name].minimum or (known[field.name].top or (("", 0),))[0][0]
        is_code = bool(re.fullmatch(r"[\W\d_]*", str(example)))
        return is_code, order[field.role], known[field.name].distinct

    found = [
        f
        for f in version.fields
        if f.type is FieldType.STRING
        and f.role in order
        and not f.is_sensitive
        and f.name in known
        and 2 <= known[f.name].distinct <= most
    ]
    return sorted(found, key=rank)


def series_beside(version: Version, time: Field) -> list[Field]:
    """Columns that tell apart the rows of one time: detectors, stations, car parks.

    There are about as many of them as rows share a time, not many more (a weather, an index of
    quality) and not fewer. None where each time stands alone.
    """
    known = statistics_of(version)
    rows_at_once = version.rows / max(1, known[time.name].distinct)
    if rows_at_once < 1.2:
        return []

    def distance(field: Field) -> float:
        return round(abs(math.log2(known[field.name].distinct / rows_at_once)))

    found = [
        field
        for field in series_columns(version)
        if 0.8 * rows_at_once <= known[field.name].distinct <= 4 * rows_at_once
    ]
    return sorted(found, key=distance)


def doubtful(fields: Iterable[Field]) -> str:
    """SQL that is true where a row is flagged as doubtful (columns with the role `flag`)."""
    parts = []
    for field in fields:
        if field.role is not FieldRole.FLAG:
            continue
        name = quoted(field.name)
        if field.type is FieldType.BOOLEAN:
            parts.append(f"coalesce({name}, false)")
        elif field.type in NUMERIC:
            parts.append(f"coalesce({name}, 0) <> 0")
        elif field.type is FieldType.STRING:
            fine = ", ".join(f"'{word}'" for word in ("", *_FINE))
            parts.append(f"lower(coalesce({name}, '')) not in ({fine})")
    return "(" + " or ".join(parts) + ")" if parts else "false"


def _varies(version: Version, field: Field) -> bool:
    one = statistics_of(version).get(field.name)
    return one is not None and one.minimum is not None and one.minimum != one.maximum
