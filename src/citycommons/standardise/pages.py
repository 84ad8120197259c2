"""Several files that are one table (pages of an API, a file per month), put one after the other."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.standardise.formats import Draft, Rows
from citycommons.standardise.shape import plain_name

_TEXT = pa.string()


def joined(drafts: Sequence[Draft], names: Sequence[str]) -> Draft:
    """One draft of all rows; columns are matched by name and united, absent cells stay empty.

    `names` are those of the files. Lines stay those of each row's own file.
    """
    first = drafts[0]
    if len(drafts) == 1:
        return first
    tables = _alike([draft.table for draft in drafts])
    starts = np.cumsum([0, *(table.num_rows for table in tables)])
    for draft in drafts[1:]:
        first.faults.absorb(draft.faults)
    decimals = {draft.decimal for draft in drafts}
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return Draft(
        table=pa.concat_tables(tables),
        faults=first.faults,
        lines=_lines(drafts, starts),
        steps=[*first.steps, f"{len(drafts)} files put one after the other: {listed}"],
        notes={name: note for draft in reversed(drafts) for name, note in draft.notes.items()},
        geometries=tuple(dict.fromkeys(name for draft in drafts for name in draft.geometries)),
        is_typed=all(draft.is_typed for draft in drafts),
        decimal=decimals.pop() if len(decimals) == 1 else "",
        is_workbook=any(draft.is_workbook for draft in drafts),
        questions=list({q.id: q for draft in drafts for q in draft.questions}.values()),
        is_local=tuple(dict.fromkeys(name for draft in drafts for name in draft.is_local)),
    )


def require_alike(drafts: Sequence[Draft], names: Sequence[str]) -> None:
    """Raise `Invalid` for a file with other columns than the first: no page of that table."""
    first = {name.casefold(): name for name in drafts[0].table.column_names}
    for draft, called in zip(drafts, names, strict=True):
        here = {name.casefold(): name for name in draft.table.column_names}
        if differ := sorted(first.keys() ^ here.keys()):
            listed = ", ".join(first.get(name) or here[name] for name in differ)
            raise Invalid(
                f"{called} has other columns than {names[0]}: {listed}. Publish them as two "
                "datasets, or name them alike.",
                file=called,
            )


def called(draft: Draft, renames: Mapping[str, str]) -> Draft:
    """The draft with columns renamed as people said; a name that another column bears is kept."""
    old = draft.table.column_names
    wanted = {plain_name(name): to for name, to in renames.items()}
    moved: dict[str, str] = {}
    taken = {name.casefold() for name in old}
    for name in old:
        to = renames.get(name) or wanted.get(plain_name(name), name)
        is_free = to.casefold() not in taken - {name.casefold()}
        moved[name] = to if to and is_free else name
        taken = (taken - {name.casefold()}) | {moved[name].casefold()}
        if moved[name] != name:
            draft.steps.append(f"column “{name}” is called “{to}”, as the plan says")
    draft.table = draft.table.rename_columns([moved[name] for name in old])
    draft.geometries = tuple(moved[name] for name in draft.geometries)
    draft.is_local = tuple(moved[name] for name in draft.is_local)
    draft.notes = {moved.get(name, name): note for name, note in draft.notes.items()}
    return draft


def _alike(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Tables with the columns of all, named as where they came first; texts where types differ."""
    names: dict[str, str] = {}
    types: dict[str, pa.DataType] = {}
    renamed = []
    for table in tables:
        given = [names.setdefault(name.casefold(), name) for name in table.column_names]
        table = table.rename_columns(given)
        for name in given:
            kind = table.schema.field(name).type
            both = types.setdefault(name, kind)
            if both != kind and table[name].null_count != table.num_rows:
                types[name] = _TEXT
        renamed.append(table)
    return [
        pa.table({name: _column(table, name, kind) for name, kind in types.items()})
        for table in renamed
    ]


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    values = table[name]
    if values.null_count == len(values):
        return pa.nulls(table.num_rows, kind)
    return values if values.type == kind else pc.cast(values, kind)


def _lines(drafts: Sequence[Draft], starts: Rows) -> Callable[[Rows], Rows]:
    def lines(rows: Rows) -> Rows:
        found = np.zeros(len(rows), np.int64)
        of = np.searchsorted(starts, rows, side="right") - 1
        for number in np.unique(of).tolist():
            here = of == number
            found[here] = drafts[number].lines(rows[here] - starts[number])
        return found

    return lines
