"""What strangers type, as it may be kept: bounded, without signs that trick the eye.

A text stays a text: nothing here is HTML, and whoever shows it escapes it. What goes is what no
reader sees but what changes what they see: control characters, marks that turn the direction of
writing (“Trojan source”), invisible ones, and towers of accents.

References
----------
Unicode Standard Annex 9 (bidirectional text), Technical Report 36 (security considerations).
"""

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from citycommons.core.errors import Invalid

_MOST_MARKS = 3  # accents on one letter; no living writing needs more
_KEPT = {"\u200c", "\u200d"}  # joiners: Persian, Indic scripts and some pictures need them
_LONGEST_ADDRESS = 2000
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_TRACKING = re.compile(r"^(utm_[a-z]+|fbclid|gclid|mc_[a-z]+|ref)$")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def line(text: str, column: str, *, longest: int, shortest: int = 0) -> str:
    """One line of text. Raises `Invalid` that names the column when it is too short or long."""
    return _bounded(
        " ".join(_visible(_cut(text, longest)).split()), text, column, longest, shortest
    )


def lines(text: str, column: str, *, longest: int, shortest: int = 0) -> str:
    """Text of several lines, at most one empty one in a row; else as `line`."""
    plain = _visible(_cut(text, longest).replace("\r\n", "\n").replace("\r", "\n"))
    tidy = "\n".join(each.rstrip() for each in plain.split("\n")).strip()
    return _bounded(re.sub(r"\n{3,}", "\n\n", tidy), text, column, longest, shortest)


def web_address(text: str, column: str = "url") -> str:
    """An address a browser may be sent to: http or https, a public-looking name, no password.

    A host in another script comes back as its ASCII name (IDNA), so that no letter passes for
    another. Raises `Invalid` that names the column.
    """
    given = "".join(_visible(text[: _LONGEST_ADDRESS + 1]).split())
    if len(given) > _LONGEST_ADDRESS:
        raise Invalid(f"The address is longer than {_LONGEST_ADDRESS} signs.", column=column)
    wrong = Invalid("This is no address of a page. Write it as https://host/path.", column=column)
    try:
        parts = urlsplit(given)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().lower()
    except (ValueError, UnicodeError) as cause:
        raise wrong from cause
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or _is_number(host):
        raise wrong
    if parts.username or parts.password:
        raise Invalid("The address holds a name or password. Leave it out.", column=column)
    place = host if port is None else f"{host}:{port}"
    path = parts.path.replace("\\", "%5C").replace('"', "%22").replace("<", "%3C")
    return urlunsplit((parts.scheme, place, path or "/", parts.query, parts.fragment))


def same_address(url: str) -> str:
    """What addresses of one page have in common: no scheme, `www.`, tracking, slash at the end.

    >>> same_address("https://www.Example.org/app/?utm_source=mail#top")
    'example.org/app'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().removeprefix("www.")
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    kept = sorted(
        pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair.split("=")[0])
    )
    query = f"?{'&'.join(kept)}" if kept else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"


def email(text: str, column: str = "contact") -> str:
    """An e-mail address, or nothing. Raises `Invalid` for what is neither."""
    given = text.strip()
    if not given:
        return ""
    if len(given) > 254 or not _EMAIL.fullmatch(given):
        raise Invalid("This is no e-mail address. Write it as name@example.org.", column=column)
    name, _, host = given.rpartition("@")
    return f"{name}@{host.lower()}"


def _is_number(host: str) -> bool:
    """Whether it is an IPv4 address in any spelling: nobody publishes an app at one."""
    return host.rpartition(".")[2].isdecimal()


def _cut(text: str, longest: int) -> str:
    """At most what is needed to see that it is too long: megabytes are not looked through."""
    return text[: 4 * longest + 16]


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(sign)
        if sign in "\n\t":
            kept.append("\n" if sign == "\n" else " ")
        elif kind in ("Cc", "Cs", "Co", "Cn") or (kind == "Cf" and sign not in _KEPT):
            continue
        elif kind in ("Mn", "Me"):
            marks += 1
            if marks <= _MOST_MARKS:
                kept.append(sign)
            continue
        else:
            kept.append(" " if kind in ("Zl", "Zp") else sign)
        marks = 0
    return "".join(kept)


def _bounded(tidy: str, given: str, column: str, longest: int, shortest: int) -> str:
    if len(tidy) > longest or len(given) > 4 * longest + 16:
        raise Invalid(f"This text is too long: {longest} signs at most. Shorten it.", column=column)
    if shortest and not tidy:
        raise Invalid("This is empty.", column=column)
    if len(tidy) < shortest:
        raise Invalid("Say it in a few words more.", column=column)
    return tidy
