"""CKAN's DataStore as its clients ask it: filters, words, SQL, dumps, and what is refused."""

import csv
import io
import xml.etree.ElementTree as ET
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.web_portal import ROLES, Client, Portal, described, open_portal

from citycommons.core.settings import Settings
from citycommons.core.types import Access
from citycommons.store.work import City

ACTION = "/api/3/action/"
ROWS = pa.table(
    {
        "id": [1, 2, 3, 4, 5],
        "name": ["Oak", "Ash, tall", "Élan\tvert", "=cmd", None],
        "height": [20.5, 12.0, None, 3.25, 7.0],
        "felled": [True, False, None, False, True],
        "planted": pa.array(["1990-01-01", "2001-05-06", None, "2020-02-02", "1990-01-01"]).cast(
            pa.date32()
        ),
        "odd <name>": ["a", "b", "<c>&", "d", "e"],
    }
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("datastore") / "home"
    city = City.create(Settings(home=home, name="Testville", requests_per_minute=1_000_000))
    made = open_portal(city)
    made.publish(described("oaks"), ROWS)
    made.publish(described("secret", access=Access.INTERNAL), ROWS)
    yield made
    city.close()


@pytest.fixture
def client(portal: Portal) -> Client:
    return portal.client(accept="application/json")


def search(client: Client, resource: str = "oaks-csv", **params: Any) -> Any:
    """The result, the same by GET as by POST."""
    texts = {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in params.items()}
    answer = client.get(ACTION + "datastore_search", params={"resource_id": resource, **texts})
    told = answer.json()
    assert answer.status_code == 200, told
    return told["result"]


def ids(found: Any) -> list[int]:
    return [one["_id"] for one in found["records"]]


def sql(client: Client, text: str) -> Any:
    answer = client.get(ACTION + "datastore_search_sql", params={"sql": text})
    told = answer.json()
    assert answer.status_code == 200, told
    return told["result"]


def test_rows_come_with_their_number_type_and_total(client: Client) -> None:
    found = search(client, "counts-csv", limit=2, offset=3)
    assert (found["total"], found["total_was_estimated"], found["limit"]) == (120, False, 2)
    assert ids(found) == [4, 5]
    assert [one["type"] for one in found["fields"]] == ["int", "int", "text", "int", "json"]
    assert found["records"][0]["place"]["type"] == "Point"
    assert found["_links"]["next"].endswith("limit=2&offset=5")
    assert found["_links"]["prev"].endswith("limit=2&offset=1")
    following = client.get(found["_links"]["next"]).json()["result"]
    assert ids(following) == [6, 7]
    assert search(client, limit=0)["total"] == 5
    assert ids(search(client, offset=99)) == []


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"filters": {"name": "Oak"}}, [1]),
        ({"filters": {"name": ["Oak", "=cmd"]}}, [1, 4]),
        ({"filters": {"name": None}}, [5]),
        ({"filters": {"name": ["Oak", None]}}, [1, 5]),
        ({"filters": {"name": []}}, []),
        ({"filters": {"height": "12"}}, [2]),
        ({"filters": {"height": 12.0, "felled": False}}, [2]),
        ({"filters": {"felled": "true"}}, [1, 5]),
        ({"filters": {"planted": "1990-01-01"}}, [1, 5]),
        ({"filters": {"_id": [2, 4]}}, [2, 4]),
        ({"filters": {"_id": "3"}}, [3]),
        ({"q": "oak"}, [1]),
        ({"q": "elan"}, [3]),
        ({"q": "12.0"}, [2]),
        ({"q": {"name": "ash"}}, [2]),
        ({"q": {"name": "as:*"}}, [2]),
        ({"sort": "height desc"}, [1, 2, 5, 4, 3]),
        ({"sort": "felled asc, _id desc"}, [4, 2, 5, 1, 3]),
        ({"sort": ["planted", '"name" asc nulls last']}, [1, 5, 2, 4, 3]),
        ({"sort": "_id desc", "limit": 2}, [5, 4]),
    ],
)
def test_rows_are_filtered_and_sorted(client: Client, params: Any, found: list[int]) -> None:
    answer = search(client, **params)
    assert ids(answer) == found
    assert answer["total"] == (5 if "limit" in params else len(found))


