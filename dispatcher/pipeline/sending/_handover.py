"""What a process takes up and gives back, for many batches in one round trip each."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Denied, Hold
from dispatcher.ledger.batches.leases import EndedHold, Unreadable
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._room import Room
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)

LEASE_TOKEN_BYTES = 8
#: A batch that is due and may not be taken is due again after this.
AGAIN_MS = 5_000
#: Nothing was there to take up: asked again after this, or sooner when the ledger says so, but not sooner than this.
PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS = 0.25, 0.1
#: When the ledger does not say when the next batch is due.
LATER_MS = 1_000


class Handover(NamedTuple):
    """What to do: batches to give back, leases to renew, how many batches to take up.

    With `counts`, what this process counted is written beside what is given back.
    """

    ended: Sequence[EndedHold] = ()
    renewed: Sequence[Hold] = ()
    most: int = 0
    counts: bool = True


class HandoverResult(NamedTuple):
    """Leases' answers (none when Redis did not say), batches taken up, ms until it is worth looking for more."""

    renewed: Sequence[str] = ()
    taken: Sequence[BatchSender] = ()
    next_ms: int = LATER_MS

    @property
    def is_soon(self) -> bool:
        """Something more is due in the time of a pause."""
        return self.next_ms <= 1000 * PAUSE_SECONDS

    @property
    def pause_seconds(self) -> float:
        """How long not to look for more."""
        return min(PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, self.next_ms / 1000))


def take(runtime: Runtime, room: Room, campaign_id: str, number: int) -> BatchSender | Denied:
    """Take the batch that was hinted at under a lease.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    taken = runtime.ledger.batches.take(
        campaign_id,
        number,
        token=os.urandom(LEASE_TOKEN_BYTES),
        lease_ms=_lease_ms(runtime),
        look_ms=retry_policy.FIRST_LOOK_MS,
    )
    return taken if isinstance(taken, Denied) else BatchSender(runtime, room, taken)


def _lease_ms(runtime: Runtime) -> int:
    return int(runtime.settings.lease_seconds * 1000)


def hand_over(runtime: Runtime, room: Room, wanted: Handover) -> HandoverResult:
    """Do all of it. Where Redis does not answer nothing is lost: leases run out, and what is due stays due."""
    if wanted.ended:
        _give_back(runtime, wanted.ended, with_counts=wanted.counts)
    try:
        renewed = runtime.ledger.batches.renew_many(wanted.renewed, lease_ms=_lease_ms(runtime))
    except StoreUnavailable:
        renewed = []
    if not wanted.most:
        return HandoverResult(renewed)
    try:
        taken, next_ms = _pick(runtime, room, wanted.most)
    except StoreUnavailable:
        return HandoverResult(renewed)
    return HandoverResult(renewed, taken, LATER_MS if next_ms < 0 else next_ms)


def _pick(runtime: Runtime, room: Room, most: int) -> tuple[list[BatchSender], int]:
    picked, next_ms = runtime.ledger.batches.pick(
        token=os.urandom(LEASE_TOKEN_BYTES),
        lease_ms=_lease_ms(runtime),
        look_ms=retry_policy.FIRST_LOOK_MS,
        again_ms=AGAIN_MS,
        most=most,
        chance=random.random(),
    )
    for each in picked:
        if isinstance(each, Unreadable):
            log.error("batch %s of %s cannot be read", each.batch, each.campaign, exc_info=each.error)
    taken = [each for each in picked if not isinstance(each, Unreadable)]
    return [BatchSender(runtime, room, each) for each in taken], next_ms


def _give_back(runtime: Runtime, ended: Sequence[EndedHold], *, with_counts: bool) -> None:
    """End these leases; the ledger knows from the rows when the batches are due again."""
    counts = runtime.counters.take() if with_counts else {}
    try:
        runtime.ledger.batches.give_back_many(
            ended, poll_ms=runtime.first_poll_ms, look_ms=retry_policy.FIRST_LOOK_MS, counts=counts
        )
    except StoreUnavailable:
        runtime.counters.put_back(counts)
        for hold, _, _ in ended:
            log.warning("batch %s of %s not given back: its lease will run out", hold.batch, hold.campaign)
