"""The search page: rows with facets beside them, typos mended and said, the match marked."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from citycommons.share import catalogue, meaning
from citycommons.share.catalogue import Found, Search, Sort
from citycommons.store.work import Work
from citycommons.web.language import N_
from citycommons.web.page_rows import result_rows
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

SIZE = 20
SHOWN = 8  # values of a facet before “more”
_MOST_PAGES = 500
_FACETS = {
    "theme": N_("Theme"),
    "publisher": N_("Publisher"),
    "format": N_("Format"),
    "license": N_("Licence"),
    "category": N_("Kind of data"),
    "access": N_("Access"),
}
_ACCESS = {
    "public": N_("open to everyone"),
    "restricted": N_("after signing in"),
    "internal": N_("inside the publisher"),
}
_SORTS = {
    Sort.RELEVANCE: N_("best match"),
    Sort.NEWEST: N_("newest"),
    Sort.TITLE: N_("by title"),
}
_UNSOUGHT = N_("data here first")  # how entries come while nothing is searched for


def search_page(work: Work, view: View, missed: Callable[[str], None] = lambda text: None) -> str:
    """The page `/datasets` for the address's parameters; `missed` hears what found nothing."""
    says = speaker(view)
    text = view.get("q").strip()[:200]
    sort = Sort(view.get("sort")) if view.get("sort") in set(Sort) else Sort.RELEVANCE
    offset = _offset(view)
    chosen = {
        name: given
        for name in _FACETS
        if (given := tuple(v for k, v in view.query if k == name and v))
    }
    has_data = {"here": True, "elsewhere": False}.get(view.get("data"))
    wanted = Search(
        text=text, chosen=chosen, has_data=has_data, sort=sort, limit=SIZE, offset=offset
    )
    found = catalogue.find(work, wanted)
    if text and not (found.total or chosen or offset or has_data is not None):
        missed(text)
    near = meaning.related(work, wanted, found)
    publishers = {str(one.id): one.name for one in catalogue.all_publishers(work)}
    last = offset + len(found.entries)
    total = found.total
    values: dict[str, Any] = {
        "text": text,
        "total": total,
        "rows": result_rows(work, view, found.entries, found.words),
        "related": result_rows(work, view, near) if near else (),
        "corrected": found.corrected,
        "any_word": found.is_loose,
        "is_narrowed": bool(chosen) or has_data is not None,
        "clear": view.address("/datasets", without=(*_FACETS, "data", "offset")),
        "facets": _facets(view, found, chosen, publishers, says),
        "here": _where(view, found, has_data, says),
        "sorts": [
            {
                "words": says._(words if text or one is not Sort.RELEVANCE else _UNSOUGHT),
                "href": view.address(
                    "/datasets", sort="" if one is Sort.RELEVANCE else one.value, offset=""
                ),
                "is_on": one is sort,
            }
            for one, words in _SORTS.items()
        ],
        "feed": _feed(text, chosen, has_data),
        "first": offset + 1,
        "last": last,
        "previous": view.address("/datasets", offset=_text(max(0, offset - SIZE)))
        if offset
        else "",
        "next": view.address("/datasets", offset=str(last)) if last < total else "",
    }
    return render(view, "search.html", s=values)


def _feed(text: str, chosen: dict[str, tuple[str, ...]], has_data: bool | None) -> str:
    """The address of the feed that tells what is new in this search."""
    pairs = [("q", text)] if text else []
    pairs += [(name, value) for name, some in chosen.items() for value in some]
    pairs += [] if has_data is None else [("has_data", str(has_data).lower())]
    return "/feeds/search.atom" + (f"?{urlencode(pairs)}" if pairs else "")


def _offset(view: View) -> int:
    text = view.get("offset")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _text(offset: int) -> str:
    return str(offset) if offset else ""


def _facets(
    view: View,
    found: Found,
    chosen: dict[str, tuple[str, ...]],
    publishers: dict[str, str],
    says: Says,
) -> list[dict[str, Any]]:
    facets = []
    for name, words in _FACETS.items():
        counts = {v: n for v, n in found.facets.get(name, {}).items() if v}
        for value in chosen.get(name, ()):
            counts.setdefault(value, 0)
        if len(counts) < 2 and name not in chosen:
            continue
        entries = []
        for value, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            is_on = value in chosen.get(name, ())
            entries.append(
                {
                    "words": _value_words(name, value, publishers, says),
                    "count": count,
                    "is_on": is_on,
                    "href": view.address(
                        "/datasets", **{name: "" if is_on else value, "offset": ""}
                    ),
                }
            )
        entries.sort(key=lambda entry: not entry["is_on"])
        facets.append({"name": says._(words), "entries": entries[:SHOWN], "more": entries[SHOWN:]})
    return facets


def _value_words(name: str, value: str, publishers: dict[str, str], says: Says) -> str:
    if name == "theme":
        return says.theme(value)
    if name == "publisher":
        return publishers.get(value, value)
    if name == "category":
        return says.category(value)
    if name == "access":
        return says._(_ACCESS[value]) if value in _ACCESS else value
    return value.upper() if name == "format" else value


def _where(view: View, found: Found, has_data: bool | None, says: Says) -> list[dict[str, Any]]:
    here = found.with_data
    entries = [
        ("here", N_("with data here"), here if has_data is not False else None, True),
        (
            "elsewhere",
            N_("described, files elsewhere"),
            found.total - here if has_data is None else None,
            False,
        ),
    ]
    if has_data is False:
        entries[1] = ("elsewhere", entries[1][1], found.total, False)
    return [
        {
            "words": says._(words),
            "count": count,
            "is_on": has_data is value,
            "href": view.address("/datasets", data="" if has_data is value else code, offset=""),
        }
        for code, words, count, value in entries
    ]
