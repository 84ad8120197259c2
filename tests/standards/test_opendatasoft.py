"""Opendatasoft's own JavaScript client, one in Python, and our connectors read us unchanged."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from tests.collect.services import polite
from tests.serving import serving
from tests.web.web_portal import open_portal

from citycommons.collect.opendatasoft import Opendatasoft
from citycommons.collect.opendatasoft_catalogue import OpendatasoftCatalogue
from citycommons.core.settings import Settings
from citycommons.store.work import City

MODULES = os.environ.get("CITYCOMMONS_TEST_NODE_MODULES", "")
"""Folder `node_modules` that holds `@opendatasoft/api-client`."""

SCRIPT = """
const { ApiClient, fromCatalog, textSearch, exactMatch, all, not, field } =
  require("@opendatasoft/api-client");
const client = new ApiClient({ domain: process.argv[2] });
const counts = fromCatalog().dataset("counts");
const mistake = async (query) => client.get(query).catch((error) => error.details.error_code);
(async () => console.log(JSON.stringify({
  datasets: await client.get(fromCatalog().datasets().limit(50)),
  dataset: await client.get(counts.itself()),
  facets: await client.get(counts.facets().facet("street")),
  records: await client.get(counts.records().where("count > 90").orderBy("-count").limit(3)),
  exact: await client.get(counts.records().where(
    all(exactMatch("street", "Street 3"), not(field("id") + " > 10")))),
  search: await client.get(counts.records().where(textSearch("street 5", ["street"])).limit(1)),
  groups: await client.get(counts.records().select("sum(count) as n").groupBy("street")
    .orderBy("-n")),
  all: (await client.get(counts.export("json"))).length,
  wrong: await mistake(counts.records().where("nothing = 1")),
  missing: await mistake(fromCatalog().dataset("none").records()),
})))();
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("explore") / "home"
    city = City.create(Settings(home=home, name="Testville"))
    open_portal(city)
    city.close()
    with serving(home) as address:
        yield address


def test_the_client_of_opendatasoft_reads_everything(base: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not MODULES:
        pytest.skip("needs node, and CITYCOMMONS_TEST_NODE_MODULES with @opendatasoft/api-client")
    (tmp_path / "read.cjs").write_text(SCRIPT, encoding="utf-8")
    env = {**os.environ, "NODE_PATH": MODULES}
    command = [node, str(tmp_path / "read.cjs"), base]
    done = subprocess.run(command, env=env, capture_output=True, check=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    ids = {one["dataset_id"] for one in told["datasets"]["results"]}
    assert told["datasets"]["total_count"] == len(ids)
    assert {"counts", "trees", "entry"} <= ids
    assert told["dataset"]["metas"]["default"]["records_count"] == 120
    assert [one["name"] for one in told["facets"]["facets"]] == ["street"]
    assert told["records"]["results"][0]["count"] == 100
    assert [one["id"] for one in told["exact"]["results"]] == [3, 10]
    assert told["search"]["results"][0]["street"] == "Street 5"
    assert len(told["groups"]["results"]) == told["groups"]["total_count"] == 7
    assert told["all"] == 120
    assert (told["wrong"], told["missing"]) == ("ODSQLError", "NotFoundError")


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("kind", ["opendatasoft", "socrata"])
def test_a_client_of_many_portals_takes_us_for_either(
    base: str, kind: str, closing: ExitStack
) -> None:
    portalkit = pytest.importorskip("portalkit", reason="portalkit is not installed")
    query = pytest.importorskip("portalkit.backends.base").Query
    portal = portalkit.open(base, kind=kind)
    closing.callback(portal.client.close)
    [found] = portal.search("counts", limit=5)
    described = portal.describe(found.id)
    assert [one.name for one in described.fields] == ["id", "street", "count", "place"]
    assert sum(len(page) for page in portal.pages(found.id, query())) == 120
    assert len(next(portal.pages(found.id, query(limit=7)))) == 7


@pytest.mark.parametrize("format", ["", "csv", "jsonl", "parquet"])
def test_our_connector_brings_every_record(base: str, tmp_path: Path, format: str) -> None:
    connector = Opendatasoft(url=base, dataset="counts", format=format, client=polite(tmp_path))
    [parcel] = connector.fetch()
    content = parcel.path.read_bytes()
    match format:
        case "":
            assert len(orjson.loads(content)["features"]) == 120
        case "parquet":
            assert pq.read_metadata(parcel.path).num_rows == 120
        case _:
            assert len(content.splitlines()) == 120 + (format == "csv")


def test_our_connector_brings_the_catalogue(base: str, tmp_path: Path) -> None:
    parcels = list(OpendatasoftCatalogue(url=base, client=polite(tmp_path)).fetch())
    assert {one.identifier for one in parcels} >= {"counts", "trees", "entry"}
    record = orjson.loads(parcels[0].path.read_bytes())
    assert record["metas"]["default"]["title"]
