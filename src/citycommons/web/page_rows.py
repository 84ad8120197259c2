"""Datasets as rows: title, one line, publisher, date, formats, licence in words, marks and use."""

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

from citycommons.core.types import Dataset, Publisher, PublisherId, Version
from citycommons.store import catalogue
from citycommons.store.search import fold
from citycommons.store.work import Work
from citycommons.understand import quality
from citycommons.web.page_usage import NOTHING, used
from citycommons.web.render import speaker
from citycommons.web.view import View

_SUMMARY = 220
_FORMATS = ("CSV", "XLSX", "JSON", "GeoJSON", "Parquet")


def result_rows(
    work: Work, view: View, found: Sequence[Dataset], words: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """What a row says of each dataset, in the given order; `words` are marked where they occur."""
    says = speaker(view)
    latest = catalogue.latest_versions(work.db, [one.id for one in found])
    publishers = {one.id: one for one in catalogue.publishers(work.db)}
    uses = used(work)
    wanted = tuple(words)
    rows = []
    for one in found:
        version = latest.get(one.id)
        use = uses.get(one.id, NOTHING)
        title, summary = says.text(one.title), _shortened(says.text(one.description))
        rows.append(
            {
                "id": one.id,
                "title": marked(title, wanted),
                "tongue": says.tongue(one.title),
                "summary": marked(summary, wanted),
                "summary_tongue": says.tongue(one.description),
                "publisher": one.publisher,
                "publisher_name": _name(publishers, one.publisher),
                "updated": version.created if version else one.modified,
                "rows": version.rows if version else None,
                "formats": _formats(one, version),
                "license": says.license(one.license),
                "marks": quality.marks(one, version, work.now),
                "used": use.recent,
                "spark": use.daily,
                "elsewhere": version is None and bool(one.links),
                "access": one.access.value,
                "why": "",
            }
        )
    return rows


def _name(publishers: dict[PublisherId, Publisher], id: PublisherId) -> str:
    return publishers[id].name if id in publishers else id


def _formats(one: Dataset, version: Version | None) -> list[str]:
    if version:
        return [name for name in _FORMATS if name != "GeoJSON" or version.geometry]
    return sorted({link.format.upper() for link in one.links if link.format})[:5]


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) <= _SUMMARY:
        return plain
    return plain[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def marked(text: str, words: Sequence[str]) -> Markup:
    """The text with the searched words marked, whatever their case and accents."""
    spans: list[tuple[int, int]] = []
    start = 0
    for part in text.split(" "):
        folded = fold(part).lstrip("„“”«»'’(\"")
        if part and any(folded.startswith(word) or f"-{word}" in folded for word in words if word):
            spans.append((start, start + len(part)))
        start += len(part) + 1
    if not spans:
        return escape(text)
    pieces: list[Markup] = []
    at = 0
    for low, high in spans:
        pieces += [escape(text[at:low]), Markup("<mark>{}</mark>").format(text[low:high])]
        at = high
    pieces.append(escape(text[at:]))
    return Markup("").join(pieces)
