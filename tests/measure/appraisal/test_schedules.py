from pathlib import Path

import pytest

from citycommons.core.errors import Invalid, NotFound
from citycommons.measure.appraisal import schedules
from citycommons.measure.appraisal.schedules import factors, named, read, shipped

OWN = """
title = "City of Testville"
source = "Decision of the council, 2026"
year = 2026
country = "IT"
checked = true
steps = [{ rate = 0.02 }]
"""


def test_a_thousand_pounds_are_worth_what_the_green_book_says_to_the_pound() -> None:
    green = factors(shipped()["uk-green-book"], 10)
    worth = [round(1000 * factor) for factor in green[1:]]
    assert worth == [966, 934, 902, 871, 842, 814, 786, 759, 734, 709]


@pytest.mark.parametrize(
    ("year", "factor"),
    [(0, 1.0), (30, 0.3563), (31, 0.3459), (75, 0.0942), (76, 0.0919), (125, 0.0274)],
)
def test_factors_past_a_step_carry_all_earlier_rates(year: int, factor: float) -> None:
    assert round(factors(shipped()["uk-green-book"], 125)[year], 4) == factor


def test_risk_to_life_is_discounted_less() -> None:
    ours = shipped()
    life, usual = factors(ours["uk-green-book-life"], 300), factors(ours["uk-green-book"], 300)
    assert all(one > other for one, other in zip(life[1:], usual[1:], strict=True))


def test_every_shipped_schedule_says_where_it_is_from_and_reaches_the_longest_horizon() -> None:
    for one in shipped().values():
        assert one.source
        assert one.year
        assert one.country
        assert one.digest
        assert len(factors(one, schedules.LONGEST)) == schedules.LONGEST + 1


def test_what_is_remembered_says_that_nobody_checked_it() -> None:
    assert [id for id, one in shipped().items() if one.is_checked] == ["uk-green-book"]


def test_a_city_has_a_schedule_of_its_own(tmp_path: Path) -> None:
    (tmp_path / schedules.OWN).mkdir()
    (tmp_path / schedules.OWN / "testville.toml").write_text(OWN, "utf-8")
    assert factors(named(tmp_path, "testville"), 1)[1] == 1 / 1.02
    with pytest.raises(NotFound, match="testville, uk-green-book"):
        named(tmp_path, "atlantis")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "no TOML"),
        (OWN.replace("0.02", "3.5"), "Write 3.5 % as 0.035"),
        (OWN.replace("0.02", "-1"), "between -0.05 and 0.25"),
        (OWN.replace("[{ rate = 0.02 }]", "[]"), "no steps"),
        (
            OWN.replace("[{ rate = 0.02 }]", "[{ rate = 0.1 }, { rate = 0.2 }]"),
            "follow one another",
        ),
        (OWN.replace('source = "Decision of the council, 2026"', ""), "source"),
        (OWN.replace("0.02", '"two"'), "cannot be read"),
    ],
)
def test_a_broken_schedule_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read("own", text)


def test_a_path_is_no_name_of_a_schedule(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        named(tmp_path, "../secrets")
