"""A CSW 2.0.2 after its specification: both schemas, odd ends of lists, exceptions."""

import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.csw import Csw
from citycommons.core.errors import Invalid, Unavailable

ISO = """<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd"
 xmlns:gco="http://www.isotc211.org/2005/gco"><gmd:fileIdentifier>
 <gco:CharacterString>{id}</gco:CharacterString></gmd:fileIdentifier></gmd:MD_Metadata>"""
DUBLIN = """<csw:Record xmlns:dc="http://purl.org/dc/elements/1.1/">
 <dc:identifier>{id}</dc:identifier><dc:title>T</dc:title></csw:Record>"""


def answer_of(records, matched, following):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" version="2.0.2">
 <csw:SearchStatus timestamp="2026-03-31T00:00:00"/>
 <csw:SearchResults numberOfRecordsMatched="{matched}" numberOfRecordsReturned="{len(records)}"
  nextRecord="{following}">{"".join(records)}</csw:SearchResults>
</csw:GetRecordsResponse>""".encode()


def service(origin, *, total=5, cap=2, end="zero", template=ISO):
    def answer(path, query):
        start = int(query["startPosition"])
        asked = min(cap, int(query["maxRecords"]))
        last = min(start + asked - 1, total)
        found = [template.format(id=f"m{n}") for n in range(start, last + 1)]
        following = (
            last + 1 if last < total else {"zero": 0, "after": total + 1, "same": start}[end]
        )
        return answer_of(found, total, following)

    answering(origin, answer, "application/xml")


def csw(origin, tmp_path, **options):
    return Csw(url=origin.url("/csw"), client=polite(tmp_path), **options)


@pytest.mark.parametrize("end", ["zero", "after"])
def test_all_records_come_page_by_page(origin, tmp_path, end):
    service(origin, end=end)
    parcels = check_connector(csw(origin, tmp_path))
    assert identifiers(parcels) == ["m1", "m2", "m3", "m4", "m5"]
    assert len(origin.asked) == 6  # check_connector fetches twice
    assert (parcels[0].profile, parcels[0].media_type) == ("iso19139", "application/xml")
    assert parcels[0].origin.endswith("request=GetRecordById&elementSetName=full&id=m1")
    assert b"MD_Metadata" in parcels[0].path.read_bytes()


def test_dublin_core_and_a_filter(origin, tmp_path):
    service(origin, template=DUBLIN)
    found = list(csw(origin, tmp_path, schema="dublin-core", constraint="type = 'dataset'").fetch())
    assert found[0].profile == "dublin-core"
    assert "typeNames=csw%3ARecord" in origin.asked[0]["path"]
    assert "constraintLanguage=CQL_TEXT" in origin.asked[0]["path"]


def test_a_catalogue_without_records_is_empty(origin, tmp_path):
    service(origin, total=0)
    assert list(csw(origin, tmp_path).fetch()) == []


def test_a_list_that_ends_early_fails(origin, tmp_path):
    answering(origin, lambda path, query: answer_of([], 9, 0), "application/xml")
    with pytest.raises(Unavailable, match="9 records, but none came from number 1 on"):
        list(csw(origin, tmp_path).fetch())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b"<ows:ExceptionReport xmlns:ows='http://www.opengis.net/ows'><ows:Exception>"
            b"<ows:ExceptionText>No such type</ows:ExceptionText></ows:Exception>"
            b"</ows:ExceptionReport>",
            "refuses: No such type",
        ),
        (b"<html>", "answers no XML"),
        (b"<html/>", "answers no CSW records"),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "XML with entities"),
    ],
)
def test_what_is_no_answer_says_so(origin, tmp_path, body, message):
    answering(origin, lambda path, query: body, "application/xml")
    with pytest.raises(Invalid, match=message):
        list(csw(origin, tmp_path).fetch())


def test_an_unknown_schema_is_refused(origin, tmp_path):
    with pytest.raises(Invalid, match="choose iso19139, dublin-core"):
        list(csw(origin, tmp_path, schema="marc").fetch())
