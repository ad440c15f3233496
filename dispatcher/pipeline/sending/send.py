"""One batch is taken and sent, and others beside it. Redis decides, this only does."""

from __future__ import annotations

import os
from functools import partial

from dispatcher.ledger.batches.claims import Denied
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_pool import Lanes
from dispatcher.pipeline.sending._batch_sender import BatchRun
from dispatcher.pipeline.sending.alongside import Beside
from dispatcher.rules import retry_policy

LEASE_TOKEN_BYTES = 8


def send_batch(runtime: Runtime, campaign_id: str, number: int, beside: list[Beside] | None = None) -> str:
    """Take one batch and send what is due in it. Answers one line fit for Flower, such as `97 queued, 1 rejected`.

    Batches that were taken up beside it, while it waited, are added to `beside`, each with its own line. A lost,
    repeated or late call does no harm. When it returns, the batch is done, due again, or somebody else's.
    """
    lanes = Lanes(runtime, campaign_id, partial(_work_on, runtime))
    run = _taken(runtime, lanes, campaign_id, number)
    if isinstance(run, Denied):
        return f"{run.why} {run.detail}".strip()
    run.work()
    run.give_back()
    if not run.is_stopped:
        lanes.go_on(campaign_id)
    lanes.finish()
    if beside is not None:
        beside += lanes.beside
    return run.summary()


def _work_on(runtime: Runtime, lanes: Lanes, campaign_id: str, number: int) -> str:
    """A batch that was taken up beside others, to its end."""
    run = _taken(runtime, lanes, campaign_id, number)
    if isinstance(run, Denied):
        return ""
    run.lease.set_aside()
    run.work()
    run.give_back()
    return run.summary()


def _taken(runtime: Runtime, lanes: Lanes, campaign_id: str, number: int) -> BatchRun | Denied:
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
    return BatchRun(runtime, lanes, taken, lease_ms, runtime.ledger.campaigns.settings_of(campaign_id))
