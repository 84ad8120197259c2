"""A udata portal after its API reference."""

import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.udata import Udata
from citycommons.core.errors import Unavailable


def portal(origin, pages=3):
    def answer(path, query):
        page = int(query.get("page", 1))
        assert path == "/api/1/datasets/"
        more = f"{path}?page={page + 1}&page_size=2" if page < pages else None
        found = [
            {"id": f"{page}{part}", "deleted": "2026" if part == "b" else None} for part in "ab"
        ]
        return {"data": found, "next_page": more, "page": page, "total": 2 * pages}

    answering(origin, answer)


@pytest.mark.parametrize("ending", ["", "/", "/api/1/", "/api/1/datasets/"])
def test_all_datasets_come_through_next_page(origin, tmp_path, ending):
    portal(origin)
    parcels = check_connector(Udata(url=origin.url("") + ending, client=polite(tmp_path)))
    assert identifiers(parcels) == ["1a", "1b", "2a", "2b", "3a", "3b"]
    assert [parcel.is_deleted for parcel in parcels[:2]] == [False, True]
    assert parcels[0].origin == origin.url("/api/1/datasets/1a/")
    assert parcels[0].profile == "udata"


def test_organisation_and_tag_are_asked_for(origin, tmp_path):
    portal(origin, 1)
    list(Udata(url=origin.url("/"), organization="o1", tag="t", client=polite(tmp_path)).fetch())
    assert "organization=o1&tag=t" in origin.asked[0]["path"]


def test_a_page_that_fails_raises(origin, tmp_path):
    portal(origin)
    good = origin.answer
    origin.answer = lambda request, number: (
        request.send_error(410) if "page=2&" in request.path else good(request, number)
    )
    with pytest.raises(Unavailable, match="410"):
        list(Udata(url=origin.url("/"), client=polite(tmp_path)).fetch())
