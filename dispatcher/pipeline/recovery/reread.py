"""CarrierX's whole list since the copy is read once more, long after the recovery: it shows any attempt of any message.

Where no list shows one batch, messages are asked for one by one, and nobody knows how many attempts there were. So
what is not there may only be sent again if the whole list, which was read when it had caught up, does not show it.
"""

from __future__ import annotations

from dispatcher.ledger.installation.recovery import Reading
from dispatcher.pipeline.recovery._provider_history import bring_in, read_gap
from dispatcher.pipeline.runtime.runtime import World


def shows_every_attempt(world: World, began_ms: int) -> bool:
    """Whether all that CarrierX took before this recovery is in the ledger; reads the list if it is time to.

    A list that CarrierX refuses even then is not asked for again: a person decides. One without an answer is, at the
    next look.
    """
    recovery, now_ms = world.ledger.recovery, world.ledger.agenda.now_ms()
    last = recovery.reading()
    if last is None or last.began_ms != began_ms:
        return False
    counts_at_ms = began_ms + int(world.settings.unconfirmed_wait * 1000)
    if last.at_ms >= counts_at_ms:
        return last.whole
    if now_ms < counts_at_ms:
        return False
    gap = read_gap(world, last.since_ms)
    if gap.again:
        return False
    world.ledger.optouts.put(gap.stops)
    bring_in(world, gap, began_ms)
    recovery.set_reading(Reading(began_ms, last.since_ms, now_ms, not gap.unread))
    return not gap.unread
