"""Workbooks as one XML file, as Excel 2003 and reporting programs write them."""

import datetime as dt

import pytest
from tests.standardise.parcels import parcel, read_text

from citycommons.core.errors import Invalid, NotFound, TooMuch
from citycommons.standardise.sheets import sheets

BOOK = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:html="http://www.w3.org/TR/REC-html40">
 <Styles>
  <Style ss:ID="s1"><NumberFormat ss:Format="Short Date"/></Style>
  <Style ss:ID="s2"><NumberFormat ss:Format="00000"/></Style>
 </Styles>
 <Worksheet ss:Name="Info"><Table><Row><Cell><Data ss:Type="String">About</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="Zählung"><Table>
  <Row><Cell ss:MergeAcross="4"><Data ss:Type="String">Zählung 2023</Data></Cell></Row>
  <Row ss:Index="3">
   <Cell><Data ss:Type="String">Tag</Data></Cell><Cell><Data ss:Type="String">PLZ</Data></Cell>
   <Cell><Data ss:Type="String">Ort</Data></Cell><Cell><Data ss:Type="String">Kfz</Data></Cell>
   <Cell><Data ss:Type="String">offen</Data></Cell>
  </Row>
  <Row>
   <Cell ss:StyleID="s1"><Data ss:Type="DateTime">2023-03-31T00:00:00.000</Data></Cell>
   <Cell ss:StyleID="s2"><Data ss:Type="Number">1067</Data></Cell>
   <Cell ss:MergeDown="1"><Data ss:Type="String">Dresden</Data></Cell>
   <Cell><Data ss:Type="Number">41.5</Data></Cell><Cell><Data ss:Type="Boolean">1</Data></Cell>
  </Row>
  <Row>
   <Cell ss:StyleID="s1"><Data ss:Type="DateTime">2023-04-01T00:00:00.000</Data></Cell>
   <Cell ss:StyleID="s2"><Data ss:Type="Number">80331</Data></Cell>
   <Cell ss:Index="4"><Data ss:Type="Number">1.0E2</Data></Cell>
   <Cell><Data ss:Type="Boolean">0</Data></Cell>
  </Row>
  <Row ss:Hidden="1">
   <Cell ss:StyleID="s1"><Data ss:Type="DateTime">2023-04-02T00:00:00.000</Data></Cell>
   <Cell ss:StyleID="s2"><Data ss:Type="Number">99084</Data></Cell>
   <Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Er</B>furt</ss:Data>
   </Cell>
   <Cell><Data ss:Type="Error">#DIV/0!</Data></Cell><Cell><Data ss:Type="Boolean">1</Data></Cell>
  </Row>
 </Table></Worksheet>
</Workbook>
"""


def test_a_workbook_in_xml_is_read_with_types_places_and_merged_cells(tmp_path):
    table, report = read_text(tmp_path, BOOK, "zaehlung.xls")
    assert table.to_pydict() == {
        "Tag": [dt.date(2023, 3, 31), dt.date(2023, 4, 1), dt.date(2023, 4, 2)],
        "PLZ": ["01067", "80331", "99084"],
        "Ort": ["Dresden", "Dresden", "Erfurt"],
        "Kfz": [41.5, 100.0, None],
        "offen": [True, False, True],
    }
    assert "sheet Zählung" in report.steps
    assert "other sheets not read: Info" in report.steps
    assert "1 hidden rows are data too, the first in line 6" in report.steps
    assert [(f.rule, f.line, f.column, f.value) for f in report.faults] == [
        ("formula-error", 6, "D", "#DIV/0!")
    ]


def test_its_sheets_can_be_chosen(tmp_path):
    assert sheets(parcel(tmp_path, BOOK, "a.xls")) == ("Info", "Zählung")
    with pytest.raises(NotFound, match="no sheet “Juni”; it has Info, Zählung"):
        read_text(tmp_path, BOOK, "a.xls", sheet="Juni")


@pytest.mark.parametrize("text", [BOOK[:900], BOOK.replace("<Styles>", "<Styles><x></Styles>")])
def test_a_broken_one_is_said_to_be_so(tmp_path, text):
    with pytest.raises(Invalid, match="broken workbook"):
        read_text(tmp_path, text, "a.xls")


def test_a_cell_far_away_takes_no_memory(tmp_path):
    far = '<Row ss:Index="900000000"><Cell ss:Index="900000000"><Data ss:Type="Number">1</Data>'
    text = BOOK.replace(
        " </Table></Worksheet>\n</Workbook>", f"{far}</Cell></Row></Table></Worksheet></Workbook>"
    )

    with pytest.raises(TooMuch, match="Delete what stands far below"):
        read_text(tmp_path, text, "a.xls")
