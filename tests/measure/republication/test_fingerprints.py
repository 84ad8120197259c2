"""Fingerprints: the same rows are the same however written; estimates hold what they promise."""

import csv
import random
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.types import Parcel
from citycommons.measure.republication.fingerprints import K, of_file, of_table, plain
from citycommons.measure.republication.resemblance import resemblance
from citycommons.standardise.read import standardised

texts = st.one_of(st.none(), st.text(max_size=40))
rows = st.lists(st.tuples(texts, st.one_of(st.none(), st.integers(-(10**9), 10**9))), max_size=60)


def table(found, names=("Straße", "count")):
    first, second = ([one[place] for one in found] for place in (0, 1))
    return pa.table(
        {names[0]: pa.array(first, pa.string()), names[1]: pa.array(second, pa.int64())}
    )


def same(a, b):
    return np.array_equal(of_table(a).sketch, of_table(b).sketch)


@given(rows, st.randoms())
def test_the_order_of_rows_and_columns_and_repetition_change_nothing(found, chance):
    original = table(found)
    shuffled = [*found, *found]
    chance.shuffle(shuffled)
    assert same(original, table(shuffled).select(["count", "Straße"]))
    assert of_table(original).shape == of_table(table(shuffled)).shape


@given(rows)
def test_how_values_are_written_changes_nothing(found):
    spaced = [(None if text is None else f"  {text}\t", n) for text, n in found]
    other = table(spaced, ("strasse", "Count")).set_column(
        1, "Count", pa.array([n for _, n in found], pa.float64())
    )
    assert same(table(found, ("strasse", "count")), other)
    encoded = other.set_column(0, "strasse", other["strasse"].dictionary_encode())
    assert same(other, encoded)


@given(rows, rows)
def test_small_tables_are_compared_exactly(a, b):
    norm = [{(None if t is None else t.strip().lower(), n) for t, n in one} for one in (a, b)]
    if any(t and not t.isascii() for one in norm for t, _ in one):
        return  # how case folds beyond ASCII is Arrow's own matter
    alike = resemblance(of_table(table(a)), of_table(table(b)))
    union = len(norm[0] | norm[1])
    assert alike.jaccard.value == (len(norm[0] & norm[1]) / union if union else 0)
    assert alike.jaccard.error == 0


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=60), unique=True, max_size=80))
def test_texts_that_differ_have_hashes_that_differ(found):
    distinct = {text.strip().lower() for text in found}
    made = of_table(pa.table({"t": pa.array(found, pa.string())}))
    assert len(made.sketch) == len(distinct)


@pytest.mark.parametrize(("shared_rows", "of"), [(9_000, 10_000), (5_000, 10_000), (500, 10_000)])
def test_an_estimate_lies_within_four_standard_errors_of_the_truth(shared_rows, of):
    a = pa.table({"n": range(of), "text": [f"row {n}" for n in range(of)]})
    start = of - shared_rows
    b = pa.table(
        {"n": range(start, start + of), "text": [f"row {n}" for n in range(start, start + of)]}
    )
    alike = resemblance(of_table(a), of_table(b))
    truth = shared_rows / (2 * of - shared_rows)
    assert abs(alike.jaccard.value - truth) <= 4 * max(alike.jaccard.error, 1 / K)
    assert abs(alike.ours_there.value - shared_rows / of) <= 4 * max(alike.ours_there.error, 1 / K)


def test_an_extract_and_a_collection_are_recognised_by_what_they_contain():
    whole = pa.table({"n": range(50_000), "street": [f"Street {n % 999}" for n in range(50_000)]})
    extract = whole.filter(pa.array([n % 20 == 0 for n in range(50_000)]))
    alike = resemblance(of_table(whole), of_table(extract))
    assert alike.is_copy
    assert alike.jaccard.value < 0.1
    assert alike.theirs_here.value > 0.95
    back = resemblance(of_table(extract), of_table(whole))
    assert back.is_copy
    assert back.ours_there == alike.theirs_here


def test_few_rows_need_to_be_nearly_all_the_same():
    one = pa.table({"n": [1, 2, 3]})
    assert resemblance(of_table(one), of_table(one)).is_copy
    assert not resemblance(of_table(one), of_table(pa.table({"n": [1, 2, 4]}))).is_copy
    empty = pa.table({"n": pa.array([], pa.int64())})
    assert not resemblance(of_table(empty), of_table(empty)).is_copy


def test_geometry_has_no_part_unless_there_is_nothing_else():
    values = {"n": [1, 2, 3]}
    shapes = pa.array([b"a", b"b", b"c"], pa.binary())
    assert same(pa.table(values), pa.table({**values, "place": shapes}))
    assert len(of_table(pa.table({"place": shapes})).sketch) == 3


def test_dates_times_and_flags_are_what_they_say(tmp_path):
    made = pa.table({"day": [date(2026, 3, 1), None], "flag": [True, False]})
    other = pa.table(
        {"day": made["day"].cast(pa.timestamp("us")), "flag": pa.array([1, 0], pa.int64())}
    )
    assert same(made, other)
    pq.write_table(made, tmp_path / "made.parquet")
    assert np.array_equal(of_file(tmp_path / "made.parquet").sketch, of_table(made).sketch)


def test_names_are_plain():
    assert plain("Anzahl Räder") == plain("anzahl_raeder") == "anzahlraeder"
    assert plain("🚲") == "🚲"


def read(path: Path):
    parcel = Parcel(path=path, name=path.name, received=datetime(2026, 3, 1, tzinfo=UTC))
    return standardised([parcel]).table


def bicycles(shared, name):
    folder = shared / "data/muenster/bike_counts/hourly_2015_2016"
    return read(folder / f"zaehlstelle_{name}_stundenauswertung.csv")


def test_real_counts_of_another_year_or_place_are_no_copy(shared):
    made = [bicycles(shared, name) for name in ("neutor_2015", "neutor_2016", "wolbecker_2016")]
    names = made[1].column_names
    # The same columns throughout, as a second year or place would have at a careful city.
    alike = [one.rename_columns(names[: one.num_columns]).select(names[:6]) for one in made]
    prints = [of_table(one) for one in alike]
    assert len({one.shape for one in prints}) == 1
    for a, b in ((0, 1), (1, 2), (0, 2)):
        assert not resemblance(prints[a], prints[b]).is_copy


def test_a_rewritten_copy_of_real_counts_is_recognised(shared, tmp_path):
    original = bicycles(shared, "neutor_2016")
    rows = original.to_pylist()
    random.Random(1).shuffle(rows)
    copied = tmp_path / "copy.csv"
    with copied.open("w", encoding="latin-1", newline="") as file:
        writer = csv.DictWriter(file, list(reversed(original.column_names)), delimiter=";")
        writer.writeheader()
        writer.writerows(rows[:7000])
    found = resemblance(of_table(original), of_table(read(copied)))
    assert found.is_copy
    assert found.theirs_here.value > 0.97


@pytest.mark.parametrize("kind", ["proposals", "debates"])
def test_real_texts_of_citizens_and_comments_on_them_are_told_apart(shared, kind):
    folder = shared / "data/citizen_text"
    said = of_table(read(folder / f"lille_decidim_{kind}_2019.csv"))
    comments = of_table(read(folder / f"lille_decidim_{kind[:-1]}_comments_2019.csv"))
    assert resemblance(said, said).is_copy
    assert not resemblance(said, comments).is_copy
