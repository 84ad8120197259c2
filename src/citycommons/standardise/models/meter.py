"""Meter readings: SensorThings Observation, Smart Data Models `ACMeasurement`."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    ID,
    KIND,
    MEASURE,
    NUM,
    STR,
    TEXT,
    TIME,
    WHEN,
    of,
)

MODEL = Model(
    id="meter",
    title={"en": "Meter readings", "de": "Zählerstände", "fr": "Relevés", "it": "Letture"},
    source="OGC SensorThings 1.1, Smart Data Models ACMeasurement and WaterConsumptionObserved",
    words=("meter", "zähler", "zählerstand", "verbrauch", "consumption", "consommation",
           "relevé", "consumo", "lettura", "contatore", "energie", "strom", "gas", "wasser"),
    fields=(
        of("meter", STR, ID, "meter; meter id; meter number; serial; zähler; zählernummer; "
            "zähler nr; compteur; numéro de compteur; pdl; prm; contatore; matricola; pod; pdr",
            needed=True),
        of("time", AT, TIME, WHEN + "; reading date; ablesedatum; ablesung; date de relevé; "
            "data lettura", needed=True),
        of("reading", NUM, MEASURE, "reading; meter reading; index; zählerstand; stand; relevé; "
            "lettura; valore contatore", least=0),
        of("consumption", NUM, MEASURE, "consumption; usage; energy; verbrauch; energieverbrauch; "
            "consommation; consumo; energia", unit="kWh"),
        of("medium", STR, KIND, "medium; commodity; utility; energy source; sparte; "
            "energieträger; énergie; energie; fluide; vettore; fornitura",
            codes={"electricity": "electricity; power; strom; électricité; electricite; "
                   "elettricità; energia elettrica",
                   "gas": "gas; erdgas; gaz; metano",
                   "water": "water; wasser; eau; acqua",
                   "heat": "heat; district heating; fernwärme; wärme; chaleur; "
                   "teleriscaldamento; calore"}),
        of("building", STR, TEXT, "building; site; gebäude; objekt; liegenschaft; bâtiment; "
            "batiment; edificio; immobile"),
    ),
)  # fmt: skip
