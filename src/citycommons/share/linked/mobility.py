"""What mobilityDCAT-AP asks of datasets on transport, as far as their keywords and formats say it.

References
----------
NAPCORE: mobilityDCAT-AP 1.1.0, controlled vocabularies mobility-theme, transport-mode,
mobility-data-standard, conditions-for-access-and-usage.
"""

from collections.abc import Iterable

from citycommons.share.linked.terms import Node, texts

_BASE = "https://w3id.org/mobilitydcat-ap"
_MOBILITY_THEMES = {
    "parking-service-and-rest-area-information": "parking parken parkhaus parkplatz parcheggi "
    "parcheggio stationnement parkraum",
    "road-work-information": "roadworks baustelle baustellen cantieri travaux",
    "public-transport-scheduled-transport": "öpnv gtfs nahverkehr haltestellen fahrplan timetable "
    "trasporto-pubblico transport-public public-transport",
    "sharing-and-hiring-services": "bike-sharing bikesharing car-sharing carsharing gbfs "
    "fahrradverleih",
    "filling-and-charging-stations": "ladesäule ladesäulen ladestation charging-stations "
    "charging-points colonnine",
    "cycle-network-data": "radwege radwegenetz radnetz cycle-network piste-ciclabili "
    "pistes-cyclables",
    "real-time-traffic-data": "verkehrslage traffic-live",
}
_TRANSPORT_MODES = {
    "bicycle": "fahrrad radverkehr bicycle cycling bicicletta ciclabili vélo rad",
    "car": "kfz pkw car cars automobile voiture auto",
    "bus": "bus busse",
    "pedestrian": "fußgänger fussgänger pedestrian pedestrians pedoni piétons",
    "bike-sharing": "bike-sharing bikesharing fahrradverleih",
    "car-sharing": "car-sharing carsharing",
    "e-scooter": "e-scooter escooter",
}
_STANDARDS = {"gtfs": "gtfs", "gbfs": "gbfs", "netex": "netex", "siri": "siri"}


def themes(keywords: Iterable[str]) -> list[Node]:
    """mobilitydcatap:mobilityTheme: what keywords say plainly, else “other”."""
    return _said("mobility-theme", _MOBILITY_THEMES, keywords) or [
        _mobile("mobility-theme", "other")
    ]


def transport_modes(keywords: Iterable[str]) -> list[Node]:
    """mobilitydcatap:transportMode: only where a keyword says it."""
    return _said("transport-mode", _TRANSPORT_MODES, keywords)


def standard(format: str) -> Node:
    """mobilitydcatap:mobilityDataStandard: a general format is of none."""
    return _mobile("mobility-data-standard", _STANDARDS.get(format.casefold(), "other"))


def _said(table: str, words: dict[str, str], keywords: Iterable[str]) -> list[Node]:
    said = {word.strip().casefold().replace(" ", "-") for word in keywords}
    return [_mobile(table, code) for code, some in words.items() if said & set(some.split())]


def _mobile(table: str, code: str) -> Node:
    kinds = ["skos:Concept"]
    kinds += ["mobilitydcatap:MobilityDataStandard"] * (table == "mobility-data-standard")
    label = code.replace("-", " ").capitalize() if code not in _STANDARDS else code.upper()
    return {
        "@id": f"{_BASE}/{table}/{code}",
        "@type": kinds,
        "skos:prefLabel": texts({"en": label}),
        "skos:inScheme": _scheme(table),
    }


def _scheme(table: str) -> Node:
    title = texts({"en": table.replace("-", " ").capitalize()})
    return {"@id": f"{_BASE}/{table}", "@type": "skos:ConceptScheme", "dct:title": title}


def rights() -> Node:
    """dct:rights of a distribution under a licence: conditions for access and usage."""
    scheme = f"{_BASE}/conditions-for-access-and-usage"
    kind = {
        "@id": f"{scheme}/licence-provided",
        "@type": "skos:Concept",
        "skos:prefLabel": texts({"en": "Licence provided"}),
        "skos:inScheme": _scheme("conditions-for-access-and-usage"),
    }
    return {
        "@id": f"{scheme}/licence-provided#rights",
        "@type": "dct:RightsStatement",
        "dct:type": kind,
    }
