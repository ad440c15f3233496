"""What was done with a batch, in one line fit for Flower: counts only, nothing about anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, Record
from dispatcher.pipeline.sending._batch_result import Stop


class Summary:
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

    def line(self, stop: Stop) -> str:
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
