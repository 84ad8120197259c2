"""The index of a large catalogue at a glance: which entries there are, in arrays, for counting.

A word that every second of 100 000 entries has takes SQL 100 ms to count and rank; here the
database only tells which entries have the words, and everything else is sums over arrays. It is
made in the background once nobody has changed anything for a moment, and answers exactly what
`find` answers without it, but for the order of more than `MOST_RANKED` entries with the words:
first those that have them in title, keywords or id, shorter titles first; then the newest.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, String, cast, func, select, text

from citycommons.store.conditions import Condition, Every, Has, Not, Says, Some, Within
from citycommons.store.search import FACETS, SEPARATOR
from citycommons.store.tables import datasets, search_entries, search_facets

LARGE = 5_000  # entries from which on it pays
MOST_RANKED = 5_000  # entries with the words that are ranked one by one

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]  # whole numbers
Find = Callable[[Connection, Says], Numbers]


class Beyond(Exception):
    """A condition that only the database can answer."""


@dataclass(frozen=True)
class Overview:
    """All entries in the order of their rows, as arrays of the same length."""

    rowids: Numbers
    ids: tuple[str, ...]
    codes: Numbers  # place of each entry's combination of facets
    combinations: tuple[str, ...]
    changed: Numbers  # microseconds, of the index: what “newest” means
    modified: Numbers  # the same of the dataset itself
    titles: tuple[str, ...]  # folded
    keyword_codes: Numbers  # of all entries behind one another
    keyword_ends: Numbers  # where each entry's keywords end
    keywords: tuple[str, ...]

    def places(self, rowids: Numbers) -> Numbers:
        """Where these rows stand."""
        return np.searchsorted(self.rowids, np.sort(rowids))

    def mask(self, rowids: Numbers) -> Mask:
        """Which entries are among these rows."""
        found = np.zeros(len(self.rowids), np.bool_)
        found[self.places(rowids)] = True
        return found

    def counts(self, among: Mask | None) -> dict[str, int]:
        """How many of the entries have each combination."""
        codes = self.codes if among is None else self.codes[among]
        found = np.bincount(codes, minlength=len(self.combinations))
        return {self.combinations[i]: int(found[i]) for i in found.nonzero()[0]}

    def of_combinations(self, taken: list[str]) -> Mask:
        """Which entries have one of these combinations."""
        wanted = set(taken)
        allowed = np.array([one in wanted for one in self.combinations], np.bool_)
        found: Mask = allowed[self.codes]
        return found

    def keyword_counts(self, among: Mask) -> dict[str, int]:
        """Each keyword with the entries that have it, most first."""
        owners = np.repeat(among, np.diff(self.keyword_ends, prepend=0))
        found = np.bincount(self.keyword_codes[owners], minlength=len(self.keywords))
        pairs = [(self.keywords[i], int(found[i])) for i in found.nonzero()[0]]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def first(self, among: Mask, order: Numbers, offset: int, limit: int) -> list[str]:
        """Ids of one page of the entries, by their places in an order of all."""
        there = among.nonzero()[0]
        places, end = order[there], min(offset + limit, len(there))
        if end < len(there):
            there = there[np.argpartition(places, end)[:end]]
        chosen = there[np.argsort(order[there])][offset:end]
        return [self.ids[place] for place in chosen.tolist()]

    def ordered(self, *keys: Numbers) -> Numbers:
        """Each entry's place when all are sorted by the keys, the first before the others."""
        order = np.lexsort((self.rowids, *reversed(keys)))
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return places

    @cached_property
    def has_data(self) -> Mask:
        flags = np.array([not one.endswith(SEPARATOR) for one in self.combinations], np.bool_)
        found: Mask = flags[self.codes]
        return found

    @cached_property
    def newest(self) -> Numbers:
        return self.ordered(-self.changed)

    @cached_property
    def usual(self) -> Numbers:
        """Entries with data first, then the newest."""
        return self.ordered(~self.has_data, -self.changed)

    @cached_property
    def shortest(self) -> Numbers:
        """Entries with few words in title and keywords first, then the newest."""
        return self.ordered(self.title_words, -self.changed)

    @cached_property
    def by_id(self) -> Numbers:
        return _ranks(self.ids)

    @cached_property
    def by_title(self) -> Numbers:
        return _ranks(self.titles)

    @cached_property
    def title_words(self) -> Numbers:
        return np.array([one.count(" ") for one in self.titles])

    def sorted_by(self, order: tuple[tuple[str, bool], ...]) -> Numbers | None:
        """Places by these columns, each descending or not; None of a column that is not here."""
        known = {"id": "by_id", "title": "by_title", "modified": "modified"}
        if not all(name in known for name, _ in order):
            return None
        keys = [(getattr(self, known[name]), descends) for name, descends in order]
        return self.ordered(*(-key if descends else key for key, descends in keys))

    def holding(self, db: Connection, one: Condition, find: Find) -> Mask:
        """Which entries hold the condition. Raises `Beyond` for what is not here."""
        nothing = np.zeros(len(self.rowids), np.bool_)
        match one:
            case Every(parts):
                masks = [self.holding(db, part, find) for part in parts]
                return np.logical_and.reduce(masks) if masks else ~nothing
            case Some(parts):
                masks = [self.holding(db, part, find) for part in parts]
                return np.logical_or.reduce(masks) if masks else nothing
            case Not(part):
                return ~self.holding(db, part, find)
            case Says():
                return self.mask(find(db, one)) if one.words else nothing
            case Within(name="modified"):
                return _in_time(self.modified, one)
            case Has(name="keyword", is_pattern=False):
                return self._with_keyword(one.value)
            case Has(name=name, is_pattern=False) if name in FACETS:
                return self._with_facet(FACETS.index(name), one.value)
            case Has(name="id", is_pattern=False):
                return np.array([id == one.value for id in self.ids], np.bool_)
        raise Beyond

    def _with_facet(self, place: int, value: str) -> Mask:
        cells = (one.split(SEPARATOR)[place] for one in self.combinations)
        if FACETS[place] == "format":
            wanted = value.casefold()
            has = [wanted in cell.casefold().split() for cell in cells]
        else:
            has = [cell == value for cell in cells]
        found: Mask = np.array(has, np.bool_)[self.codes]
        return found

    def _with_keyword(self, value: str) -> Mask:
        found = np.zeros(len(self.rowids), np.bool_)
        if value in self.keywords:
            places = (self.keyword_codes == self.keywords.index(value)).nonzero()[0]
            found[np.searchsorted(self.keyword_ends, places, side="right")] = True
        return found


