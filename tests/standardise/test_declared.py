"""Table Schema, CSVW and data dictionaries become plans whose fields and rules are applied."""

import json

import pytest
from tests.standardise.parcels import fields, parcel, parcel_of, rules

from citycommons.core.errors import Invalid
from citycommons.core.types import FieldRole, FieldType, Plan
from citycommons.standardise.declared import declared
from citycommons.standardise.read import standardised

SCHEMA = {
    "fields": [
        {
            "name": "id",
            "type": "string",
            "title": "Tree",
            "description": "Number on the plate",
            "constraints": {"required": True, "pattern": "T[0-9]+"},
        },
        {"name": "height", "type": "number", "unit": "m", "constraints": {"minimum": 0}},
        {"name": "kind", "type": "string", "constraints": {"enum": ["oak", "lime"]}},
        {"name": "planted", "type": "date", "format": "%m/%d/%Y"},
        {"name": "note", "type": "string", "constraints": {"maxLength": 5}},
    ],
    "primaryKey": "id",
    "missingValues": ["", "-999"],
    "foreignKeys": [
        {"fields": "kind", "reference": {"resource": "species", "fields": "name"}},
    ],
}
TREES = (
    "id,height,kind,planted,note\n"
    "T1,12.5,oak,01/02/2020,fine\n"
    "T2,-999,lime,03/04/2021,\n"
    "T2,-3,elm,05/06/2022,far too long\n"
    "X4,4,oak,07/08/2023,\n"
)


def plan_from(tmp_path, document, **wishes) -> Plan:
    return declared(parcel(tmp_path, json.dumps(document), "schema.json"), **wishes)


def test_a_table_schema_types_describes_and_checks(tmp_path):
    plan = plan_from(tmp_path, SCHEMA)
    found = standardised([parcel(tmp_path, TREES)], plan=plan, has_own_checks=False)
    told = fields(found.table)
    assert (told["id"].type, told["id"].role) == (FieldType.STRING, FieldRole.IDENTIFIER)
    assert told["id"].title == {"und": "Tree"}
    assert told["id"].description == {"und": "Number on the plate"}
    assert (told["height"].unit, told["kind"].role) == ("m", FieldRole.CATEGORY)
    assert found.table["height"].to_pylist() == [12.5, None, -3, 4]
    assert [str(day) for day in found.table["planted"].to_pylist()] == [
        "2020-01-02", "2021-03-04", "2022-05-06", "2023-07-08",
    ]  # fmt: skip
    broken = rules(found.report)
    assert broken.pop(("reference", "")) == 1
    assert broken == {
        ("range", "height"): 1,
        ("one-of", "kind"): 1,
        ("length", "note"): 1,
        ("pattern", "id"): 1,
        ("unique", "id"): 1,
    }


def test_a_schema_in_a_data_package_is_found_by_its_resource(tmp_path):
    resources = [{"name": "trees", "schema": SCHEMA}, {"name": "parks", "schema": {"fields": []}}]
    assert plan_from(tmp_path, {"resources": resources}, table="trees").fields[0].name == "id"
    with pytest.raises(Invalid, match="trees, parks"):
        plan_from(tmp_path, {"resources": resources})


def test_categories_with_labels_are_a_code_list(tmp_path):
    given = {
        "name": "state",
        "type": "integer",
        "categories": [{"value": 1, "label": "open"}, {"value": 2, "label": "closed"}],
    }
    (rule,) = plan_from(tmp_path, {"fields": [given]}).rules
    assert (rule.kind, rule.options) == (
        "one-of",
        {"values": ["1", "2"], "labels": {"1": "open", "2": "closed"}},
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"fields": [{"name": "a", "type": "colour"}]}, "Table Schema does not know"),
        ({"fields": [{"type": "string"}]}, "Field 1 of the schema has no name"),
        ({"something": 1}, "no Table Schema"),
        ({"tables": [{"url": "a.csv"}, {"url": "b.csv"}]}, "a.csv, b.csv"),
    ],
)
def test_what_declares_nothing_is_invalid_and_says_what_is_needed(tmp_path, document, message):
    with pytest.raises(Invalid, match=message):
        plan_from(tmp_path, document)


CSVW = {
    "@context": ["http://www.w3.org/ns/csvw", {"@language": "de"}],
    "url": "trees.csv",
    "tableSchema": {
        "columns": [
            {"name": "id", "titles": "Baum", "required": True, "dc:description": "Nummer"},
            {
                "name": "height",
                "titles": {"de": "Höhe", "en": "Height"},
                "datatype": {"base": "decimal", "minimum": 0, "maximum": "60"},
            },
            {
                "name": "planted",
                "titles": ["gepflanzt", "Pflanzdatum"],
                "datatype": {"base": "date", "format": "dd.MM.yyyy"},
                "null": ["unbekannt?"],
            },
            {"name": "crown", "titles": "Krone", "datatype": "nonNegativeInteger"},
            {"virtual": True, "propertyUrl": "rdf:type"},
        ],
        "primaryKey": "id",
    },
}


def test_csvw_finds_columns_by_their_titles_and_checks_them(tmp_path):
    plan = plan_from(tmp_path, CSVW)
    content = (
        "Baum;Höhe;Pflanzdatum;Krone\n"
        "T1;12,5;01.02.2020;3\nT2;75;unbekannt?;-1\nT2;4;03.04.2021;5\n;5;03.04.2021;5\n"
    )
    found = standardised([parcel(tmp_path, content)], plan=plan, has_own_checks=False)
    told = fields(found.table)
    assert list(told) == ["id", "height", "planted", "crown"]
    assert told["height"].title == {"de": "Höhe", "en": "Height"}
    assert told["id"].description == {"de": "Nummer"}
    assert [field.type for field in told.values()] == [
        FieldType.STRING,
        FieldType.NUMBER,
        FieldType.DATE,
        FieldType.INTEGER,
    ]
    assert found.table["planted"].to_pylist()[1] is None
    assert rules(found.report) == {
        ("range", "height"): 1,
        ("range", "crown"): 1,
        ("unique", "id"): 1,
        ("required", "id"): 1,
    }


