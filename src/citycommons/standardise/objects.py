"""Objects of a standard as a table: their types are known, so nothing is guessed.

What a CSV or a portal's JSON writes may be anything and is inferred; here a station's number is a
name, however much it looks like a number.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from citycommons.standardise.cells import text_of
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft
from citycommons.standardise.layout import unique

GEOMETRY = "geometry"
_DEEPEST = 6


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Nested objects on one level, names joined by dots; shapes and lists stay whole."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        is_shape = isinstance(value, Mapping) and {"type", "coordinates"} <= value.keys()
        if isinstance(value, Mapping) and value and not is_shape and depth < _DEEPEST:
            found |= flat(value, f"{prefix}{key}.", depth + 1)
        else:
            found[f"{prefix}{key}"] = value
    return found


def draft(
    records: Sequence[Mapping[str, Any]],
    *,
    steps: Sequence[str] = (),
    times: Collection[str] = (),
    shapes: Sequence[Any] | None = None,
    faults: Faults | None = None,
    lines: Callable[[Any], Any] | None = None,
) -> Draft:
    """The records as a typed draft.

    `times` names columns of times: ISO texts with a zone, or POSIX seconds. `shapes` are the rows'
    GeoJSON geometries (or None), checked and kept as WKB. A value that is not what its column is
    becomes a fault, and is left empty.
    """
    faults = faults or Faults()
    flats = [flat(record) for record in records]
    keys = list(dict.fromkeys(key for one in flats for key in one))
    columns: list[pa.Array] = []
    for key in keys:
        values = [one.get(key) for one in flats]
        columns.append(_times(key, values, faults) if key in times else _typed(values))
    table = pa.Table.from_arrays(columns, names=list(unique(keys)))
    geometries: tuple[str, ...] = ()
    if shapes is not None and any(shape is not None for shape in shapes):
        name = GEOMETRY if GEOMETRY not in keys else f"{GEOMETRY}_2"
        table = table.append_column(name, _shapes(shapes, faults))
        geometries = (name,)
    made = Draft(
        table=table,
        faults=faults,
        steps=list(steps),
        geometries=geometries,
        is_typed=True,
        decimal=".",
    )
    if lines is not None:
        made.lines = lines
    return made


def _typed(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64() if _fits(values) else pa.float64())
    if kinds and kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array([text_of(value) for value in values], pa.string())


def _fits(values: list[Any]) -> bool:
    return all(value is None or -(2**63) <= value < 2**63 for value in values)


def _times(name: str, values: list[Any], faults: Faults) -> pa.Array:
    found: list[datetime | None] = []
    for line, value in enumerate(values, start=1):
        moment = moment_of(value)
        if moment is None and value not in (None, ""):
            message = f"“{value}” is no time with a zone; left empty."
            faults.add("datetime", message, line=line, column=name, value=str(value))
        found.append(moment)
    return pa.array(found, pa.timestamp("us", tz="UTC"))


def moment_of(value: Any) -> datetime | None:
    """ISO 8601 text with a zone, or POSIX seconds, as a UTC time; None for anything else."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
            return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _shapes(shapes: Sequence[Any], faults: Faults) -> pa.Array:
    import orjson
    import shapely

    from citycommons.standardise.vector import checked

    texts = np.array(
        [None if shape is None else orjson.dumps(shape).decode() for shape in shapes], dtype=object
    )
    found = shapely.from_geojson(texts, on_invalid="ignore")
    lost = np.flatnonzero((texts != None) & ~shapely.is_geometry(found))  # noqa: E711 (elementwise)
    for row in lost.tolist():
        message = "the geometry cannot be read; left empty."
        faults.add("geometry-empty", message, line=row + 1, column=GEOMETRY, value=texts[row])
    return checked(pa.chunked_array([pa.array(shapely.to_wkb(found), pa.binary())]), faults)
