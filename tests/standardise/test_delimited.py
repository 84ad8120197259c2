"""Delimited text: dialects, ragged rows, titles, footers, and the lines that faults name."""

import pytest
from tests.standardise.parcels import fields, read_text, rules

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldType


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_any_delimiter_is_found(tmp_path, delimiter):
    rows = [("name", "count", "note"), ("Aa", "12", "calm"), ("Ems", "7", "busy")]
    table, report = read_text(tmp_path, "\n".join(delimiter.join(row) for row in rows))
    assert table.to_pydict() == {"name": ["Aa", "Ems"], "count": [12, 7], "note": ["calm", "busy"]}
    assert report.faults == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u0085"])
def test_any_line_end_is_read(tmp_path, end):
    table, _ = read_text(tmp_path, f"a;b{end}1;x{end}2;y{end}")
    assert table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_a_nel_inside_a_line_stays_in_its_cell(tmp_path):
    table, _ = read_text(tmp_path, 'a;b\n1;"Jahr\u0085"\n2;x\n')
    assert table["b"].to_pylist() == ["Jahr\u0085", "x"]


def test_titles_above_and_sums_below_are_left_out_and_said(tmp_path):
    text = (
        ";;Subsidies 2016;;\n;;;;\nday;who;what;asked;given\n"
        "1.2.2016;A;x;10;5\n2.2.2016;B;y;20;10\n;;;;\nTotal;30;;;\nSource: the city\n"
    )
    table, report = read_text(tmp_path, text)
    assert table["asked"].to_pylist() == [10, 20]
    assert "1 title rows left out: Subsidies 2016" in report.steps
    assert [(f.line, f.value, f.is_rejected) for f in report.faults] == [
        (7, "Total;30;;;", True),
        (8, "Source: the city", True),
    ]
    assert report.rejected == 2


def test_short_rows_are_padded_and_long_rows_kept_aside_with_their_lines(tmp_path):
    text = 'a,b,c\n1,"x\ny",z\n\n2,short\n3,p,q,r\n4,p,q,\n5,p,q\n'
    table, report = read_text(tmp_path, text)
    assert table["a"].to_pylist() == [1, 2, 4, 5]
    assert table["b"].to_pylist() == ["x\ny", "short", "p", "p"]
    assert table["c"].to_pylist() == ["z", None, "q", "q"]
    assert [(f.rule, f.line, f.value, f.is_rejected) for f in report.faults] == [
        ("short-row", 5, "2,short", False),
        ("long-row", 6, "3,p,q,r", True),
    ]


def test_a_trailing_delimiter_makes_no_column(tmp_path):
    table, report = read_text(tmp_path, "a;b\n1;2;\n3;4;\n5;6;\n")
    assert table.to_pydict() == {"a": [1, 3, 5], "b": [2, 4, 6]}
    assert report.summary == ()


def test_a_value_behind_the_trailing_delimiter_is_a_long_row(tmp_path):
    rows = "".join(f"{i};{i};\n" for i in range(600))
    table, report = read_text(tmp_path, f"a;b\n{rows}7;8;9\n")
    assert table.num_rows == 600
    assert [(f.rule, f.line, f.value) for f in report.faults] == [("long-row", 602, "7;8;9")]


def test_empty_and_double_names_become_unique(tmp_path):
    table, _ = read_text(tmp_path, "Fuß;;Fuß;Rad\n1;2;3;4\n5;6;7;8\n")
    assert table.column_names == ["Fuß", "column_2", "Fuß_2", "Rad"]


def test_a_file_without_header_names_columns_by_place(tmp_path):
    table, report = read_text(tmp_path, "1,2.5,x\n2,3.5,y\n3,4.5,z\n")
    assert table.column_names == ["column_1", "column_2", "column_3"]
    assert table.num_rows == 3
    assert "no header row; columns are named by their place" in report.steps


def test_years_as_names_are_a_header(tmp_path):
    table, _ = read_text(tmp_path, "district;2019;2020;2021\nOst;10;11;12\nWest;20;21;22\n")
    assert table.column_names == ["district", "2019", "2020", "2021"]


