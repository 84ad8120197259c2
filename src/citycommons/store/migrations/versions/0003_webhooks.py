"""Webhooks and what was delivered to them."""

import sqlalchemy as sa
from alembic import op

from citycommons.store.tables import Json, Utc

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("owner", sa.String, sa.ForeignKey("actors.id"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("dataset", sa.String),
        sa.Column("publisher", sa.String),
        sa.Column("events", Json, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("rest_until", Utc),
        sa.Column("disabled", Utc),
        sa.Column("disabled_reason", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_webhooks_owner", "webhooks", ["owner"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("webhook", sa.String, sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("dataset", sa.String),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("due", Utc),
        sa.Column("leased_until", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("delivered", Utc),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["due"])
    op.create_index(
        "ix_webhook_deliveries_webhook_created", "webhook_deliveries", ["webhook", "created"]
    )
