"""Which licence of ours a catalogue's words mean: said clearly, or not at all.

A licence is never invented. Another version of a licence is another licence, one that we do not
know stays unspecified, and so do statements that contradict one another. The words are kept.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from citycommons.govern.licenses import LICENSES

Statement = Sequence[str]
"""What one place says about one licence: its id, its title, its address."""

UNSPECIFIED = "unspecified"

_NOTHING = (
    "notspecified not-specified unspecified unknown none null n/a - ? other altro autre andere "
    "nicht-angegeben keine-angabe nessuna non-specificata non-specificato non-spécifiée "
    "non-spécifié non-renseigné license-not-specified"
)
_SILENT = frozenset(_NOTHING.split())
_CC = re.compile(
    r"(?:creativecommons\.org/licenses/|(?<![a-z])cc[-_ ]?)(?P<kind>by(?:[-_ ]?(?:nc|nd|sa))*)"
    r"(?:[-_ /]+(?P<before>de|it|fr|at|ch)(?=[-_ /]+\d))?"  # cc-by-de/3.0
    r"(?:[-_ /]*(?:v|version)?[-_. ]*(?P<version>\d(?:[._]?\d)?))?(?:[-_ /]+(?P<port>[a-z]{2})\b)?"
)
_IN_WORDS = {
    "nc": r"non.?commercial|nicht.?kommerziell|pas d.utilisation commerciale",
    "nd": r"no.?deriv|keine.?bearbeitung|non opere derivate|pas de modification",
    "sa": r"share.?alike|weitergabe unter gleichen|stesso modo|m[eê]mes conditions|à l.identique",
}
_PORTS = {"de": "deutschland|germany", "it": "italia|italy", "fr": "france", "at": "österreich"}


def license_of(statements: Iterable[Statement], otherwise: str) -> tuple[str, str]:
    """Our id for the licence, and the words that were said where it cannot be told.

    `otherwise` holds where nothing is said at all.
    """
    read = [(statement, named(statement)) for statement in statements]
    said = {id for _, id in read if id}
    if not said:
        return otherwise, ""
    if len(said) == 1 and (only := said.pop()) != UNSPECIFIED:
        return only, ""
    words = dict.fromkeys(_words(statement) for statement, id in read if id)
    return UNSPECIFIED, " / ".join(filter(None, words))


def named(statement: Statement) -> str:
    """Our id; `unspecified` for a licence we do not know or two at once; empty for nothing said."""
    said = [word.strip() for word in statement if word and word.strip()]
    said = [word for word in said if _folded(word) not in _SILENT]
    known = {id for word in said if (id := _one(word))}
    if len(known) == 1:
        return known.pop()
    return UNSPECIFIED if said else ""


def _words(statement: Statement) -> str:
    """The title, or what else is readable, with its address."""
    said = list(dict.fromkeys(w.strip() for w in statement if w and _folded(w) not in _SILENT))
    plain = [word for word in said if "://" not in word]
    address = [word for word in said if "://" in word]
    title = max(plain, key=len, default="")
    return f"{title} ({address[0]})" if title and address else title or "".join(address[:1])


def _folded(word: str) -> str:
    return re.sub(r"[\s_]+", "-", word.strip().casefold())


@lru_cache(4096)
def _one(word: str) -> str:
    """The id that one word, title or address names, or empty."""
    text = " ".join(word.casefold().split())
    address = re.sub(r"^https?://(www\.)?|/(deed|legalcode)(\.[a-z]+)?$|/$", "", text)
    for one in LICENSES.values():
        ours = re.sub(r"^https?://(www\.)?|/$", "", one.url.casefold())
        if text in (one.id.casefold(), one.title.casefold()) or (ours and address == ours):
            return one.id if one.id != UNSPECIFIED else ""
    for read in (_creative_commons, _german, _italian, _french, _others):
        if found := read(text):
            return found if found in LICENSES else ""
    return ""


def _creative_commons(text: str) -> str:
    if re.search(r"publicdomain/zero|(?<![a-z])cc[-_ ]?(0|zero)(?!\d)|cc0", text):
        return "CC0-1.0"
    if found := _CC.search(text):
        kind = {part for part in ("nc", "nd", "sa") if part in found["kind"]}
        version, port = found["version"] or "", found["before"] or found["port"] or ""
    elif "creative commons" in text and re.search(r"attribu|namensnennung|paternité", text):
        kind = {part for part, words in _IN_WORDS.items() if re.search(words, text)}
        number = re.search(r"\d\.\d", text)
        version, port = number[0] if number else "", ""
    else:
        return ""
    version = re.sub(r"[._]", "", version)[:2].ljust(2, "0") if version else ""
    if not port:
        port = next((code for code, words in _PORTS.items() if re.search(words, text)), "")
    name = "-".join(["CC", "BY", *(p.upper() for p in ("nc", "sa", "nd") if p in kind)])
    if version in ("", "40"):
        return f"{name}-4.0"
    numbered = f"{name}-{version[0]}.{version[1]}"
    ported = f"{numbered}-{port.upper()}" if port not in ("", "en") else numbered
    return ported


def _german(text: str) -> str:
    if re.search(r"amtliches.?werk|official.?work", text):
        return "official-work"
    if not re.search(r"dl-?de|dl-(by|zero)|datenlizenz", text):
        return ""
    if "zero" in text:
        return "dl-de/zero-2.0"
    if re.search(r"by-nc|nicht.?kommerziell", text):
        return ""
    version = re.search(r"([12])[.\-_]?0", text)
    return f"dl-de/by-{version[1]}.0" if version else ""


def _italian(text: str) -> str:
    if not re.search(r"iodl|italian open data licen", text):
        return ""
    version = re.search(r"([12])(\.0|0)?\b", re.sub(r".*(iodl|licen[cs]e)", "", text))
    return f"IODL-{version[1]}.0" if version else ""


def _french(text: str) -> str:
    if re.search(r"\blov2\b|etalab-?2", text):
        return "etalab-2.0"
    if re.search(r"\bfr-lo\b", text):
        return "etalab-1.0"
    if not re.search(r"licence.?ouverte|open.?licence.*etalab|etalab", text):
        return ""
    version = re.search(r"\b(?:v|version )?([12])(?:[.\-]0)?\b", text)
    return f"etalab-{version[1]}.0" if version else ""


def _others(text: str) -> str:
    for pattern, id in (
        (
            r"\bodbl\b|odc_odbl|open.?database.?licen[cs]e|opendatacommons\.org/licenses/odbl",
            "ODbL-1.0",
        ),
        (r"odc-by|odc_by|opendatacommons\.org/licenses/by", "ODC-By-1.0"),
        (r"pddl|odc_pddl", "PDDL-1.0"),
        (r"(uk-)?ogl(-uk)?-?3|open-government-licence/version/3", "OGL-UK-3.0"),
    ):
        if re.search(pattern, text):
            return id
    return ""