def test_a_second_header_row_becomes_descriptions(tmp_path):
    text = "time,Theater,Dom\ntotal,(743),(202)\n2025-01-01 00:00,3,4\n2025-01-01 01:00,5,6\n"
    table, _ = read_text(tmp_path, text)
    assert table["Theater"].to_pylist() == [3, 5]
    assert fields(table)["Theater"].description == {"und": "(743)"}


def test_header_only_is_an_empty_table(tmp_path):
    table, _ = read_text(tmp_path, "name;0:00;1:00\n")
    assert (table.num_rows, table.column_names) == (0, ["name", "0:00", "1:00"])


def test_quotes_that_never_close_do_not_swallow_the_file(tmp_path):
    rows = "".join(f'{i},"inch {i}\n' if i == 3 else f"{i},plain\n" for i in range(9))
    table, report = read_text(tmp_path, f"a,b\n{rows}")
    assert table["a"].to_pylist() == list(range(9))
    assert ("quotes", "") in rules(report)


def test_line_numbers_are_right_behind_quoted_line_breaks(tmp_path):
    rows = "".join(f'{i},"two\nlines"\n' for i in range(100))
    table, report = read_text(tmp_path, f"n,t\n{rows}many,x\n")
    assert table["n"].type == "int64"
    assert [(f.rule, f.column, f.line, f.value) for f in report.faults] == [
        ("integer", "n", 202, "many")
    ]
    assert table["n"].to_pylist()[-1] is None


def test_line_numbers_are_right_in_files_with_carriage_returns_only(tmp_path):
    rows = "".join(f"{i},x\r" for i in range(100))
    _, report = read_text(tmp_path, f"n,t\r{rows}many,x\r")
    assert [fault.line for fault in report.faults] == [102]


def test_running_text_is_no_table(tmp_path):
    text = "# Title\n\nOne sentence, with a comma.\nAnother one.\nA third, longer, one.\nEnd.\n"
    with pytest.raises(Invalid, match="no table"):
        read_text(tmp_path, text, "readme.md")


def test_one_column_is_a_table(tmp_path):
    table, _ = read_text(tmp_path, "count\n1\n2\n3\n")
    assert table.to_pydict() == {"count": [1, 2, 3]}


def test_a_million_faults_are_counted_and_ten_thousand_kept(tmp_path):
    rows = "".join(f"{i},x\n" for i in range(600_000)) + "".join("oh,x\n" for _ in range(11_000))
    table, report = read_text(tmp_path, f"n,t\n{rows}")
    assert table.num_rows == 611_000
    assert len(report.faults) == 10_000
    assert rules(report) == {("integer", "n"): 11_000}
    assert report.faults[0].line == 600_002
    assert fields(table)["n"].type is FieldType.INTEGER


def test_a_quote_that_opens_early_takes_no_row_into_its_cell(tmp_path):
    before = "".join(f'{i},"Müller, {i}",{i}.5\n' for i in range(1, 50))
    after = "".join(f'{i},"Weg {i}, links",{i}.5\n' for i in range(51, 100))
    table, report = read_text(tmp_path, f'id,place,v\n{before}50,"unfinished,50.5\n{after}')
    assert table["id"].to_pylist() == list(range(1, 100))
    assert table["v"].to_pylist() == [i + 0.5 for i in range(1, 100)]
    assert table["place"].to_pylist()[48:51] == ["Müller, 49", '"unfinished', "Weg 51, links"]
    assert [(f.rule, f.line, f.value) for f in report.faults] == [
        ("quotes", 51, '50,"unfinished,50.5')
    ]


def test_two_quotes_far_apart_are_two_unclosed_cells(tmp_path):
    rows = [f"{i};name {i};{i * 2}" for i in range(1, 3001)]
    rows[9], rows[2499] = '10;"ten;20', '2500;"many;5000'
    table, report = read_text(tmp_path, "id;name;v\n" + "\n".join(rows) + "\n")
    assert table["id"].to_pylist() == list(range(1, 3001))
    assert table["v"].to_pylist() == [i * 2 for i in range(1, 3001)]
    assert [(f.rule, f.line) for f in report.faults] == [("quotes", 11), ("quotes", 2501)]


