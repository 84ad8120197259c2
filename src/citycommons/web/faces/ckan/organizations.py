"""Actions on publishers (CKAN's organizations), themes (its groups), keywords and licences."""

from typing import Any

from citycommons.core.errors import NotFound
from citycommons.core.types import Publisher, PublisherId
from citycommons.govern.access import Action, publishers_for
from citycommons.govern.licenses import LICENSES
from citycommons.share import catalogue
from citycommons.share.catalogue import Found, Search
from citycommons.share.faces import ckan, ckan_ids
from citycommons.share.faces.ckan_search import MOST_ROWS
from citycommons.store.conditions import Condition, Has
from citycommons.store.work import Work
from citycommons.web.faces.ckan.call import Call, Wrong, written
from citycommons.web.faces.ckan.packages import packages

_MOST_LISTED = 1_000


def organization_list(call: Call) -> object:
    """Names of publishers. `all_fields`: all about them; `organizations`: only these; `sort`
    (`name`, `title`, `package_count`, then asc or desc), `limit`, `offset`, `include_users`.
    """
    with call.work() as work:
        counts = _counts(work, "publisher")
        every = [_organization(call, one, counts) for one in catalogue.all_publishers(work)]
    return _listed(call, every, call.texts("organizations"))


def _organization(call: Call, one: Publisher, counts: dict[str, int]) -> dict[str, Any]:
    return {
        **ckan.organization(one, call.language),
        "display_name": one.name,
        "image_display_url": "",
        "num_followers": 0,
        "package_count": counts.get(one.id, 0),
    }


def organization_show(call: Call) -> object:
    """Show a publisher. `id`; `include_datasets`: with its datasets, at most 1000."""
    id = PublisherId(call.needed("id"))
    with call.work() as work:
        one = _known(work, id)
        told = _organization(call, one, _counts(work, "publisher"))
        told |= _about(call, work, Has("publisher", one.id))
    told["extras"] = [{"key": "homepage", "value": one.homepage}] if one.homepage else []
    return told | {"users": [], "groups": [], "tags": []}


def _known(work: Work, id: PublisherId) -> Publisher:
    try:
        return catalogue.publisher(work, id)
    except NotFound as cause:
        if now := ckan_ids.publisher_formerly(work, id):
            return catalogue.publisher(work, now)
        raise NotFound("Organization was not found.") from cause


def _about(call: Call, work: Work, condition: Condition) -> dict[str, Any]:
    if not call.flag("include_datasets"):
        return {}
    found = catalogue.find(work, _matching(condition))
    return {"packages": [ckan.package(one, call.base, call.language) for one in found.entries]}


def _matching(condition: Condition, limit: int = MOST_ROWS) -> Search:
    return Search(
        is_public=True, condition=condition, order=(("id", False),), limit=limit, most=MOST_ROWS
    )


def organization_autocomplete(call: Call) -> object:
    """Publishers with a word in name or title. `q`, `limit`."""
    q, limit = call.needed("q").casefold(), call.whole("limit", 20, most=_MOST_LISTED)
    with call.work() as work:
        every = catalogue.all_publishers(work)
    found = [one for one in every if q in one.id or q in one.name.casefold()]
    return [{"id": one.id, "name": one.id, "title": one.name} for one in found[:limit]]


def organization_list_for_user(call: Call) -> object:
    """Publishers for which the caller may describe datasets."""
    with call.work() as work:
        able = publishers_for(work.actor, Action.DESCRIBE)
        counts = _counts(work, "publisher")
        every = catalogue.all_publishers(work)
    return [_organization(call, p, counts) for p in every if able is None or p.id in able]


def group_list(call: Call) -> object:
    """Names of groups, which are the EU's data themes. `all_fields`, `groups`, `sort`, `limit`."""
    with call.work() as work:
        counts = _counts(work, "theme")
    every = [_group(one, counts) for one in ckan.THEMES]
    return _listed(call, every, call.texts("groups"))


def _group(theme: str, counts: dict[str, int]) -> dict[str, Any]:
    return {
        **ckan.group(theme),
        "approval_status": "approved",
        "created": None,
        "image_url": "",
        "is_organization": False,
        "num_followers": 0,
        "package_count": counts.get(theme, 0),
        "state": "active",
        "type": "group",
    }


def group_show(call: Call) -> object:
    """Show a group. `id`; `include_datasets`: with its datasets, at most 1000."""
    theme = _theme(call)
    with call.work() as work:
        told = _group(theme, _counts(work, "theme"))
        told |= _about(call, work, Has("theme", theme))
    return told | {"extras": [], "users": [], "groups": [], "tags": []}


