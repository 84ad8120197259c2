"""A door refuses a schema that is older or newer than the program, and names the command."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from citycommons.core.errors import Unavailable
from citycommons.store.catalogue import publishers
from citycommons.store.migrate import LATEST, upgrade_schema
from citycommons.store.proof_tables import metadata
from citycommons.store.work import City


def _set_revision(city: City, value: str) -> None:
    with city.engine.connect() as db, db.begin():
        db.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{value}'")


def test_a_new_city_has_the_newest_schema_and_upgrading_again_changes_nothing(any_city):
    assert upgrade_schema(any_city.engine) == (LATEST, LATEST)
    City.open(any_city.settings).close()


def test_an_older_schema_is_refused_with_the_command_that_helps(any_city):
    _set_revision(any_city, "0000")
    with pytest.raises(Unavailable, match="citycommons upgrade"):
        City.open(any_city.settings)


def test_a_newer_schema_is_refused_and_left_alone(any_city):
    _set_revision(any_city, "9999")
    with pytest.raises(Unavailable, match="newer than this program"):
        City.open(any_city.settings)
    with pytest.raises(Unavailable, match="nothing was touched"):
        upgrade_schema(any_city.engine)


def test_a_folder_without_a_city_says_how_to_make_one(settings):
    with pytest.raises(Unavailable, match="citycommons init"):
        City.open(settings)


def test_the_migrations_lead_to_the_tables_of_the_program(any_city):
    with any_city.engine.connect() as db:
        context = MigrationContext.configure(db, opts={"include_object": _is_ours})
        assert compare_metadata(context, metadata) == []


def _is_ours(thing, name, kind, _reflected, _other):
    """Search's own index tables are written by hand, in the first migration."""
    table = name if kind == "table" else thing.table.name
    ours = not str(table).startswith(("search_index", "alembic"))
    return ours and name not in ("document", "ix_search_entries_document")


NEW_IN = {
    "0006": (
        "peers",
        "missed_searches",
        "data_request_votes",
        "data_requests",
        "story_revisions",
        "stories",
        "reuse_datasets",
        "reuses",
        "appraisals",
        "measurements",
        "ledger_revisions",
        "ledger",
        "fingerprints",
        "nonces",
        "announcements",
        "notices",
        "copy_counters",
        "copy_usage",
        "copies",
        "portals",
        "usage_sessions",
        "usage_salts",
        "usage_hits",
    ),
    "0005": (
        "evaluations",
        "forecasts",
        "traffic_models",
        "works_messages",
        "works_followers",
        "works_revisions",
        "works",
    ),
    "0004": ("old_addresses",),
    "0003": ("webhook_deliveries", "webhooks"),
    "0002": ("links", "runs", "records", "hosts", "plans", "sources"),
}


USAGE_BEFORE_0006 = (
    "DROP TABLE usage",
    "CREATE TABLE usage (dataset VARCHAR, version INTEGER, use VARCHAR, channel VARCHAR, "
    "client VARCHAR, day DATE, count BIGINT NOT NULL, "
    "CONSTRAINT pk_usage PRIMARY KEY (dataset, version, use, channel, client, day))",
    "CREATE INDEX ix_usage_day ON usage (day)",
    "INSERT INTO usage VALUES ('roads', 1, 'request', 'file', 'person', '2026-01-01', 7)",
)


@pytest.mark.parametrize("before", ["0001", "0002", "0003", "0004", "0005"])
def test_data_of_an_older_schema_are_kept_by_the_upgrade(any_city, before):
    """Migrations add tables (and 0006 widens that of uses): without them a city is an older one."""
    with any_city.engine.connect() as db, db.begin():
        for revision, names in NEW_IN.items():
            for name in names if revision > before else ():
                db.exec_driver_sql(f"DROP TABLE {name}")
        for statement in USAGE_BEFORE_0006:
            db.exec_driver_sql(statement)
    _set_revision(any_city, before)
    with pytest.raises(Unavailable, match="citycommons upgrade"):
        City.open(any_city.settings)
    assert upgrade_schema(any_city.engine) == (before, LATEST)
    again = City.open(any_city.settings)
    try:
        with again.engine.connect() as db:
            context = MigrationContext.configure(db, opts={"include_object": _is_ours})
            assert compare_metadata(context, metadata) == []
            assert [one.id for one in publishers(db)] == ["roads"]
            assert db.exec_driver_sql("SELECT count FROM usage").scalars().all() == [7]
    finally:
        again.close()
