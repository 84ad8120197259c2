"""Ids of datasets and publishers: they stand in addresses and file names as they are."""

import re
import unicodedata

from citycommons.core.errors import Invalid

_ID = re.compile(r"[a-z0-9]([a-z0-9_-]{0,98}[a-z0-9])?")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def checked_id(text: str, what: str = "dataset") -> str:
    """The id itself.

    Raises `Invalid`, with one that would do, unless it is 1 to 100 of a-z, 0-9, - and _ that begins
    and ends with a letter or digit.
    """
    if not _ID.fullmatch(text):
        better = slug(text)
        hint = f" “{better}” would do." if better else ""
        raise Invalid(
            f"“{text[:80]}” cannot be the id of a {what}: use up to 100 small letters, digits, "
            f"- and _.{hint}",
            column="id",
            field="id",
        )
    return text


def slug(text: str, longest: int = 60) -> str:
    """An id made of a name: “Straßen & Wege” → `strassen-wege`; empty when nothing is left.

    >>> slug("Bücher, Qualità")
    'buecher-qualita'
    """
    spelled = unicodedata.normalize("NFC", text).casefold().replace("’", "'").translate(_GERMAN)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")
