"""What a row is called by standards that name rows (SODA's `:id`, Explore's `recordid`).

Rows of a dataset with a key are called by what the key's columns hold, so they keep their name in
later versions; others by their place in the version.
"""

import re

from citycommons.core.types import Dataset, FieldType, Version
from citycommons.share.expressions.tree import Call, Column, Expression, Literal, call

_PLACE = re.compile(r"[0-9]{1,15}")


def row_id(dataset: Dataset, version: Version) -> Expression:
    """The row's name as an expression over its columns."""
    if key := _key(dataset, version):
        return call("digest", *map(Column, key))
    return call("text", call("row"))


def is_row(dataset: Dataset, version: Version, id: str) -> Expression:
    """Whether a row is the one of this name; without a key no other row is looked at."""
    if not _key(dataset, version) and _PLACE.fullmatch(id):
        return call("eq", call("row"), Literal(int(id)))
    return call("eq", row_id(dataset, version), Literal(id))


def by_place(one: Expression) -> Expression:
    """What to sort by instead: places are sorted as numbers."""
    is_place = isinstance(one, Call) and one.arguments[-1:] == (call("text", call("row")),)
    return call("row") if is_place or one == call("text", call("row")) else one


def _key(dataset: Dataset, version: Version) -> tuple[str, ...]:
    plain = {f.name for f in version.fields if f.type is not FieldType.GEOMETRY}
    return dataset.key if set(dataset.key) <= plain else ()
