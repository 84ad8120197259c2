"""Works in the road with their history, who follows them, what was foretold and what came."""

import sqlalchemy as sa
from alembic import op

from citycommons.store.tables import Json, Utc

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "works",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False, server_default=""),
        sa.Column("source_id", sa.String, nullable=False, server_default=""),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("west", sa.Float, nullable=False),
        sa.Column("south", sa.Float, nullable=False),
        sa.Column("east", sa.Float, nullable=False),
        sa.Column("north", sa.Float, nullable=False),
        sa.Column("updated", Utc, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_works_days", "works", ["last_day", "first_day"])
    op.create_index("ix_works_source", "works", ["source", "source_id"])
    op.create_table(
        "works_revisions",
        sa.Column("works", sa.String, sa.ForeignKey("works.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("at", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_table(
        "works_followers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("street", sa.String),
        sa.Column("area", Json),
        sa.Column("token_hash", sa.String, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("confirmed", Utc),
    )
    op.create_table(
        "works_messages",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("follower", sa.String, sa.ForeignKey("works_followers.id"), nullable=False),
        sa.Column("works", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("due", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("delivered", Utc),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_works_messages_due", "works_messages", ["due"])
    op.create_table(
        "traffic_models",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_traffic_models_created", "traffic_models", ["created"])
    op.create_table(
        "forecasts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("works", sa.String),
        sa.Column("revision", sa.Integer),
        sa.Column("model", sa.String, sa.ForeignKey("traffic_models.id"), nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_forecasts_works", "forecasts", ["works", "created"])
    op.create_table(
        "evaluations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("works", sa.String, nullable=False),
        sa.Column("forecast", sa.String, sa.ForeignKey("forecasts.id")),
        sa.Column("created", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_evaluations_works", "evaluations", ["works", "created"])
