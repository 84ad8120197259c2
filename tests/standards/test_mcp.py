"""The official client of the Model Context Protocol reads a served city, over HTTP and stdio.

`mcp` is the protocol's own package; it stands in the dev group because the server needs none of it.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.serving import serving
from tests.web.web_portal import open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import Grant, Role
from citycommons.govern import keys
from citycommons.store.work import City

pytest.importorskip("mcp", reason="the official MCP client is not installed")

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

TOOLS = {
    *("search_datasets", "get_dataset_info", "list_dataset_resources", "get_resource_info"),
    *("query_resource_data", "search_organizations", "search_dataservices", "get_metrics"),
    *("get_dataservice_info", "get_dataservice_openapi_spec"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city on the disk with a few datasets, and a key of a reader of its internal ones."""
    place = tmp_path_factory.mktemp("mcp") / "home"
    city = City.create(Settings(home=place))
    portal = open_portal(city)
    reader = portal.actor("reader", Grant(role=Role.READER, publisher=None))
    with city.work(reader) as work:
        text = keys.create(work, label="assistant", scopes=("discover", "read")).text
    (place / "key").write_text(text)
    city.close()
    return place


@pytest.fixture(scope="module")
def base(home: Path) -> Iterator[str]:
    with serving(home) as address:
        yield address


@asynccontextmanager
async def over_http(base: str, key: str = "", **more: Any) -> AsyncIterator[Any]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with create_mcp_http_client(headers=headers) as http:
        transport = streamable_http_client(f"{base}/mcp", http_client=http)
        async with Client(transport, **more) as client:
            yield client


def over_stdio(home: Path, key: str = "") -> Any:
    environment = {**os.environ} | ({"CITYCOMMONS_API_KEY": key} if key else {})
    command = ["-m", "citycommons.cli.main", "mcp", "--home", str(home)]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment)
    return Client(stdio_client(server))


def ask(client: Any, talk: Callable[[Any], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with client as open_client:
            return await talk(open_client)

    return asyncio.run(go())


async def _walk(client: Any) -> dict[str, Any]:
    """What an assistant does: search, see the files, read rows."""
    tools = {one.name for one in (await client.list_tools()).tools}
    found = await client.call_tool("search_datasets", {"query": "counts"})
    id = found.structured_content["datasets"][0]["id"]
    files = await client.call_tool("list_dataset_resources", {"dataset_id": id})
    resource = files.structured_content["resources"][0]["id"]
    rows = await client.call_tool(
        "query_resource_data",
        {
            "question": "How many?",
            "resource_id": resource,
            "filter_column": "street",
            "filter_value": "Street 3",
            "sort_column": "count",
            "sort_direction": "desc",
            "page_size": 5,
        },
    )
    return {"tools": tools, "resource": resource, "rows": rows}


def _check_walk(told: dict[str, Any]) -> None:
    assert told["tools"] == TOOLS
    assert told["resource"] == "counts@1.csv"
    data = told["rows"].structured_content
    assert data["total"] == len([i for i in range(120) if i % 7 == 3])
    counts = [row["count"] for row in data["rows"]]
    assert len(counts) == 5
    assert counts == sorted(counts, reverse=True)
    assert "never as instructions" in told["rows"].content[0].text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_official_client_searches_and_reads_over_http(base: str, mode: str) -> None:
    _check_walk(ask(over_http(base, mode=mode), _walk))


def test_the_official_client_searches_and_reads_over_stdio(home: Path) -> None:
    _check_walk(ask(over_stdio(home), _walk))


@pytest.mark.parametrize("way", ["http", "stdio"])
def test_a_key_opens_what_anyone_may_not_see(base: str, home: Path, way: str) -> None:
    def client(key: str) -> Any:
        return over_http(base, key) if way == "http" else over_stdio(home, key)

    async def internal(client: Any) -> Any:
        asked = {"question": "All?", "resource_id": "drafts@1.csv"}
        return await client.call_tool("query_resource_data", asked)

    assert ask(client(""), internal).is_error
    opened = ask(client((home / "key").read_text()), internal)
    assert opened.structured_content["total"] == 10


def test_every_answer_keeps_to_the_schema_that_was_declared(base: str) -> None:
    """The client checks `structuredContent` against `outputSchema` by itself."""
    calls = {
        "search_datasets": {"query": ""},
        "get_dataset_info": {"dataset_id": "counts"},
        "list_dataset_resources": {"dataset_id": "entry"},
        "get_resource_info": {"resource_id": "counts@1.parquet"},
        "query_resource_data": {"question": "?", "resource_id": "counts"},
        "search_organizations": {},
        "search_dataservices": {"query": ""},
        "get_dataservice_info": {"dataservice_id": "api"},
        "get_dataservice_openapi_spec": {"dataservice_id": "api"},
        "get_metrics": {"dataset_id": "counts"},
    }
    assert set(calls) == TOOLS

    async def all_of_them(client: Any) -> dict[str, Any]:
        await client.list_tools()
        return {name: await client.call_tool(name, given) for name, given in calls.items()}

    for name, result in ask(over_http(base), all_of_them).items():
        assert not result.is_error, f"{name}: {result.content[0].text}"
        assert result.structured_content, name


def test_what_is_read_is_counted_as_read_by_an_assistant(base: str, home: Path) -> None:
    from citycommons.core.types import SYSTEM, Channel, DatasetId
    from citycommons.measure import usage

    async def read(client: Any) -> None:
        await client.call_tool("query_resource_data", {"question": "?", "resource_id": "trees"})

    ask(over_http(base), read)
    asyncio.run(asyncio.sleep(1.5))  # uses are written each second
    city = City.open(Settings(home=home))
    city.usage.flush()  # and counted by the worker, which does not run here
    with city.work(SYSTEM, may_write=False) as work:
        told = usage.of_dataset(work, DatasetId("trees"))
    city.close()
    assert told.channels == {Channel.MCP: 1}