def test_columns_are_chosen_and_told_once_each(client: Client) -> None:
    found = search(client, fields="height,name", limit=1)
    assert found["records"] == [{"height": 20.5, "name": "Oak"}]
    assert search(client, fields=["name", "_id"], limit=1)["records"] == [{"name": "Oak", "_id": 1}]
    distinct = search(client, fields="felled", distinct="true", sort="felled")
    assert [one["felled"] for one in distinct["records"]] == [False, True, None]
    assert distinct["total"] == 3


def test_rows_come_in_other_shapes(client: Client) -> None:
    lists = search(client, records_format="lists", fields="_id,name", limit=2)
    assert lists["records"] == [[1, "Oak"], [2, "Ash, tall"]]
    text = search(client, records_format="csv", fields="_id,name", limit=4)["records"]
    assert text == '1,Oak\r\n2,"Ash, tall"\r\n3,Élan\tvert\r\n4,\'=cmd\r\n'
    tabs = search(client, records_format="tsv", fields="_id,name")["records"]
    read = list(csv.reader(io.StringIO(tabs), delimiter="\t"))
    assert read[1:3] == [["2", "Ash, tall"], ["3", "Élan\tvert"]]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"filters": {"colour": "red"}}, "filters"),
        ({"filters": {"height": "tall"}}, "filters"),
        ({"filters": {"name": {"a": 1}}}, "filters"),
        ({"filters": "[1]"}, "filters"),
        ({"fields": "colour"}, "fields"),
        ({"sort": "colour"}, "sort"),
        ({"sort": "name; drop table"}, "sort"),
        ({"records_format": "yaml"}, "records_format"),
        ({"limit": "many"}, "limit"),
        ({"limit": "-1"}, "limit"),
    ],
)
def test_what_does_not_fit_is_told_by_its_parameter(
    client: Client, params: Any, field: str
) -> None:
    texts = {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in params.items()}
    answer = client.get(ACTION + "datastore_search", params={"resource_id": "oaks-csv", **texts})
    assert answer.status_code == 409
    assert set(answer.json()["error"]) == {field, "__type"}


