"""Files that were made to do harm, or came damaged: a clear error, or a table with faults."""

import gzip
import io
import re
import resource
import time
import zipfile
from collections.abc import Iterator

import pytest
import xlsxwriter
from tests.standardise.parcels import parcel, read_text, rules

from citycommons.core.errors import CityError, Invalid, TooMuch
from citycommons.standardise.read import read

MB = 1 << 20


@pytest.fixture(autouse=True)
def _in_bounds() -> Iterator[None]:
    """Each of these files is done with in seconds, and in bounded memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # kB


def workbook(change: dict[str, tuple[bytes, bytes]] | None = None) -> bytes:
    """A good XLSX, with bytes of its parts replaced."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for r in range(200):
            page.write(r, 0, f"row {r}" if r else "a")
            page.write(r, 1, r if r else "b")
    out = io.BytesIO()
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            data = source.read(info)
            for end, (old, new) in (change or {}).items():
                if info.filename.endswith(end):
                    assert re.search(old, data)
                    data = re.sub(old, lambda _, new=new: new, data, count=1)
            target.writestr(info.filename, data)
    return out.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def test_one_cell_at_the_far_end_of_a_sheet_does_not_take_all_memory(tmp_path):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    given = parcel(tmp_path, workbook({"sheet1.xml": (b"</sheetData>", far)}), "far.xlsx")
    with pytest.raises(TooMuch, match="17179885568 cells"):
        read(given)


def test_an_open_document_that_repeats_its_cells_for_ever_is_refused(tmp_path):
    out = io.BytesIO()
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" '
    content = (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="T">'
        f'<table:table-row table:number-rows-repeated="1048576">{cell}office:value="1">'
        "<text:p>1</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    with pytest.raises((TooMuch, Invalid)):
        read(parcel(tmp_path, out.getvalue(), "for_ever.ods"))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_workbook_is_invalid(tmp_path, share):
    whole = workbook()
    with pytest.raises(Invalid, match="damaged"):
        read(parcel(tmp_path, whole[: int(len(whole) * share)], "cut.xlsx"))


def test_entities_in_a_workbook_are_not_expanded(tmp_path):
    bomb = workbook(
        {"sharedStrings.xml": (rb"(?s)\?>.*", b"?>" + ENTITIES + b"<sst><si><t>&b;</t></si></sst>")}
    )
    with pytest.raises(Invalid, match="no workbook"):
        read(parcel(tmp_path, bomb, "entities.xlsx"))


def test_a_packed_text_that_grows_is_stopped(tmp_path):
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * (20 * MB))
    assert len(bomb) < MB
    with pytest.raises(TooMuch, match="unpacked_limit_mb"):
        read(parcel(tmp_path, bomb, "bomb.csv.gz"), unpacked_limit_mb=8)


def test_a_zip_that_grows_is_refused_before_it_is_unpacked(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * (100 * MB))
    with pytest.raises(TooMuch, match="to one"):
        read(parcel(tmp_path, out.getvalue(), "bomb.zip"))


