"""What a process takes up and gives back, for many batches in one round trip each."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Denied, Hold
from dispatcher.ledger.batches.leases import EndedHold
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._room import Room
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)

LEASE_TOKEN_BYTES = 8
#: A batch that was picked and not taken is due again after this.
OFFER_MS = 5_000
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


def take(
    runtime: Runtime,
    room: Room,
    which: Sequence[tuple[str, int]],
    *,
    token: bytes = b"",
    in_window: bool = False,
) -> list[BatchSender | Denied]:
    """Take these batches under leases; with the same token again, the same.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    taken = runtime.ledger.batches.take_many(
        which,
        token=token or os.urandom(LEASE_TOKEN_BYTES),
        lease_ms=int(runtime.settings.lease_seconds * 1000),
        look_ms=retry_policy.FIRST_LOOK_MS,
        in_window=in_window,
    )
    return [each if isinstance(each, Denied) else BatchSender(runtime, room, each) for each in taken]


def hand_over(runtime: Runtime, room: Room, wanted: Handover) -> HandoverResult:
    """Do all of it. Where Redis does not answer nothing is lost: leases run out, and what is due stays due."""
    if wanted.ended:
        _give_back(runtime, wanted.ended, with_counts=wanted.counts)
    try:
        renewed = runtime.ledger.batches.renew_many(
            wanted.renewed, lease_ms=int(runtime.settings.lease_seconds * 1000)
        )
    except StoreUnavailable:
        renewed = []
    if not wanted.most:
        return HandoverResult(renewed)
    try:
        picked, next_ms = runtime.ledger.batches.pick(
            most=wanted.most, offer_ms=OFFER_MS, chance=random.random()
        )
        senders = _taken(runtime, room, picked)
    except StoreUnavailable:
        return HandoverResult(renewed)
    return HandoverResult(renewed, senders, LATER_MS if next_ms < 0 else next_ms)


def _taken(
    runtime: Runtime, room: Room, picked: Sequence[tuple[str, int]], token: bytes = b""
) -> list[BatchSender]:
    """Those of these batches that may be taken. One that cannot be read keeps no other."""
    if not picked:
        return []
    token = token or os.urandom(LEASE_TOKEN_BYTES)
    try:
        taken = take(runtime, room, picked, token=token)
    except StoreUnavailable:
        raise
    except Exception:
        if len(picked) > 1:
            return [sender for each in picked for sender in _taken(runtime, room, [each], token)]
        log.exception("batch %s of %s could not be taken", *reversed(picked[0]))
        return []
    return [each for each in taken if not isinstance(each, Denied)]


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
