"""Column names that every reader can bear: none reserved, none twice whatever the case."""

from citycommons.core.tables import RESERVED
from citycommons.standardise.formats import Draft


def bearable(draft: Draft) -> Draft:
    """The draft with such names in place, each renaming told among the steps."""
    old = draft.table.column_names
    new = _renamed(old)
    if new == old:
        return draft
    moved = dict(zip(old, new, strict=True))
    draft.table = draft.table.rename_columns(new)
    draft.geometries = tuple(moved[name] for name in draft.geometries)
    draft.notes = {moved.get(name, name): note for name, note in draft.notes.items()}
    for before, after in moved.items():
        if before != after:
            draft.steps.append(f"column “{before}” is called “{after}”: its name was taken")
    return draft


def _renamed(names: list[str]) -> list[str]:
    taken = {name.casefold() for name in names} | RESERVED
    seen: set[str] = set()
    given = []
    for name in names:
        found, number = name, 2
        if name.casefold() in seen | RESERVED:
            while (found := f"{name}_{number}").casefold() in taken:
                number += 1
            taken.add(found.casefold())
        seen.add(found.casefold())
        given.append(found)
    return given
