"""Finding in the index: the page of hits, the exact total and the facets, in two statements.

The facets of an entry are one text, a combination; of these there are few, also in a large city.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy import true as always

from citycommons.core.types import Access, DatasetId, PublisherId
from citycommons.store.conditions import Condition, Says, matching, with_keywords, written
from citycommons.store.overview import MOST_RANKED, Beyond, Mask, Numbers, Overview, rows_with
from citycommons.store.search import FACETS, SEPARATOR
from citycommons.store.tables import datasets, search_entries, search_facets, versions

_TITLE_WEIGHT = 8.0
_one = search_entries.c
ORDERS = ("id", "title", "modified", "created")
_PUBLISHER, _ACCESS = FACETS.index("publisher"), FACETS.index("access")
_COLUMNS = {"format": _one.formats} | {n: _one[n] for n in FACETS if n != "format"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for, by whom; `words` are folded (`search.words`), each may be a beginning."""

    words: tuple[str, ...] = ()
    any_word: bool = False  # one of the words is enough
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # facet → values
    has_data: bool | None = None
    is_signed_in: bool = False
    is_blind: bool = False  # may discover nothing at all
    publishers: frozenset[PublisherId] | None = frozenset()  # whose internal ones; None: all
    newest_first: bool = False
    by_title: bool = False
    condition: Condition | None = None  # what has to hold besides
    order: tuple[tuple[str, bool], ...] = ()  # of ORDERS, and whether it descends; before all else
    counts_keywords: bool = False  # as a facet more; its counts are of hits alone
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """A page of ids, best first, with the total and how many hits each facet value would give."""

    total: int
    ids: tuple[DatasetId, ...]
    facets: dict[str, dict[str, int]]  # a facet's own choice does not narrow its counts
    with_data: int


def find(db: Connection, wanted: Wanted, overview: Overview | None = None) -> Hits:
    """Search the index; nothing that the asker may not discover is counted or listed.

    The `overview` of a large catalogue answers the same faster.
    """
    if wanted.is_blind:
        return Hits(total=0, ids=(), facets={name: {} for name in FACETS}, with_data=0)
    if overview is not None:
        with suppress(Beyond):
            return _glance(db, wanted, overview)
    found = _combinations(db, wanted)
    facets, total, with_data, taken = _facets(found, wanted)
    if wanted.counts_keywords:
        facets["keyword"] = _keywords(db, wanted)
    ids: list[str] = []
    if wanted.offset < total and wanted.limit:
        is_ranked = wanted.words and not (wanted.newest_first or wanted.by_title or wanted.order)
        if is_ranked and db.dialect.name == "sqlite":
            ids = _best(db, wanted, None if len(taken) == len(found) else taken)
        else:
            ids = list(db.scalars(_page(db, wanted)))
    return Hits(
        total=total, ids=tuple(DatasetId(id) for id in ids), facets=facets, with_data=with_data
    )


def _glance(db: Connection, wanted: Wanted, overview: Overview) -> Hits:
    among: Mask | None = None
    if wanted.words:
        among = overview.mask(rows_with(db, _match(db, wanted)))
    if wanted.condition is not None:
        holds = overview.holding(db, wanted.condition, _rows_saying)
        among = holds if among is None else among & holds
    facets, total, with_data, taken = _facets(overview.counts(among), wanted)
    shown = overview.of_combinations(taken)
    if among is not None:
        shown &= among
    if wanted.counts_keywords:
        facets["keyword"] = overview.keyword_counts(shown)
    ids: list[str] = []
    if wanted.offset < total and wanted.limit:
        ids = _glanced(db, wanted, overview, shown, total)
    return Hits(
        total=total, ids=tuple(DatasetId(id) for id in ids), facets=facets, with_data=with_data
    )


def _glanced(
    db: Connection, wanted: Wanted, overview: Overview, shown: Mask, total: int
) -> list[str]:
    """The page of hits, in the order that is asked for."""
    if wanted.order:
        order = overview.sorted_by(wanted.order)
        if order is None:
            raise Beyond
    elif wanted.by_title:
        order = overview.ordered(overview.by_title)
    elif wanted.newest_first:
        order = overview.newest
    elif not wanted.words:
        order = overview.usual
    elif total > MOST_RANKED:
        in_title = overview.mask(rows_with(db, _match(db, wanted, in_title=True)))
        order = np.where(in_title, overview.shortest, overview.newest + len(in_title))
    elif db.dialect.name == "sqlite":
        return _best(db, wanted, None, overview.rowids[shown].tolist())
    else:
        return list(db.scalars(_page(db, wanted)))
    return overview.first(shown, order, wanted.offset, wanted.limit)


