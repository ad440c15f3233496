"""A receiver's status in Redis: whether callbacks it took while Redis was away are still on their way in.

A STOP may be among them, so nothing should be claimed before all receivers are clear, for a while at most.
"""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.ledger.store import keys

#: A receiver that is not heard of for so long does not count any more; longer than Redis is ever restarted.
LIFE_SECONDS = 300
AGAIN_SECONDS = 60.0
REPLY_SECONDS = 2.0


class ReceiverStatus:
    """The status of the receiver with this id. Nothing here raises: what cannot be written is written later."""

    def __init__(self, redis: Redis, receiver_id: str) -> None:
        self._redis = redis
        self._id = receiver_id
        self._said: tuple[str, float] | None = None

    async def server(self) -> str | None:
        """The run of the Redis server that answers now; another one after its restart; None while it is away."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                facts = await self._redis.info("server")
        except (RedisError, OSError):
            self._said = None
            return None
        return str(facts.get("run_id", "one"))

    async def draining(self) -> None:
        """Callbacks are going from the spool into Redis."""
        await self._say("draining")

    async def clear(self, server: str) -> None:
        """Nothing is spooled; said again only when it is another server or a while ago."""
        text = f"clear:{server}"
        now = time.monotonic()
        if self._said is None or self._said[0] != text or now - self._said[1] > AGAIN_SECONDS:
            await self._say(text)

    async def withdraw(self) -> None:
        """The receiver closes in order."""
        await self._write(life_seconds=0, text="")

    async def _say(self, text: str) -> None:
        if await self._write(life_seconds=LIFE_SECONDS, text=text):
            self._said = (text, time.monotonic())

    async def _write(self, *, life_seconds: int, text: str) -> bool:
        pipeline = self._redis.pipeline(transaction=True)
        if life_seconds:
            pipeline.set(keys.RECEIVER + self._id, text, ex=life_seconds)
            pipeline.sadd(keys.RECEIVERS, self._id)
        else:
            pipeline.delete(keys.RECEIVER + self._id)
            pipeline.srem(keys.RECEIVERS, self._id)
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await pipeline.execute()
        except (RedisError, OSError):
            return False
        return True
