"""The whole ledger in a few numbers: what waits, what is overdue, which limits are in force, what went wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.ledger.views._overdue import overdue_seconds
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CODE_STATE, CampaignState, RecipientState

_CAMPAIGNS_AT_ONCE = 500
#: So many are summed up in one step: Redis does nothing else meanwhile.
_SEALED_AT_ONCE = 500
#: Everything that may be counted as an alarm, so that its counter is there before the first of them.
ALARMS = (
    "user_data_not_ours",
    "receipt_for_a_stranger",
    "receipt_for_the_erased",
    "forgotten_claim",
    "after_cancel",
    "after_expiry",
    "after_skip",
    "after_invalid",
    "older_attempt",
    "unreadable_callback",
    "set_aside",
    "inbound_not_at_carrierx",
    "answer_not_sendable",
)


class Limit(NamedTuple):
    """A limit in force: `account`, `sender`, `sender:NUMBER` or `campaign:ID`, and how many a second."""

    scope: LimitScope
    per_second: float


class Totals(NamedTuple):
    """All campaigns together."""

    campaigns: dict[CampaignState, int]
    recipients: dict[RecipientState, int]


class Overview:
    """Reads numbers of one Redis; nothing here changes any."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._scripts = Scripts(client)

    def totals(self) -> Totals:
        """Campaigns and recipients by state, over everything that the ledger holds.

        What it costs is up to the campaigns that are not over and settled, however many there are of the others.
        """
        campaigns = dict.fromkeys(CampaignState, 0)
        recipients = dict.fromkeys(RecipientState, 0)
        answer = self._summed()
        for name, count in zip(answer[::2], answer[1::2], strict=True):
            kind, _, what = name.partition(":")
            if kind == "c":
                campaigns[CampaignState(what)] += int(count)
            elif kind == "r":
                recipients[CODE_STATE[what]] += int(count)
        return Totals(campaigns, recipients)

    def _summed(self) -> list[str]:
        """Field, sum, field, sum, …: of what is over and settled at once, of the others one by one."""
        try:
            while (answer := self._scripts.run("campaigns/seal_totals", _SEALED_AT_ONCE))[0] == b"again":
                continue  # a ledger that has not been summed up yet
        except StoreUnavailable:  # it may be read though it cannot be written to
            return self._one_by_one()
        _, sums, ids = answer
        return [*map(text_of, sums), *self._one_by_one([text_of(name) for name in ids])]

    def _one_by_one(self, ids: list[str] | None = None) -> list[str]:
        """The same by reading these campaigns, or all."""
        answer: list[str] = []
        with translated():
            if ids is None:
                ids = [text_of(name) for name in self._redis.zrange(keys.CAMPAIGNS, 0, -1)]
            for start in range(0, len(ids), _CAMPAIGNS_AT_ONCE):
                pipeline = self._redis.pipeline(transaction=False)
                for campaign_id in ids[start : start + _CAMPAIGNS_AT_ONCE]:
                    pipeline.hget(keys.campaign(campaign_id), "state")
                    pipeline.hgetall(keys.counts(campaign_id))
                found: list[Any] = pipeline.execute()
                for state, counts in zip(found[::2], found[1::2], strict=True):
                    answer += (f"c:{text_of(state)}", "1") if state is not None else ()
                    for letter, count in counts.items():
                        answer += (f"r:{text_of(letter)}", text_of(count))
        return answer

    def overdue_seconds(self, now_ms: int) -> float:
        """For how long the oldest due batch that no limit holds has waited for a worker; 0 when there is none."""
        return overdue_seconds(self._redis, now_ms)

    def offered(self, now_ms: int) -> int:
        """Batches on offer or in a worker's hands."""
        with translated():
            return int(self._redis.zcount(keys.OFFERED, now_ms, "+inf"))

    def limits(self) -> list[Limit]:
        """The limits in force, account first, those of campaigns last."""
        with translated():
            found = self._redis.hgetall(keys.RATES)
        limits = [
            Limit(LimitScope(text_of(scope)), 1e6 / float(text_of(text).partition(":")[0]))
            for scope, text in found.items()
        ]
        return sorted(limits, key=lambda limit: limit.scope.rank)

    def holds(self, now_ms: int) -> dict[LimitScope, int]:
        """Scopes in which CarrierX asked for patience, and for how many ms still."""
        with translated():
            found = self._redis.hgetall(keys.HOLDS)
        left = {LimitScope(text_of(scope)): int(until) - now_ms for scope, until in found.items()}
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
