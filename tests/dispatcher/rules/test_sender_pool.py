"""Sticky senders: the same recipient hears from the same number; a pool that changes moves its share only."""

from __future__ import annotations

from collections import Counter

from dispatcher.rules.sender_pool import choose_sender
from tests.factories import number_of

POOL = [f"1516206557{last}" for last in range(5)]
NUMBERS = [number_of(row) for row in range(2_000)]


def test_the_choice_does_not_depend_on_the_pools_order() -> None:
    assert all(choose_sender(number, POOL) == choose_sender(number, POOL[::-1]) for number in NUMBERS)


def test_shares_are_about_even() -> None:
    shares = Counter(choose_sender(number, POOL) for number in NUMBERS)
    assert min(shares.values()) > 300


def test_only_the_share_of_a_sender_that_left_moves() -> None:
    for number in NUMBERS:
        before = choose_sender(number, POOL)
        assert before == POOL[0] or choose_sender(number, POOL[1:]) == before


def test_a_pool_of_one_is_that_one() -> None:
    assert choose_sender(NUMBERS[0], POOL[:1]) == POOL[0]
