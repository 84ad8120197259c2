"""DATEX II: what is written is read again; what is foreign, broken or hostile is told."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import process_time as time_used

import pytest
from hypothesis import HealthCheck, given, settings
from tests.share.works.works_given import delay, edition, example, reader, works

from citycommons.core.errors import Invalid
from citycommons.core.types import ActorId
from citycommons.core.works import Effect, Works, WorksState
from citycommons.share.works import datex2

SAMPLES = Path(__file__).parents[3] / "../shared/conformance/datex2/samples"


def _public(one: Works) -> Works:
    """What a feed says of works: not by whom they were changed, nor how they came."""
    return replace(one, updated_by=ActorId("importer"), source="", source_id="")


def _read(data: bytes) -> tuple[Works, ...]:
    return tuple(replace(one, source="", source_id="") for one in datex2.read(data, reader()).works)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=30)
@given(works())
def test_what_is_written_is_read_again(one: Works) -> None:
    assert _read(datex2.written([one], edition())) == (_public(one),)


def test_the_words_of_the_standard_alone_carry_the_common_fields() -> None:
    one = example()
    text = datex2.written([one], edition()).decode()
    plain = re.sub(r"<sit:_situationRecordExtension>.*?</sit:_situationRecordExtension>", "", text)
    assert "urn:citycommons" not in plain.replace('xmlns:cc="urn:citycommons:works:1"', "")
    (found,) = datex2.read(plain.encode(), reader()).works
    common = ("id", "revision", "title", "description", "streets", "state", "phases", "detour")
    for name in (*common, "detour_words", "created", "updated"):
        assert getattr(found, name) == getattr(one, name), name


def test_a_forecast_delay_is_told_and_does_not_become_a_description() -> None:
    one = example()
    data = datex2.written([one], edition(delays={one.id: delay()}))
    assert b"<sit:delayTimeValue>240</sit:delayTimeValue>" in data
    assert b'lowMinutes="2.0"' in data
    assert b"upToTenMinutes" in data
    assert _read(data) == (_public(one),)


def test_works_without_a_line_are_refused_with_what_to_do() -> None:
    one = example()
    bare = replace(one, phases=tuple(replace(phase, measures=()) for phase in one.phases))
    with pytest.raises(Invalid, match="Draw where the works are"):
        datex2.written([bare], edition())


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs the published samples")
def test_the_dutch_feed_is_read_with_its_times_lanes_speeds_and_diversions() -> None:
    found = datex2.read((SAMPLES / "netherlands-situations.xml").read_bytes(), reader())
    first, second = found.works
    assert first.id == "RWS01_SM1162215_D2_WWA"
    assert first.revision == 18
    assert first.state is WorksState.ACTIVE
    assert first.contact == "ON-N [RWS Oost-Nederland District Noord]"
    assert first.created == datetime(2026, 7, 3, 8, 12, 54, tzinfo=UTC)
    assert (first.first_day, first.last_day) == (date(2026, 7, 3), date(2026, 12, 1))
    assert first.phases[0].opens == time(12, 25, 45)
    assert first.phases[-1].closes == time(12)
    speed, lanes = first.phases[1].measures
    assert (speed.effect, speed.speed_kmh) == (Effect.SPEED, 70.0)
    assert (lanes.effect, lanes.lanes_total, lanes.lanes_open) == (Effect.LANES, 2, 1)
    assert speed.line[0] == (6.207613, 52.693642)
    assert len(speed.line) == 20
    assert second.detour[0] == (6.799528, 52.725419)
    assert second.detour_words["nl"].startswith("Volg route A")
    assert any(phase.opens == time(22) for phase in second.phases)
    assert any("some vehicles only" in remark for remark in found.remarks)
    assert any("no line on the map" in remark for remark in found.remarks)


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs the published samples")
def test_the_dutch_feed_written_by_us_says_the_same() -> None:
    found = datex2.read((SAMPLES / "netherlands-situations.xml").read_bytes(), reader()).works
    assert _read(datex2.written(found, edition())) == tuple(
        replace(one, source="", source_id="") for one in found
    )


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs the published samples")
def test_version_2_is_refused_in_a_sentence() -> None:
    with pytest.raises(Invalid, match="version 2"):
        datex2.read((SAMPLES / "finland-roadworks.xml").read_bytes(), reader())


_BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"""


@pytest.mark.parametrize(
    "data",
    [b"", b"no xml", _BOMB, b"<a/>", b"<a>", b'<?xml version="1.0" encoding="no-such"?><a/>'],
)
def test_broken_and_hostile_files_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        datex2.read(data, reader())


def test_a_line_of_a_million_positions_and_one_from_nowhere_are_refused() -> None:
    data = datex2.written([example()], edition())
    long = re.sub(rb"<loc:posList>[^<]*", b"<loc:posList>" + b"51.0 7.0 " * 200_000, data)
    with pytest.raises(Invalid, match="positions; at most"):
        datex2.read(long, reader())
    off = re.sub(rb"<loc:posList>[^<]*", b"<loc:posList>951.0 7.0 51.0 7.0", data)
    with pytest.raises(Invalid, match="nowhere"):
        datex2.read(off, reader())


def test_a_situation_of_countless_records_is_left_out_and_told_in_little_time() -> None:
    data = datex2.written([example()], edition()).decode()
    record = data[data.index("<sit:situationRecord xsi") : data.index("</sit:situation>")]
    many = data.replace(record, record * 6000)
    begun = time_used()
    found = datex2.read(many.encode(), reader())
    assert found.works == ()
    assert "more than 5000" in found.remarks[0]
    assert time_used() - begun < 10
