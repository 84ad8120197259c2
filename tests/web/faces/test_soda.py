"""Socrata's clients are answered from our datasets, and Socrata's mistakes are told its way."""

import base64
from datetime import UTC, datetime

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.web_portal import ROLES, Client, Portal, described

from citycommons.share.faces.four_by_four import mapped, short

NAMES = ("Ahorn", "Linde", "Àhorn", None, "eiche_x", "It's")


@pytest.fixture
def trees(portal: Portal) -> Portal:
    """Six trees, some of whose cells are empty; two columns whose names no SoQL can write."""
    seen = [datetime(2026, m, 1, 8, 30, tzinfo=UTC) for m in (1, 2, 3, 4, 5, 5)]
    points = [shapely.to_wkb(shapely.Point(7.6 + n / 100, 51.9)) for n in range(5)]
    table = pa.table(
        {
            "id": [1, 2, 3, 4, 5, 6],
            "Name": pa.array(NAMES, pa.string()),
            "height": [1.5, 2.5, None, 4.0, 4.0, 10.0],
            "seen": pa.array(seen, pa.timestamp("us", tz="UTC")),
            "planted": pa.array([one.date() for one in seen], pa.date32()),
            "is_old": [True, False, None, True, False, False],
            "Straße 2": ["a", "b", "a", "b", "a", "c"],
            "place": pa.array([*points, None], pa.binary()),
        }
    )
    portal.publish(described("baum"), table)
    return portal


def got(client: Client, **params: str) -> list[dict[str, object]]:
    """Rows that the clauses give; `where` is `$where`."""
    asked = {f"${name}" if name.islower() else name: text for name, text in params.items()}
    answer = client.get("/resource/baum.json", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()
    return found


def ids(client: Client, where: str) -> str:
    return "".join(str(one["id"]) for one in got(client, where=where, select="id", order="id"))


def test_a_row_is_as_soda_writes_it(trees: Portal, client: Client) -> None:
    answer = client.get("/resource/baum.json", params={"$order": "id"})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    first, *_, last = answer.json()
    assert first == {
        "id": "1",
        "Name": "Ahorn",
        "height": "1.5",
        "seen": "2026-01-01T08:30:00.000",
        "planted": "2026-01-01T00:00:00.000",
        "is_old": True,
        "strasse_2": "a",
        "place": {"type": "Point", "coordinates": [7.6, 51.9]},
    }
    assert "place" not in last
    assert answer.headers["x-soda2-fields"] == (
        '["id","Name","height","seen","planted","is_old","strasse_2","place"]'
    )
    assert answer.headers["x-soda2-types"] == (
        '["number","text","number","floating_timestamp","floating_timestamp","checkbox","text",'
        '"point"]'
    )


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("id = 2", "2"),
        ("id = '2'", "2"),
        ("id != 2", "13456"),
        ("id <> 2 AND id < 4", "13"),
        ("height >= 4", "456"),
        ("height is null", "3"),
        ("height IS NOT NULL and not height > 2", "1"),
        ("name = 'Ahorn'", "1"),
        ("`Name` = 'Ahorn'", "1"),
        ("name = 'It''s'", "6"),
        ('name = "Linde"', "2"),
        ("name like '%horn'", "13"),
        ("name not like '%horn'", "256"),
        ("name in ('Ahorn', 'Linde')", "12"),
        ("name not in ('Ahorn', 'Linde')", "356"),
        ("id between 2 and 4", "234"),
        ("id between '2' and '4'", "234"),
        ("id not between 2 and 4", "156"),
        ("id = 1 or id = 2 and id = 3", "1"),
        ("(id = 1 or id = 2) and is_old", "1"),
        ("is_old = false", "256"),
        ("starts_with(name, 'Ah')", "1"),
        ("contains(name, 'ch')", "5"),
        ("upper(name) = 'LINDE'", "2"),
        ("lower(unaccent(name)) = 'ahorn'", "13"),
        ("length(name) > 5", "5"),
        ("strasse_2 = 'a' and id > 1", "35"),
        ("`Straße 2` = 'b'", "24"),
        ("seen > '2026-03-15'", "456"),
        ("seen >= '2026-05-01T08:30:00'", "56"),
        ("seen between '2026-02-01' and '2026-03-31T23:59:59.000'", "23"),
        ("planted = '2026-02-01'", "2"),
        ("date_trunc_ym(seen) = '2026-05-01'", "56"),
        ("date_trunc_y(seen) = '2026-01-01'", "123456"),
        ("date_trunc_ymd(seen) = '2026-02-01'", "2"),
        ("date_extract_m(seen) = 3", "3"),
        ("date_extract_y(seen) = 2026 and date_extract_hh(seen) = 8", "123456"),
        ("date_extract_dow(seen) = 0", "23"),
        ("date_extract_mm(seen) = 30 and date_extract_woy(seen) = 1", "1"),
        ("within_box(place, 52.0, 7.595, 51.8, 7.615)", "12"),
        ("within_circle(place, 51.9, 7.6, 700)", "12"),
        ("within_circle(place, 51.9, 7.6, 0)", "1"),
        ("within_polygon(place, 'MULTIPOLYGON(((7.59 51,7.615 51,7.615 52,7.59 52,7.59 51)))')",
         "12"),
        ("intersects(place, 'POINT(7.6 51.9)')", "1"),
        ("distance_in_meters(place, 'POINT(7.6 51.9)') < 1000", "12"),
        ("place is null", "6"),
        ("height * 2 + 1 = 9", "45"),
        ("-height < -3 and height / 2 = 2", "45"),
        ("id % 2 = 0", "246"),
        ("case(id < 3, 'low', true, 'high') = 'low'", "12"),
        ("coalesce(height, 0) = 0", "3"),
        ("height::text = '2.5'", "2"),
        ("'2'::number = id", "2"),
        (":updated_at > '2020-01-01'", "123456"),
        (":updated_at < '2020-01-01'", ""),
    ],
)  # fmt: skip
def test_where(trees: Portal, client: Client, where: str, found: str) -> None:
    assert ids(client, where) == found


