"""What is far from all that is known stands apart; what a person accepted does not come back."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.measure.republication.places import COPY, PORTAL, keep, said, use_here

from citycommons.measure.republication.outliers import LEAST, is_outlier, marked

counts = st.integers(0, 10**7)
many = st.lists(counts, max_size=24)


@given(counts, counts, many, counts)
def test_a_larger_count_is_an_outlier_where_a_smaller_one_is(uses, origin, others, more):
    if is_outlier(uses, origin=origin, others=others):
        assert is_outlier(uses + more, origin=origin, others=others)


@given(counts, counts, many, st.randoms())
def test_the_order_of_months_changes_nothing(uses, origin, others, random):
    shuffled = list(others)
    random.shuffle(shuffled)
    assert is_outlier(uses, origin=origin, others=others) == is_outlier(
        uses, origin=origin, others=shuffled
    )


@given(st.integers(0, LEAST), counts, many)
def test_few_uses_are_never_an_outlier(uses, origin, others):
    assert not is_outlier(uses, origin=origin, others=others)


@given(counts, counts, many, counts)
def test_up_to_what_a_person_accepted_nothing_is_an_outlier(uses, origin, others, more):
    assert not is_outlier(uses, origin=origin, others=others, accepted=uses + more)


@given(st.integers(50, 1000), st.integers(3, 12), st.integers(11, 1000))
def test_one_wild_month_of_the_past_does_not_hide_the_next(usual, months, times):
    others = [usual] * months + [usual * times * 100]
    assert is_outlier(usual * times, origin=usual * times, others=others)


@given(st.integers(LEAST + 1, 10**6), many)
def test_twenty_times_the_origin_is_the_limit(origin, others):
    same = [20 * origin] * max(3, len(others))
    assert not is_outlier(20 * origin, origin=origin, others=same)
    assert is_outlier(20 * origin + 1, origin=origin, others=same)


@pytest.fixture
def db(any_city):
    keep(any_city)
    return any_city


def test_a_portal_that_lies_a_hundredfold_is_marked(db):
    use_here(db, date(2026, 3, 10), 50)
    found = [said(3, 5000), said(2, 40), said(1, 45)]
    with db.work(PORTAL) as work:
        kept = marked(work, [COPY], found)
    assert [one.is_outlier for one in kept] == [True, False, False]
    assert [replace(one, is_outlier=False) for one in kept] == found


def test_what_was_accepted_is_not_marked_again(db):
    use_here(db, date(2026, 3, 10), 50)
    accepted = replace(COPY, accepted=5000)
    with db.work(PORTAL) as work:
        assert not any(one.is_outlier for one in marked(work, [accepted], [said(3, 5000)]))
        assert marked(work, [accepted], [said(3, 5001)])[0].is_outlier


def test_days_are_compared_with_days(db):
    use_here(db, date(2026, 3, 10), 500)
    day = date(2026, 3, 10)
    one = replace(said(3, 9000), first_day=day, last_day=day)
    with db.work(PORTAL) as work:
        assert not marked(work, [COPY], [one])[0].is_outlier
        assert marked(work, [COPY], [replace(one, count=10_001)])[0].is_outlier
