"""The SUSHI face: where it is, what it answers, and how it refuses."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from tests.web.web_portal import JSON, Client, Portal

from citycommons.core.types import SYSTEM, Channel, ClientKind, Grant, Role, Use
from citycommons.store.tables import usage

JULY = date(2026, 7, 15)
PERIOD = "begin_date=2026-07&end_date=2026-08"


@pytest.fixture
def used(portal: Portal) -> Portal:
    given = {"counts": 120, "drafts": 80, "plans": 3}
    with portal.city.work(SYSTEM) as work:
        for dataset, count in given.items():
            row = {"dataset": dataset, "version": 1, "use": Use.REQUEST, "channel": Channel.API}
            row |= {"client": ClientKind.MACHINE, "day": JULY, "count": count}
            work.db.execute(insert(usage), row)
    return portal


def requests(client: Client, query: str = PERIOD) -> dict[str, int]:
    """Requests by dataset in a report."""
    found = client.get(f"/reports/dsr?{query}").json()
    return {
        one["uri"].rpartition("/")[2]: sum(
            instance["count"]
            for each in one["performance"]
            for instance in each["instance"]
            if instance["metric-type"] == "total-dataset-requests"
        )
        for one in found["report-datasets"]
    }


def test_it_says_that_it_works_and_which_reports_there_are(client: Client) -> None:
    (status,) = client.get("/status").json()
    assert status["serviceactive"] is True
    (listed,) = client.get("/reports").json()
    assert (listed["report-id"], listed["release"]) == ("DSR", "rd1")
    assert client.get(listed["path"]).json()["report-id"] == "DSR"


def test_status_and_list_have_the_published_shape(client: Client, shared: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="validates against the schema")
    path = shared / "conformance" / "make-data-count" / "sushi_usage_schema.json"
    if not path.exists():
        pytest.skip("needs the published schema of the report")
    whole = json.loads(path.read_text("utf-8"))
    for address, name in (("/status", "service_status"), ("/reports", "report_list")):
        schema = {"$ref": f"#/definitions/sushi_{name}", "definitions": whole["definitions"]}
        for one in client.get(address).json():
            jsonschema.Draft4Validator(schema).validate(one)


def test_everybody_gets_what_is_large_enough_and_no_hidden_dataset(used: Portal) -> None:
    assert requests(used.client(**JSON)) == {"counts": 120}


def test_the_publishers_people_get_all_of_theirs(used: Portal) -> None:
    actor = used.actor("greta", Grant(role=Role.DATA_MANAGER, publisher="roads"))
    program = used.program(actor, "discover", "read-ledger")
    assert requests(program) == {"counts": 120, "drafts": 80}
    assert requests(program, f"{PERIOD}&publisher=roads")["plans"] == 3


def test_an_address_of_a_month_does_too(used: Portal) -> None:
    found = used.client(**JSON).get("/reports/dsr/2026-07").json()
    period = {"begin-date": "2026-07-01", "end-date": "2026-07-31"}
    assert found["reporting-period"] == period
    assert [one["uri"] for one in found["report-datasets"]] == [
        "http://portal.example/datasets/counts"
    ]


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/reports/pr", 404, 3000),
        ("/reports/dsr?begin_date=yesterday", 400, 3020),
        ("/reports/dsr?begin_date=2026-08&end_date=2026-07", 400, 3020),
        ("/reports/dsr?begin_date=2026-02-30", 400, 3020),
        ("/reports/dsr?begin_date=0001-01", 400, 3020),
        ("/reports/dsr?begin_date=9999-12-31", 400, 3020),
        ("/reports/dsr?begin_date=1990-01&end_date=2026-01", 400, 3020),
        ("/reports/dsr/2026-13", 400, 3020),
        ("/reports/dsr?release=5.1", 400, 3010),
        ("/reports/dsr?metric-type=downloads", 400, 3060),
        ("/reports/dsr?access_method=robots", 400, 3060),
        ("/reports/dsr?limit=-1", 400, 3060),
        ("/reports/dsr?granularity=hour", 400, 3062),
    ],
)
def test_what_cannot_be_answered_is_refused_with_counters_number(
    client: Client, address: str, status: int, code: int
) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert {"severity", "message", "data", "help-url"} <= set(answer.json())


def test_hyphens_and_underscores_are_the_same_and_strange_names_are_noted(used: Portal) -> None:
    client = used.client(**JSON)
    query = "begin-date=2026-07&end-date=2026-08"
    assert requests(client, query) == requests(client)
    found = client.get(f"/reports/dsr?{PERIOD}&colour=red").json()
    assert 3050 in [one["code"] for one in found["exceptions"]]
    assert found["report-datasets"]


def test_an_unchanged_report_is_not_sent_again(used: Portal) -> None:
    client = used.client(**JSON)
    answer = client.get(f"/reports/dsr?{PERIOD}")
    head = client.head(f"/reports/dsr?{PERIOD}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == answer.headers["etag"]
    again = client.get(f"/reports/dsr?{PERIOD}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_scripts_of_other_sites_may_read_it(client: Client) -> None:
    for address in ("/status", "/reports", "/reports/dsr"):
        answer = client.get(address, headers={"origin": "https://else.example"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_strange_addresses_do_no_harm(client: Client) -> None:
    strange: tuple[Any, ...] = ("%00", "%F0%9F%98%80", "'--", "a" * 3000)
    for text in strange:
        for name in ("origin", "publisher", "dataset_id", "platform", "begin_date", "offset"):
            answer = client.get(f"/reports/dsr?{PERIOD}&{name}={text}")
            assert answer.status_code in (200, 400), f"{name}={text}: {answer.text[:200]}"
