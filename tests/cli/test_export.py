"""`citycommons export`: each format, whole or selected."""

import io
import json

import pyarrow.parquet as pq
import pytest


@pytest.fixture
def published(run, home, tmp_path):
    path = tmp_path / "stops.csv"
    path.write_text("name,lon,lat,uses\nMarket,18.17,40.35,120\n=cmd|'/c calc'!A1,18.18,40.36,7\n")
    done = run("publish", path, "--dataset", "stops", "--license", "CC0-1.0", "--json")
    assert done.code == 0, done.err
    return done.json


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "ndjson", "geojson", "parquet", "gpkg"])
def test_each_format_is_written_whole(run, published, tmp_path, suffix):
    target = tmp_path / f"out.{suffix}"
    done = run("export", "stops", "-o", target, "--json")
    assert done.code == 0, done.err
    assert done.json["bytes"] == target.stat().st_size > 0
    if suffix == "parquet":
        assert pq.read_table(target).num_rows == 2
    if suffix == "geojson":
        assert len(json.loads(target.read_text())["features"]) == 2
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_stdout_is_csv_unless_a_format_is_named(run, published):
    assert run("export", "stops").out.startswith("name,")
    lines = run("export", "stops", "--format", "ndjson").out.splitlines()
    assert sorted(json.loads(line)["uses"] for line in lines) == [7, 120]


def test_rows_can_be_chosen_as_in_the_api(run, published):
    chosen = run("export", "stops", "--where", "uses__gt=10", "--where", "columns=name,uses")
    assert chosen.out == "name,uses\r\nMarket,120\r\n"
    assert run("export", "stops", "--where", "nothing=1").code == 5
    assert run("export", "stops", "--where", "uses").code == 5


def test_a_formula_is_disarmed_in_csv(run, published):
    import csv

    rows = list(csv.DictReader(io.StringIO(run("export", "stops").out)))
    assert {row["name"] for row in rows} == {"Market", "'=cmd|'/c calc'!A1"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nothing"], 4, "no dataset"),
        (["stops@9"], 4, "no version “9”"),
        (["stops", "--format", "dwg"], 5, "no format “dwg”"),
        (["stops", "-o", "out.dwg"], 5, "Name it with --format"),
        (["stops", "-o", "/proc/none/out.csv"], 8, "cannot be written"),
        (["stops", "--json"], 5, "name a file"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(run, published, words, code, says):
    refused = run("export", *words)
    assert refused.code == code
    assert says in refused.err
