"""A table as its model says, by a correspondence that a person confirmed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.tables import ARROW_TYPES, fields_of, with_fields
from citycommons.core.types import Correspondence, Field, FieldRole, FieldType
from citycommons.standardise.alike import NUMBERS, Column, code_of, code_words, plain
from citycommons.standardise.conversion import factor
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Rows
from citycommons.standardise.models import Model, ModelField, model
from citycommons.standardise.suggestion import EACH


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A table as its model says: the model's fields, then all other columns of the file."""

    table: pa.Table
    rows: Rows  # row of the table before that each row came from


def fits(correspondence: Correspondence, table: pa.Table) -> bool:
    """Whether the table has every column that was confirmed for another file."""
    there = set(table.column_names)
    return all(column in there or column == EACH for column in correspondence.columns.values())


def apply(
    table: pa.Table,
    correspondence: Correspondence,
    *,
    lines: Callable[[Rows], Rows] = lambda rows: rows,
    faults: Faults | None = None,
) -> tuple[Mapped, Faults]:
    """The table as its model says: codes for words, the model's units and types.

    What has no code or does not fit is left empty and told with its line. Columns that are no
    field of the model stay, after those that are. Raises `Invalid` where a confirmed column is
    gone, or a unit cannot be converted.
    """
    faults = faults or Faults()
    wanted = model(correspondence.model)
    if not fits(correspondence, table):
        gone = next(c for c in correspondence.columns.values() if c not in table.column_names)
        raise Invalid(
            f"The file has no column “{gone}”, which was said to be a field of "
            f"“{wanted.id}”. Say anew which columns are which.",
            column=gone,
        )
    rows = np.arange(table.num_rows, dtype=np.int64)
    chosen = dict(correspondence.columns)
    if EACH in chosen.values() and wanted.wide:
        table, rows = _long(table, wanted, chosen)
        chosen |= dict(zip(wanted.wide, wanted.wide, strict=True))
    at = lambda some: lines(rows[some])  # noqa: E731
    by_name = {field.name: field for field in fields_of(table)}
    columns: dict[str, pa.Array] = {}
    fields: list[Field] = []
    for one in wanted.fields:
        if (column := chosen.get(one.name)) is None:
            continue
        columns[one.name] = _as_field(
            table, column, by_name[column], one, correspondence, at, faults
        )
        seen = by_name[column].evidence
        evidence = f"column “{column}”, as the mapping to “{wanted.id}” says"
        # What was seen stays: repaired rows are read by it again.
        evidence = f"{evidence}; {seen}" if seen else evidence
        fields.append(replace(one.meaning, title=by_name[column].title, evidence=evidence))
    taken = set(chosen.values())
    for name in table.column_names:
        if name not in taken:
            free = _free(name, columns)
            columns[free] = table.column(name)
            fields.append(replace(by_name[name], name=free))
    return Mapped(table=with_fields(pa.table(columns), tuple(fields)), rows=rows), faults


def _long(table: pa.Table, wanted: Model, chosen: dict[str, str]) -> tuple[pa.Table, Rows]:
    """One row for each name and row: the names are those of the columns of numbers."""
    name, value = wanted.wide or ("", "")
    kept = [column for field, column in chosen.items() if column != EACH]
    others = [field for field in fields_of(table) if field.name not in kept]
    numbers = [
        field for field in others if field.type in NUMBERS and "status" not in plain(field.name)
    ]
    rest = [field for field in others if field not in numbers]
    count = table.num_rows
    rows = np.repeat(np.arange(count, dtype=np.int64), len(numbers))
    stays = table.select([*kept, *(field.name for field in rest)]).take(pa.array(rows))
    names = pa.array(np.tile(np.array([field.name for field in numbers], object), count))
    kind = wanted.of(value).meaning.type
    stacked = np.stack(
        [
            np.asarray(pc.cast(table.column(field.name), pa.float64()).to_numpy())
            for field in numbers
        ],
        axis=1,
    ).ravel()
    values = pa.array(stacked, pa.float64(), from_pandas=True)
    if kind is FieldType.INTEGER:
        values = pc.cast(values, pa.int64(), safe=False)
    said = {field.name: field for field in fields_of(table)}
    fields = [said[column] for column in stays.column_names]
    fields.append(Field(name=name, type=FieldType.STRING, role=FieldRole.IDENTIFIER))
    fields.append(Field(name=value, type=kind, role=FieldRole.MEASURE))
    columns = {c: stays.column(c) for c in stays.column_names}
    free = {name: names, value: values}
    if clash := set(columns) & set(free):
        raise Invalid(f"The file has a column “{clash.pop()}” already. Rename it first.")
    return with_fields(pa.table({**columns, **free}), tuple(fields)), rows


