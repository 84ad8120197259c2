"""`/desk/drafts/{id}`: the file as it was read, faults beside the cells they are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import CityError
from citycommons.core.types import Fault, Field, FieldRole, FieldType
from citycommons.govern.access import Action
from citycommons.share import drafts
from citycommons.share.drafts import Draft, DriftKind, Reading
from citycommons.standardise.sheets import sheets
from citycommons.web.desk import rules
from citycommons.web.desk.fault_words import done, in_words
from citycommons.web.desk.questions import asked
from citycommons.web.desk.tabs import answer
from citycommons.web.language import N_
from citycommons.web.presentation import TYPES, says
from citycommons.web.running import Running

FAULTS = 50  # on one page
_CELL = 120  # signs of a cell that are shown
ROLE_WORDS = {
    FieldRole.IDENTIFIER: N_("names the row"),
    FieldRole.PERSON: N_("names or describes a person"),
    FieldRole.TIME: N_("says when"),
    FieldRole.MEASURE: N_("is measured or counted"),
    FieldRole.CATEGORY: N_("sorts rows into kinds"),
    FieldRole.TEXT: N_("is free text"),
    FieldRole.GEOMETRY: N_("says where"),
    FieldRole.FLAG: N_("says what is doubtful"),
}


DRIFT_WORDS = {
    DriftKind.RENAMED: N_("Another name"),
    DriftKind.UNITS: N_("Another unit?"),
    DriftKind.EMPTY: N_("Mostly empty"),
    DriftKind.CATEGORIES: N_("Other kinds"),
    DriftKind.ROWS: N_("Fewer rows"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the preview; with a fault it shows what stood in the file."""

    text: str
    fault: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the preview, or a row of the file that never becomes data."""

    line: int | None
    cells: tuple[Cell, ...] = ()
    rejected: str = ""
    why: str = ""


@get("/desk/drafts/{id:str}", sync_to_thread=True, opt={"may": Action.PUBLISH})
def check(running: Running, id: FromPath[str]) -> Response[str]:
    """The first step: look at what was read."""
    return page(running, id)


def page(
    running: Running, id: str, error: CityError | None = None, typed: Sequence[Field] | None = None
) -> Response[str]:
    """The check page; a file that cannot be read says why, and what can be done."""
    try:
        draft, reading = drafts.read(running.city, running.actor, id)
    except CityError as cause:
        draft = drafts.get(running.city, running.actor, id)
        return _unreadable(running, draft, cause)
    column = running.get("column")
    number = running.get("page", "1")
    at = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    kept = [f for f in reading.report.faults if not column or f.column == column]
    folder = drafts.folder_of(running.city, running.actor, id)
    with running.work() as work:
        questions = asked(running, work, reading.report.questions)
    kinds = rules.kinds()
    speaker = says(running.language)
    return answer(
        running,
        "desk/check.html",
        error=error,
        questions=questions,
        policies=rules.POLICIES,
        kinds=kinds,
        kind=running.get("rule") if running.get("rule") in kinds else "",
        lists=rules.LISTS,
        rule_words=partial(rules.in_words, speaker=speaker),
        said={field.name for field in draft.plan.fields} | {*draft.plan.renames.values()},
        draft=draft,
        reading=reading,
        fields=typed or reading.fields,
        rows=preview(reading, reading.head(folder).to_pylist(), running.language),
        faults=reading.faults(column=column, offset=(at - 1) * FAULTS, limit=FAULTS),
        column=column,
        page=at,
        pages=-(-len(kept) // FAULTS),
        kept=len(kept),
        types=list(FieldType),
        roles=list(FieldRole),
        says_type=TYPES,
        says_role=ROLE_WORDS,
        drift_words=DRIFT_WORDS,
        in_words=partial(in_words, speaker=speaker),
        done=done,
    )


def _unreadable(running: Running, draft: Draft, cause: CityError) -> Response[str]:
    folder = drafts.folder_of(running.city, running.actor, draft.id)
    return answer(
        running,
        "desk/unreadable.html",
        cause=cause,
        draft=draft,
        sheets=sheets(drafts.parcel_of(folder, draft)),
    )


def preview(reading: Reading, rows: list[dict[str, object]], language: str) -> list[Row]:
    """The first rows with their faults; rows kept aside stand where they stood in the file."""
    speaker = says(language)
    by_place: dict[tuple[int, str], Fault] = {}
    aside: dict[int, Fault] = {}
    for fault in reading.report.faults:
        if fault.line is None:
            continue
        if fault.is_rejected:
            aside[fault.line] = fault
        elif fault.column:
            by_place[fault.line, fault.column] = fault
    lines: list[int | None] = [*reading.first_lines]
    lines += [None] * (len(rows) - len(lines))
    found: list[Row] = []
    for line, row in zip(lines, rows, strict=True):
        cells: list[Cell] = []
        for field in reading.fields:
            wrong = by_place.get((line or -1, field.name))
            is_number = field.type in (FieldType.INTEGER, FieldType.NUMBER)
            if wrong is not None:
                why = in_words(wrong, speaker)
                cells.append(Cell(text=wrong.value[:_CELL], fault=why, is_number=is_number))
            else:
                text = _cell(speaker.cell, row[field.name], field)
                cells.append(Cell(text=text, is_number=is_number))
        found.append(Row(line=line, cells=tuple(cells)))
    last = max((line for line in lines if line), default=0)
    for line, fault in aside.items():
        if line <= last or len(rows) < drafts.HEAD:
            found.append(Row(line=line, rejected=fault.value[:300], why=in_words(fault, speaker)))
    if aside:
        found.sort(key=lambda row: row.line or last)
    return found


def _cell(say: object, value: object, field: Field) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return _shape(value)
    text = say(value, field) if callable(say) else str(value)
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def _shape(wkb: bytes) -> str:
    import shapely

    shape = shapely.from_wkb(wkb)
    if isinstance(shape, shapely.Point):
        return f"{shape.y:.5f}, {shape.x:.5f}"
    return str(shape.geom_type)


HANDLERS = [check]
