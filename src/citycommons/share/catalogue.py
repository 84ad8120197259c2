"""What there is: entries, publishers and search, as far as the actor may discover them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from citycommons.core.types import (
    ActorKind,
    Dataset,
    DatasetId,
    Field,
    Publisher,
    PublisherId,
    Version,
)
from citycommons.govern.access import Action, allows, require, visible_publishers
from citycommons.store import catalogue, overview, search
from citycommons.store.conditions import Condition
from citycommons.store.find import Hits, Wanted, rows_seen
from citycommons.store.find import find as find_hits
from citycommons.store.search import FACETS
from citycommons.store.work import Work

MOST = 100  # entries on one page
MOST_WORDS = 12  # of a question; the rest is passed over


class Sort(StrEnum):
    """In which order entries come."""

    RELEVANCE = "relevance"  # without words: entries with data here first, then the newest
    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody looks for; within a facet any of the values will do."""

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # facet → values
    has_data: bool | None = None  # None: also entries that only link elsewhere
    sort: Sort = Sort.RELEVANCE
    condition: Condition | None = None  # as other catalogues' languages ask
    order: tuple[tuple[str, bool], ...] = ()  # of `ORDERS`, and whether it descends
    is_exact: bool = False  # no word is mended, none left out
    is_public: bool = False  # only what anyone may see, whoever asks
    counts_keywords: bool = False  # a facet more: `keyword`
    limit: int = 20
    offset: int = 0
    most: int = MOST  # entries on one page


