"""Encoding, line ends and dialect of a delimited text, found strictly: no byte is guessed away."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from citycommons.core.errors import Invalid

_PIECE = 4 << 20
_LOOKED = 2_000  # lines without any UTF-8 letter that show an old encoding
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS = set("äöüßÄÖÜéèêëàâçùûîïôœæÉÈÊÀÂÇÎÔÙìòÌÒóíúñáåøØÅÆëïËÏ")
_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, slots=True)
class Utf8:
    """A text file as UTF-8 with line feeds or carriage returns, and how it came."""

    path: Path
    encoding: str
    skip: int = 0  # bytes of a byte-order mark
    steps: tuple[str, ...] = ()
    odd_lines: tuple[tuple[int, str], ...] = ()  # lines in cp1252 among lines in UTF-8
    zero_lines: tuple[tuple[int, str], ...] = ()  # lines that held NUL characters


def encoding_of(path: Path) -> str:
    """Name the encoding after reading the whole file.

    Bytes that are UTF-8 throughout are UTF-8. Others are the eight-bit encoding (cp1252, cp850 or
    mac-roman) whose letters fit inside words best, or latin-1 where cp1252 has no such letter.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    zeros = head.count(0)
    if zeros > len(head) // 4:
        return "utf-16-le" if head[1::2].count(0) > zeros // 2 else "utf-16-be"
    return "utf-8" if _is_utf8(path) else _eight_bit(path)


def as_utf8(path: Path, workspace: Path) -> Utf8:
    """The file itself when it is UTF-8 with usual line ends, else a converted copy.

    Raises `Invalid` if the file is no text in the encoding its first bytes promise.
    """
    encoding = encoding_of(path)
    ends = _line_ends(path) if encoding.startswith("utf-8") else ""
    skip = 3 if encoding == "utf-8-sig" else 0
    named = encoding.removesuffix("-sig")
    if encoding.startswith("utf-8") and (zeros := _without_zeros(path, workspace / "plain.txt")):
        steps = (f"encoding {named}", f"{len(zeros)} lines held NUL characters, left out")
        return Utf8(workspace / "plain.txt", named, skip, steps, zero_lines=zeros)
    if encoding.startswith("utf-8") and not ends:
        return Utf8(path, named, skip, (f"encoding {named}",))
    copy = workspace / "utf8.txt"
    if named in ("cp1252", "latin-1", "cp850", "mac-roman") and (odd := _mixed(path, copy)):
        return Utf8(copy, "utf-8", 0, (f"encoding utf-8, {len(odd)} lines in cp1252",), odd)
    try:
        with path.open(encoding=encoding, newline="") as text, copy.open("wb") as out:
            seen_lf = False
            while piece := text.read(_PIECE):
                seen_lf = seen_lf or "\n" in piece or "\r" in piece
                out.write(piece.replace("\0", "").encode())
    except UnicodeError as cause:
        raise Invalid(
            f"{path.name} begins like {named} but has bytes that are not: {cause}. "
            "Save it again as UTF-8."
        ) from cause
    told = [f"encoding {named}"]
    if _line_ends(copy):
        whole = copy.read_bytes().replace("\u0085".encode(), b"\n")
        copy.write_bytes(whole)
        told.append("NEL line ends")
    return Utf8(copy, named, 0, tuple(told))


def _without_zeros(path: Path, copy: Path) -> tuple[tuple[int, str], ...]:
    """Lines with NUL characters, which the copy is without; nothing when there are none."""
    if not any(b"\0" in piece for piece in _pieces(path)):
        return ()
    with path.open("rb") as file:
        found: list[tuple[int, str]] = []
        with copy.open("wb") as out:
            for number, line in enumerate(file, start=1):
                if b"\0" in line:
                    line = line.replace(b"\0", b"")
                    found.append((number, line.decode("utf-8", "replace").strip()[:200]))
                out.write(line)
    return tuple(found)


