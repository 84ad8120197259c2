"""Pages on use: the same numbers as page, JSON, CSV and SUSHI; small ones for nobody outside."""

import csv
import io
import re

import pytest
from tests.web.test_sushi import JULY, used
from tests.web.web_portal import HTML, JSON, Client, Portal

from citycommons.core.types import Grant, Role

__all__ = ["used"]  # a fixture

PERIOD = f"from={JULY:%Y-%m}&to={JULY:%Y-%m}"


def rows(client: Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("path", ["/usage", "/publishers/roads/usage", "/datasets/counts/usage"])
def test_page_json_csv_and_sushi_say_the_same(used: Portal, path: str) -> None:
    client = used.client(**JSON)
    found = client.get(f"{path}.json?{PERIOD}").json()
    assert found["total"]["requests"] == 120
    listed = rows(client, f"{path}.csv?{PERIOD}")
    assert {"total-dataset-requests": "120"}.items() <= {
        one["metric"]: one["count"] for one in listed
    }.items()
    sushi = client.get(found["links"]["sushi"].removeprefix("http://portal.example")).json()
    counts = [
        instance["count"]
        for one in sushi["report-datasets"]
        for each in one["performance"]
        for instance in each["instance"]
        if instance["metric-type"] == "total-dataset-requests"
    ]
    assert sum(counts) == 120
    page = used.client(**HTML).get(f"{path}?{PERIOD}")
    assert page.status_code == 200
    assert re.search(r"<dd>120<", page.text)


def test_small_counts_are_fewer_than_five_for_the_public(used: Portal) -> None:
    greta = used.actor("greta", Grant(role=Role.DATA_MANAGER, publisher="roads"))
    program = used.program(greta, "discover", "read-ledger")
    found = program.get(f"/datasets/plans/usage.json?{PERIOD}").json()
    assert (found["total"]["requests"], found["small_counts_left_out"]) == (3, False)
    reader = used.program(used.actor("rita", Grant(role=Role.READER)), "discover", "read")
    found = reader.get(f"/datasets/plans/usage.json?{PERIOD}").json()
    assert (found["total"]["requests"], found["small_counts_left_out"]) == (0, True)


def test_a_hidden_dataset_stays_hidden(used: Portal) -> None:
    client = used.client(**JSON)
    assert client.get("/datasets/drafts/usage").status_code == 404
    assert client.get("/datasets/nothing/usage").status_code == 404
    assert client.get("/publishers/nobody/usage").status_code == 404
    assert "drafts" not in client.get(f"/usage.json?{PERIOD}").text


def test_a_form_without_script_leads_to_a_publisher(used: Portal) -> None:
    browser = used.client(**HTML)
    answer = browser.get(f"/usage?{PERIOD}&publisher=roads", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/publishers/roads/usage?{PERIOD}"
    assert browser.get(f"/usage?{PERIOD}&publisher=").status_code == 200


@pytest.mark.parametrize(
    "query", ["from=July", "from=2026-13", "to=0001-01", "from=2030-01&to=2026-01", "from=1990-01"]
)
def test_a_wrong_period_is_told(client: Client, query: str) -> None:
    answer = client.get(f"/usage?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_portal_that_nobody_used_invites(portal: Portal) -> None:
    page = portal.client(**HTML).get("/usage?from=2001-01&to=2001-02")
    assert page.status_code == 200
    assert "be the first" in page.text
