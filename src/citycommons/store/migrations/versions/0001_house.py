"""The first schema: catalogue, versions, people, audit, outbox, usage, search."""

from alembic import op

from citycommons.store.tables import metadata

revision = "0001"
down_revision = None


TABLES = (
    *("publishers", "datasets", "versions", "actors", "grants", "sessions", "keys", "audit"),
    *("outbox", "usage", "search_entries", "search_facets", "search_terms", "search_grams"),
    "notes",
)


def upgrade() -> None:
    db = op.get_bind()
    metadata.create_all(db, tables=[metadata.tables[name] for name in TABLES])
    if db.dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            "title, body, content='search_entries', content_rowid='rowid', "
            "tokenize='unicode61', prefix='2 3 4')"
        )
    else:
        op.execute(
            "ALTER TABLE search_entries ADD COLUMN document tsvector GENERATED ALWAYS AS ("
            "setweight(to_tsvector('simple', title), 'A') || "
            "setweight(to_tsvector('simple', body), 'B')) STORED"
        )
        op.execute("CREATE INDEX ix_search_entries_document ON search_entries USING gin(document)")
