"""Datasets as people name them: by id, by the address of their page, or by their whole title."""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from citycommons.core.errors import Invalid
from citycommons.core.types import DatasetId
from citycommons.share import catalogue
from citycommons.share.catalogue import Search
from citycommons.store.search import fold
from citycommons.store.work import Work

_MOST = 40
_LOOKED_AT = 10


def dataset_ids(
    work: Work, given: Sequence[str], column: str = "datasets"
) -> tuple[DatasetId, ...]:
    """The ids of what is named, in its order, once each.

    Raises `Invalid` that names the column for what the actor cannot discover, and says what to do.
    """
    named = [_id(text) for text in given[:_MOST] if text.strip()]
    there = {one.dataset.id for one in catalogue.of_ids(work, tuple(dict.fromkeys(named)))}
    found = [one if one in there else _by_title(work, one, column) for one in named]
    return tuple(dict.fromkeys(found))


def _id(text: str) -> DatasetId:
    plain = text.strip()[:300]
    parts = urlsplit(plain) if "/" in plain else None
    if parts and "/datasets/" in parts.path:
        name = unquote(parts.path.split("/datasets/", 1)[1].split("/")[0])
        return DatasetId(name.split("@")[0].removesuffix(".json"))
    return DatasetId(plain)


def _by_title(work: Work, text: str, column: str) -> DatasetId:
    found = catalogue.find(work, Search(text=text, limit=_LOOKED_AT)).entries
    same = [
        one.dataset.id
        for one in found
        if fold(text) in {fold(title) for title in one.dataset.title.values()}
    ]
    if len(same) == 1:
        return same[0]
    raise Invalid(
        f"There is no dataset “{text[:60]}”. Copy the address of its page, or its whole title.",
        column=column,
    )
