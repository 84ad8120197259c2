"""Opendatasoft's clients are answered from our datasets, and mistakes are told its way."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.web_portal import ROLES, Client, Portal, described

ROOT = "/api/explore/v2.1/catalog"
NAMES = ("Star Wars", "Étoile du Nord", "starfish", None, "Wars of Stars", "It's")


@pytest.fixture
def films(portal: Portal) -> Portal:
    """Six rows, some of whose cells are empty; one column whose name no ODSQL can write."""
    seen = [datetime(2025 + (m > 3), m, 1, 8, 30, tzinfo=UTC) for m in (1, 2, 3, 4, 5, 5)]
    points = [shapely.to_wkb(shapely.Point(7.6 + n / 100, 51.9)) for n in range(5)]
    table = pa.table(
        {
            "id": [1, 2, 3, 4, 5, 6],
            "name": pa.array(NAMES, pa.string()),
            "height": [1.5, 2.5, None, 4.0, 4.0, 10.0],
            "seen": pa.array(seen, pa.timestamp("us", tz="UTC")),
            "day": pa.array([one.date() for one in seen], pa.date32()),
            "is_old": [True, False, None, True, False, False],
            "Straße 2": ["a", "b", "a", "b", "a", "c"],
            "place": pa.array([*points, None], pa.binary()),
        }
    )
    portal.publish(described("films"), table)
    return portal


def page(client: Client, **params: Any) -> dict[str, Any]:
    answer = client.get(f"{ROOT}/datasets/films/records", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def got(client: Client, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page(client, **params)["results"]
    return found


def ids(client: Client, **params: Any) -> str:
    return "".join(str(one["id"]) for one in got(client, select="id", order_by="id", **params))


def test_a_record_is_as_opendatasoft_writes_it(films: Portal, client: Client) -> None:
    found = page(client, order_by="id")
    assert found["total_count"] == 6
    assert found["results"][0] == {
        "id": 1,
        "name": "Star Wars",
        "height": 1.5,
        "seen": "2025-01-01T08:30:00+00:00",
        "day": "2025-01-01",
        "is_old": True,
        "strasse_2": "a",
        "place": {"lon": 7.6, "lat": 51.9},
    }
    assert found["results"][5]["place"] is None
    berlin = got(client, timezone="Europe/Berlin", select="seen", where="id in (1, 5)")
    assert [one["seen"] for one in berlin] == [
        "2025-01-01T09:30:00+01:00",
        "2026-05-01T10:30:00+02:00",
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("id = 2", "2"),
        ("id: 2", "2"),
        ('id = "2"', "2"),
        ("id != 2", "13456"),
        ("id > 2 and id <= 4", "34"),
        ("id in (1, 2)", "12"),
        ("not id in (1, 2)", "3456"),
        ("id not in (1, 2)", "3456"),
        ("id in [2..4]", "234"),
        ("id IN ]2..4[", "3"),
        ("id: [2 TO 4[", "23"),
        ("id in [..2]", "12"),
        ("id in [5..]", "56"),
        ("height between 2 and 4", "245"),
        ("height is null", "3"),
        ("height is not null and height < 3", "12"),
        ("is_old", "14"),
        ("is_old is false", "256"),
        ("is_old is not true", "2356"),
        ("is_old: true", "14"),
        ('name = "Star Wars"', "1"),
        ("name: 'Star Wars'", "1"),
        ('name like "star"', "1"),
        ('name like "star*"', "135"),
        ('name like "wars"', "15"),
        ('name like "etoile nord"', "2"),
        ('name not like "star*"', "26"),
        ('"wars"', "15"),
        ('"wars" and not "stars"', "1"),
        ('"wars" or "starfish"', "135"),
        ('search("wars star*")', "15"),
        ('search(name, "wars")', "15"),
        ('search(*, "wars")', "15"),
        ('suggest(name, "sta")', "135"),
        ('startswith(name, "star")', "3"),
        ('startswith("star")', "3"),
        ('suggest(name, `Straße 2`, "sta")', "135"),
        (r"name = 'It\'s'", "6"),
        ("length(name) = 9", "1"),
        ("seen > date'2026'", "456"),
        ("seen >= date'2025/03/01' and seen < date'2026-05'", "34"),
        ("seen in [date'2025-02-01'..date'2025-12-31']", "23"),
        ("day = date'2025-02-01'", "2"),
        ('seen > "2026-04-15"', "56"),
        ("year(seen) = 2025 and month(seen) > 1", "23"),
        ("date_format(seen, 'yyyy/MM') = '2026/05'", "56"),
        ("seen < now()", None),
        ("seen > now(days=-1)", None),
        ("within_distance(place, geom'POINT(7.6 51.9)', 700m)", "12"),
        ("within_distance(place, geom'POINT(7.6 51.9)', 0.7km)", "12"),
        ("distance(place, GEOM'POINT(7.6 51.9)', 1mi)", "123"),
        ("distance(place, geom'POINT(7.6 51.9)') < 700", "12"),
        ("in_bbox(place, 51.8, 7.595, 52.0, 7.615)", "12"),
        ("bbox(place, geom'POINT(7.595 52)', geom'POINT(7.615 51.8)')", "12"),
        ("polygon(place, geom'POLYGON((7.59 51,7.615 51,7.615 52,7.59 52,7.59 51))')", "12"),
        ("intersects(place, geom'POLYGON((7.59 51,7.615 51,7.615 52,7.59 52,7.59 51))')", "12"),
        ("within(place, geom'POLYGON((7.59 51,7.615 51,7.615 52,7.59 52,7.59 51))')", "12"),
        ("geometry(place, geom'POLYGON((7.59 51,7.615 51,7.615 52,7.59 52,7.59 51))', disjoint)",
         "345"),
        ("""intersects(place, geom'{"type":"Point","coordinates":[7.6,51.9]}')""", "1"),
        ("`Straße 2` = 'b' or strasse_2 = 'c'", "246"),
        ("height * 2 + 1 = 9", "45"),
        ("id = 1 or id = 2 and id = 3", "1"),
        ("(id = 1 or id = 2) and is_old", "1"),
    ],
)  # fmt: skip
def test_where(films: Portal, client: Client, where: str, found: str | None) -> None:
    answer = ids(client, where=where)
    if found is not None:
        assert answer == found


def test_several_conditions_hold_together(films: Portal, client: Client) -> None:
    assert ids(client, where=["id > 2", "id < 5"]) == "34"


def test_columns_and_functions(films: Portal, client: Client) -> None:
    one = {"where": "id=2"}
    assert got(client, select="id, height * 2 as twice, upper(name)", **one) == [
        {"id": 2, "twice": 5.0, "upper(name)": "ÉTOILE DU NORD"}
    ]
    assert list(got(client, select="include(i*), height", **one)[0]) == ["id", "is_old", "height"]
    assert "place" not in got(client, select="exclude(place)", **one)[0]
    assert got(client, select="year(seen), date_format(seen, 'dd/MM/yyyy') as d", **one) == [
        {"year(seen)": 2025, "d": "01/02/2025"}
    ]
    assert got(client, select='"hello" as hello, 2 as two', limit=1) == [
        {"hello": "hello", "two": 2}
    ]
    assert [one["id"] for one in got(client, order_by="-id", limit=2, offset=1)] == [5, 4]
    assert sorted(one["id"] for one in got(client, order_by="random(7)")) == [1, 2, 3, 4, 5, 6]


def test_groups(films: Portal, client: Client) -> None:
    asked = {"group_by": "strasse_2", "select": "count(*), avg(height) as mean"}
    found = page(client, **asked, order_by="count(*) desc")
    assert found["total_count"] == 3
    assert found["results"] == [
        {"strasse_2": "a", "count(*)": 3, "mean": 2.75},
        {"strasse_2": "b", "count(*)": 2, "mean": 3.25},
        {"strasse_2": "c", "count(*)": 1, "mean": 10.0},
    ]
    by_mean = got(client, **asked, order_by="mean desc")
    assert [one["strasse_2"] for one in by_mean] == ["c", "b", "a"]
    assert got(client, select="count(*) as n, sum(id), min(height), max(seen)") == [
        {"n": 6, "sum(id)": 21, "min(height)": 1.5, "max(seen)": "2026-05-01T08:30:00+00:00"}
    ]
    [one] = got(client, select="median(id) as m, percentile(id, 50) as p, stddev(id), variance(id)")
    assert (one["m"], one["p"]) == (3.5, 3.5)
    assert one["variance(id)"] == pytest.approx(one["stddev(id)"] ** 2) == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("year(seen) as y", {2025: 3, 2026: 3}),
        ("range(id, 2) as y", {"[0, 2[": 1, "[2, 4[": 2, "[4, 6[": 2, "[6, 8[": 1}),
        ("range(id, ]2, 4[) as y", {"[*, 2[": 1, "[2, 4[": 2, "[4, *[": 3}),
        ("range(id, [2, 4]) as y", {"[2, 4[": 2, None: 4}),
        ("range(day, 1 month) as y", {"2025-01-01": 1, "2025-02-01": 1, "2025-03-01": 1,
                                      "2026-04-01": 1, "2026-05-01": 2}),
        ("range(seen, 1y) as y", {"2025-01-01": 3, "2026-01-01": 3}),
        ("range(seen, [date'2025-01-01', date'2026-01-01'[) as y",
         {"[2025-01-01, 2026-01-01[": 3, "[2026-01-01, *[": 3}),
        ("date_format(seen, 'MM') as y", {"01": 1, "02": 1, "03": 1, "04": 1, "05": 2}),
        ("is_old as y", {True: 2, False: 3, None: 1}),
    ],
)  # fmt: skip
def test_group_by(films: Portal, client: Client, group: str, values: dict[Any, int]) -> None:
    found = got(client, group_by=group, select="count(*) as n", limit=1000)
    assert {one["y"]: one["n"] for one in found} == values


def test_refine_and_exclude(films: Portal, client: Client) -> None:
    assert ids(client, refine="strasse_2:a") == "135"
    assert ids(client, refine='strasse_2:"a"', exclude="name:starfish") == "15"
    assert ids(client, refine=["strasse_2:b", "strasse_2:c"]) == "246"
    assert ids(client, refine=["strasse_2:b", "is_old:true"]) == "4"
    assert ids(client, refine="seen:2025") == "123"
    assert ids(client, refine="seen:2025/02") == "2"
    assert ids(client, refine="day:2026/05/01") == "56"


def test_facets_count_what_the_question_finds(films: Portal, client: Client) -> None:
    address = f"{ROOT}/datasets/films/facets"
    found = client.get(address, params={"facet": "strasse_2", "where": "id < 5"}).json()
    assert found["facets"] == [
        {
            "name": "strasse_2",
            "facets": [
                {"name": "a", "count": 2, "state": "displayed", "value": "a"},
                {"name": "b", "count": 2, "state": "displayed", "value": "b"},
            ],
        }
    ]
    refined = client.get(address, params={"refine": "strasse_2:a"}).json()["facets"]
    states = {f["name"]: [v["state"] for v in f["facets"]] for f in refined}
    assert states["strasse_2"] == ["refined"]


def test_a_record_is_found_by_its_id(films: Portal, client: Client) -> None:
    rows = got(client, select="_id, id", order_by="id")
    for row in rows:
        answer = client.get(f"{ROOT}/datasets/films/records/{row['_id']}")
        assert answer.json()["id"] == row["id"]
    assert client.get(f"{ROOT}/datasets/films/records/none").status_code == 404


def test_exports_hold_every_record(films: Portal, client: Client) -> None:
    def export(format: str, **params: Any) -> bytes:
        answer = client.get(f"{ROOT}/datasets/films/exports/{format}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.content

    listed = client.get(f"{ROOT}/datasets/films/exports").json()["links"]
    assert {"csv", "json", "jsonl", "geojson", "parquet", "xlsx", "shp", "gpkg"} <= {
        one["rel"] for one in listed
    }
    assert len(orjson.loads(export("json"))) == 6
    assert len(export("jsonl").splitlines()) == 6
    features = orjson.loads(export("geojson", order_by="id"))["features"]
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [7.6, 51.9]}
    assert features[0]["properties"]["seen"] == "2025-01-01T08:30:00+00:00"
    text = export("csv", order_by="id").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows[0]["place"] == "51.9, 7.6"
    assert len(rows) == 6
    plain = export("csv", delimiter=",", with_bom="false", select="id, name", where="id=1")
    assert plain == b"id,name\r\n1,Star Wars\r\n"
    assert pq.read_table(io.BytesIO(export("parquet"))).num_rows == 6
    assert pq.read_table(io.BytesIO(export("parquet", where="id > 3"))).num_rows == 3
    assert export("xlsx")[:2] == b"PK"
    assert export("gpkg")[:6] == b"SQLite"
    for format in ("json", "jsonl", "csv", "geojson"):
        export(format, where="id > 100")
    groups = export("json", group_by="strasse_2", select="count(*) as n")
    assert len(orjson.loads(groups)) == 3


def test_the_catalogue(films: Portal, client: Client) -> None:
    found = client.get(f"{ROOT}/datasets", params={"limit": 100}).json()
    by_id = {one["dataset_id"]: one for one in found["results"]}
    assert found["total_count"] == len(by_id)
    assert {"counts", "trees", "entry", "films"} <= set(by_id)
    assert "drafts" not in by_id
    one = client.get(f"{ROOT}/datasets/films").json()
    assert one == by_id["films"]
    assert {f["name"]: f["type"] for f in one["fields"]} == {
        "id": "int",
        "name": "text",
        "height": "double",
        "seen": "datetime",
        "day": "date",
        "is_old": "boolean",
        "strasse_2": "text",
        "place": "geo_point_2d",
    }
    assert one["metas"]["default"]["records_count"] == 6
    assert one["has_records"] is True
    assert by_id["entry"]["has_records"] is False

    def asked(**params: Any) -> list[str]:
        answer = client.get(f"{ROOT}/datasets", params=params)
        assert answer.status_code == 200, answer.text
        return [one["dataset_id"] for one in answer.json()["results"]]

    assert asked(where='"films"') == ["films"]
    assert asked(where='dataset_id = "films"') == ["films"]
    assert asked(where='dataset_id in ("films", "trees", "drafts")') == ["films", "trees"]
    assert asked(where='search("films")') == ["films"]
    assert asked(refine="publisher:Office for Parks") == ["trees"]
    assert asked(where='publisher = "Office for Parks"') == ["trees"]
    assert len(asked(limit=2, order_by="title")) == 2
    facets = client.get(f"{ROOT}/facets").json()["facets"]
    assert [one["name"] for one in facets][:2] == ["publisher", "theme"]
    assert len(client.get(f"{ROOT}/exports/json").json()) == found["total_count"]
    lines = client.get(f"{ROOT}/exports/csv").text.splitlines()
    assert lines[0].startswith("datasetid;default.title")
    assert client.get(f"{ROOT}/datasets/films/attachments").json()["attachments"] == []


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"where": "nothing = 1"}, "ODSQLError", "Columns are"),
        ({"where": "id ="}, "ODSQLError", "a value was expected"),
        ({"where": "id in [1"}, "ODSQLError", "“..” was expected"),
        ({"where": "frobnicate(id)"}, "ODSQLError", "no function"),
        ({"where": "id = 'x'"}, "ODSQLError", "is no integer"),
        ({"where": "day > date'yesterday'"}, "ODSQLError", "is no date"),
        ({"where": "intersects(place, geom'POINT(')"}, "ODSQLError", "no place"),
        ({"where": "distance(place, geom'POINT(1 1)', 1parsec)"}, "ODSQLError", "no unit"),
        ({"select": "name, count(*)"}, "ODSQLError", "Group by it"),
        ({"group_by": "range(name, 5)"}, "ODSQLError", "is string"),
        ({"limit": "101"}, "InvalidRESTParameterError", "-1 <= limit <= 100"),
        ({"limit": "x"}, "InvalidRESTParameterError", "limit"),
        ({"offset": "9999"}, "InvalidRESTParameterError", "Take an export"),
        ({"refine": "id"}, "ODSQLError", "refine=field:value"),
        ({"timezone": "Mars/Olympus"}, "ODSQLError", "no zone"),
    ],
)
def test_mistakes_are_told_as_opendatasoft_does(
    films: Portal, client: Client, params: dict[str, str], code: str, said: str
) -> None:
    answer = client.get(f"{ROOT}/datasets/films/records", params=params)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == code
    assert said in answer.json()["message"]


def test_what_may_not_be_known_is_not_there(films: Portal, client: Client) -> None:
    hidden, missing = (client.get(f"{ROOT}/datasets/{id}/records") for id in ("drafts", "none"))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert missing.json()["error_code"] == "NotFoundError"
    reader = films.program(films.actor("reader", *ROLES["reader-of-roads"]), "discover", "read")
    key = reader.headers["authorization"].removeprefix("Bearer ")
    address = f"{ROOT}/datasets/drafts/records"
    assert client.get(address, headers={"authorization": f"Apikey {key}"}).status_code == 200
    assert client.get(address, params={"apikey": key}).status_code == 200
    assert client.get(address, headers={"authorization": "Apikey x"}).status_code == 401


WORDS = st.sampled_from(
    [
        *("id", "name", "height", "seen", "place", "_id", "count(*)", "sum(", "desc", "include("),
        *("(", ")", ",", "=", "<", ":", "!=", "and", "or", "not", "in", "[", "]", "..", "like"),
        *("null", "'x'", "is", "1", "2.5", "9223372036854775807", "1e308", "-", "*", "now(", "as"),
        *("date'2026'", "geom'POINT(7 51)'", "range(id,", "range(seen, 1 day)", "year(", "1km"),
        *("within_distance(place,", "date_format(seen, '", "search(", "\x00", "é", '"', "random("),
        *("percentile(height, 500)", "in_bbox(place, 1, 2, 3, 4)", "`Straße 2`", "true", "top"),
    ]
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    clauses=st.dictionaries(
        st.sampled_from(["select", "where", "group_by", "order_by", "refine", "exclude", "facet"]),
        st.one_of(st.lists(WORDS, max_size=9).map(" ".join), st.text(max_size=30)),
        max_size=3,
    ),
    part=st.sampled_from(
        ["/films/records", "/films/exports/csv", "/films/exports/geojson", "/films/facets", ""]
    ),
)
def test_nothing_hostile_breaks_it(
    films: Portal, client: Client, clauses: dict[str, str], part: str
) -> None:
    answer = client.get(f"{ROOT}/datasets{part}", params=clauses)
    assert answer.status_code in (200, 400, 413), (clauses, answer.text)
