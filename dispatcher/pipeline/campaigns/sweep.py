"""After a cancel, an expiry or a failed file: what is pending ends, batch by batch. Claims stopped before that."""

from __future__ import annotations

from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.runtime.runtime import World
from dispatcher.pipeline.sending._post_results import FIRST_LOOK_MS

BATCHES_A_SWEEP = 500
_BY_HAND = frozenset({CampaignState.CANCELLING, CampaignState.CANCELLED, CampaignState.FAILED})


def sweep(world: World, campaign_id: str) -> int:
    """End up to 500 batches of pending rows; answers how many rows ended. The tick comes back for the rest."""
    ended = 0
    campaign = world.ledger.campaign(campaign_id)
    to = RecipientState.CANCELLED if campaign.state in _BY_HAND else RecipientState.EXPIRED
    for number in world.ledger.agenda.due_batches(campaign_id, BATCHES_A_SWEEP):
        batch = world.ledger.batches.content(campaign_id, number)
        if batch is not None:
            ended += world.ledger.batches.sweep(
                campaign_id, number, to, batch.sendable(), look_ms=FIRST_LOOK_MS
            )
    world.ledger.book.swept(campaign_id)
    return ended