def _theme(call: Call) -> str:
    if (theme := call.needed("id").upper()) not in ckan.THEMES:
        raise NotFound("Group was not found.")
    return theme


def group_package_show(call: Call) -> bytes:
    """Datasets of a group. `id`, `limit`."""
    condition = Has("theme", _theme(call))
    with call.work() as work:
        limit = call.whole("limit", MOST_ROWS, most=MOST_ROWS)
        found = catalogue.find(work, _matching(condition, limit))
    return packages(call, found.entries)


def group_autocomplete(call: Call) -> object:
    """Groups with a word in name or title. `q`, `limit`."""
    q, limit = call.needed("q").casefold(), call.whole("limit", 20, most=_MOST_LISTED)
    every = [ckan.group(one) for one in ckan.THEMES]
    found = [one for one in every if q in one["name"] or q in one["title"].casefold()]
    return [{name: one[name] for name in ("id", "name", "title")} for one in found[:limit]]


def tag_list(call: Call) -> object:
    """Keywords of public datasets by name. `query`: with this in it; `all_fields`."""
    if call.text("vocabulary_id"):
        raise NotFound(f"could not find vocabulary “{call.text('vocabulary_id')[:60]}”")
    q = call.text("query").casefold()
    names = [one for one in _keywords(call) if q in one.casefold()]
    return [ckan.tag(one) for one in names] if call.flag("all_fields") else names


def _keywords(call: Call) -> list[str]:
    with call.work() as work:
        found = catalogue.find(work, Search(is_public=True, counts_keywords=True, limit=0))
    return sorted(found.facets["keyword"], key=str.casefold)


def tag_show(call: Call) -> object:
    """Show a keyword. `id`; `include_datasets`: with its datasets, at most 1000."""
    id = call.needed("id")
    condition = Has("keyword", id)
    with call.work() as work:
        if not catalogue.find(work, _matching(condition, 0)).total:
            raise NotFound("Tag was not found.")
        return ckan.tag(id) | _about(call, work, condition)


def tag_search(call: Call) -> object:
    """Keywords with one of these texts in them. `query`, `limit`, `offset`."""
    found = _completed(call)
    offset = call.whole("offset", 0)
    shown = found[offset : offset + call.whole("limit", _MOST_LISTED, most=_MOST_LISTED)]
    return {"count": len(found), "results": [ckan.tag(one) for one in shown]}


def tag_autocomplete(call: Call) -> object:
    """Keywords with one of these texts in them. `query` (or `q`), `limit`, `offset`."""
    offset = call.whole("offset", 0)
    limit = call.whole("limit", _MOST_LISTED, most=_MOST_LISTED)
    return _completed(call)[offset : offset + limit]


def _completed(call: Call) -> list[str]:
    wanted = [one.casefold() for one in (*call.texts("query"), *call.texts("q"))]
    return [one for one in _keywords(call) if any(text in one.casefold() for text in wanted)]


def vocabulary_list(_call: Call) -> object:
    """Vocabularies of tags: none, as all keywords are free."""
    return []


def license_list(_call: Call) -> object:
    """Licences that datasets here may have."""
    return [ckan.license(one) for one in LICENSES.values()]


def _counts(work: Work, facet: str) -> dict[str, int]:
    found: Found = catalogue.find(work, Search(is_public=True, limit=0))
    return found.facets[facet]


_SORTS = {"name": "name", "title": "title", "package_count": "package_count"}


def _listed(call: Call, every: list[dict[str, Any]], only: tuple[str, ...]) -> object:
    """Some of them, sorted and paged: their names, or all about them."""
    name, _, direction = (call.text("sort") or call.text("order_by") or "title asc").partition(" ")
    name = {"packages": "package_count"}.get(name, name)
    if name not in _SORTS:
        raise Wrong(sort=f"Cannot sort by field `{name[:60]}`")
    found = [one for one in every if not only or one["name"] in only or one["id"] in only]
    descends = direction.strip().lower() == "desc" or (name == "package_count" and not direction)
    found.sort(key=lambda one: (_sortable(one[name]), one["name"]), reverse=descends)
    offset = call.whole("offset", 0)
    shown = found[offset : offset + call.whole("limit", _MOST_LISTED, most=_MOST_LISTED)]
    return shown if call.flag("all_fields") else [one["name"] for one in shown]


def _sortable(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


ACTIONS = written(
    organization_list,
    organization_show,
    organization_autocomplete,
    organization_list_for_user,
    group_list,
    group_show,
    group_package_show,
    group_autocomplete,
    tag_list,
    tag_show,
    tag_search,
    tag_autocomplete,
    vocabulary_list,
    license_list,
)
