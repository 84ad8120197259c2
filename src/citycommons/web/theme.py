"""The city's own stylesheet `/theme.css`: its accent for both papers, and where the fonts lie."""

import hashlib
from functools import cache

from citycommons.web.assets import static_url
from citycommons.web.colour import theme_css as accent_css

_LATIN = (
    "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, "
    "U+0329, U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD"
)
_LATIN_EXT = (
    "U+0100-0130, U+0132-0151, U+0154-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, "
    "U+1D00-1DBF, U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB, U+20AD-20C0, U+2113, U+2C60-2C7F, "
    "U+A720-A7FF"
)
SANS = "vendor/public-sans/public-sans-latin-wght-normal.woff2"
SERIF = "vendor/source-serif/source-serif-4-latin-opsz-normal.woff2"
_FONTS = (
    ("Public Sans", SANS, _LATIN),
    ("Public Sans", SANS.replace("latin", "latin-ext"), _LATIN_EXT),
    ("Source Serif 4", SERIF, _LATIN),
    ("Source Serif 4", SERIF.replace("latin", "latin-ext"), _LATIN_EXT),
)


@cache
def theme_css(accent: str) -> str:
    """The stylesheet; `Invalid` if the accent is no colour."""
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: 200 900; font-display: swap; '
        f'src: url("{static_url(file)}") format("woff2"); unicode-range: {letters}; }}\n'
        for family, file, letters in _FONTS
    )
    return faces + accent_css(accent)


@cache
def theme_url(accent: str) -> str:
    """Its address, with a hash of its content."""
    found = hashlib.sha256(theme_css(accent).encode()).hexdigest()[:12]
    return f"/theme.css?v={found}"
