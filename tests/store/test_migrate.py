"""A door refuses a schema that is older or newer than the program, and names the command."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from citycommons.core.errors import Unavailable
from citycommons.store.catalogue import publishers
from citycommons.store.migrate import LATEST, upgrade_schema
from citycommons.store.work import City
from citycommons.store.works_tables import metadata


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


@pytest.mark.parametrize("before", ["0001", "0002", "0003", "0004"])
def test_data_of_an_older_schema_are_kept_by_the_upgrade(any_city, before):
    """Each migration only adds tables, so a city without them is a city of the one before."""
    with any_city.engine.connect() as db, db.begin():
        for revision, names in NEW_IN.items():
            for name in names if revision > before else ():
                db.exec_driver_sql(f"DROP TABLE {name}")
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
    finally:
        again.close()
