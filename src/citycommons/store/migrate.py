"""Schema versions: a door refuses an old or newer schema and names the command that helps."""

from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select
from sqlalchemy.exc import DatabaseError

from citycommons.core.errors import Unavailable

_FOLDER = Path(__file__).parent / "migrations"
_REVISION = Table("alembic_version", MetaData(), Column("version_num", String))
LATEST = "0006"  # checked by the tests against the newest file in migrations/versions


def current(db: Connection) -> str | None:
    """The schema's revision; None for an empty database."""
    # Alembic's own table, read without Alembic: it takes longer to load than all else here.
    if not inspect(db).has_table(_REVISION.name):
        return None
    found: str | None = db.scalar(select(_REVISION.c.version_num))
    return found


def schema_of(engine: Engine) -> str | None:
    """The schema's revision, asked of an engine; `Unavailable` if the database does not answer."""
    try:
        with engine.connect() as db:
            db.info["may_write"] = False
            return current(db)
    except DatabaseError as cause:
        raise Unavailable(f"The database does not answer: {cause.orig}.") from cause


def check_schema(engine: Engine) -> None:
    """Raise `Unavailable` unless the schema is exactly what this program was written for."""
    found = schema_of(engine)
    if found == LATEST:
        return
    if found is None or found < LATEST:
        raise Unavailable(
            f"The city's data are of schema {found or 'none'}, this program needs {LATEST}. "
            "Make a backup, then run: citycommons upgrade"
        )
    raise Unavailable(
        f"The city's data are of schema {found}, newer than this program ({LATEST}). "
        "Install a newer City Commons; nothing was touched."
    )


def upgrade_schema(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema up to date in one transaction; answers (before, after)."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(_FOLDER))
    with engine.connect() as db, db.begin():
        before = current(db)
        if before == LATEST:
            return before, LATEST
        if before is not None and before > LATEST:
            raise Unavailable(
                f"The city's data are of schema {before}, newer than this program ({LATEST}). "
                "Install a newer City Commons; nothing was touched."
            )
        context = MigrationContext.configure(
            db,
            opts={
                "script": script,
                "fn": lambda rev, _context: script._upgrade_revs("head", rev),
                "transactional_ddl": True,
            },
        )
        with Operations.context(context):
            context.run_migrations()
    return before, LATEST
