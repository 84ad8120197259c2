"""Works drawn as GeoJSON."""

import json
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycommons.act.roadworks.drawn import read_phases
from citycommons.core.errors import CityError, Invalid, NotFound
from citycommons.core.works import Effect

LINE = [[7.6, 51.95], [7.61, 51.95]]


def file(folder: Path, *features, **more) -> Path:
    path = folder / "works.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}))
    return path


def feature(kind: str = "LineString", coordinates=LINE, **properties):
    shape = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def test_a_line_without_properties_is_closed_today(tmp_path):
    (phase,) = read_phases(file(tmp_path, feature()))
    assert phase.first_day == phase.last_day == date.today()  # noqa: DTZ011
    (measure,) = phase.measures
    assert (measure.effect, measure.line) == (Effect.CLOSED, ((7.6, 51.95), (7.61, 51.95)))


def test_features_of_the_same_days_are_one_phase(tmp_path):
    days = {"first_day": "2026-05-04", "last_day": "2026-05-08", "opens": "07:00"}
    later = {**days, "first_day": "2026-05-11", "last_day": "2026-05-12"}
    path = file(
        tmp_path,
        feature(**later, effect="lanes", lanes_open=1, lanes_total=2),
        feature(**days, both_directions=True),
        feature(**days, effect="speed", speed_kmh=30, note="unknown words are passed over"),
    )
    first, last = read_phases(path)
    assert (first.first_day, first.opens, len(first.measures)) == (date(2026, 5, 4), time(7), 2)
    assert last.measures[0].lanes_open == 1


def test_what_is_wrong_is_said_with_its_feature(tmp_path):
    with pytest.raises(NotFound, match="Cannot read"):
        read_phases(tmp_path / "none.geojson")
    with pytest.raises(Invalid, match="feature 2: a line is needed, here is “Point”"):
        read_phases(file(tmp_path, feature(), feature("Point", [7.6, 51.9])))
    with pytest.raises(Invalid, match="feature 1: Invalid enum value 'fire'"):
        read_phases(file(tmp_path, feature(effect="fire")))
    with pytest.raises(Invalid, match="longitude and latitude"):
        read_phases(file(tmp_path, feature(coordinates=[[7.6, 151.9], [7.6, 51.9]])))
    with pytest.raises(Invalid, match="before the first"):
        read_phases(file(tmp_path, feature(first_day="2026-05-04", last_day="2026-05-01")))
    with pytest.raises(Invalid, match="no line"):
        read_phases(file(tmp_path))
    (tmp_path / "broken.geojson").write_bytes(b"\x00{")
    with pytest.raises(Invalid, match="no GeoJSON"):
        read_phases(tmp_path / "broken.geojson")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries({}, optional={"geometry": _JSON, "properties": _JSON}))
def test_no_feature_ends_as_anything_but_a_sentence(tmp_path_factory, one):
    path = tmp_path_factory.mktemp("f") / "x.geojson"
    path.write_text(json.dumps({"features": [one]}))
    with pytest.raises(CityError):
        read_phases(path)
