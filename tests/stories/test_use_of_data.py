"""A journalist asks how the city's data are used, takes the numbers, and another program agrees.

Twelve programs and seven people read over HTTP; three more people read what hardly anybody reads.
"""

import csv
import io
import json
import time
import urllib.request
from pathlib import Path

import pytest
from tests.serving import serving
from tests.stories.test_own_city import run

PROGRAM, PERSON = "python-requests/2.{}", "Mozilla/5.0 (X11; Linux) Firefox/1{}.0"


def read(address: str, agent: str = "curl/8", accept: str = "*/*") -> str:
    headers = {"User-Agent": agent, "Accept": accept}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return str(answer.read().decode())


def requests(address: str) -> int:
    """All that were taken, as a report says."""
    return sum(
        instance["count"]
        for one in json.loads(read(address))["report-datasets"]
        for each in one["performance"]
        for instance in each["instance"]
        if instance["metric-type"] == "total-dataset-requests"
    )


@pytest.mark.slow
def test_a_journalist_and_a_program_get_the_same_numbers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "lecce"
    run(capfd, "init", home, "--name", "Lecce")
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    run(capfd, "publisher", "add", "Ufficio Verde", "--id", "green")
    run(capfd, "publisher", "add", "Ufficio Strade", "--id", "roads")
    table = tmp_path / "table.csv"
    table.write_text("id,name\n1,Oak\n2,Lime\n")
    for dataset, owner in (("trees", "green"), ("benches", "green"), ("digs", "roads")):
        run(
            capfd, "publish", table, "--dataset", dataset, "--publisher", owner,
            "--license", "CC0-1.0",
        )  # fmt: skip

    with serving(home) as base:
        for number in range(12):
            read(f"{base}/data/trees@1.csv", PROGRAM.format(number))
        for number in range(7):
            read(f"{base}/datasets/trees", PERSON.format(number), "text/html")
        for number in range(3):
            read(f"{base}/datasets/benches", PERSON.format(number), "text/html")
        for number in range(6):
            read(f"{base}/data/digs@1.csv", PROGRAM.format(number))
        deadline = time.monotonic() + 40  # written each second, and counted soon after
        while requests(f"{base}/reports/dsr") < 18 and time.monotonic() < deadline:
            time.sleep(0.5)

        page = read(f"{base}/usage", PERSON.format(99), "text/html")
        assert "Ufficio Verde" in page
        assert "benches" not in page.lower()  # fewer than five
        of_green = json.loads(read(f"{base}/publishers/green/usage.json"))
        assert of_green["total"] == {
            "investigations": 19,
            "requests": 12,
            "unique_investigations": 19,
            "unique_requests": 12,
        }
        rows = list(csv.DictReader(io.StringIO(read(of_green["links"]["csv"]))))
        told = {(row["access_method"], row["metric"]): int(row["count"]) for row in rows}
        report = json.loads(read(of_green["links"]["sushi"]))
        (trees,) = report["report-datasets"]
        (month,) = trees["performance"]
        assert told == {
            (one["access-method"], one["metric-type"]): one["count"] for one in month["instance"]
        }
        assert told["machine", "total-dataset-requests"] == 12
        assert told["regular", "total-dataset-investigations"] == 7
    exact = run(capfd, "usage")
    assert exact["total"]["investigations"] == 12 + 7 + 3 + 6
