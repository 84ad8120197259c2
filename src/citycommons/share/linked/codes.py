"""Code lists that European catalogues share, as far as what a dataset says can be put in them.

References
----------
EU Publications Office: authority tables data-theme, frequency, access-right, file-type, language,
licence, planned-availability. Commission Implementing Regulation (EU) 2023/138: high-value
datasets and their categories.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from citycommons.core.types import Access, ActorKind, Text
from citycommons.govern.licenses import LICENSES
from citycommons.share.linked.terms import Node, id, texts
from citycommons.standardise.records.high_value import BASE, CATEGORIES, categories_of

AUTHORITY = "http://publications.europa.eu/resource/authority"
EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
HIGH_VALUE_REGULATION = "http://data.europa.eu/eli/reg_impl/2023/138/oj"

THEMES: dict[str, Text] = {
    "AGRI": {
        "en": "Agriculture, fisheries, forestry and food",
        "de": "Landwirtschaft, Fischerei, Forstwirtschaft und Nahrungsmittel",
        "fr": "Agriculture, pêche, sylviculture et alimentation",
        "it": "Agricoltura, pesca, silvicoltura e prodotti alimentari",
    },
    "ECON": {
        "en": "Economy and finance",
        "de": "Wirtschaft und Finanzen",
        "fr": "Économie et finances",
        "it": "Economia e finanze",
    },
    "EDUC": {
        "en": "Education, culture and sport",
        "de": "Bildung, Kultur und Sport",
        "fr": "Éducation, culture et sport",
        "it": "Istruzione, cultura e sport",
    },
    "ENER": {"en": "Energy", "de": "Energie", "fr": "Énergie", "it": "Energia"},
    "ENVI": {"en": "Environment", "de": "Umwelt", "fr": "Environnement", "it": "Ambiente"},
    "GOVE": {
        "en": "Government and public sector",
        "de": "Regierung und öffentlicher Sektor",
        "fr": "Gouvernement et secteur public",
        "it": "Governo e settore pubblico",
    },
    "HEAL": {"en": "Health", "de": "Gesundheit", "fr": "Santé", "it": "Salute"},
    "INTR": {
        "en": "International issues",
        "de": "Internationale Themen",
        "fr": "Questions internationales",
        "it": "Tematiche internazionali",
    },
    "JUST": {
        "en": "Justice, legal system and public safety",
        "de": "Justiz, Rechtssystem und öffentliche Sicherheit",
        "fr": "Justice, système juridique et sécurité publique",
        "it": "Giustizia, sistema giuridico e sicurezza pubblica",
    },
    "OP_DATPRO": {
        "en": "Provisional data",
        "de": "Vorläufige Daten",
        "fr": "Données provisoires",
        "it": "Dati provvisori",
    },
    "REGI": {
        "en": "Regions and cities",
        "de": "Regionen und Städte",
        "fr": "Régions et villes",
        "it": "Regioni e città",
    },
    "SOCI": {
        "en": "Population and society",
        "de": "Bevölkerung und Gesellschaft",
        "fr": "Population et société",
        "it": "Popolazione e società",
    },
    "TECH": {
        "en": "Science and technology",
        "de": "Wissenschaft und Technologie",
        "fr": "Science et technologie",
        "it": "Scienza e tecnologia",
    },
    "TRAN": {"en": "Transport", "de": "Verkehr", "fr": "Transports", "it": "Trasporti"},
}
_LANGUAGES = {
    "de": "DEU", "en": "ENG", "fr": "FRA", "it": "ITA", "es": "SPA", "nl": "NLD", "pt": "POR",
    "pl": "POL", "da": "DAN", "sv": "SWE", "fi": "FIN", "el": "ELL", "cs": "CES", "sk": "SLK",
    "sl": "SLV", "hr": "HRV", "hu": "HUN", "ro": "RON", "bg": "BUL", "et": "EST", "lv": "LAV",
    "lt": "LIT", "mt": "MLT", "ga": "GLE",
}  # fmt: skip
_LICENCES = {
    "CC0-1.0": "CC0",
    "CC-BY-4.0": "CC_BY_4_0",
    "CC-BY-SA-4.0": "CC_BYSA_4_0",
    "CC-BY-NC-4.0": "CC_BYNC_4_0",
    "CC-BY-ND-4.0": "CC_BYND_4_0",
    "ODbL-1.0": "ODC_BL",
    "ODC-By-1.0": "ODC_BY",
    "PDDL-1.0": "ODC_PDDL",
    "OGL-UK-3.0": "OGL_3_0",
}
_ACCESS_RIGHT = {
    Access.PUBLIC: "PUBLIC",
    Access.RESTRICTED: "RESTRICTED",
    Access.INTERNAL: "NON_PUBLIC",
}
_FILE_TYPES = {
    **{
        one: one.upper()
        for one in (
            *("csv", "tsv", "txt", "json", "xml", "pdf", "zip", "xlsx", "ods", "xls", "gml"),
            *("kml", "kmz", "html", "tiff", "png", "jpeg", "doc", "docx", "geojson", "gpkg"),
            *("parquet", "rdf_xml", "rdf_turtle", "json_ld", "shp", "rss", "atom", "ppt", "dbf"),
        )
    },
    "ndjson": "JSON",
    "geoparquet": "PARQUET",
    "geopackage": "GPKG",
    "json-ld": "JSON_LD",
    "jsonld": "JSON_LD",
    "rdf/xml": "RDF_XML",
    "rdf": "RDF",
    "turtle": "RDF_TURTLE",
    "ttl": "RDF_TURTLE",
    "n-triples": "RDF_N_TRIPLES",
    "shapefile": "SHP",
    "shp.zip": "SHP",
    "datapackage.zip": "ZIP",
    "shape": "SHP",
    "jpg": "JPEG",
    "tif": "TIFF",
    "geotiff": "TIFF",
    "wfs": "WFS_SRVC",
    "wms": "WMS_SRVC",
    "gtfs": "ZIP",
    "csvw": "CSV",
    "datapackage": "ZIP",
    "kmz/kml": "KML",
}
"""Formats as ours are named and as `standardise.records` names those of links, in small letters."""

_HIGH_VALUE_TABLE = {
    "@id": "http://data.europa.eu/bna/asd487ae75",
    "@type": "skos:ConceptScheme",
    "dct:title": texts({"en": "High-value dataset categories"}),
}


# Nodes of code lists are made once and stand in many documents: nobody may change them.


def term(table: str, code: str, kind: str, **more: Any) -> Node | None:
    """A code of a European authority table, with its class and the table it is of."""
    if not code:
        return None
    more["skos:inScheme"] = _scheme(table)
    return {"@id": f"{AUTHORITY}/{table}/{code}", "@type": kind, **more}


def _scheme(table: str) -> Node:
    title = texts({"en": table.replace("-", " ").capitalize()})
    return {"@id": f"{AUTHORITY}/{table}", "@type": "skos:ConceptScheme", "dct:title": title}


@cache
def theme(code: str) -> Node | None:
    """dcat:theme: a code of data-theme with its names."""
    names = THEMES.get(code)
    label = {"skos:prefLabel": texts(names)} if names else {}
    return term("data-theme", code if names else "", "skos:Concept", **label)


def taxonomy() -> Node:
    """dcat:themeTaxonomy."""
    return _scheme("data-theme")


@cache
def frequency(code: str) -> Node | None:
    """dct:accrualPeriodicity."""
    return term("frequency", code, "dct:Frequency")


@cache
def access_right(access: Access) -> Node | None:
    """dct:accessRights."""
    return term("access-right", _ACCESS_RIGHT[access], "dct:RightsStatement")


def languages(tags: Iterable[str]) -> list[Node]:
    """dct:language: the languages that the table has."""
    found = (
        term("language", _LANGUAGES.get(tag, ""), "dct:LinguisticSystem")
        for tag in sorted(set(tags))
    )
    return [one for one in found if one]


@cache
def file_type(format: str) -> Node | None:
    """dct:format, for formats that the table has."""
    return term("file-type", _FILE_TYPES.get(format.casefold(), ""), "dct:MediaTypeOrExtent")


@cache
def availability(code: str) -> Node | None:
    """dcatap:availability."""
    label = {"skos:prefLabel": texts({"en": code.capitalize()})}
    return term("planned-availability", code, "skos:Concept", **label)


@cache
def license(name: str) -> Node | None:
    """dct:license: the code of the table licence where it has one, else the licence's own page."""
    one = LICENSES.get(name)
    if one is None or not one.url:
        return None
    title = {"dct:title": texts({"en": one.title})}
    if code := _LICENCES.get(one.id):
        same = {"skos:exactMatch": {"@id": one.url}, "foaf:page": id(one.url, "foaf:Document")}
        return term("licence", code, "dct:LicenseDocument", **title, **same)
    return id(one.url, "dct:LicenseDocument", **title)


