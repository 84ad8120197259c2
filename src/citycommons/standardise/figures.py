"""Columns of numbers: in which style they are written, found by all of their values."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import FieldType
from citycommons.standardise import dates, hints, numbers
from citycommons.standardise.samples import Looked
from citycommons.standardise.typed import TEXT, Parts, Typed, cleaned, said, stripped, without_words
from citycommons.store import spill

MAJORITY = 0.98  # share of a column's values that must fit its type
_MOST_STATUS_WORDS = 8
_MOST_ABOUT = 50  # different values like “< 5” that may stand in the column beside
_ABOUT = re.compile(
    r"^(?:<|>|≤|≥|<=|>=|~|≈|±|ca\.?|circa|env\.?|environ|etwa|rund|about|approx\.?|über|unter|"
    r"mehr als|weniger als|più di|meno di|plus de|moins de|oltre)\s*\d[\d.,' ]*\D{0,6}$",
    re.IGNORECASE,
)


def number(
    column: Looked,
    *,
    decimal: str,
    is_workbook: bool,
    is_declared: bool = False,
    lean: str = "",
    **rest: object,
) -> Typed | None:
    """The column as numbers; None when it holds none, or codes of digits."""
    if not column.styles or (not is_declared and hints.is_code(column.name)):
        return None
    if not is_declared and is_day_column(column, is_workbook):
        return None
    style, extra = numbers.choose(column.styles, column.sample, decimal=decimal, lean=lean)
    parts, has_codes = _plain(column, style)
    if parts is None:
        style, extra = _best_style(column, style, extra, decimal, lean)
        parts, has_codes = _styled(column, style)
    is_whole = pa.types.is_integer(parts.kind)
    if not is_whole:
        has_codes = numbers.has_codes(pa.array(column.sample, TEXT))
    is_numbering = not is_whole and hints.is_numbering(column.name)
    if (has_codes or is_numbering) and not is_declared:
        return None
    if not is_whole and (twins := _twins(column.sample, style.decimal)):
        extra = f"{extra}; {twins}" if extra else twins
    misfits, share = parts.misfits, parts.share
    status = None
    if share < MAJORITY and not is_declared:
        status = _status_words(column.values, parts)
    if status is not None:
        misfits = None
        extra = "; ".join(
            part for part in (extra, "words among them stand in a column beside") if part
        )
    return Typed(
        values=parts.values(),
        type=FieldType.INTEGER if is_whole else FieldType.NUMBER,
        evidence=said("whole numbers" if is_whole else "numbers", parts, extra),
        misfits=misfits,
        status=status,
        unit=numbers.UNITS.get(style.sign, style.sign),
        share=share,
    )


def _is_other(word: str) -> bool:
    """Whether a word with digits is no number that is only roughly known (“< 5”, “ca. 20”)."""
    return bool(re.search(r"\d", word)) and not _ABOUT.match(word)


def _twins(sample: list[str], decimal: str) -> str:
    """Two texts that differ in zeros at the end only, where the column holds such."""
    seen: dict[str, str] = {}
    for text in sample:
        plain = text.rstrip("0").removesuffix(decimal) if decimal in text else text
        other = seen.setdefault(plain, text)
        if other != text:
            less, more = sorted((other, text))
            return f"{less} and {more} are one number"
    return ""


def is_day_column(column: Looked, is_workbook: bool) -> bool:
    """Whole numbers under a date's name that are 20260331, or days of a workbook's calendar."""
    if dates.epoch_unit(column.name, column.sample):
        return True
    if not hints.is_date(column.name):
        return False
    if all(re.match(dates.COMPACT, text) for text in column.sample):
        return True
    return is_workbook and all(
        re.match(r"^\d{5}(\.\d+)?$", text) and 18_000 < float(text) < 80_000
        for text in column.sample
    )


def _plain(column: Looked, style: numbers.Style) -> tuple[Parts | None, bool]:
    """The quick way for columns of plain numbers throughout; None for others."""
    is_sure = style.decimal == "." or len({one.decimal for one in column.styles}) == 1
    if style.thousands or style.sign or not is_sure:
        return None, False
    parts, has_codes = Parts(column.values), False
    try:
        for given in spill.pieces(column.values):
            piece, found = _plainly(given, style.decimal)
            has_codes = has_codes or numbers.may_be_codes(piece, found)
            parts.add(found, piece)
    except pa.ArrowInvalid:
        return None, False
    return parts, has_codes


def _plainly(piece: pa.ChunkedArray, decimal: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """A piece and its plain numbers, looked at once more without words that say nothing."""
    try:
        return piece, numbers.parse_plain(piece, decimal)
    except pa.ArrowInvalid:
        left = without_words(piece)
        if left is piece:
            raise
        return left, numbers.parse_plain(left, decimal)


def _styled(column: Looked, style: numbers.Style) -> tuple[Parts, bool]:
    parts, has_codes = Parts(column.values), False
    for clean in cleaned(column.values):
        found = numbers.parse(clean, style)
        has_codes = has_codes or (pa.types.is_integer(found.type) and numbers.has_codes(clean))
        parts.add(found, clean)
    return parts, has_codes


def _best_style(
    column: Looked, style: numbers.Style, extra: str, decimal: str, lean: str
) -> tuple[numbers.Style, str]:
    """The style that fits most of the whole column, where the sample left several."""
    if len(column.styles) < 2 or not any(c in text for text in column.sample for c in ".,"):
        return style, extra
    total = 0
    fits = dict.fromkeys(column.styles, 0)
    for clean in cleaned(column.values):
        total += len(clean) - clean.null_count
        for one in fits:
            fits[one] += pc.sum(pc.match_substring_regex(clean, one.pattern)).as_py() or 0
    if len({one.decimal for one in column.styles}) == 1:
        # They differ in the thousands only: the plainest that fits throughout is as good as any.
        for one in column.styles:
            if fits[one] == total:
                return one, one.words
    most = max(fits.values())
    left = [one for one in column.styles if fits[one] == most]
    return numbers.choose(left, column.sample, decimal=decimal, lean=lean)


def _status_words(values: pa.ChunkedArray, parts: Parts) -> pa.ChunkedArray | None:
    """The few words that stand among numbers (“ges” for closed), as a column; None if many."""
    misfits = parts.misfits
    if parts.share < 0.5 or misfits is None:
        return None
    words, distinct = Parts(values), set[str]()
    row = 0
    for piece in spill.pieces(values):
        clean, wrong = stripped(piece), pa.array(misfits[row : row + len(piece)])
        found = pc.if_else(wrong, clean.combine_chunks(), pa.scalar(None, TEXT))
        distinct.update(word for word in pc.unique(found).to_pylist() if word is not None)
        if len(distinct) > _MOST_ABOUT or sum(not _ABOUT.match(w) for w in distinct) > (
            _MOST_STATUS_WORDS
        ):
            return None
        words.add(found, found)
        row += len(piece)
    if any(len(word) > 40 or _is_other(word) for word in distinct):
        return None
    return words.values()
