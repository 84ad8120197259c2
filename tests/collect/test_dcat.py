"""DCAT catalogues in four syntaxes, with pages and with records that are not right."""

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, URIRef
from tests.collect.scripted import answering, identifiers, polite

from citycommons.collect import graphs
from citycommons.collect.check import check_connector
from citycommons.collect.dcat import Dcat
from citycommons.core.errors import Invalid, Unavailable

PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
"""
CATALOGUE = (
    PREFIXES
    + """
<https://city.example/> a dcat:Catalog ; dct:title "All" ;
    dcat:dataset <https://city.example/d/trees>, <https://city.example/d/roads> .

<https://city.example/d/trees> a dcat:Dataset ;
    dct:title "Trees"@en, "Bäume"@de ;
    dct:publisher <https://city.example/org/green> ;
    dct:isVersionOf <https://city.example/d/roads> ;
    dcat:contactPoint [ a vcard:Kind ; vcard:fn "G" ; vcard:hasAddress [ vcard:locality "X" ] ] ;
    dcat:distribution <https://city.example/d/trees.csv> .

<https://city.example/d/trees.csv> a dcat:Distribution ;
    dcat:accessURL <https://city.example/f.csv> .

<https://city.example/d/roads> a dcat:Dataset ; dct:title "Roads" ;
    dct:publisher <https://city.example/org/green> .

<https://city.example/org/green> a foaf:Organization ; foaf:name "Parks \\"and\\" lines\\nbroken" .
"""
)
TREES, ROADS = "https://city.example/d/trees", "https://city.example/d/roads"
TYPES = {
    "turtle": "text/turtle",
    "xml": "application/rdf+xml",
    "json-ld": "application/ld+json",
    "nt": "application/n-triples",
}


def dcat(origin, tmp_path, path="/catalog"):
    return Dcat(url=origin.url(path), client=polite(tmp_path))


def written(syntax):
    return Graph().parse(data=CATALOGUE, format="turtle").serialize(format=syntax).encode()


def graph_of(parcel):
    return Graph("SimpleMemory").parse(data=parcel.path.read_bytes(), format="turtle")


@pytest.mark.parametrize("syntax", TYPES)
@pytest.mark.parametrize("says_type", [True, False])
def test_each_dataset_comes_with_all_that_hangs_on_it(origin, tmp_path, syntax, says_type):
    content = (
        Graph("SimpleMemory")
        .parse(data=CATALOGUE, format="turtle")
        .serialize(format=syntax)
        .encode()
    )
    media_type = TYPES[syntax] if says_type else "application/octet-stream"
    answering(origin, lambda path, query: content, media_type)
    roads, trees = check_connector(dcat(origin, tmp_path))
    assert (roads.identifier, trees.identifier) == (ROADS, TREES)
    assert (trees.profile, trees.media_type, trees.origin) == ("dcat", "text/turtle", TREES)
    graph = graph_of(trees)
    whole = Graph("SimpleMemory").parse(data=CATALOGUE, format="turtle")
    assert set(graph.objects(URIRef(TREES), DCTERMS.title)) == set(
        whole.objects(URIRef(TREES), DCTERMS.title)
    )
    assert str(next(graph.objects(None, FOAF.name))) == 'Parks "and" lines\nbroken'
    assert len(graph) == 15
    assert (URIRef(ROADS), DCTERMS.title, None) not in graph  # the way ends at other datasets
    assert (None, RDF.type, DCAT.Catalog) not in graph
    assert len(graph_of(roads)) == 5


def test_the_same_record_is_the_same_bytes_whatever_the_syntax_and_order(origin, tmp_path):
    digests = set()
    for syntax, media_type in TYPES.items():
        content = (
            Graph("SimpleMemory")
            .parse(data=CATALOGUE, format="turtle")
            .serialize(format=syntax)
            .encode()
        )
        answering(origin, lambda path, query, content=content: content, media_type)
        digests |= {tuple(one.digest for one in dcat(origin, tmp_path).fetch())}
    assert len(digests) == 1


@pytest.mark.parametrize("term", ["hydra:next", "hydra:nextPage"])
def test_pages_are_followed_in_old_and_new_terms(origin, tmp_path, term):
    def answer(path, query):
        page = int(query.get("page", 1))
        more = f"<?page={page}> a hydra:View ; {term} <?page={page + 1}> ." if page < 3 else ""
        data = f'<https://city.example/{page}> a dcat:Dataset ; dct:title "{page}" .\n'
        return (PREFIXES + data + more).encode()

    answering(origin, answer, "text/turtle")
    found = identifiers(check_connector(dcat(origin, tmp_path)))
    assert found == [f"https://city.example/{page}" for page in (1, 2, 3)]


def test_a_circle_of_pages_ends_with_a_sentence(origin, tmp_path):
    def answer(path, query):
        following = 3 - int(query.get("page", 1))
        return f"{PREFIXES}<a> a dcat:Dataset . <p> hydra:next <?page={following}> .".encode()

    answering(origin, answer, "text/turtle")
    with pytest.raises(Unavailable, match="go round in a circle"):
        list(dcat(origin, tmp_path).fetch())


def test_a_page_that_fails_raises(origin, tmp_path):
    data = f"{PREFIXES}<a> a dcat:Dataset . <p> hydra:next <?page=2> ."
    answering(origin, lambda path, query: 503 if query else data.encode(), "text/turtle")
    with pytest.raises(Unavailable, match="503"):
        list(dcat(origin, tmp_path).fetch())


def test_relative_and_bad_addresses_do_not_stop_the_others(origin, tmp_path):
    data = (
        PREFIXES
        + """
