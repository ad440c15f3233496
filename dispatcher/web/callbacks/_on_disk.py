"""What a callback waits for before it is answered: the disks of as many replicas as a claim does.

A callback that only a primary had is gone when another server takes over, and with it the STOP that it may be. What is
not confirmed counts as not stored: it goes into the spool, and once more into the stream when it is drained.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from redis import exceptions
from redis.asyncio import Redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.in_step import InStep
from dispatcher.ledger.store.replicas import (
    NUMBERS,
    Kept,
    ReplicaCount,
    in_step_of,
    put_wait,
    required_at_first,
    run_of,
)

#: How long a callback waits for them; CarrierX waits meanwhile.
WAIT_MS = 1_000
#: What was seen of the server is believed for so long.
KNOWN_SECONDS = 60.0


class OnDisk:
    """Ends pipelines that store callbacks, and judges their answers."""

    def __init__(self, redis: Redis, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._stopwatch = stopwatch
        self._in_step = InStep(stopwatch)
        self._kept = Kept()
        self._syncs_always = True
        self._run = ""
        self._know_at = float("-inf")

    async def know(self) -> None:
        """Learn which server this is, which replicas are in step there, and whether it syncs by itself; now and then,
        and after whatever went wrong."""
        if self._stopwatch() < self._know_at:
            return
        pipeline: Any = self._redis.pipeline(transaction=False)
        pipeline.hmget(keys.REPLICAS, *NUMBERS, "in_step")
        pipeline.info()
        numbers, about = await pipeline.execute()
        self._read(numbers[:-1])
        if (run := run_of(about)) != self._run:
            self._run = run
            self._begin(about, in_step_of(numbers[-1]))
        try:
            self._syncs_always = bool(await self._redis.config_get("appendfsync"))
        except exceptions.ResponseError:
            self._syncs_always = False
        self._know_at = self._stopwatch() + KNOWN_SECONDS

    def put(self, pipeline: Any) -> None:
        """Behind what stores: ask how many should have it, and wait until as many do."""
        pipeline.hmget(keys.REPLICAS, *NUMBERS)
        if self._kept.expected or not self._syncs_always:
            required = max(self._in_step.required, self._kept.least)
            put_wait(pipeline, self._kept.expected, required, WAIT_MS)

    def took(self, tail: list[Any]) -> bool:
        """Whether all that should have it do; `tail` are the answers to what was put."""
        before = self._kept
        self._read(tail[0])
        if len(tail) == 1:
            return self._kept.expected == 0
        on_disk, confirmed = (int(number) for number in tail[-1])
        if on_disk >= 1 and self._in_step.takes(confirmed, least=before.least):
            return True
        self.forget()
        return False

    def forget(self) -> None:
        """Something went wrong: the server may be another one."""
        self._know_at = float("-inf")

    def _read(self, told: Sequence[bytes | str | None]) -> None:
        self._kept = Kept(*(int(number or 0) for number in told))
        self._in_step.expect(self._kept.expected)

    def _begin(self, about: dict[str, Any], in_step: tuple[str, int]) -> None:
        """Another run of a server: as a claim does it (`_claim_guard`)."""
        attached = int(about.get("connected_slaves", 0))
        count = ReplicaCount(self._kept.expected, attached, self._kept.least, in_step)
        took_over = int(about.get("second_repl_offset", -1)) >= 0
        self._in_step.begin(required_at_first(count, self._run, took_over=took_over), there_are=attached)
