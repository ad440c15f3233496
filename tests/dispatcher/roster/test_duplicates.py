"""The memory of numbers is exact, sparse or dense."""

from __future__ import annotations

import random
import tracemalloc

from dispatcher.roster import _duplicates
from dispatcher.roster._duplicates import SeenNumbers


def test_a_number_is_new_once() -> None:
    seen = SeenNumbers()
    assert seen.add("15162065574")
    assert not seen.add("15162065574")
    assert seen.add("15162065575")
    assert seen.add("15172065574")


def test_it_agrees_with_a_set_over_many_numbers_of_few_exchanges() -> None:
    dice, seen, plain = random.Random(1), SeenNumbers(), set[str]()
    for _ in range(40_000):
        number = f"1516{dice.choice((206, 207, 208))}{dice.randrange(10_000):04}"
        assert seen.add(number) == (number not in plain)
        plain.add(number)


def test_a_dense_exchange_takes_no_more_than_a_bitmap() -> None:
    seen = SeenNumbers()
    tracemalloc.start()
    assert all(seen.add(f"1516206{line:04}") for line in range(10_000))
    assert not any(seen.add(f"1516206{line:04}") for line in range(10_000))
    here = tracemalloc.Filter(inclusive=True, filename_pattern=_duplicates.__file__)
    taken = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([here]).traces)
    tracemalloc.stop()
    assert 0 < taken < 4000
