"""Numbers as people write them: 1.234,56 and 1,234.56 and 1 234,5 and € 3.000,00."""

import re
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

_SPACES = "[ \u00a0\u202f\u2009\u2007]"
_APOSTROPHES = "['’ʼ]"
_SIGNS = (
    r"€|\$|£|%|‰|EUR|Euro|USD|GBP|CHF|Fr\.|kWh|MWh|GWh|kWp|kW|MW|km/h|m/s|km²|km|m²|m³|mm|cm|m|"
    r"ha|kg|µg/m³|°C|dB\(A\)|dB|hPa|min|\?|_"
)
UNITS = {
    "%": "%",
    "€": "EUR",
    "Euro": "EUR",
    "$": "USD",
    "£": "GBP",
    "Fr.": "CHF",
    "?": "",
    "_": "",
    "kWp": "kW",
    "km²": "km2",
    "m²": "m2",
    "m³": "m3",
    "µg/m³": "ug/m3",
    "°C": "Cel",
    "‰": "ppth",
    "dB(A)": "dB",
}


@dataclass(frozen=True)
class Style:
    """How a column writes its numbers."""

    decimal: str = "."
    thousands: str = ""  # "", ".", ",", " " or "'"
    sign: str = ""  # a currency, per cent sign or unit before or after each number
    negative: str = ""  # "()" where brackets mean below zero, "-" where the minus comes last

    @cached_property
    def _groups(self) -> str:
        if self.thousands == "'":
            return _APOSTROPHES
        return _SPACES if self.thousands == " " else re.escape(self.thousands)

    @cached_property
    def pattern(self) -> str:
        point = re.escape(self.decimal)
        whole = (
            r"\d+" if not self.thousands else rf"(?:[1-9]\d{{0,2}}(?:{self._groups}\d{{3}})+|\d+)"
        )
        power = rf"(?:{point}\d+[eE][+-]?\d+|[eE][+-]\d+)"
        number = rf"(?:{whole}(?:{point}\d+|{power})?|{point}\d+)"
        if self.sign:
            sign = re.escape(self.sign)
            number = rf"(?:{sign}\s*[+-]?|[+-]\s?{sign}\s*|[+-]\s?)?{number}(?:\s*{sign})?"
        else:
            number = rf"[+-]?{number}"
        if self.negative == "()":
            return rf"^(?:\(\s*{number}\s*\)|{number})$"
        return rf"^{number}{'[-−]?' if self.negative else ''}$"

    @property
    def words(self) -> str:
        said = [f"decimal {'comma' if self.decimal == ',' else 'point'}"]
        if self.thousands:
            said.append(f"thousands “{self.thousands}”")
        if self.sign:
            said.append(f"sign “{self.sign}”" + (" (unreadable)" if self.sign in "?_" else ""))
        if self.negative:
            said.append("brackets are below zero" if self.negative == "()" else "minus at the end")
        return ", ".join(said)


UNDECIDED = "ambiguous, nothing in the file decides"
_DIGITS = b"0123456789-"
_WHOLE = re.compile(r"^-?\d+$")
_MAY_BE = re.compile(
    rf"^\(?[+-]?\s*(?:{_SIGNS})?\s*[+-]?[\d.,][\d.,'’ʼ \u00a0\u202f\u2009\u2007eE+-]*\s*"
    rf"(?:{_SIGNS})?\)?$"
)
_SIGN = re.compile(rf"^\(?[+-]?\s?({_SIGNS})(?=[\s\d.,+-])|(?<=[\d\s])({_SIGNS})\)?$")
_NEGATIVES = {
    "()": re.compile(r"^\(\s*\D{0,4}[\d.,'’ \u00a0\u202f]*\d[\d.,]*\D{0,6}\)$"),
    "-": re.compile(r"^[\d.,'’ \u00a0\u202f]*\d\s?-$"),
}
_STYLES = tuple(
    Style(decimal, thousands)
    for thousands in ("", ",", ".", " ", "'")
    for decimal in (".", ",")
    if decimal != thousands
)


def styles_of(sample: list[str]) -> list[Style]:
    """The styles that fit most of the sample, plainest first; empty when fewer than half fit."""
    if sum(1 for text in sample if _MAY_BE.match(text)) * 2 < len(sample) or not sample:
        return []
    if all(map(_WHOLE.match, sample)):
        return list(_STYLES)
    sign = next(
        (found[1] or found[2] for text in sample if (found := _SIGN.search(text))),
        "",
    )
    negative = next(
        (n for n, like in _NEGATIVES.items() if any(map(like.match, sample))),
        "",
    )
    fits: list[tuple[int, Style]] = []
    for style in _STYLES:
        styled = Style(style.decimal, style.thousands, sign, negative)
        matches = re.compile(styled.pattern).match
        fits.append((sum(1 for text in sample if matches(text)), styled))
    most = max(count for count, _ in fits)
    if most * 2 < len(sample) or not most:
        return []
    return [style for count, style in fits if count == most]


