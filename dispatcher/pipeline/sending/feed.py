"""Due batches are offered to senders: a small window of them, and a share for every campaign that is due."""

from __future__ import annotations

import random
from collections.abc import Callable

from dispatcher.pipeline.runtime.runtime import Runtime

#: A batch that nobody took in this time is offered again.
OFFER_MS = 15_000
#: Batches on offer or under way for each sending process: one at work, one waiting for it.
BATCHES_PER_PROCESS = 2
#: Campaigns that one feeding looks at.
CAMPAIGNS_A_FEED = 200

Publish = Callable[[str, int], None]


def feed(runtime: Runtime, publish: Publish) -> int:
    """Offer due batches and publish a hint for each; answers how many. Starts campaigns whose time has come.

    A hint that is lost costs `OFFER_MS`, a repeated one nothing: the sender takes the batch with its own token.
    """
    agenda = runtime.ledger.agenda
    agenda.start_due()
    agenda.rouse()
    campaigns = agenda.due(agenda.now_ms(), CAMPAIGNS_A_FEED)
    if not campaigns:
        return 0
    window = offer_window(runtime)
    share = max(1, window // len(campaigns))
    if len(campaigns) > window:
        # More campaigns than room: each feeding another lot, none passed over for ever.
        random.shuffle(campaigns)
    urgent = agenda.urgent()
    campaigns.sort(key=lambda campaign_id: campaign_id not in urgent)
    offered: list[tuple[int, str, int]] = []
    on_offer = agenda.on_offer()
    for campaign_id in campaigns:
        # An urgent campaign finds room although the others have taken all of it.
        room = 2 * window if campaign_id in urgent else window
        if on_offer + len(offered) >= room:
            break
        numbers = runtime.ledger.batches.offer(campaign_id, window=room, most=share, offer_ms=OFFER_MS)
        offered += [(turn, campaign_id, number) for turn, number in enumerate(numbers)]
    # Taken in this order: the first of every campaign before the second of any.
    for _, campaign_id, number in sorted(offered, key=lambda each: each[0]):
        publish(campaign_id, number)
    return len(offered)


def offer_window(runtime: Runtime) -> int:
    """How many batches may be on offer or under way at once, over all machines."""
    workers = runtime.ledger.agenda.workers().values()
    processes = sum(int(facts["concurrency"]) for facts in workers if "send" in facts["queues"])
    return max(2, BATCHES_PER_PROCESS * processes)