<d/one> a dcat:Dataset ; dct:title "Relative" .
<https://city.example/two words> a dcat:Dataset ; dct:title "Space" ;
    dcat:landingPage <https://city.example/{page}> .
<https://city.example/three> a dcat:Dataset ; dct:title "Good" .
"""
    )
    answering(origin, lambda path, query: data.encode(), "text/turtle")
    parcels = check_connector(dcat(origin, tmp_path))
    assert {str(o) for one in parcels for o in graph_of(one).objects(None, DCTERMS.title)} == {
        "Relative",
        "Space",
        "Good",
    }
    assert origin.url("/d/one") in identifiers(parcels)
    assert b"<https://city.example/%7Bpage%7D>" in b"".join(p.path.read_bytes() for p in parcels)


BROKEN = {
    "text/turtle": PREFIXES
    + '<https://x.example/1> a dcat:Dataset ; dct:title "One" .\n'
    + '<https://x.example/2> a dcat:Dataset ; dct:title "Two@@" ; ; = .\n'
    + '<https://x.example/3> a dcat:Dataset ; dct:title "Three" .\n',
    "application/rdf+xml": """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:dct="http://purl.org/dc/terms/">
<dcat:Catalog rdf:about="https://x.example/">
<dcat:dataset><dcat:Dataset rdf:about="https://x.example/1"><dct:title>One</dct:title>
</dcat:Dataset></dcat:dataset>
<dcat:dataset><dcat:Dataset rdf:about="https://x.example/2" rdf:ID="both">
<dct:title>Two</dct:title></dcat:Dataset></dcat:dataset>
<dcat:dataset><dcat:Dataset rdf:about="https://x.example/3"><dct:title>Three</dct:title>
</dcat:Dataset></dcat:dataset>
</dcat:Catalog></rdf:RDF>""",
    "application/n-triples": f"""
