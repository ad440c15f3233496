"""How long sending stood still, and when that is too long."""

from __future__ import annotations

from tests.chaos.history import Take
from tests.chaos.test_checker import taken
from tests.cluster.pauses import Pause, pause_around, too_long
from tests.factories import CAMPAIGN, START_MS

BEGAN_MS = START_MS + 2_000


def every(ms: int, from_ms: int, to_ms: int, first: int = 0) -> list[Take]:
    """First attempts, one every so often."""
    return [taken(first + index, at_ms=at) for index, at in enumerate(range(from_ms, to_ms, ms))]


def around(fault: str, *takes: Take, lasts_ms: int = 10_000) -> Pause:
    """The pause around a fault that began 2 s after the start."""
    return pause_around(fault, BEGAN_MS, BEGAN_MS + lasts_ms, BEGAN_MS + 30_000, CAMPAIGN, takes)


def test_a_pause_is_measured_and_when_it_was_over() -> None:
    pause = around("primary killed", *every(100, 0, 2_500), *every(100, 11_000, 13_000, first=50))
    assert (pause.longest, pause.over_after) == (8.6, 9.0)
    assert list(too_long([pause])) == []


def test_sending_that_is_not_back_in_time_breaks_a_promise_and_so_does_none_at_all() -> None:
    late = around("primary killed", *every(100, 0, 2_500), *every(100, 23_000, 25_000, first=50))
    never = around("primary killed", *every(100, 0, 1_500))
    assert [violation.promise for violation in too_long([late, never])] == ["C1", "C1"]


def test_a_fault_that_moves_nothing_has_no_time_to_keep() -> None:
    late = around("sender killed", *every(100, 0, 2_500), *every(100, 28_000, 30_000, first=50))
    assert list(too_long([late])) == []


def test_what_comes_after_the_next_fault_began_is_not_seen() -> None:
    assert (
        around("clean failover", *every(100, 0, 6_000), *every(100, 40_000, 42_000, first=80)).longest == 0.1
    )


def test_a_second_attempt_goes_when_its_time_comes_and_is_no_pause() -> None:
    takes = every(100, 0, 6_000)
    takes += [taken(70, attempt=2, at_ms=30_000)]
    assert around("clean failover", *takes).longest == 0.1


def test_while_no_replica_confirms_only_what_was_claimed_before_may_go() -> None:
    fault = "both replicas stand still"
    quiet = around(fault, *every(100, 0, 5_000), *every(100, 12_100, 14_000, first=60))
    loud = around(fault, *every(100, 0, 9_000))
    assert list(too_long([quiet])) == []
    assert [violation.promise for violation in too_long([loud])] == ["C2"]
