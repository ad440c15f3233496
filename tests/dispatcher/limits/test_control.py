"""Random sequences of pause, resume, cancel and new rates on a running campaign: nothing is lost or sent twice."""

from __future__ import annotations

import random
import threading
from contextlib import suppress

import pytest

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.errors import Conflict
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.audit import audit
from dispatcher.pipeline.feed import feed
from dispatcher.pipeline.limiting import set_limit
from dispatcher.pipeline.send import send_batch
from dispatcher.pipeline.sweep import sweep
from dispatcher.pipeline.world import World
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import CAMPAIGN, add_campaign, make_batch, recount

LEGS = 60
RATES = ("40/s", "150/s", "1000/s", "5/s")
ENDED = {CampaignState.COMPLETED, CampaignState.CANCELLED}


def work(world: World, stop: threading.Event) -> None:
    """One worker: feeds and sends while it may."""
    while not stop.is_set():
        hints = offered(world)
        for hint in hints:
            send_batch(world, *hint)
        if not hints:
            stop.wait(0.01)


def offered(world: World) -> list[tuple[str, int]]:
    """What the feeder hints at now."""
    hints: list[tuple[str, int]] = []
    feed(world, lambda *hint: hints.append(hint))
    return hints


def do(world: World, deed: str, dice: random.Random) -> None:
    """One act of the operator, allowed or not."""
    with suppress(Conflict):
        if deed == "rate":
            set_limit(world.ledger, f"campaign:{CAMPAIGN}", rate=dice.choice(RATES))
        elif deed == "cancel":
            world.ledger.book.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
        else:
            to = CampaignState.PAUSED if deed == "pause" else CampaignState.RUNNING
            world.ledger.book.steer(CAMPAIGN, to, "by hand")


def finish(world: World) -> None:
    """Let it run to its end, or end it."""
    with suppress(Conflict):
        world.ledger.book.steer(CAMPAIGN, CampaignState.RUNNING)
    set_limit(world.ledger, f"campaign:{CAMPAIGN}", rate="10000/s")
    while world.ledger.campaign(CAMPAIGN).state not in ENDED:
        sweep(world, CAMPAIGN) if CAMPAIGN in world.ledger.agenda.sweeping() else feed_and_send(world)


def feed_and_send(world: World) -> None:
    """What is due is sent."""
    for hint in offered(world) or [(CAMPAIGN, 0), (CAMPAIGN, 1)]:
        send_batch(world, *hint)


@pytest.mark.parametrize("seed", range(50))
def test_whatever_the_operator_does_the_books_and_carrierx_agree(
    make_world: MakeWorld, simulator: SimulatorHandle, seed: int
) -> None:
    dice, world = random.Random(seed), make_world(in_flight=8)
    simulator.set_faults(latency_ms=5, throttle_share=0.02, retry_after="0.1", seed=seed)
    half = LEGS // 2
    add_campaign(world.ledger, make_batch(*[1] * half), make_batch(*[1] * half, first_row=1 + half))
    do(world, "rate", dice)
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(make_world(in_flight=8), stop)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(6):
        stop.wait(dice.uniform(0.01, 0.06))
        do(world, dice.choices(["pause", "resume", "rate", "cancel"], [4, 5, 4, 1])[0], dice)
        assert sum(world.ledger.campaign(CAMPAIGN).counts.values()) == LEGS
    stop.set()
    for worker in workers:
        worker.join()
    finish(world)
    counts, received = recount(world.ledger), simulator.received()
    assert received.repeated == []
    assert received.taken == counts[RecipientState.QUEUED]
    assert counts[RecipientState.QUEUED] + counts[RecipientState.CANCELLED] == LEGS
    assert audit(world.ledger, CAMPAIGN).clean
