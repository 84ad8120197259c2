"""The field's own tables as data: their fields, and the words by which columns are known.

Each field names the words by which columns of that meaning are called in English, German, French
and Italian, and each code the words that stand for it. Sources, by table:

- `crash`: Unfallatlas of the German statistical offices (record description 2021), STATS19 (Great
  Britain, Road Safety Open Data Guide), BAAC (France), Istat (Italy).
- `count`: OGC SensorThings 1.1 (Observation), Smart Data Models `TrafficFlowObserved`.
- `roadwork`: DATEX II v3 `Roadworks`, WZDx 4.2 work zone road event.
- `parking`: DATEX II v3 `ParkingPublication`, Smart Data Models `OffStreetParking`.
- `meter`: SensorThings Observation with a meter as its Thing; Smart Data Models `ACMeasurement`,
  `WaterConsumptionObserved`.
- `air-quality`: Smart Data Models `AirQualityObserved`; Directive 2008/50/EC for pollutants.
- `waste`: Smart Data Models `WasteContainer`.
- `street-light`: Smart Data Models `Streetlight`.
- `citizen-report`: Open311 GeoReport v2 (service request).
- `budget-line`: Fiscal Data Package (Open Knowledge), OCDS for the names of parties.
"""

from citycommons.core.errors import NotFound
from citycommons.standardise.models import (
    air_quality,
    budget_line,
    citizen_report,
    count,
    crash,
    meter,
    parking,
    roadwork,
    street_light,
    waste,
)
from citycommons.standardise.models.model import Model, ModelField

__all__ = ["MODELS", "Model", "ModelField", "model"]

MODELS: dict[str, Model] = {
    one.MODEL.id: one.MODEL
    for one in (
        crash,
        count,
        roadwork,
        parking,
        meter,
        air_quality,
        waste,
        street_light,
        citizen_report,
        budget_line,
    )
}
"""The field's own tables by their names."""


def model(id: str) -> Model:
    """The model of that name; raises `NotFound`."""
    if (found := MODELS.get(id)) is None:
        raise NotFound(f"There is no model “{id}”; there are {', '.join(MODELS)}.")
    return found
