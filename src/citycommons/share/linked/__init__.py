"""Datasets and the catalogue as linked data: DCAT-AP for catalogues, schema.org for search engines.

Each vocabulary has its module; documents are JSON-LD first, and `rdf` writes them otherwise.
"""

from citycommons.share.linked.catalog import Paging, catalog, jsonld
from citycommons.share.linked.citations import address, bibtex, citation, words_in
from citycommons.share.linked.codes import AUTHORITY
from citycommons.share.linked.croissant import croissant
from citycommons.share.linked.portal import Portal, portal_of
from citycommons.share.linked.rdf import Notation, written
from citycommons.share.linked.schema_org import schema_dataset

__all__ = [
    "AUTHORITY",
    "Notation",
    "Paging",
    "Portal",
    "address",
    "bibtex",
    "catalog",
    "citation",
    "croissant",
    "jsonld",
    "portal_of",
    "schema_dataset",
    "words_in",
    "written",
]
