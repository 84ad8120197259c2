"""CKAN's `package_search` as a search of ours: fields of its Solr schema, facets and orders.

References
----------
CKAN 2.11: package_search; its Solr schema.xml for the names of fields.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from citycommons.core.errors import Invalid
from citycommons.share.catalogue import Found, Search
from citycommons.share.expressions import solr
from citycommons.share.faces.ckan import THEMES, format_name
from citycommons.share.publish import FORMATS_INDEXED
from citycommons.store import search
from citycommons.store.conditions import (
    Condition,
    Every,
    Has,
    Not,
    Says,
    Some,
    Within,
    costly,
)

MOST_ROWS = 1_000
MOST_WORDS = 60  # each is looked up in a whole index

_VALUES = {
    "id": "id",
    "name": "id",
    "name_string": "id",
    "organization": "publisher",
    "owner_org": "publisher",
    "groups": "theme",
    "theme": "theme",
    "tags": "keyword",
    "keywords": "keyword",
    "res_format": "format",
    "license_id": "license",
    "license": "license",
}
_FACETS = {
    "organization": "publisher",
    "owner_org": "publisher",
    "groups": "theme",
    "tags": "keyword",
    "res_format": "format",
    "license_id": "license",
    "license": "license",
}
"""Facets that count; others CKAN may have are answered empty, as of a field nobody filled."""
_TIMES = {"metadata_modified": "modified", "metadata_created": "created"}
_TEXTS = ("text", "title", "notes", "title_string", "title_ngram", "name_ngram", "author")
_ALWAYS = {
    "state": "active",
    "dataset_type": "dataset",
    "type": "dataset",
    "entity_type": "package",
}
_ORDERS = {
    "metadata_modified": "modified",
    "metadata_created": "created",
    "title_string": "title",
    "title": "title",
    "name": "id",
    "id": "id",
    "views_recent": "",
    "views_total": "",
}


class BadSearch(Invalid):
    """What Solr would not understand (CKAN's SearchQueryError)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants of `package_search`."""

    q: str = "*:*"
    fq: tuple[str, ...] = ()
    sort: str = ""
    facets: tuple[str, ...] = ()
    facet_limit: int = 50
    facet_mincount: int = 1
    rows: int = 10
    start: int = 0
    include_private: bool = False


def search_of(asked: Asked, now: datetime) -> Search:
    """The search. Raises `BadSearch` that says what cannot be read."""
    q = asked.q.strip()
    is_plain = solr.is_plain(q)
    filters = [*(() if is_plain or q == "*:*" else (q,)), *(one for one in asked.fq if one.strip())]
    try:
        parts = [solr.parse(one, partial(_resolved, now)) for one in filters]
    except Invalid as cause:
        raise BadSearch(cause.message, **cause.where) from cause
    if (count := costly(Every(tuple(parts)))) > MOST_WORDS:
        raise BadSearch(f"The query has {count} words, tags and patterns; {MOST_WORDS} at most.")
    order = _order(asked.sort)
    return Search(
        text=q if is_plain else "",
        is_exact=True,
        is_public=not asked.include_private,
        condition=Every(tuple(parts)) if parts else None,
        order=order if order or (is_plain and q) else (("modified", True), ("id", False)),
        counts_keywords="tags" in asked.facets,
        limit=asked.rows,
        offset=asked.start,
        most=MOST_ROWS,
    )


def _resolved(now: datetime, name: str, asked: solr.Asked) -> Condition:
    if name == "*" or (name == "" and asked == solr.Term("*", is_pattern=True)):
        return Every(())
    if name in _TIMES:
        return _in_time(_TIMES[name], asked, now)
    if isinstance(asked, solr.Span):
        if (asked.first, asked.last) == ("*", "*"):
            return _resolved(now, name, solr.Term("*", is_pattern=True))
        raise Invalid(f"“{name}” has no ranges; they are asked of {' and '.join(_TIMES)}.")
    if name in _VALUES:
        return _valued(_VALUES[name], asked)
    if name in ("private", "capacity"):
        is_private = asked.text.casefold() in ("true", "private")
        public = Has("access", "public")
        return Not(public) if is_private else public
    if name in _ALWAYS:
        return Every(()) if asked.text == _ALWAYS[name] or asked.is_pattern else Some(())
    if name == "site_id":
        return Every(())
    if name in ("", *_TEXTS):
        return _said(asked, in_title=name.startswith(("title", "name")))
    raise Invalid(f"undefined field {name}")


def _in_time(name: str, asked: solr.Asked, now: datetime) -> Condition:
    if isinstance(asked, solr.Term):
        if asked.is_pattern and asked.text == "*":
            return Every(())
        at = solr.moment(asked.text, now)
        return Within(name, at, at)
    first, last = solr.moment(asked.first, now), solr.moment(asked.last, now)
    return Within(name, first, last, asked.has_first, asked.has_last)


def _valued(name: str, asked: solr.Term) -> Condition:
    value = asked.text
    if name == "theme" and not asked.is_pattern:
        value = value.upper() if value.upper() in THEMES else _theme_of_title(value)
    if name == "theme" and asked.is_pattern:
        value = value.upper()
    if name == "format" and not asked.is_pattern:
        spelled = format_name(value).casefold()
        also = [one for one in FORMATS_INDEXED if format_name(one).casefold() == spelled]
        values = dict.fromkeys((value.casefold(), spelled, *also))
        return Some(tuple(Has("format", one) for one in values))
    return Has(name, value, is_pattern=asked.is_pattern and not asked.is_phrase)


def _theme_of_title(title: str) -> str:
    return next((code for code, text in THEMES.items() if text == title), title)


def _said(asked: solr.Term, *, in_title: bool) -> Condition:
    text = asked.text.strip("*?") if asked.is_pattern else asked.text
    words = tuple(search.words(text))
    if not words:
        return Every(()) if asked.is_pattern else Some(())
    return Says(words, is_phrase=asked.is_phrase, in_title=in_title)


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    """Raises `BadSearch` for a field that cannot be sorted by."""
    found: list[tuple[str, bool]] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        said = re.fullmatch(r"(\w+)(?:\s+(asc|desc))?", part, re.I)
        if said is None or (said[1] not in _ORDERS and said[1] != "score"):
            raise BadSearch(
                f"Cannot sort by “{part[:60]}”: name one of score, {', '.join(_ORDERS)}, then asc "
                "or desc."
            )
        if said[1] == "score" and not found:
            return ()  # best first, which is what comes without an order
        if name := _ORDERS.get(said[1], ""):
            found.append((name, (said[2] or "asc").lower() == "desc"))
    return tuple(found)


def facet_counts(asked: Asked, found: Found) -> dict[str, dict[str, int]]:
    """Counts of each facet asked for, by CKAN's names of the values, most first."""
    return {name: _counted(name, asked, found) for name in asked.facets}


def _counted(name: str, asked: Asked, found: Found) -> dict[str, int]:
    ours = found.facets.get(_FACETS.get(name, ""), {})
    counts: dict[str, int] = {}
    for value, count in ours.items():
        if value and count >= asked.facet_mincount:
            shown = facet_value(name, value)
            counts[shown] = counts.get(shown, 0) + count
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(ranked if asked.facet_limit < 0 else ranked[: asked.facet_limit])


def facet_value(name: str, value: str) -> str:
    """How a value of ours is written in CKAN's facet."""
    if name == "groups":
        return value.lower()
    return format_name(value) if name == "res_format" else value


def facet_title(name: str, value: str, titles: dict[str, str]) -> str:
    """What a reader sees of it; `titles` are the publishers' names."""
    if name in ("organization", "owner_org"):
        return titles.get(value, value)
    return THEMES.get(value.upper(), value) if name == "groups" else value
