"""How the columns of a new file differ from those of the version before."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from citycommons.core.types import Field, FieldType


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
