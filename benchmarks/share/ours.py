"""Our own server over the same features, with counting, access and licence as always."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from benchmarks.run import free_port
from benchmarks.share.servers import running


def publish(home: Path, table: pa.Table) -> None:
    """A city with the features as its one dataset, packed for readers."""
    from citycommons.core.settings import Settings
    from citycommons.core.types import SYSTEM, Dataset, DatasetId, Publisher, PublisherId
    from citycommons.share import packed
    from citycommons.share import publish as publishing
    from citycommons.store import catalogue
    from citycommons.store.work import City

    city = City.create(Settings(home=home))
    # One client asks as often as it can: the limit for each client is what we do not measure.
    (home / "city.toml").write_text("requests_per_minute = 1000000000\n")
    dataset = Dataset(
        id=DatasetId("features"),
        title={"en": "Features"},
        description={"en": "Features"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    with city.work(SYSTEM) as work:
        publisher = Publisher(id=PublisherId("roads"), name="Office for Roads")
        catalogue.save_publisher(work.db, publisher)
    prepared = publishing.prepare(city.lake, dataset, table)
    with city.work(SYSTEM) as work:
        version = publishing.publish(work, dataset, prepared).version
    packed.build(city.lake, version.file, version.fields)
    city.close()


@contextmanager
def served(home: Path, folder: Path, *, workers: int = 2) -> Iterator[tuple[str, int]]:
    """The address of the portal, and the number of its process."""
    port = free_port()
    words = [sys.executable, "-m", "citycommons.web.serve", "--home", home, "--port", str(port)]
    with running(
        [*words, "--workers", str(workers)],
        f"http://127.0.0.1:{port}/healthz",
        log=folder / "ours.log",
    ) as process:
        yield f"http://127.0.0.1:{port}", process.pid
