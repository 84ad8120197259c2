from pathlib import Path

import pytest

from citycommons.collect import manifest
from citycommons.collect.mirror import Mirror
from citycommons.collect.web import Web
from citycommons.core.errors import Invalid, NotFound
from citycommons.core.settings import Settings
from citycommons.govern.licenses import LICENSES

SMALL = """
id = "small"
name = "Small"
languages = ["en"]
bounds = [7.0, 51.0, 8.0, 52.0]

[[publisher]]
id = "town"
name = "Town"

[[source]]
id = "people"
address = "https://town.example/people.csv"
mirror = "people.csv"
license = "CC0-1.0"
attribution = "Town"
checked = 2026-01-31

[[dataset]]
id = "people"
title = { en = "People" }
description = { en = "Who lives here." }
publisher = "town"
license = "CC0-1.0"
sources = ["people"]
key = ["year"]
fields = [{ name = "year", type = "integer", role = "time" }]
"""


def written(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_manifest_is_read_with_its_types(tmp_path):
    town = manifest.read(written(tmp_path))
    item = town.item("people")
    assert item.dataset.fields[0].evidence == "declared"
    assert (item.dataset.attribution, item.dataset.place) == ("Town", "Small")
    assert item.dataset.source == "https://town.example/people.csv"
    assert str(town.sources["people"].checked) == "2026-01-31"


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ("[[source]]", "[[source", "is no TOML"),
        ('license = "CC0-1.0"\nsources', "sources", "license"),
        ('role = "time"', 'role = "clock"', "clock"),
        ("key = ", "keys = ", "keys"),
        ('publisher = "town"', 'publisher = "village"', "publisher “village” is not described"),
        ('sources = ["people"]', 'sources = ["houses"]', "source “houses” is not described"),
        ('sources = ["people"]', "sources = []", "names no source"),
        ('languages = ["en"]', 'languages = ["en", "de"]', "no title in “de”"),
        ("bounds", 'basemap = ["streets"]\nbounds', "basemap names “streets”"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, was, becomes, words):
    with pytest.raises(Invalid, match=words):
        manifest.read(written(tmp_path, SMALL.replace(was, becomes, 1)))


def test_a_dataset_described_twice_is_named(tmp_path):
    twice = SMALL + SMALL[SMALL.index("[[dataset]]") :]
    with pytest.raises(Invalid, match="twice"):
        manifest.read(written(tmp_path, twice))


def test_an_unknown_city_names_those_at_hand():
    with pytest.raises(NotFound, match="muenster"):
        manifest.find("atlantis")


def test_a_source_comes_from_the_mirror_if_there_is_one(tmp_path):
    town = manifest.read(written(tmp_path))
    source, settings = town.sources["people"], Settings(home=tmp_path)
    connector = town.connector(source, settings, tmp_path)
    assert isinstance(connector, Mirror)
    assert connector.origin == "https://town.example/people.csv"
    assert isinstance(town.connector(source, settings), Web)


def test_the_web_connector_gets_what_the_settings_say(tmp_path):
    town = manifest.read(written(tmp_path))
    settings = Settings(home=tmp_path, allow_hosts=("nas",))
    web = town.connector(town.sources["people"], settings)
    assert (web.client.allow_hosts, web.client.cache) == (("nas",), tmp_path / "parcels")


MUENSTER = manifest.find("muenster")


def test_muenster_is_described_in_four_languages_with_known_licences():
    for item in MUENSTER.items:
        said = item.dataset
        assert set(said.title) == {"de", "en", "fr", "it"}
        assert {"de", "en"} <= set(said.description)
        assert said.license in LICENSES
        assert said.steward
        assert said.theme
        assert said.fields
    for source in MUENSTER.sources.values():
        assert source.license in LICENSES
        assert source.attribution


def test_muenster_declares_every_key_and_describes_every_column_in_two_languages():
    for item in MUENSTER.items:
        names = [field.name for field in item.dataset.fields]
        assert set(item.dataset.key) <= set(names)
        assert len(names) == len(set(names))
        assert all({"de", "en"} <= set(field.title) for field in item.dataset.fields)


def test_muensters_addresses_are_honest():
    """An address nobody reached says so, and one that never changes has a checksum."""
    for source in MUENSTER.sources.values():
        assert source.checked is False
        assert source.mirror_only or source.path_seen_in == "repository"
        if source.derived:
            assert source.note
        elif "/HEAD/" in source.address:
            assert not source.sha256
        else:
            assert source.sha256 or source.days or source.parts


def test_muensters_daily_sources_know_their_days():
    def days(id: str) -> list[str]:
        connector = MUENSTER.connector(MUENSTER.sources[id], Settings(home=Path("/nowhere")))
        return connector.addresses()

    assert len(days("motor-counts")) == 731
    assert len(days("waiting-times")) == 415
    assert len(days("air-quality")) == 4
    assert days("cycle-counts")[0].endswith("/100020113/2023-01.csv")
    assert days("motor-counts")[-1].endswith("/2016_12_31_24mq.csv")


def test_a_file_in_the_mirror_only_says_so_without_one(tmp_path):
    with pytest.raises(NotFound, match="exists in a mirror only"):
        MUENSTER.connector(MUENSTER.sources["parking-occupancy"], Settings(home=tmp_path))


def test_the_mirror_holds_every_source_of_muenster(shared, tmp_path):
    for source in MUENSTER.sources.values():
        one = MUENSTER.connector(source, Settings(home=tmp_path), shared / "data")
        assert isinstance(one, Mirror)
        assert (one.folder / one.path).is_file(), source.id
