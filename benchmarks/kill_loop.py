"""Kill publishing, collecting and upgrading at random moments; nothing acknowledged may be lost.

    python benchmarks/kill_loop.py --kills 200 [--seed 1] [--json]

Each round starts one command as a process of its own and sends it SIGKILL after a random time, up
to what the command takes undisturbed. After each kill the city is examined:

- every version that a command acknowledged (exit code 0) is there, and its file has its digest;
- every other version is whole: its content is the digest of a table that was really delivered;
- the audit chain holds, the schema is the old one or the new one and nothing between;
- a backup of the same moment is absent or whole.

Exit code 1 and the list of what was wrong, if anything was.
"""

import argparse
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycommons.core.settings import read_settings
from citycommons.core.types import SYSTEM
from citycommons.store import catalogue, health, migrate
from citycommons.store.work import City

DATASETS = 3
CLI = [sys.executable, "-m", "citycommons.cli.main"]

LATER = f"{int(migrate.LATEST) + 1:04d}"
"""The revision that a later program would bring."""

MIGRATION = '''
"""A migration of the test: a column filled row by row, and a table."""

import sqlalchemy as sa
from alembic import op

revision = "LATER"
down_revision = "LATEST"


def upgrade():
    op.create_table("later", sa.Column("n", sa.Integer, primary_key=True))
    op.add_column("datasets", sa.Column("later", sa.String))
    db = op.get_bind()
    for n in range(400):
        db.execute(sa.text("INSERT INTO later VALUES (:n)"), {"n": n})
    db.execute(sa.text("UPDATE datasets SET later = id"))
'''

