"""Waste containers: Smart Data Models `WasteContainer`."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    DAY,
    GEO,
    ID,
    KIND,
    MEASURE,
    NUM,
    PLACE,
    STR,
    TEXT,
    TIME,
    WHERE,
    of,
)

MODEL = Model(
    id="waste",
    title={"en": "Waste containers", "de": "Abfallbehälter", "fr": "Conteneurs",
           "it": "Contenitori"},
    source="Smart Data Models WasteContainer",
    words=("waste", "container", "glascontainer", "abfall", "müll", "altglas", "wertstoff",
           "déchets", "conteneur", "verre", "rifiuti", "cassonetto", "raccolta", "recycling"),
    fields=(
        of("id", STR, ID, "id; container id; behälternummer; identifiant; codice"),
        of("kind", STR, KIND, "container type; type; waste kind; containertyp; sorte; sorten; "
            "abfallart; fraktion; type de déchets; flux; tipo rifiuto; tipologia; frazione",
            needed=True,
            codes={"glass": "glass; glas; altglas; glascontainer; verre; vetro",
                   "paper": "paper; papier; altpapier; carton; carta; carta e cartone",
                   "organic": "organic; bio; biomüll; biodéchets; organico; umido",
                   "residual": "residual; general; restmüll; ordures ménagères; "
                   "indifferenziato; secco residuo",
                   "packaging": "packaging; plastic; gelber sack; wertstoff; leichtverpackung; "
                   "emballages; plastica; multimateriale",
                   "textile": "textile; textiles; altkleider; tessili; abiti usati"}),
        of("place", STR, TEXT, "location; site; address; standort; adresse; emplacement; "
            "ubicazione; indirizzo"),
        of("district", STR, KIND, "district; stadtteil; bezirk; quartier; arrondissement; "
            "quartiere; zona"),
        of("volume", NUM, MEASURE, "volume; capacity; volumen; litrage; capacité; capacità; "
            "volumetria", unit="l", least=0),
        of("filling", NUM, MEASURE, "filling; filling level; fill level; füllstand; "
            "taux de remplissage; remplissage; riempimento", unit="%", least=0, most=100),
        of("weight", NUM, MEASURE, "weight; tonnage; gewicht; menge; poids; tonnage collecté; "
            "peso; quantità", unit="t", least=0),
        of("time", DAY, TIME, "date; collection date; leerung; abfuhrtermin; datum; "
            "date de collecte; data raccolta"),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
