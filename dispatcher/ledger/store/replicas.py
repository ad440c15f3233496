"""Replicas of the ledger: how many there should be, how many there are, and how many must have a claim on disk.

A primary that is cut off from its replicas counts none after a while (`repl-timeout`), as if it had never had any. So
how many were ever seen is written down: in the ledger, which the primary that is cut off has too, and in
the memory of each process. It rises by itself and falls only when an operator says so.

A claim must be on the disks of more than half of all servers, the primary among them: of two sides of a split one at
most can have so many. `in_step` says for how many it is waited beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping
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
#: The fields of `Kept` in the ledger.
NUMBERS = ("n", "said", "confirm")
#: What an operator says for all of them, however many.
ALL = 1_000


def majority(replicas: int) -> int:
    """How many of so many replicas are, with their primary, more than half of all."""
    return (replicas + 1) // 2


class Kept(NamedTuple):
    """How many replicas there should be, how often an operator has said so, and how many must confirm (0: a
    majority)."""

    expected: int = 0
    said: int = 0
    confirm: int = 0

    @property
    def least(self) -> int:
        """A claim that fewer have on disk is not used."""
        return max(majority(self.expected), min(self.confirm, self.expected))

    def with_(self, other: Kept) -> Kept:
        """What to believe of two records: the operator's later word, else the greater number."""
        if self.said == other.said:
            return self._replace(expected=max(self.expected, other.expected))
        return max(self, other, key=lambda kept: kept.said)


class ReplicaCount(NamedTuple):
    """How many replicas there should be, how many are attached and have their data, how many must confirm a claim.

    `in_step`: in which run of the server claims go on with how many, as `in_step` found.
    """

    expected: int
    attached: int
    least: int
    in_step: tuple[str, int] = ("", 0)


def in_step_of(written: bytes | str | None) -> tuple[str, int]:
    """What the ledger says of who is in step: a run of a server, and how many."""
    run, _, number = text_of(written or b"").partition(" ")
    return run, int(number or 0)


def required_at_first(count: ReplicaCount, run: str, *, took_over: bool) -> int:
    """How many must confirm in a run that is come to: as many as others found to be in step there; of a server that
    took over those that follow it; else all that there should be, for one of them may have taken over."""
    of_run, others = count.in_step
    required = (
        others if of_run == run else min(count.attached, count.expected) if took_over else count.expected
    )
    return max(required, count.least)


def put_wait(pipeline: Any, nudged: int, required: int, wait_ms: int) -> None:
    """Behind what a pipeline writes: wait until it is on disk here and at so many replicas; the last answer tells.

    WAITAOF waits for what its own connection wrote, and what is asked for again writes nothing itself.
    """
    pipeline.set(keys.REPLICATED, 1, px=60_000)
    for replicas, most_ms in ((nudged, NUDGE_MS), (required, wait_ms)):
        pipeline.execute_command("WAITAOF", 1, replicas, most_ms)


class Replicas:
    """The record of how many there should be: this process's memory and the ledger's."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._memory = Kept()

    def look(self) -> ReplicaCount:
        """What there should be, and what there is.

        A server that has not heard of the operator's latest word may be cut off from where it was said: what it knows
        of holds there as well.

        Raises:
            ClaimsHeld: the server is a replica itself.
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            pipeline: Any = self._redis.pipeline(transaction=False)
            pipeline.hmget(keys.REPLICAS, NUMBERS)
            pipeline.hget(keys.REPLICAS, "in_step")
            pipeline.execute_command("ROLE")
            numbers, in_step, role = pipeline.execute()
        here, there_are = Kept(*(int(number or 0) for number in numbers)), serving(role)
        self._memory = self._memory.with_(here)
        self.seen(there_are)
        held = self._memory
        if here.said < held.said:
            held = held._replace(
                expected=max(held.expected, here.expected), confirm=max(held.confirm, here.confirm)
            )
        return ReplicaCount(held.expected, there_are, held.least, in_step_of(in_step))

    def seen(self, replicas: int) -> None:
        """So many are there: from now on there should be as many.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if replicas <= self._memory.expected:
            return
        with translated():
            self._redis.hset(keys.REPLICAS, "n", replicas)
        self._memory = self._memory._replace(expected=replicas)

    def expect(self, replicas: int) -> None:
        """An operator's word: there should be so many from now on. More that are seen raise it again."""
        self._say("n", replicas)

    def confirm(self, replicas: int) -> None:
        """An operator's word: so many must have a claim on disk, a majority in any case; `ALL`: all that there should
        be."""
        self._say("confirm", replicas)

    def go_on_with(self, run: str, replicas: int) -> None:
        """Claims go on with so many in this run of the server; who comes new need not find out anew.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        with translated():
            self._redis.hset(keys.REPLICAS, "in_step", f"{run} {replicas}")

    def _say(self, name: str, number: int) -> None:
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.hset(keys.REPLICAS, name, number)
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


def missing(standing: ReplicaCount) -> ClaimsHeld:
    """Why nothing is claimed while too many replicas are away."""
    expected, attached, least, _ = standing
    must = f", and {least} must have a claim on disk" if least < expected else ""
    return ClaimsHeld(
        f"{attached} of {expected} replicas are there{must}: this Redis may be cut off while another one works on",
        hint="bring them back; or, when this is the only primary, `mms replicas expect "
        f"{attached}` says that there are no more",
    )


def run_of(about: Mapping[str, Any]) -> str:
    """The server's run, as `look_at_run.lua` names it, by what INFO says."""
    return f"{str(about.get('run_id', ''))[:20]}{str(about.get('master_replid', ''))[:20]}"


def was_promoted(client: redis.Redis) -> bool:
    """Whether the server became the primary in this run of it, having been a replica.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    with translated():
        return int(client.info("replication").get("second_repl_offset", -1)) >= 0


def behind(client: redis.Redis) -> tuple[int, int]:
    """How many replicas are attached, and how many of them do not confirm a write on their disks in time.

    Raises:
        ClaimsHeld: the server is a replica itself.
        StoreUnavailable: Redis does not answer.
    """
    pipeline: Any
    with translated(), client.pipeline(transaction=False) as pipeline:
        pipeline.execute_command("ROLE")
        replicas = serving(pipeline.execute()[0])
        if not replicas:
            return 0, 0
        pipeline.set(keys.REPLICATED, 1, px=60_000)
        pipeline.execute_command("WAITAOF", 0, replicas, WAIT_MS)
        _, (_, confirmed) = pipeline.execute()
    return replicas, max(0, replicas - int(confirmed))
