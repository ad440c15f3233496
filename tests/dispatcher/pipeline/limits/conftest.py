"""What the tests of limits share: a ledger whose clock a test moves, and a worker's runtime on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import LimitScope
from dispatcher.rules.rates import Rate
from tests.dispatcher.pipeline.conftest import make_runtime, runtime
from tests.factories import CAMPAIGN, START_MS, add_campaign, claim, make_batch, make_claim, take
from tests.valkey import set_clock

__all__ = ["make_runtime", "runtime"]

DAY_MS = 86_400_000


class Desk:
    """One ledger at a time that the test sets, and the batches that its senders hold."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now_ms = START_MS
        set_clock(ledger.redis, self.now_ms)
        self.taken: dict[str, TakenBatch] = {}

    def at(self, now_ms: int) -> None:
        """It is this moment."""
        self.now_ms = now_ms
        set_clock(self.ledger.redis, now_ms)

    def later(self, by_ms: int) -> None:
        """Time passes."""
        self.at(self.now_ms + by_ms)

    def campaign(self, *sizes: int, id: str = CAMPAIGN, **settings: Any) -> str:
        """A running campaign whose one batch is held for a month."""
        add_campaign(self.ledger, make_batch(*(sizes or (1,) * 50)), id=id, **settings)
        self.taken[id] = take(self.ledger, id)
        self.ledger.batches.renew(self.taken[id].hold, lease_ms=30 * DAY_MS)
        return id

    def limit(self, scope: LimitScope, rate: Rate) -> None:
        """Put a limit in force."""
        self.ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us)

    def asked(self, message: int, id: str = CAMPAIGN, **changes: Any) -> Claim:
        """A claim of one message."""
        return make_claim(self.taken[id], message, **{"media": True, **changes})

    def ask(self, message: int, id: str = CAMPAIGN, **changes: Any) -> ClaimAnswer:
        """Claim one message now."""
        wanted = self.asked(message, id, **changes)
        return claim(self.ledger, self.taken[id].hold, wanted, now_ms=self.now_ms)


@pytest.fixture
def desk(timed_ledger: Ledger) -> Desk:
    """An empty ledger at START_MS."""
    return Desk(timed_ledger)


MakeDesk = Callable[..., Desk]
