"""The doors as dcat:DataService: which there are, and whose data each gives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from citycommons.core.types import Access, Dataset, FieldRole, FieldType, Text, Version
from citycommons.share.linked.agents import desk
from citycommons.share.linked.codes import access_right, file_type, high_value, high_value_law
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.terms import Node, id, texts, without_empty

Serves = Callable[[Dataset, Version | None], bool]


def _any(dataset: Dataset, version: Version | None) -> bool:
    return True


def _rows(dataset: Dataset, version: Version | None) -> bool:
    return version is not None and version.withdrawn is None


def _features(dataset: Dataset, version: Version | None) -> bool:
    return _rows(dataset, version) and version is not None and version.geometry is not None


def _series(dataset: Dataset, version: Version | None) -> bool:
    """A time and a measure: what SensorThings shows as datastreams."""
    if version is None or not _rows(dataset, version):
        return False
    is_timed = any(f.type in (FieldType.DATE, FieldType.DATETIME) for f in version.fields)
    return is_timed and any(f.role is FieldRole.MEASURE for f in version.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A door of the portal."""

    id: str
    face: str  # the plug that must be installed; empty: always there
    path: str
    title: Text
    serves: Serves
    description: str  # path of its machine-readable description
    standard: str = ""  # dct:conformsTo
    formats: tuple[str, ...] = ("json",)


SERVICES = (
    Service(
        id="rows",
        face="",
        path="/datasets",
        title={
            "en": "Rows and features of all datasets",
            "de": "Zeilen und Objekte aller Datensätze",
            "fr": "Lignes et objets de tous les jeux de données",
            "it": "Righe e oggetti di tutti i dataset",
        },
        serves=_rows,
        description="/openapi.json",
        standard="https://spec.openapis.org/oas/v3.1.0",
        formats=("json", "csv", "geojson"),
    ),
    Service(
        id="ogc",
        face="ogc",
        path="/ogc",
        title={"en": "OGC API – Features and Tiles"},
        serves=_features,
        description="/ogc/api",
        standard="http://www.opengis.net/spec/ogcapi-features-1/1.0",
        formats=("geojson",),
    ),
    Service(
        id="wfs",
        face="wfs",
        path="/wfs",
        title={"en": "Web Feature Service 2.0"},
        serves=_features,
        description="/wfs?service=WFS&request=GetCapabilities",
        standard="http://www.opengis.net/def/serviceType/ogc/wfs",
        formats=("gml",),
    ),
    Service(
        id="wms",
        face="wms",
        path="/wms",
        title={"en": "Web Map Service 1.3"},
        serves=_features,
        description="/wms?service=WMS&request=GetCapabilities",
        standard="http://www.opengis.net/def/serviceType/ogc/wms",
        formats=("png",),
    ),
    Service(
        id="ckan",
        face="ckan",
        path="/api/3/action",
        title={"en": "CKAN Action API"},
        serves=_any,
        description="/openapi.json",
        standard="https://docs.ckan.org/en/latest/api/",
    ),
    Service(
        id="sensorthings",
        face="sensorthings",
        path="/sensorthings/v1.1",
        title={"en": "OGC SensorThings API 1.1"},
        serves=_series,
        description="/sensorthings/v1.1",
        standard="http://www.opengis.net/spec/iot_sensing/1.1",
    ),
    Service(
        id="opendatasoft",
        face="opendatasoft",
        path="/api/explore/v2.1",
        title={"en": "Opendatasoft Explore API 2.1"},
        serves=_rows,
        description="/openapi.json",
        formats=("json", "csv", "geojson"),
    ),
    Service(
        id="soda",
        face="soda",
        path="/resource",
        title={"en": "Socrata Open Data API 2.1"},
        serves=_rows,
        description="/openapi.json",
        formats=("json", "csv", "geojson"),
    ),
)
"""All doors that have a place in the catalogue."""


_RIGHTS = {
    "en": "As the licence of each dataset says.",
    "de": "Wie es die Lizenz des einzelnen Datensatzes sagt.",
    "fr": "Selon la licence de chaque jeu de données.",
    "it": "Come dice la licenza di ciascun dataset.",
}


def installed(portal: Portal) -> list[Service]:
    """The doors that this portal has."""
    return [one for one in SERVICES if not one.face or one.face in portal.faces]


def address(portal: Portal, service: Service) -> str:
    """The service's own name in the catalogue."""
    return f"{portal.url}/catalog#{service.id}"


def of_dataset(portal: Portal, dataset: Dataset, version: Version | None) -> list[Service]:
    """The doors that give these data."""
    return [one for one in installed(portal) if one.serves(dataset, version)]


def node(portal: Portal, service: Service, serves: Iterable[Dataset]) -> Node:
    """The door as a data service that serves these datasets, with what they claim of it."""
    served = list(serves)
    keywords = {word for one in served for word in one.keywords}
    return without_empty(
        {
            "@id": address(portal, service),
            "@type": "dcat:DataService",
            "dct:title": texts(service.title),
            "dcat:endpointURL": id(portal.url + service.path, "rdfs:Resource"),
            "dcat:endpointDescription": id(portal.url + service.description, "rdfs:Resource"),
            "dct:conformsTo": id(service.standard, "dct:Standard"),
            "dct:format": [one for name in service.formats if (one := file_type(name))],
            "dct:accessRights": access_right(Access.PUBLIC),
            "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": texts(_RIGHTS)},
            "dcat:contactPoint": desk(portal),
            "dcat:landingPage": id(f"{portal.url}/developers", "foaf:Document"),
            "foaf:page": id(f"{portal.url}/developers", "foaf:Document"),
            "dcat:servesDataset": [{"@id": dataset_address(portal, one.id)} for one in served],
            **high_value_law(keywords),
            "dcatap:hvdCategory": high_value(sorted(keywords)),
        }
    )


def dataset_address(portal: Portal, dataset: str) -> str:
    """The address of a dataset, which is its name."""
    return f"{portal.url}/datasets/{quote(dataset, safe='')}"
