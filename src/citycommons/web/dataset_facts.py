"""What the dataset page says of a dataset and a version, in the reader's language."""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from citycommons.core.types import Access, Dataset, DatasetId, Publisher, Version
from citycommons.govern.licenses import LICENSES
from citycommons.share import linked
from citycommons.share.exports import formats
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand import quality
from citycommons.web import page_origin, page_words
from citycommons.web.desk.fault_words import in_words
from citycommons.web.language import N_
from citycommons.web.presentation import FORMATS, ROLES, TYPES, Says
from citycommons.web.render import speaker
from citycommons.web.scores import scored
from citycommons.web.sparks import distribution
from citycommons.web.told import told
from citycommons.web.view import View

SHOWN_VERSIONS = 8
_LEAD = 200  # signs


def address_of(id: DatasetId, version: int | str | None) -> str:
    """The path of a dataset as it was asked for: the latest version has none in it."""
    return f"/datasets/{id}" + (f"@{version}" if version not in (None, "latest") else "")


def facts_of(
    work: Work, view: View, one: Dataset, shown: Version | None, version: int | str | None
) -> dict[str, Any]:
    """All that the templates of the page show of the description and the version."""
    says = speaker(view)
    publisher = catalogue.publisher(work.db, one.publisher)
    plain = address_of(one.id, None)
    checks = quality.checks(one, shown if shown and not shown.withdrawn else None, work.now)
    license = LICENSES.get(one.license)
    number = shown.number if shown else None
    cited = view.absolute(address_of(one.id, number))
    updated = shown.created if shown else one.modified
    return {
        "id": one.id,
        "title": says.text(one.title),
        "tongue": says.tongue(one.title),
        "lead": _lead(says.text(one.description))[0],
        "about": _lead(says.text(one.description))[1],
        "lead_tongue": says.tongue(one.description),
        "theme": says.theme(one.theme),
        "theme_code": one.theme,
        "publisher": one.publisher,
        "publisher_name": publisher.name,
        "steward": one.steward if one.steward != publisher.name else "",
        "address": address_of(one.id, version),
        "plain_address": plain,
        "canonical": view.absolute(plain),
        "base": view.absolute(""),
        "embeds": [],  # how it is shown in other pages; filled where there is something to show
        "hidden": one.access is not Access.PUBLIC,
        "notice": page_origin.tombstone(one, says),
        "withdrawn": False,
        "version": number,
        "rows": shown.rows if shown else 0,
        "row_count": shown.rows if shown else 0,
        "updated": updated,
        "updated_words": _rhythm(one, checks, says),
        "license_words": says.license(one.license).split(",")[0].split(";")[0],
        "license_id": _license_line(one, says),
        "license_url": license.url if license else "",
        "marks": sum(check.holds for check in checks),
        "quality_words": _quality_words(shown, says),
        "checks": [
            {
                "holds": check.holds,
                "name": says._(page_words.NAMES[check.criterion]),
                "words": page_words.check_words(check, says),
            }
            for check in checks
        ],
        **scored(one, shown, publisher, work.now, says),
        "files": _files(one, shown, says) if shown and not shown.withdrawn else [],
        "citation": page_words.citation(one, shown, publisher.name, cited, says),
        "cite_words": _cite_words(one, says),
        "origin": page_origin.origin(one, says),
        "links": page_origin.links(work, one, says),
        "links_words": page_origin.links_words(one, says),
        "fields": _fields(shown, says) if shown and not shown.withdrawn else [],
        "faults": [
            {
                # What was left out was not published: its values are for the desk.
                "message": in_words(replace(f, value="…"), says),
                "column": f.column,
                "count": f.count,
                "is_rejected": f.is_rejected,
            }
            for f in (shown.faults if shown else ())
        ],
        "provenance": _provenance(one, shown, says, view.settings.timezone),
        "snippets": page_words.snippets(view.absolute(""), one, shown)
        if shown and not shown.withdrawn
        else [],
        "addresses": _addresses(view, one, shown, says),
        "jsonld": _json_ld(view, one, publisher, shown, says),
        **_versions(work, one, number),
    }


def _lead(text: str) -> tuple[str, str]:
    """The first sentences, as far as one reads at a glance, and the rest."""
    plain = " ".join(text.split())
    if len(plain) <= _LEAD + 60:
        return plain, ""
    ends = [found.end() for found in re.finditer(r"[.!?:;](?=\s+[A-ZÄÖÜÀÉÈ„“«0-9])", plain)]
    cut = max((end for end in ends if 40 <= end <= _LEAD), default=0)
    if not cut:
        cut = next((end for end in ends if end <= 2 * _LEAD), 0)
    return (plain[:cut], plain[cut:].strip()) if cut else (plain, "")


def _rhythm(one: Dataset, checks: tuple[quality.Check, ...], says: Says) -> str:
    parts = [says.frequency(one.frequency)] if one.frequency else []
    timely = next(c for c in checks if c.criterion is quality.Criterion.TIMELY)
    if timely.limit is not None:
        parts.append(says._(N_("on time")) if timely.holds else says._(N_("late")))
    return " · ".join(parts)


def _license_line(one: Dataset, says: Says) -> str:
    words = says.license(one.license)
    rest = words.partition(",")[2].strip()
    title = one.license
    if known := LICENSES.get(one.license):
        # Short names that are names (CC0-1.0, dl-de/by-2.0), else the title in words.
        title = known.id if any(c.isdigit() for c in known.id) else known.title
    return " · ".join(part for part in (rest, title) if part and part != "unspecified")


