"""A table that comes in pages: bounds, circles, and whether all of it came."""

from dataclasses import dataclass, field
from hashlib import sha256

from citycommons.core.errors import TooMuch, Unavailable

MOST_PAGES, MOST_ROWS = 20_000, 10_000_000


@dataclass(slots=True, kw_only=True)
class Pages:
    """Counts the pages of one listing while they come; `where` names it in errors."""

    where: str
    most_rows: int = MOST_ROWS
    most_pages: int = MOST_PAGES
    count: int = 0
    rows: int = 0
    _addresses: set[str] = field(default_factory=set)
    _contents: set[bytes] = field(default_factory=set)

    def next(self, address: str) -> None:
        """A page is about to be asked for.

        Raises `Unavailable` for one that was asked for already, `TooMuch` beyond the bounds.
        """
        if address in self._addresses:
            raise Unavailable(
                f"The pages of {self.where} go in a circle: {address} comes again. Tell its "
                "operators; nothing was taken in.",
                url=address,
            )
        self._addresses.add(address)
        self.count += 1
        if self.count > self.most_pages:
            raise TooMuch(
                f"{self.where} has more than {self.most_pages} pages. Ask for larger pages, or for "
                "a part of it."
            )

    def took(self, rows: int, content: bytes | str) -> None:
        """A page came with so many rows; `content` is what tells it from others.

        Raises `Unavailable` when the same page came before: the server does not turn pages.
        """
        digest = sha256(content if isinstance(content, bytes) else content.encode()).digest()
        if rows and digest in self._contents:
            raise Unavailable(
                f"{self.where} gives the same page again and again: it does not turn pages as "
                "asked. Ask for one page that holds all, or for a part of it."
            )
        self._contents.add(digest)
        self.rows += rows
        if self.rows > self.most_rows:
            raise TooMuch(
                f"{self.where} has more than {self.most_rows} rows. Raise most_rows, or ask for a "
                "part of it."
            )

    def check(self, expected: int | None) -> None:
        """All pages came: raises `Unavailable` when the source had promised more rows."""
        if expected is not None and self.rows < expected:
            raise Unavailable(
                f"{self.where} promises {expected} rows, and {self.rows} came. Nothing was taken "
                "in; it is tried again. If it stays so, ask for smaller pages, or tell its "
                "operators."
            )


def numbered(stem: str, number: int, suffix: str) -> str:
    """The name of one page's file, in the order of pages."""
    clean = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in stem).strip("._")
    return f"{(clean or 'page')[:80]}-{number:05d}.{suffix}"