<https://x.example/1> <{RDF.type}> <{DCAT.Dataset}> .
<https://x.example/1> <http://purl.org/dc/terms/title> "One" .
<https://x.example/2> <{RDF.type}> .
<https://x.example/3> <{RDF.type}> <{DCAT.Dataset}> .
<https://x.example/3> <http://purl.org/dc/terms/source> <https://x.example/a b> .
""",
}


@pytest.mark.parametrize("media_type", BROKEN)
def test_a_record_that_cannot_be_read_comes_as_it_is_and_the_others_whole(
    origin, tmp_path, media_type
):
    answering(origin, lambda path, query: BROKEN[media_type].encode(), media_type)
    parcels = check_connector(dcat(origin, tmp_path))
    found = {parcel.identifier: parcel.path.read_bytes() for parcel in parcels}
    assert set(found) == {f"https://x.example/{number}" for number in (1, 2, 3)}
    assert b'"One"' in found["https://x.example/1"]
    assert b"https://x.example/2" in found["https://x.example/2"]


def test_a_context_elsewhere_is_asked_for_by_the_house_and_guarded(origin, tmp_path):
    context = {"@context": {"dcat": str(DCAT), "title": str(DCTERMS.title)}}
    record = {
        "@context": origin.url("/context.jsonld"),
        "@graph": [
            {"@id": "https://x.example/a b", "@type": "dcat:Dataset", "title": "With a space"},
            {"@id": "https://x.example/c", "@type": "dcat:Dataset", "title": "Without"},
        ],
    }
    answering(
        origin,
        lambda path, query: context if path == "/context.jsonld" else record,
        "application/ld+json",
    )
    parcels = check_connector(dcat(origin, tmp_path))
    assert identifiers(parcels) == ["https://x.example/a%20b", "https://x.example/c"]
    assert b'"With a space"' in parcels[0].path.read_bytes()


def test_a_large_context_named_at_each_node_is_refused(origin, tmp_path, monkeypatch):
    monkeypatch.setattr(graphs, "_MOST_INLINED", 1 << 20)
    context = {"@context": {"dcat": str(DCAT), "pad": "https://x.example/" + "a" * 60_000}}
    nodes = [{"@context": "/context.jsonld", "@id": f"https://x.example/{n}"} for n in range(20)]
    record = [one | {"@context": origin.url("/context.jsonld")} for one in nodes]
    answering(
        origin,
        lambda path, query: context if path == "/context.jsonld" else record,
        "application/ld+json",
    )
    with pytest.raises(Invalid, match="contexts of more than 1 MB"):
        list(dcat(origin, tmp_path).fetch())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>Not here</body></html>", "cannot be read as RDF"),
        (b'{"a": 1', "cannot be read as RDF"),
        (b"<https://x.example/a> <https://x.example/b> 'c' .", "holds no dcat:Dataset"),
        (
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&e;</rdf:RDF>',
            "XML entities",
        ),
    ],
)
def test_what_is_no_catalogue_says_so(origin, tmp_path, content, message):
    answering(origin, lambda path, query: content, "application/octet-stream")
    with pytest.raises(Invalid, match=message):
        list(dcat(origin, tmp_path).fetch())


def test_an_empty_catalogue_is_one(origin, tmp_path):
    data = f"{PREFIXES}<https://x.example/> a dcat:Catalog ."
    answering(origin, lambda path, query: data.encode(), "text/turtle")
    assert list(dcat(origin, tmp_path).fetch()) == []


def test_datasets_without_an_address_go_by_their_identifier(origin, tmp_path):
    data = (
        PREFIXES + '[] a dcat:Dataset ; dct:identifier "A7" . [] a dcat:Dataset ; dct:title "T" .'
    )
    answering(origin, lambda path, query: data.encode(), "text/turtle")
    assert identifiers(check_connector(dcat(origin, tmp_path))) == ["A7", "T"]


def test_the_examples_of_dcat_ap_are_brought_whole(shared, origin, tmp_path):
    folder = shared / "conformance" / "dcat-ap" / "hvd-3.0.0" / "examples"
    read = 0
    for file in sorted(folder.glob("*dataset*")):
        media_type = TYPES["turtle" if file.suffix == ".ttl" else "json-ld"]
        content = file.read_bytes()
        answering(origin, lambda path, query, content=content: content, media_type)
        try:
            whole, _ = graphs.read(content, media_type, "https://x.example/", fetch=dict)
        except Invalid:
            continue  # some of the examples are no valid Turtle themselves
        read += 1
        wanted = {
            *whole.subjects(RDF.type, DCAT.Dataset),
            *whole.objects(None, DCAT.dataset),
        } - {*whole.subjects(RDF.type, DCAT.Catalog)}
        found = check_connector(dcat(origin, tmp_path))
        assert set(identifiers(found)) >= {str(one) for one in wanted if isinstance(one, URIRef)}
        for parcel in found:
            assert set(graph_of(parcel).objects(URIRef(parcel.identifier), DCTERMS.title)) == set(
                whole.objects(URIRef(parcel.identifier), DCTERMS.title)
            )
    assert read >= 9