def _match(db: Connection, wanted: Wanted, *, in_title: bool = False) -> str:
    """The words as the database's own full-text question."""
    if db.dialect.name == "sqlite":
        found = _fts5(wanted)
        return f"title : ({found})" if in_title else found
    mark = ":*A" if in_title else ":*"
    return (" | " if wanted.any_word else " & ").join(f"{word}{mark}" for word in wanted.words)


def _rows_saying(db: Connection, one: Says) -> Numbers:
    return rows_with(db, matching(db, one))


def rows_seen(db: Connection, wanted: Wanted) -> int:
    """How many rows the latest versions hold that the asker may discover, from kept counts."""
    if wanted.is_blind:
        return 0
    joined = (datasets.c.id == versions.c.dataset) & (datasets.c.latest == versions.c.number)
    query = select(func.coalesce(func.sum(versions.c.rows), 0)).select_from(versions)
    query = query.join(datasets, joined).where(_visible(wanted, datasets.c))
    return int(db.scalar(query) or 0)


def _visible(wanted: Wanted, table: Any = _one) -> ColumnElement[bool]:
    if wanted.publishers is None:
        return always()
    open_to = [Access.PUBLIC.value] + [Access.RESTRICTED.value] * wanted.is_signed_in
    seen: ColumnElement[bool] = table.access.in_(open_to)
    own = table.publisher.in_(sorted(wanted.publishers))
    return or_(seen, own) if wanted.publishers else seen


def _matching(db: Connection, wanted: Wanted) -> ColumnElement[bool]:
    if not wanted.words:
        return always()
    if db.dialect.name == "sqlite":
        hits = text("SELECT rowid FROM search_index WHERE search_index MATCH :match")
        return _one.rowid.in_(hits.bindparams(match=_fts5(wanted)).columns(literal_column("rowid")))
    return literal_column("document").op("@@")(_tsquery(wanted))


def _holding(db: Connection, wanted: Wanted) -> ColumnElement[bool]:
    found = _matching(db, wanted)
    return found if wanted.condition is None else and_(found, written(db, wanted.condition))


def _keywords(db: Connection, wanted: Wanted) -> dict[str, int]:
    """Each keyword with the hits that have it, most first."""
    query, value = with_keywords(db)
    among = _narrowed(db, select(_one.dataset), wanted)
    count = func.count()
    counted = query.with_only_columns(value, count).where(datasets.c.id.in_(among))
    rows = db.execute(counted.group_by(value).order_by(count.desc(), value))
    return {str(row[0]): int(row[1]) for row in rows}


def _fts5(wanted: Wanted) -> str:
    return (" OR " if wanted.any_word else " AND ").join(f'"{word}"*' for word in wanted.words)


def _tsquery(wanted: Wanted) -> ColumnElement[Any]:
    mark = " | " if wanted.any_word else " & "
    return func.to_tsquery("simple", mark.join(f"{word}:*" for word in wanted.words))


def _facets(
    found: Mapping[str, int], wanted: Wanted
) -> tuple[dict[str, dict[str, int]], int, int, list[str]]:
    """Counts by facet, all hits, those with data, and the combinations that hits have."""
    # There are few different combinations, and each facet's counts, with every choice but its
    # own, are sums over them.
    counts: dict[str, defaultdict[str, int]] = {name: defaultdict(int) for name in FACETS}
    chosen = [(n, frozenset(wanted.chosen[n])) for n in FACETS if wanted.chosen.get(n)]
    total = with_data = 0
    taken: list[str] = []
    for packed, count in found.items():
        pairs, has_data = _unpacked(packed)
        if not _may_see(wanted, pairs):
            continue
        missed = (
            [n for n, some in chosen if all((n, v) not in pairs for v in some)] if chosen else ()
        )
        if has_data and not missed:
            with_data += count
        if wanted.has_data is not None and has_data is not wanted.has_data:
            continue
        if not missed:
            total += count
            taken.append(packed)
        if len(missed) < 2:
            for name, value in pairs:
                if not missed or name == missed[0]:
                    counts[name][value] += count
    return (
        {n: dict(sorted(some.items(), key=_by_count)) for n, some in counts.items()},
        total,
        with_data,
        taken,
    )


