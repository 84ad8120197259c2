"""What columns and texts of addresses consist of: street, house, postcode and place."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_PARTS: tuple[tuple[str, str], ...] = (
    (
        "number",
        r"haus ?nummer|haus ?nr|hnr|civico|numero civico|house ?n(?:umber|o)|nr|n civico|"
        r"n(?:um[eé]ro)?(?: (?:de )?(?:rue|voie))?|num voie",
    ),
    (
        "suffix",
        r"(?:haus ?n(?:umme)?r ?)?zusatz|esponente|suffix(?:e)?|rep(?:etition)?|hnr ?z(?:us)?",
    ),
    ("postcode", r"plz|postleitzahl|cap|code ?postal|cp|post ?code|zip(?: ?code)?"),
    (
        "town",
        r"ort|stadt|gemeinde|wohnort|comune|citt[aà]|localit[aà]|ville|commune|city|town|place",
    ),
    (
        "street",
        r"str(?:a(?:ss|ß)e?)?|stra(?:ss|ß)en? ?name|strname|street(?: ?name)?|via|indirizzo via|"
        r"(?:nome )?strada|odonimo|toponimo|rue|voie|nom (?:de )?(?:la )?(?:rue|voie)|road",
    ),
    (
        "address",
        r"(?:anschrift|adresse?|address|indirizzo|lage|standort|ubicazione|location)"
        r"(?: ?(?:zeile|line|ligne|complete|text))?(?: ?1)?",
    ),
    ("name", r"name|nome|nom|bezeichnung|denominazione"),
)
_COMPILED = tuple((part, re.compile(rf"(?:{words})", re.IGNORECASE)) for part, words in _PARTS)
_NUMBER = r"\d+\s*(?:[-–/+]\s*\d+)?\s*(?:bis|ter|quater|[a-zA-Z](?:\b|$))?(?:\s*/\s*\w{1,3})?"
_STREET_FIRST = re.compile(rf"^(?P<street>.*?\D)[\s,]+(?:n[r°.]*\s*)?(?P<number>{_NUMBER})\s*$")
_NUMBER_FIRST = re.compile(rf"^(?P<number>{_NUMBER})\s*,?\s+(?P<street>\D.*)$")
_POSTCODE = re.compile(
    r"(?<![\w/])(?P<code>\d{4,5}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\s+(?P<town>\D.*)$"
)


def parts(names: Sequence[str]) -> dict[str, str]:
    """Which of these columns are street, number, suffix, postcode, town, or a whole address."""
    found: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[\W_]+", " ", name).strip()
        for part, pattern in _COMPILED:
            if pattern.fullmatch(plain):
                found.setdefault(part, name)
                break
    return found


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """Values as texts, whole numbers without their decimal point."""
    if pa.types.is_floating(column.type):
        return [None if v is None else f"{v:.15g}" for v in column.to_pylist()]
    found: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    return found


def split(address: str) -> tuple[str, str, str, str]:
    """Street, house number, postcode and town of an address in one text; empty what it leaves out.

    >>> split("Albersloher Weg 33, 48155 Münster")
    ('Albersloher Weg', '33', '48155', 'Münster')
    >>> split("12 bis rue de l'Égalité")
    ("rue de l'Égalité", '12 bis', '', '')
    """
    text = re.sub(r"\s+", " ", address).strip(" ,;")
    code = town = ""
    if found := _POSTCODE.search(text):
        if before := text[: found.start()].strip(" ,;-"):
            code, town, text = found["code"], found["town"].strip(" ,"), before
    elif "," in text:
        head, _, tail = text.rpartition(",")
        if not re.search(r"\d", tail) and head:
            text, town = head.strip(), tail.strip()
    text = re.sub(r"\s*\(.*?\)\s*$", "", text)
    for pattern in (_STREET_FIRST, _NUMBER_FIRST):
        if matched := pattern.match(text):
            return matched["street"].strip(" ,"), matched["number"].strip(), code, town
    return text, "", code, town
