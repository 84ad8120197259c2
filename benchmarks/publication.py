"""Publication of a 1-million-row CSV (typed, profiled, sorted, packed, versioned) beside a bare
DuckDB CSV-to-Parquet copy. Budget: at most 4 times."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks.run import Result, all_met, interleaved, say

ROWS = 1_000_000


def write_csv(path: Path, *, with_places: bool) -> None:
    """Eight columns of a city's counts, from a fixed seed; two more when it has places."""
    rng = np.random.default_rng(2018)
    start = np.datetime64("2020-01-01T00:00")
    columns = {
        "id": pa.array(np.arange(ROWS)),
        "station": pa.array([f"st-{i % 300:03d}" for i in range(ROWS)]),
        "time": pa.array(
            (start + np.arange(ROWS).astype("timedelta64[m]")).astype("datetime64[s]")
        ),
        "count": pa.array(rng.integers(0, 500, ROWS)),
        "speed_kmh": pa.array(rng.normal(40, 8, ROWS).round(2)),
        "kind": pa.array(["car", "bike", "bus", "truck"]).take(pa.array(rng.integers(0, 4, ROWS))),
        "note": pa.array([f"note {i}" for i in rng.integers(0, 10**6, ROWS)]),
        "is_dry": pa.array(rng.random(ROWS) > 0.1),
    }
    if with_places:
        columns["lon"] = pa.array(rng.uniform(7.5, 7.8, ROWS).round(6))
        columns["lat"] = pa.array(rng.uniform(51.8, 52.1, ROWS).round(6))
    pacsv.write_csv(pa.table(columns), path)


def run(*, with_places: bool) -> Result:
    from citycommons.core.settings import Settings
    from citycommons.core.types import (
        Actor,
        ActorId,
        Dataset,
        DatasetId,
        Grant,
        Parcel,
        Publisher,
        PublisherId,
        Role,
    )
    from citycommons.share import packed
    from citycommons.share.publish import prepare, publish
    from citycommons.standardise.read import read
    from citycommons.store import catalogue
    from citycommons.store.work import City

    admin = Actor(id=ActorId("bench"), name="bench", grants=(Grant(role=Role.ADMINISTRATOR),))
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "counts.csv"
        write_csv(csv, with_places=with_places)
        city = City.create(Settings(home=Path(folder) / "home"))
        with city.work(admin) as work:
            catalogue.save_publisher(work.db, Publisher(id=PublisherId("p"), name="P"))
        turn = iter(range(1000))

        def ours() -> None:
            dataset = Dataset(
                id=DatasetId(f"counts-{next(turn)}"),
                title={"en": "Counts"},
                publisher=PublisherId("p"),
                license="CC0-1.0",
                key=("id",),
            )
            table, report = read(Parcel(path=csv, name=csv.name, received=datetime.now(UTC)))
            prepared = prepare(city.lake, dataset, table, report)
            with city.work(admin) as work:
                published = publish(work, dataset, prepared)
                assert published.version.rows == ROWS
            packed.build(city.lake, prepared.file, prepared.fields)

        def bare() -> None:
            target = Path(folder) / "bare.parquet"
            with duckdb.connect() as connection:
                form = "(FORMAT parquet, COMPRESSION zstd)"
                connection.execute(f"COPY (FROM read_csv('{csv}')) TO '{target}' {form}")

        ours()
        bare()
        mine, peer = interleaved(ours, bare, 5)
        city.close()
    name = "publication of 1 000 000 rows" + (", with places, packed" if with_places else "")
    return say(
        Result(
            name=name,
            ours=mine,
            peer=peer,
            unit="s",
            ratio=mine / peer,
            budget="≤ 4 × a bare DuckDB copy",
            is_met=mine <= 4 * peer,
            command="python -m benchmarks publication",
        )
    )


def main() -> int:
    return all_met([run(with_places=False), run(with_places=True)])


if __name__ == "__main__":
    sys.exit(main())
