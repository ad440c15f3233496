"""Trials that stand beside the rounds: a fault that needs a store, senders or a backlog of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.chaos.plants import BACKLOG_PLANTS
from tests.chaos.sender import STORE_PLANTS
from tests.chaos.starving import starve
from tests.chaos.store import cut_off, split
from tests.chaos.table import Report

#: Each trial by its name, with the promise that it judges.
TRIALS: dict[str, tuple[str, Callable[[int, str], list[str]]]] = {
    "file cut off": ("I1", cut_off),
    "split brain": ("I1", split),
    "backlog without callbacks": ("I11", starve),
}
#: Faults that these trials see, and no round.
TRIAL_PLANTS = frozenset({*STORE_PLANTS, *BACKLOG_PLANTS})


def do_trials(seed: int, plant: str = "") -> Report:
    """All trials of this seed that a fault, if one is planted, is for; as the report of a round."""
    chosen = {
        name: each
        for name, each in TRIALS.items()
        if not plant or (each[1] is starve) == (plant in BACKLOG_PLANTS)
    }
    broken = [
        f"{promise} broken: {sentence}"
        for promise, trial in chosen.values()
        for sentence in trial(seed, plant)
    ]
    return Report(
        lines=tuple(f"{seed:<6} trial: {name}" for name in chosen),
        broken=tuple(broken),
        first_seed=seed,
        runs=1,
        totals=Counter(broken=len(broken)),
        deeds=Counter(chosen.keys()),
        moods=Counter(),
    )
