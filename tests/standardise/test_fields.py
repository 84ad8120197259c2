"""What a column is for, in which unit, and why: roles with evidence that people read."""

import pyarrow as pa
import pytest
from tests.standardise.parcels import fields, read_text

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldRole, FieldType
from citycommons.standardise import codes, people, units


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Vorname", ["Anke", "Uwe"]),
        ("Nachname", ["Schulze", "Kaya"]),
        ("nom de famille", ["Durand", "Petit"]),
        ("Cognome", ["Rossi", "Bianchi"]),
        ("surname", ["Miller", "Hall"]),
        ("Kontakt", ["anke.schulze@example.org", "u.kaya@example.org"]),
        ("E-Mail", ["a.b@example.org", "c@example.org"]),
        ("Téléphone", ["01 23 45 67 89", "06 12 34 56 78"]),
        ("Telefono", ["+39 055 1234567", "055 7654321"]),
        ("Geburtsdatum", ["01.02.1980", "03.04.1991"]),
        ("Codice fiscale", ["RSSMRA80A01H501U", "BNCLGU75B02F205Z"]),
        ("Ansprechpartner", ["Herr Kaya", "Frau Dr. Schulze"]),
        ("name", ["Anna Schulze", "Peter Kaya", "Maria de Santis"]),
        ("customer name", ["Maria Rossi", "Paul Miller"]),
        ("nome cliente", ["Maria Rossi", "Luca Bianchi"]),
        ("Kundenname", ["Anna Schulze", "Peter Kaya"]),
        ("nom du client", ["Marie Durand", "Jean Petit"]),
    ],
)
def test_columns_about_people_are_known_and_kept_safe(tmp_path, name, values):
    rows = "".join(f"{i};{value}\n" for i, value in enumerate(values))
    table, _ = read_text(tmp_path, f"n;{name}\n{rows}")
    field = fields(table)[name]
    assert (field.role, field.is_sensitive) == (FieldRole.PERSON, True)
    assert "about people: " in field.evidence


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("name", ["Square Malglaive", "Fausse repose"]),
        ("Nom", ["Centre Chimène", "Parking Mairie"]),
        ("Kontakt", ["Rathaus", "Bürgerbüro"]),
        ("Ort", ["Münster", "Senden"]),
        ("Tel", ["siehe Seite", "keines"]),
        ("Straßenname", ["Annastraße", "Peterstraße"]),
        ("Kunde", ["Stadtwerke", "Klinikum"]),
        ("Titel", ["Frau Holle", "Der Mann"]),
    ],
)
def test_other_names_are_no_people(name, values):
    assert people.about(name, values) == ""


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Leistung [kW]", "kW"),
        ("Länge (km)", "km"),
        ("Fläche in m²", "m2"),
        ("PM10 (µg/m³)", "ug/m3"),
        ("Feinstaub in µg/m³", "ug/m3"),
        ("speed_kmh", "km/h"),
        ("Temperatur [°C] außen", "Cel"),
        ("Lärm [dB(A)]", "dB"),
        ("durata (ore)", "h"),
        ("durée en minutes", "min"),
        ("Anteil (in %)", "%"),
        ("Haushalt in Mio. €", "1000000.EUR"),
        ("DTV (Kfz/24h)", "{vehicles}/d"),
        ("Anzahl", ""),
        ("Total (2026)", ""),
        ("total_m", ""),
        ("born in Berlin", ""),
    ],
)
def test_the_unit_in_a_header_is_a_ucum_unit(name, unit):
    assert units.in_name(name) == unit


def test_a_row_of_units_below_the_header_is_read(tmp_path):
    table, _ = read_text(tmp_path, "place;power;heat\n;[kW];(°C)\na;1;2,5\nb;2;3,5\n")
    assert {f.name: f.unit for f in fields(table).values()} == {
        "place": "",
        "power": "kW",
        "heat": "Cel",
    }


def test_roles_say_why(tmp_path):
    rows = "".join(f"{i};{'ab'[i % 2]};{i % 2};{2020 + i % 3};{i}.5\n" for i in range(12))
    table, _ = read_text(tmp_path, f"gid_nr;kind;open;Baujahr;flow\n{rows}")
    found = {f.name: (f.role, f.evidence.rpartition("; ")[2]) for f in fields(table).values()}
    assert found["gid_nr"] == (FieldRole.IDENTIFIER, "an identifier, as it is called “gid_nr”")
    assert found["kind"] == (FieldRole.CATEGORY, "few kinds")
    assert found["open"] == (FieldRole.CATEGORY, "only 0 and 1")
    assert found["Baujahr"] == (FieldRole.CATEGORY, "a category, as it is called “Baujahr”")
    assert found["flow"][0] is FieldRole.MEASURE
    assert fields(table)["flow"].type is FieldType.NUMBER


def test_code_lists_are_read_from_tables_and_from_words():
    table = pa.table({"Schlüssel": [1, 2], "Bezeichnung": ["offen", "zu"]})
    assert codes.of_table(table) == {"1": "offen", "2": "zu"}
    assert codes.of_text("1 = open; 2 = closed") == {"1": "open", "2": "closed"}
    assert codes.of_text("1=open, still; 2=closed") == {"1": "open, still", "2": "closed"}
    assert codes.of_text("open, closed") == {"open": "open", "closed": "closed"}
    assert codes.of_text("a remark") == {}
    with pytest.raises(Invalid, match="column named “code”"):
        codes.of_table(pa.table({"x": [1]}))
