"""One function over many items on several processes gives what one process gives."""

import os
import time
from functools import partial

import pytest

from citycommons.store.spread import LEAST, spread


def _square(item: int) -> int:
    return item * item


def _where(item: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def _fails(item: int) -> int:
    if item == 11:
        raise ValueError("eleven")
    return item


def _plus(more: int, item: int) -> int:
    return item + more


def test_values_come_in_order_whoever_computed_them():
    assert spread(_square, range(50), processes=2) == [n * n for n in range(50)]
    assert spread(partial(_plus, 3), range(50), processes=2) == [n + 3 for n in range(50)]


def test_few_items_stay_at_home():
    assert set(spread(_where, range(LEAST - 1), processes=2)) == {os.getpid()}


def test_many_items_are_shared_and_the_process_is_kept():
    spread(_square, range(50), processes=2)
    first, again = (set(spread(_where, range(60), processes=2)) for _ in range(2))
    assert os.getpid() in first
    assert len(first | again) == 2


def test_what_the_function_raises_is_raised():
    with pytest.raises(ValueError, match="eleven"):
        spread(_fails, range(40), processes=2)


def test_what_cannot_travel_is_done_at_home():
    assert spread(lambda n: n + 1, range(40), processes=2) == list(range(1, 41))
