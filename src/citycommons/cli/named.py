"""Words of a command line and what they name: `dataset@version`, `de=Titel`, `a,b`."""

import re
import unicodedata

from citycommons.core.errors import Invalid
from citycommons.core.types import LANGUAGES

_ID = re.compile(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?")


def named_version(text: str) -> tuple[str, str | None]:
    """The dataset's id, and its version where one is named (`latest`, a number, a digest)."""
    id, _, version = text.partition("@")
    return id, version or None


def checked_id(text: str, what: str) -> str:
    """An id that can stand in an address and in a file's name."""
    if not _ID.fullmatch(text):
        better = slug(text)
        hint = f" “{better}” would do." if better else ""
        raise Invalid(
            f"“{text}” cannot be the id of a {what}: use up to 100 small letters, digits, "
            f"- and _.{hint}"
        )
    return text


def slug(text: str, longest: int = 60) -> str:
    """An id made of a name."""
    spelled = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")


def texts(given: list[str], language: str) -> dict[str, str]:
    """`de=Parkhäuser` by its language; a text without one is in the given language."""
    found: dict[str, str] = {}
    for text in given:
        before, equals, after = text.partition("=")
        if equals and before in LANGUAGES:
            found[before] = after
        else:
            found[language] = text
    return found


def words(text: str | None) -> tuple[str, ...]:
    """`a, b` as (`a`, `b`)."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