def test_columns_aliases_and_functions(trees: Portal, client: Client) -> None:
    assert got(client, select="id, height*2 AS twice, upper(name)", where="id=2") == [
        {"id": "2", "twice": "5", "upper_name": "LINDE"}
    ]
    assert got(client, select="* (except name, seen, planted, place, is_old)", where="id=2") == [
        {"id": "2", "height": "2.5", "strasse_2": "b"}
    ]
    assert got(client, select="id as n", order="n desc", limit="2") == [{"n": "6"}, {"n": "5"}]
    case = "case(height > 3, 'tall', height > 2, 'middle', true, 'small') as size"
    sizes = [one.get("size") for one in got(client, select=case, order="id")]
    assert sizes == ["small", "middle", "small", "tall", "tall", "tall"]


def test_groups(trees: Portal, client: Client) -> None:
    asked = {"select": "strasse_2, count(*), avg(height) as mean", "group": "strasse_2"}
    assert got(client, **asked, order="count desc, strasse_2") == [
        {"strasse_2": "a", "count": "3", "mean": "2.75"},
        {"strasse_2": "b", "count": "2", "mean": "3.25"},
        {"strasse_2": "c", "count": "1", "mean": "10"},
    ]
    assert [one["strasse_2"] for one in got(client, **asked, having="mean > 3 and count > 1")] == [
        "b"
    ]
    assert got(client, select="count(*)") == [{"count": "6"}]
    assert got(client, select="count(name), count(distinct strasse_2), max(seen), sum(id)") == [
        {
            "count_name": "5",
            "count_distinct_strasse_2": "3",
            "max_seen": "2026-05-01T08:30:00.000",
            "sum_id": "21",
        }
    ]
    months = got(
        client, select="date_trunc_ym(seen) as month, count(*) as n", group="month", order="month"
    )
    assert months[-1] == {"month": "2026-05-01T00:00:00.000", "n": "2"}
    assert len(got(client, group="strasse_2")) == 3


def test_a_whole_question_in_one(trees: Portal, client: Client) -> None:
    asked = (
        "SELECT strasse_2 AS s, sum(id) AS n WHERE id < 6 GROUP BY s HAVING n > 1 "
        "ORDER BY n DESC LIMIT 1 OFFSET 1"
    )
    assert got(client, query=asked) == [{"s": "b", "n": "6"}]
    assert len(got(client, query="SELECT * SEARCH 'ahorn'")) == 2


def test_filters_search_and_pages(trees: Portal, client: Client) -> None:
    def asked(**params: str) -> list[str]:
        answer = client.get("/resource/baum.json", params=params)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()]

    assert asked(strasse_2="b") == ["2", "4"]
    assert asked(strasse_2="b", id="4") == ["4"]
    assert asked(is_old="true") == ["1", "4"]
    assert asked(**{"$q": "ahorn"}) == ["1", "3"]
    assert asked(**{"$limit": "2", "$offset": "1", "$order": "id DESC"}) == ["5", "4"]
    assert asked(**{"$limit": "0"}) == []