def test_cells_of_several_lines_stay_whole_beside_an_unclosed_quote(tmp_path):
    text = 'id,note,v\n1,"first\n\nthird, line",5\n2,"open,6\n3,"a\nb",7\n4,"c ""d"" e",8\n'
    table, report = read_text(tmp_path, text)
    assert table.to_pydict() == {
        "id": [1, 2, 3, 4],
        "note": ["first\n\nthird, line", '"open', "a\nb", 'c "d" e'],
        "v": [5, 6, 7, 8],
    }
    assert [(f.rule, f.line, f.value) for f in report.faults] == [("quotes", 5, '2,"open,6')]


def test_a_long_text_in_quotes_is_one_cell(tmp_path):
    story = "\n".join(f"Line {i}, with a comma." for i in range(300))
    table, report = read_text(tmp_path, f'id,story,v\n1,"{story}",2\n3,"{story}",4\n')
    assert table.to_pydict() == {"id": [1, 3], "story": [story, story], "v": [2, 4]}
    assert report.faults == ()


def test_eurostats_dimensions_and_flags_get_columns_of_their_own(tmp_path):
    text = (
        "freq,unit,sex,geo\\TIME_PERIOD\t2020 \t2021 \t2022 \n"
        "A,NR,F,DE\t42129098 \t42128684 \t42172851 p\n"
        "A,NR,F,FR\t34714000.5 \t: \t: c\n"
        "A,NR,M,XK\t : \t900000 bep\t0 \n"
    )
    table, report = read_text(tmp_path, text, "demo_pjan.tsv")
    assert table.to_pydict() == {
        "freq": ["A", "A", "A"],
        "unit": ["NR", "NR", "NR"],
        "sex": ["F", "F", "M"],
        "geo": ["DE", "FR", "XK"],
        "2020": [42129098.0, 34714000.5, None],
        "2021": [42128684, None, 900000],
        "2021 (status)": [None, None, "bep"],
        "2022": [42172851, None, 0],
        "2022 (status)": ["p", "c", None],
    }
    assert "delimiter tab" in report.steps
    assert "the first column is 4 dimensions: freq, unit, sex, geo" in report.steps
    assert "3 flags behind values stand in columns beside" in report.steps
    assert report.faults == ()


def test_a_tab_in_every_line_is_the_delimiter(tmp_path):
    table, _ = read_text(tmp_path, "a,b,c\tn\nx,y,z\t1\nu,v,w\t2\n")
    assert table.to_pydict() == {"a,b,c": ["x,y,z", "u,v,w"], "n": [1, 2]}


def test_lines_of_two_encodings_are_each_read_in_their_own(tmp_path):
    text = "id;strasse\n1;Müllerstraße\n".encode() + "2;Königsallee\n".encode("cp1252")
    table, report = read_text(tmp_path, text + "3;Überweg\n".encode())
    assert table["strasse"].to_pylist() == ["Müllerstraße", "Königsallee", "Überweg"]
    assert [(f.rule, f.line, f.value) for f in report.faults] == [("encoding", 3, "2;Königsallee")]


def test_a_second_header_row_tells_columns_of_one_name_apart(tmp_path):
    text = (
        "Bevölkerung (Anzahl);;;\n;;31.12.2021;31.12.2021;31.12.2022;31.12.2022\n"
        ";;männlich;weiblich;männlich;weiblich\n"
        "05515000;Münster, Stadt;152123;164567;153001;165002\n"
        "05112000;Duisburg, Stadt;245001;249876;246123;250011\n"
    )
    table, report = read_text(tmp_path, text)
    assert table.to_pydict() == {
        "column_1": ["05515000", "05112000"],
        "column_2": ["Münster, Stadt", "Duisburg, Stadt"],
        "31.12.2021 / männlich": [152123, 245001],
        "31.12.2021 / weiblich": [164567, 249876],
        "31.12.2022 / männlich": [153001, 246123],
        "31.12.2022 / weiblich": [165002, 250011],
    }
    assert "2 header rows joined" in report.steps
