"""Questions to one version for a chart: its columns under fixed names, and SQL files over them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from citycommons.core.types import Field, FieldType
from citycommons.share.open import Opened
from citycommons.understand.columns import doubtful, quoted

TIMEOUT_S = 60.0


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent.parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def ask(opened: Opened, tidy: str, name: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    sql = f", tidy AS ({tidy})\n{_sql(name)}"
    found: list[dict[str, Any]] = opened.query(sql, values, timeout_s=TIMEOUT_S).to_pylist()
    return found


def tidy_sql(
    opened: Opened,
    time: Field | None,
    measure: Field | None,
    series: Field | None,
    zone: str = "UTC",
) -> str:
    when = f"{_moment_sql(time, zone)} AS t, {_bound_sql(time)} AS u, " if time else ""
    what = f"CAST({quoted(measure.name)} AS DOUBLE)" if measure else "CAST(1 AS DOUBLE)"
    name = f"CAST({quoted(series.name)} AS VARCHAR)" if series else "''"
    fields = opened.version.fields
    return f"SELECT {when}{what} AS y, {name} AS s, {doubtful(fields)} AS doubtful FROM rows"


def _moment_sql(time: Field, zone: str) -> str:
    """The column as local time without a zone."""
    column = quoted(time.name)
    if time.type is not FieldType.DATETIME:
        return f"CAST({column} AS TIMESTAMP)"
    # The zone's name was checked by the settings; UTC needs no calendar, which is much faster.
    return (
        f"make_timestamp(epoch_us({column}))" if zone == "UTC" else f"timezone('{zone}', {column})"
    )


def _bound_sql(time: Field) -> str:
    """The column as it is filtered: turning ten million times into local ones takes seconds."""
    column = quoted(time.name)
    return column if time.type is FieldType.DATETIME else f"CAST({column} AS TIMESTAMP)"


def says_nothing(counts: list[float]) -> bool:
    """Whether nearly all lies in one step, or each step holds one."""
    return max(counts) <= 1 or max(counts) > 0.8 * sum(counts)
