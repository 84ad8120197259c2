"""Words for nothing, yes and no, months and sums, in four languages and Dutch."""

import re

_NOTHING = (
    *("null", "undefined", "n/a", "#n/a", "n/d", "n.a.", "-", "--", "---", "–", "—"),
    *(
        "k.a.",
        "k. a.",
        "k.a",
        "keine angabe",
        "keine angaben",
        "keine daten",
        "kei",
        "kei…",
        "kei...",
    ),
    *("non disponibile", "dato non disponibile", "nessun dato"),
    *("non disponible", "non renseigné", "non communiqué"),
    *("not available", "no data", "non disponibili", "données non disponibles", "non communiquée"),
    *("ohne angabe", "ohne angaben", "k.d.", "non applicable", "non pertinent", "#nv", "#n.v."),
    *("nicht verfügbar", "…", "null value", "no value", "non renseignée"),
)
"""Say nothing in any column."""

_NOTHING_AMONG_TYPED = (
    *(
        "na",
        "nan",
        "none",
        "nil",
        "nd",
        "n.d.",
        "n.v.",
        "n. v.",
        "s.o.",
        "?",
        "??",
        ".",
        "..",
        "...",
    ),
    *(
        "n.c.",
        "nc",
        "n.r.",
        "nr",
        "n.b.",
        "n. b.",
        "n. d.",
        "o.a.",
        "o. a.",
        "sans objet",
        "/",
    ),
    *("nicht bekannt", "not known", "non noto", "non connu", "non défini", "non definito"),
    *("entfällt", "not applicable", "indisponible", "en attente", "in attesa", "tbd", "tba"),
    *("00000000", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00/00/0000"),
    *("unbekannt", "unknown", "sconosciuto", "inconnu", "missing", "fehlt", "leer", "<na>"),
    *("#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#wert!", "#bezug!", "(null)"),
)
"""May be a value among words (“NA” is Namibia), but say nothing among numbers and dates."""


def _spellings(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for w in words for s in (w, w.upper(), w.title(), w.capitalize())))


EMPTY = (
    "",
    *_spellings((*_NOTHING, "k.A.", "k. A.")),
    "k.A.",
    "k. A.",
    "keine Angabe",
    "keine Daten",
)
EMPTY_AMONG_TYPED = frozenset(("", *_NOTHING, *_NOTHING_AMONG_TYPED))
"""Compared in lower case, without the spaces around."""

BOOLEANS: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(yes), frozenset(no))
    for yes, no in (
        (("true",), ("false",)),
        (("yes",), ("no",)),
        (("ja", "wahr"), ("nein", "falsch")),
        (("oui", "vrai"), ("non", "faux")),
        (("sì", "si", "vero"), ("no", "falso")),
        (("y",), ("n",)),
        (("j",), ("n",)),
        (("o",), ("n",)),
        (("t",), ("f",)),
        (("on", "an", "ein"), ("off", "aus")),
        (("acceso",), ("spento",)),
        (("x", "✓", "✔", "☑"), ()),
    )
)

_MONTHS = (
    ("jan", "january", "januar", "janvier", "janv", "gennaio", "gen", "januari", "jän", "jänner"),
    ("feb", "february", "februar", "février", "févr", "fév", "febbraio", "februari"),
    ("mar", "march", "märz", "mär", "mrz", "mars", "marzo", "maart", "mrt"),
    ("apr", "april", "avril", "avr", "aprile"),
    ("may", "mai", "maggio", "mag", "mei"),
    ("jun", "june", "juni", "juin", "giugno", "giu"),
    ("jul", "july", "juli", "juillet", "juil", "luglio", "lug"),
    ("aug", "august", "août", "aoû", "agosto", "ago", "augustus"),
    ("sep", "sept", "september", "septembre", "settembre", "set"),
    ("oct", "october", "oktober", "okt", "octobre", "ottobre", "ott"),
    ("nov", "november", "novembre"),
    ("dec", "december", "dezember", "dez", "décembre", "déc", "dicembre", "dic"),
)
MONTHS: dict[str, int] = {
    name: number for number, names in enumerate(_MONTHS, start=1) for name in names
}

_SUMS = re.compile(
    r"^\W*(insgesamt|gesamt|gesamtsumme|summe|jahressumme|total|totale|totaux|totals|somme|sum|"
    r"quelle|quellen|source|sources|fonte|fonti|stand|datum|hinweis|hinweise|note|notes|nota|"
    r"remarque|anmerkung|licence|license|lizenz|licenza|©)\b",
    re.IGNORECASE,
)


_SUM_WORDS = (
    *("summe", "gesamt", "gesamtsumme", "insgesamt", "zusammen", "zwischensumme", "jahressumme"),
    *("gesamtergebnis", "endsumme", "alle zusammen", "stadt insgesamt", "stadt gesamt"),
    *("total", "grand total", "subtotal", "sub-total", "sum", "all", "overall", "totals"),
    *("totale", "totale generale", "totale complessivo", "somma", "complessivo", "subtotale"),
    *("total général", "ensemble", "somme", "totaux", "sous-total", "totaal", "eindtotaal"),
)
SUMS = frozenset(
    spelled + end
    for word in _SUM_WORDS
    for spelled in (word, word.upper(), word.title(), word.capitalize())
    for end in ("", ":", " :", "*", " *")
)
"""Words that alone in a cell name a row as the sum of others."""


def is_sum(cell: str) -> bool:
    """Whether a cell names its row as the sum of others: “Summe”, “Total 2023”, “Totale:”."""
    plain = re.sub(r"[\s:*.\d()-]+$", "", cell.strip())
    return plain in SUMS


_REMARK = re.compile(
    r"^(?:[*†‡¹²³⁴⁵]|\(?\d{1,2}\)|[a-z]\)|_{3,}|-{3,}|\[\d+\]|(?:vorläufige?|provisional|dati "
    r"provvisori|données provisoires|erstellt|created|export|druckdatum|stichtag)\b)",
    re.IGNORECASE,
)


def is_remark(cell: str) -> bool:
    """Whether a text that stands alone at the end of a table is a note, a source or a sum."""
    return bool(_REMARK.match(cell) or _SUMS.match(cell)) or len(cell) > 60


def is_footer(cells: list[str], width: int) -> bool:
    """Whether a row at the end of a table of this width is blank, a sum, or a remark."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return True
    if width < 3:
        return False
    is_sparse = len(filled) <= width // 2
    return is_sparse and (len(filled) == len(cells) == 1 or bool(_SUMS.match(filled[0])))
