"""Failed rows that have no reason yet: which batches have some, and their reasons once they are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts, type_of_argument


class Explanation(NamedTuple):
    """Why a row failed in this attempt."""

    row: int
    attempt: int
    reason: str


class FailureReasons:
    """The batches with failed rows that nobody has explained."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def due(self, now_ms: int, most: int) -> list[tuple[str, int]]:
        """Campaign and batch of those whose time has come, the longest waiting first."""
        with translated():
            found = self._redis.zrangebyscore(keys.EXPLAIN, "-inf", now_ms, start=0, num=most)
        names = (text_of(name).rpartition(":") for name in found)
        return [(campaign_id, int(batch)) for campaign_id, _, batch in names]

    def explain(
        self, campaign_id: str, batch: int, explained: Sequence[Explanation], *, again_at_ms: int
    ) -> int:
        """Give rows their reasons; those left without one are asked for again then. Answers how many got one."""
        arguments: list[type_of_argument] = [campaign_id, batch, again_at_ms]
        for each in explained:
            arguments += each
        return int(self._scripts.run("receipts/explain", *arguments))
