"""`citycommons publish`: files become versions, or one sentence says why not."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

NEW = ("--dataset", "trees", "--license", "CC0-1.0")


def test_a_program_gets_dataset_version_rows_rejected_rows_faults_and_fields(run, home, trees):
    done = run("publish", trees, *NEW, "--title", "de=Bäume", "--title", "Trees", "--json")
    assert done.code == 0, done.err
    answer = done.json
    assert (answer["dataset"], answer["version"], answer["rows"]) == ("trees", 1, 3)
    assert (answer["is_new"], answer["rejected_rows"], answer["faults"]) == (True, 0, [])
    assert {f["name"]: f["type"] for f in answer["fields"]} == {
        "id": "integer",
        "species": "string",
        "height_m": "number",
    }
    shown = run("show", "trees", "--json").json
    assert shown["dataset"]["title"] == {"de": "Bäume", "en": "Trees"}
    assert shown["dataset"]["publisher"] == "lecce"
    assert shown["version"]["digest"] == answer["digest"]


def test_unchanged_content_makes_no_version_and_says_so(run, home, trees):
    run("publish", trees, *NEW)
    again = run("publish", trees, "--dataset", "trees")
    assert again.code == 0
    assert "Nothing new" in again.out
    assert run("publish", trees, "--dataset", "trees", "--json").json["is_new"] is False
    assert run("list", "--json").json[0]["version"] == 1


def test_a_described_dataset_keeps_what_is_not_said_again(run, home, trees, tmp_path):
    run("publish", trees, *NEW, "--title", "Trees", "--steward", "Vera", "--keywords", "green,oak")
    longer = tmp_path / "longer.csv"
    longer.write_text(trees.read_text() + "4;Ash;7,5\n")
    done = run("publish", longer, "--dataset", "trees", "--note", "one more", "--expected", "1")
    assert done.code == 0, done.err
    shown = run("show", "trees", "--json").json
    assert shown["dataset"]["steward"] == "Vera"
    assert shown["dataset"]["keywords"] == ["green", "oak"]
    assert [one["number"] for one in shown["versions"]] == [2, 1]
    assert shown["version"]["note"] == "one more"


def test_several_files_become_one_version_row_after_row(run, home, tmp_path):
    for month, rows in (("jan", "1,5\n2,6\n"), ("feb", "3,7.5\n")):
        (tmp_path / f"{month}.csv").write_text(f"day,count\n{rows}")
    files = (tmp_path / "jan.csv", tmp_path / "feb.csv")
    done = run("publish", *files, "--dataset", "counts", "--license", "CC0-1.0", "--json")
    assert done.code == 0, done.err
    assert done.json["rows"] == 3
    assert run("export", "counts").out == "day,count\r\n1,5\r\n2,6\r\n3,7.5\r\n"


def test_files_with_other_columns_are_no_version_of_one_dataset(run, home, tmp_path):
    (tmp_path / "a.csv").write_text("day,count\n1,5\n")
    (tmp_path / "b.csv").write_text("day,bikes\n1,5\n")
    files = (tmp_path / "a.csv", tmp_path / "b.csv")
    refused = run("publish", *files, "--dataset", "counts", "--license", "CC0-1.0")
    assert refused.code == 5
    assert "bikes, count" in refused.err
    assert run("list", "--json").json == []


def test_stdin_can_be_published(run, home, trees, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(trees.read_bytes())

    monkeypatch.setattr("sys.stdin", Stdin())
    assert run("publish", "-", *NEW, "--json").json["rows"] == 3


def test_an_address_is_fetched_when_its_host_is_allowed_by_name(run, home, trees, monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = trees.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/trees.csv"
        refused = run("publish", url, *NEW)
        assert refused.code == 6
        assert "allow_hosts" in refused.err
        monkeypatch.setenv("CITYCOMMONS_ALLOW_HOSTS", '["127.0.0.1"]')
        done = run("publish", url, *NEW, "--json")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.code == 0, done.err
    assert done.json["rows"] == 3
    assert run("show", "trees", "--json").json["version"]["provenance"]["origin"] == url


def test_rows_that_do_not_fit_are_listed_and_kept(run, home, tmp_path):
    rows = "".join(f"{n};{n}\n" for n in range(1, 200))
    (tmp_path / "faulty.csv").write_text(f"id;height_m\n{rows}200;tall\n")
    done = run("publish", tmp_path / "faulty.csv", *NEW, "--json")
    assert done.code == 0, done.err
    assert done.json["rows"] + done.json["rejected_rows"] == 200
    fault = done.json["first_faults"][0]
    assert (fault["line"], fault["column"], fault["value"]) == (201, "height_m", "tall")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["missing.csv", "--dataset", "a", "--license", "CC0-1.0"], 4, "no file missing.csv"),
        (["{trees}", "--dataset", "a"], 5, "needs its licence"),
        (["{trees}", "--dataset", "a", "--license", "best"], 5, "“best” is not known"),
        (["{trees}", "--dataset", "Big Trees", "--license", "CC0-1.0"], 5, "“big-trees” would do"),
        (["{trees}", "--dataset", "../a", "--license", "CC0-1.0"], 5, "cannot be the id"),
        ([".", "--dataset", "a", "--license", "CC0-1.0"], 5, "is no file"),
        (["{trees}", *NEW, "--key", "name"], 5, "Key column name is not in the table"),
        (["{trees}", *NEW, "--publisher", "roads"], 5, "no publisher “roads”"),
        (["{trees}", *NEW, "--expected", "3"], 7, "you started from 3"),
        (["{trees}", *NEW, "--category", "personal"], 6, "data protection officer"),
        (["ftp://x/y.csv", *NEW], 4, "no file ftp:"),
        (["{trees}", *NEW, "--category", "secret"], 2, "invalid choice"),
    ],
)
def test_what_cannot_be_published_is_one_sentence_and_changes_nothing(
    run, home, trees, words, code, says
):
    refused = run("publish", *[trees if word == "{trees}" else word for word in words])
    assert refused.code == code
    assert says in refused.err
    assert "Traceback" not in refused.err
    assert run("list", "--json").json == []


def test_with_two_publishers_one_must_be_named(run, home, trees):
    assert run("publisher", "add", "Office for Roads", "--id", "roads").code == 0
    refused = run("publish", trees, *NEW)
    assert refused.code == 5
    assert "lecce, roads" in refused.err
    assert run("publish", trees, *NEW, "--publisher", "roads").code == 0
    assert run("list", "--publisher", "roads", "--json").json[0]["dataset"] == "trees"


def test_a_publisher_is_made_by_its_name(run, home, trees):
    done = run("publish", trees, *NEW, "--publisher-name", "Straßen & Grün")
    assert done.code == 0, done.err
    assert [one["publisher"]["id"] for one in run("publisher", "list", "--json").json] == [
        "lecce",
        "strassen-gruen",
    ]


def test_a_withdrawn_version_leaves_its_tombstone(run, home, trees):
    run("publish", trees, *NEW)
    run("export", "trees")
    run("export", "trees", "--format", "json")
    assert run("withdraw", "trees", "--reason", "x").code == 5
    assert run("withdraw", "trees@1", "--reason", " ").code == 5
    done = run("withdraw", "trees@1", "--reason", "Wrong park", "--json")
    assert done.code == 0, done.err
    assert done.json["version"]["withdrawn_reason"] == "Wrong park"
    (user,) = done.json["users"]
    assert (user["channel"], user["client"], user["count"]) == ("command", "machine", 2)
    refused = run("export", "trees@1")
    assert refused.code == 4
    assert "Wrong park" in refused.err
    assert run("withdraw", "trees@1", "--reason", "again").code == 7
    assert "withdrawn: Wrong park" in run("show", "trees@1").out


def test_times_without_a_zone_are_those_of_the_city(run, home, tmp_path, monkeypatch):
    monkeypatch.setenv("CITYCOMMONS_TIMEZONE", "Europe/Berlin")
    path = tmp_path / "counts.csv"
    path.write_text("time,bikes\n2026-07-01 08:00:00,5\n2026-07-01 09:00:00,7\n")
    words = ("--license", "CC0-1.0", "--json")
    done = run("publish", path, "--dataset", "local", *words)
    assert done.code == 0, done.err
    assert done.json["period"][0].startswith("2026-07-01T06:00:00")
    done = run("publish", path, "--dataset", "utc", "--zone", "UTC", *words)
    assert done.json["period"][0].startswith("2026-07-01T08:00:00")
    assert run("publish", path, "--dataset", "moon", "--zone", "Moon/Base", *words).code == 5


def test_what_only_a_person_knows_is_asked_answered_and_remembered(run, home, tmp_path):
    days = tmp_path / "days.csv"
    days.write_text("tree;planted\n1;03/04/2019\n2;05/06/2020\n")
    asked = run("publish", days, *NEW)
    assert asked.code == 0, asked.err
    assert "? In which order are the dates of “planted” written" in asked.out
    assert "--answer 'date-order:planted=month/day/year'" in asked.out
    answer = ("--answer", "date-order:planted=month/day/year")
    told = run("publish", days, "--dataset", "trees", *answer, "--json").json
    assert (told["version"], told["questions"]) == (2, [])
    assert told["period"] == ["2019-03-04", "2020-05-06"]
    days.write_text("tree;planted\n1;03/04/2019\n2;05/07/2020\n")
    again = run("publish", days, "--dataset", "trees", "--json").json
    assert (again["questions"], again["period"]) == ([], ["2019-03-04", "2020-05-07"])
    wrong = run("publish", days, "--dataset", "trees", "--answer", "crs:x=EPSG:1")
    assert wrong.code == 5
    assert "Nobody asked “crs:x”" in wrong.err


def test_a_schema_gives_types_and_rules_now_and_next_time(run, home, tmp_path):
    schema, counts = tmp_path / "schema.json", tmp_path / "counts.csv"
    schema.write_text(
        '{"fields": [{"name": "counter", "type": "string"},'
        ' {"name": "cyclists", "type": "integer", "constraints": {"minimum": 0}}]}'
    )
    counts.write_text("counter;cyclists\n7;12\n8;-3\n")
    first = run("publish", counts, *NEW, "--schema", schema, "--json").json
    assert {f["name"]: f["type"] for f in first["fields"]}["counter"] == "string"
    assert [(f["rule"], f["line"]) for f in first["first_faults"]] == [("range", 3)]
    counts.write_text("counter;cyclists\n7;12\n8;3\n9;-1\n")
    second = run("publish", counts, "--dataset", "trees", "--json").json
    assert {f["name"]: f["type"] for f in second["fields"]}["counter"] == "string"
    assert [(f["rule"], f["line"]) for f in second["first_faults"]] == [("range", 4)]


def test_what_is_not_as_before_is_told(run, home, tmp_path):
    file = tmp_path / "parks.csv"
    file.write_text("park,benches\n" + "".join(f"Park {n},{n}\n" for n in range(30)))
    run("publish", file, *NEW)
    file.write_text("park,trees\n" + "".join(f"Park {n},{n * 31 % 17}\n" for n in range(30)))
    told = run("publish", file, "--dataset", "trees")
    assert "~ The column “benches” is not there any more." in told.out


def test_a_column_about_persons_is_told_when_everybody_would_read_it(run, home, tmp_path):
    file = tmp_path / "meters.csv"
    file.write_text("meter;customer\n1;Maria Rossi\n2;Anna Miller\n")
    words = "The new column “customer” looks like something about persons."
    assert words in run("publish", file, *NEW).err
    assert words not in run("publish", file, "--dataset", "trees").err  # decided before
    inside = ("--dataset", "inside", "--license", "CC0-1.0", "--access", "internal")
    assert words not in run("publish", file, *inside).err
