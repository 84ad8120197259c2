"""What people say, spend, wait and answer: messages, budget, the office, the portal, the survey."""

from typing import Any

import numpy as np

from citycommons.collect.ideal import days
from citycommons.collect.ideal.chance import Ints, pick, scattered, stream
from citycommons.collect.ideal.plan import DISTRICTS, Zones
from citycommons.collect.ideal.services import Table
from citycommons.collect.ideal.streets import Streets
from citycommons.collect.ideal.traffic import while_closed
from citycommons.collect.ideal.words import CHAPTERS, LANGUAGES, MESSAGES, OCCUPATIONS

GRID_M = 250.0
TRAFFIC_MESSAGES_RATIO = 4.0  # during the closure, over the usual number about traffic
SECOND_DESK_FROM, SECOND_DESK_RATIO, MONDAY_RATIO = "2025-09-01", 0.62, 1.5
SURVEYED = 1_200
QUASI_IDENTIFIERS, LEAKING = ("age_band", "gender", "district"), "occupation"
FEWEST_ALIKE = 5
AGES = ("18-29", "30-44", "45-59", "60-74", "75+")


def messages(seed: int, streets: Streets, alternatives: list[str]) -> Table:
    """Messages of the year on a grid of 250 m; no name, no house number.

    While the bridge is closed more of them are about traffic, in the `alternatives` streets.
    """
    chance = stream(seed, "messages")
    day = days.days(days.YEAR, days.YEAR)
    per_day = np.array([0.6, 0.5, 0.9, 0.6, 0.4, 0.6, 0.3])
    mean = np.tile(per_day, (len(day), 1))
    mean[while_closed(day), 0] *= TRAFFIC_MESSAGES_RATIO
    count = chance.poisson(mean)
    at, subject = (np.repeat(index.ravel(), count.ravel()) for index in np.indices(count.shape))
    minute = day[at].astype("datetime64[m]") + chance.randint(420, 1380, len(at)).astype(
        "timedelta64[m]"
    )
    order = np.argsort(minute, kind="stable")
    minute, subject = minute[order], subject[order]
    names = np.array(streets.name)
    inside = np.flatnonzero(streets.zone[streets.head] >= 0)
    busier = inside[np.isin(names[inside], alternatives)]
    excess = while_closed(minute) & (subject == 0) & (chance.rand(len(at)) < 0.75)
    link = np.where(excess, pick(chance, busier, len(at)), pick(chance, inside, len(at)))
    language = pick(chance, LANGUAGES, len(at), [70, 13, 10, 7])
    subjects = list(MESSAGES)
    which = chance.randint(0, 2, len(at))
    text = [
        MESSAGES[subjects[s]][w][n].format(street=streets.name[a])
        for s, w, n, a in zip(subject, language, which, link, strict=True)
    ]
    coarse = (np.floor(streets.place[streets.head[link]] / GRID_M) + 0.5) * GRID_M
    return coarse, {
        "message": [f"M{n:04d}" for n in range(1, len(at) + 1)],
        "sent": days.stamped_local(minute),
        "category": np.array(subjects)[subject],
        "language": language,
        "text": text,
        "answered_days": np.minimum(chance.geometric(0.16, len(at)), 60),
    }


def waiting_times(seed: int) -> dict[str, Any]:
    """The citizen office every ten minutes of its opening hours; a second desk from September."""
    chance = stream(seed, "waiting_times")
    day = days.days(days.YEAR, days.YEAR)
    day = day[days.day_kind(day) == 0]
    slots = np.concatenate([np.arange(510, 780, 10), np.arange(900, 1050, 10)])
    open_late = np.isin(days.weekday(day), [1, 3])
    grid = (day.astype("datetime64[m]")[:, None] + slots.astype("timedelta64[m]"))[
        open_late[:, None] | (slots < 800)
    ]
    monday = np.where(days.weekday(grid) == 0, MONDAY_RATIO, 1.0)
    desk = np.where(grid >= np.datetime64(SECOND_DESK_FROM), SECOND_DESK_RATIO, 1.0)
    minute = (grid - grid.astype("datetime64[D]")).astype(np.int64)
    rush = 0.55 + 0.75 * np.exp(-(((minute - 640) / 75.0) ** 2))
    waiting = scattered(chance, 7.0 * rush * monday * desk, 6.0)
    return {
        "read": days.stamped_local(grid),
        "people_waiting": waiting,
        "wait_min": np.round(waiting * 3.1 + chance.gamma(2, 1, len(grid))).astype(np.int64),
    }


