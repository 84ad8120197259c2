"""CQL2 as OGC publishes it: its examples are read, its abstract test suite counts the same."""

import json
from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest
from tests.share.conftest import opened_in

from citycommons.core.types import Field, FieldType
from citycommons.share.expressions import cql2_json, cql2_text
from citycommons.share.open import Opened
from citycommons.share.query import Query
from citycommons.share.rows import rows
from citycommons.store.lake import Lake

LAYERS = (
    "ne_110m_admin_0_countries",
    "ne_110m_populated_places_simple",
    "ne_110m_rivers_lake_centerlines",
)
CONTESTED = {
    "ACCENTI(name) LIKE accenti('Ch%')": 3,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))": 1,
    "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))": 1,
}
"""Rows of the suite that its own data contradicts, with what the data says."""


@pytest.fixture(scope="module")
def layers(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    lake = Lake(tmp_path_factory.mktemp("cql2"))
    return {name: _layer(lake, conformance / "cql2" / "ne110m4cql2.gpkg", name) for name in LAYERS}


def _layer(lake: Lake, path: Path, name: str) -> Opened:
    meta, table = pyogrio.read_arrow(path, layer=name)
    place = meta["geometry_name"] or "wkb_geometry"
    columns = {
        field.name: (
            table.column(field.name).cast(pa.timestamp("us", tz="UTC"))
            if pa.types.is_timestamp(field.type)
            else table.column(field.name)
        )
        for field in table.schema
    }
    columns[place] = table.column(place).cast(pa.binary())
    return opened_in(
        lake,
        pa.table(columns),
        *(Field(name=n, type=_kind(c.type, n == place)) for n, c in columns.items()),
    )


def _kind(kind: pa.DataType, is_place: bool) -> FieldType:
    if is_place:
        return FieldType.GEOMETRY
    if pa.types.is_boolean(kind):
        return FieldType.BOOLEAN
    if pa.types.is_integer(kind):
        return FieldType.INTEGER
    if pa.types.is_floating(kind):
        return FieldType.NUMBER
    if pa.types.is_date(kind):
        return FieldType.DATE
    return FieldType.DATETIME if pa.types.is_timestamp(kind) else FieldType.STRING


def test_the_abstract_test_suite_counts_what_we_count(
    conformance: Path, layers: dict[str, Opened]
) -> None:
    suite = json.loads((conformance / "cql2" / "ats_predicates.json").read_text())
    assert len(suite) == 351
    wrong = []
    for row in suite:
        expected = CONTESTED.get(row["filter"], row["expected"])
        asked = Query(filter=cql2_text.parse(row["filter"]), limit=1)
        found = rows(layers[row["layer"]], asked).total
        if found != expected:
            wrong.append((row["filter"], expected, found))
    assert wrong == []


def test_every_published_example_is_read_and_both_encodings_say_the_same(
    conformance: Path,
) -> None:
    texts = {p.stem: p.read_text() for p in (conformance / "cql2" / "text").glob("*.txt")}
    jsons = {p.stem: p.read_bytes() for p in (conformance / "cql2" / "json").glob("*.json")}
    assert (len(texts), len(jsons)) == (120, 109)
    for name, text in texts.items():
        read = cql2_text.parse(text)
        if name in jsons:
            assert read == cql2_json.parse(jsons[name]), name
