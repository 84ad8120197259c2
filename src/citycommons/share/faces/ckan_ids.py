"""Ids of CKAN resources: readable, stable, and told back to the dataset they belong to.

`street-trees-csv` is the dataset's own table in that format, `street-trees-link-1f3a90c2` a file
that lies elsewhere, by the hash of its address. CKAN takes 7 to 100 of `0-9a-zA-Z _-` for an id.
Ids of a CKAN that was taken over lead to what became of their things.
"""

import hashlib
import re
from dataclasses import dataclass

from citycommons.core.errors import NotFound
from citycommons.core.types import Dataset, DatasetId, Link, PublisherId
from citycommons.share import catalogue
from citycommons.share.exports import FORMATS, formats
from citycommons.store import catalogue as stored
from citycommons.store import old_addresses
from citycommons.store.work import Work

_LEAST, _MOST = 7, 100
_SHORT = "-file"  # behind ids that would be too short
_ID = re.compile(
    rf"(?P<stem>[a-z0-9_-]+)-(?P<part>{'|'.join(sorted(FORMATS))}|link-[0-9a-f]{{8}})(?:{_SHORT})?"
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a resource id names: a dataset, and its own `format` or one of its links."""

    dataset: Dataset
    format: str = ""
    link: Link | None = None

    @property
    def id(self) -> str:
        """The id as it is here."""
        if self.link:
            return link_id(self.dataset.id, self.link)
        return own_id(self.dataset.id, self.format)


def own_id(dataset: DatasetId, format: str) -> str:
    """Of the dataset's own table in this format."""
    return _id(dataset, format)


def link_id(dataset: DatasetId, link: Link) -> str:
    """Of a file elsewhere."""
    return _id(dataset, f"link-{_hash(link.url + chr(0) + link.format)}")


def _id(dataset: str, part: str) -> str:
    id = f"{dataset}-{part}"
    if len(id) > _MOST:
        id = f"{_shortened(dataset, part)}-{part}"
    return id if len(id) >= _LEAST else id + _SHORT


def _shortened(dataset: str, part: str) -> str:
    return f"{dataset[: _MOST - len(part) - 10]}-{_hash(dataset)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def named(work: Work, id: str) -> Named:
    """What the id names, for whoever may discover it.

    Raises `NotFound` alike for what is not there and what may not be known.
    """
    found = _ID.fullmatch(id)
    dataset = _dataset(work, found["stem"], found["part"]) if found else None
    if found and dataset and _id(dataset.id, found["part"]) == id:
        if not found["part"].startswith("link-"):
            return Named(dataset, format=found["part"])
        for link in dataset.links:
            if link_id(dataset.id, link) == id:
                return Named(dataset, link=link)
    if former := _formerly(work, id):
        return former
    raise NotFound("Resource was not found.")


def _formerly(work: Work, id: str) -> Named | None:
    """What a resource of the CKAN before became: the table that was read from it, or a link."""
    for one in old_addresses.find(work.db, [("ckan-resource", id.casefold())]):
        dataset = _discovered(work, one.dataset) if one.dataset else None
        if dataset is None:
            return None
        version = stored.version(work.db, dataset.id)
        if version and one.url and one.url in version.provenance.origin:
            there = [format.id for format in formats(version)]
            return Named(dataset, format=one.format if one.format in there else there[0])
        link = next((link for link in dataset.links if link.url == one.url), None)
        return Named(dataset, link=link) if link else None
    return None


def formerly(work: Work, id: str) -> DatasetId | None:
    """The dataset that a package of the CKAN before became, by its id or name there."""
    for one in old_addresses.find(work.db, [("ckan", id.casefold())]):
        if one.dataset and _discovered(work, one.dataset):
            return one.dataset
    return None


def publisher_formerly(work: Work, id: str) -> PublisherId | None:
    """The publisher that an organization of the CKAN before became."""
    found = old_addresses.find(work.db, [("ckan-organization", id.casefold())])
    return next((one.publisher for one in found if one.publisher), None)


def _dataset(work: Work, stem: str, part: str) -> Dataset | None:
    if dataset := _discovered(work, DatasetId(stem)):
        return dataset
    if len(stem) + 1 + len(part) < _MOST:
        return None
    longer = stored.ids_beginning(work.db, stem.rpartition("-")[0])
    whole = next((id for id in longer if _shortened(id, part) == stem), None)
    return _discovered(work, whole) if whole else None


def _discovered(work: Work, id: DatasetId) -> Dataset | None:
    try:
        return catalogue.get(work, id)
    except NotFound:
        return None
