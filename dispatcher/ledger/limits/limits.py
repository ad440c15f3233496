"""Limits as the claim obeys them: rates, daily caps, holds, paces, senders out of use, and the thresholds of brakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.scope import EACH_SENDER, LimitScope

#: No time ever comes that is later than this one, ms.
NEVER_MS = 9_000_000_000_000_000
#: The script wakes no more at once.
_WOKEN_AT_ONCE = 1000
#: After a 429 a scope's pace grows from nothing to its whole rate in this time: a hundredth of it each second.
PACE_MS = 100_000


class DayCap(NamedTuple):
    """At most so many legs and segments from one boundary (ms since 1970) to the next, in a zone's days."""

    most: int
    from_ms: int
    until_ms: int
    next_until_ms: int
    zone: str

    def text(self) -> str:
        """As the ledger keeps it."""
        return ":".join(map(str, self))


class RateInForce(NamedTuple):
    """Legs and segments a second, how many may go at once, and whether an operator set it."""

    per_second: float
    burst: float
    by_operator: bool


class LimitsInForce(NamedTuple):
    """Everything that holds claims back, by scope; times in ms since 1970. `paces` are parts of the rate, as of
    `now_ms`. `served` is what went since each cap's last boundary. `failures` are CarrierX's in a row."""

    now_ms: int
    rates: dict[LimitScope, RateInForce]
    caps: dict[LimitScope, DayCap]
    served: dict[LimitScope, int]
    holds: dict[LimitScope, int]
    paces: dict[LimitScope, float]
    disabled: frozenset[str]
    failures: int
    most_failures: int
    brake: str


