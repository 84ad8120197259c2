"""oEmbed: how a page of ours is shown within a page of others.

References
----------
oEmbed specification 1.0 (oembed.com), section 2.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from xml.sax.saxutils import escape as xml_escape

import orjson

WIDTH = 700  # pixels, where nobody says how wide
SMALLEST = 200
HEIGHTS = {"chart": 560, "map": 620, "table": 560}
"""Of each kind of embed at `WIDTH`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame around one of our embeds."""

    src: str
    title: str
    width: int
    height: int

    def html(self) -> str:
        """As others paste it into their page; it is as wide as there is room."""
        return (
            f'<iframe src="{escape(self.src)}" title="{escape(self.title)}" '
            f'width="{self.width}" height="{self.height}" loading="lazy" '
            'style="border:0;max-width:100%"></iframe>'
        )


def frame(src: str, title: str, kind: str, most_wide: int = 0, most_high: int = 0) -> Frame:
    """The frame of an embed, within a width and a height if these are given."""
    width = max(SMALLEST, min(WIDTH, most_wide or WIDTH))
    height = HEIGHTS[kind] + (80 if width < 480 else 0)  # lines break earlier
    height = max(SMALLEST, min(height, most_high or height))
    return Frame(src=src, title=title, width=width, height=height)


def rich(made: Frame, **more: str) -> dict[str, Any]:
    """The answer for an embed of the type `rich`."""
    return {
        "version": "1.0",
        "type": "rich",
        "title": made.title,
        "width": made.width,
        "height": made.height,
        "html": made.html(),
        "cache_age": 3600,
        **more,
    }


def as_json(answer: Mapping[str, Any]) -> bytes:
    """The answer as JSON."""
    return orjson.dumps(answer)


def as_xml(answer: Mapping[str, Any]) -> bytes:
    """The answer as XML."""
    body = "".join(f"<{name}>{xml_escape(str(value))}</{name}>" for name, value in answer.items())
    head = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
    return f"{head}<oembed>{body}</oembed>\n".encode()
