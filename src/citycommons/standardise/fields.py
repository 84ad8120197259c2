"""Types and roles for the columns of a draft: the table as it will be published."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import ARROW_TYPES, type_of, with_fields
from citycommons.core.types import Field, FieldRole, FieldType, Plan, Question
from citycommons.standardise import emptied, hints, people, positions, units, unsure
from citycommons.standardise.formats import Draft, Rows
from citycommons.standardise.infer import as_text, force, infer
from citycommons.standardise.samples import Looked, habit, look
from citycommons.standardise.surroundings import NOWHERE, Surroundings
from citycommons.standardise.typed import Typed
from citycommons.store import spill

_MESSAGES = {
    FieldType.INTEGER: "“{value}” is no whole number",
    FieldType.NUMBER: "“{value}” is no number",
    FieldType.BOOLEAN: "“{value}” is neither yes nor no",
    FieldType.DATE: "“{value}” is no date",
    FieldType.DATETIME: "“{value}” is no date and time",
    FieldType.TIME: "“{value}” is no time of day",
}
_TEMPORAL = (FieldType.DATE, FieldType.DATETIME)
_FEW = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A typed table with its fields, what has to be asked, and which rows held what did not fit."""

    table: pa.Table
    questions: tuple[Question, ...] = ()
    misfits: Mapping[str, Rows] = dataclass_field(default_factory=dict)  # column → rows


def settle(draft: Draft, plan: Plan, zone: str, surroundings: Surroundings = NOWHERE) -> Settled:
    """Type every text column, make positions a geometry, and put the fields into the table."""
    _say_nothing(draft, plan.nulls)
    table = _with_declared(draft, plan.fields)
    wanted = {field.name.casefold(): field for field in plan.fields}
    looked = {
        name: look(name, table[name])
        for name in table.column_names
        if pa.types.is_string(table[name].type) and name not in draft.geometries
    }
    typed = _type_all(looked, wanted, draft, plan, zone)
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    fields: list[Field] = []
    misfits: dict[str, Rows] = {}
    for name in table.column_names:
        found = typed.get(name) or _as_given(table[name])
        columns[name] = found.values
        if name in looked and (told := emptied.words(looked[name], found)):
            found = replace(found, evidence=f"{found.evidence}; {told}")
        note = draft.notes.get(name, "")
        fields.append(_field(name, found, wanted.get(name.casefold()), note, looked.get(name)))
        _note(name, found, looked.get(name), draft, zone)
        if len(rows := _rows(found.misfits)):
            misfits[name] = rows
        spill.ease()
        if found.status is not None:
            beside = _free(f"{name} (status)", table.column_names)
            columns[beside] = found.status
            evidence = f"words that stood among the numbers of {name}"
            fields.append(
                Field(name=beside, type=FieldType.STRING, role=FieldRole.FLAG, evidence=evidence)
            )
    result = pa.table(columns)
    questions = unsure.orders(typed, looked) + unsure.decimals(typed, looked)
    questions += unsure.serials(typed, looked, wanted)
    if not draft.geometries and result.num_rows > 0:
        located = positions.locate(result, fields, draft, plan, surroundings)
        questions += located.questions
        fields = [_coordinate(field, located.columns, wanted) for field in fields]
        if located.placed is not None:
            result, fields = _with_geometry(result, fields, located.placed)
    return Settled(
        table=with_fields(result, tuple(fields)), questions=tuple(questions), misfits=misfits
    )


def _coordinate(field: Field, columns: Sequence[str], wanted: Mapping[str, Field]) -> Field:
    """A column of coordinates is a number, but no measure: nobody adds them up."""
    if field.name not in columns or field.name.casefold() in wanted:
        return field
    return replace(field, role=FieldRole.TEXT, evidence=f"{field.evidence}; a coordinate")


def _say_nothing(draft: Draft, words: Sequence[str]) -> None:
    """Empty the cells that hold a word which says nothing in this very file, such as -999."""
    if not words:
        return
    listed = pa.array(list(words), pa.string())
    for place, field in enumerate(draft.table.schema):
        if pa.types.is_string(field.type):
            values = draft.table.column(place)
            none = pc.is_in(values, value_set=listed)
            values = pc.if_else(none, pa.scalar(None, pa.string()), values)
            draft.table = draft.table.set_column(place, field.name, values)


def _with_declared(draft: Draft, declared: Sequence[Field]) -> pa.Table:
    """The draft's table, with an empty column for each declared field the file does not have."""
    table = draft.table
    there = {name.casefold() for name in table.column_names}
    for field in declared:
        is_made_here = field.type is FieldType.GEOMETRY or field.role is FieldRole.FLAG
        if field.name.casefold() in there or is_made_here:
            continue
        message = "the file has no such column; it is left empty."
        draft.faults.add("column-missing", message, column=field.name)
        table = table.append_column(field.name, pa.nulls(table.num_rows, pa.string()))
    return table


def _type_all(
    looked: dict[str, Looked], wanted: dict[str, Field], draft: Draft, plan: Plan, zone: str
) -> dict[str, Typed]:
    habitual = draft.decimal or habit(list(looked.values()))
    # Where semicolons stand between the cells, commas stand inside the numbers.
    lean = "," if "delimiter semicolon" in draft.steps else ""

    def one(column: Looked, order: str = "") -> Typed:
        decimal = plan.answers.get(unsure.decimal_id(column), habitual)
        order = plan.answers.get(f"date-order:{column.name}", order)
        field = wanted.get(column.name.casefold())
        if field is not None:
            return force(
                column,
                field.type,
                decimal=decimal,
                zone=zone,
                order=order,
                lean=lean,
                has_words=not draft.is_typed,
                is_workbook=plan.answers.get(unsure.serial_id(column.name)) == unsure.DAYS,
            )
        if draft.is_typed:
            return as_text(column, "text in the file")
        return infer(
            column,
            decimal=decimal,
            zone=zone,
            order=order,
            lean=lean,
            is_workbook=draft.is_workbook
            or plan.answers.get(unsure.serial_id(column.name)) == unsure.DAYS,
        )

    # Arrow's kernels leave the interpreter free, so columns are typed side by side.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        typed = dict(zip(looked, pool.map(one, looked.values()), strict=True))
    orders = {_order(found) for found in typed.values() if "ambiguous" not in found.evidence} - {""}
    if len(orders) == 1:
        order = orders.pop()
        for name, found in typed.items():
            if found.type in _TEMPORAL and "ambiguous" in found.evidence:
                typed[name] = one(looked[name], order)
    return typed


