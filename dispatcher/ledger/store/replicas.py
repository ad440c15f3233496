"""Replicas of the ledger: how many there should be, and how many there are.

A primary that is cut off from its replicas counts none after a while (`repl-timeout`), as if it had never had any. So
how many were ever seen is written down: in the ledger, which the primary that is cut off has too, and in
the memory of each process. It rises by itself and falls only when an operator says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated

#: How long a claim waits for them; less than a granted claim is good for.
WAIT_MS = 1_500
#: A replica that is asked answers what it had on disk before, and tells the rest a second later by itself: asked twice
#: it answers in a tenth of that.
NUDGE_MS = 10


class Kept(NamedTuple):
    """How many replicas there should be, and how often an operator has said so."""

    expected: int = 0
    said: int = 0

    def with_(self, other: Kept) -> Kept:
        """What to believe of two records: the operator's later word, else the greater number."""
        if self.said == other.said:
            return Kept(max(self.expected, other.expected), self.said)
        return max(self, other, key=lambda kept: kept.said)


class Replicas:
    """The record of how many there should be: this process's memory and the ledger's."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._memory = Kept()

    def look(self) -> tuple[int, int]:
        """How many replicas there should be, and how many are attached and have their data.

        A server that has not heard of the operator's latest word may be cut off from where it was said: what it knows
        of holds there as well.

        Raises:
            ClaimsHeld: the server is a replica itself.
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            pipeline: Any = self._redis.pipeline(transaction=False)
            pipeline.hmget(keys.REPLICAS, ("n", "said"))
            pipeline.execute_command("ROLE")
            (expected, said), role = pipeline.execute()
        here, there_are = Kept(int(expected or 0), int(said or 0)), serving(role)
        self._memory = self._memory.with_(here)
        self.seen(there_are)
        knows = here.said >= self._memory.said
        return self._memory.expected if knows else max(self._memory.expected, here.expected), there_are

    def seen(self, replicas: int) -> None:
        """So many are there: from now on there should be as many.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if replicas <= self._memory.expected:
            return
        with translated():
            self._redis.hset(keys.REPLICAS, "n", replicas)
        self._memory = Kept(replicas, self._memory.said)

    def expect(self, replicas: int) -> None:
        """An operator's word: there should be so many from now on. More that are seen raise it again."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(keys.REPLICAS, "n", replicas)
            pipeline.hincrby(keys.REPLICAS, "said", 1)
            pipeline.execute()


def serving(role: Any) -> int:
    """How many replicas ROLE's answer shows. What only reads a copy (a backup) tells no port.

    Raises:
        ClaimsHeld: it is the answer of a replica.
    """
    if text_of(role[0]) != "master":
        raise ClaimsHeld(
            "Redis takes no writes (READONLY): it is a replica now", hint="point MMS_REDIS_URL at the primary"
        )
    return sum(1 for replica in role[2] if text_of(replica[1]) != "0")


def missing(needed: int, attached: int) -> ClaimsHeld:
    """Why nothing is claimed while replicas are away."""
    return ClaimsHeld(
        f"{attached} of {needed} replicas are there: this Redis may be cut off while another one works on",
        hint="bring them back; or, when this is the only primary, `mms replicas expect "
        f"{attached}` says that there are no more",
    )


def attached(client: redis.Redis) -> tuple[int, int]:
    """1 if the server has an append-only file (else 0), and how many replicas are attached.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        replicas = int(client.info("replication").get("connected_slaves", 0))
        return int(client.info("persistence").get("aof_enabled", 0)) if replicas else 0, replicas


def behind(client: redis.Redis) -> tuple[int, int]:
    """How many replicas are attached, and how many of them do not confirm a write on their disks in time.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    replicas = attached(client)[1]
    if not replicas:
        return 0, 0
    with translated():
        pipeline: Any = client.pipeline(transaction=False)
        pipeline.set(keys.REPLICATED, 1, px=60_000)
        pipeline.execute_command("WAITAOF", 0, replicas, WAIT_MS)
        _, (_, confirmed) = pipeline.execute()
    return replicas, max(0, replicas - int(confirmed))
