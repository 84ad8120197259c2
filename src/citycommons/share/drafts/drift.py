"""How a new file differs from the version before: its columns, and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from citycommons.core.types import Digest, Field, FieldType
from citycommons.store.lake import Lake


class DriftKind(StrEnum):
    """What happened to a column since the version before."""

    GONE = "gone"
    NEW = "new"
    TYPE = "type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One column that is not as it was."""

    kind: DriftKind
    column: str
    before: FieldType | None = None
    found: FieldType | None = None  # what the new file holds by itself
    is_kept: bool = False  # it is read as before, and what does not fit is a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How many rows came, went and changed; without a key a changed row is one gone, one new."""

    added: int
    removed: int
    changed: int
    same: int
    key: tuple[str, ...] = ()


def drifted(
    before: Sequence[Field], found: Sequence[Field], kept: Sequence[str] = ()
) -> tuple[Drift, ...]:
    """Columns gone, columns of another type, then new columns."""
    was = {field.name: field for field in before}
    now = {field.name: field for field in found}
    gone = [
        Drift(kind=DriftKind.GONE, column=name, before=field.type)
        for name, field in was.items()
        if name not in now
    ]
    other = [
        Drift(
            kind=DriftKind.TYPE,
            column=name,
            before=was[name].type,
            found=field.type,
            is_kept=name in kept,
        )
        for name, field in now.items()
        if name in was and was[name].type is not field.type
    ]
    new = [
        Drift(kind=DriftKind.NEW, column=name, found=field.type)
        for name, field in now.items()
        if name not in was
    ]
    return (*gone, *other, *new)


def compared(
    lake: Lake,
    older: tuple[Digest, Sequence[Field]],
    newer: tuple[Digest, Sequence[Field]],
    key: Sequence[str] = (),
) -> Changes:
    """Count what publishing would change, by key where both sides have it, else by whole rows.

    `older` and `newer` are files of the lake with their fields.
    """
    old = {field.name for field in older[1]}
    shared = [field.name for field in newer[1] if field.name in old]
    by = [name for name in key if name in shared]
    by = by if by and len(by) == len(key) else []
    files = [str(lake.existing(digest)) for digest, _ in (older, newer)]
    names = by or shared
    if not names:
        counts = [_count(lake, file) for file in files]
        return Changes(added=counts[1], removed=counts[0], changed=0, same=0)
    row = lake.query(_sql(names, shared), files, timeout_s=60).to_pylist()[0]
    # One row gone and one come under the same key is a row that changed.
    changed = int(row["changed"] or 0) if by else 0
    return Changes(
        added=int(row["added"] or 0),
        removed=int(row["removed"] or 0),
        changed=changed,
        same=int(row["both_sides"] or 0) - changed,
        key=tuple(by),
    )


def _count(lake: Lake, file: str) -> int:
    return int(lake.query("SELECT count(*) AS n FROM read_parquet(?)", [file])["n"][0].as_py())


def _sql(names: Sequence[str], shared: Sequence[str]) -> str:
    # Compared as text, so that a column whose type changed can still be compared.
    values = ", ".join(f"{_quote(name)}::VARCHAR" for name in shared)
    side = (
        f"SELECT hash({', '.join(f'{_quote(name)}::VARCHAR' for name in names)}) AS k, "
        f"sum(hash({values})::HUGEINT) AS content, count(*) AS n FROM read_parquet(?) GROUP BY k"
    )
    return f"""
        WITH older AS ({side}), newer AS ({side})
        SELECT
            sum(greatest(coalesce(newer.n, 0) - coalesce(older.n, 0), 0)) AS added,
            sum(greatest(coalesce(older.n, 0) - coalesce(newer.n, 0), 0)) AS removed,
            sum(least(coalesce(older.n, 0), coalesce(newer.n, 0))) AS both_sides,
            sum(CASE WHEN older.content IS DISTINCT FROM newer.content
                THEN least(coalesce(older.n, 0), coalesce(newer.n, 0)) ELSE 0 END) AS changed
        FROM older FULL JOIN newer USING (k)
    """


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
