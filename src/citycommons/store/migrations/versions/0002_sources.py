"""Sources with their log and records, hosts that rest, links that are checked, plans of reading."""

import sqlalchemy as sa
from alembic import op

from citycommons.store.tables import Json, Serial, Utc

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("publisher", sa.String, sa.ForeignKey("publishers.id"), nullable=False),
        sa.Column("connector", sa.String, nullable=False),
        sa.Column("next_run", Utc),
        sa.Column("leased_until", Utc),
        sa.Column("run", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failing_since", Utc),
        sa.Column("since", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
        sa.Column("removed", Utc),
    )
    op.create_index("ix_sources_publisher", "sources", ["publisher"])
    op.create_index("ix_sources_next_run", "sources", ["next_run"])
    op.create_table(
        "runs",
        sa.Column("id", Serial, primary_key=True),
        sa.Column("source", sa.String, sa.ForeignKey("sources.id"), nullable=False),
        sa.Column("started", Utc, nullable=False),
        sa.Column("ended", Utc),
        sa.Column("outcome", sa.String, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_runs_source_id", "runs", ["source", "id"])
    op.create_table(
        "records",
        sa.Column("source", sa.String, sa.ForeignKey("sources.id"), primary_key=True),
        sa.Column("identifier", sa.String, primary_key=True),
        sa.Column("dataset", sa.String),
        sa.Column("digest", sa.String, nullable=False, server_default=""),
        sa.Column("fingerprint", sa.String, nullable=False, server_default=""),
        sa.Column("run", sa.BigInteger, nullable=False),
        sa.Column("changed", Utc, nullable=False),
        sa.Column("gone", Utc),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_records_dataset", "records", ["dataset"])
    op.create_index("ix_records_fingerprint", "records", ["source", "fingerprint"])
    op.create_table(
        "hosts",
        sa.Column("host", sa.String, primary_key=True),
        sa.Column("rest_until", Utc, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_table(
        "links",
        sa.Column("dataset", sa.String, sa.ForeignKey("datasets.id"), primary_key=True),
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("next_check", Utc, nullable=False),
        sa.Column("checked", Utc),
        sa.Column("status", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failing_since", Utc),
        sa.Column("copy", sa.String),
        sa.Column("copied", Utc),
        sa.Column("copy_name", sa.String, nullable=False, server_default=""),
        sa.Column("copy_bytes", sa.BigInteger),
    )
    op.create_index("ix_links_next_check", "links", ["next_check"])
    op.create_table(
        "plans",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("changed", Utc, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
