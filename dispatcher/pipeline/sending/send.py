"""One batch is taken and sent, and others alongside. Redis decides, this only does."""

from __future__ import annotations

import os
from functools import partial

from dispatcher.ledger.batches.claims import Denied
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_pool import BatchPool
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending.alongside import AlongsideBatch
from dispatcher.rules import retry_policy

LEASE_TOKEN_BYTES = 8


def send_batch(
    runtime: Runtime, campaign_id: str, number: int, alongside: list[AlongsideBatch] | None = None
) -> str:
    """Take one batch and send what is due in it. Answers one line fit for Flower, such as `97 queued, 1 rejected`.

    Batches that were taken up alongside it, while it waited, are added to `alongside`, each with its own line. A lost,
    repeated or late call does no harm. When it returns, the batch is done, due again, or somebody else's.
    """
    pool = BatchPool(runtime, campaign_id, partial(_work_on, runtime))
    batch_sender = _taken(runtime, pool, campaign_id, number)
    if isinstance(batch_sender, Denied):
        return f"{batch_sender.why} {batch_sender.detail}".strip()
    batch_sender.work()
    batch_sender.give_back()
    if not batch_sender.is_stopped:
        pool.on_first_done(campaign_id)
    pool.finish()
    if alongside is not None:
        alongside += pool.alongside
    return batch_sender.summary()


def _work_on(runtime: Runtime, pool: BatchPool, campaign_id: str, number: int) -> str:
    """A batch that was taken up alongside others, to its end."""
    batch_sender = _taken(runtime, pool, campaign_id, number)
    if isinstance(batch_sender, Denied):
        return ""
    batch_sender.lease.leave_window()
    batch_sender.work()
    batch_sender.give_back()
    return batch_sender.summary()


def _taken(runtime: Runtime, pool: BatchPool, campaign_id: str, number: int) -> BatchSender | Denied:
    lease_ms = int(runtime.settings.lease_seconds * 1000)
    taken = runtime.ledger.batches.take(
        campaign_id,
        number,
        token=os.urandom(LEASE_TOKEN_BYTES),
        lease_ms=lease_ms,
        look_ms=retry_policy.FIRST_LOOK_MS,
    )
    if isinstance(taken, Denied):
        return taken
    return BatchSender(runtime, pool, taken, lease_ms, runtime.ledger.campaigns.settings_of(campaign_id))
