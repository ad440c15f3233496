"""Plans come from seeds; every deed can be done, and everything comes up."""

from __future__ import annotations

import pytest

from dispatcher.simulator.faults import Faults
from tests.cluster.deeds import beginning_of
from tests.cluster.plan import BESIDES, FAILOVERS, FAULTS, fault_of, make_air, make_run

SEEDS = range(1, 201)


def test_the_same_seed_gives_the_same_run() -> None:
    for seed in SEEDS:
        assert make_run(seed, 100) == make_run(seed, 100)
        assert make_air(seed) == make_air(seed)


@pytest.mark.parametrize("first", [1, 21, 181])
def test_as_many_seeds_as_there_are_faults_see_each_once(first: int) -> None:
    assert sorted(fault_of(seed) for seed in range(first, first + len(FAULTS))) == sorted(FAULTS)


def test_every_fault_can_be_done_and_every_mood_is_one_of_the_simulator() -> None:
    for what in (*FAULTS, *BESIDES):
        assert callable(beginning_of(what))
    for seed in SEEDS:
        Faults(**make_run(seed, 100).campaign.faults)


def test_what_moves_the_ledger_is_a_fault() -> None:
    assert set(FAILOVERS) <= set(FAULTS)


def test_everything_comes_on_top_of_something() -> None:
    runs = [make_run(seed, 100) for seed in SEEDS]
    assert {deed.what for run in runs for deed in run.besides} == set(BESIDES)
    assert {make_air(seed).broker for seed in SEEDS} == {"RabbitMQ", "Sentinel"}
