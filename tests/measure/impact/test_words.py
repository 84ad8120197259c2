"""The words of statements: all four languages say everything, and numbers as people write them."""

import re
from pathlib import Path

import pytest

from citycommons.core.types import LANGUAGES
from citycommons.measure.impact import figures
from citycommons.measure.impact.words import say, words

HOLE = re.compile(r"\{\w+\}")


@pytest.mark.parametrize("key", sorted(words()))
def test_each_language_says_it_with_the_same_holes(key: str) -> None:
    texts = words()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({tuple(sorted(HOLE.findall(text))) for text in texts.values()}) == 1


def test_each_certainty_has_one_word_and_one_phrase() -> None:
    for one in figures.Sureness:
        assert {f"sure_{one}", f"phrase_{one}"} <= set(words())
    for language in LANGUAGES:
        spoken = [words()[f"sure_{one}"][language] for one in figures.Sureness]
        assert len(set(spoken)) == len(spoken)


def test_each_rule_and_each_reason_that_code_names_has_words() -> None:
    assert {f"rule_{one}" for one in figures.Rule} <= set(words())
    folder = Path(figures.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    reasons = set(re.findall(r'Rule\.\w+, "(\w+)"', source)) | set(
        re.findall(r'why="(\w+)"', source)
    )
    reasons |= {"currencies", "not_released", "no_appraisal", "no_benefits"}
    assert len(reasons) > len({"currencies", "not_released", "no_appraisal", "no_benefits"})
    assert {f"why_{one}" for one in reasons} <= set(words())


@pytest.mark.parametrize(
    ("language", "number", "money", "change"),
    [
        ("en", "12,345", "€12,345", "+12 %"),
        ("de", "12.345", "12.345 €", "+12 %"),
        ("fr", "12 345", "12 345 €", "+12 %"),
        ("it", "12.345", "12.345 €", "+12 %"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    language: str, number: str, money: str, change: str
) -> None:
    speak = say(language)
    said = speak.number(12345), speak.amount(12345, "EUR"), speak.change(0.1234)
    assert not any(" " in text for text in said)  # none of their spaces breaks a line
    assert [" ".join(text.split()) for text in said] == [number, money, change]
    assert speak.number(-3.25).startswith("−")
