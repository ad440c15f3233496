"""What is to be done when: the global sets that a tick reads, the latches, and the workers' signs of life."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.drain_gate import draining
from dispatcher.ledger.store.schema import SCHEMA
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.scope import LimitScope

#: Campaigns that one call of the script starts; Redis does nothing else meanwhile.
STARTS_AT_ONCE = 250


#: Why a batch is looked at: CarrierX is asked what became of its messages, or whether it has them.
LookKind = Literal["care", "search"]


class DueLists(NamedTuple):
    """What a tick has to look at: names of keys (keys.py) with something due, and of latches that are open."""

    now_ms: int
    waiting: frozenset[str]


class Agenda:
    """Who needs attention now."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis
        #: How this process waits, seconds.
        self.pause: Callable[[float], None] = time.sleep

    def latch(self, name: str, milliseconds: int) -> bool:
        """True for the first caller within this time, over all processes."""
        with translated():
            return bool(self._redis.set(name, 1, nx=True, px=milliseconds))

    def is_latched(self, name: str) -> bool:
        """Whether somebody closed this latch and its time is not over."""
        with translated():
            return bool(self._redis.exists(name))

    def prolong(self, name: str, milliseconds: int) -> None:
        """Keep a latch closed for so long from now on."""
        with translated():
            self._redis.pexpire(name, milliseconds)

    def unlatch(self, name: str) -> None:
        """Open a latch before its time."""
        with translated():
            self._redis.delete(name)

    def wait_for_turn(self, kind: str, weight: float, per_second: float) -> None:
        """Return when one of so many turns a second is ours, over all processes.

        All kinds share the turns. While several wait, each gets its weight's part; what one leaves is the others'.
        """
        while wait_us := int(
            self._scripts.run("limits/take_turn", kind, weight, max(1, int(1_000_000 / per_second)))
        ):
            self.pause(wait_us / 1_000_000)

    def now_ms(self) -> int:
        """Redis's own clock."""
        with translated():
            seconds, micros = self._redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    def due_lists(self, *, schedules_ahead_ms: int, batches_ahead_ms: int) -> DueLists:
        """What there is to do, in one question; what comes up in so many ms is due already where that is given."""
        now, *waiting = self._scripts.run("batches/due_lists", schedules_ahead_ms, batches_ahead_ms, SCHEMA)
        return DueLists(int(now), frozenset(text_of(name) for name in waiting))

    def start_due(self) -> None:
        """Start every campaign whose time has come, however many others are due."""
        while int(self._scripts.run("campaigns/start", STARTS_AT_ONCE)) == STARTS_AT_ONCE:
            continue

    def rouse(self) -> int:
        """Campaigns that rest until their turn of a limit are due now where it has room already; answers how many."""
        return int(self._scripts.run("campaigns/rouse"))

    def starts(self, most: int, offset: int = 0) -> list[tuple[str, int]]:
        """Campaigns that wait for their start, and when that is, ms; the soonest first."""
        with translated():
            found: Any = self._redis.zrange(keys.STARTS, offset, offset + most - 1, withscores=True)
        return [(text_of(name), int(score)) for name, score in found]

    def due(self, now_ms: int, most: int) -> list[str]:
        """Running campaigns with a batch whose time has come, the longest waiting first."""
        return self._by_score(keys.DUE, now_ms, most)

    def on_offer(self) -> int:
        """Batches that are on offer or under way, those that wait for a limit left out."""
        with translated():
            return int(self._redis.zcount(keys.OFFERED, f"({self.now_ms()}", "+inf"))

    def settling(self, now_ms: int, most: int) -> list[str]:
        """Campaigns whose settle window is over."""
        return self._by_score(keys.SETTLE, now_ms, most)

    def looks(self, kind: LookKind, now_ms: int, most: int) -> list[tuple[str, int]]:
        """Batches that are due to be looked at for this, of any campaign."""
        found: list[tuple[str, int]] = []
        for campaign_id in self._by_score(f"mms:{kind}", now_ms, most):
            batches = self._by_score(f"{keys.campaign(campaign_id)}:{kind}", now_ms, most - len(found))
            found += [(campaign_id, int(batch)) for batch in batches]
            if len(found) >= most:
                break
        return found

    def pick_look(self, kind: LookKind, *, lease_ms: int, chance: float) -> tuple[str, int] | None:
        """A batch that is due to be looked at for this, or None.

        `chance`, from 0 below 1, chooses among the campaigns. Nobody else picks the batch for `lease_ms`.
        """
        picked = self._scripts.run("batches/pick_look", kind, lease_ms, chance)
        return (text_of(picked[0]), int(picked[1])) if picked else None

    def due_batches(self, campaign_id: str, most: int) -> list[int]:
        """Batches of this campaign that hold anything unsent, whenever they are due."""
        with translated():
            return [int(text_of(number)) for number in self._redis.zrange(keys.due(campaign_id), 0, most - 1)]

    def reading(self) -> list[str]:
        """Campaigns whose file is being read, or should be."""
        return self._members(keys.READING)

    def sweeping(self) -> list[str]:
        """Cancelled and failed campaigns with rows still to end."""
        return self._members(keys.SWEEPING)

    def is_read_by_someone(self, campaign_id: str) -> bool:
        """A reader holds the lease of this campaign's file."""
        with translated():
            return bool(self._redis.exists(keys.expanding(campaign_id)))

    def sign_of_life(self, name: str, facts: dict[str, Any], now_ms: int, seconds: int = 30) -> None:
        """A worker says that it lives: pid, queues, concurrency, its clock in ms, its progress (`tasks/guard.py`)."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(keys.WORKER + name, json.dumps(facts), ex=seconds)
            pipeline.zadd(keys.WORKERS, {name: now_ms})
            pipeline.zremrangebyscore(keys.WORKERS, "-inf", now_ms - 3600_000)
            pipeline.execute()

    def no_more_signs(self, name: str, pid: int) -> None:
        """That worker has ended in order: it is not counted among the living until its last sign is old."""
        with translated():
            said = self._redis.get(keys.WORKER + name)
            if said and json.loads(said).get("pid") == pid:
                self._redis.delete(keys.WORKER + name)

    def workers(self) -> dict[str, dict[str, Any]]:
        """The living workers by name."""
        with translated():
            names = [text_of(name) for name in self._redis.zrange(keys.WORKERS, 0, -1)]
            values = self._redis.mget([keys.WORKER + name for name in names]) if names else []
        return {name: json.loads(value) for name, value in zip(names, values, strict=True) if value}

    def note_still(self, queue: str, why: str, now_ms: int) -> None:
        """A worker of this queue ends itself because it stood still; `why` is a sentence."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hincrby(keys.STILL, f"{queue}:times", 1)
            pipeline.hset(keys.STILL, mapping={f"{queue}:at": now_ms, f"{queue}:why": why})
            pipeline.execute()

    def noted_still(self) -> dict[str, str]:
        """What was noted so: `QUEUE:times`, `QUEUE:at` in ms, `QUEUE:why`."""
        with translated():
            return {text_of(name): text_of(value) for name, value in self._redis.hgetall(keys.STILL).items()}

    def receivers_draining(self) -> list[str]:
        """Callback receivers that may still hold callbacks from before this run of the Redis server."""
        return draining(self._redis)

    def brake(self, reason: str, fingerprint: str, now_ms: int) -> None:
        """Stop everything that uses the token with this fingerprint; the first claim with another one goes on."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(keys.REFUSED, fingerprint, now_ms)
            pipeline.hset(keys.BRAKE, mapping={"reason": reason, "fingerprint": fingerprint, "at": now_ms})
            pipeline.execute()

    def release(self) -> None:
        """Any token may be tried again."""
        with translated():
            self._redis.delete(keys.BRAKE, keys.REFUSED)

    def hold(self, scope: LimitScope, wait_ms: int, *, slower: bool = False) -> int:
        """CarrierX asked for patience: no claim in this scope for so long. Answers ms until the hold ends.

        `slower` lowers the scope's pace too, at most once a second; it grows back by itself.
        """
        return int(self._scripts.run("limits/hold_scope", scope, wait_ms, int(slower)))

    def expiring(self, now_ms: int, most: int) -> list[str]:
        """Campaigns whose unsent rows expire."""
        return self._by_score(keys.EXPIRING, now_ms, most)

    def urgent(self) -> frozenset[str]:
        """Running campaigns that go before all others."""
        return frozenset(self._members(keys.URGENT))

    def _members(self, key: str) -> list[str]:
        with translated():
            return sorted(text_of(name) for name in self._redis.smembers(key))

    def _by_score(self, key: str, now_ms: int, most: int) -> list[str]:
        if most <= 0:
            return []
        with translated():
            return [
                text_of(name) for name in self._redis.zrangebyscore(key, "-inf", now_ms, start=0, num=most)
            ]
