"""Files that are no tables: named by what they look like, with what to do instead."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from citycommons.core.errors import Invalid
from citycommons.standardise.formats import Source

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "Ask its author for the table behind it, as CSV or XLSX."),
    (b"\x89PNG", "a picture (PNG)", "Deliver the data behind the picture as a table."),
    (b"\xff\xd8\xff", "a picture (JPEG)", "Deliver the data behind the picture as a table."),
    (b"GIF8", "a picture (GIF)", "Deliver the data behind the picture as a table."),
    (b"II*\x00", "a picture (TIFF)", "Rasters are not read yet; deliver a table or vector file."),
    (b"MM\x00*", "a picture (TIFF)", "Rasters are not read yet; deliver a table or vector file."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Pack it as ZIP, or deliver the file inside."),
    (b"Rar!", "a RAR archive", "Pack it as ZIP, or deliver the file inside."),
    (b"\x7fELF", "a program", "Deliver a table, for example as CSV."),
    (b"MZ\x90", "a program", "Deliver a table, for example as CSV."),
    (b"{\\rtf", "a text document (RTF)", "Copy its table into a spreadsheet and save that."),
    (b"ID3", "a sound file", "Deliver a table, for example as CSV."),
)
_MOST_CONTROLS = 0.01
_PIECE = 1 << 20


def refuse(source: Source) -> None:
    """Raise `Invalid` for a file that is empty, a document, a picture, a page or mere bytes."""
    head = source.head
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"):
        raise Invalid(
            f"{source.name} is empty. Check the download or export, and deliver it again."
        )
    for magic, what, advice in _SIGNATURES:
        if head.startswith(magic):
            raise Invalid(f"{source.name} is {what}, not a table. {advice}", looks_like=what)
    if is_page(head) and not _holds_table(source):
        raise page_without_table(source)


def is_page(head: bytes) -> bool:
    """Whether these first bytes are those of a web page, or of a table that was cut out of one."""
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:2000].lower()
    if b"office:spreadsheet" in start:
        return False
    is_html = start.startswith(
        (b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta")
    )
    return is_html or (b"<html" in start and start.startswith((b"<?xml", b"<!")))


def page_without_table(source: Source) -> Invalid:
    """What to say of a web page that holds no table of data."""
    return Invalid(
        f"{source.name} is a web page, not a table. Often it is an error or sign-in page that "
        "came instead of the file: open the address in a browser and copy the direct link.",
        looks_like="a web page",
    )


def _holds_table(source: Source) -> bool:
    rest = b""
    with source.path.open("rb") as file:
        while piece := file.read(_PIECE):
            if b"<table" in (rest + piece).replace(b"\0", b"").lower():
                return True
            rest = piece[-32:]
    return False


def refuse_bytes(source: Source) -> None:
    """Raise `Invalid` for bytes that are no text; asked when no format knows the signature."""
    head = source.head
    is_wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_utf16(head)
    controls = sum(head.count(code) for code in (*range(9), *range(14, 27), *range(28, 32), 127))
    if not is_wide and controls > _MOST_CONTROLS * len(head):
        raise Invalid(
            f"{source.name} is neither text nor a known kind of file. Deliver it as CSV, XLSX, "
            "GeoJSON, GeoPackage or Parquet.",
            looks_like="bytes",
        )
    if b"<?xml" in head[:200].lower() or head.lstrip().startswith(b"<"):
        raise Invalid(
            f"{source.name} is XML of a kind that is not read as a table. Deliver it as CSV, GML "
            "or KML.",
            looks_like="XML",
        )


def check_zone(zone: str) -> None:
    """Raise `Invalid` for a time zone that does not exist."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise Invalid(f"“{zone}” is no time zone. Write one like Europe/Berlin.") from cause


def _is_utf16(head: bytes) -> bool:
    """Whether every second byte is zero, as in UTF-16 of western text without a mark."""
    half = max(len(head) // 2, 1)
    even, odd = head[::2].count(0), head[1::2].count(0)
    return max(even, odd) > 0.6 * half and min(even, odd) < 0.05 * half
