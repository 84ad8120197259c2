"""JSON and NDJSON."""

from datetime import date

import pytest
from tests.standardise.parcels import read_text, rules

from citycommons.core.errors import Invalid


def test_nested_records_are_found_and_flattened(tmp_path):
    text = """{"help": "x", "result": {"records": [
        {"id": 1, "where": {"street": "Ring", "no": "07"}, "tags": ["a", "b"], "day": "2026-01-02"},
        {"id": 2, "where": {"street": "Weg"}, "more": null}]}}"""
    table, report = read_text(tmp_path, text, "a.json")
    assert table.to_pydict() == {
        "id": [1, 2],
        "where.street": ["Ring", "Weg"],
        "where.no": ["07", None],
        "tags": ['["a","b"]', None],
        "day": [date(2026, 1, 2), None],
        "more": [None, None],
    }
    assert "records taken from result.records" in report.steps


def test_the_envelope_of_portals_is_taken_off(tmp_path):
    text = '{"records": [{"recordid": "a", "fields": {"n": 1, "geo": [48.8, 2.25]}}]}'
    table, _ = read_text(tmp_path, text, "a.json")
    assert table.column_names == ["recordid", "n", "geo", "geometry"]


def test_a_geometry_in_a_record_is_a_geometry(tmp_path):
    text = '[{"n": 1, "geometry": {"type": "Point", "coordinates": [7.6, 51.9]}}]'
    table, _ = read_text(tmp_path, text, "a.json")
    assert table.column_names == ["n", "geometry"]
    assert table["geometry"].type == "binary"


def test_words_that_are_no_json_are_nulls_and_said(tmp_path):
    text = '[{"a": undefined, "b": "undefined is a word"}, {"a": NaN, "b": "x"}, {"a": 3},]'
    table, report = read_text(tmp_path, text, "a.json")
    assert table["a"].to_pylist() == [None, None, 3]
    assert table["b"].to_pylist() == ["undefined is a word", "x", None]
    assert rules(report) == {("json", ""): 2}


def test_columns_of_lists_and_rows_of_lists_are_tables(tmp_path):
    assert read_text(tmp_path, '{"a": [1, 2], "b": ["x", "y"]}', "a.json")[0].to_pydict() == {
        "a": [1, 2],
        "b": ["x", "y"],
    }
    assert read_text(tmp_path, '[["a", "b"], [1, "x"]]', "a.json")[0].to_pydict() == {
        "a": [1],
        "b": ["x"],
    }


def test_lines_of_ndjson_are_rows_and_broken_ones_faults(tmp_path):
    text = '{"a": 1}\n{"a": 2}\nnonsense\n\n{"a": 3}\n'
    table, report = read_text(tmp_path, text, "a.ndjson")
    assert table["a"].to_pylist() == [1, 2, 3]
    assert [(f.line, f.value, f.is_rejected) for f in report.faults] == [(3, "nonsense", True)]


def test_ndjson_is_known_without_its_name(tmp_path):
    table, _ = read_text(tmp_path, '{"a": 1}\n{"a": 2}\n', "download")
    assert table["a"].to_pylist() == [1, 2]


def test_broken_json_says_the_line(tmp_path):
    with pytest.raises(Invalid, match=r"a\.json is broken JSON, line 2"):
        read_text(tmp_path, '[{"a": 1},\n{"a": ]', "a.json")


def test_json_without_records_is_invalid(tmp_path):
    with pytest.raises(Invalid, match="without records"):
        read_text(tmp_path, "[1, 2, 3]", "a.json")


@pytest.mark.parametrize(
    "document",
    [
        '{"result": {"fields": [{"id": "a"}, {"id": "b"}], "records": [[1, "x"], [2, "y"]]}}',
        '{"meta": {"view": {"columns": [{"name": "sid", "dataTypeName": "meta_data"}, '
        '{"name": "a"}, {"name": "b"}]}}, "data": [["r1", 1, "x"], ["r2", 2, "y"]]}',
        '{"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, "y"]]}',
        '{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}',
        '{"total_count": 2, "results": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]}',
    ],
    ids=["ckan", "socrata", "split", "by-column", "opendatasoft"],
)
def test_what_portals_call_json_is_one_table(tmp_path, document):
    table, _ = read_text(tmp_path, document, "a.json")
    assert table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_json_stat_is_a_row_a_cell(tmp_path):
    document = (
        '{"version": "2.0", "class": "dataset", "id": ["sex", "year"], "size": [2, 2], '
        '"dimension": {"sex": {"label": "Sex", "category": {"index": ["m", "f"], '
        '"label": {"m": "men", "f": "women"}}}, "year": {"category": {"index": '
        '{"2024": 1, "2023": 0}}}}, "value": [1, 2, 3, null]}'
    )
    table, _ = read_text(tmp_path, document, "a.json")
    assert table["Sex"].to_pylist() == ["men", "men", "women", "women"]
    assert [str(year) for year in table["year"].to_pylist()] == ["2023", "2024", "2023", "2024"]
    assert table["value"].to_pylist() == [1, 2, 3, None]


def test_a_point_of_named_degrees_is_a_place(tmp_path):
    document = '[{"n": 1, "geo_point_2d": {"lon": 7.62, "lat": 51.96}}, {"n": 2, "geo_point_2d": '
    document += '{"lon": 7.63, "lat": 51.95}}]'
    table, _ = read_text(tmp_path, document, "a.json")
    assert table["geometry"].null_count == 0