class Matched(StrEnum):
    """Which part of an entry holds a searched word."""

    COLUMN = "column"
    KEYWORD = "keyword"
    PLACE = "place"
    STEWARD = "steward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why an entry was found whose title, description and publisher do not show it."""

    part: Matched
    text: str  # as it stands there
    field: Field | None = None  # the column


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A dataset with its latest version, if it has one, and who publishes it."""

    dataset: Dataset
    version: Version | None
    publisher: Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of entries; `facets` say how many entries each value would give."""

    total: int
    with_data: int
    entries: tuple[Entry, ...]
    facets: dict[str, dict[str, int]]  # facet → value → entries, most first
    corrected: str = ""  # the text that was searched instead, when a word was mistyped
    is_loose: bool = False  # no entry has all the words; these have some
    words: tuple[str, ...] = ()  # folded, that were searched for
    limit: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The portal in numbers, as far as the actor may discover."""

    datasets: int
    with_data: int
    rows: int  # in latest versions
    publishers: int  # that have a dataset


def get(work: Work, id: DatasetId) -> Dataset:
    """The dataset; `NotFound` where the actor may not know that it is there."""
    dataset = work.known(("dataset", id), lambda: catalogue.dataset(work.db, id))
    require(work, Action.DISCOVER, dataset)
    return dataset


def entry(work: Work, id: DatasetId) -> Entry:
    """The dataset with its latest version and its publisher."""
    dataset = get(work, id)
    return Entry(
        dataset=dataset,
        version=work.known(("version", id, None), lambda: catalogue.version(work.db, id)),
        publisher=publisher(work, dataset.publisher),
    )


def is_taken(work: Work, id: DatasetId) -> bool:
    """Whether an id is in use, also by what the actor may not know of: no other gets it."""
    return catalogue.find_dataset(work.db, id) is not None


def versions(
    work: Work, id: DatasetId, *, limit: int | None = None, offset: int = 0
) -> list[Version]:
    """Versions of a dataset, newest first, withdrawn ones as tombstones; all unless limited."""
    get(work, id)
    return catalogue.versions(work.db, id, limit=limit, offset=offset)


def count_versions(work: Work, id: DatasetId) -> int:
    """How many versions a dataset has, withdrawn ones included."""
    get(work, id)
    return catalogue.version_state(work.db, id)[0]


def find(work: Work, wanted: Search) -> Found:
    """Search titles, descriptions, keywords and columns; words may be begun only, or mistyped.

    Without any entry that has all the words, mistyped ones are mended (`corrected`), then entries
    with some of them are taken (`is_loose`).
    """
    words = tuple(search.words(wanted.text))[:MOST_WORDS]
    asked = _wanted(work, wanted, words)
    hits, corrected, is_loose = _hits(work, asked), "", False
    if words and not hits.total and not wanted.is_exact:
        if mended := search.mend(work.db, words):
            words = tuple(mended.get(word, word) for word in words)
            hits = _hits(work, replace(asked, words=words))
        if not hits.total and len(words) > 1:
            hits = _hits(work, replace(asked, words=words, any_word=True))
            is_loose = bool(hits.total)
        corrected = " ".join(words) if mended and hits.total else ""
    return Found(
        total=hits.total,
        with_data=hits.with_data,
        entries=of_ids(work, hits.ids),
        facets=hits.facets,
        corrected=corrected,
        is_loose=is_loose,
        words=words,
        limit=asked.limit,
        offset=asked.offset,
    )


def ids(work: Work, wanted: Search) -> tuple[DatasetId, ...]:
    """The ids alone of what is looked for, word for word."""
    words = tuple(search.words(wanted.text))[:MOST_WORDS]
    return _hits(work, _wanted(work, wanted, words)).ids


def _hits(work: Work, wanted: Wanted) -> Hits:
    is_large = work.known("is large", lambda: overview.entries(work.db) >= overview.LARGE)
    glance = work.later("overview", overview.load) if is_large else None
    return work.known(("hits", repr(wanted)), lambda: find_hits(work.db, wanted, glance))


def why(one: Entry, words: Iterable[str]) -> Match | None:
    """The first part of an entry with a word that its title, description and publisher lack."""
    dataset = one.dataset
    shown = (*dataset.title.values(), *dataset.description.values(), one.publisher.name)
    open_words = set(search.words(" ".join(shown)))
    hidden = [word for word in words if not _begins(word, open_words)]
    for word in hidden:
        for match in _parts(one):
            if _begins(word, search.words(match.text)):
                return match
    return None


def _begins(word: str, texts: Iterable[str]) -> bool:
    return any(text.startswith(word) for text in texts)


def _parts(one: Entry) -> Iterator[Match]:
    dataset = one.dataset
    for keyword in dataset.keywords:
        yield Match(part=Matched.KEYWORD, text=keyword)
    for field_ in one.version.fields if one.version else dataset.fields:
        for text in (*field_.title.values(), field_.name, *field_.description.values()):
            yield Match(part=Matched.COLUMN, text=text, field=field_)
    yield Match(part=Matched.PLACE, text=dataset.place)
    yield Match(part=Matched.STEWARD, text=dataset.steward)


def _wanted(work: Work, wanted: Search, words: tuple[str, ...]) -> Wanted:
    actor = work.actor
    is_blind = actor.scopes is not None and Action.DISCOVER.value not in actor.scopes
    return Wanted(
        words=words,
        chosen={name: some for name, some in wanted.chosen.items() if name in FACETS},
        has_data=wanted.has_data,
        is_signed_in=actor.kind is not ActorKind.ANYONE and not wanted.is_public,
        publishers=frozenset() if wanted.is_public else visible_publishers(actor),
        newest_first=wanted.sort is Sort.NEWEST,
        by_title=wanted.sort is Sort.TITLE,
        is_blind=is_blind,
        condition=wanted.condition,
        order=wanted.order,
        counts_keywords=wanted.counts_keywords,
        limit=min(wanted.limit, wanted.most),
        offset=wanted.offset,
    )


def of_ids(work: Work, ids: tuple[DatasetId, ...]) -> tuple[Entry, ...]:
    """The entries of these ids in their order, without those the actor may not discover."""
    if not ids:
        return ()
    datasets = {one.id: one for one in catalogue.datasets(work.db, list(ids))}
    latest = catalogue.latest_versions(work.db, list(ids))
    names = {one.id: one for one in catalogue.publishers(work.db)}
    return tuple(
        Entry(dataset=one, version=latest.get(id), publisher=names[one.publisher])
        for id in ids
        if (one := datasets.get(id)) and allows(work.actor, Action.DISCOVER, one)
    )


def open_entries(work: Work) -> int:
    """How many entries anyone may read."""
    return find_hits(work.db, Wanted(limit=0)).total


def open_addresses(
    work: Work, *, offset: int, limit: int
) -> list[tuple[DatasetId, datetime | None]]:
    """Some of what anyone may read, by id, with when it changed."""
    return catalogue.open_entries(work.db, offset=offset, limit=limit)


def removed_since(work: Work, since: datetime) -> tuple[Dataset, ...]:
    """What was taken away since then, the last thousand, as far as the actor may know of it."""
    found = catalogue.removed_since(work.db, since, 1000)
    return tuple(one for one in found if allows(work.actor, Action.DISCOVER, one))


def publishers(work: Work) -> list[tuple[Publisher, int]]:
    """Publishers by name, with how many of their datasets the actor may discover."""
    counts = find(work, Search(limit=0)).facets["publisher"]
    return [(one, counts.get(one.id, 0)) for one in all_publishers(work)]


def all_publishers(work: Work) -> list[Publisher]:
    """Publishers by name."""
    return sorted(catalogue.publishers(work.db), key=lambda one: one.name.casefold())


def publisher(work: Work, id: PublisherId) -> Publisher:
    """The publisher; `NotFound` if there is none of this id."""
    return work.known(("publisher", id), lambda: catalogue.publisher(work.db, id))


def numbers(work: Work) -> Numbers:
    """How much there is."""
    found = find(work, Search(limit=0))
    return Numbers(
        datasets=found.total,
        with_data=found.with_data,
        rows=rows_seen(work.db, _wanted(work, Search(), ())),
        publishers=len(found.facets["publisher"]),
    )
