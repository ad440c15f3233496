"""How late we are: since when the oldest due batch could have been sent. What a limit made it wait is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope, scopes_over

#: Of so many campaigns, those due longest, it is looked what holds them.
_LOOK_AT = 200


def overdue_seconds(client: redis.Redis, now_ms: int) -> float:
    """For how long the oldest due batch that no limit holds has waited for a worker; 0 when there is none."""
    with translated():
        found: Any = client.zrangebyscore(keys.DUE, 0, now_ms, start=0, num=_LOOK_AT, withscores=True)
        due = {text_of(name): float(score) for name, score in found}
        if not due:
            return 0.0
        pipeline = client.pipeline(transaction=False)
        for name in due:
            pipeline.hmget(keys.campaign(name), ["asked", "rest", "settings"])
        facts: list[Any] = pipeline.execute()
        free = _Limits(client)
        free.read(
            [
                scope
                for name, known in zip(due, facts, strict=True)
                for scope in scopes_over(name, _senders(known))
            ]
        )
    late = [
        now_ms - max(at_ms, free.since(ACCOUNT), *_waited(name, known, free))
        for (name, at_ms), known in zip(due.items(), facts, strict=True)
    ]
    return max(0.0, *late) / 1000


def _waited(name: str, known: Sequence[bytes | None], free: _Limits) -> Iterable[float]:
    asked, rest, _ = known
    yield float(asked or 0)
    yield float(rest or 0)
    yield free.since(LimitScope.campaign(name))
    if senders := _senders(known):  # a pool waits when all of it does
        yield min(free.since(LimitScope.sender(sender)) for sender in senders)


def _senders(known: Sequence[bytes | None]) -> Sequence[str]:
    return json.loads(known[2] or b"{}").get("from") or ()


class _Limits:
    """Since when each scope lets a message pass, ms; in the future while it does not."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._since: dict[LimitScope, float] = {}

    def read(self, scopes: Sequence[LimitScope]) -> None:
        """Two round trips for all of them."""
        names = list(dict.fromkeys(scopes))
        held: Any = self._redis.hmget(keys.HOLDS, names)
        rates: Any = self._redis.hmget(keys.RATES, [*names, EACH_SENDER])
        owed: Any = self._redis.mget([keys.limit(name) for name in names])
        for name, hold, own, paid_until_us in zip(names, held, rates, owed, strict=False):
            rate = own or (rates[-1] if name.number else None)
            tolerance_us = float(text_of(rate).split(":")[1]) if rate else 0.0
            paid_ms = (float(paid_until_us) - tolerance_us) / 1000 if rate and paid_until_us else 0.0
            self._since[name] = max(float(hold or 0), paid_ms)

    def since(self, scope: LimitScope) -> float:
        """Since when it lets one pass."""
        return self._since.get(scope, 0.0)
