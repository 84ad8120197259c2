"""Avro: types of the schema, nested records, damaged files."""

import io
from datetime import UTC, date, datetime

import fastavro
import pytest
from tests.standardise.parcels import fields, read_text

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldType

SCHEMA = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "meter", "type": "string"},
        {"name": "kwh", "type": ["null", "double"]},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "taken", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "ok", "type": "boolean"},
        {
            "name": "at",
            "type": {
                "type": "record",
                "name": "At",
                "fields": [{"name": "floor", "type": "int"}],
            },
        },
    ],
}


def avro(rows, codec="deflate"):
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(SCHEMA), rows, codec=codec)
    return out.getvalue()


ROW = {
    "meter": "0042",
    "kwh": 1.5,
    "day": date(2026, 3, 1),
    "taken": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "ok": True,
    "at": {"floor": 2},
}


def test_types_are_those_of_the_schema(tmp_path):
    table, _ = read_text(tmp_path, avro([ROW, {**ROW, "kwh": None}]), "m.avro")
    assert {name: field.type for name, field in fields(table).items()} == {
        "meter": FieldType.STRING,
        "kwh": FieldType.NUMBER,
        "day": FieldType.DATE,
        "taken": FieldType.DATETIME,
        "ok": FieldType.BOOLEAN,
        "at.floor": FieldType.INTEGER,
    }
    assert table["meter"].to_pylist() == ["0042", "0042"]
    assert table["kwh"].to_pylist() == [1.5, None]


def test_a_cut_file_is_invalid(tmp_path):
    whole = avro([ROW] * 1000)
    with pytest.raises(Invalid, match="damaged Avro"):
        read_text(tmp_path, whole[: len(whole) // 2], "m.avro")
