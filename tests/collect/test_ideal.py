"""Città Ideale is the same for everybody, and what is planted in it can be found."""

import json
from collections import Counter
from shutil import copytree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from citycommons.collect.check import check_connector
from citycommons.collect.ideal import Ideal
from citycommons.core.errors import Invalid, NotFound

GOLDEN = {
    "streets.geojson": "ba51532b7a65ed87",
    "motor_counts.csv": "dbda08fccb4740fa",
    "crashes.csv": "3af9b458aeb13641",
}


@pytest.fixture(scope="module")
def ideal(tmp_path_factory):
    town = Ideal(folder=tmp_path_factory.mktemp("ideal"))
    list(town.fetch())
    return town


@pytest.fixture(scope="module")
def truth(ideal):
    return json.loads(ideal.truth_path.read_text())


def table(ideal, name, skip=0, encoding="utf8", delimiter=";"):
    return pa.csv.read_csv(
        ideal.folder / name,
        read_options=pa.csv.ReadOptions(skip_rows=skip, encoding=encoding),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter),
        convert_options=pa.csv.ConvertOptions(
            decimal_point="," if delimiter == ";" else ".",
            # Kept as written: the local clock is what the profiles follow.
            column_types={"begins": pa.string(), "date": pa.string()},
        ),
    )


def days_of(table, column="begins"):
    return (
        pc.utf8_slice_codeunits(table[column].cast(pa.string()), 0, 10)
        .to_numpy(zero_copy_only=False)
        .astype("datetime64[D]")
    )


def features(ideal, name):
    return json.loads((ideal.folder / name).read_text())["features"]


def daily(ideal):
    """Vehicles by detector and day, days without a gap in the loop only."""
    counts = table(ideal, "motor_counts.csv")
    names = sorted(set(counts["detector"].to_pylist()))
    width = len(names)
    day = days_of(counts)[::width]
    seen = counts["vehicles"].to_numpy(zero_copy_only=False).reshape(-1, width)
    start = np.flatnonzero(np.r_[True, day[1:] != day[:-1]])
    return names, day[start], np.add.reduceat(seen, start)


def test_the_same_seed_gives_the_same_bytes(ideal, truth, tmp_path):
    again = Ideal(folder=tmp_path)
    assert {parcel.name: parcel.digest for parcel in again.fetch()} == truth["files"]
    assert again.truth_path.read_bytes() == ideal.truth_path.read_bytes()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_bytes_are_those_of_every_machine_and_of_this_edition(truth):
    # Where one of these must change, raise EDITION in truth.py, so that old folders are rebuilt.
    assert truth["edition"] == 1
    assert {name: truth["files"][name][:16] for name in GOLDEN} == GOLDEN


def test_a_second_fetch_builds_nothing_and_one_file_can_be_asked_for(ideal):
    assert len(check_connector(ideal)) == 28
    written = ideal.truth_path.stat().st_mtime_ns
    (parcel,) = Ideal(folder=ideal.folder, file="crashes.csv").fetch()
    assert parcel.media_type == "text/csv"
    assert parcel.path.read_bytes().startswith(b"crash;date;")
    assert ideal.truth_path.stat().st_mtime_ns == written
    with pytest.raises(NotFound, match="it has air_quality"):
        list(Ideal(folder=ideal.folder, file="crashes.xml").fetch())


def test_a_folder_that_holds_another_seed_is_built_anew(ideal, truth, tmp_path):
    copytree(ideal.folder, tmp_path, dirs_exist_ok=True)
    other = Ideal(folder=tmp_path, seed=7)
    digests = {parcel.name: parcel.digest for parcel in other.fetch()}
    differing = {name for name, digest in digests.items() if digest != truth["files"][name]}
    assert {"streets.geojson", "motor_counts.csv", "crashes.csv", "budget.xlsx"} <= differing
    assert json.loads(other.truth_path.read_text())["seed"] == 7


def test_a_seed_that_is_none_is_refused(tmp_path):
    with pytest.raises(Invalid, match="from 0 to 4294967295"):
        Ideal(folder=tmp_path, seed=-1)


def test_the_city_has_the_size_of_a_small_town(ideal, truth):
    zones = [f["properties"] for f in features(ideal, "zones.geojson")]
    assert sum(z["inhabitants"] for z in zones) == 20_018
    assert len(zones) == 25
    rows = sum(
        (ideal.folder / name).read_bytes().count(b"\n") for name in truth["files"] if "csv" in name
    )
    assert 300_000 < rows < 600_000
    assert 25 <= len(truth["files"]) <= 35


