"""Every built-in format passes the public suite; a format of one's own is found by one line."""

from dataclasses import dataclass

import pyarrow as pa
import pytest
from tests.standardise.parcels import parcel

from citycommons.core import plugs
from citycommons.standardise.check import check_format
from citycommons.standardise.formats import Draft, Format, Source

EXAMPLES = {
    "delimited": ("a.csv", b"a;b\n1;x\n2;y\n"),
    "geojson": (
        "a.geojson",
        b'{"type":"FeatureCollection","features":['
        b'{"type":"Feature","properties":{"a":1,"b":"x"},"geometry":null},'
        b'{"type":"Feature","properties":{"a":2,"b":"y"},"geometry":null}]}',
    ),
    "json": ("a.json", b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]'),
    "ndjson": ("a.ndjson", b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'),
    "xml": ("a.xml", b"<?xml version='1.0'?><r><i a='1'><b>x</b></i><i a='2'><b>y</b></i></r>"),
    "topojson": (
        "a.json",
        b'{"type":"Topology","arcs":[],"objects":{"o":{"type":"GeometryCollection","geometries":['
        b'{"type":"Point","coordinates":[7,51],"properties":{"a":1,"b":"x"}},'
        b'{"type":"Point","coordinates":[8,52],"properties":{"a":2,"b":"y"}}]}}}',
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_built_in_format_keeps_the_contract(tmp_path, name):
    given = parcel(tmp_path, EXAMPLES[name][1], EXAMPLES[name][0])
    check_format(plugs.load("formats", name)(), given, rows=2, columns=("a", "b"))


def test_all_formats_are_installed_and_are_formats():
    assert {
        "avro",
        "delimited",
        "dxf",
        "filegdb",
        "flatgeobuf",
        "geojson",
        "geopackage",
        "gml",
        "gpx",
        "json",
        "kml",
        "mapinfo",
        "ndjson",
        "osm",
        "parquet",
        "shapefile",
        "topojson",
        "workbook",
        "xml",
    } <= set(plugs.names("formats"))
    assert all(isinstance(plugs.load("formats", n)(), Format) for n in plugs.names("formats"))


@dataclass(frozen=True)
class FixedWidth:
    """Somebody's own format: cells of three letters."""

    forgets: bool = False

    def recognises(self, source: Source) -> float:
        return 1.0 if source.head.startswith(b"FIX") else 0.0

    def read(self, source: Source) -> Draft:
        lines = source.path.read_text().splitlines()[1:]
        rows = lines[:1] if self.forgets else lines
        return Draft(
            table=pa.table({"a": [r[:3].strip() for r in rows], "b": [r[3:6] for r in rows]})
        )


def test_a_format_of_ones_own_passes_and_a_forgetful_one_does_not(tmp_path):
    given = parcel(tmp_path, "FIX\n 12abc\n 13def\n", "a.fix")
    check_format(FixedWidth(), given, rows=2, columns=("a", "b"))
    with pytest.raises(AssertionError, match="1 rows were read, not 2"):
        check_format(FixedWidth(forgets=True), given, rows=2, columns=("a", "b"))
