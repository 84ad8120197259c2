"""Uses by COUNTER's rules, copies elsewhere, the ledger of benefits, reuses and requests."""

import sqlalchemy as sa
from alembic import op

from citycommons.store.tables import Json, Utc

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _widen_usage()
    op.create_table(
        "usage_hits",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("written", Utc, nullable=False),
        sa.Column("hits", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_usage_hits_day", "usage_hits", ["day"])
    op.create_table(
        "usage_salts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("settled", sa.Integer, nullable=False, server_default="-1"),
    )
    op.create_table(
        "usage_sessions",
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("use", sa.String, primary_key=True),
        sa.Column("client", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_usage_sessions_day", "usage_sessions", ["day"])
    op.create_table(
        "portals",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("due", Utc),
        sa.Column("secret", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_portals_due", "portals", ["due"])
    op.create_index("ix_portals_url", "portals", ["url"], unique=True)
    op.create_table(
        "copies",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("dataset", sa.String, nullable=False),
        sa.Column("iri", sa.String, nullable=False),
        sa.Column("portal", sa.String, sa.ForeignKey("portals.id"), nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("due", Utc),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_copies_iri", "copies", ["iri"], unique=True)
    op.create_index("ix_copies_dataset", "copies", ["dataset"])
    op.create_index("ix_copies_portal", "copies", ["portal"])
    op.create_index("ix_copies_due", "copies", ["due"])
    op.create_table(
        "copy_usage",
        sa.Column("copy", sa.String, sa.ForeignKey("copies.id"), primary_key=True),
        sa.Column("first_day", sa.Date, primary_key=True),
        sa.Column("last_day", sa.Date, primary_key=True),
        sa.Column("metric", sa.String, primary_key=True),
        sa.Column("method", sa.String, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("certainty", sa.String, nullable=False),
        sa.Column("reported", Utc, nullable=False),
        sa.Column("is_outlier", sa.Boolean, nullable=False, server_default="0"),
    )
    op.create_table(
        "copy_counters",
        sa.Column("copy", sa.String, sa.ForeignKey("copies.id"), primary_key=True),
        sa.Column("word", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("read", Utc, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("received", Utc, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("due", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_notices_due", "notices", ["due"])
    op.create_table(
        "announcements",
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("inbox", sa.String, nullable=False, server_default=""),
        sa.Column("due", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("delivered", Utc),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("ix_announcements_due", "announcements", ["due"])
    op.create_table(
        "nonces",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("nonce", sa.String, primary_key=True),
        sa.Column("expires", Utc, nullable=False),
    )
    op.create_index("ix_nonces_expires", "nonces", ["expires"])
    op.create_table(
        "fingerprints",
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("shape", sa.String, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("minhash", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_fingerprints_shape", "fingerprints", ["shape"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("parent", sa.String, nullable=False, server_default=""),
        sa.Column("publisher", sa.String, nullable=False, server_default=""),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("updated", Utc, nullable=False),
        sa.Column("removed", Utc),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_ledger_kind", "ledger", ["kind", "publisher"])
    op.create_index("ix_ledger_parent", "ledger", ["parent"])
    op.create_table(
        "ledger_revisions",
        sa.Column("entry", sa.String, sa.ForeignKey("ledger.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_table(
        "measurements",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("goal", sa.String, sa.ForeignKey("ledger.id"), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_measurements_goal", "measurements", ["goal", "day"])
    op.create_table(
        "appraisals",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("goal", sa.String, nullable=False, server_default=""),
        sa.Column("created", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("released", Utc),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_appraisals_goal", "appraisals", ["goal", "created"])
    op.create_table(
        "reuses",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("due", Utc),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("claimed_by", sa.String, nullable=False, server_default=""),
        sa.Column("contact", sa.Text, nullable=False, server_default=""),
        sa.Column("tell", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_reuses_state", "reuses", ["state", "created"])
    op.create_index("ix_reuses_due", "reuses", ["due"])
    op.create_index("ix_reuses_tell", "reuses", ["tell"])
    op.create_index("ix_reuses_claimed_by", "reuses", ["claimed_by"])
    op.create_index("ix_reuses_address", "reuses", ["address"], unique=True)
    op.create_table(
        "reuse_datasets",
        sa.Column("reuse", sa.String, sa.ForeignKey("reuses.id"), primary_key=True),
        sa.Column("dataset", sa.String, primary_key=True),
    )
    op.create_index("ix_reuse_datasets_dataset", "reuse_datasets", ["dataset"])
    op.create_table(
        "stories",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_stories_day", "stories", ["is_public", "day"])
    op.create_table(
        "story_revisions",
        sa.Column("story", sa.String, sa.ForeignKey("stories.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("at", Utc, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", Json, nullable=False),
    )
    op.create_table(
        "data_requests",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", Utc, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False, server_default="1"),
        sa.Column("words", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_data_requests_state", "data_requests", ["state", "votes"])
    op.create_table(
        "data_request_votes",
        sa.Column("request", sa.String, sa.ForeignKey("data_requests.id"), primary_key=True),
        sa.Column("voter", sa.String, primary_key=True),
        sa.Column("at", Utc, nullable=False),
        sa.Column("contact", sa.Text, nullable=False, server_default=""),
        sa.Column("language", sa.String, nullable=False, server_default=""),
        sa.Column("due", Utc),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("ix_data_request_votes_due", "data_request_votes", ["due"])
    op.create_table(
        "missed_searches",
        sa.Column("term", sa.String, primary_key=True),
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "peers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("due", Utc),
        sa.Column("fetched", Utc),
        sa.Column("failure", sa.Text, nullable=False, server_default=""),
        sa.Column("body", Json, nullable=False),
    )
    op.create_index("ix_peers_due", "peers", ["due"])
    op.create_index("ix_peers_url", "peers", ["url"], unique=True)


def _widen_usage() -> None:
    """More columns in the key: the table is made anew, and nothing that was counted is lost."""
    new = op.create_table(
        "usage_wide",
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("use", sa.String, primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("client", sa.String, primary_key=True),
        sa.Column("format", sa.String, primary_key=True, server_default=""),
        sa.Column("referrer", sa.String, primary_key=True, server_default=""),
        sa.Column("region", sa.String, primary_key=True, server_default=""),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    names = "dataset, version, use, channel, client, day, count"
    op.execute(f"INSERT INTO {new.name} ({names}) SELECT {names} FROM usage")
    op.drop_table("usage")
    op.rename_table(new.name, "usage")
    op.create_index("ix_usage_day", "usage", ["day"])