def budget(seed: int) -> dict[str, Any]:
    """Planned and spent euros by chapter, year and quarter."""
    chance = stream(seed, "budget")
    rows = [(y, q, c, whole) for y in days.YEARS for q in (1, 2, 3, 4) for c, whole in CHAPTERS]
    year, quarter, chapter, whole = (np.array(column) for column in zip(*rows, strict=True))
    planned = np.round(whole / 4 * 1.025 ** (year - days.YEARS[0]) / 1000) * 1000
    spent = planned * np.clip(chance.normal(0.97, 0.06, len(rows)), 0.7, 1.2)
    return {
        "year": year, "quarter": quarter, "chapter": chapter,
        "planned_eur": planned, "spent_eur": np.round(spent, 2),
    }  # fmt: skip


def portal_usage(seed: int, datasets: list[str]) -> dict[str, Any]:
    """Uses of each dataset by week and channel in the year of counts."""
    chance = stream(seed, "portal_usage")
    week = np.arange("2025-01-06", "2025-12-29", 7, dtype="datetime64[D]")
    channels = ("page", "api", "file", "map")
    love = chance.gamma(1.2, 18.0, len(datasets))
    mean = love[None, :, None] * np.array([1.0, 1.6, 0.35, 0.5])
    growth = 1.012 ** np.arange(len(week))[:, None, None]
    uses = scattered(chance, mean * growth, 5.0)
    at = [index.ravel() for index in np.indices(uses.shape)]
    return {
        "week": week.astype(str)[at[0]],
        "dataset": np.array(datasets)[at[1]],
        "channel": np.array(channels)[at[2]],
        "uses": uses.ravel(),
    }


def survey(seed: int, zones: Zones) -> tuple[dict[str, Any], list[str]]:
    """Answers about one day's trips, and whose combination with `LEAKING` is unique.

    At least `FEWEST_ALIKE` people share each combination of the quasi-identifiers alone.
    """
    chance = stream(seed, "survey")
    share = np.bincount(zones.district, zones.population)
    cell = np.arange(len(AGES) * 2 * len(DISTRICTS))
    age_share = np.repeat([0.17, 0.24, 0.27, 0.20, 0.12], 2 * len(DISTRICTS))
    weight = age_share * np.tile(share, len(AGES) * 2)
    fixed = np.repeat(cell, FEWEST_ALIKE)
    group = chance.permutation(
        np.concatenate([fixed, pick(chance, cell, SURVEYED - len(fixed), weight)])
    )
    age, gender, district = np.unravel_index(group, (len(AGES), 2, len(DISTRICTS)))
    job = _occupation(chance.rand(SURVEYED))
    job = np.where((age == 4) & (chance.rand(SURVEYED) < 0.9), 1, job)
    job = np.where((age == 0) & (chance.rand(SURVEYED) < 0.4), 2, job)
    mode = pick(chance, ["car", "on foot", "bicycle", "bus"], SURVEYED, [46, 27, 17, 10])
    person = np.array([f"R{n:04d}" for n in chance.permutation(np.arange(1001, 1001 + SURVEYED))])
    _, which, times = np.unique(
        group * len(OCCUPATIONS) + job, return_inverse=True, return_counts=True
    )
    answers = {
        "respondent": person,
        "age_band": np.array(AGES)[age],
        "gender": np.array(["f", "m"])[gender],
        "district": np.array(DISTRICTS)[district],
        "occupation": np.array(OCCUPATIONS)[job],
        "main_mode": mode,
        "trips": chance.poisson(2.9, SURVEYED),
        "minutes_under_way": np.round(chance.gamma(3.2, 17, SURVEYED)).astype(np.int64),
        "satisfaction": 1 + chance.binomial(4, 0.6, SURVEYED),
    }
    return answers, sorted(person[times[which] == 1].tolist())


def _occupation(draw: np.ndarray) -> Ints:
    """Few common occupations and a long tail of rare ones."""
    weight = 1.0 / np.arange(1, len(OCCUPATIONS) + 1) ** 1.25
    return np.searchsorted(np.cumsum(weight / weight.sum()), draw).clip(max=len(OCCUPATIONS) - 1)