def test_every_link_joins_known_junctions_and_every_junction_is_reached(ideal):
    links = [f["properties"] for f in features(ideal, "streets.geojson")]
    known = {f["properties"]["junction"] for f in features(ideal, "junctions.geojson")}
    near = {}
    for link in links:
        near.setdefault(link["from_junction"], []).append(link["to_junction"])
    assert set(near) == known
    seen, front = {"J001"}, ["J001"]
    while front:
        for node in near[front.pop()]:
            if node not in seen:
                seen.add(node)
                front.append(node)
    assert seen == known
    assert all(link["length_m"] > 20 and link["capacity_veh_h"] > 0 for link in links)
    bridges = Counter(link["bridge"] for link in links if link["bridge"])
    assert bridges == {"Ponte dei Mercanti": 2, "Ponte di Levante": 2}


def test_the_closure_moves_as_much_traffic_as_the_key_says(ideal, truth):
    names, day, seen = daily(ideal)
    closure = truth["closure"]
    first, last = (np.datetime64(closure[end]) for end in ("first_day", "last_day"))
    closed = (day >= first) & (day <= last)
    usual = ((day >= first - np.timedelta64(56, "D")) & (day < first)) | (
        (day > last) & (day <= last + np.timedelta64(21, "D"))
    )
    effects = {e["detector"]: e for e in closure["detectors"]}
    change = {}
    for at, name in enumerate(names):
        whole = ~np.isnan(seen[:, at])
        change[name] = seen[closed & whole, at].mean() / seen[usual & whole, at].mean()
    season = np.mean([change[n] / e["ratio"] for n, e in effects.items() if e["role"] == "control"])
    for name, effect in effects.items():
        assert change[name] / season == pytest.approx(effect["ratio"], rel=0.06), name
    roles = Counter(e["role"] for e in effects.values())
    assert roles == {"closed": 2, "alternative": 8, "relieved": 6, "control": 12}
    assert all(e["ratio"] > 1.5 for e in effects.values() if e["role"] == "alternative")


def test_the_faulty_loop_sees_too_few_in_its_interval_and_its_neighbours_do_not(ideal, truth):
    names, day, seen = daily(ideal)
    fault = truth["faulty_detector"]
    first, last = (np.datetime64(fault[end]) for end in ("first_day", "last_day"))
    within = (day >= first) & (day <= last)
    around = (
        (day >= first - np.timedelta64(28, "D")) & (day <= last + np.timedelta64(28, "D")) & ~within
    )
    drop = np.nanmean(seen[within], axis=0) / np.nanmean(seen[around], axis=0)
    at = names.index(fault["detector"])
    rest = np.delete(drop, at)
    assert drop[at] / rest.mean() == pytest.approx(fault["share"], rel=0.06)
    assert rest.min() > 0.9


def test_cycling_grows_as_the_key_says(ideal, truth):
    counts = table(ideal, "cycle_counts.csv")
    missing = truth["documented_faults"]["cycle_counts.csv"]
    assert missing.startswith("-1")
    seen = counts["bicycles"].to_numpy()
    year = days_of(counts).astype("datetime64[Y]").astype(int) + 1970
    sound = np.isin(counts["counter"].to_numpy(zero_copy_only=False), ["B1", "B2", "B4", "B5"])
    yearly = [seen[sound & (year == y)].sum() for y in truth["cycling_growth"]["years"]]
    growth = (yearly[1] / yearly[0]) ** 0.5 - 1
    assert growth == pytest.approx(truth["cycling_growth"]["rate"], abs=0.03)
    assert (seen == -1).sum() == 130 + 74


def test_the_hot_spot_is_the_busy_junction_with_the_highest_rate(ideal, truth):
    wrecks = table(ideal, "crashes.csv")
    entering = Counter()
    for feature in features(ideal, "streets.geojson"):
        entering[feature["properties"]["to_junction"]] += feature["properties"]["vehicles_per_day"]
    seen = Counter(j for j in wrecks["junction"].to_pylist() if j)
    busy = {j: seen[j] / entering[j] for j, flow in entering.items() if flow > 2_500}
    hot = truth["crash_hot_spot"]
    assert max(busy, key=busy.get) == hot["junction"]
    others = [j for j in entering if j != hot["junction"]]
    elsewhere = sum(seen[j] for j in others) / sum(entering[j] for j in others)
    assert busy[hot["junction"]] / elsewhere == pytest.approx(hot["rate_ratio"], rel=0.35)
    assert 1_500 < wrecks.num_rows < 2_500


