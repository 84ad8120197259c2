"""What a dataset page says of where things are: origin, files elsewhere with copies, tombstones."""

from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from citycommons.core.types import Dataset
from citycommons.share import links as linking
from citycommons.store.work import Work
from citycommons.web import page_words
from citycommons.web.language import N_
from citycommons.web.presentation import Says

_SCHEMES = ("http", "https")


def origin(one: Dataset, says: Says) -> dict[str, str] | None:
    """Where a harvested entry comes from; None for one that was made here."""
    if not one.source:
        return None
    parts = urlsplit(one.source)
    is_address = parts.scheme in _SCHEMES
    return {
        "href": one.source if is_address else "",
        "name": parts.netloc if is_address else one.source,
        "identifier": one.identifier,
        "words": says._(N_("This entry comes from another catalogue, which answers for it.")),
    }


def links(work: Work, one: Dataset, says: Says) -> list[dict[str, Any]]:
    """Files elsewhere: whether they answered when last asked for, and the copy that is kept."""
    if not one.links:
        return []
    watched = {link.url: link for link in linking.of_dataset(work, one.id)}
    found = []
    for link in one.links:
        kind, tag = page_words.link_tag(link)
        known = watched.get(link.url)
        copy = None
        if known is not None and known.copy and known.copied:
            copy = {
                "href": f"/datasets/{one.id}/copies/{linking.key(link.url)}",
                "day": says.date(known.copied, "medium"),
            }
        checked = known.checked if known is not None and known.checked else link.checked
        found.append(
            {
                "href": link.url if urlsplit(link.url).scheme in _SCHEMES else "",
                "title": link.title or link.url.rsplit("/", 1)[-1],
                "host": urlsplit(link.url).netloc,
                "format": link.format.upper(),
                "kind": kind,
                "tag": says._(tag),
                "checked": says.date(checked, "medium") if checked else "",
                "kept": copy,
            }
        )
    return found


def links_words(one: Dataset, says: Says) -> str:
    """Whether the files elsewhere answered, in few words."""
    dead = sum(1 for link in one.links if link.status is not None and link.status >= 400)
    if not one.links:
        return says._(N_("no data yet"))
    if dead:
        return says._(N_("{dead} did not answer when checked")).format(dead=says.number(dead))
    return says._(N_("all answered when checked")) if one.links[0].checked else ""


def tombstone(one: Dataset, says: Says) -> dict[str, Any] | None:
    """What stands in place of a dataset that was taken away; None while it is there."""
    if one.removed is None:
        return None
    successor = one.successor
    is_address = urlsplit(successor).scheme in _SCHEMES
    return {
        "kind": "stop",
        "head": says._(N_("This dataset was taken away on {day}.")).format(
            day=says.date(one.removed)
        ),
        "words": one.removed_reason,
        "href": successor if is_address else f"/datasets/{successor}" if successor else "",
        "link": says._(N_("See what stands in its place")),
    }


def of_provenance(text: str) -> Markup | str:
    """An origin as a link where it is an address."""
    if urlsplit(text).scheme in _SCHEMES and " " not in text:
        return Markup('<a class="address" href="{0}">{0}</a>').format(text)
    return text
