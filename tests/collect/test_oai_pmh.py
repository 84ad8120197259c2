"""An OAI-PMH repository after its protocol: tokens, deleted records, errors, two prefixes."""

import pytest
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect.check import check_connector
from citycommons.collect.oai_pmh import OaiPmh
from citycommons.core.errors import Invalid

DUBLIN = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T {id}</dc:title></oai_dc:dc>"""
DCAT = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/">
 <dcat:Dataset rdf:about="https://x.example/{id}"><dct:title>T {id}</dct:title></dcat:Dataset>
</rdf:RDF>"""


def response(inside):
    return f"""<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<responseDate>2026-03-31T00:00:00Z</responseDate>{inside}</OAI-PMH>""".encode()


def record(id, metadata):
    if metadata is None:
        return f'<record><header status="deleted"><identifier>{id}</identifier></header></record>'
    return (
        f"<record><header><identifier>{id}</identifier></header>"
        f"<metadata>{metadata.format(id=id)}</metadata></record>"
    )


def repository(origin, template):
    def answer(path, query):
        if query.get("resumptionToken") == "t 2":
            assert "metadataPrefix" not in query
            found = [record("oai:x:3", template)]
            return response(f"<ListRecords>{''.join(found)}<resumptionToken/></ListRecords>")
        found = [record("oai:x:1", template), record("oai:x:2", None)]
        token = '<resumptionToken completeListSize="3">t 2</resumptionToken>'
        return response(f"<ListRecords>{''.join(found)}{token}</ListRecords>")

    answering(origin, answer, "text/xml")


def test_records_come_by_tokens_and_deleted_ones_as_such(origin, tmp_path):
    repository(origin, DUBLIN)
    parcels = check_connector(OaiPmh(url=origin.url("/oai"), client=polite(tmp_path)))
    assert identifiers(parcels) == ["oai:x:1", "oai:x:2", "oai:x:3"]
    assert [parcel.is_deleted for parcel in parcels] == [False, True, False]
    assert parcels[0].profile == "dublin-core"
    assert b"T oai:x:1" in parcels[0].path.read_bytes()
    assert "verb=GetRecord" in parcels[0].origin


def test_a_base_address_may_have_a_query_of_its_own(origin, tmp_path):
    repository(origin, DUBLIN)
    url = origin.url("/?mode=oaipmh")
    assert len(list(OaiPmh(url=url, client=polite(tmp_path)).fetch())) == 3
    assert all(asked["path"].startswith("/?mode=oaipmh&verb=") for asked in origin.asked)


def test_a_repository_that_wants_the_prefix_beside_the_token_gets_it(origin, tmp_path):
    def answer(path, query):
        if "metadataPrefix" not in query:
            return response('<error code="badArgument">Missing metadataPrefix parameter</error>')
        if query.get("resumptionToken") == "10":
            last = "<resumptionToken>0</resumptionToken>"
            return response(f"<ListRecords>{record('b', DUBLIN)}{last}</ListRecords>")
        token = "<resumptionToken>10</resumptionToken>"
        return response(f"<ListRecords>{record('a', DUBLIN)}{token}</ListRecords>")

    answering(origin, answer, "text/xml")
    connector = OaiPmh(url=origin.url("/oai"), client=polite(tmp_path))
    assert identifiers(list(connector.fetch())) == ["a", "b"]


def test_dcat_comes_as_the_graph_of_its_dataset(origin, tmp_path):
    repository(origin, DCAT)
    connector = OaiPmh(url=origin.url("/oai"), prefix="dcat", set="s", client=polite(tmp_path))
    parcels = check_connector(connector)
    assert [parcel.profile for parcel in parcels] == ["dcat", "dublin-core", "dcat"]
    assert parcels[0].media_type == "text/turtle"
    assert b'<https://x.example/oai:x:1> <http://purl.org/dc/terms/title> "T oai:x:1" .' in (
        parcels[0].path.read_bytes()
    )
    assert "set=s" in origin.asked[0]["path"]


def test_a_repository_without_records_is_empty_and_errors_are_told(origin, tmp_path):
    connector = OaiPmh(url=origin.url("/oai"), client=polite(tmp_path))
    answering(origin, lambda path, query: response('<error code="noRecordsMatch"/>'), "text/xml")
    assert list(connector.fetch()) == []
    error = '<error code="badArgument">Which prefix?</error>'
    answering(origin, lambda path, query: response(error), "text/xml")
    with pytest.raises(Invalid, match="badArgument: Which prefix"):
        list(connector.fetch())
    answering(origin, lambda path, query: response("<Identify/>"), "text/xml")
    with pytest.raises(Invalid, match="no OAI-PMH records"):
        list(connector.fetch())
