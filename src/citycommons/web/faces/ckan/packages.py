"""Actions on packages and their resources: show, list, search, complete."""

from collections.abc import Iterable
from typing import Any

import orjson

from citycommons.core.errors import NotFound
from citycommons.core.types import DatasetId
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry, Search
from citycommons.share.faces import ckan, ckan_ids, ckan_search
from citycommons.share.faces.ckan_search import MOST_ROWS, Asked
from citycommons.store.work import Work
from citycommons.web.datasets import looked_at
from citycommons.web.faces.ckan.call import Call, Wrong, written
from citycommons.web.turns import long_turn

MOST_NAMES = 100_000
_BY_ID = (("id", False),)


def package_show(call: Call) -> bytes:
    """Show a dataset with its resources. `id`: id or name of the dataset."""
    id = call.text("id") or call.text("name_or_id")
    if not id.strip():
        raise Wrong(id="Missing value")
    with call.work() as work:
        try:
            entry = shown(work, DatasetId(id.strip()))
        except NotFound:
            if (now := ckan_ids.formerly(work, id.strip())) is None:
                raise
            entry = shown(work, now)
    return ckan.package_json(entry, call.base, call.language)


def shown(work: Work, id: DatasetId) -> Entry:
    """The entry, counted as looked at; `NotFound` where the caller may not know of it."""
    seen = looked_at(work, id, None)
    publisher = catalogue.publisher(work, seen.dataset.publisher)
    return Entry(dataset=seen.dataset, version=seen.version, publisher=publisher)


def package_list(call: Call) -> object:
    """Names of all public datasets. `limit`, `offset`: a part of them."""
    limit = call.whole("limit", MOST_NAMES, most=MOST_NAMES)
    wanted = Search(
        is_public=True,
        order=_BY_ID,
        limit=limit,
        offset=call.whole("offset", 0),
        most=MOST_NAMES,
    )
    with call.work() as work:
        return list(catalogue.ids(work, wanted))


def current_package_list_with_resources(call: Call) -> bytes:
    """Public datasets with their resources, the last changed first. `limit`, `offset`."""
    limit = call.whole("limit", MOST_ROWS, most=MOST_ROWS)
    wanted = Search(
        is_public=True,
        order=(("modified", True), ("id", False)),
        limit=limit,
        offset=call.whole("offset", 0),
        most=MOST_ROWS,
    )
    with call.work() as work:
        found = catalogue.find(work, wanted)
    return packages(call, found.entries)


def packages(call: Call, entries: Iterable[Entry]) -> bytes:
    """The entries as a list of packages."""
    return b"[%b]" % b",".join(ckan.package_json(one, call.base, call.language) for one in entries)


def package_search(call: Call) -> bytes:
    """Search datasets. `q`, `fq`, `fq_list`: Solr queries; `sort`: `metadata_modified desc`;
    `rows` (at most 1000), `start`; `facet.field`, `facet.limit`, `facet.mincount`;
    `include_private`: also those that only the caller may see.
    """
    asked = _asked(call)
    with call.work() as work:
        found = catalogue.find(work, ckan_search.search_of(asked, work.now))
        titles = (
            {one.id: one.name for one in catalogue.all_publishers(work)} if asked.facets else {}
        )
    counts = ckan_search.facet_counts(asked, found)
    items = {name: _facet(name, some, titles) for name, some in counts.items()}
    return b'{"count":%d,"facets":%b,"results":%b,"sort":%b,"search_facets":%b}' % (
        found.total,
        orjson.dumps(counts),
        packages(call, found.entries),
        orjson.dumps(asked.sort or "score desc, metadata_modified desc"),
        orjson.dumps(items),
    )


def _asked(call: Call) -> Asked:
    filters = (*_several(call, "fq"), *_several(call, "fq_list"))
    return Asked(
        q=call.text("q") or "*:*",
        fq=filters,
        sort=call.text("sort") or call.text("order_by"),
        facets=call.texts("facet.field", by_space=True) if call.flag("facet", True) else (),
        facet_limit=call.whole("facet.limit", 50, least=-1),
        facet_mincount=call.whole("facet.mincount", 1),
        rows=call.whole("rows", call.whole("limit", 10), most=MOST_ROWS),
        start=call.whole("start", call.whole("offset", 0)),
        include_private=call.flag("include_private"),
    )