def choose(
    styles: list[Style], sample: list[str], *, decimal: str, lean: str = ""
) -> tuple[Style, str]:
    """One of the styles that fit equally, with what decided; `decimal` is the file's own habit.

    `lean` is the decimal sign that is the likelier one where nothing decides.
    """
    first = styles[0]
    matches = re.compile(first.pattern).match
    sample = [text for text in sample if matches(text)]
    if not any(c in text for text in sample for c in ".,"):
        # Only “1 234” or “1'234” tells the styles apart now, and every one of these means the same.
        return first, ""
    decimals = {style.decimal for style in styles}
    if len(decimals) == 1:
        return first, first.words
    # Only groups of three digits behind one kind of separator: 1.234 may be either.
    if decimal:
        chosen = next(style for style in styles if style.decimal == decimal)
        return chosen, f"{chosen.words}, as in the file's other columns"
    if lean:
        chosen = next(style for style in styles if style.decimal == lean)
    elif any("," in text for text in sample):
        chosen = next(style for style in styles if style.thousands == ",")
    else:
        chosen = next(style for style in styles if style.decimal == ".")
    return chosen, f"{chosen.words}; {UNDECIDED}"


def unsure(styles: list[Style], sample: list[str]) -> str:
    """The point or comma of a column that may be a decimal sign as well as one of thousands."""
    if len({style.decimal for style in styles}) < 2:
        return ""
    signs = {sign for text in sample for sign in ".," if sign in text}
    return signs.pop() if len(signs) == 1 else ""


def parse_plain(values: pa.ChunkedArray, decimal: str = ".") -> pa.ChunkedArray:
    """The quick way for columns of plain numbers throughout: raises `ArrowInvalid` for others."""
    if not _only(values, _DIGITS):
        return _parse_fractions(values, decimal)
    try:
        # Digits and signs alone: Arrow's whole number is a whole number to people, too.
        return pc.cast(values, pa.int64())
    except pa.ArrowInvalid:  # more digits than an integer has
        return pc.cast(values, pa.float64())


def _parse_fractions(values: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    # Arrow also takes 0x1F, 1e5, nan and “1.” for numbers; people do not.
    sign = decimal.encode()
    if not _only(values, _DIGITS + sign):
        wanted = Style(decimal).pattern
        if decimal != "." or not pc.all(pc.match_substring_regex(values, wanted)).as_py():
            raise pa.ArrowInvalid("not plain")
    elif pc.any(pc.ends_with(values, decimal)).as_py():
        raise pa.ArrowInvalid("not plain")
    if decimal != ".":
        values = pc.replace_substring(values, decimal, ".")
    return pc.cast(values, pa.float64())


def may_be_codes(values: pa.ChunkedArray, parsed: pa.ChunkedArray) -> bool:
    """As `has_codes`, for plain whole numbers: looked at closely only where one may be."""
    if not pa.types.is_integer(parsed.type):
        return False
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    zero = pc.and_(pc.starts_with(values, "0"), pc.greater(pc.binary_length(values), 1))
    may_be = longest > 18 or pc.any(zero).as_py() or pc.any(pc.starts_with(values, "-0")).as_py()
    return bool(may_be) and has_codes(values)


def _only(values: pa.ChunkedArray, letters: bytes) -> bool:
    """Whether a column of text holds no other letters than these."""
    for chunk in values.chunks:
        _, offsets, data = chunk.buffers()
        if data is None or not len(chunk):
            continue
        ends = memoryview(offsets).cast("i")
        start, stop = ends[chunk.offset], ends[chunk.offset + len(chunk)]
        if bytes(memoryview(data)[start:stop]).translate(None, letters):
            return False
    return True


def parse(values: pa.ChunkedArray, style: Style) -> pa.ChunkedArray:
    """The numbers as int64 where all are whole, else as float64; null where it is no number."""
    fits = pc.match_substring_regex(values, style.pattern)
    if not pc.all(fits).as_py():
        values = pc.if_else(fits, values, pa.scalar(None, pa.string()))
    if style.sign:
        values = pc.replace_substring(values, style.sign, "")
        values = pc.utf8_trim_whitespace(values)
        values = pc.replace_substring_regex(values, r"^([+-])\s+", r"\1")
    if style.negative:
        values = pc.replace_substring_regex(values, r"^\(\s*(.*?)\s*\)$|^(.*?)\s?-$", r"-\1\2")
    if style.thousands:
        values = pc.replace_substring_regex(values, style._groups, "")
    if style.decimal != ".":
        values = pc.replace_substring(values, style.decimal, ".")
    if not pc.any(pc.match_substring_regex(values, "[.eE]")).as_py():
        try:
            return pc.cast(pc.replace_substring_regex(values, r"^\+", ""), pa.int64())
        except pa.ArrowInvalid:  # more digits than an integer has
            pass
    numbers = pc.cast(values, pa.float64())
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def has_codes(values: pa.ChunkedArray) -> bool:
    """Whether a whole number begins with a zero or plus, or is too long: then it is a code."""
    zero = pc.match_substring_regex(values, r"^(?:-?0\d+|\+\d{5,}|-?\d{19,})$")
    return bool(pc.any(zero).as_py())
