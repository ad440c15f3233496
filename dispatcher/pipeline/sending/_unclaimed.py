"""What of a batch is not claimed yet: how many are asked for at once, and until when limits keep it from asking."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer
from dispatcher.pipeline.sending._claims import Asked

#: Claims asked for at first; grows while all are granted, shrinks to what a limit grants.
FIRST_CLAIMS = 16


class Unclaimed:
    """The claims that a batch still has to ask for, in their order. Moments are on the stopwatch."""

    def __init__(self, claims: Sequence[Claim], most_at_once: int) -> None:
        self._rest = deque(Asked(claim) for claim in claims)
        self._most_at_once = most_at_once
        self._at_once = FIRST_CLAIMS
        self._blocked_until = 0.0
        self._senders_blocked: dict[str, float] = {}
        self._binding = self._sender_binding = ""

    def __len__(self) -> int:
        """So many are left."""
        return len(self._rest)

    @property
    def wanted(self) -> int:
        """So many would be asked for at once."""
        return min(self._at_once, len(self._rest))

    def choose(self, room: int, now: float) -> list[Asked]:
        """At most so many whose senders no limit keeps; they are left no more."""
        chosen: list[Asked] = []
        passed: list[Asked] = []
        while self._rest and len(chosen) < room:
            asked = self._rest.popleft()
            free = self._senders_blocked.get(asked.claim.sender, 0.0) <= now
            (chosen if free else passed).append(asked)
        self._rest.extendleft(reversed(passed))
        return chosen

    def put_back(self, asked: Sequence[Asked]) -> None:
        """These are to be asked for again, before all others."""
        self._rest.extendleft(reversed(asked))

    def block(self, claim: Claim, answer: ClaimAnswer, now: float) -> None:
        """A limit denied this claim. One of a single sender keeps only this sender's messages."""
        until = now + answer.wait_ms / 1000
        if answer.detail.endswith(f"sender:{claim.sender}"):
            self._senders_blocked[claim.sender] = until
            self._sender_binding = answer.detail
        else:
            self._blocked_until = max(self._blocked_until, until)
            self._binding = answer.detail

    def block_all(self, until: float) -> None:
        """Nothing is asked for until then, and not a moment longer."""
        self._blocked_until = until

    def is_blocked(self, now: float) -> bool:
        """Nothing of it may be asked for yet, from whichever number."""
        return now < self._blocked_until

    @property
    def ready_at(self) -> float:
        """When the next claim may be asked for."""
        return max(self._blocked_until, self._first_sender_free())

    @property
    def waits_for_senders(self) -> bool:
        """What is waited for longest are limits of single senders."""
        return self._first_sender_free() > self._blocked_until

    @property
    def binds(self) -> str:
        """The limit that is waited for longest."""
        return self._sender_binding if self.waits_for_senders else self._binding

    def fewer_at_once(self, granted: int) -> None:
        """Some were denied: so many are asked for next."""
        self._at_once = max(1, granted)

    def more_at_once(self) -> None:
        """None was denied: twice as many are asked for next."""
        self._at_once = min(2 * self._at_once, self._most_at_once)

    def _first_sender_free(self) -> float:
        senders = {asked.claim.sender for asked in self._rest}
        return min((self._senders_blocked.get(sender, 0.0) for sender in senders), default=0.0)
