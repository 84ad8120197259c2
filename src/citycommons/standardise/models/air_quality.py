"""Air quality: Smart Data Models `AirQualityObserved`, Directive 2008/50/EC."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    GEO,
    ID,
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
    id="air-quality",
    title={"en": "Air quality", "de": "Luftqualität", "fr": "Qualité de l'air",
           "it": "Qualità dell'aria"},
    source="Smart Data Models AirQualityObserved, Directive 2008/50/EC",
    words=("air", "luft", "luftqualität", "qualité", "qualità", "pm10", "no2", "ozone", "ozon",
           "particulate", "feinstaub", "particules", "aria", "polveri"),
    fields=(
        of("station", STR, ID, "station; station code; station name; messstation; stationscode; "
            "code station; nom station; stazione; centralina; stazione di monitoraggio"),
        of("time", AT, TIME, WHEN, needed=True),
        of("pm10", NUM, MEASURE, "pm10; particulate matter pm10; feinstaub pm10; feinstaub; "
            "particules pm10; polveri pm10", unit="ug/m3", least=0, most=3000),
        of("pm25", NUM, MEASURE, "pm25; pm2 5; particulate matter pm2 5; feinstaub pm2 5; "
            "particules pm2 5; polveri sottili pm2 5", unit="ug/m3", least=0, most=2000),
        of("no2", NUM, MEASURE, "no2; nitrogen dioxide; nitrogen dioxide no2; stickstoffdioxid; "
            "stickstoffdioxid no2; dioxyde d'azote; biossido di azoto", unit="ug/m3", least=0,
            most=2000),
        of("o3", NUM, MEASURE, "o3; ozone; ozone o3; ozon; ozon o3; ozono", unit="ug/m3",
            least=0, most=1000),
        of("so2", NUM, MEASURE, "so2; sulphur dioxide; sulfur dioxide; schwefeldioxid; "
            "dioxyde de soufre; biossido di zolfo", unit="ug/m3", least=0, most=5000),
        of("co", NUM, MEASURE, "co; carbon monoxide; kohlenmonoxid; monoxyde de carbone; "
            "monossido di carbonio", unit="mg/m3", least=0, most=500),
        of("index", STR, KIND, "air quality index; aqi; index; luftqualitätsindex; luftqualität; "
            "indice; indice atmo; indice de qualité de l'air; indice di qualità dell'aria"),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
