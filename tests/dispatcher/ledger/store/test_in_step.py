"""Which replicas a claim waits for, and how long for one that is silent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.ledger.store.in_step import HOLD_SECONDS, InStep


class Watch:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def beginning(required: int, there_are: int) -> tuple[InStep, Watch]:
    """A run in which so many should confirm and so many are there."""
    watch = Watch()
    in_step = InStep(watch)
    in_step.begin(required, there_are=there_are)
    return in_step, watch


def test_who_confirms_again_is_waited_for_again() -> None:
    in_step, _ = beginning(1, 1)
    assert in_step.takes(2, least=1)
    assert in_step.required == 2
    assert not in_step.takes(1, least=1)


def test_one_that_is_silent_is_waited_for_and_then_claims_go_on_without_it() -> None:
    in_step, watch = beginning(2, 2)
    assert not in_step.takes(1, least=1)
    watch.now += HOLD_SECONDS - 0.1
    assert not in_step.takes(1, least=1)
    assert 0 < in_step.seconds_left() < 0.2
    watch.now += 0.2
    assert in_step.takes(1, least=1)
    assert in_step.required == 1


def test_fewer_than_must_confirm_never_do_and_the_wait_begins_when_enough_are_back() -> None:
    in_step, watch = beginning(2, 2)
    watch.now += 10 * HOLD_SECONDS
    assert not in_step.takes(0, least=1)
    watch.now += 10 * HOLD_SECONDS
    assert not in_step.takes(0, least=1)
    assert not in_step.takes(1, least=1)
    watch.now += HOLD_SECONDS
    assert in_step.takes(1, least=1)


def test_an_operator_who_says_that_there_are_fewer_is_believed_at_once() -> None:
    in_step, _ = beginning(2, 1)
    in_step.expect(1)
    assert in_step.takes(1, least=1)


def test_where_one_is_away_from_the_beginning_the_wait_has_begun() -> None:
    in_step, watch = beginning(2, 1)
    watch.now += HOLD_SECONDS
    assert in_step.takes(1, least=1)


def test_who_is_seen_to_be_away_while_nothing_is_asked_is_waited_for_meanwhile() -> None:
    in_step, watch = beginning(2, 1)
    for _ in range(6):
        watch.now += 1.0
        in_step.seen(1)
    assert in_step.takes(1, least=1)


def test_one_silent_moment_long_ago_is_no_wait() -> None:
    in_step, watch = beginning(2, 2)
    assert not in_step.takes(1, least=1)
    watch.now += 3600
    assert not in_step.takes(1, least=1)
    watch.now += HOLD_SECONDS
    assert in_step.takes(1, least=1)


def test_one_that_left_a_moment_ago_is_waited_for_though_another_left_before() -> None:
    in_step, watch = beginning(4, 3)
    watch.now += HOLD_SECONDS - 1
    assert not in_step.takes(2, least=2)
    watch.now += 2
    assert not in_step.takes(2, least=2)


@given(
    st.integers(0, 5).flatmap(
        lambda all_: st.tuples(
            st.just(all_),
            st.lists(st.tuples(st.integers(0, 6), st.integers(0, all_)), max_size=30),
        )
    )
)
def test_what_is_taken_was_confirmed_by_enough_and_by_all_who_confirmed_within_the_hold(
    drawn: tuple[int, list[tuple[int, int]]],
) -> None:
    all_, steps = drawn
    least = (all_ + 1) // 2
    in_step, watch = beginning(all_, all_)
    taken = [(0.0, all_)]
    for passes, confirmed in steps:
        watch.now += passes
        if in_step.takes(confirmed, least=least):
            assert confirmed >= least
            lately = [number for at, number in taken if watch.now - at < HOLD_SECONDS]
            assert confirmed >= max(lately, default=0)
            taken.append((watch.now, confirmed))