def test_a_cut_gzip_is_invalid(tmp_path):
    whole = gzip.compress(b"a,b\n" + bytes(range(33, 90)) * 1000)
    with pytest.raises(Invalid, match="damaged"):
        read(parcel(tmp_path, whole[: len(whole) // 2], "cut.csv.gz"))


def test_one_endless_cell_is_no_table_or_a_fault(tmp_path):
    with pytest.raises(Invalid, match="field"):
        read_text(tmp_path, b"a,b\n" + b"0" * (20 * MB), "endless.csv")
    table, report = read_text(tmp_path, b'a,b\n1,"' + b"x" * (4 * MB) + b"\n2,y\n")
    assert table.num_rows == 2
    assert len(next(f.value for f in report.faults if f.rule == "quotes")) <= 500


def test_nul_characters_are_left_out_and_told(tmp_path):
    table, report = read_text(tmp_path, b"a,b\n1,x\n2,y\0\n" + b"3,z\n" * 300)
    assert table["b"][1].as_py() == "y"
    assert rules(report)["nul", ""] == 1
    assert next(f.line for f in report.faults if f.rule == "nul") == 3


def test_two_encodings_in_one_file_are_told_line_by_line(tmp_path):
    new, old = "Münster;1\nKöln;2\n".encode(), "Düren;3\nGießen;4\n".encode("latin-1")
    table, report = read_text(tmp_path, b"name;n\n" + new + old + "Füssen;5\n".encode())
    assert table["name"].to_pylist() == ["Münster", "Köln", "Düren", "Gießen", "Füssen"]
    assert [f.line for f in report.faults if f.rule == "encoding"] == [4, 5]
    assert "encoding utf-8, 2 lines in cp1252" in report.steps


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
def test_wide_letters_are_known_with_and_without_their_mark(tmp_path, encoding):
    table, _ = read_text(tmp_path, "Ort;n\nMünster;1\nKöln;2\n".encode(encoding), "a.csv")
    assert table.to_pydict() == {"Ort": ["Münster", "Köln"], "n": [1, 2]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wide.csv", ",".join(f"c{i}" for i in range(100_000)) + "\n"),
        ("wide.json", "[{" + ",".join(f'"c{i}":1' for i in range(20_000)) + "}]"),
        ("wide.xml", "<?xml version='1.0'?><r>" + "".join(f"<a{i}/>" for i in range(20_000))),
    ],
)
def test_a_million_columns_are_no_table(tmp_path, name, content):
    with pytest.raises(Invalid, match=r"more than 5000|at most 5000"):
        read_text(tmp_path, content, name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.json", "[" * 100_000 + "]" * 100_000),
        ("object.json", '{"a":' * 100_000 + "1" + "}" * 100_000),
        ("both.json", '[{"a":' * 5_000 + "1" + "}]" * 5_000),
        ("shape.geojson", '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":'
         + "[" * 50_000),
        ("deep.xml", "<?xml version='1.0'?>" + "<a>" * 200_000),
        ("cut.json", '[{"a":1},{"a":2},{"a"'),
    ],
)  # fmt: skip
def test_what_has_no_bottom_is_invalid(tmp_path, name, content):
    with pytest.raises(Invalid):
        read_text(tmp_path, content, name)


def test_levels_beyond_the_sixth_stay_together_as_text(tmp_path):
    nested = '{"a":' * 100 + "1" + "}" * 100
    table, _ = read_text(tmp_path, f'[{{"x":{nested}}},{{"x":{nested}}}]', "deep.json")
    assert (table.num_rows, table.num_columns) == (2, 1)


@pytest.mark.parametrize(
    "name", ["bomb.xml", "bomb.kml", "bomb.gml", "bomb.gpx", "bomb.osm", "bomb.csv"]
)
def test_no_format_expands_entities(tmp_path, name):
    levels = b"".join(
        b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 30 if i else b"lol") for i in range(9)
    )
    root = {
        "bomb.xml": b"<r><a>&l8;</a><a>&l8;</a></r>",
        "bomb.kml": b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&l8;'
        b"</name></Placemark></Document></kml>",
        "bomb.gml": b'<r xmlns="http://www.opengis.net/gml"><featureMember><a>&l8;</a>'
        b"</featureMember></r>",
        "bomb.gpx": b'<gpx version="1.1"><wpt lat="1" lon="1"><name>&l8;</name></wpt></gpx>',
        "bomb.osm": b'<osm version="0.6"><node id="1" lat="1" lon="1"><tag k="a" v="&l8;"/></node>'
        b"</osm>",
        "bomb.csv": b"<r><a>&l8;</a></r>",
    }[name]
    content = b'<?xml version="1.0"?><!DOCTYPE r [' + levels + b"]>" + root
    told = ""
    try:
        table, _ = read_text(tmp_path, content, name)
    except CityError as refused:
        told = refused.message
    else:
        told = f"{name} {table.to_pydict()}"
    assert name in told
    assert len(told) < 10_000


def test_a_quote_that_never_closes_spoils_one_line(tmp_path):
    table, report = read_text(tmp_path, 'a,b\n1,"x\n' + "2,y\n" * 50_000)
    assert table.num_rows == 50_001
    assert rules(report)["quotes", ""] == 1


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.xml", "a.xlsx", "a.dxf", "a.avro", "a.bin"])
def test_random_bytes_are_refused(tmp_path, name):
    with pytest.raises(Invalid):
        read_text(tmp_path, bytes(range(256)) * 200, name)
