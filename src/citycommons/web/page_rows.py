"""Datasets as rows: title, one line, publisher, date, formats, licence in words, marks and use."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from citycommons.core.types import Dataset, Version
from citycommons.measure.usage import by_day
from citycommons.share.catalogue import Entry, Matched, why
from citycommons.store.search import fold
from citycommons.store.work import Work
from citycommons.understand import quality
from citycommons.web.language import N_
from citycommons.web.page_elsewhere import last_month
from citycommons.web.page_usage import MONTH
from citycommons.web.presentation import Says
from citycommons.web.render import speaker
from citycommons.web.view import View

_SUMMARY = 220
_FORMATS = ("CSV", "XLSX", "JSON", "GeoJSON", "Parquet")


def result_rows(
    work: Work, view: View, found: Sequence[Entry], words: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What a row says of each dataset, in the given order; `words` are marked where they occur."""
    says = speaker(view)
    uses = by_day(work, found, days=MONTH)
    elsewhere = last_month(work, [entry.dataset.id for entry in found])
    rows = []
    for entry in found:
        one, version = entry.dataset, entry.version
        title, summary = says.text(one.title), _shortened(says.text(one.description))
        rows.append(
            {
                "id": one.id,
                "title": marked(title, words),
                "tongue": says.tongue(one.title),
                "summary": marked(summary, words),
                "summary_tongue": says.tongue(one.description),
                "publisher": one.publisher,
                "publisher_name": entry.publisher.name,
                "updated": version.created if version else one.modified,
                "rows": version.rows if version else None,
                "formats": _formats(one, version),
                "license": says.license(one.license),
                "marks": quality.marks(one, version, work.now),
                "used": uses[one.id].total,
                "spark": uses[one.id].daily,
                "used_elsewhere": elsewhere.get(one.id, 0),
                "elsewhere": version is None and bool(one.links),
                "access": one.access.value,
                "why": _why(entry, words, says),
            }
        )
    return rows


_WHY = {
    Matched.COLUMN: N_("Found in the column “{text}”"),
    Matched.KEYWORD: N_("Found in the keyword “{text}”"),
    Matched.PLACE: N_("Found in the place “{text}”"),
    Matched.STEWARD: N_("Found in the steward “{text}”"),
}


def _why(entry: Entry, words: Sequence[str], says: Says) -> str:
    if not (words and (match := why(entry, words))):
        return ""
    text = says.field_title(match.field) if match.field else match.text
    return says._(_WHY[match.part]).format(text=text)


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
