"""Replicas of the ledger: while some are attached, a claim counts once they have it on disk too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger import keys
from dispatcher.ledger.connect import translated

#: How often it is looked up how many there are.
LOOK_SECONDS = 30.0
#: How long a claim waits for them; less than a granted claim is good for.
WAIT_MS = 1_500


class Replicas:
    """Ends pipelines so that what they wrote is on the replicas' disks when their answers are used."""

    def __init__(self, client: redis.Redis, *, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._redis = client
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._known: tuple[int, int] = (0, 0)
        self._look_at = 0.0

    def known(self) -> tuple[int, int]:
        """How many disks must have it: 1 if the primary has an append-only file, and one per attached replica."""
        with self._lock:
            if self._stopwatch() >= self._look_at:
                self._known = attached(self._redis)
                self._look_at = self._stopwatch() + LOOK_SECONDS
            return self._known

    def end(self, pipeline: Any) -> tuple[int, int] | None:
        """Make the pipeline wait for these disks; None, and nothing added, without replicas.

        WAITAOF waits for what this connection wrote. The write before it is there for what another connection
        wrote: a claim that is asked again writes nothing.
        """
        local, replicas = self.known()
        if not replicas:
            return None
        pipeline.set(keys.REPLICATED, 1, px=60_000)
        pipeline.execute_command("WAITAOF", local, replicas, WAIT_MS)
        return local, replicas

    def prove(self, disks: tuple[int, int], answer: Any) -> None:
        """Look at what WAITAOF answered about these disks.

        Raises:
            StoreUnavailable: not all have it on disk yet.
        """
        if isinstance(answer, Exception):
            raise answer
        local, replicas = disks
        if int(answer[0]) < local or int(answer[1]) < replicas:
            with self._lock:
                self._look_at = 0.0
            raise StoreUnavailable(
                f"{answer[1]} of {replicas} replicas have the claims on disk",
                hint="are they running, with appendonly yes? try `mms doctor`",
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
