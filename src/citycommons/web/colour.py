"""The city's accent: read as OKLCH, and moved lighter or darker until text in it can be read.

Formulas: B. Ottosson, “A perceptual color space for image processing”, 2020 (OKLab); WCAG 2.2,
“relative luminance” and “contrast ratio”.
"""

import math
import re

from citycommons.core.errors import Invalid

Oklch = tuple[float, float, float]
"""Lightness 0..1, chroma, hue in degrees."""

READABLE = 4.5
LIGHT_GROUNDS: tuple[Oklch, ...] = ((0.985, 0.004, 95), (1.0, 0.0, 0.0))
DARK_GROUNDS: tuple[Oklch, ...] = ((0.19, 0.012, 260), (0.23, 0.012, 260))


def parse(text: str) -> Oklch:
    """Read `oklch(L C H)` or `#rrggbb`; `Invalid` says how to write it."""
    wanted = text.strip().lower()
    if found := re.fullmatch(r"oklch\(\s*([\d.]+)(%?)\s+([\d.]+)\s+([\d.]+)(?:deg)?\s*\)", wanted):
        lightness = float(found[1]) / (100 if found[2] else 1)
        return lightness, float(found[3]), float(found[4]) % 360
    if found := re.fullmatch(r"#([0-9a-f]{6})", wanted):
        channels = [int(found[1][i : i + 2], 16) / 255 for i in (0, 2, 4)]
        return _from_linear(*(_linear(channel) for channel in channels))
    raise Invalid(f"Accent “{text}” is no colour: write oklch(0.50 0.10 200) or #007a87.")


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _from_linear(red: float, green: float, blue: float) -> Oklch:
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _to_linear(colour: Oklch) -> tuple[float, float, float]:
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def in_gamut(colour: Oklch) -> Oklch:
    """The same lightness and hue with the most chroma that a screen can show."""
    lightness, chroma, hue = colour
    while chroma > 0 and not _is_shown((lightness, chroma, hue)):
        chroma = max(0.0, chroma - 0.002)
    return lightness, chroma, hue


def _is_shown(colour: Oklch) -> bool:
    return all(-1e-4 <= x <= 1.0001 for x in _to_linear(colour))


def luminance(colour: Oklch) -> float:
    """WCAG relative luminance, 0..1."""
    red, green, blue = (min(1.0, max(0.0, x)) for x in _to_linear(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Oklch, other: Oklch) -> float:
    """WCAG contrast ratio, 1..21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def corrected(accent: Oklch, *, on_dark: bool) -> Oklch:
    """The accent, moved in lightness alone until it reads at 4.5:1 on both papers of the mode."""
    grounds = DARK_GROUNDS if on_dark else LIGHT_GROUNDS
    lightness, chroma, hue = accent
    # On dark paper the same hue is lifted to where it glows, not to where it just about reads.
    lightness = max(lightness, 0.74) if on_dark else min(lightness, 0.62)
    step = 0.01 if on_dark else -0.01
    found = in_gamut((lightness, chroma, hue))
    while min(contrast(found, ground) for ground in grounds) < READABLE and 0 < lightness < 1:
        lightness += step
        found = in_gamut((lightness, chroma, hue))
    return found


def css(colour: Oklch) -> str:
    """The colour as CSS."""
    return f"oklch({colour[0]:.3f} {colour[1]:.3f} {colour[2]:.1f})"


def hex_code(colour: Oklch) -> str:
    """The colour as `#rrggbb`, for what does not read OKLCH."""
    channels = (
        12.92 * x if x <= 0.0031308 else 1.055 * x ** (1 / 2.4) - 0.055
        for x in (min(1.0, max(0.0, x)) for x in _to_linear(colour))
    )
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)


def theme_css(accent: str) -> str:
    """The stylesheet that gives the portal the city's accent, for light and dark paper."""
    given = parse(accent)
    light, dark = corrected(given, on_dark=False), corrected(given, on_dark=True)
    return f":root {{ --accent-light: {css(light)}; --accent-dark: {css(dark)}; }}\n"
