"""The databases: PostgreSQL through psycopg, MariaDB and MySQL through PyMySQL, SQLite."""

from urllib.parse import urlsplit

from citycommons.collect.sql.place import Place, Server
from citycommons.core.errors import Invalid


def opened(place: Place) -> Server:
    """A session at the database.

    Raises `Invalid` for an address that names no database we know or holds a password.
    """
    parts = urlsplit(place.url)
    if parts.username or parts.password:
        raise Invalid(
            "The address holds a name or a password. Give them as `user` and `password`.",
            column="url",
        )
    if parts.scheme in ("postgresql", "postgres"):
        from citycommons.collect.sql.postgres import Postgres

        return Postgres(place)
    if parts.scheme in ("mariadb", "mysql"):
        from citycommons.collect.sql.mariadb import MariaDb

        return MariaDb(place)
    if parts.scheme == "sqlite":
        from citycommons.collect.sql.sqlite import Sqlite

        return Sqlite(place)
    raise Invalid(
        f"“{place.url}” names no database that is known here. Write postgresql://host/database, "
        "mariadb://host/database or sqlite:///file.db.",
        column="url",
    )