class ScopeLimits:
    """The limits of all scopes: `account`, `sender` (each one's default), `sender:NUMBER`, `campaign:ID`."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def set_rate(
        self, scope: LimitScope, interval_us: float, tolerance_us: float, *, default: bool = False
    ) -> bool:
        """Put a rate in force from the next claim on; False: it is a default, and an operator's is in force."""
        by = "default" if default else "operator"
        answer = self._scripts.run("limits/set_rate", scope, f"{interval_us:.3f}:{tolerance_us:.3f}", by)
        return bool(answer == b"ok")

    def reset(self, scope: LimitScope) -> None:
        """What an operator set is gone: the default is in force, if there is one, and no daily cap."""
        self._scripts.run("limits/set_rate", scope, "", "operator")
        self._scripts.run("limits/set_daily_cap", scope, 0, 0, 0, 0, "", "")

    def set_cap(self, scope: LimitScope, cap: DayCap, *, before: DayCap | None = None) -> bool:
        """Put a daily cap in force; False: `before` was given and is not in force any more."""
        return bool(
            self._scripts.run("limits/set_daily_cap", scope, *cap, before.text() if before else "") == b"ok"
        )

    def caps_due(self, now_ms: int, most: int = 100) -> dict[LimitScope, DayCap]:
        """Caps whose boundary went by."""
        with translated():
            found: Any = self._redis.zrangebyscore(keys.CAPS_DUE, "-inf", now_ms, start=0, num=most)
            values: Any = self._redis.hmget(keys.CAPS, found) if found else []
        return {
            LimitScope(text_of(scope)): _cap(value)
            for scope, value in zip(found, values, strict=True)
            if value is not None
        }

    def disable(self, number: str) -> None:
        """Nothing goes from this number any more; pools choose among the others."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.sadd(keys.SENDERS_OFF, number)
            pipeline.hset(keys.HOLDS, LimitScope.sender(number), NEVER_MS)
            pipeline.execute()

    def enable(self, number: str) -> None:
        """The number is in use again."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.srem(keys.SENDERS_OFF, number)
            pipeline.hdel(keys.HOLDS, LimitScope.sender(number))
            pipeline.execute()

    def disabled(self) -> frozenset[str]:
        """Numbers that nothing goes from."""
        with translated():
            return frozenset(text_of(number) for number in self._redis.smembers(keys.SENDERS_OFF))

    def set_policy(self, policy: Mapping[str, int | float], *, api_failures: int) -> None:
        """What the scripts need of the settings: prices in micro-dollars, thresholds of the brakes."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.delete(keys.POLICY)
            pipeline.hset(keys.POLICY, mapping={name: str(value) for name, value in policy.items()})
            pipeline.hset(keys.API, "most", api_failures)
            pipeline.execute()

    def wake(self, campaign_id: str) -> None:
        """Whatever of this campaign waits for a limit asks again now."""
        wake(self._scripts, campaign_id)

    def wake_all(self) -> None:
        """The same for every running campaign."""
        with translated():
            running = [text_of(name) for name in self._redis.zrange(keys.DUE, 0, -1)]
        for campaign_id in running:
            self.wake(campaign_id)

    def in_force(
        self, scopes: Collection[LimitScope] | None = None, *, at_ms: int | None = None
    ) -> LimitsInForce:
        """All of them, or those of these scopes and of senders by default, as of one moment; now by Redis's clock."""
        named = None if scopes is None else sorted({*scopes, EACH_SENDER})
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.time()
            for key in (keys.RATES, keys.CAPS, keys.HOLDS, keys.PACE):
                pipeline.hgetall(key) if named is None else pipeline.hmget(key, named)
            pipeline.hgetall(keys.API)
            pipeline.hgetall(keys.BRAKE)
            pipeline.smembers(keys.SENDERS_OFF)
            (seconds, micros), *found, api, brake, disabled = pipeline.execute()
            now_ms = int(seconds) * 1000 + int(micros) // 1000 if at_ms is None else at_ms
            rates, caps, holds, paces = (_by_scope(each, named) for each in found)
            known = {scope: _cap(value) for scope, value in caps.items()}
            counted = {scope: cap for scope in named or known if (cap := scope.own_or_default(known))}
            counters = [f"{keys.DAY}{scope}:{_day_begin(cap, now_ms)}" for scope, cap in counted.items()]
            served = self._redis.mget(counters) if counters else []
        return LimitsInForce(
            now_ms,
            {scope: _rate(value) for scope, value in rates.items()},
            known,
            {scope: int(count or 0) for scope, count in zip(counted, served, strict=True)},
            {scope: int(until) for scope, until in holds.items() if int(until) > now_ms},
            {scope: _pace(value, now_ms) for scope, value in paces.items()},
            frozenset(text_of(number) for number in disabled),
            int(api.get(b"failures", 0)),
            int(api.get(b"most", 0)),
            text_of(brake.get(b"reason", b"")),
        )


def wake(scripts: Scripts, campaign_id: str) -> None:
    """Whatever of this campaign waits for a limit asks again now."""
    while scripts.run("campaigns/wake", campaign_id) >= _WOKEN_AT_ONCE:
        continue


def _by_scope(found: Any, named: list[LimitScope] | None) -> dict[LimitScope, bytes]:
    if named is None:
        return {LimitScope(text_of(scope)): value for scope, value in found.items()}
    return {scope: value for scope, value in zip(named, found, strict=True) if value is not None}


def _rate(value: bytes) -> RateInForce:
    interval, tolerance, *by = text_of(value).split(":")
    burst = 1 + float(tolerance) / float(interval)
    return RateInForce(1_000_000 / float(interval), burst, by == ["operator"])


def _cap(value: bytes) -> DayCap:
    most, begin, until, later, zone = text_of(value).split(":", 4)
    return DayCap(int(most), int(begin), int(until), int(later), zone)


def _day_begin(cap: DayCap, now_ms: int) -> int:
    return cap.from_ms if now_ms < cap.until_ms else cap.until_ms


def _pace(value: Any, now_ms: int) -> float:
    """The part of its rate at which a scope goes now; the same as in `lib/pace.lua`."""
    part, since = text_of(value).split(":")
    return min(1.0, float(part) + max(0, now_ms - int(since)) / PACE_MS)
