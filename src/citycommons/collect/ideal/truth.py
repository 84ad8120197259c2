"""The key: everything planted in the city, for tests of our methods and for teachers."""

from typing import Any

from citycommons.collect.ideal import crashes, people, services, traffic
from citycommons.collect.ideal.crashes import Crashes
from citycommons.collect.ideal.flows import CLOSED_BRIDGE, STAYING_AWAY
from citycommons.collect.ideal.streets import Streets
from citycommons.collect.ideal.traffic import Detectors

EDITION = 1
"""Raised whenever the same seed gives other bytes than before."""

MEANING = {
    "closure": "A bridge closed to motor vehicles. `ratio` of each detector is its expected flow "
    "while closed over its usual flow of the same kind of day; role control means unaffected.",
    "faulty_detector": "One detector sees only `share` of the vehicles in an interval.",
    "cycling_growth": "`rate` is the growth a year of the expected counts of every cycle counter.",
    "crash_hot_spot": "`rate_ratio` is the crash rate of one junction over the rate of all others, "
    "crashes at the junction divided by vehicles that enter it (streets: vehicles_per_day).",
    "cycle_lane": "A negative control: the lane changes nothing (`rate_ratio` 1). The street was "
    "chosen after a bad spell, so a plain before-after comparison shows an effect there is not.",
    "leaking_column": "The survey's column that makes people unique together with `with_columns`; "
    "without it at least `fewest_alike` respondents share each combination.",
    "second_desk": "`ratio` of people waiting in the citizen office from the day on.",
    "monday": "`ratio` of people waiting on Mondays over other days.",
    "traffic_messages": "`ratio` of messages about traffic while the bridge is closed.",
    "no2": "Station Viale: base + per_vehicle * vehicles an hour on the detectors' sum * "
    "sqrt(usual_wind / wind), µg/m³.",
    "documented_faults": "Faults the departments know of and describe; file by file.",
}
FAULTS = {
    "weather_daily.csv": "Latin-1, two title rows above the header.",
    "cycle_counts.csv": "-1 stands for a counter that did not answer.",
    "motor_counts.csv": "Empty cells where a loop did not answer.",
    "car_park_occupancy.csv": "The word chiuso instead of a number while a car park is closed.",
    "budget.xlsx": "Two title rows above the header.",
    "waste_containers.json": "Two containers have longitude and latitude exchanged.",
}


def written(
    seed: int, streets: Streets, loops: Detectors, wrecks: Crashes, unique: list[str]
) -> dict[str, Any]:
    """The key of this city as plain values; `meaning` says what each part is."""
    effects = [
        {
            "detector": loops.id(at),
            "link": streets.link_id(link),
            "street": streets.bridge[link] or streets.name[link],
            "role": loops.role[at],
            "ratio": round(float(loops.ratio[at]), 4),
        }
        for at, link in enumerate(loops.link)
    ]
    (before, due), (after, _) = wrecks.before, wrecks.after
    return {
        "city": "Città Ideale, invented and generated",
        "edition": EDITION,
        "seed": seed,
        "meaning": MEANING,
        "closure": {
            "bridge": CLOSED_BRIDGE,
            "works": "W25-001",
            "first_day": traffic.CLOSED_FROM,
            "last_day": traffic.CLOSED_TO,
            "trips_given_up": STAYING_AWAY,
            "links": [e["link"] for e in effects if e["role"] == "closed"],
            "alternatives": sorted({e["street"] for e in effects if e["role"] == "alternative"}),
            "detectors": effects,
        },
        "faulty_detector": {
            "detector": loops.id(loops.faulty),
            "first_day": traffic.FAULTY_FROM,
            "last_day": traffic.FAULTY_TO,
            "share": traffic.FAULTY_SHARE,
        },
        "cycling_growth": {"rate": traffic.CYCLE_GROWTH, "years": list(traffic.CYCLE_YEARS)},
        "crash_hot_spot": {
            "junction": streets.node_id(wrecks.hot_junction),
            "rate_ratio": crashes.HOT_RATIO,
        },
        "cycle_lane": {
            "street": wrecks.lane_street,
            "opened": crashes.LANE_OPENED,
            "rate_ratio": crashes.LANE_RATIO,
            "crashes_before": before,
            "crashes_after": after,
            "expected_each": due,
        },
        "leaking_column": {
            "dataset": "mobility-survey",
            "column": people.LEAKING,
            "with_columns": list(people.QUASI_IDENTIFIERS),
            "fewest_alike": people.FEWEST_ALIKE,
            "unique_respondents": unique,
        },
        "second_desk": {"from": people.SECOND_DESK_FROM, "ratio": people.SECOND_DESK_RATIO},
        "monday": {"ratio": people.MONDAY_RATIO},
        "traffic_messages": {"ratio": people.TRAFFIC_MESSAGES_RATIO},
        "no2": {
            "detectors": ["D03", "D04"],
            "base": services.NO2_BASE,
            "per_vehicle": services.NO2_PER_VEHICLE,
            "usual_wind": services.USUAL_WIND_MS,
        },
        "documented_faults": FAULTS,
    }
