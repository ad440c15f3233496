"""The memory of numbers is exact, sparse or dense."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from dispatcher.roster import _duplicates
from dispatcher.roster._duplicates import SeenNumbers


def test_a_number_is_new_once() -> None:
    seen = SeenNumbers()
    assert seen.add("15162065574")
    assert not seen.add("15162065574")
    assert seen.add("15162065575")
    assert seen.add("15172065574")


def some_number(dice: random.Random) -> str:
    return f"1516{dice.choice((206, 207, 208))}{dice.randrange(10_000):04}"


@pytest.mark.parametrize("as_they_are", [-1, 0, 1000, 1_000_000])
def test_it_agrees_with_a_set_over_many_numbers_of_few_exchanges(
    as_they_are: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_duplicates, "_AS_THEY_ARE", as_they_are)
    dice, seen, plain = random.Random(1), SeenNumbers(), set[str]()
    for _ in range(20_000):
        number = some_number(dice)
        assert seen.add(number) == (number not in plain)
        plain.add(number)


@pytest.mark.parametrize("as_they_are", [0, 1000, 1_000_000])
def test_many_at_once_are_remembered_as_one_by_one(as_they_are: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_duplicates, "_AS_THEY_ARE", as_they_are)
    dice, single, many = random.Random(2), SeenNumbers(), SeenNumbers()
    for _ in range(300):
        numbers = [some_number(dice) for _ in range(dice.randrange(200))]
        again = [place for place, number in enumerate(numbers) if not single.add(number)]
        assert many.add_all(numbers) == again


def test_a_dense_exchange_takes_no_more_than_a_bitmap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_duplicates, "_AS_THEY_ARE", 0)
    seen = SeenNumbers()
    tracemalloc.start()
    assert all(seen.add(f"1516206{line:04}") for line in range(10_000))
    assert not any(seen.add(f"1516206{line:04}") for line in range(10_000))
    here = tracemalloc.Filter(inclusive=True, filename_pattern=_duplicates.__file__)
    taken = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([here]).traces)
    tracemalloc.stop()
    assert 0 < taken < 4000
