"""Access logs are counted by the same rules, and every line is accounted for."""

import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.usage.oracle import FIREFOX, Seen, expected

from citycommons.core.counting import Method, Metric
from citycommons.core.errors import NotFound
from citycommons.core.types import Channel, DatasetId, Use
from citycommons.measure.usage import logs
from citycommons.measure.usage.paths import target_of

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def line(
    moment: datetime = DAY,
    path: str = "/data/trees@1.csv",
    *,
    status: int = 200,
    user: str = "10.0.0.1",
    agent: str = FIREFOX,
    method: str = "GET",
    referer: str = "-",
) -> str:
    when = f"{moment:%d/%b/%Y:%H:%M:%S %z}"
    return f'{user} - - [{when}] "{method} {path} HTTP/1.1" {status} 512 "{referer}" "{agent}"'


def count(folder: Path, *lines: str) -> logs.LogCounts:
    file = folder / "access.log"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return logs.count([file], host="data.example")


def test_every_line_is_accounted_for(tmp_path: Path) -> None:
    found = count(
        tmp_path,
        line(),
        line(DAY + timedelta(seconds=29)),  # a double click
        line(DAY + timedelta(minutes=5), status=304),
        line(status=404),
        line(status=206),
        line(method="HEAD"),
        line(path="/static/city.css"),
        line(agent="Mozilla/5.0 (compatible; Googlebot/2.1)"),
        "this is no line of a log",
        "",
        '\x16\x03\x01 "- - garbage',
    )
    assert (found.lines, found.unread, found.failed, found.elsewhere) == (10, 2, 3, 1)
    assert (found.robots, found.repeated) == (1, 1)
    assert [(c.metric, c.method, c.count) for c in found.counted()] == [
        (Metric.TOTAL_INVESTIGATIONS, Method.REGULAR, 2),
        (Metric.TOTAL_REQUESTS, Method.REGULAR, 2),
        (Metric.UNIQUE_INVESTIGATIONS, Method.REGULAR, 1),
        (Metric.UNIQUE_REQUESTS, Method.REGULAR, 1),
    ]


def test_a_line_says_format_channel_and_referrer(tmp_path: Path) -> None:
    found = count(
        tmp_path,
        line(path="/ogc/collections/trees/items?limit=5", referer="https://www.google.com/"),
        line(path="/tiles/trees/3/2/1.mvt", agent="QGIS/33400", user="b"),
        line(path="/api/3/action/package_show?id=counts", agent="python-requests/2.32", user="c"),
    )
    ((counts, _),) = found.days.values()
    assert {(k[0], k[2], k[3], k[4], k[5], k[6]) for k in counts} == {
        ("trees", "request", "ogc", "person", "geojson", "search"),
        ("trees", "request", "tile", "machine", "mvt", ""),
        ("counts", "investigation", "ckan", "machine", "json", ""),
    }


def test_time_zones_and_packed_files_and_quotes_are_read(tmp_path: Path) -> None:
    late = '10.0.0.1 - - [03/Mar/2026:00:30:00 +0100] "GET /data/trees@1.csv HTTP/1.1" 200 5 "-" '
    file = tmp_path / "access.log.gz"
    text = (
        late + '"Mozilla/5.0 \\"quoted\\" Firefox"\n' + late.replace("trees", "caf\xe9") + '"x y"\n'
    )
    file.write_bytes(gzip.compress(text.encode("latin-1")))
    found = logs.count([file])
    assert list(found.days) == [date(2026, 3, 2)]  # in UTC
    assert found.lines == 2


def test_only_known_datasets_count_where_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "access.log"
    file.write_text(line() + "\n" + line(path="/data/invented@1.csv") + "\n")
    found = logs.count([file], datasets=[DatasetId("trees")])
    assert {one.dataset for one in found.counted()} == {"trees"}
    assert found.elsewhere == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.log"):
        logs.count([tmp_path / "none.log"])


def test_no_lines_give_no_counts(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_text("")
    found = logs.count([tmp_path / "empty.log"])
    assert (found.lines, found.days, found.counted()) == (0, {}, ())


seen_downloads = st.builds(
    Seen,
    moment=st.integers(0, 300).map(lambda n: DAY + timedelta(minutes=57, seconds=n)),
    user=st.sampled_from(["10.0.0.1", "10.0.0.2"]),
    agent=st.sampled_from([FIREFOX, "curl/8.5.0", "Googlebot/2.1"]),
    dataset=st.sampled_from(["trees", "counts"]),
    version=st.integers(1, 2),
    format=st.sampled_from(["csv", "geojson"]),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(seen_downloads, max_size=40))
def test_lines_count_as_the_obvious_way_does(tmp_path: Path, seen: list[Seen]) -> None:
    lines = [
        line(
            one.moment,
            f"/data/{one.dataset}@{one.version}.{one.format}",
            user=one.user,
            agent=one.agent,
        )
        for one in seen
    ]
    found = count(tmp_path, *lines)
    assert found.days.get(DAY.date(), ({}, {})) == expected(seen)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/data/trees@3.csv", ("trees", 3, Use.REQUEST, Channel.FILE, "csv")),
        ("/data/trees@latest.shp.zip", ("trees", 0, Use.REQUEST, Channel.FILE, "shp.zip")),
        ("/datasets/trees@2", ("trees", 2, Use.INVESTIGATION, Channel.PAGE, "html")),
        ("/datasets/trees/rows?limit=5", ("trees", 0, Use.REQUEST, Channel.API, "json")),
        ("/datasets/%C3%A4pfel", ("äpfel", 0, Use.INVESTIGATION, Channel.PAGE, "html")),
        ("/resource/trees.csv", ("trees", 0, Use.REQUEST, Channel.SODA, "csv")),
        ("/static/city.css", None),
        ("/datasets", None),
        ("/datasets/../../etc/passwd", None),
        ("/data/" + "a" * 5000 + ".csv", None),
        ("", None),
    ],
)
def test_an_address_is_a_use_or_none(address: str, wanted: object) -> None:
    assert target_of(address) == wanted
