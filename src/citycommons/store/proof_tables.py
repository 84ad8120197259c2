"""Tables of what is proven: uses, copies elsewhere, the ledger, reuses (one metadata with all)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from citycommons.store import works_tables
from citycommons.store.tables import Json, Utc

metadata = works_tables.metadata  # of these and all other tables

usage_hits = Table(  # batches of uses as they came, one a second and process; a day at most
    "usage_hits",
    metadata,
    Column("id", String, primary_key=True),
    Column("day", Date, nullable=False),
    Column("written", Utc, nullable=False),
    Column("hits", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_usage_hits_day", "day"),
)

usage_salts = Table(  # behind the hashes of visitors; gone with the day
    "usage_salts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("settled", Integer, nullable=False, server_default="-1"),  # hits of the day as counted
)

usage_sessions = Table(  # COUNTER's unique metrics: sessions do not add up over channels
    "usage_sessions",
    metadata,
    Column("dataset", String, primary_key=True),  # empty: the whole city
    Column("version", Integer, primary_key=True),  # 0: all versions together
    Column("use", String, primary_key=True),
    Column("client", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("ix_usage_sessions_day", "day"),
)

portals = Table(
    "portals",
    metadata,
    Column("id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("due", Utc),
    Column("secret", Text, nullable=False, server_default=""),  # shared, for HMAC
    Column("body", Json, nullable=False),
    Index("ix_portals_due", "due"),
    Index("ix_portals_url", "url", unique=True),
)

copies = Table(
    "copies",
    metadata,
    Column("id", String, primary_key=True),
    Column("dataset", String, nullable=False),
    Column("iri", String, nullable=False),
    Column("portal", String, ForeignKey("portals.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("due", Utc),  # when its link back is looked for again
    Column("body", Json, nullable=False),
    Index("ix_copies_iri", "iri", unique=True),
    Index("ix_copies_dataset", "dataset"),
    Index("ix_copies_portal", "portal"),
    Index("ix_copies_due", "due"),
)

copy_usage = Table(
    "copy_usage",
    metadata,
    Column("copy", String, ForeignKey("copies.id"), primary_key=True),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date, primary_key=True),
    Column("metric", String, primary_key=True),
    Column("method", String, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("certainty", String, nullable=False),
    Column("reported", Utc, nullable=False),
    Column("is_outlier", Boolean, nullable=False, server_default="0"),
)

copy_counters = Table(  # what portals' cumulative counters stood at; counts are differences
    "copy_counters",
    metadata,
    Column("copy", String, ForeignKey("copies.id"), primary_key=True),
    Column("word", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("read", Utc, nullable=False),
)

notices = Table(  # messages in the inbox (Linked Data Notifications)
    "notices",
    metadata,
    Column("id", String, primary_key=True),
    Column("received", Utc, nullable=False),
    Column("sender", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("body", Json, nullable=False),
    Index("ix_notices_due", "due"),
)

announcements = Table(  # what we tell origins of our copies
    "announcements",
    metadata,
    Column("dataset", String, primary_key=True),
    Column("origin", String, nullable=False),
    Column("inbox", String, nullable=False, server_default=""),
    Column("due", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("delivered", Utc),
    Column("error", Text, nullable=False, server_default=""),
    Index("ix_announcements_due", "due"),
)

nonces = Table(  # of signed messages that were taken: a second one is a replay
    "nonces",
    metadata,
    Column("key", String, primary_key=True),
    Column("nonce", String, primary_key=True),
    Column("expires", Utc, nullable=False),
    Index("ix_nonces_expires", "expires"),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("dataset", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("shape", String, nullable=False),  # hash of names and types of columns
    Column("rows", BigInteger, nullable=False),
    Column("minhash", LargeBinary, nullable=False),
    Index("ix_fingerprints_shape", "shape"),
)

ledger = Table(  # problems, goals, benefits, costs, unit values
    "ledger",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("parent", String, nullable=False, server_default=""),
    Column("publisher", String, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False),
    Column("updated", Utc, nullable=False),
    Column("removed", Utc),
    Column("body", Json, nullable=False),
    Index("ix_ledger_kind", "kind", "publisher"),
    Index("ix_ledger_parent", "parent"),
)

ledger_revisions = Table(
    "ledger_revisions",
    metadata,
    Column("entry", String, ForeignKey("ledger.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("act", String, nullable=False),  # saved, removed, restored
    Column("at", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("body", Json, nullable=False),
)

measurements = Table(
    "measurements",
    metadata,
    Column("id", String, primary_key=True),
    Column("goal", String, ForeignKey("ledger.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Utc, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_measurements_goal", "goal", "day"),
)

appraisals = Table(  # results with all their inputs, so that each can be computed again
    "appraisals",
    metadata,
    Column("id", String, primary_key=True),
    Column("goal", String, nullable=False, server_default=""),  # empty: the whole city
    Column("created", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("released", Utc),  # from when on everybody may see it; empty: the house alone
    Column("body", Json, nullable=False),
    Index("ix_appraisals_goal", "goal", "created"),
)

reuses = Table(
    "reuses",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("created", Utc, nullable=False),
    Column("due", Utc),  # when its link is asked again
    Column("address", String, nullable=False),  # normalised: one thing is claimed once
    Column("words", Text, nullable=False, server_default=""),  # folded, to search in
    Column("claimed_by", String, nullable=False, server_default=""),  # an account, or nobody's
    Column("contact", Text, nullable=False, server_default=""),  # never published
    Column("tell", Utc),  # when whoever claimed it is to be told
    Column("attempts", Integer, nullable=False, server_default="0"),  # to tell them
    Column("body", Json, nullable=False),
    Index("ix_reuses_state", "state", "created"),
    Index("ix_reuses_due", "due"),
    Index("ix_reuses_tell", "tell"),
    Index("ix_reuses_claimed_by", "claimed_by"),
    Index("ix_reuses_address", "address", unique=True),
)

reuse_datasets = Table(
    "reuse_datasets",
    metadata,
    Column("reuse", String, ForeignKey("reuses.id"), primary_key=True),
    Column("dataset", String, primary_key=True),
    Index("ix_reuse_datasets_dataset", "dataset"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", String, primary_key=True),
    Column("day", Date, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("body", Json, nullable=False),
    Index("ix_stories_day", "is_public", "day"),
)

story_revisions = Table(
    "story_revisions",
    metadata,
    Column("story", String, ForeignKey("stories.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("by", String, nullable=False),
    Column("body", Json, nullable=False),
)

data_requests = Table(
    "data_requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("created", Utc, nullable=False),
    Column("votes", Integer, nullable=False, server_default="1"),
    Column("words", Text, nullable=False, server_default=""),  # folded, to search in
    Column("body", Json, nullable=False),
    Index("ix_data_requests_state", "state", "votes"),
)

data_request_votes = Table(
    "data_request_votes",
    metadata,
    Column("request", String, ForeignKey("data_requests.id"), primary_key=True),
    Column("voter", String, primary_key=True),  # a hash
    Column("at", Utc, nullable=False),
    Column("contact", Text, nullable=False, server_default=""),  # never shown; gone once told
    Column("language", String, nullable=False, server_default=""),
    Column("due", Utc),  # when they are to be told
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_data_request_votes_due", "due"),
)

missed_searches = Table(  # what nothing was found for; shown from five searches on
    "missed_searches",
    metadata,
    Column("term", String, primary_key=True),
    Column("month", Date, primary_key=True),  # its first day
    Column("count", Integer, nullable=False),
)

peers = Table(  # other cities that agreed to be compared
    "peers",
    metadata,
    Column("id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("due", Utc),
    Column("fetched", Utc),
    Column("failure", Text, nullable=False, server_default=""),
    Column("body", Json, nullable=False),
    Index("ix_peers_url", "url", unique=True),
    Index("ix_peers_due", "due"),
)