def test_what_may_not_be_read_answers_like_what_is_not_there(
    portal: Portal, client: Client
) -> None:
    for action, told in (
        ("datastore_search?resource_id={}", 404),
        ('datastore_search_sql?sql=SELECT * FROM "{}"', 404),
        ("datastore_info?id={}", 404),
    ):
        hidden = client.get(ACTION + action.format("secret-csv"))
        absent = client.get(ACTION + action.format("absent-csv"))
        assert hidden.status_code == absent.status_code == told
        assert hidden.text.replace("secret", "absent") == absent.text
    assert client.get("/datastore/dump/secret-csv").status_code == 404
    reader = portal.program(portal.actor("r", *ROLES["reader-of-roads"]), "discover", "read")
    assert search(reader, "secret-csv")["total"] == 5
    blind = portal.program(portal.actor("b", *ROLES["reader-of-roads"]), "discover")
    refused = blind.get(ACTION + "datastore_search?resource_id=oaks-csv")
    assert (refused.status_code, refused.json()["error"]["__type"]) == (403, "Authorization Error")


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ('SELECT name FROM "oaks-csv" WHERE height > 10', [{"name": "Oak"}, {"name": "Ash, tall"}]),
        ('SELECT "_id" FROM "oaks-csv" WHERE name ILIKE \'o%\'', [{"_id": 1}]),
        ('select count(*) from "oaks-csv"', [{"count": 5}]),
        (
            'SELECT count(*) AS n, sum(height) FROM "oaks-csv" t WHERE t."felled"',
            [{"n": 2, "sum": 27.5}],
        ),
        (
            'SELECT felled, count(*) FROM "oaks-csv" GROUP BY felled HAVING count(*) > 1 '
            "ORDER BY felled DESC",
            [{"felled": True, "count": 2}, {"felled": False, "count": 2}],
        ),
        ('SELECT DISTINCT planted FROM "oaks-csv" ORDER BY 1 LIMIT 1', [{"planted": "1990-01-01"}]),
        (
            'SELECT extract(year from planted) AS y, max(height) m FROM "oaks-csv" '
            "WHERE planted < '2010-01-01' GROUP BY y ORDER BY y",
            [{"y": 1990, "m": 20.5}, {"y": 2001, "m": 12.0}],
        ),
        ("SELECT name || '!' AS loud FROM \"oaks-csv\" LIMIT 1", [{"loud": "Oak!"}]),
        ('SELECT (1 + 2) * 3 - -1 AS ten FROM "oaks-csv" LIMIT 1', [{"ten": 10}]),
        ("SELECT id FROM \"oaks-csv\" WHERE id = '3'", [{"id": 3}]),
        ("SELECT id FROM \"oaks-csv\" WHERE id IN ('1', 2) AND NOT felled IS TRUE", [{"id": 2}]),
        ('SELECT id FROM "oaks-csv" WHERE height BETWEEN 3 AND 8 OFFSET 1', [{"id": 5}]),
        ('SELECT id FROM "oaks-csv" WHERE name IS NULL', [{"id": 5}]),
        (
            "SELECT id FROM \"oaks-csv\" WHERE name NOT LIKE '%x%' AND name <> ''",
            [{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}],
        ),
        ("SELECT height::text AS h FROM \"oaks-csv\" WHERE name = 'O' || 'ak'", [{"h": "20.5"}]),
        ("SELECT 'it''s' AS q FROM \"oaks-csv\" LIMIT 1", [{"q": "it's"}]),
    ],
)
def test_sql_is_read_as_postgresql_means_it(client: Client, text: str, records: Any) -> None:
    assert sql(client, text)["records"] == records


def test_sql_with_a_star_gives_every_column_and_the_number(client: Client) -> None:
    found = sql(client, 'SELECT * FROM "oaks-csv" ORDER BY _id DESC LIMIT 1')
    assert found["records"][0]["_id"] == 5
    assert [one["id"] for one in found["fields"]] == ["_id", *ROWS.column_names]
    assert found["sql"].startswith("SELECT *")
    assert "records_truncated" not in found


HOSTILE = [
    "DROP TABLE x",
    'SELECT * FROM "oaks-csv"; DROP TABLE x',
    'SELECT * FROM "oaks-csv", "trees-csv"',
    'SELECT * FROM "oaks-csv" JOIN "secret-csv" ON true',
    'SELECT * FROM "oaks-csv" UNION SELECT * FROM "secret-csv"',
    'SELECT (SELECT 1) FROM "oaks-csv"',
    'SELECT * FROM "oaks-csv" WHERE id IN (SELECT 1)',
    "SELECT * FROM (SELECT 1) t",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT pg_sleep(10) FROM "oaks-csv"',
    "SELECT read_text('/etc/passwd') FROM \"oaks-csv\"",
    "SELECT getenv('HOME') FROM \"oaks-csv\"",
    'SELECT * FROM "oaks-csv" -- where',
    'SELECT /* x */ * FROM "oaks-csv"',
    'WITH a AS (SELECT 1) SELECT * FROM "oaks-csv"',
    'SELECT * INTO x FROM "oaks-csv"',
    "COPY \"oaks-csv\" TO '/tmp/x'",
    "ATTACH 'x'",
    'SELECT $1 FROM "oaks-csv"',
    'SELECT "secret-csv".name FROM "oaks-csv"',
    'SELECT colour FROM "oaks-csv"',
    'SELECT file_row_number FROM "oaks-csv"',
    'SELECT * FROM "oaks-csv" WHERE name = \'a',
    'SELECT name + 1 FROM "oaks-csv"',
    'SELECT height FROM "oaks-csv" GROUP BY felled',
    'SELECT name FROM "oaks-csv" WHERE count(*) > 1',
    'SELECT * FROM "oaks-csv" LIMIT 1e9',
    'SELECT * FROM "oaks-csv" LIMIT (1)',
    f'SELECT {"(" * 500}1{")" * 500} FROM "oaks-csv"',
    f'SELECT {"-" * 1}{"1+" * 900}1 FROM "oaks-csv"',
    f'SELECT 1 FROM "oaks-csv" WHERE {"NOT " * 900} id',
    "SELECT " + "a" * 30_000,
    "",
    "SELECT",
    "SELECT *",
    'SELECT * FROM "oaks-csv" WHERE',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_anything_but_one_select_over_one_table_is_refused(client: Client, text: str) -> None:
    answer = client.get(ACTION + "datastore_search_sql", params={"sql": text})
    assert answer.status_code in (404, 409), answer.text
    assert answer.json()["error"]["__type"] in ("Validation Error", "Not Found Error")
    assert "root:" not in answer.text


TEXT = (
    "SELECT * FROM \"oaks-csv\" WHERE name height , ( ) = < 'x' 1 AND OR NOT IN LIKE BETWEEN GROUP "
    "BY count(*) sum ORDER LIMIT :: text || - + / % null IS AS a"
)
WORDS = TEXT.split()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=14,
    )
)
def test_no_sql_breaks_the_server(client: Client, words: list[str]) -> None:
    text = "SELECT " + " ".join(words)
    for asked in (text, f'{text} FROM "oaks-csv"', f'SELECT * FROM "oaks-csv" WHERE {text[7:]}'):
        answer = client.get(ACTION + "datastore_search_sql", params={"sql": asked})
        assert answer.status_code in (200, 404, 409), asked


