"""Words of a command line and what they name: `dataset@version`, `de=Titel`, `a,b`."""

from citycommons.core.types import LANGUAGES


def named_version(text: str) -> tuple[str, str | None]:
    """The dataset's id, and its version where one is named (`latest`, a number, a digest)."""
    id, _, version = text.partition("@")
    return id, version or None


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
