"""One round trip for what many batches record and claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import ClaimAnswer
from dispatcher.ledger.batches.leases import Exchange
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._result_buffer import Unrecorded, apply_effects

#: The ledger's words for the records and for the claims of one batch, or why there are none.
Answer = tuple[Sequence[str], Sequence[ClaimAnswer]] | Exception


class Asked(NamedTuple):
    """What a batch records and claims, and what its results mean for others."""

    sender: BatchSender
    exchange: Exchange
    unrecorded: Unrecorded


def exchange(runtime: Runtime, asked: Sequence[Asked]) -> list[Answer]:
    """Tell the ledger all of it; an answer for each. One that fails by itself does not fail the others.

    Raises:
        StoreUnavailable: Redis did not answer; some of it may be done, and all of it may be told again.
    """
    try:
        for each in asked:
            apply_effects(runtime, each.exchange.hold, each.unrecorded.effects)
        return list(_told(runtime, asked))
    except StoreUnavailable:
        raise
    except Exception as error:
        return [error] if len(asked) == 1 else [_told_alone(runtime, each) for each in asked]


def _told(runtime: Runtime, asked: Sequence[Asked]) -> Sequence[Answer]:
    return runtime.ledger.batches.exchange(
        [each.exchange for each in asked],
        caller_ms=runtime.clock_ms(),
        fingerprint=runtime.fingerprint,
    )


def _told_alone(runtime: Runtime, asked: Asked) -> Answer:
    try:
        apply_effects(runtime, asked.exchange.hold, asked.unrecorded.effects)
        return _told(runtime, [asked])[0]
    except StoreUnavailable:
        raise
    except Exception as error:
        return error