def test_the_cycle_lane_tempts_to_see_an_effect_that_is_not_there(ideal, truth):
    wrecks, lane = table(ideal, "crashes.csv"), truth["cycle_lane"]
    on_street = pc.equal(wrecks["street"], lane["street"]).to_numpy(zero_copy_only=False)
    early = np.array([date[-4:] < lane["opened"][:4] for date in wrecks["date"].to_pylist()])
    before, after = (int((on_street & when).sum()) for when in (early, ~early))
    assert (before, after) == (lane["crashes_before"], lane["crashes_after"])
    assert after / before < 0.75  # what a plain comparison says
    assert lane["rate_ratio"] == 1.0
    assert after == pytest.approx(lane["expected_each"], abs=3 * lane["expected_each"] ** 0.5)
    lanes = {f["properties"]["street"] for f in features(ideal, "cycle_lanes.geojson")}
    assert lane["street"] in lanes


def test_only_the_leaking_column_makes_respondents_unique(ideal, truth):
    survey, leak = table(ideal, "mobility_survey.csv"), truth["leaking_column"]
    rows = survey.to_pylist()
    plain = Counter(tuple(r[c] for c in leak["with_columns"]) for r in rows)
    assert min(plain.values()) >= leak["fewest_alike"]
    columns = [*leak["with_columns"], leak["column"]]
    leaking = Counter(tuple(r[c] for c in columns) for r in rows)
    unique = sorted(r["respondent"] for r in rows if leaking[tuple(r[c] for c in columns)] == 1)
    assert unique == leak["unique_respondents"]
    assert 0.1 < len(unique) / len(rows) < 0.5


def test_the_second_desk_and_mondays_show_in_the_citizen_office(ideal, truth):
    waiting = table(ideal, "waiting_times.csv")
    day, people = days_of(waiting, "read"), waiting["people_waiting"].to_numpy()
    monday = (day.astype(int) + 3) % 7 == 0
    later = day >= np.datetime64(truth["second_desk"]["from"])
    desk = people[later & ~monday].mean() / people[~later & ~monday].mean()
    assert desk == pytest.approx(truth["second_desk"]["ratio"], rel=0.1)
    # Mondays have no afternoon, so mornings are compared with mornings.
    hour = np.array([int(str(t)[11:13]) for t in waiting["read"].to_pylist()])
    early = hour < 13
    ratio = people[monday & early].mean() / people[~monday & early].mean()
    assert ratio == pytest.approx(truth["monday"]["ratio"], rel=0.12)


def test_more_is_written_about_traffic_while_the_bridge_is_closed(ideal, truth):
    said, closure = table(ideal, "citizen_messages.csv", delimiter=","), truth["closure"]
    day = days_of(said, "sent")
    about = pc.equal(said["category"], "traffic").to_numpy(zero_copy_only=False)
    closed = (day >= np.datetime64(closure["first_day"])) & (
        day <= np.datetime64(closure["last_day"])
    )
    rate = (about & closed).sum() / 56 / ((about & ~closed).sum() / (365 - 56))
    assert rate == pytest.approx(truth["traffic_messages"]["ratio"], rel=0.25)
    assert set(said["language"].to_pylist()) == {"it", "en", "de", "fr"}
    coarse = {*zip(said["lon"].to_pylist(), said["lat"].to_pylist(), strict=True)}
    assert len(coarse) < 300  # squares, no addresses


def test_nitrogen_dioxide_follows_traffic_and_wind_as_the_key_says(ideal, truth):
    air, counts = table(ideal, "air_quality.csv"), table(ideal, "motor_counts.csv")
    sky = table(ideal, "weather_daily.csv", skip=2, encoding="cp1252")
    year = np.arange("2025-01-01", "2026-01-01", dtype="datetime64[D]")
    by_day = dict(zip(year, sky["wind_ms"].to_numpy()[-365:], strict=True))
    half = air.num_rows // 2
    no2 = air["no2_ug_m3"].to_numpy()[:half]
    key = truth["no2"]
    of = [counts.filter(pc.equal(counts["detector"], name)) for name in key["detectors"]]
    passing = sum(loop["vehicles"].to_numpy(zero_copy_only=False) for loop in of)
    wind = np.array([by_day[d] for d in days_of(air)[:half]])
    x = passing * np.sqrt(key["usual_wind"] / np.maximum(wind, 0.8))
    sound = ~np.isnan(x)
    slope, base = np.polyfit(x[sound], no2[sound], 1)
    assert slope == pytest.approx(key["per_vehicle"], rel=0.03)
    assert base == pytest.approx(key["base"], rel=0.08)


def test_the_key_names_only_parts_it_explains(truth):
    plain = {"city", "edition", "seed", "meaning", "files"}
    assert set(truth) - plain == set(truth["meaning"])
    assert set(truth["documented_faults"]) <= set(truth["files"])
