"""Find each column's type by all of its values, and say by which evidence."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.tables import ARROW_TYPES
from citycommons.core.types import FieldType
from citycommons.standardise import dates, hints, numbers, people
from citycommons.standardise.clocks import to_utc
from citycommons.standardise.figures import MAJORITY, number
from citycommons.standardise.moments import moment
from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import TEXT, Parts, Typed, each, said, stripped, without_words
from citycommons.standardise.words import BOOLEANS, EMPTY
from citycommons.store import spill

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


def infer(
    column: Looked,
    *,
    decimal: str,
    zone: str,
    order: str = "",
    lean: str = "",
    is_workbook: bool = False,
) -> Typed:
    """The type that at least 98 % of all values fit; text when there is none.

    `decimal` is the file's own sign, `lean` the likelier one where nothing decides.
    """
    given: dict[str, Any] = {"decimal": decimal, "zone": zone, "order": order, "lean": lean}
    if not column.sample:
        return as_text(column, "no values", has_words=True)
    for attempt in (_boolean, number, moment, _clock):
        found = attempt(column, is_workbook=is_workbook, **given)
        if found is not None and (found.share >= MAJORITY or found.status is not None):
            return found
    evidence = dates.period_words(column.sample) or "values are text"
    return as_text(column, evidence, has_words=True)


def force(
    column: Looked,
    wanted: FieldType,
    *,
    decimal: str,
    zone: str,
    order: str = "",
    lean: str = "",
    has_words: bool = True,
    is_workbook: bool = False,
) -> Typed:
    """The declared type, whatever share of the values fits.

    `has_words` says that a word among texts may say nothing: in files that know no types.
    """
    given: dict[str, Any] = {"decimal": decimal, "zone": zone, "order": order, "lean": lean}
    given["is_workbook"] = is_workbook
    found: Typed | None = None
    if not column.sample:
        found = None
    elif wanted is FieldType.BOOLEAN:
        found = _boolean(column, **given)
    elif wanted in (FieldType.NUMBER, FieldType.INTEGER):
        styles = column.styles or [numbers.Style()]
        found = number(replace(column, styles=styles), is_declared=True, **given)
    elif wanted in (FieldType.DATE, FieldType.DATETIME):
        found = moment(column, is_declared=True, **given)
    elif wanted is FieldType.TIME:
        found = _clock(column, **given)
    if wanted is FieldType.STRING or wanted is FieldType.GEOMETRY:
        return as_text(column, "declared", has_words=has_words)
    if found is None:
        nothing = pa.nulls(len(column.values), ARROW_TYPES[wanted])
        misfits = np.asarray(column.values.is_valid())
        return Typed(values=nothing, type=wanted, evidence="declared", misfits=misfits)
    return replace(_cast_to(found, wanted, zone), evidence=f"declared; {found.evidence}")


def as_text(column: Looked, evidence: str, *, has_words: bool = False) -> Typed:
    """The column as it is, blank cells as nulls, and with `has_words` words for nothing, too.

    “Null” stays, and among names of people any spelling of it: it is a surname.
    """
    values = column.values
    if has_words:
        are_people = bool(people.about(column.name, column.sample))
        words = pa.array(sorted(w for w in EMPTY if w and w not in _names(are_people)))
        if any(without_words(piece, words) is not piece for piece in spill.pieces(values)):
            values = each(values, lambda some: without_words(some, words))
    if any(pc.any(pc.ascii_is_space(piece)).as_py() for piece in spill.pieces(values)):
        nothing = pa.scalar(None, TEXT)
        values = each(values, lambda some: pc.if_else(pc.ascii_is_space(some), nothing, some))
    return Typed(values=values, type=FieldType.STRING, evidence=evidence)


def _names(are_people: bool) -> tuple[str, ...]:
    return ("Null", "NULL", "null", "Kei") if are_people else ("Null", "Kei")


def _boolean(column: Looked, **_: object) -> Typed | None:
    words = {text.lower() for text in column.sample}
    if len(words) > 4 or (words <= _LETTERS and hints.is_sex(column.name)):
        return None  # T is the total and F are women, not true and false
    for yes, no in BOOLEANS:
        if not no and not column.values.null_count:
            continue  # a cross everywhere tells nothing apart
        if words <= yes | no and (words & yes or len(next(iter(words))) > 1):
            break
    else:
        return None
    parts = Parts(column.values)
    for piece in spill.pieces(column.values):
        encoded = pc.dictionary_encode(piece.combine_chunks())
        clean = pc.utf8_lower(stripped(encoded.dictionary))
        is_yes = pc.is_in(clean, value_set=pa.array(sorted(yes)))
        is_no = pc.is_in(clean, value_set=pa.array(sorted(no), TEXT))
        none = pa.scalar(None, pa.bool_())
        values = pc.if_else(is_yes, True, pc.if_else(is_no, False, none))
        # A word for nothing is no misfit: it counts as empty.
        parts.add(values.take(encoded.indices), clean.take(encoded.indices))
    shown = "/".join((*sorted(words & yes), *sorted(words & no)))
    return Typed(
        values=parts.values(),
        type=FieldType.BOOLEAN,
        evidence=said("yes or no", parts, shown),
        misfits=parts.misfits,
        share=parts.share,
    )


def _clock(column: Looked, **_: object) -> Typed | None:
    if not any(map(dates.MAY_BE_CLOCK.search, column.sample)):
        return None
    parts = Parts(column.values)
    for piece in spill.pieces(column.values):
        clean = stripped(piece)
        parts.add(dates.parse_clock(clean), clean)
    return Typed(
        values=parts.values(),
        type=FieldType.TIME,
        evidence=said("times of day", parts, ""),
        misfits=parts.misfits,
        share=parts.share,
    )


def _cast_to(found: Typed, wanted: FieldType, zone: str) -> Typed:
    """A found column as the declared type: 3 as 3.0, a day as its midnight."""
    if found.type is wanted:
        return found
    values = found.values
    if wanted is FieldType.NUMBER:
        values = each(values, lambda some: pc.cast(some, pa.float64()))
    elif wanted is FieldType.INTEGER:
        return _whole(found)
    elif wanted is FieldType.DATETIME:
        stamps = each(values, lambda some: pc.cast(some, pa.timestamp("us")))
        values = to_utc(stamps, zone).values
    elif wanted is FieldType.DATE:
        values = each(values, lambda some: _day(some, zone))
    return replace(found, values=values, type=wanted)


def _whole(found: Typed) -> Typed:
    parts = Parts(_chunked(found.values))
    for piece in spill.pieces(_chunked(found.values)):
        is_whole = pc.equal(pc.floor(piece), piece)
        whole = pc.if_else(is_whole, piece, pa.scalar(None, pa.float64()))
        parts.add(pc.cast(whole, pa.int64()), piece)
    lost, misfits = parts.misfits, found.misfits
    if lost is not None:
        misfits = lost if misfits is None else lost | misfits
    return replace(found, values=parts.values(), type=FieldType.INTEGER, misfits=misfits)


def _day(values: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    local = pc.local_timestamp(pc.cast(values, pa.timestamp("us", tz=zone)))
    return pc.cast(pc.floor_temporal(local, unit="day"), pa.date32())


def _chunked(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
