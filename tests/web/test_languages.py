"""Languages: catalogues are whole, pages leave no English behind, numbers and days are local."""

import importlib.util
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.messages import Catalog
from tests.web.web_portal import HTML, ROLES, Client, Portal, open_portal

from citycommons.core.settings import Settings
from citycommons.store.work import City
from citycommons.web.language import catalogue, choose_language, translations
from citycommons.web.presentation import says
from citycommons.web.told import ROOMS_SAY, told

OTHERS = ("de", "fr", "it")
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|</?\w+>")
PAGES = (
    "/",
    "/datasets",
    "/datasets?q=counts",
    "/datasets?q=xqzv",
    "/datasets/counts",
    "/datasets/entry",
    "/datasets/counts/versions",
    "/datasets/counts/diff?from=1&to=1",
    "/datasets/counts?street=Street 1&order=-count",
    "/publishers",
    "/publishers/roads",
    "/map",
    "/about",
    "/developers",
    "/sign-in",
    "/nothing-here",
    "/datasets/absent",
)
SIGNED_IN = (
    "/desk",
    "/desk/new",
    "/desk/privacy",
    "/desk/sources",
    "/desk/sources/new",
    "/desk/sources/new?connector=web&dataset=counts",
    "/desk/sources/new?connector=folder",
    "/desk/sources/new?connector=ckan",
    "/desk/datasets/counts",
    "/desk/datasets/counts/versions/1/withdraw",
    "/account",
    "/admin/people",
    "/admin/people/boss",
    "/admin/publishers",
    "/admin/audit",
    "/admin/health",
    "/admin/settings",
)