def test_a_resource_tells_its_columns(client: Client) -> None:
    info = client.get(ACTION + "datastore_info?id=oaks-csv").json()["result"]
    assert info["meta"]["count"] == 5
    assert [one["type"] for one in info["fields"]] == [
        "int",
        "text",
        "numeric",
        "bool",
        "date",
        "text",
    ]
    tables = search(client, "_table_metadata")
    assert [one["name"] for one in tables["records"]] == ["counts-csv", "oaks-csv", "trees-csv"]
    assert tables["total"] == 3


def test_a_dump_holds_every_row_with_its_number(client: Client) -> None:
    text = client.get("/datastore/dump/oaks-csv")
    assert text.headers["content-type"].startswith("text/csv")
    assert 'filename="oaks-csv.csv"' in text.headers["content-disposition"]
    read = list(csv.DictReader(io.StringIO(text.text)))
    assert [one["_id"] for one in read] == list("12345")
    assert client.get("/datastore/dump/oaks-csv?bom=true").content.startswith(b"\xef\xbb\xbf_id,")
    tabs = client.get("/datastore/dump/oaks-csv?format=tsv&fields=_id,name&limit=2&offset=1")
    assert tabs.text == '_id\tname\r\n2\t"Ash, tall"\r\n3\t"Élan\tvert"\r\n'
    told = client.get("/datastore/dump/oaks-csv?format=json").json()
    assert [one[0] for one in told["records"]] == [1, 2, 3, 4, 5]
    assert told["fields"][0] == {"id": "_id", "type": "int"}
    again = client.get("/datastore/dump/oaks-csv", headers={"if-none-match": text.headers["etag"]})
    assert again.status_code == 304


def test_a_dump_is_filtered_and_well_formed_xml(client: Client) -> None:
    filters = '{"felled": true}'
    answer = client.get(
        "/datastore/dump/oaks-csv", params={"format": "xml", "filters": filters, "sort": "_id desc"}
    )
    root = ET.fromstring(answer.text)
    assert [row.get("_id") for row in root] == ["5", "1"]
    every = ET.fromstring(client.get("/datastore/dump/oaks-csv?format=xml").text)
    assert every[2].find("value").text == "<c>&"
    assert every[2].find("value").get("name") == "odd <name>"
    assert client.get("/datastore/dump/oaks-csv?format=doc").status_code == 409
