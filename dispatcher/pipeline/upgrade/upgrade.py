"""Bites of the next step, at each tick: some milliseconds' worth, so that nothing that is due waits for them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.schema import FIRST
from dispatcher.pipeline.upgrade.steps import STEPS, SchemaStep

log = logging.getLogger(__name__)

#: After so long no further bite is begun in this tick.
BUDGET_SECONDS = 0.2


def go_on(
    ledger: Ledger, *, steps: Sequence[SchemaStep] = STEPS, stopwatch: Callable[[], float] = time.monotonic
) -> None:
    """Bring the ledger as far as the budget goes. Safe in several processes at once, and killed anywhere."""
    ends_at = stopwatch() + BUDGET_SECONDS
    while (step := next_step(ledger, steps)) is not None:
        if olders := in_the_way(ledger, step):
            ledger.upgrade.wait(step.to, ", ".join(olders))
            return
        if not _bite(ledger, step):
            return
        if stopwatch() >= ends_at:
            return


def next_step(ledger: Ledger, steps: Sequence[SchemaStep] = STEPS) -> SchemaStep | None:
    """The step that the ledger comes to next; None: it is as far as this program knows, or further."""
    version = ledger.upgrade.schema().version
    return next((step for step in steps if step.to == version + 1), None)


def in_the_way(ledger: Ledger, step: SchemaStep) -> list[str]:
    """The living workers that would not understand what the step does, by name."""
    if step.needs == FIRST:
        return []
    workers = ledger.agenda.workers().items()
    return sorted(name for name, facts in workers if int(facts.get("schema", FIRST)) < step.needs)


def _bite(ledger: Ledger, step: SchemaStep) -> bool:
    """One bite; False: somebody else is at it."""
    cursor = ledger.upgrade.begin(step.to, step.needs)
    if cursor is None:
        return False
    after = step.bite(ledger, cursor)
    if not ledger.upgrade.advance(step.to, cursor, after):
        return False
    if after is None:
        log.info("the ledger is of schema %d now: %s", step.to, step.what)
    return True
