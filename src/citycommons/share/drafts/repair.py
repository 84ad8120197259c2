"""Rows kept aside, repaired in Excel and sent again: they join the others of their draft.

The repaired rows are kept as texts in a file of their own and read together with the delivery, so
that a decimal comma, a unit or a date means in them what it means in the rest.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citycommons.core.errors import Conflict, Invalid, NotFound, TooMuch
from citycommons.core.tables import LINE
from citycommons.core.types import Actor, Digest, FieldType, Parcel
from citycommons.share.drafts.draft import Draft, Repair, repair_path
from citycommons.share.drafts.keep import change, folder_of, keep_upload, plain_name
from citycommons.share.drafts.mended import mended_path
from citycommons.share.drafts.reading import Reading, read
from citycommons.standardise.repairs import Repair as Sent
from citycommons.standardise.repairs import read_repair, table_of
from citycommons.store.work import City

_MOST = 20  # repairs of one draft
_SHOWN = 60


def rejects(city: City, actor: Actor, id: str) -> tuple[Draft, pa.Table]:
    """The rows of a draft that are kept aside; `NotFound` when there are none."""
    draft, reading = read(city, actor, id)
    aside = reading.rejects(folder_of(city, actor, id))
    if aside is None:
        raise NotFound("No rows of this file are kept aside.")
    return draft, aside


def repaired(city: City, actor: Actor, id: str, chunks: Iterable[bytes], *, name: str) -> Draft:
    """Take in a repaired file: its rows take the place of those that were kept aside.

    A row is known by its line. Rows that are not in the file stay aside. Raises `Invalid` for a
    file that is not the one given out, or with cells beyond the last column, and names them.
    """
    draft, reading = read(city, actor, id)
    folder = folder_of(city, actor, id)
    aside = reading.rejects(folder)
    if aside is None:
        raise Conflict("No rows of this file are kept aside, so there is nothing to repair.")
    if len(draft.repairs) >= _MOST:
        raise TooMuch(f"A draft takes {_MOST} repaired files. Repair the rest in the file itself.")
    path = folder / ".repaired"
    try:
        keep_upload(path, chunks, city.settings.upload_limit_mb)
        parcel = Parcel(path=path, name=plain_name(name), received=city.clock())
        sent = read_repair(parcel, reading.fields)
    finally:
        path.unlink(missing_ok=True)
    rows, lines = _checked(sent, aside, _columns(draft, reading))
    if not lines:
        raise Invalid("The repaired file holds no rows.")
    files = {ours: file for file, ours in draft.plan.renames.items()}
    body = _as_csv(rows.rename_columns([files.get(one, one) for one in rows.column_names]))
    digest = Digest(hashlib.sha256(body).hexdigest())
    target = repair_path(folder, digest)
    target.write_bytes(body)
    mended = aside.filter(pc.is_in(aside[LINE], value_set=pa.array(sorted(lines), pa.int64())))
    pq.write_table(mended, mended_path(folder, digest))
    repair = Repair(name=plain_name(name), digest=digest, rows=rows.num_rows)
    return change(
        city,
        actor,
        id,
        lambda before: replace(
            before,
            repairs=(*(one for one in before.repairs if one.digest != digest), repair),
        ),
    )


def undo_repair(city: City, actor: Actor, id: str, digest: str) -> Draft:
    """Take a repaired file back: its rows are kept aside again."""
    return change(
        city,
        actor,
        id,
        lambda before: replace(
            before, repairs=tuple(one for one in before.repairs if one.digest != digest)
        ),
    )


def _columns(draft: Draft, reading: Reading) -> set[str]:
    """The columns of the file itself, without those that only hold cells too many."""
    there = {one.name for one in reading.fields if one.type is not FieldType.GEOMETRY}
    return there | set(draft.plan.position.columns if draft.plan.position else ())


def _checked(sent: Sent, aside: pa.Table, columns: set[str]) -> tuple[pa.Table, set[int]]:
    """The rows that were repaired, and the lines on which they stood."""
    known = set(aside[LINE].to_pylist())
    if strange := [line for line in sent.lines if line not in known]:
        raise Invalid(
            f"Line “{strange[0]}” is not among the rows kept aside. Leave the column “{LINE}” as "
            "it is; it says where a row belongs."
        )
    extra = [place for place, name in enumerate(sent.names) if name not in columns]
    for line, row in zip(sent.lines, sent.rows, strict=True):
        for place in extra:
            if row[place]:
                raise Invalid(
                    f"Line {line} still holds “{str(row[place])[:_SHOWN]}” in "
                    f"“{sent.names[place]}”, which is no column of this file. Move it to where it "
                    "belongs, or empty the cell.",
                    column=sent.names[place],
                )
    rows = table_of(sent.names, sent.rows)
    kept = [name for place, name in enumerate(sent.names) if place not in extra]
    return rows.select(kept), {line for line in sent.lines if line is not None}


def _as_csv(rows: pa.Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(rows.column_names)
    for row in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
        writer.writerow(["" if cell is None else str(cell) for cell in row])
    return out.getvalue().encode()
