"""A delivery of some rows and the rows that are there: put together as one table."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid
from citycommons.core.tables import ARROW_TYPES, fields_of, with_fields
from citycommons.core.types import Field, FieldType, Mode
from citycommons.share.open import Opened


def rows_of(opened: Opened) -> pa.Table:
    """All rows of a version, with its fields."""
    fields = opened.version.fields
    table = pq.read_table(opened.path, columns=[field.name for field in fields])
    return with_fields(table.replace_schema_metadata(None), fields)


def merged(before: pa.Table, new: pa.Table, mode: Mode, key: tuple[str, ...]) -> pa.Table:
    """The rows after a delivery: all of `new` for REPLACE, both for APPEND, by key for UPSERT.

    Columns that one of the two lacks are empty there. Of rows with the same key the last one of the
    delivery stays. Raises `Invalid` when types differ, or the key is not in both.
    """
    if mode is Mode.REPLACE:
        return new
    fields = _fields(before, new)
    old, fresh = _shaped(before, fields), _shaped(new, fields)
    if mode is Mode.UPSERT:
        if not key:
            raise Invalid("Rows can be replaced only by a key: say which columns identify a row.")
        if missing := [name for name in key if name not in new.column_names]:
            raise Invalid(f"The key column {', '.join(missing)} is not in the delivery.")
        fresh = fresh.take(_last_of_each(_keys(fresh, key)))
        old = old.filter(pc.invert(pc.is_in(_keys(old, key), value_set=_keys(fresh, key))))
    return with_fields(pa.concat_tables([old, fresh]), fields)


def _fields(before: pa.Table, new: pa.Table) -> tuple[Field, ...]:
    there = fields_of(before)
    names = {field.name: field for field in there}
    for field in fields_of(new):
        was = names.get(field.name)
        if was is not None and _wider(was.type, field.type) is None:
            raise Invalid(
                f"Column “{field.name}” was {was.type.value} and is {field.type.value} now, so the "
                "rows cannot stand in one table.",
                column=field.name,
            )
    found = {field.name: field for field in fields_of(new)}
    widened = (
        replace(field, type=_wider(field.type, found[field.name].type) or field.type)
        if field.name in found
        else field
        for field in there
    )
    return (*widened, *(field for name, field in found.items() if name not in names))


def _wider(one: FieldType, other: FieldType) -> FieldType | None:
    """The type that holds both; None when there is none."""
    if one is other:
        return one
    numbers = {FieldType.INTEGER, FieldType.NUMBER}
    return FieldType.NUMBER if {one, other} == numbers else None


def _shaped(table: pa.Table, fields: tuple[Field, ...]) -> pa.Table:
    columns = [
        table.column(field.name).cast(ARROW_TYPES[field.type])
        if field.name in table.column_names
        else pa.nulls(len(table), ARROW_TYPES[field.type])
        for field in fields
    ]
    return pa.table(columns, names=[field.name for field in fields])


def _keys(table: pa.Table, key: tuple[str, ...]) -> pa.ChunkedArray:
    """One text for each row; the length before each part, so that no two keys run together."""
    parts = []
    for name in key:
        column = table.column(name)
        if pa.types.is_binary(column.type):
            raise Invalid(f"The key column “{name}” is a geometry; choose another one.")
        text = pc.fill_null(column.cast(pa.string()), "\x00")
        parts += [pc.utf8_length(text).cast(pa.string()), text]
    return pc.binary_join_element_wise(*parts, "\x1f")


def _last_of_each(keys: pa.ChunkedArray) -> pa.Array:
    numbered = pa.table({"key": keys, "row": pa.array(range(len(keys)), pa.int64())})
    last = numbered.group_by("key").aggregate([("row", "max")]).column("row_max")
    return last.combine_chunks().sort()
