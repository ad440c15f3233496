"""Why the work on a batch ends before all of it is sent: for people in words, for the ledger in figures."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.ledger.batches.claims import ClaimAnswer

#: After a brake or a clock that is off, the batch is due again when this is over.
HALT_MS = 10_000
#: Answers after which the batch is somebody else's. After any other stop what is in flight keeps its lease.
_LOST = frozenset({"lost", "taken"})
_WAITS = {
    "closing": "waits for allowed hours",
    "doors": "waits for callbacks from before a restart of Redis",
    "forbidden": "waits for the answer to one message, after a 403",
}


class Stop(NamedTuple):
    """Nothing more is claimed because of `why` (empty: there is no stop), and the batch is due again in `wait_ms`.

    With a `scope` the whole campaign rests for so long: that limit holds all of it.
    """

    why: str = ""
    wait_ms: int = 0
    scope: str = ""

    @property
    def is_lost(self) -> bool:
        """The batch is somebody else's."""
        return self.why in _LOST

    def because(self, why: str) -> Stop:
        """A later stop with its own reason; how long the batch waits stays as it was."""
        return self._replace(why=why)

    def at_renewal(self, answer: str) -> Stop:
        """The lease was not renewed, with this answer."""
        return self.because(answer if answer in _LOST else f"halt {answer}")


def stop_of(answer: ClaimAnswer) -> Stop:
    """The stop that a claim's answer is: `taken`, `halt`, `brake`, `clock`."""
    why = f"{answer.word} {answer.detail}".strip()
    return Stop(why, wait_ms=HALT_MS if answer.word in {"brake", "clock"} else 0)


def stop_for_limit(scope: str, wait_ms: int, *, of_senders: bool) -> Stop:
    """A wait for this limit that is too long to hold the batch; one of single senders rests no campaign."""
    why = _WAITS.get(scope) or f"waits for {limit_in_words(scope)}"
    return Stop(why, wait_ms, "" if scope in _WAITS or of_senders else scope)


def limit_in_words(scope: str) -> str:
    """The limit that binds, without its number: `the limit of account`, `the daily cap of campaign`."""
    if scope == "carrierx":
        return "CarrierX, which does not answer"
    if scope == "price":
        return "the first confirmed price"
    day, kind = scope.startswith("day:"), scope.removeprefix("day:").partition(":")[0]
    return f"the {'daily cap' if day else 'limit'} of {kind}"
