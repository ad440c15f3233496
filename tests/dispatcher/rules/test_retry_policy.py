"""How long until the next try, in numbers."""

from __future__ import annotations

import random

import pytest

from dispatcher.rules import retry_policy


@pytest.mark.parametrize(
    ("attempt", "most_ms"),
    [(0, 500), (1, 1_000), (2, 2_000), (6, 32_000), (7, 60_000), (20, 60_000), (10_000, 60_000)],
)
def test_a_backoff_is_anything_up_to_a_step_that_doubles_up_to_a_minute(
    attempt: int, most_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[tuple[int, int]] = []

    def randint(least: int, most: int) -> int:
        bounds.append((least, most))
        return most

    monkeypatch.setattr(random, "randint", randint)
    assert retry_policy.backoff_ms(attempt) == most_ms
    assert bounds == [(0, most_ms)]


@pytest.mark.parametrize(
    ("retry_after", "hold_ms"),
    [(None, 1_000), (0, 1_000), (0.0004, 1_000), (0.5, 500), (3_600, 3_600_000), (3_601, 3_600_000)],
)
def test_a_429_holds_a_second_or_what_it_says_up_to_an_hour(retry_after: float | None, hold_ms: int) -> None:
    assert retry_policy.hold_ms(retry_after) == hold_ms


@pytest.mark.parametrize(
    ("age_ms", "next_ms"),
    [(0, 20_000), (400_000, 20_000), (400_020, 20_001), (12_000_000, 600_000), (10**9, 600_000)],
)
def test_what_is_unknown_is_looked_for_again_after_a_twentieth_of_its_age(age_ms: int, next_ms: int) -> None:
    assert retry_policy.look_again_ms(age_ms) == next_ms


def test_what_is_put_off_for_ever_is_given_up_after_so_many_tries() -> None:
    assert (retry_policy.MOST_TRIES, retry_policy.MOST_CONFLICTS) == (200, 30)


@pytest.mark.parametrize(
    ("age_ms", "next_ms"), [(0, 60_000), (60_001, 60_001), (3_600_000, 3_600_000), (10**8, 3_600_000)]
)
def test_a_reason_is_asked_for_again_at_doubled_age_between_a_minute_and_an_hour(
    age_ms: int, next_ms: int
) -> None:
    assert retry_policy.ask_reason_again_ms(age_ms) == next_ms


def test_the_first_question_waits_so_long_and_a_hundred_and_twenty_times_where_callbacks_come() -> None:
    assert retry_policy.first_poll_ms(0.5, polls=True) == 500
    assert retry_policy.first_poll_ms(30, polls=False) == 3_600_000


def test_so_long_is_waited_as_the_documents_say() -> None:
    assert (retry_policy.REASON_PATIENCE_MS, retry_policy.REASON_GIVE_UP_MS) == (86_400_000, 259_200_000)
    assert (retry_policy.PROOF_AGAIN_MS, retry_policy.PROOF_PATIENCE_MS) == (30_000, 3_600_000)
    assert (retry_policy.NO_LISTS_MS, retry_policy.LONGEST_POLL_MS) == (600_000, 3_600_000)
    assert (retry_policy.FIRST_LOOK_MS, retry_policy.LOOK_ON_MS, retry_policy.HALT_MS) == (
        10_000,
        5_000,
        10_000,
    )
