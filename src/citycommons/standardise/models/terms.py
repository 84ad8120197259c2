"""What the models are written with: short names, and words that several of them share."""

from collections.abc import Mapping

from citycommons.core.types import Field, FieldRole, FieldType
from citycommons.standardise.models.model import ModelField

STR, INT, NUM, BOOL = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN
DAY, AT, GEO = FieldType.DATE, FieldType.DATETIME, FieldType.GEOMETRY
ID, TIME, MEASURE = FieldRole.IDENTIFIER, FieldRole.TIME, FieldRole.MEASURE
KIND, TEXT, PLACE = FieldRole.CATEGORY, FieldRole.TEXT, FieldRole.GEOMETRY

WHEN = (
    "time; t; datetime; date time; timestamp; phenomenon time; date; hour; zeit; zeitpunkt; datum; "
    "datum und uhrzeit; uhrzeit; stunde; stunden; horodatage; date et heure; heure; date heure; "
    "data; ora; data e ora; data ora; orario; rilevato il"
)
WHERE = "geometry; geom; position; location; the geom; geo point; geometrie; geometria; géométrie"
STREET = "street; street name; road; strasse; straße; strassenname; rue; voie; via; indirizzo"
STATUS = "status; state; zustand; statut; état; etat; stato"
CASUALTY = {
    "fatal": "fatal; killed; death; tote; getötete; tödlich; unfall mit getöteten; mortel; tué; "
    "mortale; morto; deceduto",
    "serious": "serious; severe; schwer; schwerverletzt; schwerverletzte; unfall mit "
    "schwerverletzten; grave; blessé hospitalisé; ferito grave; prognosi riservata",
    "slight": "slight; minor; leicht; leichtverletzt; leichtverletzte; unfall mit "
    "leichtverletzten; léger; blessé léger; lieve; ferito lieve",
    "damage-only": "damage only; property damage; sachschaden; dégâts matériels; indemne; "
    "soli danni; danni a cose",
}


def of(
    name: str,
    type: FieldType,
    role: FieldRole,
    words: str,
    *,
    unit: str = "",
    needed: bool = False,
    codes: Mapping[str, str] | None = None,
    coded: Mapping[str, Mapping[str, str]] | None = None,
    least: float | None = None,
    most: float | None = None,
) -> ModelField:
    """A field with its words, separated by semicolons, and the range its values lie in."""
    split = {code: _split(said) for code, said in (codes or {}).items()}
    return ModelField(
        meaning=Field(name=name, type=type, role=role, unit=unit),
        words=_split(words),
        is_required=needed,
        codes=split,
        coded=coded or {},
        minimum=least,
        maximum=most,
    )


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(";") if word.strip())
