"""Why the work on a batch ends before all of it is sent: for people in words, for the ledger in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, Record
from dispatcher.model.claim_wait import ClaimWait
from dispatcher.rules.retry_policy import HALT_MS

#: Answers after which the batch is somebody else's. After any other stop what is in flight keeps its lease.
_LOST = frozenset({"lost", "taken"})
#: Stops that hold the whole process: nothing else is taken up.
_OF_PROCESS = ("brake", "clock", "redis away")


class StopReason(NamedTuple):
    """Nothing more is claimed because of `why` (empty: there is no stop), and the batch is due again in `wait_ms`.

    With `rests_for` the whole campaign rests for so long: that limit holds all of it.
    """

    why: str = ""
    wait_ms: int = 0
    rests_for: str = ""

    @property
    def is_lost(self) -> bool:
        """The batch is somebody else's."""
        return self.why in _LOST

    @property
    def is_of_process(self) -> bool:
        """It holds everything that this process would send."""
        return self.why.startswith(_OF_PROCESS)

    def because(self, why: str) -> StopReason:
        """A later stop with its own reason; how long the batch waits stays as it was."""
        return self._replace(why=why)

    def at_renewal(self, answer: str) -> StopReason:
        """The lease was not renewed, with this answer."""
        return self.because(answer if answer in _LOST else f"halt {answer}")


def stop_reason_of(answer: ClaimAnswer) -> StopReason:
    """The stop that a claim's answer is: `taken`, `halt`, `brake`, `clock`."""
    why = f"{answer.word} {answer.detail}".strip()
    return StopReason(why, wait_ms=HALT_MS if answer.word in {"brake", "clock"} else 0)


def stop_for_limit(limit: ClaimWait, wait_ms: int, *, of_senders: bool) -> StopReason:
    """A wait for this limit that is too long to hold the batch; one of single senders rests no campaign."""
    rests_for = limit if limit.rests_campaign and not of_senders else ""
    return StopReason(f"waits for {limit.in_words()}", wait_ms, rests_for)


class BatchSummary:
    """Counts recipients by what became of them."""

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()

    def recorded(self, records: Sequence[Record], answers: Sequence[str]) -> None:
        """These were recorded, and the ledger answered this to each."""
        for record, answer in zip(records, answers, strict=True):
            self._done[_word(record, answer)] += len(record.members)

    def waiting(self, claim: Claim) -> None:
        """Their rows keep the time that they wait for."""
        self._done["waiting"] += len(claim.members)

    def settled_before(self, claim: Claim) -> None:
        """Somebody else had decided them."""
        self._done["settled before"] += len(claim.members)

    def skipped(self, claim: Claim, answer: ClaimAnswer) -> None:
        """Those of the claim that the answer leaves out, if any."""
        if len(claim.members) > len(answer.members):
            self._done["skipped"] += len(claim.members) - len(answer.members)

    @property
    def is_empty(self) -> bool:
        """Nothing became of anybody."""
        return not self._done

    def add(self, other: BatchSummary) -> None:
        """What was done in another batch, too."""
        self._done += other._done

    def line(self, stop: StopReason = StopReason()) -> str:  # noqa: B008
        """Such as `97 queued, 1 rejected`; last of all why the work was stopped."""
        parts = [f"{count} {what}" for what, count in sorted(self._done.items())]
        if stop.why:
            parts.append(stop.why)
        return ", ".join(parts) or "nothing due"


def _word(record: Record, answer: str) -> str:
    if answer == "gone":
        return "decided elsewhere"
    if record.outcome == "accepted":
        return record.word.value
    words = {"refused": "rejected", "forbidden": "answered 403", "unknown": "unconfirmed"}
    return words.get(record.outcome, record.outcome)