def _cite_words(one: Dataset, says: Says) -> str:
    if one.attribution:
        return says._(N_("Name as the source: {name}")).format(name=one.attribution)
    return says.license(one.license)


def _quality_words(shown: Version | None, says: Says) -> str:
    if shown is None or not shown.rows:
        return ""
    if shown.rejected:
        share = says.percent(shown.rejected / (shown.rows + shown.rejected))
        return says._(N_("{share} of rows left out")).format(share=share)
    flagged = sum(fault.count for fault in shown.faults if not fault.is_rejected)
    if flagged:
        share = says.percent(min(1.0, flagged / shown.rows))
        return says._(N_("{share} of rows flagged")).format(share=share)
    return ""


def _files(one: Dataset, shown: Version, says: Says) -> list[dict[str, str]]:
    return [
        {
            "name": each.title,
            "href": f"/data/{one.id}@{shown.number}.{each.suffix}",
            "words": says._(FORMATS.get(each.id, "")),
        }
        for each in formats(shown)
    ]


def _fields(shown: Version, says: Says) -> list[dict[str, Any]]:
    known = {one.name: one for one in shown.statistics}
    found = []
    for field in shown.fields:
        one = known.get(field.name)
        top = one.top[:5] if one and one.top and not one.histogram and one.top[0][1] > 1 else ()
        found.append(
            {
                "name": field.name,
                "title": says.field_title(field),
                "description": says.text(field.description),
                "type": says._(TYPES[field.type]),
                "role": says._(ROLES.get(field.role, "")),
                "unit": says.unit(field.unit) if field.unit else "",
                "evidence": field.evidence if field.evidence != "declared" else "",
                "holds": page_words.holds(field, shown, says),
                "top": [(name or "–", says.number(count)) for name, count in top],
                "hist": distribution(one, 132, 34) if one and one.histogram else "",
            }
        )
    return found


def _versions(work: Work, one: Dataset, number: int | None) -> dict[str, Any]:
    found = catalogue.versions(work.db, one.id)
    return {
        "versions": version_lines(found, number)[:SHOWN_VERSIONS],
        "more_versions": len(found) if len(found) > SHOWN_VERSIONS else 0,
    }


def version_lines(found: list[Version], number: int | None) -> list[dict[str, Any]]:
    """What the list of versions says of each, newest first."""
    alive = [one.number for one in found if not one.withdrawn]
    return [
        {
            "number": one.number,
            "created": one.created,
            "rows": one.rows,
            "rejected": one.rejected,
            "note": one.note,
            "withdrawn": one.withdrawn,
            "reason": one.withdrawn_reason,
            "is_shown": one.number == number,
            "before": max((n for n in alive if n < one.number), default=None),
        }
        for one in found
    ]


def _local_day(text: str, zone: str) -> str:
    """The day that a moment is in, where the city lives."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return text[:10]
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


def _steps(shown: Version, says: Says) -> str:
    return "; ".join(told(step, says.language) for step in shown.provenance.steps)


def _provenance(
    one: Dataset, shown: Version | None, says: Says, zone: str
) -> list[tuple[str, Any]]:
    if shown is None:
        return []
    found: list[tuple[str, Any]] = []
    origin = shown.provenance.origin or one.source
    if origin:
        found.append((says._(N_("Origin")), page_origin.of_provenance(origin)))
    if shown.provenance.received:
        found.append((says._(N_("Received")), says.date(shown.provenance.received)))
    if shown.period:
        first, last = (_local_day(text, zone) for text in shown.period)
        found.append((says._(N_("Covers")), says.period(first, last)))
    if shown.provenance.steps:
        found.append((says._(N_("Done with it")), _steps(shown, says)))
    if shown.provenance.derived_from:
        found.append((says._(N_("Made from")), ", ".join(shown.provenance.derived_from)))
    if one.attribution:
        found.append((says._(N_("Name the source")), one.attribution))
    digest = Markup('<span class="address">sha-256 {}</span>').format(shown.digest)
    found.append((says._(N_("Fingerprint of the content")), digest))
    return found


def _addresses(
    view: View, one: Dataset, shown: Version | None, says: Says
) -> list[tuple[str, str]]:
    if shown is None or shown.withdrawn:
        return []
    base = view.absolute(f"/datasets/{one.id}")
    pinned = f"{base}@{shown.number}"
    found = [
        (says._(N_("Description")), f"{base}.json"),
        (says._(N_("Linked data")), f"{base}.jsonld"),
        (says._(N_("Rows")), f"{pinned}/rows?limit=100"),
        (says._(N_("File")), view.absolute(f"/data/{one.id}@{shown.number}.parquet")),
    ]
    if shown.geometry:
        found.insert(3, (says._(N_("Places")), f"{pinned}/features?limit=100"))
    return found


def _json_ld(
    view: View, one: Dataset, publisher: Publisher, shown: Version | None, says: Says
) -> Markup | str:
    """What search engines read, in the page's language."""
    if one.access is not Access.PUBLIC:
        return ""
    portal = linked.portal_of(view.settings, view.url, [])
    told = linked.schema_dataset(portal, one, shown, publisher, language=says.language)
    text = json.dumps({"@context": "https://schema.org/", **told}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704
