"""A `data.json` after DCAT-US 1.1."""

import orjson
import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.data_json import DataJson
from citycommons.core.errors import Invalid, Unavailable

CATALOGUE = {
    "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
    "dataset": [
        {"identifier": "a", "title": "A"},
        {"identifier": "b", "title": "B"},
        {"identifier": "a", "title": "Another A"},
        "what?",
        {"title": "No identifier"},
    ],
}


@pytest.mark.parametrize("path", ["", "/", "/data.json", "/data.json?x=1"])
def test_every_dataset_comes_also_those_that_share_an_identifier(origin, tmp_path, path):
    answering(origin, lambda path, query: CATALOGUE if path == "/data.json" else 404)
    parcels = check_connector(DataJson(url=origin.url(path), client=polite(tmp_path)))
    assert identifiers(parcels) == ["a", "b", "a (2)", "", ""]
    assert orjson.loads(parcels[2].path.read_bytes())["title"] == "Another A"
    assert {parcel.profile for parcel in parcels} == {"data.json"}


def test_a_file_that_is_gone_or_another_one(origin, tmp_path):
    answering(origin, lambda path, query: 404)
    connector = DataJson(url=origin.url("/"), client=polite(tmp_path))
    with pytest.raises(Unavailable, match="404"):
        list(connector.fetch())
    answering(origin, lambda path, query: {"datasets": []})
    with pytest.raises(Invalid, match="without a list “dataset”"):
        list(connector.fetch())