def _by_count(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


@lru_cache(maxsize=50_000)
def _unpacked(packed: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    *cells, has_data = packed.split(SEPARATOR)
    pairs = [(n, cell) for n, cell in zip(FACETS, cells, strict=True) if n != "format"]
    return (*pairs, *(("format", one) for one in cells[-1].split())), bool(has_data)


def _combinations(db: Connection, wanted: Wanted) -> dict[str, int]:
    packed = search_facets.c.facets
    if wanted.condition is not None:
        joined = search_entries.join(search_facets, search_facets.c.rowid == _one.rowid)
        query = select(packed, func.count()).select_from(joined).where(_holding(db, wanted))
    elif not wanted.words:
        query = select(packed, func.count())
    elif db.dialect.name == "sqlite":
        # FTS5 must be the outer loop: its hits come in the order of the narrow table's key.
        hits = text(
            "SELECT facets, count(*) FROM search_index CROSS JOIN search_facets "
            "ON search_facets.rowid = search_index.rowid "
            "WHERE search_index MATCH :match GROUP BY facets"
        )
        return {row[0]: row[1] for row in db.execute(hits, {"match": _fts5(wanted)})}
    else:
        joined = search_entries.join(search_facets, search_facets.c.rowid == _one.rowid)
        query = select(packed, func.count()).select_from(joined).where(_matching(db, wanted))
    return {row[0]: row[1] for row in db.execute(query.group_by(packed))}


def _may_see(wanted: Wanted, pairs: tuple[tuple[str, str], ...]) -> bool:
    if wanted.publishers is None or (access := pairs[_ACCESS][1]) == "public":
        return True
    if access == Access.RESTRICTED and wanted.is_signed_in:
        return True
    return pairs[_PUBLISHER][1] in wanted.publishers


def _best(
    db: Connection, wanted: Wanted, taken: list[str] | None, rows: list[int] | None = None
) -> list[str]:
    """A page of SQLite's best hits; `taken` are the combinations of facets they may have."""
    # Only the page's rows are joined, and SQLite keeps no more hits than a page while it ranks.
    narrowed = (
        ""
        if taken is None
        else (
            "CROSS JOIN search_facets ON search_facets.rowid = search_index.rowid "
            "AND facets IN (SELECT value FROM json_each(:taken))"
        )
    )
    among = None if rows is None else json.dumps(rows)
    if among is None and wanted.condition is not None:
        among = _rowids(db, wanted.condition)
    also = (
        "" if among is None else "AND search_index.rowid IN (SELECT value FROM json_each(:among)) "
    )
    query = text(
        "SELECT dataset FROM (SELECT search_index.rowid AS hit, "
        "bm25(search_index, :weight, 1.0) AS score "
        f"FROM search_index {narrowed} WHERE search_index MATCH :match {also}"
        "ORDER BY score, hit LIMIT :limit OFFSET :offset) "
        "JOIN search_entries ON search_entries.rowid = hit ORDER BY score, hit"
    )
    values = {
        "match": _fts5(wanted),
        "weight": _TITLE_WEIGHT,
        "limit": wanted.limit,
        "offset": wanted.offset,
    }
    if taken is not None:
        values["taken"] = json.dumps(taken)
    if among is not None:
        values["among"] = among
    return list(db.scalars(query, values))


def _rowids(db: Connection, condition: Condition) -> str:
    return json.dumps(list(db.scalars(select(_one.rowid).where(written(db, condition)))))


def _page(db: Connection, wanted: Wanted) -> Select[Any]:
    query = _narrowed(db, select(_one.dataset), wanted)
    return _ordered(query, wanted).limit(wanted.limit).offset(wanted.offset)


def _narrowed(db: Connection, query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.where(_visible(wanted), _holding(db, wanted))
    for name, some in wanted.chosen.items():
        if some and name == "format":
            query = query.where(
                or_(*(_one.formats.contains(f" {v} ", autoescape=True) for v in some))
            )
        elif some:
            query = query.where(_COLUMNS[name].in_(some))
    if wanted.has_data is not None:
        query = query.where(_one.has_data.is_(wanted.has_data))
    return query


def _ordered(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.order:
        return _as_asked(query, wanted)
    if wanted.by_title:
        return query.order_by(_one.title, _one.rowid)
    if wanted.newest_first:
        return query.order_by(_one.modified.desc(), _one.rowid)
    if not wanted.words:
        return query.order_by(_one.has_data.desc(), _one.modified.desc(), _one.rowid)
    rank = func.ts_rank(
        literal_column("'{0.1,0.2,0.4,1.0}'::real[]"), literal_column("document"), _tsquery(wanted)
    )
    return query.order_by(rank.desc(), _one.rowid)


def _as_asked(query: Select[Any], wanted: Wanted) -> Select[Any]:
    columns = {
        "id": _one.dataset,
        "title": _one.title,
        "modified": datasets.c.modified,
        "created": datasets.c.body["created"].as_string(),
    }
    query = query.join(datasets, datasets.c.id == _one.dataset)
    sorted_by = [columns[n].desc() if descends else columns[n] for n, descends in wanted.order]
    return query.order_by(*sorted_by, _one.rowid)