def _several(call: Call, name: str) -> tuple[str, ...]:
    """Filters as they are: a comma in one divides nothing."""
    value = call.data.get(name)
    if isinstance(value, list) or str(value or "").startswith('["'):
        return call.texts(name)
    return tuple(filter(None, (call.text(name),)))


def _facet(name: str, counts: dict[str, int], titles: dict[Any, str]) -> dict[str, Any]:
    items = [
        {"name": value, "display_name": ckan_search.facet_title(name, value, titles), "count": n}
        for value, n in counts.items()
    ]
    return {"title": name, "items": items}


def package_autocomplete(call: Call) -> object:
    """Datasets whose title or name has words that begin so. `q`, `limit`."""
    q = call.needed("q")
    wanted = Search(text=q, is_exact=True, is_public=True, limit=call.whole("limit", 10))
    with call.work() as work:
        found = catalogue.find(work, wanted)
    return [_completed(one, q, call.language) for one in found.entries]


def _completed(one: Entry, q: str, language: str) -> dict[str, str]:
    id, title = one.dataset.id, ckan.words(one.dataset.title, language)
    is_name = id.startswith(q.casefold())
    return {
        "name": id,
        "title": title,
        "match_field": "name" if is_name else "title",
        "match_displayed": id if is_name else f"{title} ({id})",
    }


def resource_show(call: Call) -> object:
    """Show one resource. `id`."""
    with call.work() as work:
        return resource(call, work, call.needed("id"))


def resource(call: Call, work: Work, id: str) -> dict[str, Any]:
    """The resource of this id; `NotFound` if there is none."""
    named = ckan_ids.named(work, id)
    entry = catalogue.entry(work, named.dataset.id)
    for one in ckan.resources(entry, call.base):
        if one["id"] == named.id:
            return one
    raise NotFound("Resource was not found.")


def resource_search(call: Call) -> object:
    """Resources whose field has a text. `query`: `name:trees`, several of which must all hold;
    `order_by`, `offset`, `limit`.
    """
    terms = [_term(one) for one in call.texts("query")]
    if not terms:
        raise Wrong(query="Missing value")
    limit, offset = call.whole("limit", 100, most=MOST_ROWS), call.whole("offset", 0)
    wanted = Search(is_public=True, order=_BY_ID, limit=MOST_NAMES, most=MOST_NAMES)
    found: list[dict[str, Any]] = []
    with long_turn(), call.work() as work:
        ids = catalogue.ids(work, wanted)
        for begin in range(0, len(ids), MOST_ROWS):
            for entry in catalogue.of_ids(work, ids[begin : begin + MOST_ROWS]):
                found += [one for one in ckan.resources(entry, call.base) if _fits(one, terms)]
    if order := call.text("order_by"):
        found.sort(key=lambda one: str(one.get(order) or ""))
    return {"count": len(found), "results": found[offset : offset + limit]}


_SEARCHED = ("id", "name", "description", "format", "mimetype", "url", "hash", "resource_type")


def _term(text: str) -> tuple[str, str]:
    name, mark, value = text.partition(":")
    if not mark or name not in _SEARCHED:
        raise Wrong(query=f"Must be <field>:<text>, with a field of {', '.join(_SEARCHED)}")
    return name, value.strip().casefold()


def _fits(one: dict[str, Any], terms: list[tuple[str, str]]) -> bool:
    return all(
        text == str(one[name] or "").casefold()
        if name in ("hash", "format")
        else text in str(one[name] or "").casefold()
        for name, text in terms
    )


def resource_view_list(call: Call) -> object:
    """Views of a resource: none, as its dataset's page shows table, chart and map. `id`."""
    with call.work() as work:
        resource(call, work, call.needed("id"))
    return []


def format_autocomplete(call: Call) -> object:
    """Formats that begin so. `q`, `limit`."""
    q = call.needed("q").casefold()
    with call.work() as work:
        found = catalogue.find(work, Search(is_public=True, limit=0)).facets["format"]
    names = dict.fromkeys(ckan.format_name(one) for one in found if one.startswith(q))
    return [one.lower() for one in names][: call.whole("limit", 5)]


ACTIONS = written(
    package_show,
    package_list,
    package_search,
    package_autocomplete,
    current_package_list_with_resources,
    resource_show,
    resource_search,
    resource_view_list,
    format_autocomplete,
)
