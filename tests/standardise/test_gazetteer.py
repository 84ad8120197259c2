"""Addresses as people write them, in four languages, are found in the city's own."""

import time

import pyarrow as pa
import pytest
import shapely
from tests.standardise.parcels import fields, parcel, rules

from citycommons.core.errors import Invalid
from citycommons.core.tables import with_fields
from citycommons.core.types import Field, FieldType, Plan, Position
from citycommons.standardise.address_parts import parts, split
from citycommons.standardise.gazetteer import Gazetteer, Match, house_key, street_key
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised

CITY = [
    ("Bahnhofstraße", "12a", "48143", "Münster", 7.630, 51.950),
    ("Bahnhofstraße", "14", "48143", "Münster", 7.631, 51.951),
    ("Albersloher Weg", "33", "48155", "Münster", 7.640, 51.940),
    ("Hauptstraße", "1", "48143", "Münster", 7.600, 51.960),
    ("Hauptstraße", "1", "48308", "Senden", 7.480, 51.860),
    ("Sankt-Mauritz-Freiheit", "5", "48145", "Münster", 7.650, 51.962),
    ("Rue de l'Égalité", "12 bis", "92130", "Issy", 2.270, 48.820),
    ("Via Giuseppe Garibaldi", "12/3", "50123", "Firenze", 11.250, 43.770),
    ("Saint John's Road", "7", "N19 5QU", "London", -0.130, 51.560),
    ("High Street", "7", "N19 5QU", "London", -0.131, 51.561),
]


@pytest.fixture(scope="module")
def city():
    streets, numbers, codes, towns, x, y = zip(*CITY, strict=True)
    shapes = shapely.points(x, y)
    return Gazetteer(streets, shapes, numbers=numbers, postcodes=codes, towns=towns)


@pytest.mark.parametrize(
    ("written", "place", "match"),
    [
        (("Bahnhofstr.", "12 A"), (7.630, 51.950), Match.EXACT),
        (("BAHNHOFSTRASSE", "12a"), (7.630, 51.950), Match.EXACT),
        (("Bahnhof-Straße", "14"), (7.631, 51.951), Match.EXACT),
        (("Banhofstraße", "14"), (7.631, 51.951), Match.TOLERANT),
        (("Albersloher Weg", "33-35"), (7.640, 51.940), Match.EXACT),
        (("St. Mauritz Freiheit", "5"), (7.650, 51.962), Match.EXACT),
        (("Hauptstr.", "1", "48308"), (7.480, 51.860), Match.EXACT),
        (("Hauptstr.", "1", "", "Münster"), (7.600, 51.960), Match.EXACT),
        (("R. de l'Egalite", "12bis"), (2.270, 48.820), Match.EXACT),
        (("V. Giuseppe Garibaldi", "12/3"), (11.250, 43.770), Match.EXACT),
        (("St. John's Rd", "7"), (-0.130, 51.560), Match.EXACT),
        (("High St", "7"), (-0.131, 51.561), Match.EXACT),
        (("Albersloher Weg", "999"), (7.640, 51.940), Match.STREET),
        (("Albersloher Weg",), (7.640, 51.940), Match.STREET),
    ],
)
def test_an_address_is_found_however_it_is_written(city, written, place, match):
    x, y, found = city.find(*written)
    assert ((x, y), found) == (pytest.approx(place), match)


@pytest.mark.parametrize(
    ("written", "match"),
    [
        (("Hauptstraße", "1"), Match.AMBIGUOUS),
        (("Unter den Linden", "1"), Match.NONE),
        (("", "1"), Match.NONE),
    ],
)
def test_what_is_unknown_or_several_places_is_not_placed(city, written, match):
    x, y, found = city.find(*written)
    assert found is match
    assert x != x
    assert y != y


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Albersloher Weg 33, 48155 Münster", ("Albersloher Weg", "33", "48155", "Münster")),
        ("Bahnhofstr. 12 a", ("Bahnhofstr.", "12 a", "", "")),
        ("12 bis rue de l'Égalité, 92130 Issy", ("rue de l'Égalité", "12 bis", "92130", "Issy")),
        ("Via Garibaldi, 12/3", ("Via Garibaldi", "12/3", "", "")),
        ("Straße des 17. Juni", ("Straße des 17. Juni", "", "", "")),
        ("Prinzipalmarkt, Münster", ("Prinzipalmarkt", "", "", "Münster")),
    ],
)
def test_an_address_in_one_cell_falls_into_its_parts(text, cut):
    assert split(text) == cut


