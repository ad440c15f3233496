"""What a start found at the ledger that it may work with, and what a person should hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dispatcher.errors import MmsError
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.installation.recovery import Restored
from dispatcher.pipeline.health.clock import CLOCK_TOLERANCE_MS
from dispatcher.pipeline.recovery.restore_detection import in_words, mend


@dataclass(frozen=True)
class LedgerFound:
    """Whose it is; what this host is called there, and by how many ms its clock is ahead of it; whether it is an older
    copy; why it grants no claim now; what other workers have set otherwise."""

    installation: Installation
    host: str
    apart_ms: int
    restored: Restored | None
    problem: MmsError | None
    set_otherwise: Mapping[str, Sequence[str]]

    def attention(self) -> Iterator[str]:
        """Why nothing is sent, or not as it is sent elsewhere."""
        if self.problem is not None:
            yield f"nothing is sent: {self.problem}.\n  {self.problem.hint}."
        if self.restored is not None:
            yield f"{in_words(self.restored)}.\n  {mend(self.restored)}."
        if abs(self.apart_ms) > CLOCK_TOLERANCE_MS:
            apart = f"{self.apart_ms / 1000:+.1f} s from Redis's"
            yield f"this host's clock is {apart}: it sends nothing until that is mended.\n  Set it by NTP."
        if self.set_otherwise:
            variables = sorted(set().union(*self.set_otherwise.values()))
            yield (
                f"{', '.join(variables)} should be the same on all hosts, and {', '.join(self.set_otherwise)} "
                f"{'has' if len(self.set_otherwise) == 1 else 'have'} other values.\n  Set them alike, and start again."
            )
