"""Rows that name an address, placed by the city's gazetteer once somebody says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from citycommons.core.types import Choice, Field, FieldType, Question
from citycommons.standardise.address_parts import parts, split, texts
from citycommons.standardise.formats import Draft, Rows
from citycommons.standardise.gazetteer import Gazetteer, Match, Places
from citycommons.standardise.points import points

_LEAST_FOUND = 0.5


def question(
    table: pa.Table, fields: Sequence[Field], gazetteer: Gazetteer
) -> tuple[Question, ...]:
    """Whether rows shall be placed by their address, if columns name one that the city knows."""
    named = parts([f.name for f in fields if f.type in (FieldType.STRING, FieldType.INTEGER)])
    first = named.get("street") or named.get("address")
    if first is None:
        return ()
    order = (
        ("street", "number", "suffix", "postcode", "town") if "street" in named else ("address",)
    )
    columns = tuple(named[part] for part in order if part in named)
    some = table.slice(0, 200)
    places = _found(some, columns, gazetteer)
    there = sum(1 for text in texts(some[first]) if text)
    count = int((places.match >= 2).sum())
    if not there or count / there < _LEAST_FOUND:
        return ()
    at = int(np.flatnonzero(np.isfinite(places.x))[0])
    listed = ", ".join(f"“{name}”" for name in columns)
    evidence = f"{count} of the first {there} addresses are known in the city"
    return (
        Question(
            id=f"address:{','.join(columns)}",
            kind="address",
            text=f"Shall the rows be placed on the map by the address in {listed}?",
            columns=columns,
            choices=(
                Choice(
                    value="address",
                    title="Place them by their address",
                    evidence=evidence,
                    sample=f"{places.x[at]:.5f}, {places.y[at]:.5f}",
                    fits=count / there,
                ),
                Choice(value="none", title="Leave them without a place"),
            ),
        ),
    )


def placed(
    table: pa.Table, columns: Sequence[str], gazetteer: Gazetteer, draft: Draft
) -> tuple[pa.Array, str]:
    """Points for the addresses in these columns, and the words on how many were found.

    An address that is unknown or ambiguous has no place and is a fault; one of which only the
    street is known stands in the middle of it, and that is told too.
    """
    places = _found(table, columns, gazetteer)
    said = _said(table, columns)
    has_any = np.array([bool(text) for text in said], bool)
    has_number = len(columns) > 1 or any(split(text)[1] for text in said[:200])
    column = ", ".join(columns)
    for rule, wrong, message, action in (
        (
            "address-unknown",
            has_any & (places.match == Match.NONE),
            "“{value}” is no address that the city knows; no place was given.",
            "left empty",
        ),
        (
            "address-ambiguous",
            places.match == Match.AMBIGUOUS,
            "“{value}” may be several places; none was given.",
            "left empty",
        ),
        (
            "address-street",
            (places.match == Match.STREET) & has_number,
            "“{value}”: the house is not known; it stands in the middle of its street.",
            "mended",
        ),
    ):
        rows: Rows = np.flatnonzero(wrong)
        if not len(rows):
            continue
        shown = rows[: draft.faults.left]
        draft.faults.add_column(
            rule,
            message,
            column=column,
            lines=draft.lines(shown),
            values=pa.array([said[row] for row in shown.tolist()], pa.string()),
            total=len(rows),
            action=action,
        )
    kinds = {quality: int((places.match == quality).sum()) for quality in Match}
    evidence = (
        f"from the address in {column}: {kinds[Match.EXACT]} exact, "
        f"{kinds[Match.TOLERANT]} written a little differently, {kinds[Match.STREET]} by the "
        f"street only, {kinds[Match.AMBIGUOUS]} ambiguous, "
        f"{int((has_any & (places.match == Match.NONE)).sum())} unknown"
    )
    return points(places.x, places.y, np.isfinite(places.x)), evidence


def _found(table: pa.Table, columns: Sequence[str], gazetteer: Gazetteer) -> Places:
    named = parts(columns)
    if len(columns) == 1 and "number" not in named:
        cut = [split(text) if text else ("", "", "", "") for text in texts(table[columns[0]])]
        streets, numbers, codes, towns = (list(part) for part in zip(*cut, strict=True))
        return gazetteer.places(streets, numbers, codes, towns)

    def of(part: str) -> list[str | None] | None:
        return texts(table[named[part]]) if part in named else None

    street = named.get("street") or named.get("address") or columns[0]
    numbers_of, suffixes = of("number"), of("suffix")
    streets_of = texts(table[street])
    if numbers_of is None:
        both = [split(text) if text else ("", "", "", "") for text in streets_of]
        streets_of, numbers_of = [one[0] for one in both], [one[1] for one in both]
    elif suffixes is not None:
        joined = zip(numbers_of, suffixes, strict=True)
        numbers_of = [f"{number}{suffix or ''}" if number else number for number, suffix in joined]
    return gazetteer.places(streets_of, numbers_of, of("postcode"), of("town"))


def _said(table: pa.Table, columns: Sequence[str]) -> list[str]:
    """The addresses as one text each."""
    return [
        " ".join(part for part in row if part)
        for row in zip(*(texts(table[name]) for name in columns), strict=True)
    ]