def _mixed(path: Path, copy: Path) -> tuple[tuple[int, str], ...]:
    """Lines that are not UTF-8 in a file where others, with letters beyond ASCII, are.

    The copy is then UTF-8 throughout. Nothing where the file is in one encoding.
    """
    odd: list[tuple[int, str]] = []
    wide = 0
    with path.open("rb") as file, copy.open("wb") as out:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode()
            except UnicodeDecodeError:
                text = line.decode("cp1252", "replace")
                odd.append((number, text.rstrip("\r\n")))
            else:
                wide += not line.isascii()
            if number == _LOOKED and not wide:
                return ()  # an old encoding throughout
            out.write(text.encode())
    return tuple(odd) if wide and odd else ()


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for piece in _pieces(path):
            if decoder.getstate()[0] or not piece.isascii():
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _line_ends(path: Path) -> str:
    """`NEL` when that alone ends the lines, else nothing."""
    nel = False
    for piece in _pieces(path):
        if b"\n" in piece or b"\r" in piece:
            return ""
        nel = nel or b"\xc2\x85" in piece
    return "NEL" if nel else ""


_IN_WORDS = _LETTERS | {"’"}  # Sant’Oronzo


def _eight_bit(path: Path) -> str:
    """Judge by the letters that stand inside words."""
    undefined = False
    votes: Counter[str] = Counter()
    looked = 0
    for piece in _pieces(path):
        undefined = undefined or bool(re.search(rb"[\x81\x8d\x8f\x90\x9d]", piece))
        if looked < 20_000:
            inside = re.findall(rb"(?<=[A-Za-z])([\x80-\xff])|([\x80-\xff])(?=[A-Za-z])", piece)
            looked += len(inside)
            found = Counter(a or b for a, b in inside)
            for name in ("cp1252", "cp850", "mac-roman"):
                votes[name] += sum(
                    count
                    for byte, count in found.items()
                    if byte.decode(name, "replace") in _IN_WORDS
                )
    plain = "latin-1" if undefined else "cp1252"
    best = max(("cp1252", "cp850", "mac-roman"), key=lambda name: votes[name])
    return plain if best == "cp1252" or votes[best] <= votes["cp1252"] else best


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are told apart."""

    delimiter: str
    escape: str = ""  # "\\" where quotes inside quotes are escaped instead of doubled
    is_quoted: bool = True

    def rows(self, text: io.TextIOBase | io.StringIO) -> Iterator[list[str]]:
        """The rows by Python's reader; for samples and faulty rows, as it is slow."""
        reader = self.reader(text)
        yield from reader

    def reader(self, text: io.TextIOBase | io.StringIO) -> "csv._reader":  # type: ignore[name-defined]
        return csv.reader(
            text,
            delimiter=self.delimiter,
            escapechar=self.escape or None,
            doublequote=not self.escape,
            quoting=csv.QUOTE_MINIMAL if self.is_quoted else csv.QUOTE_NONE,
        )


def dialect_of(sample: str) -> Dialect:
    """The delimiter that cuts most rows of the sample to one width; a comma when there is none."""
    escape = "\\" if '\\"' in sample and '""' not in sample else ""
    best, most = Dialect(",", escape), 0.0
    for delimiter in _DELIMITERS:
        if delimiter not in sample:
            continue
        dialect = Dialect(delimiter, escape)
        try:
            widths = [
                len(row)
                for row, _ in zip(
                    dialect.rows(io.StringIO(sample, newline="")), range(300), strict=False
                )
                if row
            ]
        except csv.Error:
            continue
        width, count = (
            Counter(w for w in widths if w > 1).most_common(1)[0]
            if max(widths, default=0) > 1
            else (1, 0)
        )
        # Consistency first; among equally consistent ones the wider table.
        score = count / len(widths) + min(width, 50) / 1000 if widths else 0.0
        if delimiter == "\t" and len(widths) > 1 and count == len(widths):
            return dialect  # nobody types a tab in every line, so commas are parts of its cells
        if score > most + 1e-9:
            best, most = dialect, score
    return best
