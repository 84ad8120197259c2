"""What strangers type: nothing that tricks the eye survives, nothing legitimate is lost."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycommons.core.errors import Invalid
from citycommons.engage import typed

HIDDEN = "\u202e\u202d\u2066\u2069\u200b\u200e\u200f\ufeff\x00\x07\x1b\U000e0041"


@given(st.text(max_size=80))
def test_a_line_holds_no_sign_that_is_not_seen(text):
    try:
        kept = typed.line(text, "title", longest=80)
    except Invalid:
        return
    assert "\n" not in kept
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") for c in kept)
    assert not any(c in kept for c in HIDDEN)
    assert typed.line(kept, "title", longest=80) == kept


def test_marks_that_turn_the_direction_are_gone_and_words_stay():
    assert typed.line(f"App{HIDDEN}\u202e gpj.exe", "title", longest=80) == "App gpj.exe"


def test_a_tower_of_accents_is_cut_to_what_writing_needs():
    assert len(typed.line("Z" + "\u0336" * 200, "title", longest=120)) == 4


def test_letters_of_all_scripts_stay():
    for text in (
        "Straße & Wege",
        "Qualità dell’aria",
        "Ελλάδα",
        "نمی‌خواهم",
        "東京の公園",
        "👩‍👩‍👧",
    ):
        assert typed.line(text, "title", longest=80) == unicodedata.normalize("NFC", text)


def test_ten_megabytes_are_refused_without_reading_them_all():
    with pytest.raises(Invalid, match="too long"):
        typed.lines("a" * 10_000_000, "description", longest=2000)
    with pytest.raises(Invalid, match="too long"):
        typed.line(" " * 10_000_000, "title", longest=100)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//example.org",
        "https://",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://user:secret@example.org/",
        "https://exa mple .org:99999/",
        "ftp://example.org/",
        "https://example.org" + "a" * 3000,
        "",
    ],
)
def test_what_is_no_address_of_a_page_is_refused(url):
    with pytest.raises(Invalid) as refused:
        typed.web_address(url)
    assert refused.value.where["column"] == "url"


def test_an_address_in_another_script_shows_its_ascii_name():
    assert typed.web_address("https://аррӏе.com/") == "https://xn--80ak6aa92e.com/"
    assert typed.web_address("HTTPS://Bäume.example/ä?q=1#x").startswith("https://xn--")


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/app",
        "https://www.example.org/app/",
        "https://EXAMPLE.org/app?utm_source=newsletter",
        "https://example.org:443/app#top",
    ],
)
def test_addresses_of_one_page_are_the_same(other):
    assert typed.same_address(typed.web_address(other)) == "example.org/app"


def test_addresses_of_two_pages_are_not():
    assert typed.same_address("https://example.org/a?id=1") != typed.same_address(
        "https://example.org/a?id=2"
    )
