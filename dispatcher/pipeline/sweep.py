"""After a cancel, or a file that failed: what is still pending ends, batch by batch. Claims stopped at once before."""

from __future__ import annotations

from dispatcher.model.state import RecipientState
from dispatcher.pipeline.outcome import FIRST_LOOK_MS
from dispatcher.pipeline.world import World

BATCHES_A_SWEEP = 500


def sweep(world: World, campaign_id: str) -> int:
    """End up to 500 batches of pending rows; answers how many rows ended. The tick comes back for the rest."""
    ended = 0
    for number in world.ledger.agenda.due_batches(campaign_id, BATCHES_A_SWEEP):
        batch = world.ledger.batches.content(campaign_id, number)
        if batch is not None:
            ended += world.ledger.batches.sweep(
                campaign_id, number, RecipientState.CANCELLED, batch.sendable(), look_ms=FIRST_LOOK_MS
            )
    world.ledger.book.swept(campaign_id)
    return ended
