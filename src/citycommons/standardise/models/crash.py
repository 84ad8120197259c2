"""Road crashes: Unfallatlas (record description 2021), STATS19, BAAC, Istat."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    BOOL,
    CASUALTY,
    GEO,
    ID,
    INT,
    KIND,
    MEASURE,
    PLACE,
    STR,
    STREET,
    TEXT,
    TIME,
    WHERE,
    of,
)

MODEL = Model(
    id="crash",
    title={"en": "Road crashes", "de": "Verkehrsunfälle", "fr": "Accidents", "it": "Incidenti"},
    source="Unfallatlas, STATS19, BAAC",
    words=("unfall", "unfälle", "verkehrsunfälle", "crash", "accident", "accidents", "incidenti"),
    fields=(
        of("id", STR, ID, "objectid; accident index; accident reference; collision reference; "
            "id; num acc; uident; unfallnummer; unfall id; id incidente; protocollo"),
        of("occurred", AT, TIME, "occurred; crash date; accident date; date; unfallzeit; "
            "unfalldatum; date accident; data incidente; data"),
        of("year", INT, KIND, "ujahr; year; accident year; collision year; jahr; unfalljahr; "
            "année; annee; an; anno", least=1900, most=2200),
        of("month", INT, KIND, "umonat; month; monat; unfallmonat; mois; mese", least=1, most=12),
        of("hour", INT, KIND, "ustunde; hour; stunde; unfallstunde; heure; ora", least=0, most=25),
        of("weekday", INT, KIND, "uwochentag; day of week; weekday; wochentag; "
            "jour de la semaine; giorno della settimana", least=1, most=7),
        of("severity", STR, KIND, "ukategorie; severity; accident severity; collision severity; "
            "unfallkategorie; unfallschwere; schwere; grav; gravité; gravite; gravità; esito",
            needed=True, codes=CASUALTY,
            coded={
                "ukategorie": {"1": "fatal", "2": "serious", "3": "slight"},
                "unfallkategorie": {"1": "fatal", "2": "serious", "3": "slight"},
                "accident severity": {"1": "fatal", "2": "serious", "3": "slight"},
                "collision severity": {"1": "fatal", "2": "serious", "3": "slight"},
                "grav": {"1": "damage-only", "2": "fatal", "3": "serious", "4": "slight"},
            }),
        of("kind", STR, KIND, "uart; unfallart; collision type; type of accident; col; "
            "type de collision; natura incidente; natura"),
        of("cause_type", STR, KIND, "utyp1; utyp; unfalltyp; accident type; circostanza"),
        of("light", STR, KIND, "ulichtverh; lichtverhältnisse; light conditions; light; lum; "
            "lumière; illuminazione; condizioni di luce",
            codes={"daylight": "daylight; tageslicht; plein jour; giorno; luce diurna",
                   "twilight": "twilight; dawn; dusk; dämmerung; crépuscule; crepuscolo",
                   "dark": "dark; darkness; dunkelheit; nuit; notte; buio"},
            coded={"ulichtverh": {"0": "daylight", "1": "twilight", "2": "dark"}}),
        of("surface", STR, KIND, "ustrzustand; istrstrasse; strassenzustand; straßenzustand; "
            "strzustand; road surface conditions; road surface; surf; état de surface; "
            "fondo stradale",
            codes={"dry": "dry; trocken; sèche; seche; asciutto",
                   "wet": "wet; nass; feucht; mouillée; mouillee; bagnato",
                   "icy": "icy; ice; snow; winterglatt; glatt; verglacée; ghiacciato; innevato"},
            coded={name: {"0": "dry", "1": "wet", "2": "icy"}
                   for name in ("ustrzustand", "strzustand", "istrstrasse")}),
        of("bicycle", BOOL, KIND, "istrad; rad; fahrrad; bicycle; pedal cycle; cycliste; vélo; "
            "bicicletta; velocipede"),
        of("car", BOOL, KIND, "istpkw; pkw; car; voiture; auto; autovettura"),
        of("pedestrian", BOOL, KIND, "istfuss; fuss; fussgänger; fußgänger; pedestrian; piéton; "
            "pedone"),
        of("motorcycle", BOOL, KIND, "istkrad; krad; kraftrad; motorrad; motorcycle; moto; "
            "deux roues motorisé; motociclo"),
        of("goods_vehicle", BOOL, KIND, "istgkfz; gkfz; lkw; güterkraftfahrzeug; goods vehicle; "
            "lorry; truck; poids lourd; autocarro"),
        of("other", BOOL, KIND, "istsonstige; istsonstig; sonstige; other vehicle; autre; altro"),
        of("killed", INT, MEASURE, "killed; number killed; fatalities; getötete; tote; tués; "
            "nombre de tués; morti; deceduti", least=0),
        of("injured", INT, MEASURE, "injured; casualties; number of casualties; verletzte; "
            "blessés; feriti", least=0),
        of("seriously_injured", INT, MEASURE, "seriously injured; schwerverletzte; "
            "schwer verletzte; blessés graves; blessés hospitalisés; feriti gravi", least=0),
        of("slightly_injured", INT, MEASURE, "slightly injured; leichtverletzte; "
            "leicht verletzte; blessés légers; feriti lievi; feriti leggeri", least=0),
        of("street", STR, TEXT, STREET),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
