"""Automatic charts: chosen by columns' roles, saying what the data say."""

import math
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from citycommons.core.tables import with_fields
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Dataset,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    PublisherId,
)
from citycommons.share import open as reader
from citycommons.share import publish as publishing
from citycommons.share.open import Opened
from citycommons.store.work import City
from citycommons.understand import charts
from citycommons.understand.charts import Kind, Said

START = datetime(2024, 12, 29, tzinfo=UTC)


def published(city: City, columns: dict[str, pa.Array], fields: tuple[Field, ...]) -> Opened:
    one = Dataset(
        id=DatasetId("counts"),
        title={"en": "Counts"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    table = with_fields(pa.table(columns), fields)
    prepared = publishing.prepare(city.lake, one, table)
    with city.work(SYSTEM) as work:
        publishing.publish(work, one, prepared)
    with city.work(ANYONE, may_write=False) as work:
        return reader.open(work, one.id)


def time(name: str = "at") -> Field:
    return Field(name=name, type=FieldType.DATETIME, role=FieldRole.TIME)


def measure(name: str = "riders") -> Field:
    return Field(name=name, type=FieldType.INTEGER, role=FieldRole.MEASURE, unit="1/h")


def text(name: str, role: FieldRole = FieldRole.CATEGORY) -> Field:
    return Field(name=name, type=FieldType.STRING, role=role)


def riders(moment: datetime) -> int:
    """Two peaks on working days, in the city's own hours (an hour after UTC in winter)."""
    local = moment + timedelta(hours=1)
    if local.weekday() >= 5:
        return 20
    peak = 1.5 if local.weekday() == 1 and local.hour == 17 else 1.0
    base = 40 if 7 <= local.hour <= 20 else 5
    return (
        base
        + round(peak * (90 * math.exp(-((local.hour - 8) ** 2) / 2)))
        + round(peak * 100 * math.exp(-((local.hour - 17) ** 2) / 2))
    )


def hours(days: int) -> list[datetime]:
    return [START + timedelta(hours=i) for i in range(days * 24)]


def test_an_hourly_series_shows_its_week_in_the_hours_the_city_lives_by(city: City) -> None:
    times = hours(56)
    columns = {
        "at": pa.array(times, pa.timestamp("us", tz="UTC")),
        "riders": pa.array([riders(t) for t in times], pa.int64()),
    }
    opened = published(city, columns, (time(), measure()))
    found = charts.compute(opened, "Europe/Berlin")
    assert found is not None
    assert found.kind is Kind.WEEK
    assert len(found.points) == 168
    assert found.headline.text.startswith("Two peaks on working days")
    assert found.headline.values["weekday"] == (Said.WEEKDAY, 1)
    assert found.headline.values["hour"] == (Said.HOUR, 17)
    assert found.used == len(times)


def test_flagged_rows_are_left_out_and_counted(city: City) -> None:
    times = hours(28)
    columns = {
        "at": pa.array(times, pa.timestamp("us", tz="UTC")),
        "riders": pa.array([90_000 if i % 50 == 0 else riders(t) for i, t in enumerate(times)]),
        "flag": pa.array(["overflow" if i % 50 == 0 else "" for i in range(len(times))]),
    }
    opened = published(city, columns, (time(), measure(), text("flag", FieldRole.FLAG)))
    found = charts.compute(opened)
    assert found is not None
    assert max(point.y for point in found.points) < 1000
    assert found.left_out == len(range(0, len(times), 50))


def test_a_sensor_that_always_says_the_same_is_not_the_busiest(city: City) -> None:
    times = [t for t in hours(28) for _ in range(3)]
    names = ["stuck", "quiet", "busy"] * (len(times) // 3)
    factor = {"quiet": 1, "busy": 3}
    values = [
        999 if name == "stuck" else factor[name] * riders(t)
        for name, t in zip(names, times, strict=True)
    ]
    columns = {
        "at": pa.array(times, pa.timestamp("us", tz="UTC")),
        "place": pa.array(names),
        "riders": pa.array(values, pa.int64()),
    }
    opened = published(city, columns, (time(), text("place"), measure()))
    found = charts.compute(opened)
    assert found is not None
    assert found.subtitle.values["series"] == (Said.TEXT, "busy")
    assert found.subtitle.values["every"] == (Said.NUMBER, 3)


def test_the_weather_of_an_hour_is_no_series(city: City) -> None:
    times = hours(56)
    columns = {
        "at": pa.array(times, pa.timestamp("us", tz="UTC")),
        "weather": pa.array([("sun", "rain", "fog")[i % 3] for i in range(len(times))]),
        "riders": pa.array([riders(t) for t in times], pa.int64()),
    }
    found = charts.compute(published(city, columns, (time(), text("weather"), measure())))
    assert found is not None
    assert "series" not in found.subtitle.values


def test_names_with_amounts_become_bars_largest_first(city: City) -> None:
    columns = {
        "district": pa.array([f"District {i}" for i in range(12)]),
        "people": pa.array([100 + i * 10 for i in range(12)], pa.int64()),
    }
    found = charts.compute(published(city, columns, (text("district"), measure("people"))))
    assert found is not None
    assert found.kind is Kind.BARS
    assert [point.x for point in found.points[:2]] == ["District 11", "District 10"]
    assert len(found.points) == 8
    assert found.headline.values["value"] == (Said.NUMBER, 210.0)


def test_events_over_years_are_counted_not_averaged(city: City) -> None:
    times = [START - timedelta(days=37 * i) for i in range(70)]
    columns = {
        "opened": pa.array(times, pa.timestamp("us", tz="UTC")),
        "power": pa.array([11 * (1 + i % 4) for i in range(70)], pa.int64()),
    }
    found = charts.compute(published(city, columns, (time("opened"), measure("power"))))
    assert found is not None
    assert found.kind is Kind.LINE
    assert found.step in {"year", "month"}


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_is_said_about_no_rows_or_one(city: City, rows: int) -> None:
    columns = {
        "district": pa.array(["A"] * rows, pa.string()),
        "people": pa.array([5] * rows, pa.int64()),
    }
    assert charts.compute(published(city, columns, (text("district"), measure("people")))) is None


def test_a_chart_is_computed_once_and_kept_beside_the_lake(city: City) -> None:
    columns = {
        "district": pa.array([f"District {i}" for i in range(12)]),
        "people": pa.array([100 + i * 10 for i in range(12)], pa.int64()),
    }
    opened = published(city, columns, (text("district"), measure("people")))
    first = charts.chart(opened)
    files = list((city.settings.home / "cache").rglob(f"{opened.version.file}-chart-*.json"))
    assert first is not None
    assert len(files) == 1
    assert charts.chart(opened) is first
