"""An OGC API Records catalogue after 20-004r1."""

import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.ogc_records import OgcRecords
from citycommons.core.errors import Invalid, Unavailable

RECORDS = [{"type": "Feature", "id": f"r{n}", "properties": {"title": f"R {n}"}} for n in range(5)]


def service(origin, kinds=("record",)):
    def answer(path, query):
        if path.endswith("/collections"):
            return {"collections": [{"id": f"c{n}", "itemType": k} for n, k in enumerate(kinds)]}
        if not path.endswith("/items"):
            return 404
        offset, limit = int(query.get("offset", 0)), int(query["limit"])
        links = [{"rel": "self", "href": "x"}]
        if offset + limit < len(RECORDS):
            links.append({"rel": "next", "href": f"{path}?limit={limit}&offset={offset + limit}"})
        found = RECORDS[offset : offset + limit]
        return {"type": "FeatureCollection", "features": found, "links": links}

    answering(origin, answer)


def records(origin, tmp_path, path="/", **options):
    return OgcRecords(url=origin.url(path), client=polite(tmp_path), limit=2, **options)


@pytest.mark.parametrize(
    "path", ["/", "/collections", "/collections/c0", "/collections/c0/items?f=json"]
)
def test_all_records_come_through_next_links(origin, tmp_path, path):
    service(origin)
    parcels = check_connector(records(origin, tmp_path, path))
    assert identifiers(parcels) == ["r0", "r1", "r2", "r3", "r4"]
    assert parcels[0].origin == origin.url("/collections/c0/items/r0")
    assert parcels[0].profile == "ogc-record"


def test_the_catalogue_must_be_named_where_there_are_several(origin, tmp_path):
    service(origin, ("record", "feature", "record"))
    with pytest.raises(Invalid, match="name one of c0, c2"):
        list(records(origin, tmp_path).fetch())
    assert len(list(records(origin, tmp_path, collection="c2").fetch())) == 5


def test_a_service_without_records_says_so(origin, tmp_path):
    service(origin, ("feature",))
    with pytest.raises(Invalid, match="none of records"):
        list(records(origin, tmp_path).fetch())


def test_a_page_that_fails_raises(origin, tmp_path):
    service(origin)
    good = origin.answer
    origin.answer = lambda request, number: (
        request.send_error(404) if "offset=2" in request.path else good(request, number)
    )
    with pytest.raises(Unavailable, match="404"):
        list(records(origin, tmp_path, "/collections/c0").fetch())
