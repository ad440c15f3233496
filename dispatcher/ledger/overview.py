"""The whole ledger in a few numbers: what waits, what is overdue, which limits are in force, what went wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.ledger import keys
from dispatcher.ledger.connect import text_of, translated
from dispatcher.model.state import CODE_STATE, CampaignState, RecipientState

_CAMPAIGNS_AT_ONCE = 500


class Limit(NamedTuple):
    """A limit in force: `account`, `sender`, `sender:NUMBER` or `campaign:ID`, and how many a second."""

    scope: str
    per_second: float


class Totals(NamedTuple):
    """All campaigns together."""

    campaigns: dict[CampaignState, int]
    recipients: dict[RecipientState, int]


class Overview:
    """Reads numbers of one Redis; nothing here writes."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def totals(self) -> Totals:
        """Campaigns and recipients by state, over everything that the ledger holds."""
        campaigns = dict.fromkeys(CampaignState, 0)
        recipients = dict.fromkeys(RecipientState, 0)
        with translated():
            ids = [text_of(name) for name in self._redis.zrange(keys.CAMPAIGNS, 0, -1)]
            for start in range(0, len(ids), _CAMPAIGNS_AT_ONCE):
                pipeline = self._redis.pipeline(transaction=False)
                for campaign_id in ids[start : start + _CAMPAIGNS_AT_ONCE]:
                    pipeline.hget(keys.campaign(campaign_id), "state")
                    pipeline.hgetall(keys.counts(campaign_id))
                answers: list[Any] = pipeline.execute()
                for state, counts in zip(answers[::2], answers[1::2], strict=True):
                    if state is not None:
                        campaigns[CampaignState(text_of(state))] += 1
                    for letter, count in counts.items():
                        recipients[CODE_STATE[text_of(letter)]] += int(count)
        return Totals(campaigns, recipients)

    def overdue_seconds(self, now_ms: int) -> float:
        """How long the oldest due batch has waited for a worker; 0 when none is due."""
        with translated():
            first: Any = self._redis.zrange(keys.DUE, 0, 0, withscores=True)
        return max(0.0, (now_ms - first[0][1]) / 1000) if first else 0.0

    def offered(self, now_ms: int) -> int:
        """Batches on offer or in a worker's hands."""
        with translated():
            return int(self._redis.zcount(keys.OFFERED, now_ms, "+inf"))

    def limits(self) -> list[Limit]:
        """The limits in force, account first, those of campaigns last."""
        with translated():
            found = self._redis.hgetall(keys.RATES)
        limits = [
            Limit(text_of(scope), 1e6 / float(text_of(text).partition(":")[0]))
            for scope, text in found.items()
        ]
        return sorted(limits, key=lambda limit: (limit.scope.startswith("campaign:"), limit.scope))

    def holds(self, now_ms: int) -> dict[str, int]:
        """Scopes in which CarrierX asked for patience, and for how many ms still."""
        with translated():
            found = self._redis.hgetall(keys.HOLDS)
        left = {text_of(scope): int(until) - now_ms for scope, until in found.items()}
        return {scope: ms for scope, ms in left.items() if ms > 0}

    def alarms(self) -> dict[str, int]:
        """Things that must not happen, and how often each did."""
        with translated():
            found = self._redis.hgetall(keys.ALARMS)
        return {text_of(what): int(count) for what, count in sorted(found.items())}

    def brake(self) -> str | None:
        """Why nothing goes with the token in use, None while it goes."""
        with translated():
            reason = self._redis.hget(keys.BRAKE, "reason")
        return text_of(reason) if reason else None
