"""A point in time by which everything must be done, however many steps it takes."""

from __future__ import annotations

import time


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, more than 0.

        Raises:
            TimeoutError: none are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        return left

    def part(self, share: float) -> Deadline:
        """A deadline within this one, after so much of what is left.

        Raises:
            TimeoutError: nothing is.
        """
        return Deadline(self.left() * share)
