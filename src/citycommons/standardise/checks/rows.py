"""Checks of rows together: none twice, references that lead somewhere, not suddenly fewer rows."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Rule
from citycommons.standardise.checks import twice
from citycommons.standardise.checks.kind import Found, Kind, Known, column, option, where
from citycommons.standardise.formats import Rows
from citycommons.store import spill

_FEWER, _MORE = 0.5, 3.0


def unique(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """No two rows have the same values in these columns; rows without any value are left alone."""
    given = list(rule.columns)
    empty = np.ones(table.num_rows, bool)
    for name in given:
        empty &= np.asarray(pc.is_null(column(table, name)))
    rows = again(table, given)
    rows = rows[~empty[rows]]
    told = _told(table, given, rows)
    message = "“{value}” stands there a second time."
    yield Found(message=message, column=given[0], rows=rows, values=told)


def duplicate_row(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """No row says the same as a row before it, in all columns or those named; empty ones may."""
    given = list(rule.columns) or table.column_names
    rows = again(table, given)
    found = pa.array(rows)
    says = np.zeros(len(rows), bool)
    for name in given if len(rows) else ():
        says |= np.asarray(table.column(name).take(found).combine_chunks().is_valid())
    rows = rows[says]
    shown = [name for name in given if not pa.types.is_binary(table.schema.field(name).type)]
    told = _told(table, shown[:4], rows)
    yield Found(message="the row stands there a second time: {value}.", rows=rows, values=told)


def again(table: pa.Table, given: list[str]) -> Rows:
    """Rows that are equal to an earlier one in these columns, exactly.

    Columns are taken one after the other, and only rows that are still equal to another go on: in
    most tables few are left after the first, so the cost stays that of sorting one column.
    """
    if spill.is_large(table):
        return twice.again_in_files(table, given, again)
    left = np.arange(table.num_rows, dtype=np.int64)
    groups = np.zeros(table.num_rows, np.int64)
    # Columns of numbers first: they are cheap, and tell most rows apart.
    first = sorted(given, key=lambda name: _cost(table.schema.field(name).type))
    for name in first:
        part = table.column(name)
        if len(left) < table.num_rows:
            part = part.take(pa.array(left))
        groups = _refined(groups, part.combine_chunks())
        count = np.bincount(groups)
        stays = count[groups] > 1
        if not stays.all():
            left, groups = left[stays], groups[stays]
        if not len(left):
            return left
    # `left` is in the order of the table, so the first of each group is the original.
    _, begins = np.unique(groups, return_index=True)
    is_first = np.zeros(len(left), bool)
    is_first[begins] = True
    return left[~is_first]


def _cost(kind: pa.DataType) -> int:
    if pa.types.is_boolean(kind):
        return 1
    return 0 if pa.types.is_primitive(kind) else 2


def _refined(groups: np.ndarray, values: pa.Array) -> np.ndarray:
    """Groups split by one more column."""
    kind = values.type
    if pa.types.is_primitive(kind) and not pa.types.is_boolean(kind) and not values.null_count:
        if pa.types.is_temporal(kind):
            values = values.view(pa.int32() if kind.bit_width == 32 else pa.int64())
        _, part = np.unique(values.to_numpy(zero_copy_only=False), return_inverse=True)
    else:
        encoded = values.dictionary_encode(null_encoding="encode")
        part = np.asarray(encoded.indices, np.int64)
    if not groups.any():
        return np.asarray(part, np.int64)
    wide = groups * (int(part.max(initial=0)) + 1) + part
    _, found = np.unique(wide, return_inverse=True)
    return np.asarray(found, np.int64)


def reference(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """Values exist in another dataset's column: option `to` is `dataset.column`.

    Where that dataset cannot be read now, the check says so instead of passing.
    """
    to = str(rule.options["to"])
    if (there := known.references.get(to)) is None:
        yield Found(message=f"“{to}” could not be read, so references to it were not checked.")
        return
    listed = pc.unique(pc.cast(there, pa.string()))
    for name in rule.columns:
        texts = pc.cast(column(table, name), pa.string())
        lost = where(pc.and_(pc.is_valid(texts), pc.invert(pc.is_in(texts, listed))))
        yield Found(message=f"“{{value}}” does not exist in {to}.", column=name, rows=lost)


def row_count(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """So many rows at least and at most, and no leap against the version before."""
    rows = table.num_rows
    if (least := rule.options.get("minimum")) is not None and rows < option(rule, "minimum"):
        yield Found(message=f"{rows} rows; at least {least} belong here.")
    if (most := rule.options.get("maximum")) is not None and rows > option(rule, "maximum"):
        yield Found(message=f"{rows} rows; at most {most} belong here.")
    before = known.rows_before
    if not before:
        return
    if rows < before * option(rule, "fewer", _FEWER):
        yield Found(message=f"only {rows} rows; the version before had {before}.")
    if rows > before * option(rule, "more", _MORE):
        yield Found(message=f"{rows} rows; the version before had only {before}.")


def _told(table: pa.Table, given: list[str], rows: Rows) -> pa.Array:
    """Values of these columns, joined to be read."""
    some = pa.array(rows)
    texts = [
        pc.fill_null(pc.cast(table.column(name).take(some).combine_chunks(), pa.string()), "")
        for name in given
    ]
    return pc.binary_join_element_wise(*texts, ", ") if texts else pa.nulls(len(rows), pa.string())


KINDS = {
    "unique": Kind(find=unique, words="No value stands there twice.", of_table=True),
    "duplicate-row": Kind(
        find=duplicate_row, words="No row stands there twice.", least=0, of_table=True
    ),
    "reference": Kind(
        find=reference,
        words="Values exist in another dataset.",
        options={"to": "dataset and column, like stations.id"},
        needs=("to",),
    ),
    "row-count": Kind(
        find=row_count,
        words="The number of rows does not leap.",
        options={
            "minimum": "the fewest rows",
            "maximum": "the most rows",
            "fewer": "share of the rows before that has to come, 0.5 where not said",
            "more": "how many times the rows before may come, 3 where not said",
        },
        least=0,
        of_table=True,
    ),
}