def test_system_fields_name_a_row_for_ever(trees: Portal, client: Client) -> None:
    rows = got(client, select=":id, id, :updated_at, :created_at", order=":id")
    assert len({one[":id"] for one in rows}) == 6
    assert str(rows[0][":updated_at"]).endswith("Z")
    one = rows[0]
    again = client.get("/resource/baum.json", params={"$where": f":id = '{one[':id']}'"})
    assert [row["id"] for row in again.json()] == [one["id"]]
    wide = client.get("/resource/baum.json", params={"$$exclude_system_fields": "false"}).json()
    assert {":id", ":created_at", ":updated_at", "Name"} <= set(wide[0])
    answer = client.get("/resource/baum.json", params={"$select": ":*"})
    assert answer.headers["x-soda2-types"].startswith('["row_identifier","fixed_timestamp"')


def test_csv_and_geojson(trees: Portal, client: Client) -> None:
    answer = client.get("/resource/baum.csv", params={"$select": "id,name,seen", "$where": "id=6"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == "id,Name,seen\r\n6,It's,2026-05-01T08:30:00.000\r\n"
    answer = client.get("/resource/baum.geojson", params={"$order": "id"})
    assert answer.headers["content-type"].startswith("application/vnd.geo+json")
    collection = answer.json()
    assert collection["type"] == "FeatureCollection"
    assert collection["features"][0]["geometry"]["coordinates"] == [7.6, 51.9]
    assert collection["features"][0]["properties"]["height"] == "1.5"
    assert collection["features"][5]["geometry"] is None
    refused = client.get("/resource/baum.geojson", params={"$select": "id"})
    assert refused.status_code == 400
    by_accept = client.get("/resource/baum", headers={"accept": "text/csv"})
    assert by_accept.text.startswith("id,")


def test_an_empty_answer_is_one(trees: Portal, client: Client) -> None:
    none = {"$where": "id > 100"}
    assert client.get("/resource/baum.json", params=none).json() == []
    assert client.get("/resource/baum.geojson", params=none).json()["features"] == []
    large = none | {"$limit": "50000"}
    assert client.get("/resource/baum.json", params=large).json() == []
    assert client.get("/resource/baum.geojson", params=large).json()["features"] == []


def test_there_is_no_cap(trees: Portal, client: Client) -> None:
    for order in ("", "id"):
        params = {"$limit": "50000", "$order": order}
        assert len(client.get("/resource/baum.json", params=params).json()) == 6


def test_an_id_of_four_and_four_leads_to_the_same(trees: Portal, client: Client) -> None:
    view = client.get("/api/views/baum.json").json()
    alias = view["id"]
    assert alias == short("baum")
    assert client.get(f"/resource/{alias}.json").json() == client.get("/resource/baum.json").json()
    assert client.get(f"/api/views/{alias}.json").json() == view
    portal = trees
    portal.publish(described("later"), pa.table({"id": [1]}))
    assert client.get(f"/resource/{short('later')}.json").json() == [{"id": "1"}]


def test_ids_that_would_be_the_same_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    made = short
    monkeypatch.setattr(
        "citycommons.share.faces.four_by_four.short",
        lambda id, number=0: made("same" if not number else id, number),
    )
    found = mapped(["a", "b", "c"])  # type: ignore[list-item]
    assert len(set(found.of.values())) == 3
    assert found.of["a"] == made("same")  # type: ignore[index]


def test_metadata_columns_rows_and_the_catalogue(trees: Portal, client: Client) -> None:
    view = client.get("/api/views/baum.json").json()
    assert (view["name"], view["viewType"]) == ("Baum", "tabular")
    columns = {one["fieldName"]: one["dataTypeName"] for one in view["columns"]}
    assert columns["seen"] == "calendar_date"
    assert columns["place"] == "point"
    assert client.get("/api/views/baum/columns.json").json() == view["columns"]
    rows = client.get("/api/views/baum/rows.csv", params={"accessType": "DOWNLOAD"})
    assert len(rows.text.splitlines()) == 7
    lists = client.get("/api/views/baum/rows.json").json()
    columns_ = lists["meta"]["view"]["columns"]
    assert {len(one) for one in lists["data"]} == {len(columns_)} == {16}
    assert lists["data"][0][8:10] == ["1", "Ahorn"]
    found = client.get("/api/catalog/v1", params={"q": "baum", "domains": "x.org"}).json()
    assert found["resultSetSize"] == 1
    resource = found["results"][0]["resource"]
    assert resource["id"] == view["id"]
    assert resource["columns_field_name"] == [one["fieldName"] for one in view["columns"]]
    by_id = client.get("/api/catalog/v1", params={"ids": view["id"]}).json()
    assert [one["resource"]["id"] for one in by_id["results"]] == [view["id"]]
    assert client.get("/api/views/entry.json").json()["columns"] == []


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"$where": "nothing = 1"}, "query.soql.no-such-column", "Columns are"),
        ({"$select": "name, count(*)"}, "query.soql.invalid", "Group by it"),
        ({"$where": "id = "}, "query.compiler.malformed", "a value was expected"),
        ({"$where": "id = 'x'"}, "query.soql.invalid", "is no integer"),
        ({"$where": "name > 3 +"}, "query.compiler.malformed", "its end"),
        ({"$where": "frobnicate(id)"}, "query.soql.type-mismatch", "no function"),
        ({"$where": "id"}, "query.soql.invalid", "true or false"),
        ({"$where": "within_box(place, 1, 2)"}, "query.soql.type-mismatch", "no function"),
        ({"$where": "intersects(place, 'POINT(')"}, "query.soql.invalid", "no place"),
        ({"$limit": "many"}, "query.compiler.malformed", "whole number"),
        ({"nothing": "1"}, "query.soql.no-such-column", "no column"),
        ({"$nothing": "1"}, "query.soql.invalid", "$nothing"),
        ({"$query": "SELECT *", "$limit": "1"}, "query.soql.invalid", "alone"),
        ({"$where": "(" * 200}, "query.soql.invalid", "nested"),
    ],
)
def test_mistakes_are_told_as_socrata_does(
    trees: Portal, client: Client, params: dict[str, str], code: str, said: str
) -> None:
    answer = client.get("/resource/baum.json", params=params)
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"] is True
    assert told["code"] == told["errorCode"] == code
    assert said in told["message"]


