"""The catalogue as `data.json`.

References
----------
DCAT-US 1.1 (Project Open Data Metadata Schema). ISO 8601: intervals, repeating intervals.
"""

from citycommons.core.types import Access
from citycommons.govern.licenses import LICENSES
from citycommons.share.catalogue import Entry
from citycommons.share.exports import formats
from citycommons.share.linked.citations import words_in
from citycommons.share.linked.places import period
from citycommons.share.linked.portal import Portal
from citycommons.share.linked.services import dataset_address
from citycommons.share.linked.terms import Node, iri, without_empty

_LEVELS = {
    Access.PUBLIC: "public",
    Access.RESTRICTED: "restricted public",
    Access.INTERNAL: "non-public",
}
_RHYTHMS = {
    "1MIN": "R/PT1M", "5MIN": "R/PT5M", "10MIN": "R/PT10M", "15MIN": "R/PT15M", "30MIN": "R/PT30M",
    "HOURLY": "R/PT1H", "BIHOURLY": "R/PT2H", "TRIHOURLY": "R/PT3H", "12HRS": "R/PT12H",
    "DAILY": "R/P1D", "WEEKLY": "R/P1W", "BIWEEKLY": "R/P2W", "WEEKLY_2": "R/P3.5D",
    "WEEKLY_3": "R/P0.33W", "MONTHLY": "R/P1M", "MONTHLY_2": "R/P0.5M", "MONTHLY_3": "R/P0.33M",
    "BIMONTHLY": "R/P2M", "QUARTERLY": "R/P3M", "ANNUAL_3": "R/P4M", "ANNUAL_2": "R/P6M",
    "ANNUAL": "R/P1Y", "BIENNIAL": "R/P2Y", "TRIENNIAL": "R/P3Y", "QUADRENNIAL": "R/P4Y",
    "QUINQUENNIAL": "R/P5Y", "DECENNIAL": "R/P10Y", "CONT": "R/PT1S", "UPDATE_CONT": "R/PT1S",
    "IRREG": "irregular", "AS_NEEDED": "irregular",
}  # fmt: skip


def head(portal: Portal) -> Node:
    """The catalogue without its datasets."""
    schema = "https://project-open-data.cio.gov/v1.1/schema"
    return {
        "@context": f"{schema}/catalog.jsonld",
        "@id": f"{portal.url}/data.json",
        "@type": "dcat:Catalog",
        "conformsTo": schema,
        "describedBy": f"{schema}/catalog.json",
    }


def dataset(portal: Portal, one: Entry) -> Node:
    """One dataset."""
    entry, version = one.dataset, one.version
    license = LICENSES.get(entry.license)
    modified = version.created if version else entry.modified
    title = words_in(entry.title, portal.language)
    return without_empty(
        {
            "@type": "dcat:Dataset",
            "identifier": dataset_address(portal, entry.id),
            "title": title,
            "description": words_in(entry.description, portal.language) or title,
            # The schema wants at least one.
            "keyword": list(entry.keywords) or [entry.theme or one.publisher.name],
            "modified": modified.isoformat() if modified else "",
            "issued": entry.created.isoformat() if entry.created else "",
            "publisher": {"@type": "org:Organization", "name": one.publisher.name},
            "contactPoint": without_empty(
                {
                    "@type": "vcard:Contact",
                    "fn": entry.steward or one.publisher.name,
                    "hasEmail": f"mailto:{portal.contact}" if portal.contact else "",
                }
            ),
            "accessLevel": _LEVELS[entry.access],
            "license": license.url if license else "",
            "rights": entry.attribution,
            "spatial": _spatial(one),
            "temporal": _temporal(one),
            "accrualPeriodicity": _RHYTHMS.get(entry.frequency, ""),
            "landingPage": iri(entry.landing_page) or dataset_address(portal, entry.id),
            "language": sorted(entry.title),
            "theme": [entry.theme] if entry.theme else [],
            "references": [iri(entry.source)] if entry.source.startswith("http") else [],
            "distribution": _distributions(portal, one),
        }
    )


def _spatial(one: Entry) -> str:
    """West,south,east,north, else the place by name."""
    if one.version and one.version.bounds:
        return ",".join(f"{number:g}" for number in one.version.bounds)
    return one.dataset.place


def _temporal(one: Entry) -> str:
    """An interval; one with an open end cannot be said."""
    said = period(one.dataset, one.version)
    return "/".join(said) if said and ".." not in said else ""


def _distributions(portal: Portal, one: Entry) -> list[Node]:
    found: list[Node] = []
    version = one.version
    if version is not None and version.withdrawn is None:
        base = f"{portal.url}/data/{version.dataset}@{version.number}"
        found = [
            {
                "@type": "dcat:Distribution",
                "title": format.title,
                "format": format.title,
                "mediaType": format.media_type.partition(";")[0],
                "downloadURL": f"{base}.{format.id}",
            }
            for format in formats(version)
        ]
    for link in one.dataset.links:
        if url := iri(link.url):
            told = {"title": link.title, "format": link.format, "accessURL": url}
            found.append(without_empty({"@type": "dcat:Distribution", **told}))
    return found
