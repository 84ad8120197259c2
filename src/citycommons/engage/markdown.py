"""Markdown of stories as safe HTML: rendered without raw HTML, then sanitised once more.

CommonMark with tables. A picture is shown only of this portal's own charts, as a figure with its
words and its source; a picture of another host would tell that host who reads. Links lead to http,
https, mail addresses or pages here.

References
----------
CommonMark 0.31; nh3 (ammonia) as the second wall: an allow-list of elements and attributes.
"""

import re
from functools import cache
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LONGEST = 40_000  # signs of one text
_ELEMENTS = {
    *("p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s"),
    *("a", "hr", "br", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "loading"},
    "ol": {"start"},
    "div": {"class", "tabindex"},
    "figure": {"class"},
}
_CHART = re.compile(r"(?:/embed|/datasets)/([a-z0-9][a-z0-9_@-]{0,120})/chart(?:\.svg)?")


def to_html(text: str) -> str:
    """The text as HTML that may stand in a page as it is."""
    made = _renderer().render(text[:LONGEST])
    return nh3.clean(
        made,
        tags=_ELEMENTS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
        generic_attribute_prefixes=set(),
    )


def plain(text: str, longest: int = 300) -> str:
    """The words alone, for feeds and descriptions."""
    words = nh3.clean(_renderer().render(text[:LONGEST]), tags=set())
    return " ".join(unescape(words).split())[:longest]


@cache
def _renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _image)
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("heading_close", _heading)
    made.add_render_rule("table_open", _table_open)
    made.add_render_rule("table_close", _table_close)
    made.add_render_rule("paragraph_open", _paragraph)
    made.add_render_rule("paragraph_close", _paragraph)
    return made


def _image(
    _self: RendererHTML, tokens: list[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[at]
    words = escape(token.content)
    found = _CHART.fullmatch(str(token.attrs.get("src", "")))
    if found is None or len(tokens) > 1:  # within a sentence, or of elsewhere: its words stay
        return words
    dataset = found.group(1)
    return (
        f'<figure class="told"><img src="/datasets/{dataset}/chart.svg" alt="{words}" '
        f'loading="lazy"><figcaption>{words} <a href="/datasets/{dataset}">{dataset}</a>'
        "</figcaption></figure>"
    )


def _is_figure(tokens: list[Token], at: int) -> bool:
    """Whether the paragraph holds one picture of ours and nothing else: a figure is a block."""
    token = tokens[at]
    inside = tokens[at + 1] if token.nesting == 1 else tokens[at - 1]
    children = inside.children or []
    return (
        len(children) == 1
        and children[0].type == "image"
        and _CHART.fullmatch(str(children[0].attrs.get("src", ""))) is not None
    )


def _paragraph(
    self: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    return "" if _is_figure(tokens, at) else self.renderToken(tokens, at, options, env)


def _heading(
    self: RendererHTML, tokens: list[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    # The page's own title is the only first heading.
    token = tokens[at]
    token.tag = f"h{min(4, max(2, int(token.tag[1]) if token.tag != 'h1' else 2))}"
    return self.renderToken(tokens, at, options, env)


def _table_open(*_given: object) -> str:
    return '<div class="tw" tabindex="0"><table>'


def _table_close(*_given: object) -> str:
    return "</table></div>"
