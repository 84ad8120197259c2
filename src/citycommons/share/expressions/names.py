"""Columns by the names a query language can write: letters, digits and underscores."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from citycommons.core.errors import Invalid
from citycommons.core.types import Field
from citycommons.share.expressions.tree import Column, Expression

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The columns of a version under names that are identifiers; whatever the case they are found.

    A column keeps a name that is one (“street_name”); of others letters stay (“Straße 2” →
    “strasse_2”), and a number is added where two would be the same. The column's own name, in
    quotation marks, is understood as well.
    """

    fields: Sequence[Field]
    system: Mapping[str, Expression] = field(default_factory=dict)  # such as `:id`

    @cached_property
    def of(self) -> dict[str, str]:
        """Name of a field → its name in the language."""
        taken = {f.name.lower() for f in self.fields if _PLAIN.fullmatch(f.name)}
        found: dict[str, str] = {}
        for one in self.fields:
            name = one.name if _PLAIN.fullmatch(one.name) else _slug(one.name)
            if name != one.name:
                stem, number = name, 2
                while name.lower() in taken:
                    name, number = f"{stem}_{number}", number + 1
                taken.add(name)
            found[one.name] = name
        return found

    @cached_property
    def _fields(self) -> dict[str, Field]:
        by_case = {one.name.lower(): one for one in reversed(self.fields)}
        by_slug = {self.of[one.name].lower(): one for one in reversed(self.fields)}
        return by_case | by_slug | {one.name: one for one in self.fields}

    def find(self, name: str) -> Field | None:
        """The field of a name, the very one first, then whatever its case."""
        return self._fields.get(name) or self._fields.get(name.lower())

    def column(self, name: str) -> Expression:
        """What a name stands for.

        Raises `Invalid` with the names there are.
        """
        if (own := self.system.get(name.lower())) is not None:
            return own
        if (found := self.find(name)) is None:
            known = list(self.of.values())
            raise Invalid(
                f"There is no column “{name[:80]}”. Columns are: {', '.join(known)}.",
                column=name[:80],
                columns=known,
            )
        return Column(found.name)

    def field_of(self, one: Expression) -> Field | None:
        """The field, if the expression is a column and nothing more."""
        return self._by_name.get(one.name) if isinstance(one, Column) else None

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return f"_{slug}" if not slug or slug[0].isdigit() else slug
