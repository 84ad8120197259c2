"""When a delivery has to wait for a person: open questions, broken rules, drift, mass loss."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from citycommons.core.tables import Standardised, fields_of
from citycommons.core.types import (
    Access,
    Dataset,
    Fault,
    Field,
    FieldRole,
    FieldType,
    Mode,
    Policy,
    Question,
    Version,
)
from citycommons.share.open import Opened
from citycommons.share.persons import newly_personal
from citycommons.standardise.drift import Drift, DriftKind, drift

ASKED = frozenset({"crs", "axes", "date-order", "decimal", "serial", "table", "rename"})
"""Kinds of question that must be answered before anybody may read the values."""

_BREAKING = frozenset({DriftKind.GONE, DriftKind.RENAMED, DriftKind.UNITS})
_FEW = 10  # rows, of which half may go without anybody asking
_MISFITS = 0.05  # of the values of a column; more of them are another type
_TYPES = frozenset(one.value for one in FieldType)


def doubt(
    entry: Dataset,
    found: Standardised,
    before: Opened | None,
    mode: Mode,
    other: Sequence[Drift],
) -> str:
    """Why a person has to look at a delivery first; empty when nobody has to."""
    report, table = found.report, found.table
    latest = before.version if before else None
    if report.verdict is Policy.REJECT_DELIVERY:
        broken = next((f.message for f in report.faults), "")
        return f"A rule of the dataset says that such a delivery has to wait. {broken}".strip()
    if asked := [question for question in report.questions if question.kind in ASKED]:
        return f"A question is open: {asked[0].text}"
    known = {field.name: field for field in (*entry.fields, *(latest.fields if latest else ()))}
    if entry.access is not Access.INTERNAL:
        for field in fields_of(table):
            if _is_personal(field) and field.name not in known:
                return f"The new column “{field.name}” looks like something about persons."
        if before is not None and (name := newly_personal(before, table)):
            return f"“{name}” held nothing about persons before, and now seems to."
    if latest is None:
        return ""
    if breaking := [one.words for one in other if one.kind in _BREAKING]:
        return " ".join(breaking[:3])
    if column := _of_another_type(latest, found):
        return f"The values of “{column}” are of another type than before."
    if mode is Mode.REPLACE and _is_mass_loss(latest.rows, table.num_rows):
        return (
            f"There were {latest.rows} rows and now come {table.num_rows}: more than half are gone."
        )
    return ""


def warnings(
    entry: Dataset, fields: Sequence[Field], questions: Sequence[Question], latest: Version | None
) -> tuple[str, ...]:
    """What whoever publishes by hand should read first: columns about persons, open questions.

    Columns that the last version has in the same way were decided on before.
    """
    before = {field.name: field for field in latest.fields} if latest else {}
    found = []
    for field in fields if entry.access is not Access.INTERNAL else ():
        known = before.get(field.name)
        if _is_personal(field) and not (known and _is_personal(known)):
            found.append(f"The new column “{field.name}” looks like something about persons.")
    asked = (f"A question is open: {one.text}" for one in questions if one.kind in ASKED)
    return (*found, *asked)


def _is_personal(field: Field) -> bool:
    return field.is_sensitive or field.role is FieldRole.PERSON


def differences(latest: Version, table: pa.Table, mode: Mode) -> tuple[Drift, ...]:
    """How the table differs from the version before; nothing where it is a part of one."""
    if mode is Mode.UPSERT:
        return ()
    # A column of flags is made of odd values, and goes when there are none.
    lasting = tuple(field for field in latest.fields if field.role is not FieldRole.FLAG)
    return drift(replace(latest, fields=lasting), table)


def _of_another_type(latest: Version, found: Standardised) -> str:
    """A column that was read as before, and of which more than a few values did not fit."""
    rows = max(1, found.table.num_rows + found.report.rejected)
    now = _misfits(found.report.summary)
    before = _misfits(latest.faults)
    types = {field.name: field.type for field in latest.fields}
    for field in fields_of(found.table):
        if (was := types.get(field.name)) is None:
            continue
        usual = 2 * before.get(field.name, 0) / max(1, latest.rows)
        share = now.get(field.name, 0) / rows
        if was is not field.type or share > max(_MISFITS, usual):
            return field.name
    return ""


def _misfits(summary: Sequence[Fault]) -> dict[str, int]:
    """How many values of each column did not fit its type; the rule is named after the type."""
    found: dict[str, int] = {}
    for fault in summary:
        if fault.rule in _TYPES:
            found[fault.column] = found.get(fault.column, 0) + fault.count
    return found


def _is_mass_loss(before: int, now: int) -> bool:
    return (now == 0 and before > 0) or (before > _FEW and 2 * now < before)
