"""The catalogue against SEMIC's own shapes of DCAT-AP 3.0.1, GeoDCAT-AP and DCAT-AP HVD 3.0."""

from pathlib import Path

import pyarrow as pa
import pytest
import rdflib
import shapely
from tests.web.web_portal import Portal, described, open_portal

from citycommons.core.types import SYSTEM, Link
from citycommons.engage import reuses
from citycommons.engage.reuses import Claim
from citycommons.store.work import City

pyshacl = pytest.importorskip("pyshacl", reason="needs pyshacl to check shapes")
SHAPES = Path(__file__).parents[2] / "../shared/conformance/dcat-ap"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")


@pytest.fixture
def rich(city: City) -> Portal:
    """A portal whose entries have everything an entry may have, also things nobody should write."""
    portal = open_portal(city)
    place = shapely.to_wkb(shapely.Point(7.6, 51.9))
    table = pa.table({"id": [1], "day": ["2026-03-31"], "place": pa.array([place], pa.binary())})
    portal.publish(
        described(
            "lanes",
            title={"en": "Lanes", "de": "Wege", "fr": "Voies", "it": "Corsie"},
            description={"en": "All lanes.", "de": "Alle Wege."},
            steward="Ada",
            theme="TRAN",
            frequency="DAILY",
            keywords=("cycling", "hvd:mobility"),
            place="Testville",
            landing_page="https://origin.example/lanes with spaces",
            source="https://origin.example/lanes",
            identifier="origin-7",
            license="CC-BY-4.0",
            links=(
                Link(url="https://elsewhere.example/a b.csv", title="Old", format="CSV"),
                Link(url="no address at all", title="Broken", format="odd"),
            ),
        ),
        table,
    )
    with city.work(SYSTEM) as work:
        made = Claim(
            title="App",
            kind="app",
            url="https://app.example/",
            maker="Someone",
            datasets=("lanes",),
        )
        reuses.confirm(work, reuses.claim(work, made).id)
    return portal


def shapes(*names: str) -> rdflib.Graph:
    found = rdflib.Graph()
    for name in names:
        if not (SHAPES / name).exists():
            pytest.skip("needs the shapes beside the checkout")
        found.parse(SHAPES / name)
    if any("dcat-ap-SHACL" in name for name in names):
        # Two properties that it names are described in another file of the same release.
        ranges = rdflib.Graph().parse(SHAPES / "3.0.1/ranges.ttl")
        for one in set(found.objects(None, SH.property)):
            if (one, SH.path, None) not in found:
                found += [(one, p, o) for p, o in ranges.predicate_objects(one)]
    return found


def faults(data: rdflib.Graph, wanted: rdflib.Graph) -> list[str]:
    _, report, _ = pyshacl.validate(data, shacl_graph=wanted, inference="none", advanced=True)
    return [
        f"{report.value(one, SH.resultPath)}: {report.value(one, SH.resultMessage)}"
        for one in report.subjects(rdflib.RDF.type, SH.ValidationResult)
    ]


def catalogue(portal: Portal) -> rdflib.Graph:
    return rdflib.Graph().parse(data=portal.client().get("/catalog.ttl").content, format="turtle")


@pytest.mark.parametrize(
    "names",
    [
        ("3.0.1/html-shapes.ttl",),
        ("3.0.1/html-range.ttl",),
        ("3.0.1/dcat-ap-SHACL.ttl",),
        ("3.0.1/html-deprecateduris.ttl",),
        ("geodcat-ap/geodcat-ap.shacl.ttl",),
    ],
    ids=lambda names: names[0],
)
@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_catalogue_conforms(rich: Portal, names: tuple[str, ...], language: str) -> None:
    rich.reopen(language=language, contact="data@city.example")
    assert faults(catalogue(rich), shapes(*names)) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_dataset_alone_conforms(rich: Portal) -> None:
    data = rich.client().get("/datasets/lanes.ttl").content
    found = rdflib.Graph().parse(data=data, format="turtle")
    usages = found.objects(predicate=rdflib.URIRef("http://www.w3.org/ns/duv#hasUsage"))
    assert ["/reuses/re-" in str(one) for one in usages] == [True]
    assert faults(found, shapes("3.0.1/html-shapes.ttl", "3.0.1/html-range.ttl")) == []


@pytest.mark.parametrize("name", ["base", "full", "ranges", "usagenotes"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_high_value_dataset_conforms_to_its_own_shapes(rich: Portal, name: str) -> None:
    rich.reopen(contact="data@city.example")
    data = rich.client().get("/datasets/lanes.ttl").content
    found = rdflib.Graph().parse(data=data, format="turtle")
    assert faults(found, shapes(f"hvd-3.0.0/hvd-SHACL-{name}.ttl")) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_dataset_on_transport_keeps_what_mobility_asks_of_it(rich: Portal) -> None:
    folder = SHAPES.parent / "mobility-dcat-ap"
    data = rich.client().get("/datasets/lanes.ttl").content
    found = rdflib.Graph().parse(data=data, format="turtle")
    told = faults(found, shapes(str(folder / "mobilitydcat-ap-shacl.ttl")))
    # Not told because nobody knows it: the language of keywords and of titles of links beside
    # texts of several languages, when the origin's record was made, codes of new file types. And
    # our checksums are SHA-256.
    unknown = (
        "dcat#keyword",
        "dc/terms/title",
        "dc/terms/created",
        "dc/terms/format",
        "terms#algorithm",
    )
    assert [one for one in told if not one.partition(": ")[0].endswith(unknown)] == []
    assert faults(found, shapes(str(folder / "mobilitydcat-ap-shacl-ranges.ttl"))) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_shapes_see_a_fault(rich: Portal) -> None:
    data = catalogue(rich)
    data.remove((None, rdflib.DCAT.accessURL, None))
    assert faults(data, shapes("3.0.1/html-shapes.ttl"))
