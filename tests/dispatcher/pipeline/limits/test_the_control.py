"""Random sequences of pause, resume, cancel and new rates on running campaigns: nothing is lost or sent twice.

Real processes send to a simulated CarrierX over HTTP all the while; what it received is held against the books.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest

from dispatcher.errors import Conflict
from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.reports.audit import audit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.conftest import SECRET
from tests.dispatcher.pipeline.limits.crew import ENDED, Crew, claim_times
from tests.factories import CAMPAIGN, add_campaign, make_batch, recount, take
from tests.valkey import running_valkey

LEGS = 60
RATES = ("40/s", "150/s", "1000/s", "5/s")
PROCESSES = 3


class Arena(NamedTuple):
    """A ledger, the processes that work on it, and who they send to."""

    runtime: Runtime
    simulator: SimulatorHandle

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.runtime.ledger


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One for all sequences."""
    installation = Installation("key", (SECRET,), "admin", False, "simulate")
    with running_valkey(tmp_path_factory.mktemp("control")) as server, running_simulator() as simulator:
        settings = load_settings(simulate=True, redis_url=server.url)
        simulator.set_faults(latency_ms=5, throttle_share=0.02, retry_after="0.1")
        to_carrierx: dict[str, Any] = {
            "carrierx_url": simulator.url,
            "carrierx_token": simulator.token,
            "in_flight": 8,
        }
        with Crew(server.url, size=PROCESSES, **to_carrierx):
            yield Arena(Runtime(Ledger(client(server.url)), settings, installation), simulator)


class Operator:
    """Acts on one campaign, allowed or not, and remembers when it was held: ms of Redis's clock."""

    def __init__(self, ledger: Ledger, campaign: str, dice: random.Random) -> None:
        self._ledger, self._campaign, self._dice = ledger, campaign, dice
        self.held: list[tuple[int, int]] = []

    def do(self, deed: str) -> None:
        """One act; nothing may be claimed after a pause has returned and before the next act begins."""
        with suppress(Conflict):
            if deed == "rate":
                set_limit(self._ledger, LimitScope.campaign(self._campaign), rate=self._dice.choice(RATES))
            elif deed == "resume":
                self._ledger.campaigns.steer(self._campaign, CampaignState.RUNNING)
            else:
                to = CampaignState.PAUSED if deed == "pause" else CampaignState.CANCELLING
                self._ledger.campaigns.steer(self._campaign, to, "by hand")
                begin = self._ledger.agenda.now_ms()
                time.sleep(self._dice.uniform(0.01, 0.06))
                self.held.append((begin, self._ledger.agenda.now_ms()))

    def finish(self, runtime: Runtime) -> None:
        """Let it run to its end, or end it."""
        self.do("resume")
        set_limit(self._ledger, LimitScope.campaign(self._campaign), rate="10000/s")
        deadline = time.monotonic() + 60
        while self._ledger.campaign(self._campaign).state not in ENDED:
            assert time.monotonic() < deadline, self._ledger.campaign(self._campaign)
            if self._campaign in self._ledger.agenda.sweeping():
                sweep(runtime, self._campaign)
            time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_whatever_the_operator_does_the_books_and_carrierx_agree(arena: Arena, seed: int) -> None:
    dice, ledger, id = random.Random(seed), arena.ledger, f"spring-{seed}"
    half, first = LEGS // 2, 1 + seed * LEGS
    operator = Operator(ledger, id, dice)
    add_campaign(
        ledger, *(make_batch(*[1] * half, first_row=row) for row in (first, first + half)), id=id, run=False
    )
    operator.do("rate")
    ledger.batches.offer(id, window=0, most=0, offer_ms=1)
    for _ in range(6):
        time.sleep(dice.uniform(0.01, 0.06))
        operator.do(dice.choices(["pause", "resume", "rate", "cancel"], [4, 5, 4, 1])[0])
        assert sum(ledger.campaign(id).counts.values()) == LEGS
    operator.finish(arena.runtime)
    counts, received = recount(ledger, id), arena.simulator.received()
    of_this = [message for message in received.messages if message["user_data"].partition(".")[0] == id]
    assert received.repeated == []
    assert len(of_this) == counts[RecipientState.QUEUED]
    assert counts[RecipientState.QUEUED] + counts[RecipientState.CANCELLED] == LEGS
    for at in claim_times(ledger, id):
        assert not any(begin < at <= end for begin, end in operator.held)
    assert audit(ledger, id).clean


def test_a_batch_whose_hint_came_during_a_pause_goes_on_as_soon_as_it_is_resumed(ledger: Ledger) -> None:
    add_campaign(ledger)
    assert ledger.batches.offer(CAMPAIGN, window=9, most=9, offer_ms=15_000) == [0]
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    halted = ledger.batches.take(CAMPAIGN, 0, token=b"12345678", lease_ms=1000, look_ms=1)
    assert halted == Denied("halt", "paused")
    ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger.batches.offer(CAMPAIGN, window=9, most=9, offer_ms=15_000) == [0]
    take(ledger)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger.batches.offer(CAMPAIGN, window=9, most=9, offer_ms=15_000) == []