def high_value(keywords: Iterable[str]) -> list[Node]:
    """dcatap:hvdCategory: what the dataset claims by a keyword like `hvd:mobility`."""
    return [
        {
            "@id": BASE + CATEGORIES[name],
            "@type": "skos:Concept",
            "skos:prefLabel": texts({"en": name.replace("-", " ").capitalize()}),
            "skos:inScheme": _HIGH_VALUE_TABLE,
        }
        for name in categories_of(keywords)
    ]


def high_value_law(keywords: Iterable[str]) -> Node:
    """dcatap:applicableLegislation of a high-value dataset and of its distributions."""
    if not high_value(keywords):
        return {}
    law = {
        "@id": HIGH_VALUE_REGULATION,
        "@type": ["eli:LegalResource", "skos:Concept"],  # the second for mobilityDCAT-AP
        "skos:prefLabel": texts({"en": "Implementing Regulation (EU) 2023/138"}),
    }
    return {"dcatap:applicableLegislation": law}


_AGENTS = {ActorKind.CITY: "LocalAuthority", ActorKind.COMPANY: "Company"}
_AGENT_NAMES = {"LocalAuthority": "Local authority", "Company": "Company"}


@cache
def agent_type(kind: ActorKind) -> Node | None:
    """dct:type of an agent (ADMS publisher type), where our kind says it."""
    if not (code := _AGENTS.get(kind)):
        return None
    return {
        "@id": f"http://purl.org/adms/publishertype/{code}",
        "@type": "skos:Concept",
        "skos:prefLabel": texts({"en": _AGENT_NAMES[code]}),
        "skos:inScheme": {
            "@id": "http://purl.org/adms/publishertype/1.0",
            "@type": "skos:ConceptScheme",
            "dct:title": texts({"en": "Publisher type"}),
        },
    }