DICTIONARIES = {
    "de": (
        "Spalte;Datentyp;Einheit;Beschreibung;Wertebereich;Pflicht\n"
        "baum;Text;;Nummer;;ja\nhoehe;Dezimalzahl;Meter;Höhe;;\n"
        "zustand;Code;;Zustand;1 = gut, 2 = krank;\ngepflanzt;Datum;;;;\n"
    ),
    "en": (
        "Field name;Data type;Unit;Description;Allowed values;Required\n"
        "baum;varchar(20);;Nummer;;yes\nhoehe;double precision;m;Höhe;;no\n"
        "zustand;string;;Zustand;1=gut|2=krank;\ngepflanzt;date;;;;\n"
    ),
    "it": (
        "Nome campo;Tipo dato;Unità di misura;Descrizione;Valori ammessi;Obbligatorio\n"
        "baum;testo;;Nummer;;sì\nhoehe;numero;metri;Höhe;;\n"
        "zustand;testo;;Zustand;1 = gut / ottimo | 2 = krank;\ngepflanzt;data;;;;\n"
    ),
    "fr": (
        "Nom du champ;Type de données;Unité;Signification;Valeurs possibles;Obligatoire\n"
        "baum;chaîne;;Nummer;;oui\nhoehe;nombre;mètres;Höhe;;non\n"
        "zustand;texte;;Zustand;1 : gut | 2 : krank;\ngepflanzt;date;;;;\n"
    ),
}


@pytest.mark.parametrize("language", DICTIONARIES)
def test_a_data_dictionary_of_any_language_is_a_plan(tmp_path, language):
    plan = declared(parcel(tmp_path, DICTIONARIES[language], "felder.csv"))
    baum, hoehe, zustand, gepflanzt = plan.fields
    assert (baum.type, baum.description) == (FieldType.STRING, {"und": "Nummer"})
    assert (hoehe.type, hoehe.unit, hoehe.role) == (FieldType.NUMBER, "m", FieldRole.MEASURE)
    assert (zustand.type, zustand.role) == (FieldType.STRING, FieldRole.CATEGORY)
    assert gepflanzt.type is FieldType.DATE
    codes = next(rule for rule in plan.rules if rule.kind == "one-of")
    assert codes.options["values"] == ["1", "2"]
    assert codes.options["labels"]["2"] == "krank"
    assert [rule.columns for rule in plan.rules if rule.kind == "required"] == [("baum",)]
    content = "baum;hoehe;zustand;gepflanzt\nT1;12,5;1;1.2.2020\n;3;7;2.2.2020\n"
    found = standardised([parcel(tmp_path, content)], plan=plan, has_own_checks=False)
    assert rules(found.report)[("one-of", "zustand")] == 1


def test_a_table_of_data_is_no_dictionary(tmp_path):
    with pytest.raises(Invalid, match="no data dictionary"):
        declared(parcel(tmp_path, "name;count\na;1\n"))


# W3C's validation manifest: the cases that need no HTTP headers and that a plan can express. Left
# out are those on properties of metadata that say nothing of cells, and number patterns.
REFUSED = (
    "034 035 107 125 126 127 128 154 157 160 161 162 163 165 166 167 169 172 173 174 175 "
    "176 177 178 179 180 181 182 186 192 196 197 198 201 203 204 205 206 207 208 210 211 212 "
    "213 214 215 216 217 218 219 220 221 222 223 224 225 226 227 232 234 251 261 287 290 291 "
    "294 302 303 304"
)
ACCEPTED = (
    "032 033 038 039 040 041 042 043 044 045 046 047 048 049 059 060 061 062 063 065 066 067 "
    "068 069 070 071 072 073 075 076 093 095 096 097 099 101 102 105 106 110 112 113 114 115 "
    "129 130 131 132 149 150 151 152 153 156 158 159 168 170 171 184 193 195 202 209 228 229 "
    "231 233 235 236 237 238 242 245 246 248 250 254 255 256 263 264 266 268 270 275 276 277 "
    "305 306 307"
)


def told_by(folder, entry) -> bool:
    """Whether metadata or cells of a case are found wrong."""
    meta = folder / entry["action"]
    document = json.loads(meta.read_text())
    urls = [one["url"] for one in document.get("tables", [document])]
    try:
        for url in urls:
            plan = declared(parcel_of(meta), table=url.rsplit("/", 1)[-1] if len(urls) > 1 else "")
            found = standardised(
                [parcel_of(meta.parent / url)], plan=plan, has_own_checks=False
            ).report
            if any((one.rule, one.column) != ("reference", "") for one in found.summary):
                return True
    except Invalid:
        return True
    return False


def test_the_w3c_vectors_that_apply_agree(shared):
    folder = shared / "conformance/csvw/tests"
    if not folder.exists():
        pytest.skip("the CSVW vectors are not here")
    manifest = json.loads((folder / "manifest-validation.jsonld").read_text())
    entries = {entry["id"].partition("#test")[2]: entry for entry in manifest["entries"]}
    refused, accepted = REFUSED.split(), ACCEPTED.split()
    assert all("Negative" in entries[number]["type"] for number in refused)
    assert not any("Negative" in entries[number]["type"] for number in accepted)
    assert [number for number in refused if not told_by(folder, entries[number])] == []
    assert [number for number in accepted if told_by(folder, entries[number])] == []
