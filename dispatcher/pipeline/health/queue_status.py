"""How each queue stands, as its workers say: how much waits in it, and for how long nobody has taken any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import QUEUE_NAMES, STILL_MS

#: What a worker noted when it ended itself is told of for so long.
TOLD_MS = 3_600_000


class QueueStatus(NamedTuple):
    """One queue. `waiting` None: nobody could say; `still_ms`: how long hints have waited there and none was taken."""

    queue: str
    workers: int
    waiting: int | None
    still_ms: int

    @property
    def moves(self) -> bool:
        """Whether what waits is being taken, as far as its workers know."""
        return self.still_ms < STILL_MS

    def __str__(self) -> str:
        waiting = "hints wait" if self.waiting is None else f"{self.waiting} hints wait"
        return f"queue {self.queue} does not move: {waiting}, none was taken for {self.still_ms // 1000} s"


def queue_statuses(ledger: Ledger) -> list[QueueStatus]:
    """All queues of the register.

    Raises:
        StoreUnavailable: the ledger does not answer.
    """
    workers, now_ms = ledger.agenda.workers(), ledger.agenda.now_ms()
    newest: Mapping[str, Any] = max(
        workers.values(), key=lambda facts: int(facts.get("said_ms", 0)), default={}
    )
    depths = newest.get("waiting") or {}
    return [_status_of(queue, workers, depths, now_ms) for queue in QUEUE_NAMES]


def _status_of(
    queue: str, workers: Mapping[str, Mapping[str, Any]], depths: Mapping[str, int], now_ms: int
) -> QueueStatus:
    """A queue stands still when all of its workers do: one that moves is enough."""
    own = [facts for facts in workers.values() if queue in facts.get("queues", ())]
    still = [_still_ms(facts, now_ms) for facts in own]
    return QueueStatus(queue, len(own), depths.get(queue), min(still, default=0))


def _still_ms(facts: Mapping[str, Any], now_ms: int) -> int:
    still = int(facts.get("still_ms") or 0)
    return still + max(0, now_ms - int(facts["said_ms"])) if still else 0


def not_moving(ledger: Ledger) -> list[str]:
    """A sentence for each queue that does not move.

    Raises:
        StoreUnavailable: the ledger does not answer.
    """
    return [str(status) for status in queue_statuses(ledger) if not status.moves]


def ms_without_tick(ledger: Ledger) -> int | None:
    """For how long no tick was counted though somebody waits for one; None: that is well, or cannot be said.

    Only a worker that took ticks before and has taken none since, with none waiting, says that none are given: one that
    just started proves nothing, and one that takes none of those that wait is told of as its queue.

    Raises:
        StoreUnavailable: the ledger does not answer.
    """
    workers, now_ms, at_ms = ledger.agenda.workers(), ledger.agenda.now_ms(), ledger.recovery.ticked_at()
    own = [facts for facts in workers.values() if "control" in facts.get("queues", ())]
    if at_ms is None or not own or now_ms - at_ms <= STILL_MS:
        return None
    waits = any((facts.get("waiting") or {}).get("control") for facts in own)
    idle = all(_idle_ms(facts, now_ms) > STILL_MS for facts in own)
    return now_ms - at_ms if idle and not waits else None


def _idle_ms(facts: Mapping[str, Any], now_ms: int) -> int:
    """For how long this worker has taken nothing; 0 of one that never took anything or does not tell."""
    idle = facts.get("idle_ms")
    return 0 if idle is None else int(idle) + max(0, now_ms - int(facts["said_ms"]))


class WorkerEnds(NamedTuple):
    """Workers of a queue that ended themselves because they stood still: how often, when last, and why."""

    queue: str
    times: int
    at_ms: int
    why: str


def ended(ledger: Ledger) -> Iterator[WorkerEnds]:
    """All that was noted since the ledger was made.

    Raises:
        StoreUnavailable: the ledger does not answer.
    """
    noted = ledger.agenda.noted_still()
    for queue in QUEUE_NAMES:
        if f"{queue}:times" in noted:
            times, at_ms, why = (noted.get(f"{queue}:{name}", "0") for name in ("times", "at", "why"))
            yield WorkerEnds(queue, int(times), int(at_ms), why)


def what_it_does(facts: Mapping[str, Any]) -> str:
    """A worker's progress in a few words; nothing of one that does not tell."""
    if "taken" not in facts:
        return ""
    idle = facts["idle_ms"]
    taken = (
        "nothing taken yet"
        if idle is None
        else f"{facts['taken']} hints taken, the last {idle // 1000} s ago"
    )
    running = f", {facts['running']} running" if facts["running"] else ""
    return f", {taken}{running}"
