"""`citycommons usage`: what it prints, and that it says what it was given in vain."""

import csv
import io
import json

from sqlalchemy import insert

from citycommons.core.types import SYSTEM, Channel, ClientKind, Use
from citycommons.store.tables import usage
from citycommons.store.work import City


def use(home, dataset: str, month: int, count: int) -> None:
    from datetime import date

    from citycommons.core.settings import read_settings

    city = City.open(read_settings(home))
    with city.work(SYSTEM) as work:
        row = {"dataset": dataset, "version": 1, "use": Use.REQUEST, "channel": Channel.API}
        row |= {"client": ClientKind.MACHINE, "day": date(2026, month, 3), "count": count}
        work.db.execute(insert(usage), row)
    city.close()


def test_a_summary_a_report_and_statistics_of_before(run, home, tmp_path):
    table = tmp_path / "stops.csv"
    table.write_text("name,uses\nA,1\nB,2\n", "utf-8")
    done = run("publish", table, "--dataset", "stops", "--license", "CC0-1.0")
    assert done.code == 0
    use(home, "stops", 5, 70)
    use(home, "stops", 6, 3)
    period = ("--from", "2026-05", "--to", "2026-06")
    said = run("usage", *period)
    assert "73 uses, 73 of them took data" in said.out
    public = json.loads(run("usage", *period, "--public", "--json").out)
    assert public["total"]["requests"] == 70
    report = json.loads(run("usage", "report", "--month", "2026-06").out)
    assert [one["uri"].rpartition("/")[2] for one in report["report-datasets"]] == ["stops"]
    rows = list(csv.DictReader(io.StringIO(run("usage", "report", *period, "--csv").out)))
    assert {row["count"] for row in rows} == {"70", "3"}
    target = tmp_path / "dsr.json"
    assert run("usage", "report", *period, "-o", target, "--public").code == 0
    assert json.loads(target.read_text("utf-8"))["report-id"] == "DSR"
    before = tmp_path / "before.csv"
    before.write_text("Monat;Besuche;Seitenansichten\n2023-01;100;300\n", "utf-8")
    told = run("usage", "import", before, "--license", "CC0-1.0", "--json")
    assert json.loads(told.out)["months"] == 1


def test_what_cannot_be_is_told(run, home, tmp_path):
    assert run("usage", "--from", "May").code == 5
    assert run("usage", "report", "--month", "2026-13").code == 5
    assert run("usage", "report", "--month", "2026-01", "-o", tmp_path / "no" / "x.json").code == 8
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n", "utf-8")
    assert run("usage", "import", table, "--license", "CC0-1.0").code == 5
    assert run("usage", "import", tmp_path / "none.csv", "--license", "CC0-1.0").code == 4


def test_access_logs_of_before_are_counted(run, home, tmp_path):
    table = tmp_path / "stops.csv"
    table.write_text("name,uses\nA,1\n", "utf-8")
    run("publish", table, "--dataset", "stops", "--license", "CC0-1.0")
    log = tmp_path / "access.log"
    line = '192.0.2.{} - - [04/May/2026:10:00:00 +0000] "GET /data/stops@1.csv HTTP/1.1" 200 9 "-" '
    log.write_text("".join(line.format(n) + '"curl/8.5"\n' for n in range(9)), "utf-8")
    tried = run("usage", "import", log, "--access-log", "--dry-run", "--json").json
    assert (tried["lines"], tried["days"]) == (9, 1)
    assert {one["count"] for one in tried["metrics"] if one["dataset"]} == {9}
    assert run("usage", "import", log, "--access-log").code == 0
    period = ("--from", "2026-05", "--to", "2026-05")
    assert run("usage", *period, "--json").json["total"]["requests"] == 9
    assert "have counts already" in run("usage", "import", log, "--access-log").err
    assert run("usage", "import", tmp_path / "none.log", "--access-log").code == 4
    assert run("usage", "import", table).code == 5  # no licence is said
