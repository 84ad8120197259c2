"""What every connector of a catalogue promises to forms and to the chain behind it."""

import pytest

from citycommons.collect.connect import brings, connect, options_of
from citycommons.core import plugs
from citycommons.core.errors import Invalid
from citycommons.core.settings import Settings
from citycommons.core.types import Brings

CATALOGUES = (
    "ckan",
    "csw",
    "data-json",
    "dcat",
    "oai-pmh",
    "ogc-records",
    "opendatasoft-catalogue",
    "udata",
)


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_brings_records_and_explains_its_options(name, tmp_path):
    assert name in plugs.names("connectors")
    assert brings(name) is Brings.RECORDS
    options = options_of(name)
    assert options[0].name == "url"
    assert options[0].is_required
    assert all(option.description for option in options)
    assert {option.name for option in options if option.is_secret} <= {"api_key"}
    connector = connect(name, {"url": "https://data.city.example"}, Settings(home=tmp_path))
    assert connector.url == "https://data.city.example"
    with pytest.raises(Invalid, match="has no option “colour”"):
        connect(name, {"url": "x", "colour": "red"}, Settings(home=tmp_path))