def test_keys_of_one_name_are_one():
    assert street_key("Königsstr.") == street_key("KOENIGSSTRASSE") == "koenigsstrasse"
    assert house_key("012 A") == house_key("12a") == "12a"
    assert house_key("12 3") == house_key("12/3") != house_key("123")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Straße", "Hausnummer", "PLZ", "Ort"], ["street", "number", "postcode", "town"]),
        (["via", "civico", "CAP", "comune"], ["street", "number", "postcode", "town"]),
        (["voie", "numero", "code_postal", "commune"], ["street", "number", "postcode", "town"]),
        (["street_name", "house_number", "postcode"], ["street", "number", "postcode"]),
        (["Anschrift"], ["address"]),
    ],
)
def test_columns_of_addresses_are_known_in_four_languages(names, found):
    assert parts(names) == dict(zip(found, names, strict=True))


CONTENT = (
    "name;Straße;Nr;PLZ\na;Bahnhofstr.;12 a;48143\nb;Hauptstr.;1;\nc;Nirgendwo;3;\n"
    "d;Albersloher Weg;99;48155\ne;;;\n"
)


def test_addresses_are_offered_and_placed_with_their_faults(tmp_path, city):
    given = parcel(tmp_path, CONTENT)
    offered = standardised([given], gazetteer=city)
    assert "geometry" not in offered.table.column_names
    (question,) = offered.report.questions
    assert (question.kind, question.columns) == ("address", ("Straße", "Nr", "PLZ"))
    assert question.choices[0].evidence == "2 of the first 4 addresses are known in the city"
    plan = answered(Plan(), question, "address")
    assert plan.position == Position(kind="address", columns=("Straße", "Nr", "PLZ"))
    found = standardised([given], plan=plan, gazetteer=city)
    shapes = shapely.from_wkb(found.table["geometry"].to_pylist())
    assert [s and (s.x, s.y) for s in shapes] == [
        (7.63, 51.95), None, None, (7.64, 51.94), None,
    ]  # fmt: skip
    column = "Straße, Nr, PLZ"
    assert rules(found.report) == {
        ("address-ambiguous", column): 1,
        ("address-unknown", column): 1,
        ("address-street", column): 1,
    }
    assert {(f.rule, f.line, f.value) for f in found.report.faults} == {
        ("address-ambiguous", 3, "Hauptstr. 1"),
        ("address-unknown", 4, "Nirgendwo 3"),
        ("address-street", 5, "Albersloher Weg 99 48155"),
    }
    assert "1 exact" in fields(found.table)["geometry"].evidence


def test_without_a_gazetteer_nothing_is_asked_and_a_plan_says_what_is_missing(tmp_path):
    given = parcel(tmp_path, CONTENT)
    assert standardised([given]).report.questions == ()
    plan = Plan(position=Position(kind="address", columns=("Straße",)))
    assert rules(standardised([given], plan=plan).report) == {("address", "Straße"): 1}


def test_a_layer_of_streets_places_by_their_middle():
    line = shapely.to_wkb(shapely.linestrings([[7.6, 51.9], [7.7, 51.9], [7.8, 51.9]]))
    table = pa.table({"name": ["Am Kanal"], "geometry": pa.array([line], pa.binary())})
    shaped = with_fields(
        table,
        (
            Field(name="name", type=FieldType.STRING),
            Field(name="geometry", type=FieldType.GEOMETRY),
        ),
    )
    x, y, match = Gazetteer.of(shaped).find("am kanal", "5")
    assert ((x, y), match) == (pytest.approx((7.7, 51.9)), Match.STREET)
    with pytest.raises(Invalid, match="street names"):
        Gazetteer.of(pa.table({"a": [1]}))


def test_a_hundred_thousand_rows_take_seconds():
    streets = [f"{a}{b}straße" for a in ("Linden", "Rosen", "Berg", "Tal") for b in range(500)]
    shapes = shapely.points([7.6] * len(streets), [51.9] * len(streets))
    city = Gazetteer(streets, shapes, numbers=["1"] * len(streets))
    written = [f"{s[:-6]}str." if i % 3 else f"x{s}" for i, s in enumerate(streets)] * 50
    began = time.perf_counter()
    found = city.places(written, [str(i) for i in range(len(written))])
    assert time.perf_counter() - began < 15
    assert len(found.x) == 100_000
    assert (found.match >= Match.STREET).mean() > 0.6
