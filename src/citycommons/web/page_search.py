"""The search page: rows with facets beside them, typos mended and said, the match marked."""

from dataclasses import dataclass
from typing import Any

from citycommons.core.types import ActorKind, Dataset
from citycommons.govern.access import visible_publishers
from citycommons.store import catalogue, find, search
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
SORTS = {
    "": N_("best match"),
    "newest": N_("newest"),
    "title": N_("by title"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of datasets with what else the index knows."""

    hits: find.Hits
    datasets: list[Dataset]
    words: tuple[str, ...]
    mended: dict[str, str]  # typed word → the word that was searched for
    any_word: bool = False


def look_up(
    work: Work,
    text: str = "",
    *,
    chosen: dict[str, tuple[str, ...]] | None = None,
    has_data: bool | None = None,
    sort: str = "",
    limit: int = SIZE,
    offset: int = 0,
) -> Found:
    """Search what the actor may discover: as typed, then with typos mended, then by any word."""
    typed = tuple(search.words(text))[:12]
    mended = search.mend(work.db, typed) if typed else {}
    words = tuple(mended.get(word, word) for word in typed)

    def ask(*, any_word: bool) -> find.Hits:
        wanted = find.Wanted(
            words=words,
            any_word=any_word,
            chosen=chosen or {},
            has_data=has_data,
            is_signed_in=work.actor.kind is not ActorKind.ANYONE,
            publishers=visible_publishers(work.actor),
            newest_first=sort == "newest",
            by_title=sort == "title",
            limit=limit,
            offset=offset,
        )
        return find.find(work.db, wanted)

    hits, any_word = ask(any_word=False), False
    if not hits.total and len(words) > 1:
        hits, any_word = ask(any_word=True), True
    by_id = {one.id: one for one in catalogue.datasets(work.db, list(hits.ids))}
    return Found(
        hits=hits,
        datasets=[by_id[id] for id in hits.ids if id in by_id],
        words=words,
        mended=mended,
        any_word=any_word,
    )


def newest(work: Work, count: int) -> list[Dataset]:
    """The datasets with data that changed last."""
    return look_up(work, sort="newest", has_data=True, limit=count).datasets


def found_themes(work: Work) -> tuple[list[tuple[str, int]], int]:
    """Themes with their counts, largest first, and how many datasets there are."""
    hits = look_up(work, limit=0).hits
    counts = [(code, n) for code, n in hits.facets["theme"].items() if code]
    return sorted(counts, key=lambda pair: (-pair[1], pair[0])), hits.total


def search_page(work: Work, view: View) -> str:
    """The page `/datasets` for the address's parameters."""
    says = speaker(view)
    text = view.get("q").strip()[:200]
    sort = view.get("sort") if view.get("sort") in SORTS else ""
    offset = _offset(view)
    chosen = {
        name: given
        for name in _FACETS
        if (given := tuple(v for k, v in view.query if k == name and v))
    }
    has_data = {"here": True, "elsewhere": False}.get(view.get("data"))
    found = look_up(work, text, chosen=chosen, has_data=has_data, sort=sort, offset=offset)
    publishers = {str(one.id): one.name for one in catalogue.publishers(work.db)}
    last = offset + len(found.datasets)
    total = found.hits.total
    values: dict[str, Any] = {
        "text": text,
        "total": total,
        "rows": result_rows(work, view, found.datasets, found.words),
        "corrected": " ".join(found.words) if found.mended else "",
        "any_word": found.any_word,
        "is_narrowed": bool(chosen) or has_data is not None,
        "clear": view.address("/datasets", without=(*_FACETS, "data", "offset")),
        "facets": _facets(view, found, chosen, publishers, says),
        "here": _where(view, found, has_data, says),
        "sorts": [
            {
                "words": says._(words),
                "href": view.address("/datasets", sort=code, offset=""),
                "is_on": code == (sort or ("" if text else "newest")),
            }
            for code, words in SORTS.items()
            if code or text
        ],
        "first": offset + 1,
        "last": last,
        "previous": view.address("/datasets", offset=_text(max(0, offset - SIZE)))
        if offset
        else "",
        "next": view.address("/datasets", offset=str(last)) if last < total else "",
    }
    return render(view, "search.html", s=values)


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
        counts = {v: n for v, n in found.hits.facets.get(name, {}).items() if v}
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
        return says._(_ACCESS[value])
    return value.upper() if name == "format" else value


def _where(view: View, found: Found, has_data: bool | None, says: Says) -> list[dict[str, Any]]:
    here = found.hits.with_data
    entries = [
        ("here", N_("with data here"), here if has_data is not False else None, True),
        (
            "elsewhere",
            N_("described, files elsewhere"),
            found.hits.total - here if has_data is None else None,
            False,
        ),
    ]
    if has_data is False:
        entries[1] = ("elsewhere", entries[1][1], found.hits.total, False)
    return [
        {
            "words": says._(words),
            "count": count,
            "is_on": has_data is value,
            "href": view.address("/datasets", data="" if has_data is value else code, offset=""),
        }
        for code, words, count, value in entries
    ]