@cache
def script() -> ModuleType:
    """`scripts/messages.py`, which collects all messages there are."""
    file = Path(__file__).parents[2] / "scripts" / "messages.py"
    spec = importlib.util.spec_from_file_location("messages", file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def collected() -> Catalog:
    found = script().collected()
    assert isinstance(found, Catalog)
    return found


def forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (str(text),)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    wanted = {message.id for message in collected() if message.id}
    kept = {message.id: message for message in catalogue(language) if message.id}
    assert wanted - set(kept) == set(), "run scripts/messages.py, then translate"
    assert set(kept) - wanted == set(), "run scripts/messages.py"
    assert [id for id, message in kept.items() if not all(forms(message.string))] == []
    assert [id for id, message in kept.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_placeholders_and_have_all_plural_forms(language: str) -> None:
    known = catalogue(language)
    for message in known:
        if not message.id:
            continue
        if message.pluralizable:
            assert len(forms(message.string)) == known.num_plurals, message.id
            allowed = {p for form in forms(message.id) for p in PLACEHOLDER.findall(form)}
            for form in forms(message.string):
                assert set(PLACEHOLDER.findall(form)) <= allowed, message.id
            # Several are said with their number, in every form but the first, unless the number
            # stands before the words, in larger type.
            if PLACEHOLDER.findall(message.id[1]):
                assert PLACEHOLDER.findall(forms(message.string)[-1]), message.id
        else:
            had = sorted(PLACEHOLDER.findall(str(message.id)))
            assert sorted(PLACEHOLDER.findall(str(message.string))) == had, message.id


def test_french_puts_a_narrow_space_before_its_double_signs() -> None:
    for message in catalogue("fr"):
        for form in forms(message.string) if message.id else ():
            assert not re.search(r"[\w)}] ?[;?!](\s|$)|[^\s\u202f]»|«[^\u202f]", form), form
            assert " :" not in form, form


def test_zero_is_singular_in_french_and_plural_in_german() -> None:
    text = ("one fault", "%(shown)s faults")
    shown = {"shown": 0}
    assert translations("fr").ngettext(*text, 0) % shown == "0 anomalie"
    assert translations("de").ngettext(*text, 0) % shown == "0 Fehler"
    assert translations("it").ngettext(*text, 1) % {"shown": 1} == "un errore"


def test_numbers_and_days_are_written_as_in_the_language() -> None:
    day = date(2026, 3, 31)
    expected = {
        "en": ("1,234,567.5", "31 March 2026"),
        "de": ("1.234.567,5", "31. März 2026"),
        "fr": ("1\u202f234\u202f567,5", "31 mars 2026"),
        "it": ("1.234.567,5", "31 marzo 2026"),
    }
    for language, (number, words) in expected.items():
        assert says(language).number(1234567.5, 1) == number
        assert says(language).date(day) == words


def test_the_language_is_asked_for_then_kept_then_the_browsers_then_the_citys() -> None:
    assert choose_language("fr", "de", "it", "en") == "fr"
    assert choose_language("xx", "de", "it", "en") == "de"
    assert choose_language(None, None, "pt, it;q=0.5, de;q=0.9", "en") == "de"
    assert choose_language(None, None, "pt", "it") == "it"


def test_what_a_room_says_finds_its_translation_with_its_values() -> None:
    sentence = "There is no dataset “a {b} c”. Search for it, or list all."
    assert told(sentence, "en") == sentence
    assert told(sentence, "de").startswith("Es gibt keinen Datensatz „a {b} c“.")
    assert "« a {b} c »".replace(" »", "\u202f»").replace("« ", "«\u202f") in told(sentence, "fr")
    assert told("Nobody ever wrote this.", "it") == "Nobody ever wrote this."
    assert told("", "it") == ""


def test_a_sentence_inside_a_sentence_is_told_too() -> None:
    """Why a delivery waits holds the question or the reason as it was asked."""
    why = "The column “Beds” is not there any more."
    said = told(f"“works” waits for its owner. {why}", "de")
    assert "wartet" in said
    assert told(why, "de") in said
    assert "not there" not in said


def test_evidence_is_told_phrase_by_phrase_and_its_words_with_it() -> None:
    seen = "59 of 60 values are numbers; decimal point, thousands “,”; a coordinate"
    assert told(seen, "de") == (
        "59 von 60 Werten sind Zahlen; Dezimalpunkt, Tausender „,“; eine Koordinate"
    )
    assert told("values are text; 2 cells with “-”, “; ” read as empty", "it") == (
        "i valori sono testo; 2 celle con «-», «; » lette come vuote"
    )
    unsure = "9 of 9 values are dates; day.month.year; ambiguous, no day above 12 decides "
    assert told(f"{unsure}(day.month.year or month/day/year)", "de") == (
        "9 von 9 Werten sind Tage; Tag.Monat.Jahr; mehrdeutig, kein Tag über 12 entscheidet "
        "(Tag.Monat.Jahr oder Monat/Tag/Jahr)"
    )
    french = told("declared; 3 of 3 values are yes or no; ja/nein", "fr")
    assert french.endswith("\u202f: oui ou non\u202f; ja/nein")
    mapped = "Stadt is city (the name says “city”; 3 of 4 values are known words); Bau is kind (x)"
    assert told(mapped, "de") == (
        "Stadt ist city (der Name sagt „city“; 3 von 4 Werten sind bekannte Wörter); "
        "Bau ist kind (x)"
    )


def test_words_of_closed_lists_are_told_and_values_are_not() -> None:
    assert told("delimiter semicolon", "it") == "separatore: punto e virgola"
    asked = "What does the point mean in “comma”, such as 1.234? Nothing in the file tells a "
    said = told(f"{asked}decimal sign from one that groups thousands.", "it")
    assert "«punto»" in said
    assert "«comma»" in said  # the name of a column
    assert "Text" in told("“a” was string and is integer now.", "de")
    plane = "ETRS89 / UTM zone 32N (EPSG:25832), north in the first column"
    assert told(plane, "de").endswith("(EPSG:25832), Nord in der ersten Spalte")


def test_what_rooms_say_is_collected_with_names_for_its_values() -> None:
    said = {message.id for message in collected() if ROOMS_SAY in message.auto_comments}
    assert "There is no dataset “{id}”. Search for it, or list all." in said
    assert len(said) > 100
    assert not [id for id in said if "{}" in str(id)]


class Texts(HTMLParser):
    """Words of a page by their place, without code, data and what is marked as another language."""

    VOID = ("input", "meta", "link", "br", "hr", "img", "path", "rect", "line", "circle")
    QUIET = ("script", "style", "pre", "code", "title")

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.skipped: list[bool] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        other = (given.get("lang") or self.language) != self.language
        skip = other or tag in self.QUIET or (bool(self.skipped) and self.skipped[-1])
        if not skip:
            self.found += [given[n] or "" for n in ("aria-label", "placeholder") if n in given]
        if tag not in self.VOID:
            self.skipped.append(skip)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self.skipped:
            self.skipped.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.skipped and self.skipped[-1]):
            self.found.append(" ".join(data.split()))


def english_left(page: str, language: str) -> list[str]:
    """Texts of the page that are an English message which says something else in this language."""
    parser = Texts(language)
    parser.feed(page)
    return [text for text in parser.found if text in _english(language) and text not in DATA]


DATA = {"Counts", "counts", "count", "Street", "street", "place", "id", "Name", "Plans", "Entry"}
"""Words that the test's data hold, too."""


@cache
def _english(language: str) -> frozenset[str]:
    """English texts that no translation uses."""
    messages = [m for m in catalogue(language) if m.id]
    spoken = {form for m in messages for form in forms(m.string)}
    return frozenset(form for m in messages for form in forms(m.id) if form not in spoken)


@pytest.fixture(scope="module")
def boss(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A browser of somebody who may see every page, on a portal that the walk does not change."""
    home = tmp_path_factory.mktemp("languages") / "home"
    city = City.create(Settings(home=home, requests_per_minute=1_000_000))
    portal: Portal = open_portal(city)
    roles = ("administrator-of-city", "data-protection-officer-of-city")
    yield portal.browser(portal.actor("boss", *(grant for name in roles for grant in ROLES[name])))
    city.close()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("path", [*PAGES, *SIGNED_IN])
def test_a_page_speaks_one_language(boss: Client, path: str, language: str) -> None:
    answer = boss.get(path, headers={**HTML, "accept-language": language})
    assert answer.headers["content-type"].startswith("text/html"), path
    assert answer.status_code in (200, 404), path
    assert f'<html lang="{language}"' in answer.text
    assert english_left(answer.text, language) == []


def messy() -> bytes:
    """Title rows, days in an order that nothing tells, points that may group, empty words."""
    lines = ["Parkplätze;;;;;;;", "name;frei;Stand;Preis;lat;lon;Kapazität;status"]
    for row in range(1, 31):
        free = "-" if row % 7 == 0 else row
        day = f"{row % 9 + 1:02}/{row % 8 + 1:02}/26"
        place = f"{51.9 + row / 1000:.3f};{7.6 + row / 1000:.3f}"
        lines.append(f"P{row};{free};{day};1.{100 + row};{place};{90 + row};offen")
    return "\n".join(lines).encode("cp1252")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ("Trennzeichen: Semikolon", "eine Koordinate", "Zellen mit „-“", "<b>Parken</b>")),
        ("fr", ("point-virgule", "une coordonnée", "cellules avec", "<b>Stationnement</b>")),
        ("it", ("punto e virgola", "una coordinata", "celle con «-»", "<b>Parcheggi</b>")),
    ],
)
def test_the_check_page_of_a_messy_file_speaks_one_language(
    boss: Client, language: str, said: tuple[str, ...]
) -> None:
    asked = {**HTML, "accept-language": language}
    file = {"file": ("plätze.csv", messy())}
    answer = boss.post("/desk/new", files=file, headers=asked)
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert [words for words in said if words not in page] == []
    assert english_left(answer.text, language) == []
    for word in (
        " values are",
        " decimal ",
        " coordinate<",
        "semicolon",
        "day, month",
        "the name ",
    ):
        assert word not in page


def test_the_walk_would_see_english() -> None:
    page = '<html lang="de"><p>Datensätze</p><h2>What the data say</h2><i lang="en">Sign in</i>'
    assert english_left(page, "de") == ["What the data say"]


FORECAST_NOTES = (
    "capacity is a default or an assumption on 100% of links.",
    "What counts cannot tell, workday 08:00: 1390 pairs with 38% of the trips pass no counter: "
    "they are as the prior says, scaled with the whole.",
    "What counts cannot tell, vacation 08:00: About 62% of all trips pass a counter.",
    "14 of 20 runs are done.",
    "How many lanes stay open was not said; 1 of 2 is assumed.",
    "“A” of Roads and “B” of Water are 12 m apart and get in each other's way from 2026-12-01 to "
    "2026-12-08. Move one of them, or let both owners accept it.",
    "“A” is closed; from there it can only become active.",
    "The line has 2 points; Waze wants more than two. Draw it along the street, or snap it to the "
    "road network.",
)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("note", FORECAST_NOTES)
def test_what_rooms_say_of_road_works_leaves_no_english(note: str, language: str) -> None:
    said = told(note, language)
    left = r"\b(the|is|are|of|and|cannot|about|workday|vacation|active|closed|capacity|links)\b"
    assert not re.search(left, said), said
    assert sorted(re.findall(r"\d+", said)) == sorted(re.findall(r"\d+", note)), said