def _as_field(
    table: pa.Table,
    column: str,
    found: Field,
    one: ModelField,
    said: Correspondence,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    values = table.column(column).combine_chunks()
    if one.codes:
        return _coded(values, column, one, said, lines, faults)
    unit = said.units.get(one.name) or found.unit
    if one.meaning.unit and unit and unit != one.meaning.unit:
        times = factor(unit, one.meaning.unit)
        if times is None:
            raise Invalid(
                f"Column “{column}” is in {unit}, and “{one.name}” in {one.meaning.unit}: one "
                "cannot be made of the other. Say another unit, or another column.",
                column=column,
            )
        values = pc.multiply(pc.cast(values, pa.float64()), times)
    return _typed(values, column, one, lines, faults)


def _coded(
    values: pa.Array,
    column: str,
    one: ModelField,
    said: Correspondence,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    """Words as the model's codes; a word without a code is left empty and told."""
    texts = pc.cast(values, pa.string())
    encoded = texts.dictionary_encode()
    nothing: frozenset[str] = frozenset()
    words = code_words(one, Column(one.meaning, plain(column), "", nothing))
    told = said.values.get(one.name, {})
    spelled = {" ".join(plain(word)): code for word, code in told.items()}

    def code(word: str) -> str | None:
        text = " ".join(plain(word))
        return told.get(word) or spelled.get(text) or code_of(text, words)

    codes = pa.array([code(word) for word in encoded.dictionary.to_pylist()], pa.string())
    result = codes.take(encoded.indices)
    lost = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(result))))
    _tell(faults, "code", f"“{{value}}” is no {one.name} that is known", column, texts, lost, lines)
    return result


def _typed(
    values: pa.Array,
    column: str,
    one: ModelField,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    kind = ARROW_TYPES[one.meaning.type]
    if values.type == kind:
        return values
    before = values
    if one.meaning.type is FieldType.INTEGER and pa.types.is_floating(values.type):
        is_whole = pc.equal(pc.round(values), values)
        values = pc.if_else(is_whole, values, pa.scalar(None, values.type))
    elif one.meaning.type is FieldType.BOOLEAN and not pa.types.is_boolean(values.type):
        is_flag = pc.is_in(values, pa.array([0, 1], values.type))
        values = pc.if_else(is_flag, values, pa.scalar(None, values.type))
    elif one.meaning.type is FieldType.DATE and pa.types.is_timestamp(values.type):
        values = pc.floor_temporal(values, unit="day").cast(pa.timestamp("us"))
    try:
        result: pa.Array = pc.cast(values, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as cause:
        raise Invalid(
            f"Column “{column}” holds {before.type}, and “{one.name}” is a {one.meaning.type}. "
            "Read the column as that type, or say another column.",
            column=column,
        ) from cause
    lost = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(before), pc.is_null(result))))
    texts = pc.cast(before, pa.string())
    words = f"“{{value}}” is no {one.meaning.type}"
    _tell(faults, one.meaning.type.value, words, column, texts, lost, lines)
    return result


def _tell(
    faults: Faults,
    rule: str,
    words: str,
    column: str,
    texts: pa.Array,
    lost: np.ndarray,
    lines: Callable[[Rows], Rows],
) -> None:
    if not len(lost):
        return
    shown = lost[: faults.left]
    faults.add_column(
        rule,
        f"{words}; left empty.",
        column=column,
        lines=lines(shown),
        values=texts.take(pa.array(shown)),
        total=len(lost),
        action="left empty",
    )


def _free(name: str, taken: Mapping[str, Any]) -> str:
    folded = {one.casefold() for one in taken}
    found, number = name, 2
    while found.casefold() in folded:
        found, number = f"{name}_{number}", number + 1
    return found
