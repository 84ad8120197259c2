"""The metadata tables (SQLAlchemy Core), the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect


class Utc(TypeDecorator[datetime]):
    """An aware time, in UTC on every engine (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

publishers = Table(
    "publishers",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", Json, nullable=False),  # the whole `Publisher`
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String, primary_key=True),
    Column("publisher", ForeignKey("publishers.id"), nullable=False, index=True),
    Column("access", String, nullable=False),
    Column("source", String, nullable=False, server_default="", index=True),
    Column("identifier", String, nullable=False, server_default=""),
    Column("latest", Integer),  # number of the newest version that is not withdrawn
    Column("modified", Utc, nullable=False, index=True),
    Column("body", Json, nullable=False),  # the whole `Dataset`
)

versions = Table(
    "versions",
    metadata,
    Column("dataset", ForeignKey("datasets.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", String, nullable=False, index=True),
    Column("file", String, nullable=False, index=True),
    Column("rows", BigInteger, nullable=False),
    Column("created", Utc, nullable=False, index=True),
    Column("withdrawn", Utc),
    Column("body", Json, nullable=False),  # the whole `Version`
)

actors = Table(
    "actors",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, unique=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("language", String, nullable=False, server_default="en"),
    Column("password", String),  # argon2; empty means: cannot sign in by password
    Column("created", Utc, nullable=False),
    Column("disabled", Utc),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("actor", ForeignKey("actors.id"), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("publisher", ForeignKey("publishers.id")),  # null: the whole city
    Column("given", Utc, nullable=False),
    Column("given_by", String, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", String, primary_key=True),  # sha-256 of what the browser holds
    Column("actor", ForeignKey("actors.id"), nullable=False, index=True),
    Column("created", Utc, nullable=False),
    Column("expires", Utc, nullable=False, index=True),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),  # the public half, shown in lists
    Column("secret", String, nullable=False),  # sha-256 of the secret half
    Column("actor", ForeignKey("actors.id"), nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("scopes", Json),  # names of actions; null is all of the actor's
    Column("created", Utc, nullable=False),
    Column("expires", Utc),
    Column("used", Utc),
    Column("revoked", Utc),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("time", String, nullable=False),  # ISO text: part of what is hashed
    Column("actor", String, nullable=False, index=True),
    Column("action", String, nullable=False, index=True),
    Column("thing", String, nullable=False, index=True),
    Column("details", Text, nullable=False),  # canonical JSON: part of what is hashed
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("fact", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("created", Utc, nullable=False),
    Column("leased_until", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("done", Utc, index=True),
)

usage = Table(
    "usage",
    metadata,
    Column("dataset", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("use", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("client", String, primary_key=True),
    Column("format", String, primary_key=True, server_default=""),
    Column("referrer", String, primary_key=True, server_default=""),
    Column("region", String, primary_key=True, server_default=""),
    Column("day", Date, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("ix_usage_day", "day"),
)

search_entries = Table(
    "search_entries",
    metadata,
    Column("rowid", Serial, primary_key=True),
    Column("dataset", ForeignKey("datasets.id"), nullable=False, unique=True),
    # Facets, copied here so that a search touches one table.
    Column("publisher", String, nullable=False),
    Column("access", String, nullable=False),
    Column("category", String, nullable=False),
    Column("theme", String, nullable=False),
    Column("license", String, nullable=False),
    Column("formats", String, nullable=False),  # " csv json ": padded, for containment
    Column("has_data", Boolean, nullable=False),
    Column("modified", Utc, nullable=False, index=True),
    Column("title", Text, nullable=False),  # folded (case, accents), all languages
    Column("body", Text, nullable=False),  # folded: description, keywords, fields, publisher
    Index("ix_search_entries_first", "has_data", "modified"),  # the order of a list without words
)

search_facets = Table(  # narrow, so that counting the facets of 100 000 hits stays cheap
    "search_facets",
    metadata,
    Column("rowid", Serial, primary_key=True, autoincrement=False),  # of search_entries
    Column("facets", String, nullable=False, index=True),  # see store/find.py
)

search_terms = Table(
    "search_terms",
    metadata,
    Column("term", String, primary_key=True),
)

search_grams = Table(
    "search_grams",
    metadata,
    Column("gram", String, primary_key=True),
    Column("term", String, primary_key=True),
)

notes = Table(  # small facts about the installation: city story texts, build state
    "notes",
    metadata,
    Column("name", String, primary_key=True),
    Column("body", Json, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", String, primary_key=True),
    Column("publisher", ForeignKey("publishers.id"), nullable=False, index=True),
    Column("connector", String, nullable=False),
    Column("next_run", Utc, index=True),  # null: only when somebody says so
    Column("leased_until", Utc),
    Column("run", BigInteger),  # the run that is under way or was cut off
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("failing_since", Utc),
    Column("since", Text, nullable=False, server_default=""),  # cursor of what was taken in
    Column("body", Json, nullable=False),  # the whole `Source`
    Column("removed", Utc),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("source", ForeignKey("sources.id"), nullable=False),
    Column("started", Utc, nullable=False),
    Column("ended", Utc),
    Column("outcome", String, nullable=False, server_default=""),
    Column("body", Json, nullable=False),  # the whole `Run`
    Index("ix_runs_source_id", "source", "id"),
)

records = Table(  # what a catalogue's source brought: (source, identifier) names it for ever
    "records",
    metadata,
    Column("source", ForeignKey("sources.id"), primary_key=True),
    Column("identifier", String, primary_key=True),
    Column("dataset", String, index=True),  # null: it never became an entry
    Column("digest", String, nullable=False, server_default=""),  # of the record's bytes
    Column("fingerprint", String, nullable=False, server_default=""),  # of what it describes
    Column("run", BigInteger, nullable=False),  # the last run that saw it
    Column("changed", Utc, nullable=False),
    Column("gone", Utc),  # since when the origin does not have it
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_records_fingerprint", "source", "fingerprint"),
)

hosts = Table(  # hosts that asked to be left alone: Retry-After, failures
    "hosts",
    metadata,
    Column("host", String, primary_key=True),
    Column("rest_until", Utc, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
)

links = Table(  # addresses of entries' distributions, and how they answered
    "links",
    metadata,
    Column("dataset", ForeignKey("datasets.id"), primary_key=True),
    Column("url", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("next_check", Utc, nullable=False, index=True),
    Column("checked", Utc),
    Column("status", Integer),  # HTTP status; 0 is no answer, null never checked
    Column("reason", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("failing_since", Utc),
    Column("copy", String),  # digest of the last good content, where it was archived
    Column("copied", Utc),
    Column("copy_name", String, nullable=False, server_default=""),
    Column("copy_bytes", BigInteger),
)

plans = Table(  # what people said about reading files: of a dataset, and of a shape for the next
    "plans",
    metadata,
    Column("name", String, primary_key=True),  # "dataset:trees" or "shape:<publisher>:<digest>"
    Column("changed", Utc, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("body", Json, nullable=False),  # the whole `Plan`
)

webhooks = Table(  # addresses of others that are told what happens to datasets
    "webhooks",
    metadata,
    Column("id", String, primary_key=True),
    Column("owner", String, ForeignKey("actors.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("dataset", String),  # with neither: everything the owner may discover
    Column("publisher", String),
    Column("events", Json, nullable=False),
    Column("secret", String, nullable=False),  # signs what is sent, so it cannot be a hash
    Column("created", Utc, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("rest_until", Utc),
    Column("disabled", Utc),
    Column("disabled_reason", Text, nullable=False, server_default=""),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String, primary_key=True),  # made of what happened: told twice it is one
    Column("webhook", String, ForeignKey("webhooks.id"), nullable=False),
    Column("event", String, nullable=False),
    Column("dataset", String),
    Column("body", Text, nullable=False),  # the very bytes that are signed
    Column("created", Utc, nullable=False),
    Column("due", Utc, index=True),  # None: over, delivered or given up
    Column("leased_until", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("delivered", Utc),
    Column("status", Integer),  # of the last answer
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_webhook_deliveries_webhook_created", "webhook", "created"),
)

old_addresses = Table(  # what the names in addresses of an earlier portal lead to
    "old_addresses",
    metadata,
    Column("system", String, primary_key=True),  # "ckan", "ckan-resource", "socrata", …
    Column("name", String, primary_key=True),  # as the address has it, in small letters
    Column("source", String, nullable=False),  # that brought it
    Column("dataset", String),
    Column("publisher", String),  # of an organisation's address
    Column("url", Text, nullable=False, server_default=""),  # of the file it stood for
    Column("format", String, nullable=False, server_default=""),
)
