"""Tables of works in the road and of traffic models (one metadata with all others)."""

from sqlalchemy import Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text

from citycommons.store import tables
from citycommons.store.tables import Json, Utc

metadata = tables.metadata  # of these and all other tables

works = Table(
    "works",
    metadata,
    Column("id", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("source", String, nullable=False, server_default=""),
    Column("source_id", String, nullable=False, server_default=""),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("west", Float, nullable=False),
    Column("south", Float, nullable=False),
    Column("east", Float, nullable=False),
    Column("north", Float, nullable=False),
    Column("updated", Utc, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_works_days", "last_day", "first_day"),
    Index("ix_works_source", "source", "source_id"),
)

works_revisions = Table(
    "works_revisions",
    metadata,
    Column("works", String, ForeignKey("works.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("body", Json, nullable=False),
)

works_followers = Table(
    "works_followers",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("street", String),
    Column("area", Json),
    Column("token_hash", String, nullable=False),
    Column("created", Utc, nullable=False),
    Column("confirmed", Utc),
)

works_messages = Table(
    "works_messages",
    metadata,
    Column("id", String, primary_key=True),
    Column("follower", String, ForeignKey("works_followers.id"), nullable=False),
    Column("works", String, nullable=False),
    Column("body", Json, nullable=False),
    Column("created", Utc, nullable=False),
    Column("due", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("delivered", Utc),
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_works_messages_due", "due"),
)

traffic_models = Table(
    "traffic_models",
    metadata,
    Column("id", String, primary_key=True),
    Column("created", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_traffic_models_created", "created"),
)

forecasts = Table(
    "forecasts",
    metadata,
    Column("id", String, primary_key=True),
    Column("works", String),
    Column("revision", Integer),
    Column("model", String, ForeignKey("traffic_models.id"), nullable=False),
    Column("created", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_forecasts_works", "works", "created"),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", String, primary_key=True),
    Column("works", String, nullable=False),
    Column("forecast", String, ForeignKey("forecasts.id")),
    Column("created", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_evaluations_works", "works", "created"),
)
