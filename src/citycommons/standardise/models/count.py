"""Counts of traffic: SensorThings 1.1 Observation, Smart Data Models `TrafficFlowObserved`."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    GEO,
    ID,
    INT,
    KIND,
    MEASURE,
    NUM,
    PLACE,
    STR,
    TIME,
    WHEN,
    WHERE,
    of,
)

MODEL = Model(
    id="count",
    title={"en": "Counts", "de": "Zählungen", "fr": "Comptages", "it": "Conteggi"},
    source="OGC SensorThings 1.1, Smart Data Models TrafficFlowObserved",
    words=("zählung", "zählstelle", "zaehlstelle", "count", "counter", "comptage", "compteur",
           "conteggio", "traffic", "verkehr", "radverkehr", "fahrräder", "radfahrer", "detector",
           "vélos", "bici", "passaggi"),
    wide=("station", "count"),
    fields=(
        of("time", AT, TIME, WHEN, needed=True),
        of("station", STR, ID, "station; site; counter; sensor; detector; location id; "
            "zählstelle; zaehlstelle; standort; messstelle; compteur; point de comptage; "
            "identifiant du compteur; nom du compteur; stazione; postazione; sezione"),
        of("count", INT, MEASURE, "count; counts; intensity; volume; flow; vehicles; total; "
            "anzahl; zählung; gesamt; verkehrsstärke; radfahrende; kfz; comptage; débit; debit; "
            "comptage horaire; nombre; conteggio; transiti; passaggi; numero veicoli; totale",
            unit="1", needed=True, least=0),
        of("direction", STR, KIND, "direction; richtung; fahrtrichtung; sens; direzione"),
        of("mode", STR, KIND, "mode; vehicle type; vehicle class; verkehrsart; fahrzeugart; "
            "type de véhicule; tipo veicolo; tipologia",
            codes={"bicycle": "bicycle; bike; fahrrad; rad; vélo; velo; bicicletta; bici",
                   "car": "car; cars; pkw; kfz; auto; voiture; vl; autovettura",
                   "pedestrian": "pedestrian; fussgänger; fußgänger; piéton; pedone",
                   "goods_vehicle": "lorry; truck; lkw; poids lourd; pl; autocarro; camion",
                   "bus": "bus; autobus"}),
        of("speed", NUM, MEASURE, "speed; average speed; geschwindigkeit; vitesse; velocità",
            unit="km/h", least=0, most=300),
        of("occupancy", NUM, MEASURE, "occupancy; belegungsgrad; taux d'occupation; occupazione",
            unit="%", least=0, most=100),
        of("temperature", NUM, MEASURE, "temperature; temperatur; température; temperatura",
            unit="Cel", least=-60, most=60),
        of("inbound", INT, MEASURE, "inbound; stadteinwärts; fr stadteinwärts; "
            "vers le centre; in entrata", unit="1", least=0),
        of("outbound", INT, MEASURE, "outbound; stadtauswärts; fr stadtauswärts; "
            "depuis le centre; in uscita", unit="1", least=0),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