def _ranks(texts: tuple[str, ...]) -> Numbers:
    """Equal texts have equal ranks; by their bytes in UTF-8, as SQLite compares."""
    spelled = [one.encode() for one in texts]
    known = {one: rank for rank, one in enumerate(sorted(set(spelled)))}
    return np.array([known[one] for one in spelled], np.int64)


def _in_time(moments: Numbers, one: Within) -> Mask:
    found = np.ones(len(moments), np.bool_)
    if one.first is not None:
        first = _microseconds(one.first)
        found &= moments >= first if one.has_first else moments > first
    if one.last is not None:
        last = _microseconds(one.last)
        found &= moments <= last if one.has_last else moments < last
    return found


def _microseconds(moment: Any) -> int:
    micros: int = round(moment.timestamp() * 1_000_000)
    return micros


def rows_with(db: Connection, match: str) -> Numbers:
    """Rows of the entries that the full-text question finds: FTS5's or a tsquery, as it is."""
    if db.dialect.name == "sqlite":
        # One text of numbers costs a tenth of one row for each.
        asked = text("SELECT group_concat(rowid) FROM search_index WHERE search_index MATCH :match")
    else:
        asked = text(
            "SELECT string_agg(rowid::text, ',') FROM search_entries "
            "WHERE document @@ to_tsquery('simple', :match)"
        )
    found = db.scalar(asked, {"match": match})
    return np.fromstring(found, np.int64, sep=",") if found else np.empty(0, np.int64)


def entries(db: Connection) -> int:
    """About how many entries there are: the number of the newest row."""
    return int(db.scalar(select(func.max(search_entries.c.rowid))) or 0)


def load(db: Connection) -> Overview:
    """Read the whole index: a second for 100 000 entries."""
    one = search_entries.c
    if db.dialect.name == "sqlite":
        words: Any = func.json_extract(datasets.c.body, "$.keywords")
    else:
        words = cast(datasets.c.body["keywords"], String)
    joined = search_entries.join(search_facets, search_facets.c.rowid == one.rowid)
    joined = joined.join(datasets, datasets.c.id == one.dataset)
    columns = (one.rowid, one.dataset, search_facets.c.facets, one.modified, datasets.c.modified)
    query = select(*columns, one.title, words).select_from(joined).order_by(one.rowid)
    rows = db.execute(query).all()
    combinations: dict[str, int] = {}
    keywords: dict[str, int] = {}
    codes, keyword_codes, ends = [], [], []
    for row in rows:
        codes.append(combinations.setdefault(row[2], len(combinations)))
        for word in dict.fromkeys(json.loads(row[6]) if row[6] else ()):
            keyword_codes.append(keywords.setdefault(word, len(keywords)))
        ends.append(len(keyword_codes))
    return Overview(
        rowids=np.array([row[0] for row in rows], np.int64),
        ids=tuple(row[1] for row in rows),
        codes=np.array(codes, np.int32),
        combinations=tuple(combinations),
        changed=np.array([_microseconds(row[3]) for row in rows], np.int64),
        modified=np.array([_microseconds(row[4]) for row in rows], np.int64),
        titles=tuple(row[5] for row in rows),
        keyword_codes=np.array(keyword_codes, np.int32),
        keyword_ends=np.array(ends, np.int64),
        keywords=tuple(keywords),
    )
