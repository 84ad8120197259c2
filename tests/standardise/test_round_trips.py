"""Properties: what any dialect, encoding or number style wrote is what is read."""

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.standardise.parcels import parcel

from citycommons.core.errors import CityError
from citycommons.standardise.read import read
from citycommons.standardise.words import EMPTY, EMPTY_AMONG_TYPED

LETTERS = "abcdefgäöüßéèàçùñ ABCÄÖÜ"
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _is_word(text: str) -> bool:
    """Words that say something, and are no numbers, dates, or yes and no."""
    bare = text.strip().lower()
    return bool(bare) and bare not in EMPTY_AMONG_TYPED and text not in EMPTY


words = (
    st.text(LETTERS + ',;|"\n\t', min_size=1, max_size=12).map(lambda t: f"w{t}").filter(_is_word)
)
rows = st.lists(
    st.tuples(
        words,
        st.none() | st.integers(-(10**12), 10**12),
        st.none() | st.integers(-(10**7), 10**7).map(lambda n: n / 100 + 0.001),
        st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    ),
    min_size=3,
    max_size=30,
)


def grouped(number: float, decimal: str, thousands: str, places: int) -> str:
    text = f"{number:,.{places}f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


@quick
@given(
    rows=rows,
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    decimal=st.sampled_from([",", "."]),
    has_groups=st.booleans(),
    day=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y"]),
)
def test_a_table_in_any_dialect_reads_back_equal(
    rows, delimiter, encoding, end, decimal, has_groups, day
):
    thousands = {",": ".", ".": ","}[decimal] if has_groups else ""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(["label", "whole", "share", "since"])
    for word, whole, share, since in rows:
        writer.writerow(
            [
                # A carriage return would end a line of this file, so texts hold the file's own end.
                word.replace("\n", end),
                "" if whole is None else str(whole),
                "" if share is None else grouped(share, decimal, thousands, 3),
                "" if since is None else since.strftime(day),
            ]
        )
    with tempfile.TemporaryDirectory() as folder:
        table, report = read(parcel(Path(folder), out.getvalue().encode(encoding)))
    found = table.to_pydict()
    assert found["label"] == [word.replace("\n", end) for word, *_ in rows]
    assert found["whole"] == [row[1] for row in rows]
    shares = [row[2] for row in rows]
    is_right = found["share"] == [s if s is None else round(s, 3) for s in shares]
    assert is_right or _is_ambiguous(shares)
    assert found["since"] == [row[3] for row in rows] or _is_short(rows, day)
    assert report.faults == ()


def _is_ambiguous(shares: list[float | None]) -> bool:
    """Three digits behind every separator, as in 1.234, may be decimals or thousands."""
    given = [abs(share) for share in shares if share is not None]
    return all(1 <= share < 1000 for share in given)


def _is_short(rows: list[tuple[object, ...]], day: str) -> bool:
    """No day above 12: nothing decides between day and month."""
    days = [row[3] for row in rows if row[3] is not None]
    return day == "%d.%m.%Y" and all(d.day <= 12 for d in days)


@quick
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.integers(0, 3))
def test_every_row_is_data_or_a_fault(widths, blank):
    """Rows of any widths: what is not in the table is in the report, with its line."""
    lines = ["a,b,c"] * 1 + ["1,2,3"] * 40
    lines += [",".join(f"x{i}" for i in range(width)) for width in widths] + [""] * blank
    lines += ["4,5,6"]
    with tempfile.TemporaryDirectory() as folder:
        table, report = read(parcel(Path(folder), "\n".join(lines) + "\n"))
    filled = sum(1 for line in lines[1:] if line)
    assert table.num_rows + report.rejected == filled
    for fault in report.faults:
        if fault.rule in ("short-row", "long-row"):
            assert lines[fault.line - 1] == fault.value


@settings(quick, max_examples=8)
@given(st.lists(st.sampled_from(["7", "12", "oh 1", "2x", "-"]), min_size=120, max_size=200))
def test_faults_name_the_line_of_their_value(values):
    lines = ["key,n"] + [f'"k\n{i}",{value}' for i, value in enumerate(values)]
    lines += [f"k,{i}" for i in range(100, 20_000)]
    with tempfile.TemporaryDirectory() as folder:
        _, report = read(parcel(Path(folder), "\n".join(lines) + "\n"))
    wrong = [(i * 2 + 2, value) for i, value in enumerate(values) if value in ("oh 1", "2x")]
    assert [(fault.line, fault.value) for fault in report.faults] == wrong


SIGNATURES = [
    b"",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"PAR1",
    b'{"a":',
    b'[{"a": 1}',
    b'{"type": "FeatureCollection", "features": [{"geometry"',
    b"<?xml version='1.0'?><kml>",
    b"<a xmlns='http://www.opengis.net/gml'>",
    b"SQLite format 3\0GPKG",
    b"fgb\x03fgb\x00",
    b"\x00\x00\x27\x0a",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"a;b\n1;",
    b'a,b\n"',
]


@settings(quick, max_examples=150)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=400))
def test_any_bytes_give_a_table_or_a_clear_refusal(signature, rest):
    raw = signature + rest
    refusal: CityError | None = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            table, _ = read(parcel(Path(folder), raw))
        except CityError as error:
            refusal = error
    assert table.num_columns > 0 if refusal is None else len(refusal.message) > 20
