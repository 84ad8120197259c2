from datetime import UTC, datetime

import numpy as np
import pytest

from citycommons.core.errors import Invalid
from citycommons.core.types import Parcel
from citycommons.standardise.muenster.motor_counts import (
    computed_lanes,
    is_pseudo,
    junction_of,
    motor_counts,
)

HEADER = "Name  /  Date: x;" + ";".join(f"{hour}:00" for hour in range(24))
LOOP = "MQ_01080_FV1_G (MQ7)"


@pytest.fixture
def days(tmp_path):
    def made(**files: list[str]) -> dict[str, list[Parcel]]:
        parcels = []
        for day, rows in files.items():
            path = tmp_path / f"{day[1:]}_24mq.csv"
            path.write_text("\n".join([HEADER, *rows]) + "\n", "latin-1")
            received = datetime(2026, 1, 1, tzinfo=UTC)
            parcels.append(Parcel(path=path, name=path.name, received=received))
        return {"motor-counts": parcels}

    return made


def row(*cells: object, name: str = LOOP) -> str:
    return ";".join([name, *map(str, cells), ""])


def told(parcels) -> list[tuple[str, int | None, str]]:
    table, _ = motor_counts(parcels)
    return [
        (f"{at:%m-%d %H}", vehicles, flag)
        for at, vehicles, flag in zip(
            table["phenomenon_time"].to_pylist(),
            table["vehicles"].to_pylist(),
            table["flag"].to_pylist(),
            strict=True,
        )
    ]


def rules(parcels) -> dict[str, int]:
    _, report = motor_counts(parcels)
    return {fault.rule: fault.count for fault in report.summary}


def test_a_wide_day_becomes_an_observation_an_hour_in_utc(days):
    found = told(days(d2015_01_02=[row(*range(24))]))
    assert found[0] == ("01-01 23", 0, "")
    assert found[-1] == ("01-02 22", 23, "")
    assert len(found) == 24


def test_rows_lie_in_the_order_of_the_key(days):
    second = "MQ_01080_FV0_G (MQ8)"
    parcels = days(
        d2015_01_02=[row(*range(24))],
        d2015_01_01=[row(*range(24)), row(*range(24), name=second)],
    )
    table, _ = motor_counts(parcels)
    keys = list(
        zip(table["detector"].to_pylist(), table["phenomenon_time"].to_pylist(), strict=True)
    )
    assert keys == sorted(keys)
    assert len(set(keys)) == 72


def test_what_is_doubtful_is_flagged_and_kept(days):
    cells = [-5, "", 91357, *range(21)]
    found = told(days(d2015_01_02=[row(*cells)]))
    assert found[:4] == [
        ("01-01 23", -5, "negative"),
        ("01-02 00", None, "empty"),
        ("01-02 01", 91357, "overflow"),
        ("01-02 02", 0, ""),
    ]


def test_a_row_that_breaks_off_keeps_what_it_held(days):
    parcels = days(d2015_01_02=[row(4, 5)])
    assert told(parcels) == [("01-01 23", 4, "short-row"), ("01-02 00", 5, "short-row")]
    assert rules(parcels) == {"short-row": 1}


def test_a_day_without_rows_is_reported(days):
    parcels = days(d2015_05_14=[], d2015_05_15=[row(*range(24))])
    assert rules(parcels) == {"no-rows": 1}


def test_in_spring_23_values_are_a_whole_day(days):
    parcels = days(d2015_03_29=[row(*range(23), "")], d2015_03_30=[row(*range(24))])
    found = told(parcels)
    # 3:00 by the clock is the third hour of the day and begins at 1:00 UTC.
    assert found[2] == ("03-29 01", 2, "")
    assert found[22:24] == [("03-29 21", 22, ""), ("03-29 22", 0, "")]
    assert rules(parcels) == {}


def test_in_autumn_two_oclock_is_either_of_two_hours(days):
    found = told(days(d2015_10_25=[row(*range(24))]))
    assert found[1:4] == [
        ("10-24 23", 1, ""),
        ("10-25 00", 2, "clock-change"),
        ("10-25 02", 3, ""),
    ]
    assert found[-1] == ("10-25 22", 23, "")


def test_sums_and_tests_are_no_loops(days):
    parcels = days(d2015_01_02=[row(*range(24), name="Alle Motion Det Weselerstr. (MQ1011)")])
    assert {flag for *_, flag in told(parcels)} == {"pseudo"}
    assert is_pseudo("---Test")
    assert junction_of("MQ_08031_FV3_ L") == "08031"


def test_a_lane_that_is_a_share_of_another_is_computed():
    chance = np.random.default_rng(1)
    common = chance.integers(50, 900, 2000)
    vehicles = np.array(
        [np.round(common * 0.7), np.round(common * 0.3), chance.integers(50, 900, 2000)], np.int32
    )
    flags = np.full(vehicles.shape, 1 << 7, np.uint8)
    names = ["MQ_01080_FV1_G", "MQ_01080_FV1_R", "MQ_01080_FV2_G"]
    assert computed_lanes(names, vehicles, flags) == [0, 1]
    elsewhere = ["MQ_01080_FV1_G", "MQ_01090_FV1_R", "MQ_01080_FV2_G"]
    assert computed_lanes(elsewhere, vehicles, flags) == []


def test_a_cell_that_is_no_number_is_reported(days):
    parcels = days(d2015_01_02=[row("x", *range(23))])
    assert told(parcels)[0] == ("01-01 23", None, "empty")
    assert rules(parcels) == {"no-number": 1, "empty": 1}


def test_another_file_is_refused(days):
    parcels = days(d2015_01_02=[row(*range(24))])
    renamed = [Parcel(path=p.path, name="a.csv", received=p.received) for p in parcels.popitem()[1]]
    with pytest.raises(Invalid, match="is no day of counts"):
        motor_counts({"motor-counts": renamed})


@pytest.mark.slow
def test_all_ten_million_cells_of_muenster(shared, tmp_path):
    """The figures counted by hand over the files as published."""
    from citycommons.collect.mirror import Mirror

    mirror = Mirror(
        folder=shared / "data" / "muenster" / "traffic_counts",
        path="kfz_counts_2015_2016_raw.zip",
        cache=tmp_path,
        unpack=True,
    )
    table, report = motor_counts({"motor-counts": list(mirror.fetch())})
    assert (table.num_rows, table["vehicles"].null_count) == (10_388_364, 315_674)
    counted = {fault.rule: fault.count for fault in report.summary}
    assert (counted["no-rows"], counted["empty"], counted["negative"]) == (12, 315_674, 217)
    assert len(table["detector"].unique()) == 668
