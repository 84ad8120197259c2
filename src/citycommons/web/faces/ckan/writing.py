"""Actions that write: packages, resources and organizations; tables come as uploads.

One dataset is one table: an upload is the next version of it, and the dataset's own resources are
that table in its formats. A package that comes back as it was shown changes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from citycommons.core.errors import Conflict, Forbidden, NotFound
from citycommons.core.types import Dataset, DatasetId, Link, Parcel, Publisher, PublisherId
from citycommons.govern.access import Action, allows_anywhere, publishers_for, require
from citycommons.share import catalogue, publishers
from citycommons.share import publish as publishing
from citycommons.share.catalogue import Entry
from citycommons.share.faces import ckan, ckan_ids, ckan_reading
from citycommons.store.work import Work
from citycommons.web.faces.ckan.call import Call, Wrong, written
from citycommons.web.faces.ckan.packages import resource
from citycommons.web.writing import published_parcel

REASON = "Deleted through the CKAN API."


def package_create(call: Call) -> bytes:
    """Describe a new dataset. `name`, `title`, `owner_org`, `notes`, `license_id`, `tags`,
    `groups`, `extras`, `private`, `resources` that lie elsewhere, by their `url`.
    """
    with call.work(may_write=True) as work:
        publisher = _owner(work, call)
        require(work, Action.DESCRIBE, publisher)
        dataset = ckan_reading.created(_named(call), publisher, call.language)
        if catalogue.is_taken(work, dataset.id):
            raise Wrong(name="That URL is already in use.")
        publishing.describe(work, dataset)
        return _package(work, call, dataset.id)


def _named(call: Call) -> dict[str, Any]:
    return {**call.data, "name": call.needed("name")}


def _owner(work: Work, call: Call) -> PublisherId:
    """The publisher that is named; who has only one need not name it."""
    _check_may(work, Action.DESCRIBE)
    if given := call.text("owner_org").strip():
        return _publisher(work, given).id
    able = publishers_for(work.actor, Action.DESCRIBE)
    if able is None or len(able) != 1:
        raise Wrong(owner_org="An organization must be provided")
    return next(iter(able))


def _publisher(work: Work, id: str) -> Publisher:
    try:
        return catalogue.publisher(work, PublisherId(id))
    except NotFound as cause:
        raise Wrong(owner_org="Organization does not exist") from cause


def _check_may(work: Work, action: Action) -> None:
    # Before anything is read: who may nothing learns nothing.
    if not allows_anywhere(work.actor, action):
        raise Forbidden(f"This needs a key that may {action.value}.")


def _package(work: Work, call: Call, id: DatasetId) -> bytes:
    return ckan.package_json(catalogue.entry(work, id), call.base, call.language)


def package_update(call: Call) -> bytes:
    """Replace a dataset's description with a whole package. `id`, and all as in package_create."""
    return _rewritten(call, lambda _shown: dict(call.data))


def package_patch(call: Call) -> bytes:
    """Change what is given of a dataset's description. `id`, and what is to change."""
    return _rewritten(call, lambda shown: {**shown, **call.data})


