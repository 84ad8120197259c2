"""A file is recognised as one of the field's own tables, and brought to its model."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.tables import fields_of
from citycommons.core.types import Correspondence, FieldRole, FieldType, Parcel, Plan
from citycommons.standardise.mapping import EACH, NO_MODEL, apply, fits, named, suggest
from citycommons.standardise.models import MODELS, model
from citycommons.standardise.plan import answered
from citycommons.standardise.read import standardised


def table(path: Path) -> pa.Table:
    parcel = Parcel(path=path, name=path.name, received=datetime(2026, 1, 1, tzinfo=UTC))
    return standardised([parcel], zone="Europe/Berlin", has_own_checks=False).table


def text(folder: Path, content: str, name: str = "table.csv") -> pa.Table:
    (folder / name).write_text(content)
    return table(folder / name)


def columns(given: pa.Table, wanted: str) -> dict[str, str]:
    best = suggest(given)[0]
    assert best.model == wanted
    return dict(best.correspondence.columns)


# Four languages, files of our own


def test_an_english_crash_table_is_known_by_names_and_words(tmp_path):
    given = text(
        tmp_path,
        "Collision Reference,Date,Collision Severity,Light Conditions,Number of Casualties\n"
        "A1,2025-03-01,Slight,Daylight,1\nA2,2025-03-04,Fatal,Darkness - lights lit,2\n"
        "A3,2025-03-09,Serious,Daylight,1\n",
    )
    assert columns(given, "crash") == {
        "id": "Collision Reference",
        "occurred": "Date",
        "severity": "Collision Severity",
        "light": "Light Conditions",
        "injured": "Number of Casualties",
    }
    mapped, faults = apply(given, suggest(given)[0].correspondence)
    assert mapped.table["severity"].to_pylist() == ["slight", "fatal", "serious"]
    assert mapped.table["light"].to_pylist() == ["daylight", "dark", "daylight"]
    assert faults.report(()).summary == ()


def test_french_numbers_of_severity_are_not_taken_for_british_ones(tmp_path):
    given = text(tmp_path, "Num_Acc;an;mois;grav\n1;2024;3;1\n2;2024;4;2\n3;2024;5;3\n4;2024;6;4\n")
    best = suggest(given)[0]
    assert best.model == "crash"
    mapped, _ = apply(given, best.correspondence)
    assert mapped.table["severity"].to_pylist() == ["damage-only", "fatal", "serious", "slight"]


def test_german_street_lights_are_known(tmp_path):
    given = text(
        tmp_path,
        "Mastnummer;Leuchtmittel;Leistung [kW];Lichtpunkthöhe;Straße\n"
        "M-1;LED;0,035;6;Domplatz\nM-2;Natriumdampf;0,07;8;Ring\nM-3;Gaslicht;0,06;4;Gasse\n",
    )
    best = suggest(given)[0]
    assert columns(given, "street-light") == {
        "id": "Mastnummer",
        "lamp": "Leuchtmittel",
        "power": "Leistung [kW]",
        "height": "Lichtpunkthöhe",
        "street": "Straße",
    }
    assert dict(best.correspondence.units) == {"power": "kW"}
    mapped, faults = apply(given, best.correspondence, lines=lambda rows: rows + 2)
    assert mapped.table["power"].to_pylist() == [35.0, 70.0, 60.0]
    assert mapped.table["lamp"].to_pylist() == ["led", "sodium", None]
    (fault,) = faults.report(()).faults
    assert (fault.line, fault.column, fault.value) == (4, "Leuchtmittel", "Gaslicht")
    assert fault.action == "left empty"


def test_french_reports_of_citizens_are_known(tmp_path):
    given = text(
        tmp_path,
        "Identifiant;Date du signalement;Catégorie;Statut;Texte;Adresse\n"
        "7;03/02/2026;Propreté;Traité;Un dépôt;1 rue A\n"
        "8;14/02/2026;Voirie;En cours;Un nid de poule;2 rue B\n",
    )
    assert columns(given, "citizen-report") == {
        "service_request_id": "Identifiant",
        "status": "Statut",
        "service_name": "Catégorie",
        "description": "Texte",
        "requested_datetime": "Date du signalement",
        "address": "Adresse",
    }
    mapped, _ = apply(given, suggest(given)[0].correspondence)
    assert mapped.table["status"].to_pylist() == ["closed", "open"]


def test_italian_waste_and_budget_tables_are_known(tmp_path):
    waste = text(
        tmp_path,
        "Codice;Tipo rifiuto;Quartiere;Volumetria\nC1;Vetro;Centro;1000\nC2;Carta e cartone;Nord;"
        "2400\nC3;Organico;Sud;240\n",
    )
    assert columns(waste, "waste")["kind"] == "Tipo rifiuto"
    mapped, _ = apply(waste, suggest(waste)[0].correspondence)
    assert mapped.table["kind"].to_pylist() == ["glass", "paper", "organic"]
    budget = text(
        tmp_path,
        "Esercizio;Missione;Entrata uscita;Importo\n2025;Trasporti;Spesa;1.200.000,50\n"
        "2025;Ambiente;Spesa;800.000,00\n2025;Tributi;Entrata;2.500.000,00\n",
    )
    assert columns(budget, "budget-line") == {
        "year": "Esercizio",
        "amount": "Importo",
        "direction": "Entrata uscita",
        "function": "Missione",
    }


def test_meters_in_megawatt_hours_become_kilowatt_hours(tmp_path):
    given = text(
        tmp_path,
        "Zählernummer;Ablesedatum;Verbrauch [MWh];Energieträger\nZ1;31.12.2025;1,5;Strom\n"
        "Z2;31.12.2025;0,25;Fernwärme\n",
    )
    best = suggest(given)[0]
    assert best.model == "meter"
    mapped, _ = apply(given, best.correspondence)
    assert mapped.table["consumption"].to_pylist() == [1500.0, 250.0]
    assert mapped.table["medium"].to_pylist() == ["electricity", "heat"]


def test_a_table_of_anything_else_is_none_of_them(tmp_path):
    assert suggest(text(tmp_path, "Lista;Voti;Seggi\nA;100;2\nB;50;1\n")) == ()
    assert suggest(text(tmp_path, "Nom;Adresse;Codepostal\nA;1 rue A;92130\n")) == ()
    assert suggest(text(tmp_path, "a;b\n1;x\n"), "parking")[0].missing == ("name", "free")


# Confirmed


def test_columns_that_are_no_field_stay_and_keep_their_names(tmp_path):
    given = text(tmp_path, "Parkhaus;frei;name;Baujahr\nAegidii;12;Garage;1985\n")
    said = Correspondence(model="parking", columns={"name": "Parkhaus", "free": "frei"})
    mapped, _ = apply(given, said)
    assert mapped.table.to_pydict() == {
        "name": ["Aegidii"],
        "free": [12],
        "name_2": ["Garage"],
        "Baujahr": [1985],
    }
    free = next(field for field in fields_of(mapped.table) if field.name == "free")
    assert (free.unit, free.role) == ("1", FieldRole.MEASURE)
    assert "column “frei”" in free.evidence


def test_a_confirmed_mapping_fits_the_next_file_and_says_when_a_column_is_gone(tmp_path):
    said = Correspondence(model="parking", columns={"name": "Parkhaus", "free": "frei"})
    assert fits(said, text(tmp_path, "Parkhaus;frei\nA;1\n"))
    changed = text(tmp_path, "Parkhaus;freie\nA;1\n")
    assert not fits(said, changed)
    with pytest.raises(Invalid, match="no column “frei”"):
        apply(changed, said)


def test_units_that_cannot_be_converted_are_refused(tmp_path):
    given = text(tmp_path, "Mast;Lampe;P [m]\n1;LED;3\n")
    said = Correspondence(
        model="street-light", columns={"id": "Mast", "lamp": "Lampe", "power": "P [m]"}
    )
    with pytest.raises(Invalid, match="cannot be made"):
        apply(given, said)


def test_the_answer_to_the_question_is_the_mapping_and_is_used_from_then_on(tmp_path):
    path = tmp_path / "lots.csv"
    path.write_text("Parkhaus;Kapazität;frei\nAegidii;780;12\nTheater;793;400\n")
    parcel = Parcel(path=path, name=path.name, received=datetime(2026, 1, 1, tzinfo=UTC))
    first = standardised([parcel])
    (question,) = first.report.questions
    assert (question.kind, question.id) == ("mapping", named(first.shape))
    assert question.choices[0].title == "Parking"
    assert "Parkhaus is name" in question.choices[0].evidence
    plan = answered(Plan(), question, question.choices[0].value)
    second = standardised([parcel], plan=plan)
    assert second.report.questions == ()
    assert second.table.column_names == ["name", "free", "capacity"]
    refused = answered(Plan(), question, NO_MODEL)
    third = standardised([parcel], plan=refused)
    assert (third.report.questions, third.table.column_names[0]) == ((), "Parkhaus")


def test_every_model_has_words_for_each_field_and_rules_on_its_own_fields():
    assert len(MODELS) == 10
    for one in MODELS.values():
        names = {field.name for field in one.fields}
        assert any(field.is_required for field in one.fields)
        assert all(field.words for field in one.fields)
        assert {name for rule in one.rules for name in rule.columns} <= names
        assert set(one.one_of) <= names
    with pytest.raises(NotFound, match="There is no model"):
        model("weather")


# Real files


def test_berlin_crashes_of_2019(shared):
    given = table(
        shared / "data/berlin/AfSBBB_BE_LOR_Strasse_Strassenverkehrsunfaelle_2019_Datensatz.csv"
    )
    best = suggest(given)[0]
    assert columns(given, "crash") == {
        "id": "OBJECTID",
        "year": "UJAHR",
        "month": "UMONAT",
        "hour": "USTUNDE",
        "weekday": "UWOCHENTAG",
        "severity": "UKATEGORIE",
        "kind": "UART",
        "cause_type": "UTYP1",
        "light": "ULICHTVERH",
        "surface": "USTRZUSTAND",
        "bicycle": "IstRad",
        "car": "IstPKW",
        "pedestrian": "IstFuss",
        "motorcycle": "IstKrad",
        "goods_vehicle": "IstGkfz",
        "other": "IstSonstige",
        "street": "STRASSE",
        "geometry": "geometry",
    }
    mapped, _ = apply(given, best.correspondence)
    severities = mapped.table["severity"].to_pylist()
    assert (severities.count("fatal"), severities.count("serious")) == (34, 1982)
    assert pc.sum(mapped.table["bicycle"]).as_py() == 5005
    assert mapped.table["bicycle"].type == pa.bool_()


def test_muenster_cycle_counts_with_weather(shared):
    folder = shared / "data/muenster/bike_counts/hourly_2015_2016"
    given = table(folder / "zaehlstelle_neutor_2015_stundenauswertung.csv")
    assert columns(given, "count") == {
        "time": "Stunden",
        "count": "Zählung Neutor",
        "temperature": "Temperatur (°C)",
        "inbound": "FR stadteinwärts",
        "outbound": "FR stadtauswärts",
    }


def test_muenster_car_parks_stand_in_one_column_each(shared, tmp_path):
    archive = zipfile.ZipFile(shared / "data/muenster/parking/parking_raw_selected_days.zip")
    path = tmp_path / "2019-08-20.csv"
    path.write_bytes(archive.read("2019-08-20.csv"))
    given = table(path)
    assert columns(given, "parking") == {
        "time": "Datum und Uhrzeit",
        "name": EACH,
        "free": EACH,
    }
    mapped, _ = apply(given, suggest(given)[0].correspondence)
    assert mapped.table.column_names == ["name", "time", "free"]
    assert mapped.table.num_rows == 23 * 16
    first = mapped.table.slice(0, 2).to_pylist()
    assert [(row["name"], row["free"]) for row in first] == [
        ("PH Theater", 652),
        ("PP Hörsterplatz", 0),
    ]
    assert mapped.rows[:17].tolist() == [0] * 16 + [1]


def test_muenster_air_quality(shared, tmp_path):
    archive = zipfile.ZipFile(
        shared / "data/muenster/environment/air_quality_hourly_2020_2023_raw.zip"
    )
    path = tmp_path / "air.csv"
    path.write_bytes(archive.read("luftqualitaet_muenster_2020-01-01_2022-01-01_station1140.csv"))
    found = columns(table(path), "air-quality")
    assert {name: column[:16] for name, column in found.items()} == {
        "station": "Station code",
        "time": "Date",
        "pm10": "Particulate matt",
        "no2": "Nitrogen dioxide",
        "o3": "Ozone (O₃) One h",
        "index": "Air quality inde",
    }
    assert FieldType.NUMBER is model("air-quality").of("pm10").meaning.type


def test_seriously_and_slightly_injured_are_not_taken_for_all_injured():
    columns = {
        "Unfallnummer": ["1", "2", "3"],
        "Unfallkategorie": ["1", "2", "3"],
        "Getötete": [1, 0, 0],
        "Schwerverletzte": [0, 2, 0],
        "Leichtverletzte": [1, 0, 3],
    }
    (first, *_) = suggest(pa.table(columns), "crash")
    found = dict(first.correspondence.columns)
    assert found["seriously_injured"] == "Schwerverletzte"
    assert found["slightly_injured"] == "Leichtverletzte"
    assert "injured" not in found
