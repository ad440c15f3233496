"""What became of an upgrade: judged by what the simulator took, and by the ledger's books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

#: The longest time without a message while the campaign runs.
PAUSE_SECONDS = 10.0


@dataclass
class Verdict:
    """Figures of one upgrade. `alarms`: what rang in the ledger; `off`: what the books' audit found."""

    rows: int
    numbers: Sequence[str] = field(repr=False)
    arrivals: Sequence[tuple[str, float]] = field(repr=False)
    counts: dict[str, int]
    schema: int
    wanted_schema: int
    audit_clean: bool
    alarms: dict[str, int]
    strangers: tuple[str, ...]
    replaced: list[str] = field(default_factory=list)

    @property
    def twice(self) -> int:
        """Numbers that got more than one message."""
        return sum(1 for times in Counter(number for number, _ in self.arrivals).values() if times > 1)

    @property
    def lost(self) -> int:
        """Rows of which nothing arrived."""
        return len(set(self.numbers) - {number for number, _ in self.arrivals})

    @property
    def longest_pause(self) -> float:
        """Seconds between two messages, the longest."""
        return self._pause()[0]

    def _pause(self) -> tuple[float, float]:
        """The longest pause, and the part of the messages that had arrived before it."""
        times = sorted(at for _, at in self.arrivals)
        pauses = [(later - earlier, place) for place, (earlier, later) in enumerate(pairwise(times), 1)]
        seconds, place = max(pauses, default=(0.0, 0))
        return seconds, place / max(1, len(times))

    @property
    def rate(self) -> float:
        """Messages a second from the first to the last."""
        times = sorted(at for _, at in self.arrivals)
        return len(times) / max(0.001, times[-1] - times[0]) if times else 0.0

    def broken(self) -> Iterator[str]:
        """A sentence for each promise that was not kept."""
        if self.twice:
            yield f"{self.twice} numbers got more than one message"
        if self.lost:
            yield f"{self.lost} rows were lost"
        if self.longest_pause > PAUSE_SECONDS:
            yield f"nothing was sent for {self.longest_pause:.1f} s"
        if self.counts != {"delivered": self.rows}:
            yield f"the ledger says {self.counts} of {self.rows} rows"
        if not self.audit_clean:
            yield "the books are off"
        if self.alarms:
            yield f"alarms rang: {self.alarms}"
        if self.schema != self.wanted_schema:
            yield f"the ledger is of schema {self.schema}, not {self.wanted_schema}"
        if self.strangers:
            yield f"workers of another version are left: {', '.join(self.strangers)}"

    def lines(self) -> Iterator[str]:
        """The figures, a line each."""
        yield f"replaced: {', '.join(self.replaced)}"
        yield f"rows {self.rows}, taken {len(self.arrivals)}, twice {self.twice}, lost {self.lost}"
        pause, share = self._pause()
        yield f"{self.rate:.0f} messages a second, longest pause {pause:.1f} s, when {share:.0%} were sent"
        yield f"ledger: {self.counts}, schema {self.schema}, audit {'clean' if self.audit_clean else 'OFF'}"


def arrivals_in(messages: Sequence[dict[str, Any]]) -> list[tuple[str, float]]:
    """Whom the simulator took a message to, and when (Unix seconds)."""
    return [(number, float(message["created"])) for message in messages for number in message["to"]]
