"""The hint that callbacks wait: makes the Celery task `ingest_callbacks` run now instead of at the next tick.

Only a hint. What matters is in the stream already, and the tick drains it without being told.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.ledger.store import keys
from dispatcher.web.http.background import in_background

EVERY_MS = 200


class IngestHint:
    """Calls `publish` at most once in 200 ms over all web processes, however many callbacks come."""

    def __init__(self, redis: Redis, publish: Callable[[], None]) -> None:
        self._redis = redis
        self._publish = publish
        self._again = False
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    def give(self) -> None:
        """Publish now, or when the 200 ms of an earlier hint are over. Never waits, never fails."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._again:
            self._again = False
            if await self._first():
                self._start_publishing()
            await asyncio.sleep(EVERY_MS / 1000)

    async def _first(self) -> bool:
        try:
            return bool(await self._redis.set(keys.INGEST_HINTED, 1, nx=True, px=EVERY_MS))
        except (RedisError, OSError):
            return False

    def _start_publishing(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = in_background(self._publish, "ingest-hint")

    async def close(self) -> None:
        """Forget a hint that waits; the tick makes up for it."""
        if self._task is not None:
            self._task.cancel()
