"""What a record may put into an entry: plain texts of bearable length, and addresses to open."""

import re
from dataclasses import replace
from typing import Any

from citycommons.core.types import Dataset, Link

MOST_LINKS = 5000
_MOST_WORDS = 200  # keywords
_TITLE, _TEXT, _WORD, _ADDRESS = 500, 50_000, 100, 2000
# Signs that end a text in a database, or turn the direction of what follows on a page.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+-]*):(?!\d)", re.IGNORECASE)
_OPENED = frozenset({"http", "https", "ftp", "ftps", "sftp", "s3"})


def bounded(entry: Dataset) -> Dataset:
    """The entry without what could harm those who read it; what is longer ends with “…”."""
    links = tuple(_link(one) for one in entry.links[:MOST_LINKS] if _opens(one.url))
    return replace(
        entry,
        title={key: _short(text, _TITLE) for key, text in entry.title.items()},
        description={key: _short(text, _TEXT) for key, text in entry.description.items()},
        keywords=tuple(_short(word, _WORD) for word in entry.keywords[:_MOST_WORDS]),
        attribution=_short(entry.attribution, _TITLE),
        steward=_short(entry.steward, _TITLE),
        landing_page=entry.landing_page if _opens(entry.landing_page) else "",
        links=links,
    )


def _link(one: Link) -> Link:
    return replace(one, title=_short(one.title, _TITLE), format=_short(one.format, _WORD))


def _opens(address: str) -> bool:
    """Not `javascript:` or `file:`; what names no scheme is left to who reads it."""
    said = _SCHEME.match(address)
    is_plain = len(address) <= _ADDRESS and address.isprintable()
    return is_plain and (said is None or said[1].casefold() in _OPENED)


def _short(text: Any, most: int) -> Any:
    """The text without hidden signs; what is no text (nothing was said) stays."""
    if not isinstance(text, str):
        return text
    plain = _HIDDEN.sub("", text)
    return plain if len(plain) <= most else plain[: most - 1] + "…"