def test_what_may_not_be_known_is_not_there(trees: Portal, client: Client) -> None:
    hidden, missing = (client.get(f"/resource/{id}.json") for id in (short("drafts"), "zzzz-zzzz"))
    for answer, id in ((hidden, short("drafts")), (missing, "zzzz-zzzz")):
        assert answer.status_code == 404
        assert answer.json()["message"] == f"Cannot find view with id {id}.json"
    plain = client.get("/datasets/plans/rows").status_code
    assert client.get("/resource/plans.json").status_code == plain


def test_a_key_counts_where_socratas_clients_put_it(trees: Portal, client: Client) -> None:
    reader = trees.program(trees.actor("reader", *ROLES["reader-of-roads"]), "discover", "read")
    key = reader.headers["authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"{key}:anything".encode()).decode()
    for headers in (
        {"X-App-Token": key},
        {"authorization": f"Basic {basic}"},
        {"authorization": f"OAuth {key}"},
    ):
        assert client.get("/resource/drafts.json", headers=headers).status_code == 200, headers
    stranger = {"X-App-Token": "someones-app-token"}
    assert client.get("/resource/counts.json", headers=stranger).status_code == 200
    assert client.get("/resource/drafts.json", headers=stranger).status_code == 404
    wrong = {"authorization": "Basic " + base64.b64encode(b"a:b").decode()}
    assert client.get("/resource/counts.json", headers=wrong).status_code == 401


def test_an_answer_is_not_sent_twice(trees: Portal, client: Client) -> None:
    tag = client.get("/resource/baum.json").headers["etag"]
    again = client.get("/resource/baum.json", headers={"if-none-match": tag})
    assert again.status_code == 304


WORDS = st.sampled_from(
    [
        *(
            "id",
            "name",
            "height",
            "seen",
            "place",
            ":id",
            "count",
            "count(*)",
            "sum(",
            "avg(height)",
        ),
        *("(", ")", ",", "=", "<", ">=", "!=", "and", "or", "not", "in", "between", "like", "is"),
        *("null", "'x'", "'2026-01-01'", "1", "2.5", "9223372036854775807", "1e308", "-", "*"),
        *("%", "||", "::", "::number", "as", "case(", "within_circle(", "within_box(", "desc"),
        *("'POINT(7 51)'", "date_trunc_ym(", "upper(", "`Straße 2`", "distinct", "true", "ln("),
        *("round(", "substring(", "percentile(height, 5)", "\x00", "é", "'", ":*"),
    ]
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    clauses=st.dictionaries(
        st.sampled_from(["$select", "$where", "$group", "$having", "$order", "$query", "$q"]),
        st.one_of(st.lists(WORDS, max_size=9).map(" ".join), st.text(max_size=30)),
        max_size=3,
    ),
    form=st.sampled_from(["json", "csv", "geojson"]),
    limit=st.sampled_from(["", "3", "50000"]),
)
def test_nothing_hostile_breaks_it(
    trees: Portal, client: Client, clauses: dict[str, str], form: str, limit: str
) -> None:
    asked = clauses | ({"$limit": limit} if limit and "$query" not in clauses else {})
    answer = client.get(f"/resource/baum.{form}", params=asked)
    assert answer.status_code in (200, 400, 413), (clauses, answer.text)


def test_scripts_of_other_sites_may_read_it(trees: Portal, client: Client) -> None:
    answer = client.get("/resource/baum.json", headers={"origin": "https://elsewhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-soda2-types" in answer.headers["access-control-expose-headers"]
