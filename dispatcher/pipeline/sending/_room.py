"""How much one process may have under way: claims that are not recorded yet, and requests in flight."""

from __future__ import annotations

#: One claim is asked for ahead of its turn for so many requests that may be in flight,
AHEAD = 2
#: and none while answers take longer than this: a claim does not keep.
AHEAD_SECONDS = 1.0


class Room:
    """Counts of one thread, against `most_in_flight` requests."""

    def __init__(self, most_in_flight: int) -> None:
        self.claimed = 0
        self._most_in_flight = most_in_flight
        self._in_flight = 0
        self._ahead = 0

    @property
    def left(self) -> int:
        """So many more messages may be claimed: a few more than may be in flight, while answers come quickly."""
        return max(0, self._most_in_flight + self._ahead - self.claimed)

    @property
    def is_quiet(self) -> bool:
        """No request is in flight."""
        return not self._in_flight

    def acquire_slot(self) -> bool:
        """One more request is in flight, if it may be; `release_slot` tells when it is not any more."""
        if self._in_flight >= self._most_in_flight:
            return False
        self._in_flight += 1
        return True

    def release_slot(self, seconds: float | None) -> None:
        """A request is not in flight any more; it took so long, None if it was not made."""
        is_quick = seconds is not None and seconds <= AHEAD_SECONDS
        self._in_flight -= 1
        self._ahead = self._most_in_flight // AHEAD if is_quick else 0
