"""Socrata's own Python client, and our connector, read us as they read Socrata."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from tests.collect.services import polite
from tests.serving import serving
from tests.web.web_portal import open_portal

from citycommons.collect.socrata import Socrata as Connector
from citycommons.core.settings import Settings
from citycommons.store.work import City


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("soda") / "home"
    city = City.create(Settings(home=home, name="Testville"))
    open_portal(city)
    city.close()
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[Any]:
    sodapy = pytest.importorskip("sodapy", reason="sodapy is not installed")
    plain = {"prefix": "http://", "adapter": requests.adapters.HTTPAdapter()}
    with sodapy.Socrata(base.removeprefix("http://"), "a-token", session_adapter=plain) as one:
        yield one


def test_sodapy_lists_the_catalogue(client: Any) -> None:
    listed = client.datasets()
    assert {one["resource"]["resource_name"] for one in listed} >= {"counts", "trees", "entry"}
    assert len(client.datasets(limit=1)) == 1
    assert [one["resource"]["name"] for one in client.datasets(q="counts")] == ["Counts"]


def test_sodapy_reads_rows_by_the_id_it_found(client: Any) -> None:
    [id] = [
        one["resource"]["id"]
        for one in client.datasets()
        if one["resource"]["resource_name"] == "counts"
    ]
    assert client.get(id, select="count(*)") == [{"count": "120"}]
    assert len(list(client.get_all(id, limit=50))) == 120
    grouped = client.get(id, select="street, sum(count) AS n", group="street", order="n DESC")
    assert len(grouped) == 7
    assert client.get(id, where="count > 90 AND street = 'Street 3'", limit=1)[0]["count"] > "90"
    assert client.get(id, street="Street 2", limit=1)[0]["street"] == "Street 2"
    assert client.get(id, q="street 5", limit=2)[1]["street"] == "Street 5"
    assert ":id" in client.get(id, exclude_system_fields=False, limit=1)[0]
    assert client.get(id, content_type="csv", limit=2)[0] == ["id", "street", "count", "place"]
    assert client.get(id, content_type="geojson", limit=2)["type"] == "FeatureCollection"
    assert client.get(id, query="SELECT max(count) AS most") == [{"most": "100"}]


def test_sodapy_reads_metadata(client: Any) -> None:
    metadata = client.get_metadata("counts")
    assert [one["fieldName"] for one in metadata["columns"]] == ["id", "street", "count", "place"]
    assert client.download_attachments("counts") == []


def test_sodapy_is_told_what_is_wrong(client: Any) -> None:
    with pytest.raises(requests.HTTPError, match="There is no column “nothing”"):
        client.get("counts", where="nothing = 1")
    with pytest.raises(requests.HTTPError, match="404"):
        client.get("zzzz-zzzz")


def test_our_connector_brings_every_row_once(client: Any, base: str, tmp_path: Path) -> None:
    id = client.get_metadata("counts")["id"]
    connector = Connector(url=base, dataset=id, page_rows=50, client=polite(tmp_path))
    rows = [row for parcel in connector.fetch() for row in _json(parcel.path)]
    assert len(rows) == len({row[":id"] for row in rows}) == 120
    assert rows[0].keys() == {":id", ":updated_at", "id", "street", "count", "place"}


def _json(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(path.read_bytes())
    return found
