"""Which recipe a manifest means by a name."""

from collections.abc import Callable

import pyarrow as pa

from citycommons.core.tables import Report
from citycommons.core.types import PublisherId
from citycommons.standardise.muenster import (
    cycling,
    detectors,
    districts,
    environment,
    motor_counts,
    network,
    open_catalogue,
    parking,
    services,
    utilities,
    works,
)
from citycommons.standardise.muenster.rows import Parcels

Recipe = Callable[[Parcels], tuple[pa.Table, Report]]

TABLES: dict[str, Recipe] = {
    recipe.__name__: recipe
    for recipe in (
        motor_counts.motor_counts,
        detectors.motor_detectors,
        cycling.cycle_counts,
        cycling.cycle_counters,
        cycling.cycle_weather,
        parking.car_parks,
        parking.parking_occupancy,
        districts.boroughs,
        districts.districts,
        districts.cells,
        districts.population,
        network.junctions,
        network.main_roads,
        network.centre_streets,
        works.closures,
        works.disruptions,
        utilities.charging_points,
        utilities.glass_containers,
        utilities.glass_containers_2017,
        utilities.stops,
        utilities.park_and_ride,
        utilities.solar_plants,
        environment.air_quality,
        environment.climate_indicators,
        services.waiting_times,
        services.mobility_survey,
        services.mobility_survey_blocks,
        services.portal_visits,
        services.portal_favourites,
        services.portal_categories,
        services.portal_formats,
    )
}
ENTRIES: dict[str, Callable[[Parcels, PublisherId], open_catalogue.Entries]] = {
    "open_catalogue": open_catalogue.open_catalogue
}
