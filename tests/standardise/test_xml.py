"""XML of any vocabulary: records found by themselves, bounded, and without entities."""

import tracemalloc

import pytest
from tests.standardise.parcels import fields, parcel, read_text

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import FieldType
from citycommons.standardise.formats import Source
from citycommons.standardise.xml import Xml

STATIONS = """<?xml version="1.0" encoding="ISO-8859-1"?>
<p:network xmlns:p="http://example.org/parking" updated="2026-03-01">
  <p:contact><p:name>Traffic office</p:name></p:contact>
  <p:stations>
    <p:station id="007"><p:name>Gare centrale</p:name><p:free unit="cars">12</p:free>
      <p:where><p:lat>48.85</p:lat><p:lon>2.35</p:lon></p:where><p:tag>a</p:tag><p:tag>b</p:tag>
    </p:station>
    <p:station id="012"><p:name>M\u00fcnster</p:name><p:free unit="cars">3</p:free>
      <p:where><p:lat>51.96</p:lat><p:lon>7.62</p:lon></p:where></p:station>
  </p:stations>
</p:network>
"""


def test_the_repeated_element_is_a_row_with_attributes_and_nested_names(tmp_path):
    table, report = read_text(tmp_path, STATIONS.encode("latin-1"), "p.xml")
    assert report.steps == ("records taken from network/stations/station",)
    rows = (
        table.drop_columns(["geometry"]).to_pylist()
        if "geometry" in table.column_names
        else (table.to_pylist())
    )
    assert rows[0] == {
        "id": "007",
        "name": "Gare centrale",
        "free.unit": "cars",
        "free": 12,
        "where.lat": 48.85,
        "where.lon": 2.35,
        "tag": '["a","b"]',
    }
    assert rows[1]["name"] == "Münster"
    assert fields(table)["free"].type is FieldType.INTEGER


def test_attributes_alone_are_values_and_those_around_a_record_go_with_it(tmp_path):
    rates = """<Envelope><Cube><Cube time="2026-03-02"><Cube currency="USD" rate="1.08"/>
    <Cube currency="CHF" rate="0.95"/></Cube><Cube time="2026-03-01"><Cube currency="USD"
    rate="1.07"/><Cube currency="CHF" rate="0.96"/></Cube></Cube></Envelope>"""
    table, _ = read_text(tmp_path, rates, "rates.xml")
    assert table.num_rows == 4
    assert str(table["Cube.time"][0].as_py()) == "2026-03-02"
    assert table["rate"].to_pylist() == [1.08, 0.95, 1.07, 0.96]


def test_a_record_path_is_followed_and_a_wrong_one_named(tmp_path):
    document = "<r>" + "<a><x>1</x></a>" * 3 + "<b><y>2</y><z>3</z></b>" * 3 + "</r>"
    given = parcel(tmp_path, document, "two.xml")
    head = given.path.read_bytes()

    def source(path):
        return Source(
            path=given.path,
            name=given.name,
            head=head,
            record_path=path,
            most_bytes=1 << 20,
            workspace=tmp_path,
        )

    assert Xml().read(source("r/a")).table.to_pydict() == {"x": ["1"] * 3}
    assert Xml().read(source("b")).table.num_rows == 3
    with pytest.raises(NotFound, match=r"r/b"):
        Xml().read(source("r/c"))
    asked = Xml().read(source("")).questions
    assert [(q.kind, [c.value for c in q.choices]) for q in asked] == [("table", ["r/b", "r/a"])]


def test_entities_and_document_types_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    with pytest.raises(Invalid, match="document type"):
        read_text(tmp_path, bomb, "bomb.xml")
    outside = '<?xml version="1.0"?><!DOCTYPE l SYSTEM "file:///etc/passwd"><l><a/><a/></l>'
    with pytest.raises(Invalid, match="document type"):
        read_text(tmp_path, outside, "out.xml")


def test_broken_and_bottomless_xml_is_invalid(tmp_path):
    with pytest.raises(Invalid, match="broken XML"):
        read_text(tmp_path, "<?xml version='1.0'?><a><b>1</b><b>", "cut.xml")
    with pytest.raises(Invalid, match="deep"):
        read_text(tmp_path, "<a>" * 5000 + "</a>" * 5000, "deep.xml")


def test_memory_is_bounded_by_the_table_not_by_the_document(tmp_path):
    padding = "<!-- " + "x" * 2000 + " -->"
    rows = "".join(f"<row><n>{i}</n>{padding}<long>{'y' * 10}</long></row>" for i in range(5000))
    given = parcel(tmp_path, f"<?xml version='1.0'?><rows>{rows}</rows>", "big.xml")
    assert given.path.stat().st_size > 10_000_000
    source = Source(
        path=given.path,
        name=given.name,
        head=given.path.read_bytes()[:65536],
        most_bytes=1 << 30,
        workspace=tmp_path,
    )
    tracemalloc.start()
    draft = Xml().read(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert draft.table.num_rows == 5000
    assert peak < 8_000_000
