"""Addresses of a delivery are placed by the dataset of addresses that the city named."""

import shapely
from tests.share.test_drafts import drop, finish, steward

from citycommons.core.types import DatasetId, FieldType
from citycommons.share import drafts
from citycommons.share.gazetteer import gazetteer
from citycommons.standardise.plan import answered

ADDRESSES = "Straße;Hausnummer;lat;lon\nBahnhofstraße;1;51.956;7.634\nDomplatz;2;51.963;7.625\n"
KIOSKS = "Kiosk;Adresse\nNord;Bahnhofstr. 1\nSüd;Dom-Platz 2\nOst;Nirgendweg 3\n"


def test_a_steward_is_asked_and_the_rows_are_placed(city):
    finish(city, drop(city, ADDRESSES), id=DatasetId("addresses"), key=())
    with city.work(steward(), may_write=False) as work:
        assert gazetteer(work, "") is None
        assert gazetteer(work, "not-there") is None
        found = gazetteer(work, "addresses")
        assert found is not None
        assert gazetteer(work, "addresses") is found
    city.settings = city.settings.model_copy(update={"addresses": "addresses"})
    draft = drop(city, KIOSKS, name="kiosks.csv")
    _, reading = drafts.read(city, steward(), draft.id)
    question = next(one for one in reading.report.questions if one.kind == "address")
    drafts.plan(city, steward(), draft.id, lambda plan: answered(plan, question, "address"))
    _, reading = drafts.read(city, steward(), draft.id)
    table = reading.head(drafts.keep.folder_of(city, steward(), draft.id))
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert [one and (one.x, one.y) for one in shapes] == [(7.634, 51.956), (7.625, 51.963), None]
    assert reading.fields[-1].type is FieldType.GEOMETRY
