"""What changed between two versions, as a page: counts, columns, and rows cell by cell."""

from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId, Use
from citycommons.share import open as reader
from citycommons.share.diff import Change, Diff, FieldChange, Kind
from citycommons.share.diff import diff as compared
from citycommons.store.work import Work
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.told import told
from citycommons.web.view import View

SIZE = 50
_KINDS = {
    Kind.ADDED: (N_("added"), "go"),
    Kind.REMOVED: (N_("removed"), "stop"),
    Kind.CHANGED: (N_("changed"), "warn"),
}


def diff(work: Work, view: View, id: DatasetId, older: int, newer: int) -> str:
    """The page that compares two versions; `offset` in the address pages through the rows."""
    text = view.get("offset") or "0"
    if not text.isdecimal() or len(text) > 15:
        raise Invalid(f"“offset”: “{text}” is no whole number from 0.", parameter="offset")
    old = reader.open(work, id, older, use=Use.INVESTIGATION)
    new = reader.open(work, id, newer, use=Use.INVESTIGATION)
    found = compared(old, new, limit=SIZE, offset=int(text))
    says = speaker(view)
    columns = list(dict.fromkeys(f.name for f in (*new.version.fields, *old.version.fields)))
    titles = {f.name: says.field_title(f) for f in (*old.version.fields, *new.version.fields)}
    differing = found.added + found.removed + found.changed
    last = found.offset + len(found.changes)
    values: dict[str, Any] = {
        "title": says.text(new.dataset.title),
        "address": f"/datasets/{id}",
        "older": older,
        "newer": newer,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
        "unchanged": found.unchanged,
        "key": found.key,
        "words": _words(found, differing, says),
        "key_words": _key_words(found, titles, says),
        "fields": [{"name": titles[f.name], "words": _field_words(f, says)} for f in found.fields],
        "columns": [titles[name] for name in columns],
        "rows": [_row(change, columns, says) for change in found.changes],
        "range": says._(N_("{first} to {last} of {total} rows that differ")).format(
            first=says.number(found.offset + 1),
            last=says.number(last),
            total=says.number(differing),
        ),
        "previous": view.address(offset=str(max(0, found.offset - SIZE))) if found.offset else "",
        "next": view.address(offset=str(last)) if last < differing else "",
    }
    return render(view, "diff.html", d=values)


def _words(found: Diff, differing: int, says: Says) -> str:
    if not differing and not found.fields:
        return says._(N_("Nothing changed: both versions hold the same rows."))
    if not differing:
        return says._(N_("The rows are the same; the columns changed."))
    every = differing + found.unchanged
    text = says._(N_("{count} rows differ, {share} of all."))
    return text.format(count=says.number(differing), share=says.percent(differing / every))


def _key_words(found: Diff, titles: dict[str, str], says: Says) -> str:
    if found.key:
        names = ", ".join(titles.get(name, name) for name in found.key)
        return says._(N_("rows told apart by {names}")).format(names=names)
    return told(found.note, says.language) or says._(N_("without a key, whole rows are compared"))


def _field_words(one: FieldChange, says: Says) -> str:
    if one.before is None:
        return says._(N_("new column"))
    if one.after is None:
        return says._(N_("column is gone"))
    return f"{says.field_kind(one.before)} → {says.field_kind(one.after)}"


def _row(change: Change, columns: list[str], says: Says) -> dict[str, Any]:
    words, kind = _KINDS[change.kind]
    cells = []
    for name in columns:
        before = _cell(change.before, name)
        after = _cell(change.after, name)
        cell: dict[str, str | None] = {"before": None, "after": None, "same": None}
        if change.kind is Kind.CHANGED and name not in change.columns:
            cell["same"] = after
        elif change.kind is Kind.CHANGED:
            cell |= {"before": before, "after": after}
        else:
            cell["before" if change.kind is Kind.REMOVED else "after"] = (
                before if change.kind is Kind.REMOVED else after
            )
        cells.append(cell)
    return {"kind": says._(words), "kind_class": kind, "cells": cells}


def _cell(row: dict[str, Any] | None, name: str) -> str:
    value = (row or {}).get(name)
    return "" if value is None else str(value)[:120]
