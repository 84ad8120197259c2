"""A data dictionary, a table with a row for each column, in four languages, as a plan."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType, Parcel, Plan, Rule
from citycommons.standardise import codes, units
from citycommons.standardise.shape import plain_name
from citycommons.standardise.table_schema import role_of

_HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (
        *("name", "column", "column name", "field", "field name", "variable", "attribute"),
        *("attribute name", "spalte", "spaltenname", "feld", "feldname", "attribut"),
        *("attributname", "merkmal", "colonna", "nome colonna", "campo", "nome campo", "nome"),
        *("attributo", "colonne", "nom de la colonne", "nom colonne", "champ", "nom du champ"),
        *("nom", "nom champ", "variabile"),
    ),
    "type": (
        *("type", "data type", "datatype", "field type", "typ", "datentyp", "feldtyp", "format"),
        *("tipo", "tipo dato", "tipo di dato", "type de donnees", "type de donnee", "formato"),
    ),
    "unit": (
        *("unit", "units", "unit of measure", "unit of measurement", "einheit", "masseinheit"),
        *("unita", "unita di misura", "unite", "unites", "unite de mesure"),
    ),
    "description": (
        *("description", "definition", "meaning", "comment", "comments", "notes", "beschreibung"),
        *("erlauterung", "bedeutung", "bemerkung", "descrizione", "significato", "note"),
        *("signification", "commentaire", "remarque"),
    ),
    "title": (
        *("title", "label", "titel", "bezeichnung", "anzeigename", "titolo", "etichetta"),
        *("titre", "libelle", "intitule"),
    ),
    "codes": (
        *("codes", "code list", "values", "allowed values", "domain", "enum", "werte"),
        *("wertebereich", "auspragungen", "codeliste", "schlussel", "valori", "valori ammessi"),
        *("dominio", "codici", "valeurs", "valeurs possibles", "valeurs autorisees", "domaine"),
    ),
    "required": (
        *("required", "mandatory", "not null", "pflicht", "pflichtfeld", "obbligatorio"),
        *("obligatoire", "requis"),
    ),
    "minimum": ("minimum", "min", "minimo", "kleinster wert"),
    "maximum": ("maximum", "max", "massimo", "grosster wert"),
    "key": ("key", "primary key", "schlusselfeld", "primarschlussel", "chiave", "cle", "pk"),
}
_TYPES: tuple[tuple[str, FieldType], ...] = (
    (r"date ?time|time ?stamp|zeit ?stempel|data ?e? ?ora|data ora|date (?:et )?heure|datum.*zeit",
     FieldType.DATETIME),
    (r"bool|ja ?/? ?nein|yes ?/? ?no|si ?/? ?no|oui ?/? ?non|logi(?:sch|cal|co|que)|wahrheit|flag",
     FieldType.BOOLEAN),
    (r"geom|point|polygon|linestring|shape|punkt|punto", FieldType.GEOMETRY),
    (r"int|ganz ?zahl|whole|serial|entier|intero|count|long\b|year|jahr|anno|annee",
     FieldType.INTEGER),
    (r"float|double|real|decimal|numeric|number|dezimal|komma|fliess|zahl|numero|nombre|reel|"
     r"decimale|numeri[cq]", FieldType.NUMBER),
    (r"^date?\b|^data$|^datum", FieldType.DATE),
    (r"^time\b|uhrzeit|^ora\b|^heure", FieldType.TIME),
    (r"", FieldType.STRING),
)  # fmt: skip
_YES = frozenset(("yes", "y", "true", "1", "x", "ja", "j", "si", "s", "oui", "o", "vero", "pk"))


def plan_of(parcel: Parcel, *, zone: str = "UTC") -> Plan:
    """Fields and rules of the rows. Raises `Invalid` without a column of names and one of meaning.

    A file whose headings are none of a dictionary's is refused rather than half understood.
    """
    from citycommons.standardise.read import standardised

    return plan_of_table(standardised([parcel], zone=zone, first=0).table, parcel.name)


def plan_of_table(table: pa.Table, called: str = "The table") -> Plan:
    """As `plan_of`, of a table that was read already."""
    places = _places(table.column_names)
    if "name" not in places or not places.keys() & {"type", "unit", "description", "codes"}:
        raise Invalid(
            f"{called} is no data dictionary: it needs a row for each column, with headings like "
            "“column”, “type”, “unit”, “description” and “codes”. It has "
            f"{', '.join(table.column_names)}."
        )
    rows = zip(*(_texts(table[name]) for name in places.values()), strict=True)
    fields: list[Field] = []
    rules: list[Rule] = []
    keys: list[str] = []
    for row in (dict(zip(places, cells, strict=True)) for cells in rows):
        if not row["name"]:
            continue
        labels = codes.of_text(row.get("codes", ""))
        is_key = plain_name(row.get("key", "")) in _YES
        kind = _type(row.get("type", ""), has_codes=bool(labels))
        keys += [row["name"]] * is_key
        written = row.get("unit", "")
        fields.append(
            Field(
                name=row["name"],
                type=kind,
                role=role_of(kind, is_key, bool(labels)),
                unit=units.ucum(written) or written,
                title={"und": row["title"]} if row.get("title") else {},
                description={"und": row["description"]} if row.get("description") else {},
                evidence="declared",
            )
        )
        rules += _rules(row, labels)
    if keys:
        rules.append(Rule(kind="unique", columns=tuple(keys)))
    return Plan(fields=tuple(fields), rules=tuple(rules))


def _places(names: list[str]) -> dict[str, str]:
    """Which heading is what; the first that fits, in the order of what matters most."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for part, words in _HEADINGS.items():
        plain = {plain_name(name): name for name in reversed(names) if name not in taken}
        if (word := next((word for word in words if word in plain), None)) is not None:
            found[part] = plain[word]
            taken.add(plain[word])
    return found


def _rules(row: dict[str, str], labels: dict[str, str]) -> list[Rule]:
    name = row["name"]
    rules = [codes.rule(name, labels)] if labels else []
    if plain_name(row.get("required", "")) in _YES:
        rules.append(Rule(kind="required", columns=(name,)))
    ends = {
        end: float(row[end].replace(",", "."))
        for end in ("minimum", "maximum")
        if re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", row.get(end, ""))
    }
    if ends:
        rules.append(Rule(kind="range", columns=(name,), options=ends))
    return rules


def _type(written: str, *, has_codes: bool) -> FieldType:
    """The type that a word of four languages, or of SQL, means; text where it means none."""
    plain = plain_name(written)
    if not plain or (has_codes and plain in ("code", "codes")):
        return FieldType.STRING
    if re.search(r"char|text|string|str\b|stringa|chaine|testo|texte|zeichen", plain):
        return FieldType.STRING
    return next(kind for words, kind in _TYPES if re.search(words, plain))


def _texts(values: pa.ChunkedArray) -> list[str]:
    if pa.types.is_binary(values.type):
        return [""] * len(values)
    if pa.types.is_floating(values.type):
        return ["" if v is None else f"{v:.15g}" for v in values.to_pylist()]
    return [(v or "").strip() for v in pc.cast(values, pa.string()).to_pylist()]
