"""Markdown of stories: what comes out is safe whatever goes in."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.engage.markdown import plain, to_html

ALLOWED = {
    *("p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s"),
    *("a", "hr", "br", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "img", "div"),
}


class Walk(HTMLParser):
    """What a browser would see: elements, and each attribute of them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.gif)",
    '![" onload="alert(1)](/datasets/trees/chart.svg)',
    "![x](/datasets/../../evil/chart.svg)",
    "<a href='data:text/html,x'>y</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<style>*{display:none}</style>",
    "`<script>`",
    '[x](https://e.org "a\\"><script>alert(1)</script>")',
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
]


def check(html: str) -> None:
    seen = Walk(html)
    assert seen.tags <= ALLOWED
    for name, value in seen.attributes:
        assert name in {
            "href",
            "title",
            "src",
            "alt",
            "loading",
            "start",
            "class",
            "tabindex",
            "rel",
        }
        if name == "src":
            assert value.startswith("/datasets/")
            assert ".." not in value
        if name == "href":
            scheme = value.split("/")[0].split("?")[0].split("#")[0]
            assert ":" not in scheme or scheme.split(":")[0] in {"http", "https", "mailto"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_comes_out_as_harmless_words(attack):
    check(to_html(attack))
    assert "evil.example/pixel" not in to_html(attack)


@given(st.text(alphabet=st.sampled_from("<>\"'`()[]!:/\\&#;= \nabjsx*_|-~"), max_size=120))
def test_any_text_comes_out_safe(text):
    check(to_html(text))


def test_a_chart_of_ours_becomes_a_figure_with_words_and_source():
    html = to_html("![Cycling peaks on Tuesdays](/embed/bikes/chart)")
    assert '<img src="/datasets/bikes/chart.svg" alt="Cycling peaks on Tuesdays"' in html
    assert '<a href="/datasets/bikes"' in html
    assert "<p>" not in html


def test_headings_begin_below_the_title_of_the_page():
    assert "<h1" not in to_html("# One\n\n## Two")


def test_feeds_get_the_words_alone():
    assert plain("**Bold** & [link](https://example.org) <b>") == "Bold & link <b>"
