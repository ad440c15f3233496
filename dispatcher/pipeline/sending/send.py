"""One batch is taken and sent, and others alongside. Redis decides, this only does."""

from __future__ import annotations

from dispatcher.ledger.batches.claims import Denied
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._alongside_log import AlongsideLog
from dispatcher.pipeline.sending._handover import take
from dispatcher.pipeline.sending._room import Room
from dispatcher.pipeline.sending._send_loop import SendLoop
from dispatcher.pipeline.sending.alongside import AlongsideBatch


def send_batch(
    runtime: Runtime, campaign_id: str, number: int, alongside: list[AlongsideBatch] | None = None
) -> str:
    """Take one batch and send what is due in it. Answers one line fit for Flower, such as `97 queued, 1 rejected`.

    Batches that were taken up alongside it and of which something was done are added to `alongside`, each with its own
    line; so they are when it is somebody else's by now. A lost, repeated or late call does no harm. When it returns,
    the batch is done, due again, or somebody else's. When the worker is to stop nothing more is taken or claimed.
    """
    if runtime.is_stopping():
        return "the worker stops"
    room = Room(runtime.settings.in_flight)
    taken = take(runtime, room, campaign_id, number)
    first = None if isinstance(taken, Denied) else taken
    others = AlongsideLog(runtime, first)
    SendLoop(runtime, room, others.ended).run(first)
    if alongside is not None:
        alongside += others.batches
    line = f"{taken.why} {taken.detail}".strip() if isinstance(taken, Denied) else taken.line()
    return line + others.rest()
