"""CKAN with its DataStore over PostgreSQL and Redis, with the same features in one resource."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.run import free_port
from benchmarks.share.servers import running

_WSGI = """
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
application = make_app(CKANConfigLoader({config!r}).get_config())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ckan:
    """A CKAN that answers, and the resource with the features."""

    base: str
    resource: str


@contextmanager
def ckan(bin: Path, postgres: int, table: pa.Table, folder: Path) -> Iterator[Ckan]:
    """Two gunicorn workers; search is not to be compared, since its Solr is a stand-in."""
    own, solr, redis = free_port(), free_port(), free_port()
    found = next((bin.parent / "lib").glob("python3*/site-packages/ckan"))
    here = Path(__file__).parent
    with ExitStack() as stack:
        stand_in = [sys.executable, here / "solr_stand_in.py", str(solr)]
        stack.enter_context(
            running(
                [*stand_in, found / "config/solr/schema.xml"],
                f"http://127.0.0.1:{solr}/",
                log=folder / "solr.log",
            )
        )
        server = ["redis-server", "--port", str(redis), "--save", "", "--bind", "127.0.0.1"]
        stack.enter_context(running(server, f"tcp://127.0.0.1:{redis}", log=folder / "redis.log"))
        config = _configured(bin, folder, own=own, solr=solr, redis=redis, postgres=postgres)
        token = _prepared(bin, config, postgres)
        (folder / "ckan_wsgi.py").write_text(_WSGI.format(config=str(config)))
        workers = [bin / "gunicorn", "-w", "2", "-b", f"127.0.0.1:{own}", "--timeout", "300"]
        base = f"http://127.0.0.1:{own}"
        stack.enter_context(
            running(
                [*workers, "--chdir", folder, "ckan_wsgi:application"],
                f"{base}/api/3/action/status_show",
                log=folder / "ckan.log",
            )
        )
        yield Ckan(base=base, resource=_filled(base, token, postgres, table))


def _configured(bin: Path, folder: Path, *, own: int, solr: int, redis: int, postgres: int) -> Path:
    config = folder / "ckan.ini"
    subprocess.run([bin / "ckan", "generate", "config", config], check=True, capture_output=True)
    main = f"postgresql://ckan_default:x@127.0.0.1:{postgres}/ckan_default"
    store = f"127.0.0.1:{postgres}/datastore_default"
    values = {
        "sqlalchemy.url": main,
        "solr_url": f"http://127.0.0.1:{solr}/solr/ckan",
        "ckan.redis.url": f"redis://127.0.0.1:{redis}/0",
        "ckan.site_url": f"http://127.0.0.1:{own}",
        "ckan.plugins": "datastore",
        "ckan.datastore.write_url": f"postgresql://ckan_default:x@{store}",
        "ckan.datastore.read_url": f"postgresql://datastore_default:x@{store}",
        "ckan.datastore.sqlsearch.enabled": "true",
        "ckan.storage_path": str(folder / "ckan-storage"),
    }
    text = config.read_text()
    for name, value in values.items():
        text = re.sub(rf"(?m)^#?\s*{re.escape(name)}\s*=.*$", "", text)
        text = text.replace("[app:main]", f"[app:main]\n{name} = {value}", 1)
    config.write_text(text)
    return config


def _prepared(bin: Path, config: Path, postgres: int) -> str:
    """Databases, tables, an administrator; the token that opens everything."""
    import psycopg

    with psycopg.connect(
        f"postgresql://postgres@127.0.0.1:{postgres}/postgres", autocommit=True
    ) as db:
        for role in ("ckan_default", "datastore_default"):
            db.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        for name in ("ckan_default", "datastore_default"):
            db.execute(f"CREATE DATABASE {name} OWNER ckan_default")

    def command(*words: str) -> str:
        done = subprocess.run([bin / "ckan", "-c", config, *words], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"ckan {' '.join(words)}: {done.stderr[-1500:]}")
        return done.stdout

    command("db", "init")
    rights = command("datastore", "set-permissions")
    start = next((i for i, one in enumerate(rights.splitlines()) if one.startswith("/*")), 0)
    sql = [one for one in rights.splitlines()[start:] if not one.startswith("\\")]
    address = f"postgresql://postgres@127.0.0.1:{postgres}/datastore_default"
    with psycopg.connect(address, autocommit=True) as db:
        db.execute("\n".join(sql))
    command("user", "add", "boss", "email=boss@example.org", "password=long-enough-1")
    command("sysadmin", "add", "boss")
    return command("user", "token", "add", "boss", "bench").split()[-1]


def _filled(base: str, token: str, postgres: int, table: pa.Table) -> str:
    import psycopg

    def act(action: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{base}/api/3/action/{action}",
            json.dumps(body).encode(),
            {"Authorization": token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)["result"]

    act("organization_create", name="roads")
    act("package_create", name="features", title="Features", owner_org="roads", notes="Features")
    fields = [
        {"id": "id", "type": "int8"},
        *({"id": name, "type": "text"} for name in ("name", "class", "kind")),
        {"id": "opened", "type": "date"},
        {"id": "value", "type": "float8"},
    ]
    made = act(
        "datastore_create",
        resource={"package_id": "features", "name": "features"},
        fields=fields,
        indexes=["kind", "class"],
    )
    resource = str(made["resource_id"])
    address = f"postgresql://postgres@127.0.0.1:{postgres}/datastore_default"
    with psycopg.connect(address, autocommit=True) as db:
        names = ", ".join(f'"{field["id"]}"' for field in fields)
        copy = f'COPY "{resource}" ({names}) FROM STDIN'
        with db.cursor() as cursor, cursor.copy(copy) as out:
            for batch in table.drop_columns(["geometry"]).to_batches(20_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    out.write_row(row)
        db.execute(f'ANALYZE "{resource}"')
    return resource
