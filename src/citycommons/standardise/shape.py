"""The shape of a file: its set of columns, named so that the next file of its kind is known."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

_LENGTH = 16


def shape(names: Iterable[str]) -> str:
    """A short digest of the columns' names, whatever their order, case, accents and signs.

    >>> shape(["Straße", "Haus-Nr."]) == shape(["haus nr", "STRASSE"])
    True
    """
    plain = sorted({plain_name(name) for name in names})
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()[:_LENGTH]


def plain_name(name: str) -> str:
    """A column's name without case, accents and signs: “Haus-Nr.” and “haus nr” are one."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare).strip() or name.strip()
