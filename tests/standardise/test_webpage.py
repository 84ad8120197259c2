"""Tables of web pages: the largest one with data, its spans, its texts; never a sign-in page."""

import pytest
from tests.standardise.parcels import parcel, read_text

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Plan
from citycommons.standardise.read import standardised

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Export</title>
<script>document.write("<table><tr><td>no</td></tr></table>")</script></head>
<body>
<table class="menu"><tr><td><a href="/">Home</a></td><td>Hilfe</td></tr></table>
<table border=1>
 <caption>Verkehrszählung</caption>
 <tr><th rowspan=2>Straße<th colspan="2">Montag</th><th rowspan="2">Bemerkung</th></tr>
 <tr><th>Kfz<th>Rad</tr>
 <tr><td rowspan="2">M&uuml;llerstra&szlig;e<td align=right>1.234,5</td><td>12</td><td>a<br>b</td>
 <tr><td>2.345,6<td>&nbsp;14&nbsp;<td><img src=x alt="gesperrt">
 <tr><td>Ring &amp; Allee</td><td>99,0</td><td>3</td><td><a href="https://city.example/a"></a>
</table></body></html>
"""


def test_the_largest_table_of_a_page_is_read_with_its_spans(tmp_path):
    table, report = read_text(tmp_path, PAGE, "export.xls")
    assert table.to_pydict() == {
        "Straße": ["Müllerstraße", "Müllerstraße", "Ring & Allee"],
        "Montag / Kfz": [1234.5, 2345.6, 99.0],
        "Montag / Rad": [12, 14, 3],
        "Bemerkung": ["a\nb", "gesperrt", "https://city.example/a"],
    }
    assert report.steps[:2] == ("encoding utf-8", "table 1 of 1 on a web page")
    assert "the table is called “Verkehrszählung”" in report.steps
    assert "1 merged cells of “Straße” filled down to all of their rows" in report.steps
    assert report.faults == ()


def test_a_table_cut_out_of_a_page_is_read_in_the_encoding_it_names(tmp_path):
    rows = "<tr><td>Città</td><td>Valore</td></tr><tr><td>Forlì</td><td>1,5</td></tr>"
    head = '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'
    page = f"{head}<table>{rows}<tr><td>Cefalù</td><td>2,5</td></tr></table>"
    table, _ = read_text(tmp_path, page.encode("cp1252"), "dati.xls")
    assert table.to_pydict() == {"Città": ["Forlì", "Cefalù"], "Valore": [1.5, 2.5]}


def test_of_several_tables_the_largest_is_read_and_the_person_is_asked(tmp_path):
    small = "<table><tr><th>k</th><th>v</th></tr><tr><td>x</td><td>1</td></tr></table>"
    large = "<table><tr><th>id</th><th>n</th></tr>" + "".join(
        f"<tr><td>s{i}</td><td>{i * 10}</td></tr>" for i in range(5)
    )
    there = parcel(tmp_path, f"<html><body>{small}{large}</table></body></html>", "a.html")
    found = standardised([there])
    assert found.table["n"].to_pylist() == [0, 10, 20, 30, 40]
    (question,) = [q for q in found.report.questions if q.kind == "table"]
    assert [(c.value, c.title, c.evidence) for c in question.choices] == [
        ("1", "k / v", "2 rows, 2 columns"),
        ("2", "id / n", "6 rows, 2 columns"),
    ]
    first = standardised([there], plan=Plan(table=1))
    assert first.table.to_pydict() == {"k": ["x"], "v": [1]}
    with pytest.raises(NotFound, match="has no table 3; it has 2"):
        standardised([there], plan=Plan(table=3))


@pytest.mark.parametrize(
    "body",
    [
        "<h1>404</h1><p>Not found</p>",
        "<table><tr><td>Please sign in</td></tr></table>",
        "<table><tr><td>Name<td><input><tr><td>Word<td><input type=password></table>",
        "<table><tr><td>A<td>B<tr><td>C<td><table><tr><td>x</td></tr></table></table>",
        "<!-- <table><tr><td>a<td>b<tr><td>c<td>d</table> -->",
    ],
)
def test_a_page_without_a_table_of_data_stays_refused(tmp_path, body):
    with pytest.raises(Invalid, match="is a web page, not a table") as caught:
        read_text(tmp_path, f"<!doctype html><html><body>{body}</body></html>", "data.csv")
    assert caught.value.where["looks_like"] == "a web page"
