"""What is told of batches that a process took up alongside the one that it was hinted at."""

from __future__ import annotations

from typing import NamedTuple


class AlongsideBatch(NamedTuple):
    """A batch that was taken up alongside the one hinted at: what was done, and when, in ms of this machine's clock."""

    campaign: str
    batch: int
    line: str
    began_ms: int
    ended_ms: int
