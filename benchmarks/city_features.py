"""The features that `share` measures with: nine points and a small polygon in every ten.

Six attributes, spread over a box of a city's size around Münster, from a fixed seed.
"""

from datetime import date

import numpy as np
import pyarrow as pa
import shapely

from citycommons.core.tables import with_fields
from citycommons.core.types import Field, FieldRole, FieldType

WEST, SOUTH, EAST, NORTH = 7.45, 51.85, 7.80, 52.05
KINDS = (
    *("tree", "lamp", "bench", "bin", "meter", "hydrant", "sign", "stop"),
    *("bicycle stand", "well"),
)
CLASSES = tuple(f"class {number}" for number in range(50))

FIELDS = (
    Field(name="id", type=FieldType.INTEGER, role=FieldRole.IDENTIFIER),
    Field(name="name", type=FieldType.STRING, role=FieldRole.TEXT),
    Field(name="class", type=FieldType.STRING, role=FieldRole.CATEGORY),
    Field(name="kind", type=FieldType.STRING, role=FieldRole.CATEGORY),
    Field(name="opened", type=FieldType.DATE, role=FieldRole.TIME),
    Field(name="value", type=FieldType.NUMBER, role=FieldRole.MEASURE),
    Field(name="geometry", type=FieldType.GEOMETRY, role=FieldRole.GEOMETRY),
)


def features(rows: int) -> pa.Table:
    """So many rows with their fields; the last column is WKB in CRS84."""
    rng = np.random.default_rng(2018)
    number = np.arange(rows)
    spots = np.column_stack([rng.uniform(WEST, EAST, rows), rng.uniform(SOUTH, NORTH, rows)])
    shapes = shapely.points(spots)
    areas = number % 10 == 9
    shapes[areas] = shapely.buffer(shapes[areas], rng.uniform(2e-5, 2e-4, areas.sum()), quad_segs=4)
    days = date(2000, 1, 1).toordinal() - date(1970, 1, 1).toordinal() + rng.integers(0, 9000, rows)
    columns = {
        "id": pa.array(number),
        "name": pa.array([f"Object {n}" for n in number.tolist()]),
        "class": pa.array(np.array(CLASSES, object)[rng.integers(0, len(CLASSES), rows)]),
        "kind": pa.array(np.array(KINDS, object)[rng.integers(0, len(KINDS), rows)]),
        "opened": pa.array(days.astype(np.int32), pa.int32()).cast(pa.date32()),
        "value": pa.array(np.round(rng.normal(100, 25, rows), 2)),
        "geometry": pa.array(shapely.to_wkb(shapes), pa.binary()),
    }
    return with_fields(pa.table(columns), FIELDS)
