"""Hosts that asked to be left alone, and until when."""

from datetime import datetime

from sqlalchemy import Connection, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from citycommons.store.tables import hosts


def rests_until(db: Connection, host: str, now: datetime) -> datetime | None:
    """Until when the host is left alone; None when it may be asked."""
    found: datetime | None = db.scalar(select(hosts.c.rest_until).where(hosts.c.host == host))
    return found if found is not None and found > now else None


def let_rest(db: Connection, host: str, until: datetime) -> None:
    """Leave the host alone until then, or longer where that was said before."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(hosts).values(host=host, rest_until=until, failures=1)
    later = statement.excluded.rest_until
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["host"],
            set_={
                "rest_until": case((hosts.c.rest_until > later, hosts.c.rest_until), else_=later),
                "failures": hosts.c.failures + 1,
            },
        )
    )


def answered(db: Connection, host: str) -> None:
    """The host answers as it should."""
    db.execute(delete(hosts).where(hosts.c.host == host))
