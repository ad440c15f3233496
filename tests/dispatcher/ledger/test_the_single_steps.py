"""What belongs together is written, or read, in one step of Redis: nobody finds the half of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.samples import samples
from tests.factories import CAMPAIGN, SENDER, START_MS, add_campaign


def transactions(ledger: Ledger) -> int:
    """How many this Redis has done."""
    stats: Any = ledger.redis.info("commandstats")
    return int(stats.get("cmdstat_exec", {"calls": 0})["calls"])


def moved(ledger: Ledger) -> None:
    ledger.callback_stream.store(b"{}", START_MS)
    (entry,) = ledger.callback_stream.take("a", 1)
    ledger.callback_stream.move_to_dead_letters(entry)


STEPS: dict[str, Callable[[Ledger], object]] = {
    "a number is taken out of use": lambda ledger: ledger.limits.disable(SENDER),
    "and into it again": lambda ledger: ledger.limits.enable(SENDER),
    "what scripts need of the settings": lambda ledger: ledger.limits.set_policy({"a": 1}, api_failures=9),
    "limits in force": lambda ledger: ledger.limits.in_force(),
    "batches for an estimate": lambda ledger: samples(ledger, [CAMPAIGN]),
    "a callback that nothing can be done with": moved,
    "so many replicas are expected": lambda ledger: ledger.readiness.expect(0),
    "messages of a person": lambda ledger: ledger.inbound.forget(["sid"]),
    "a worker lives": lambda ledger: ledger.agenda.sign_of_life("w", {}, START_MS),
    "a worker stood still": lambda ledger: ledger.agenda.note_still("send", "why", START_MS),
    "a refused token": lambda ledger: ledger.agenda.brake("why", "fp", START_MS),
    "the books of a campaign": lambda ledger: ledger.consistency.campaign(CAMPAIGN),
    "the books of its batches": lambda ledger: list(ledger.consistency.batches(CAMPAIGN, [0])),
    "a batch and its rows": lambda ledger: ledger.batches.picture(CAMPAIGN, 0),
    "a campaign": lambda ledger: ledger.campaign(CAMPAIGN),
    "the line of a campaign": lambda ledger: ledger.progress.line(CAMPAIGN),
    "answers that are owed": lambda ledger: ledger.recovery.drop_answers(),
}


@pytest.mark.parametrize("step", STEPS)
def test_it_is_done_in_one_step(ledger: Ledger, step: str) -> None:
    add_campaign(ledger)
    before = transactions(ledger)
    STEPS[step](ledger)
    assert transactions(ledger) == before + 1
