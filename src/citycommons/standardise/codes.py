"""Code lists: which codes a column may hold, and what they mean."""

import re
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.types import Policy, Rule
from citycommons.standardise.shape import plain_name

_CODE = frozenset(
    (
        *("code", "codes", "key", "value", "id", "notation", "kode"),
        *("schluessel", "schlussel", "kennung", "wert", "kurzel", "kuerzel", "nr"),
        *("codice", "valore", "chiave", "cle", "valeur", "sigle"),
    )
)
_LABEL = frozenset(
    (
        *("label", "name", "title", "meaning", "description", "text", "preflabel", "definition"),
        *("bezeichnung", "bedeutung", "beschreibung", "klartext", "titel"),
        *("descrizione", "significato", "nome", "etichetta", "denominazione"),
        *("libelle", "signification", "intitule", "nom", "etiquette"),
    )
)
_PAIR = re.compile(r"^\s*(?P<code>[^=:]{1,40}?)\s*(?:=|:|\s[-–]\s)\s*(?P<label>\S.*?)\s*$")


def of_table(table: pa.Table) -> dict[str, str]:
    """Codes and their meanings from a table that lists them, by its columns' names.

    Raises `Invalid` when no column is named like codes.
    """
    names = {plain_name(name): name for name in table.column_names}
    code = next((names[word] for word in names if word in _CODE), None)
    if code is None:
        raise Invalid(
            "A code list needs a column named “code”, and one named “label” for what the codes "
            f"mean. This table has {', '.join(table.column_names)}."
        )
    label = next((names[word] for word in names if word in _LABEL and names[word] != code), code)
    pairs = zip(_texts(table[code]), _texts(table[label]), strict=True)
    return {key: words or key for key, words in pairs if key}


def of_text(text: str) -> dict[str, str]:
    """Codes as a data dictionary writes them: `1 = open; 2 = closed`, or `open, closed`."""
    parts = [part for part in re.split(r"[;|\n]", text) if part.strip()]
    if len(parts) == 1 and "=" not in parts[0]:
        parts = [part for part in parts[0].split(",") if part.strip()]
    elif len(parts) == 1:
        parts = re.split(r",(?=[^,=]*=)", parts[0])
    found: dict[str, str] = {}
    for part in parts:
        if pair := _PAIR.match(part):
            found[pair["code"]] = pair["label"]
        else:
            found[part.strip()] = part.strip()
    return found if len(found) > 1 else {}


def rule(column: str, labels: Mapping[str, str], policy: Policy = Policy.FLAG) -> Rule:
    """The rule that a column holds only these codes."""
    has_words = any(code != label for code, label in labels.items())
    options = {"values": list(labels)} | ({"labels": dict(labels)} if has_words else {})
    return Rule(kind="one-of", columns=(column,), options=options, policy=policy)


def _texts(values: pa.ChunkedArray | pa.Array) -> Iterable[str]:
    if pa.types.is_floating(values.type):
        return ["" if v is None else f"{v:.15g}" for v in values.to_pylist()]
    return [(v or "").strip() for v in pc.cast(values, pa.string()).to_pylist()]