def _order(found: Typed) -> str:
    return next((o for o in ("day.month.year", "month/day/year") if o in found.evidence), "")


def _as_given(values: pa.ChunkedArray) -> Typed:
    kind = type_of(values.type)
    return Typed(values=pc.cast(values, ARROW_TYPES[kind]), type=kind, evidence="typed in the file")


def _with_geometry(
    table: pa.Table, fields: list[Field], placed: positions.Placed
) -> tuple[pa.Table, list[Field]]:
    """The table with its geometry; a text column of that very name was the same geometry."""
    name = positions.NAME
    if placed.column == name:
        place = table.column_names.index(name)
        table = table.remove_column(place)
        fields = [field for field in fields if field.name != name]
    name = _free(name, table.column_names)
    field = Field(
        name=name,
        type=FieldType.GEOMETRY,
        role=FieldRole.GEOMETRY,
        evidence=placed.evidence,
    )
    return table.append_column(name, placed.values), [*fields, field]


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_2"
    return name


def _note(name: str, found: Typed, column: Looked | None, draft: Draft, zone: str) -> None:
    """Note every value that did not fit, with its line."""
    if column is None:
        return
    zone = hints.zone(name) or zone
    for rule, rows, message, action in (
        (found.type.value, _rows(found.misfits), _MESSAGES.get(found.type, ""), "left empty"),
        (
            "time-skipped",
            _rows(found.skipped),
            f"“{{value}}” does not exist in {zone}, as the clocks went forward; one hour later.",
            "",
        ),
        (
            "time-twice",
            _rows(found.unsure),
            f"“{{value}}” came twice in {zone}, as the clocks went back; read as the first.",
            "",
        ),
    ):
        if not len(rows):
            continue
        if action:
            message = f"{message}; {action}."
        shown = rows[: draft.faults.left]
        draft.faults.add_column(
            rule,
            message,
            column=name,
            lines=draft.lines(shown),
            values=spill.take(column.values, shown),
            total=len(rows),
            action=action,
        )


def _rows(wrong: np.ndarray | None) -> Rows:
    return np.empty(0, np.int64) if wrong is None else np.flatnonzero(wrong)


def _field(
    name: str, found: Typed, declared: Field | None, note: str, column: Looked | None
) -> Field:
    description = {"und": note} if note else {}
    if declared is not None:
        return replace(
            declared,
            name=name,
            evidence=found.evidence,
            description=declared.description or description,
        )
    role, why = _role(name, found, column)
    is_number = found.type in (FieldType.INTEGER, FieldType.NUMBER)
    return Field(
        name=name,
        type=found.type,
        role=role,
        unit=found.unit or (_unit(name, note) if is_number else ""),
        description=description,
        is_sensitive=role is FieldRole.PERSON,
        evidence=f"{found.evidence}; {why}" if why else found.evidence,
    )


def _unit(name: str, note: str) -> str:
    """The unit in a header, or in the row of units below it."""
    return units.in_name(name) or units.ucum(note) or units.in_name(note)


def _role(name: str, found: Typed, column: Looked | None) -> tuple[FieldRole, str]:
    """What the column is for, and why where its type alone does not say."""
    if found.type is FieldType.GEOMETRY:
        return FieldRole.GEOMETRY, ""
    may_be_people = column is not None and found.type in (FieldType.STRING, FieldType.DATE)
    if may_be_people and column and (why := people.about(name, column.sample)):
        return FieldRole.PERSON, f"about people: {why}"
    if found.type in _TEMPORAL or found.type is FieldType.TIME:
        return FieldRole.TIME, ""
    if found.type is FieldType.BOOLEAN:
        return FieldRole.CATEGORY, ""
    if hints.is_identifier(name):
        return FieldRole.IDENTIFIER, f"an identifier, as it is called “{name}”"
    if found.type is FieldType.STRING:
        return (FieldRole.CATEGORY, "few kinds") if _repeats(found.values) else (FieldRole.TEXT, "")
    if found.type is FieldType.INTEGER and hints.is_category(name):
        return FieldRole.CATEGORY, f"a category, as it is called “{name}”"
    if found.type is FieldType.INTEGER and _is_flag(found.values):
        return FieldRole.CATEGORY, "only 0 and 1"
    return FieldRole.MEASURE, ""


def _is_flag(values: pa.ChunkedArray | pa.Array) -> bool:
    """Whether whole numbers are only 0 and 1: yes or no, not a quantity."""
    ends = pc.min_max(values).as_py()
    return bool(ends["min"] == 0 and ends["max"] == 1)


def _repeats(values: pa.ChunkedArray | pa.Array) -> bool:
    """Whether texts repeat like the names of a few kinds; looked at in the first 100 000."""
    some = values.slice(0, 100_000).drop_null()
    if not len(some):
        return False
    distinct = pc.count_distinct(some).as_py()
    return bool(distinct <= _FEW and distinct * 2 <= max(len(some), 4))
