"""Texts as portals store them."""

import pytest

from citycommons.standardise.records.texts import cleaned, language_of, strings, texts


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("<p>Ciao&nbsp;<b>mondo</b></p><script>x()</script>", "Ciao mondo"),
        ("&lt;p&gt;Text &amp;amp; more&lt;/p&gt;_x000D_\n", "Text & more"),
        ("a < b und c > d", "a < b und c > d"),
        ("R&D", "R&D"),
        ("M&uuml;nster", "Münster"),
        ("Ende<br>neu\r\n\r\n\r\n\r\nZeile", "Ende\nneu Zeile"),
        ("one\r\n\r\n\r\n\r\ntwo  \nthree", "one\n\ntwo\nthree"),
        ('<ul><li>a</li><li><a href="https://x.example">b</a></li></ul>',
         "- a\n- b (https://x.example)"),
    ],
)  # fmt: skip
def test_texts_are_what_a_reader_sees(stored, read):
    assert cleaned(stored) == read


def test_texts_by_language_in_any_of_the_ways_they_come():
    assert texts({"de": "Bäume", "fr": "", "en-GB": "Trees"}, "it") == {
        "de": "Bäume",
        "en": "Trees",
    }
    assert texts('{"de": "Bäume", "it": "Alberi"}', "en") == {"de": "Bäume", "it": "Alberi"}
    assert texts("{curly} text", "de") == {"de": "{curly} text"}
    assert texts(None, "de") == {}


def test_languages_by_tag_address_and_name():
    said = (
        "de-CH",
        "http://publications.europa.eu/resource/authority/language/ITA",
        "Deutsch",
        "?",
    )
    assert [language_of(one) for one in said] == ["de", "it", "de", ""]


def test_lists_that_are_lists_texts_or_json():
    assert strings(["a", None, ""]) == ["a"]
    assert strings('["a", "b"]') == ["a", "b"]
    assert strings("[a") == ["[a"]
    assert strings({"a": 1}) == []
