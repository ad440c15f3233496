"""The kit itself, in short: two runs that must break nothing, and three planted faults that must be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.plants import PLANTS
from tests.chaos.rounds import do_round
from tests.chaos.starving import starve
from tests.chaos.store import cut_off, split
from tests.chaos.table import report_of

pytestmark = pytest.mark.slow

#: The promise that each planted fault must be seen to break.
SEEN_AS = {"claim": "I1", "fence": "I6", "forward": "I7", "receiver": "I8", "acknowledge": "I10"}


@pytest.mark.timeout(400)
def test_two_runs_of_everything_break_no_promise() -> None:
    done = do_round([1, 2], rows=150)
    assert done.verdict.violations == [], "\n".join(report_of(done).lines)
    assert done.history.takes
    assert len(done.verdict.replay.claims) >= len(done.history.takes)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("plant", [*PLANTS, "receiver", "acknowledge"])
def test_a_planted_fault_is_seen_within_three_rounds(plant: str) -> None:
    reports: list[str] = []
    for seed in (3, 4, 5):
        done = do_round([seed], rows=150, plant=plant)
        if SEEN_AS[plant] in {violation.promise for violation in done.verdict.violations}:
            return
        reports += report_of(done).lines
    raise AssertionError("\n".join(reports))


@pytest.mark.timeout(200)
@pytest.mark.parametrize(("trial", "plant"), [(cut_off, "memory"), (split, "replicas")])
def test_a_spoilt_store_sends_nothing_twice_and_the_trial_misses_the_mend_when_it_is_taken_out(
    trial: Callable[[int, str], list[str]], plant: str
) -> None:
    assert trial(1, "") == []
    assert any("sent to" in sentence for seed in (1, 2, 3) for sentence in trial(seed, plant))


@pytest.mark.timeout(200)
def test_a_backlog_keeps_nobody_waiting_and_the_trial_sees_when_it_does() -> None:
    assert starve(1) == []
    assert any("unconfirmed" in sentence for sentence in starve(1, "starve"))
