"""DCAT and DCAT-AP: one dataset's graph.

References
----------
W3C: Data Catalog Vocabulary (DCAT) version 3, 2024. SEMIC: DCAT-AP 3.0.
"""

from typing import TYPE_CHECKING, Any

from citycommons.collect.graphs import empty
from citycommons.core.errors import Invalid
from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.high_value import keywords_of
from citycommons.standardise.records.periods import Period, period
from citycommons.standardise.records.said import Said
from citycommons.standardise.records.texts import cleaned, language_of, line

if TYPE_CHECKING:
    from rdflib import Graph

DCAT = "http://www.w3.org/ns/dcat#"
DCATAP = "http://data.europa.eu/r5r/"
DCT = "http://purl.org/dc/terms/"
FOAF = "http://xmlns.com/foaf/0.1/"
ADMS = "http://www.w3.org/ns/adms#"
VCARD = "http://www.w3.org/2006/vcard/ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SCHEMA = ("http://schema.org/", "https://schema.org/")
_ATTRIBUTION = ("http://dcat-ap.de/def/dcatde/licenseAttributionByText",
                "http://www.w3.org/ns/odrl/2/attributionText")  # fmt: skip


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the graph says of its dataset; `Invalid` if it is no Turtle or says nothing of it."""
    where = parcel.identifier or parcel.name
    graph = empty()
    try:
        graph.parse(data=content, format="turtle", publicID=parcel.origin)
    except Exception as cause:  # rdflib raises what its parsers raise
        reason = " ".join(str(cause).split())[:160]
        raise Invalid(
            f"The record {where} is no RDF that can be read: {reason}", record=where
        ) from (cause)
    reader = _Reader(graph, language)
    dataset = reader.dataset(parcel.identifier)
    spoken = [language_of(one) for one in reader.all(dataset, DCT + "language")]
    if len(spoken) == 1 and spoken[0]:
        reader.language = spoken[0]
    is_named = str(dataset).startswith(("http://", "https://")) and dataset in reader.named
    files = [
        *reader.nodes(dataset, DCAT + "distribution"),
        *reader.nodes(dataset, ADMS + "sample"),
    ]
    publisher = reader.agent(dataset, DCT + "publisher")
    return Said(
        identifier=reader.one(dataset, DCT + "identifier", ADMS + "identifier") or where,
        source=str(dataset) if is_named else reader.one(dataset, DCAT + "landingPage"),
        title=reader.texts(dataset, DCT + "title", RDFS + "label", is_line=True),
        description=reader.texts(dataset, DCT + "description"),
        landing_page=reader.one(dataset, DCAT + "landingPage", FOAF + "page")
        or (str(dataset) if is_named else ""),
        publisher=publisher,
        steward=reader.contact(dataset) or reader.agent(dataset, DCT + "creator"),
        attribution=reader.attribution([dataset, *files]),
        keywords=(
            *reader.all(dataset, DCAT + "keyword"),
            *keywords_of(reader.all(dataset, DCATAP + "hvdCategory")),
        ),
        themes=tuple(reader.themes(dataset)),
        frequency=reader.one(dataset, DCT + "accrualPeriodicity"),
        licenses=tuple(reader.license(node) for node in [dataset, *files]),
        access=reader.one(dataset, DCT + "accessRights"),
        place=reader.place(dataset),
        temporal=reader.temporal(dataset),
        links=tuple(link for node in files for link in reader.links(node)),
    )


class _Reader:
    """Values of a graph in a stable order."""

    def __init__(self, graph: "Graph", language: str) -> None:
        from rdflib import BNode

        self.graph, self.language = graph, language
        self.named = {s for s in graph.subjects() if not isinstance(s, BNode)}

    def dataset(self, identifier: str) -> Any:
        """The node the record is about: that of its identifier, else the only dcat:Dataset."""
        from rdflib import RDF, URIRef

        if (node := URIRef(identifier)) in self.named:
            return node
        found = sorted(self.graph.subjects(RDF.type, URIRef(DCAT + "Dataset")), key=str)
        if not found:
            raise Invalid(f"The record {identifier} says nothing of a dcat:Dataset.")
        return found[0]

    def nodes(self, node: Any, *predicates: str) -> list[Any]:
        from rdflib import URIRef

        found = (o for p in predicates for o in self.graph.objects(node, URIRef(p)))
        return sorted(dict.fromkeys(found), key=lambda one: (str(type(one)), str(one)))

    def all(self, node: Any, *predicates: str) -> list[str]:
        """Texts and addresses; a blank node by its label."""
        from rdflib import BNode

        label = (SKOS + "prefLabel", RDFS + "label", SKOS + "notation", DCT + "title")
        found: list[str] = []
        for predicate in predicates:
            for one in self.nodes(node, predicate):
                found += self.all(one, *label) if isinstance(one, BNode) else [str(one).strip()]
        return list(dict.fromkeys(filter(None, found)))

    def one(self, node: Any, *predicates: str) -> str:
        return next((text for p in predicates for text in self.all(node, p)), "")

    def texts(self, node: Any, *predicates: str, is_line: bool = False) -> dict[str, str]:
        """Texts by language; the longest where one language has several."""
        clean = line if is_line else cleaned
        for predicate in predicates:
            found: dict[str, str] = {}
            for one in self.nodes(node, predicate):
                tag = language_of(getattr(one, "language", None) or "") or self.language
                if len(words := clean(one)) > len(found.get(tag, "")):
                    found[tag] = words
            if found:
                return found
        return {}

    def word(self, node: Any, *predicates: str) -> str:
        """One text, in the language of the record if there is one."""
        found = self.texts(node, *predicates, is_line=True)
        return found.get(self.language) or next(iter(found.values()), "")

    def agent(self, node: Any, predicate: str) -> str:
        names = (FOAF + "name", VCARD + "fn", SKOS + "prefLabel", RDFS + "label")
        schema = tuple(one + "name" for one in SCHEMA)
        for one in self.nodes(node, predicate):
            if name := self.word(one, *names, *schema):
                return name
            if getattr(one, "value", None):  # a name where an agent should be
                return line(one)
        return ""

    def contact(self, node: Any) -> str:
        for one in self.nodes(node, DCAT + "contactPoint"):
            if name := self.word(one, VCARD + "fn", VCARD + "organization-name", FOAF + "name"):
                return name
        return ""

    def attribution(self, nodes: list[Any]) -> str:
        said = dict.fromkeys(line(text) for one in nodes for text in self.all(one, *_ATTRIBUTION))
        return "; ".join(said)

    def themes(self, node: Any) -> list[str]:
        """Addresses of themes, and their labels where the graph has them."""
        found: list[str] = []
        for one in self.nodes(node, DCAT + "theme"):
            found += [str(one)] if one.__class__.__name__ != "BNode" else []
            found += self.all(one, SKOS + "prefLabel")
        return found

    def license(self, node: Any) -> tuple[str, ...]:
        """Address and words of a licence; of the rights only where no licence is named."""
        for predicate in (DCT + "license", DCT + "rights"):
            said: list[str] = []
            for one in self.nodes(node, predicate):
                said += self.all(one, DCT + "title", RDFS + "label", SKOS + "prefLabel")
                said += [str(one)] if one.__class__.__name__ != "BNode" else []
                said += self.all(one, SKOS + "exactMatch", FOAF + "page")
            is_access = all("/access-right/" in one for one in said)
            if said and not is_access:
                return tuple(said)
        return ()

    def place(self, node: Any) -> str:
        labels = (SKOS + "prefLabel", RDFS + "label", DCT + "title",
                  "http://www.w3.org/ns/locn#geographicName")  # fmt: skip
        for one in self.nodes(node, DCT + "spatial"):
            if name := self.word(one, *labels):
                return name
            if getattr(one, "value", None) and not str(one).startswith(("{", "POLYGON")):
                return line(one)
        return ""

    def temporal(self, node: Any) -> Period:
        starts = (DCAT + "startDate", *(one + "startDate" for one in SCHEMA))
        ends = (DCAT + "endDate", *(one + "endDate" for one in SCHEMA))
        time = "http://www.w3.org/2006/time#"
        for one in self.nodes(node, DCT + "temporal"):
            first, last = self.one(one, *starts), self.one(one, *ends)
            if not first and not last:
                at = (time + "inXSDDate", time + "inXSDDateTime", time + "inXSDDateTimeStamp")
                first, last = (
                    next((t for n in self.nodes(one, time + end) if (t := self.one(n, *at))), "")
                    for end in ("hasBeginning", "hasEnd")
                )
            if first or last:
                return period(first, last)
        return None, None

    def links(self, node: Any) -> list[Link]:
        """The file of a distribution, or the page that leads to it."""
        said = self.all(node, DCT + "format", DCAT + "mediaType", DCT + "conformsTo")
        for one in self.nodes(node, DCT + "format", DCAT + "mediaType"):
            said += self.all(one, RDFS + "label", SKOS + "prefLabel", RDFS + "value")
        addresses = self.all(node, DCAT + "downloadURL") or self.all(node, DCAT + "accessURL")
        if not addresses:
            services = self.nodes(node, DCAT + "accessService")
            addresses = [url for one in services for url in self.all(one, DCAT + "endpointURL")]
        title = self.word(node, DCT + "title", RDFS + "label")
        return [Link(url=url, title=title, format=format_of(said, url)) for url in addresses]