def _rewritten(call: Call, made: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    id = call.text("id").strip() or call.needed("name")
    with call.work(may_write=True) as work:
        entry = _described(work, id)
        if not call.data.keys() - {"id", "name"}:
            return _package(work, call, entry.dataset.id)
        given = made(ckan.package(entry, call.base, call.language))
        dataset = ckan_reading.changed(entry, given, call.base, call.language)
        if owner := str(call.data.get("owner_org") or ""):
            dataset = replace(dataset, publisher=_publisher(work, owner).id)
        publishing.describe(work, dataset)
        return _package(work, call, dataset.id)


def _described(work: Work, id: str, action: Action = Action.DESCRIBE) -> Entry:
    """The entry, for who may do this to it."""
    try:
        entry = catalogue.entry(work, DatasetId(id))
    except NotFound:
        if (now := ckan_ids.formerly(work, id)) is None:
            raise
        entry = catalogue.entry(work, now)
    require(work, action, entry.dataset)
    return entry


def package_delete(call: Call) -> object:
    """Withdraw a dataset's data and take it out of the catalogue; a tombstone stays. `id`."""
    with call.work(may_write=True) as work:
        dataset = _described(work, call.needed("id"), Action.WITHDRAW).dataset
        _withdraw_all(work, call, dataset)
        gone = replace(dataset, removed=work.now, removed_reason=call.text("reason") or REASON)
        publishing.describe(work, gone)
    return None


def _withdraw_all(work: Work, call: Call, dataset: Dataset) -> None:
    reason = call.text("reason") or REASON
    for version in catalogue.versions(work, dataset.id):
        if version.withdrawn is None:
            publishing.withdraw(work, dataset.id, version.number, reason=reason)


def resource_create(call: Call) -> object:
    """Give a dataset a table (`upload`: a file) or a file elsewhere (`url`). `package_id`, `name`,
    `format`.
    """
    id = call.needed("package_id")
    if call.parcel is not None:
        return _first_table(call, id, call.parcel)
    link = _link(call)
    with call.work(may_write=True) as work:
        dataset = _described(work, id).dataset
        if link not in dataset.links:
            publishing.describe(work, replace(dataset, links=(*dataset.links, link)))
        return resource(call, work, ckan_ids.link_id(dataset.id, link))


def _link(call: Call, before: Link | None = None) -> Link:
    """Raises `Wrong` for an address that nobody can open."""
    url = call.text("url", before.url if before else "").strip()
    if not url:
        raise Wrong(url="Missing value: give the address of a file, or upload one")
    package = {"title": "x", "name": "x", "resources": [{**_given(call, before), "url": url}]}
    read = ckan_reading.created(package, PublisherId(""), call.language).links
    if not read:
        raise Wrong(url="Please provide a valid URL")
    return read[0]


def _given(call: Call, before: Link | None) -> dict[str, str]:
    was = {"name": before.title, "format": before.format} if before else {}
    return {name: call.text(name, was.get(name, "")) for name in ("name", "format", "mimetype")}


def _first_table(call: Call, id: str, parcel: Parcel) -> object:
    with call.work() as work:
        entry = _described(work, id, Action.PUBLISH)
    if entry.version is not None:
        own = ckan_ids.own_id(entry.dataset.id, "csv")
        raise Wrong(
            upload="This dataset has its table already, and one dataset is one table here. "
            f"Upload the new state to the resource “{own}” (resource_update), or make another "
            "dataset."
        )
    return _uploaded(call, entry.dataset.id, parcel)


def _uploaded(call: Call, id: DatasetId, parcel: Parcel) -> object:
    """Publish the file; its resource is that of its own format, where the table has it."""
    published_parcel(call.running, id, parcel, note=call.text("description"))
    ending = parcel.name.rpartition(".")[2].casefold()
    with call.work() as work:
        entry = catalogue.entry(work, id)
    every = ckan.resources(entry, call.base)
    own = ckan_ids.own_id(id, ending)
    return next((one for one in every if one["id"] == own), every[0])


def resource_update(call: Call) -> object:
    """Change a resource: a new version of the table (`upload`), or another address. `id`."""
    named = _resource(call)
    if named.format:
        if call.parcel is not None:
            return _uploaded(call, named.dataset.id, call.parcel)
        return _unchanged(call, call.needed("id"))
    if call.parcel is not None:
        raise Wrong(upload="This resource lies elsewhere; upload to the dataset's own table.")
    link = _link(call, named.link)
    with call.work(may_write=True) as work:
        dataset = _described(work, named.dataset.id).dataset
        links = tuple(link if one == named.link else one for one in dataset.links)
        publishing.describe(work, replace(dataset, links=links))
        return resource(call, work, ckan_ids.link_id(dataset.id, link))


def _resource(call: Call) -> ckan_ids.Named:
    """What the id names, for who may describe or publish it."""
    action = Action.DESCRIBE if call.parcel is None else Action.PUBLISH
    with call.work() as work:
        named = ckan_ids.named(work, call.needed("id"))
        require(work, action, named.dataset)
    return named


def _unchanged(call: Call, id: str) -> object:
    with call.work() as work:
        shown = resource(call, work, id)
    for name in ("url", "format", "name"):
        if name in call.data and call.data[name] != shown[name]:
            raise Wrong(**{name: "This is the dataset's own table; upload a file to change it."})
    return shown


def resource_patch(call: Call) -> object:
    """The same as resource_update: what is not given stays. `id`."""
    return resource_update(call)


def resource_delete(call: Call) -> object:
    """Take away a file that lies elsewhere; or withdraw the dataset's own table, in all its
    formats and versions. `id`, `reason`.
    """
    with call.work(may_write=True) as work:
        named = ckan_ids.named(work, call.needed("id"))
        dataset = named.dataset
        if named.format:
            require(work, Action.WITHDRAW, dataset)
            resource(call, work, call.needed("id"))
            _withdraw_all(work, call, dataset)
        else:
            require(work, Action.DESCRIBE, dataset)
            left = tuple(one for one in dataset.links if one != named.link)
            publishing.describe(work, replace(dataset, links=left))
    return None


def organization_create(call: Call) -> object:
    """Add a publisher. `name`, `title`, `description`."""
    return _saved(call, is_new=True)


def organization_update(call: Call) -> object:
    """Change a publisher. `id`, `title`, `description`."""
    return _saved(call, is_new=False)


def organization_patch(call: Call) -> object:
    """The same as organization_update: what is not given stays. `id`."""
    return _saved(call, is_new=False)


def _saved(call: Call, *, is_new: bool) -> object:
    id = PublisherId(call.needed("name") if is_new else call.text("id") or call.needed("name"))
    with call.work(may_write=True) as work:
        require(work, Action.MANAGE_CITY if is_new else Action.MANAGE_PUBLISHER, id)
        if is_new:
            before = Publisher(id=id, name=call.text("title") or id)
        else:
            before = catalogue.publisher(work, id)
        given = replace(before, name=call.text("title") or before.name)
        text = call.text("description")
        if "description" in call.data and text != ckan.words(before.description, call.language):
            spoken = {**before.description, call.language: text}
            given = replace(given, description={tag: t for tag, t in spoken.items() if t})
        if not is_new and given == before:
            return ckan.organization(before, call.language)
        try:
            saved = publishers.save(work, given, is_new=is_new)
        except Conflict as cause:
            raise Wrong(name="Group name already exists in database") from cause
    return ckan.organization(saved, call.language)


ACTIONS = written(
    package_create,
    package_update,
    package_patch,
    package_delete,
    resource_create,
    resource_update,
    resource_patch,
    resource_delete,
    organization_create,
    organization_update,
    organization_patch,
    reads=False,
)
