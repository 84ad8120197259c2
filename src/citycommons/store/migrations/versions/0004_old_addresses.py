"""Addresses that a portal had before this one, and what they lead to now."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "old_addresses",
        sa.Column("system", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("dataset", sa.String),
        sa.Column("publisher", sa.String),
        sa.Column("url", sa.Text, nullable=False, server_default=""),
        sa.Column("format", sa.String, nullable=False, server_default=""),
    )