AS_NEWER = """
import pathlib, sys
from citycommons.store import migrate
migrate._FOLDER, migrate.LATEST = pathlib.Path(sys.argv[1]), "LATER"
from citycommons.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


def newer_program(folder: Path) -> list[str]:
    """A City Commons whose schema is one migration ahead, as a command."""
    if not folder.exists():
        shutil.copytree(Path(migrate.__file__).parent / "migrations", folder)
        (folder / "versions" / f"{LATER}_later.py").write_text(_told(MIGRATION))
    return [sys.executable, "-c", _told(AS_NEWER), str(folder)]


def _told(program: str) -> str:
    return program.replace('LATEST"', f'{migrate.LATEST}"').replace('LATER"', f'{LATER}"')


@dataclass
class Tally:
    """What happened."""

    rounds: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)  # the others had ended before
    acknowledged: dict[str, str] = field(default_factory=dict)  # dataset@version → digest
    unacknowledged: set[str] = field(default_factory=set)  # whole, but killed before saying so
    wrong: list[str] = field(default_factory=list)


class Loop:
    """One city, killed again and again."""

    def __init__(self, folder: Path, seed: int, rows: int) -> None:
        self.rows = rows
        self.chance = random.Random(seed)
        self.folder = folder
        self.home = folder / "city"
        self.tally = Tally()
        self.expected: dict[str, set[str]] = {}  # dataset → digests of what was delivered
        self.env = {**os.environ, "CITYCOMMONS_ALLOW_HOSTS": '["127.0.0.1"]'}
        self.env.pop("CITYCOMMONS_HOME", None)
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.takes: dict[str, float] = {}
        self.number = 0

    def prepare(self, base: str) -> None:
        """Make the city, and measure how long each command takes when nobody kills it."""
        self.base = base
        self._must([*CLI, "init", str(self.home), "--name", "Killville"])
        for kind in ("publish", "collect"):
            start = time.monotonic()
            self._note(self._must(self._command(kind)))
            self.takes[kind] = time.monotonic() - start
        self.old = self.folder / "old"
        shutil.copytree(self.home, self.old)
        self.old_acknowledged = dict(self.tally.acknowledged)
        self.newer = newer_program(self.folder / "migrations")
        start = time.monotonic()
        self._must(self._upgrade())
        self.takes["upgrade"] = time.monotonic() - start

    def _must(self, command: list[str]) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{command}: {done.stderr}")
        return done.stdout

    def _command(self, kind: str) -> list[str]:
        """A delivery nobody has seen before, from a file or an address."""
        self.number += 1
        dataset = f"{kind}-{self.chance.randrange(DATASETS)}"
        path = self.files / f"{self.number}.csv"
        values = (f"{n};{self.chance.random():.6f};{n % 17}" for n in range(self.rows))
        path.write_text("id;value;kind\n" + "\n".join(values) + "\n")
        self.expected.setdefault(dataset, set()).add(_digest_of(path))
        source = str(path) if kind == "publish" else f"{self.base}/{path.name}"
        words = ["publish", source, "--home", str(self.home), "--dataset", dataset]
        return [*CLI, *words, "--license", "CC0-1.0", "--key", "id", "--json"]

    def _upgrade(self) -> list[str]:
        """The newer program on a fresh copy of the city of old."""
        self.copy = self.folder / "copy"
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.old, self.copy)
        return [*self.newer, "upgrade", "--home", str(self.copy)]

    def round(self) -> None:
        """Start, kill, examine."""
        kind = self.chance.choices(("publish", "collect", "upgrade"), (5, 3, 2))[0]
        command = self._upgrade() if kind == "upgrade" else self._command(kind)
        # Not the first third: there the interpreter only loads its modules.
        wait = self.chance.uniform(0.35, 1.05) * self.takes[kind]
        program = subprocess.Popen(
            command,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            out, _ = program.communicate(timeout=wait)
            self.takes[kind] *= 0.94  # the machine is faster now: about one in four shall end
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            self.tally.killed[kind] += 1
            self.takes[kind] *= 1.02
            out, _ = program.communicate()
        self.tally.rounds[kind] += 1
        if kind == "upgrade":
            self._examine_upgrade()
            return
        if program.returncode == 0:
            self._note(out)
        self._examine(self.home, self.tally.acknowledged)

    def _note(self, out: str) -> None:
        said = json.loads(out)
        self.tally.acknowledged[f"{said['dataset']}@{said['version']}"] = said["digest"]

    def _examine(self, home: Path, acknowledged: dict[str, str]) -> None:
        city = City.open(read_settings(home))
        try:
            wrong = [one.what for one in health.findings(city, deep=True) if one.is_serious]
            with city.work(SYSTEM, may_write=False) as work:
                found = {
                    f"{one.dataset}@{one.number}": one
                    for dataset in catalogue.datasets(work.db)
                    for one in catalogue.versions(work.db, dataset.id)
                }
        finally:
            city.close()
        for name, digest in acknowledged.items():
            if name not in found or found[name].digest != digest:
                wrong.append(f"{name} was acknowledged and is lost")
        for name, version in found.items():
            if version.digest not in self.expected[version.dataset] or version.rows != self.rows:
                wrong.append(f"{name} is not what was delivered")
            if home == self.home and name not in acknowledged:
                self.tally.unacknowledged.add(name)
        self.tally.wrong += wrong

    def _examine_upgrade(self) -> None:
        city = City(read_settings(self.copy))
        try:
            schema = migrate.schema_of(city.engine)
            with city.work(SYSTEM, may_write=False) as work:
                tables = {
                    row[0]
                    for row in work.db.exec_driver_sql(
                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                    )
                }
        finally:
            city.close()
        if schema not in (migrate.LATEST, LATER) or ("later" in tables) != (schema == LATER):
            self.tally.wrong.append(f"the schema is half: {schema}, {sorted(tables)}")
        if schema == migrate.LATEST:
            self._examine(self.copy, self.old_acknowledged)
        for saved in (self.copy / "backups").glob("[!.]*.tar"):
            again = self.folder / "again"
            shutil.rmtree(again, ignore_errors=True)
            words = ["restore", str(saved), str(again), "--lake-of", str(self.copy)]
            done = subprocess.run([*CLI, *words], capture_output=True, text=True, check=False)
            if done.returncode:
                self.tally.wrong.append(f"{saved.name}: {done.stderr}")
            else:
                self._examine(again, self.old_acknowledged)
        done = subprocess.run(
            [*self.newer, "upgrade", "--home", str(self.copy)],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            self.tally.wrong.append(f"the upgrade cannot go on: {done.stderr}")
        listed = subprocess.run(
            [*self.newer, "list", "--home", str(self.copy), "--json"],
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        numbers = {one["dataset"]: one["version"] for one in json.loads(listed.stdout)}
        wanted = {name.partition("@")[0]: 1 for name in self.old_acknowledged}
        if numbers != wanted:
            self.tally.wrong.append(f"after the upgrade: {numbers}")


def _digest_of(path: Path) -> str:
    """The content digest that a whole publication of this file must have."""
    import pyarrow.csv as csv

    from citycommons.share.arrange import content_digest

    table = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=";"))
    return content_digest(table.sort_by([("id", "ascending")]))


class _Slow(http.server.SimpleHTTPRequestHandler):
    """Sends a file in small pieces, so that a kill often comes in the middle of it."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        while piece := source.read(1 << 14):
            outputfile.write(piece)
            time.sleep(0.004)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    def handler(*args: Any) -> _Slow:
        return _Slow(*args, directory=str(folder))

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=20_000, help="of each delivery")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-loop-") as folder:
        loop = Loop(Path(folder), args.seed, args.rows)
        with _served(loop.files) as base:
            loop.prepare(base)
            while loop.tally.killed.total() < args.kills and not loop.tally.wrong:
                loop.round()
    tally = loop.tally
    result = {
        "kills": dict(tally.killed),
        "rounds": dict(tally.rounds),
        "takes_s": {name: round(value, 2) for name, value in loop.takes.items()},
        "acknowledged_versions": len(tally.acknowledged),
        "whole_but_not_acknowledged": len(tally.unacknowledged),
        "wrong": tally.wrong,
        "seconds": round(time.monotonic() - start, 1),
    }
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        print(
            f"{tally.killed.total()} kills ({dict(tally.killed)}) in {tally.rounds.total()} rounds"
        )
        print(
            f"{len(tally.acknowledged)} versions acknowledged, all intact; "
            f"{len(tally.unacknowledged)} more whole, killed before they were acknowledged"
        )
        print(f"wrong: {tally.wrong or 'nothing'}; {result['seconds']} s")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
