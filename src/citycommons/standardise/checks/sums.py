"""Checks of sums: parts that add up to their total, and totals that stand among the rows."""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Rule
from citycommons.standardise.checks.kind import Found, Kind, Known, column, floats, option, where

WORDS = (
    *("total", "totals", "sum", "overall", "all", "grand total"),
    *("gesamt", "insgesamt", "summe", "gesamtsumme", "gesamtzahl", "zusammen"),
    *("totale", "complessivo", "somma"),
    *("ensemble", "somme", "totaux", "total général"),
)
"""A total in four languages."""
_TOTAL = r"(?i)^\W*(" + "|".join(re.escape(word) for word in WORDS if word != "all") + r")\b"


def sums(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """The first column is the sum of the others; a row without total, or without parts, is left."""
    total, *parts = rule.columns
    have, want, is_told = added(table, total, parts)
    wrong = where(is_told & (np.abs(have - want) > _tolerance(rule, want, len(parts))))
    shown = pc.cast(pa.array(want[wrong]), pa.string())
    told = pc.cast(column(table, total).take(pa.array(wrong)), pa.string())
    values = pc.binary_join_element_wise(told, shown, "; its parts add up to ")
    yield Found(message="the total is {value}.", column=total, rows=wrong, values=values)


def added(
    table: pa.Table, total: str, parts: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The totals, what their parts add up to, and where both are told; a missing part is zero."""
    have = floats(column(table, total))
    columns = [floats(column(table, name)) for name in parts]
    want = np.sum([np.nan_to_num(values) for values in columns], axis=0)
    some = np.any([~np.isnan(values) for values in columns], axis=0)
    return have, want, some & ~np.isnan(have)


def _tolerance(rule: Rule, want: np.ndarray, parts: int) -> np.ndarray:
    """Half a last digit for each part, as rounding leaves, or as the rule says."""
    if "tolerance" in rule.options:
        return np.full(len(want), option(rule, "tolerance") + 1e-9)
    is_whole = bool(np.all(want == np.round(want)))
    return np.full(len(want), 1e-9) if is_whole else 0.005 * parts + 1e-9 * np.abs(want)


def total_row(table: pa.Table, rule: Rule, known: Known) -> Iterator[Found]:
    """No sum of other rows stands among the rows: whoever adds them up would count twice."""
    given = rule.columns or tuple(
        field.name for field in table.schema if pa.types.is_string(field.type)
    )
    for name in given:
        texts = pc.cast(column(table, name), pa.string())
        rows = where(pc.match_substring_regex(texts, _TOTAL))
        if not len(rows) or len(rows) * 4 > table.num_rows:
            continue  # a column about totals
        found = np.array([row for row in rows.tolist() if _adds_up(table, row, rows)], np.int64)
        yield Found(
            message="“{value}” is the sum of rows above it, among the rows.",
            column=name,
            rows=found,
        )


def _adds_up(table: pa.Table, row: int, totals: np.ndarray) -> bool:
    """Whether a number of this row is the sum of the rows since the last total, or of all above."""
    above = np.arange(row)
    above = above[~np.isin(above, totals)]
    before = totals[totals < row]
    since = above[above > before.max()] if len(before) else above
    for field in table.schema:
        if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            continue
        values = floats(column(table, field.name))
        for some in (since, above):
            whole = np.nansum(values[some]) if len(some) > 1 else 0.0
            if whole and np.isclose(values[row], whole, rtol=1e-6, atol=0.02):
                return True
    return False


KINDS = {
    "sum": Kind(
        find=sums,
        words="Parts add up to their total: the first column is the total.",
        options={"tolerance": "how far apart they may be"},
        least=2,
    ),
    "total-row": Kind(
        find=total_row, words="No sum stands among the rows.", least=0, of_table=True
    ),
}
