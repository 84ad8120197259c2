"""Licences by their short names, and what they allow in words a citizen reads."""

import re

from citycommons.core.errors import Invalid
from citycommons.core.types import License, Text

_FREE: Text = {
    "en": "Use it freely",
    "it": "Usalo liberamente",
    "fr": "Utilisez-le librement",
    "de": "Frei verwendbar",
}
_NAME: Text = {
    "en": "Use it freely, name the source",
    "it": "Usalo liberamente, cita la fonte",
    "fr": "Utilisez-le librement, citez la source",
    "de": "Frei verwendbar, Quelle nennen",
}
_SHARE: Text = {
    "en": "Use it freely, name the source, share alike",
    "it": "Usalo liberamente, cita la fonte, condividi allo stesso modo",
    "fr": "Utilisez-le librement, citez la source, partagez à l’identique",
    "de": "Frei verwendbar, Quelle nennen, gleich weitergeben",
}
_NOT_TRADE: Text = {
    "en": "Not for commercial use, name the source",
    "it": "Non per uso commerciale, cita la fonte",
    "fr": "Pas d’usage commercial, citez la source",
    "de": "Nicht kommerziell, Quelle nennen",
}
_NO_CHANGE: Text = {
    "en": "Share unchanged only, name the source",
    "it": "Solo senza modifiche, cita la fonte",
    "fr": "Sans modification, citez la source",
    "de": "Nur unverändert, Quelle nennen",
}
_UNKNOWN: Text = {
    "en": "Not stated: ask the publisher before use",
    "it": "Non indicato: chiedi all’ente prima dell’uso",
    "fr": "Non indiqué : demandez à l’éditeur avant usage",
    "de": "Nicht angegeben: vor Nutzung nachfragen",
}


def _license(
    id: str, title: str, url: str, words: Text, *, attribution: bool = True, alike: bool = False
) -> License:
    return License(
        id=id,
        title=title,
        url=url,
        words=words,
        needs_attribution=attribution,
        shares_alike=alike,
        is_open=words not in (_UNKNOWN, _NOT_TRADE, _NO_CHANGE),
    )


_CC = "https://creativecommons.org"
_ALL = (
    _license("CC0-1.0", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/", _FREE, attribution=False),
    _license("CC-BY-4.0", "CC BY 4.0", f"{_CC}/licenses/by/4.0/", _NAME),
    _license("CC-BY-3.0-DE", "CC BY 3.0 DE", f"{_CC}/licenses/by/3.0/de/", _NAME),
    _license("CC-BY-3.0", "CC BY 3.0", f"{_CC}/licenses/by/3.0/", _NAME),
    _license("CC-BY-SA-4.0", "CC BY-SA 4.0", f"{_CC}/licenses/by-sa/4.0/", _SHARE, alike=True),
    _license("CC-BY-SA-3.0", "CC BY-SA 3.0", f"{_CC}/licenses/by-sa/3.0/", _SHARE, alike=True),
    _license("CC-BY-NC-4.0", "CC BY-NC 4.0", f"{_CC}/licenses/by-nc/4.0/", _NOT_TRADE),
    _license("CC-BY-ND-4.0", "CC BY-ND 4.0", f"{_CC}/licenses/by-nd/4.0/", _NO_CHANGE),
    _license(
        "dl-de/by-2.0",
        "Datenlizenz Deutschland – Namensnennung 2.0",
        "https://www.govdata.de/dl-de/by-2-0",
        _NAME,
    ),
    _license(
        "dl-de/by-1.0",
        "Datenlizenz Deutschland – Namensnennung 1.0",
        "https://www.govdata.de/dl-de/by-1-0",
        _NAME,
    ),
    _license(
        "dl-de/zero-2.0",
        "Datenlizenz Deutschland – Zero 2.0",
        "https://www.govdata.de/dl-de/zero-2-0",
        _FREE,
        attribution=False,
    ),
    _license(
        "ODbL-1.0",
        "Open Database License 1.0",
        "https://opendatacommons.org/licenses/odbl/1-0/",
        _SHARE,
        alike=True,
    ),
    _license("ODC-By-1.0", "ODC-By 1.0", "https://opendatacommons.org/licenses/by/1-0/", _NAME),
    _license(
        "etalab-2.0",
        "Licence Ouverte 2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        _NAME,
    ),
    _license(
        "etalab-1.0",
        "Licence Ouverte 1.0",
        "https://www.etalab.gouv.fr/wp-content/uploads/2014/05/Licence_Ouverte.pdf",
        _NAME,
    ),
    _license(
        "OGL-UK-3.0",
        "Open Government Licence 3.0",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        _NAME,
    ),
    _license(
        "IODL-2.0", "Italian Open Data License 2.0", "https://www.dati.gov.it/iodl/2.0/", _NAME
    ),
    _license(
        "official-work",
        "Amtliches Werk (§ 5 UrhG)",
        "https://www.gesetze-im-internet.de/urhg/__5.html",
        _FREE,
        attribution=False,
    ),
    _license(
        "PDDL-1.0",
        "ODC Public Domain Dedication and Licence 1.0",
        "https://opendatacommons.org/licenses/pddl/1-0/",
        _FREE,
        attribution=False,
    ),
    _license(
        "GFDL-1.2",
        "GNU Free Documentation License 1.2",
        "https://www.gnu.org/licenses/old-licenses/fdl-1.2.html",
        _SHARE,
        alike=True,
    ),
    _license("facts-only", "Facts, no rights claimed", "", _FREE, attribution=False),
    _license("unspecified", "Not stated", "", _UNKNOWN),
)
LICENSES: dict[str, License] = {one.id: one for one in _ALL}

_GUESSES: tuple[tuple[str, str], ...] = (
    (r"pddl", "PDDL-1.0"),
    (r"gfdl|gnu.?free.?documentation", "GFDL-1.2"),
    (r"cc.?by.?nc|non.?commercial|nicht.?kommerziell", "CC-BY-NC-4.0"),
    (r"cc.?by.?nd", "CC-BY-ND-4.0"),
    (r"cc.?by.?sa", "CC-BY-SA-4.0"),
    (r"cc.?(0|zero)|public.?domain|gemeinfrei", "CC0-1.0"),
    (r"cc.?by.*3.*de", "CC-BY-3.0-DE"),
    (r"cc.?by|creative.?commons.*(namensnennung|attribution)", "CC-BY-4.0"),
    (r"(dl|datenlizenz).*zero", "dl-de/zero-2.0"),
    (r"dl.?de|datenlizenz", "dl-de/by-2.0"),
    (r"odbl|open.?database|opendatabase", "ODbL-1.0"),
    (r"odc.?by", "ODC-By-1.0"),
    (r"licence.?ouverte|etalab|lov?.?2", "etalab-2.0"),
    (r"iodl", "IODL-2.0"),
    (r"official.?work|amtlich", "official-work"),
)


def license(id: str) -> License:
    """The licence of this short name; `Invalid` lists the known ones."""
    if (found := LICENSES.get(id)) is None:
        raise Invalid(f"Licence “{id}” is not known; choose one of {', '.join(LICENSES)}.")
    return found


def guess(words: str) -> License:
    """The licence a text or an address names; “unspecified” when it names none we know."""
    folded = words.strip().casefold()
    for one in LICENSES.values():
        if folded and folded in (one.id.casefold(), one.title.casefold(), one.url.casefold()):
            return one
    for pattern, id in _GUESSES:
        if re.search(pattern, folded):
            return LICENSES[id]
    return LICENSES["unspecified"]
