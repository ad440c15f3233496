"""Plans come from seeds, and speak of faults, deeds and times that there are."""

from __future__ import annotations

from importlib import import_module

import pytest

from dispatcher.ledger.store.script_text import file_text
from dispatcher.simulator.faults import Faults
from tests.chaos.plan import DEEDS, SECONDS, make_plan, make_weather
from tests.chaos.plants import PLANTS, planted, provoked
from tests.chaos.short_times import SHORT
from tests.chaos.web import WEB_PLANTS
from tests.lua import PRELUDES, SCRIPTS

SEEDS = range(1, 200)


def test_the_same_seed_gives_the_same_plan() -> None:
    for seed in SEEDS:
        weather = make_weather(seed)
        assert make_plan(seed, weather, 100) == make_plan(seed, make_weather(seed), 100)


def test_every_mood_is_a_fault_of_the_simulator() -> None:
    for seed in SEEDS:
        plan = make_plan(seed, make_weather(seed), 100)
        Faults(**plan.faults)


def test_every_deed_comes_up_and_some_sender_is_always_hit() -> None:
    plans = [make_plan(seed, make_weather(seed), 100) for seed in SEEDS]
    assert set(DEEDS) <= {deed.what for plan in plans for deed in plan.deeds}
    assert all(any("send" in deed.what for deed in plan.deeds) for plan in plans)
    assert all(0 <= deed.at <= SECONDS for plan in plans for deed in plan.deeds)


def test_callbacks_are_lost_only_where_states_come_by_asking_too() -> None:
    for seed in SEEDS:
        weather = make_weather(seed)
        assert weather.polls or "lost_share" not in make_plan(seed, weather, 100).faults


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_in_the_scripts_text_and_nowhere_else(name: str) -> None:
    spoilt = planted(name, file_text)
    touched = {script for script, _, _ in PLANTS[name]}
    for script in (*SCRIPTS, *(f"lib/{prelude}" for prelude in PRELUDES)):
        assert (spoilt(script) != file_text(script)) == (script in touched)


def test_a_script_that_has_changed_is_noticed() -> None:
    with pytest.raises(LookupError):
        planted("claim", lambda _: "another text")


def test_nothing_hides_a_planted_fault() -> None:
    for name in (*PLANTS, *WEB_PLANTS):
        for seed in SEEDS:
            deeds = provoked(name, make_plan(seed, make_weather(seed), 100)).deeds
            assert not {"pause", "cancel", "resume"} & {deed.what for deed in deeds}


@pytest.mark.parametrize(("module", "name", "value"), SHORT)
def test_short_times_are_shorter_than_the_real_ones(module: str, name: str, value: float) -> None:
    assert value < getattr(import_module(module), name)
