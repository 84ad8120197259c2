"""Whether a column that everybody may read has begun to speak about persons."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import fields_of
from citycommons.core.types import FieldRole, FieldType
from citycommons.share.open import Opened
from citycommons.standardise.people import about

_SAMPLE = 200


def newly_personal(before: Opened, table: pa.Table) -> str:
    """The first column of texts that seems to be about persons now, and did not before.

    What a person once published as it is counts as decided: only a change is told.
    """
    plain = {
        field.name
        for field in before.version.fields
        if field.type is FieldType.STRING
        and not (field.is_sensitive or field.role is FieldRole.PERSON)
    }
    for field in fields_of(table):
        if field.name not in plain or not about(field.name, _some(table[field.name])):
            continue
        earlier = pq.read_table(before.path, columns=[field.name])
        if not about(field.name, _some(earlier[field.name])):
            return field.name
    return ""


def _some(column: pa.ChunkedArray) -> list[str]:
    """Values of all parts of the column, so that its first rows alone decide nothing."""
    there = column.drop_null()
    if not pa.types.is_string(there.type) and not pa.types.is_large_string(there.type):
        return []
    places = np.linspace(0, max(len(there) - 1, 0), min(len(there), _SAMPLE)).astype(np.int64)
    return [str(value) for value in there.take(pa.array(places)).to_pylist()]
