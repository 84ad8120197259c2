"""Full-text search over the catalogue: SQLite FTS5 or PostgreSQL tsvector, typos mended.

Text is folded (case, accents) before it is stored, so both engines find the same. A word nobody
used is mended to the nearest word that occurs, found by shared trigrams.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz.distance import OSA
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.core.types import Dataset, DatasetId
from citycommons.store.tables import search_entries, search_facets, search_grams, search_terms

SEPARATOR = "\x1f"  # between the facets of an entry
FACETS = ("publisher", "theme", "category", "license", "access", "format")

_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What of a dataset is searched, and its facets."""

    dataset: Dataset
    publisher_name: str
    formats: tuple[str, ...]
    has_data: bool
    modified: datetime


def fold(value: str) -> str:
    """Lower case without accents: “Straße”, “Università” → “strasse”, “universita”."""
    parts = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def words(value: str) -> list[str]:
    """Folded words of a text, in order."""
    return _WORD.findall(fold(value))


def _texts(entry: Entry) -> tuple[str, str]:
    one = entry.dataset
    title = [*one.title.values(), *one.keywords, one.id.replace("-", " ")]
    body = [*one.description.values(), entry.publisher_name, one.steward, one.place]
    for field in one.fields:
        body += [field.name, *field.title.values(), *field.description.values()]
    return " ".join(words(" ".join(title))), " ".join(words(" ".join(body)))


def index(db: Connection, entry: Entry) -> None:
    """Put the dataset into the index, in place of what stood there, in the caller's transaction."""
    title, body = _texts(entry)
    one = entry.dataset
    values: dict[str, Any] = {
        "dataset": one.id,
        "publisher": one.publisher,
        "access": one.access.value,
        "category": one.category.value,
        "theme": one.theme,
        "license": one.license,
        "formats": f" {' '.join(sorted(entry.formats))} ",
        "has_data": entry.has_data,
        "modified": entry.modified,
        "title": title,
        "body": body,
    }
    is_sqlite = db.dialect.name == "sqlite"
    _forget(db, one.id)
    insert = sqlite.insert if is_sqlite else postgresql.insert
    rowid = db.scalar(
        insert(search_entries)
        .values(**values)
        .on_conflict_do_update(index_elements=["dataset"], set_=values)
        .returning(search_entries.c.rowid)
    )
    db.execute(search_facets.insert().values(rowid=rowid, facets=facets_of(entry)))
    if is_sqlite:
        db.execute(
            text("INSERT INTO search_index(rowid, title, body) VALUES (:rowid, :title, :body)"),
            {"rowid": rowid, "title": title, "body": body},
        )
    _learn(db, {word for word in (*title.split(), *body.split()) if len(word) > 2})


def remove(db: Connection, id: DatasetId) -> None:
    """Take the dataset out of the index."""
    _forget(db, id)
    db.execute(delete(search_entries).where(search_entries.c.dataset == id))


def facets_of(entry: Entry) -> str:
    """All facet values of an entry as one text, in the order of `FACETS`, then `has_data`."""
    one = entry.dataset
    plain = (one.publisher, one.theme, one.category.value, one.license, one.access.value)
    formats = " ".join(sorted(entry.formats))
    return SEPARATOR.join((*plain, formats, "1" if entry.has_data else ""))


def _forget(db: Connection, id: DatasetId) -> None:
    rowid = select(search_entries.c.rowid).where(search_entries.c.dataset == id)
    db.execute(delete(search_facets).where(search_facets.c.rowid == rowid.scalar_subquery()))
    if db.dialect.name != "sqlite":
        return
    # An external-content FTS5 table must be told the old text to forget it.
    db.execute(
        text(
            "INSERT INTO search_index(search_index, rowid, title, body) "
            "SELECT 'delete', rowid, title, body FROM search_entries WHERE dataset = :id"
        ),
        {"id": id},
    )


def grams(word: str) -> set[str]:
    """Trigrams of a word with its ends marked."""
    marked = f" {word} "
    return {marked[i : i + 3] for i in range(len(marked) - 2)}


def _learn(db: Connection, found: set[str]) -> None:
    if not found:
        return
    insert = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    # Sorted, so that two writers take their row locks in the same order.
    new = insert(search_terms).on_conflict_do_nothing()
    db.execute(new, [{"term": word} for word in sorted(found)])
    pairs = [{"gram": g, "term": w} for w in sorted(found) for g in sorted(grams(w))]
    db.execute(insert(search_grams).on_conflict_do_nothing(), pairs)


def mend(db: Connection, wanted: Iterable[str]) -> dict[str, str]:
    """For each word that no entry starts with: the nearest word that occurs, if one is near."""
    mended: dict[str, str] = {}
    for word in wanted:
        if len(word) < 4 or db.scalar(
            select(search_terms.c.term)
            .where(search_terms.c.term >= word, search_terms.c.term < word + "\uffff")
            .limit(1)
        ):
            continue
        near = db.scalars(
            select(search_grams.c.term)
            .where(search_grams.c.gram.in_(sorted(grams(word))))
            .group_by(search_grams.c.term)
            .order_by(func.count().desc(), func.length(search_grams.c.term))
            .limit(60)
        ).all()
        most = 1 if len(word) < 6 else 2
        # A typed beginning may stand for a longer word: compare with its beginning too.
        ranked = sorted(
            (min(OSA.distance(word, t), OSA.distance(word, t[: len(word)]) + 0.5), len(t), t)
            for t in near
        )
        if ranked and ranked[0][0] <= most + 0.5:
            mended[word] = ranked[0][2]
    return mended
